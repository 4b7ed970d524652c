UPDATE arango2pg.run_stage
SET status = $3::arango2pg.stage_status, ended_at = clock_timestamp()
WHERE run_id = $1::bigint AND name = $2
