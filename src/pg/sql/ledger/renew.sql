UPDATE arango2pg.part
SET lease_until = clock_timestamp() + make_interval(secs => $3::double precision)
WHERE id IN (
  SELECT id FROM arango2pg.part
  WHERE run_id = $1::bigint AND state = 'running' AND lease_owner = $2
  ORDER BY id
  FOR NO KEY UPDATE
)
