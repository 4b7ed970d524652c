-- Notes of all parts as rows: section, name, count, bytes (bytes for 'unmapped' only).
SELECT p.collection, section.key, note.key,
       sum(CASE jsonb_typeof(note.value) WHEN 'object' THEN (note.value ->> 'count')::numeric
                                         ELSE (note.value #>> '{}')::numeric END),
       sum(coalesce((note.value ->> 'bytes')::numeric, 0))
FROM arango2pg.part p, jsonb_each(p.notes) section, jsonb_each(section.value) note
WHERE p.run_id = $1::bigint
GROUP BY p.collection, section.key, note.key
