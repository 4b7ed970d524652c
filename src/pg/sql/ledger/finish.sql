UPDATE arango2pg.run
SET status = $2::arango2pg.run_status, message = $3, ended_at = clock_timestamp()
WHERE id = $1::bigint
