UPDATE arango2pg.part
SET state = 'pending', lease_owner = NULL, lease_until = NULL, seq = NULL, claim_token = NULL,
    updated_at = clock_timestamp()
WHERE id IN (
  SELECT id FROM arango2pg.part
  WHERE run_id = $1::bigint AND state = 'running' AND lease_owner = $2
  ORDER BY id
  FOR NO KEY UPDATE
)
