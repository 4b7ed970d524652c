-- Rows that run $1 wrote into table $2 (schema.name), as its checkpoints say.
SELECT coalesce(sum((notes -> 'rows' ->> $2)::numeric), 0)::bigint
FROM arango2pg.part
WHERE run_id = $1::bigint
