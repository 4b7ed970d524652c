-- $1 pack, $2 schema. Read through jsonb: columns that an older control schema lacks are NULL.
SELECT number, name, checksum, state,
       to_char(applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"'),
       applied_by, round(seconds, 3), message,
       r ->> 'step', r ->> 'steps_checksum', r ->> 'position',
       (SELECT string_agg(e, ',') FROM jsonb_array_elements_text(r -> 'extensions') e),
       (r ->> 'schema_created')::boolean
FROM (SELECT h.*, to_jsonb(h) AS r FROM arango2pg.migration_history h) h
WHERE pack = $1 AND schema_name = $2
ORDER BY number
