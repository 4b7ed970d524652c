INSERT INTO arango2pg.run_stage (run_id, name)
VALUES ($1::bigint, $2)
ON CONFLICT (run_id, name) DO UPDATE
SET status = 'running', attempts = run_stage.attempts + 1, started_at = clock_timestamp(), ended_at = NULL
