-- $1 pack, $2 schema, $3 extension (NULL = the schema itself): another pack that stands takes over what this one brought
-- along, as it may use it. A row if there is one.
UPDATE arango2pg.migration_history h
SET extensions = CASE WHEN $3::text IS NULL THEN extensions ELSE extensions || $3::text END,
    schema_created = schema_created OR $3::text IS NULL
FROM (SELECT pack, schema_name, min(number) AS number
      FROM arango2pg.migration_history
      WHERE pack <> 'arango2pg'
        AND CASE WHEN $3::text IS NULL THEN pack <> $1 AND schema_name = $2
                 ELSE (pack, schema_name) <> ($1, $2) END
      GROUP BY pack, schema_name
      ORDER BY pack, schema_name
      LIMIT 1) heir
WHERE (h.pack, h.schema_name, h.number) = (heir.pack, heir.schema_name, heir.number)
RETURNING h.pack
