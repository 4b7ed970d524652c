UPDATE arango2pg.dropped_index
SET restored_at = clock_timestamp()
WHERE run_id = $1::bigint AND table_schema = $2 AND index_name = $3 AND restored_at IS NULL
