-- All parts of kind $3 of a run, done or not, for one worker.
UPDATE arango2pg.part
SET state = 'running', lease_owner = $2,
    lease_until = clock_timestamp() + make_interval(secs => $4::double precision),
    epoch = epoch + 1, seq = NULL, claim_token = NULL, ended_at = NULL,
    started_at = coalesce(started_at, clock_timestamp()), updated_at = clock_timestamp()
WHERE run_id = $1::bigint AND kind = $3
  AND (state <> 'running' OR lease_owner = $2 OR lease_until < clock_timestamp())
RETURNING id, collection
