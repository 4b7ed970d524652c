UPDATE arango2pg.run_stage
SET status = $2::arango2pg.stage_status, ended_at = clock_timestamp()
WHERE run_id = $1::bigint AND status = 'running'
