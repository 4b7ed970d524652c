-- The last run of a command over a source, unless it ended.
SELECT id, command, status, source, source_identity, correlation_id
FROM (
  SELECT * FROM arango2pg.run
  WHERE command = $1 AND source_identity = $2
  ORDER BY id DESC
  LIMIT 1
) last
WHERE status IN ('running', 'failed', 'interrupted')
