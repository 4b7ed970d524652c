-- What dead processes leased is pending again: those whose lock in the worker's name is gone. Helpers that are
-- alive keep theirs. A lane of a dead one that still commits has its row locked; this waits for it, and the
-- next one of theirs is refused.
UPDATE arango2pg.part
SET state = 'pending', lease_owner = NULL, lease_until = NULL, seq = NULL, claim_token = NULL,
    updated_at = clock_timestamp()
WHERE id IN (
  SELECT id FROM arango2pg.part
  WHERE run_id = $1::bigint AND state = 'running'
    AND (lease_owner = $2 OR hashtextextended('arango2pg worker ' || lease_owner, 0) NOT IN (
      SELECT classid::bigint << 32 | objid::bigint
      FROM pg_catalog.pg_locks
      WHERE locktype = 'advisory' AND granted AND objsubid = 1
        AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())))
  ORDER BY id
  FOR NO KEY UPDATE
)
