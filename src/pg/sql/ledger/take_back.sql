-- The holder of the run's lock is its only worker: whatever others leased before is pending again. A lane of
-- theirs that still commits has its row locked; this waits for it, and the next one of theirs is refused.
UPDATE arango2pg.part
SET state = 'pending', lease_owner = NULL, lease_until = NULL, seq = NULL, claim_token = NULL,
    updated_at = clock_timestamp()
WHERE id IN (
  SELECT id FROM arango2pg.part
  WHERE run_id = $1::bigint AND state = 'running'
  ORDER BY id
  FOR NO KEY UPDATE
)
