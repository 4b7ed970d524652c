-- What earlier runs dropped and never put back is now this run's duty.
UPDATE arango2pg.dropped_index
SET run_id = $1::bigint
WHERE table_schema = $2 AND table_name = $3 AND restored_at IS NULL AND run_id <> $1::bigint
