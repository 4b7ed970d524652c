-- Earlier runs that a new one replaces.
UPDATE arango2pg.run
SET status = 'abandoned', ended_at = clock_timestamp(), message = 'replaced by a new run'
WHERE correlation_id = $1 AND status IN ('running', 'failed', 'interrupted')
  AND start_token IS DISTINCT FROM $2
