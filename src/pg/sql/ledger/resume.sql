UPDATE arango2pg.run
SET status = 'running', worker = $2, plan = $3::jsonb, source = $4, target = $5, version = $6,
    attempts = attempts + 1, resumed_at = clock_timestamp(), ended_at = NULL, message = NULL
WHERE id = $1::bigint
