-- Documents that came again, or went, are no longer in quarantine with what they held before.
UPDATE arango2pg.quarantine q
SET status = CASE WHEN c.stays THEN 'retried' ELSE 'discarded' END::arango2pg.quarantine_status,
    changed_at = clock_timestamp()
FROM (
  SELECT n.name, a.key, max(a.revision) AS revision, bool_or(NOT a.removed) AS stays
  FROM pg_temp.arango2pg_changes a
  JOIN unnest($1::integer[], $2::text[]) AS n (number, name) ON n.number = a.collection
  GROUP BY n.name, a.key
) c
WHERE q.status = 'open' AND q.collection = c.name AND q.key = c.key
  AND (q.revision IS NULL OR c.revision IS NULL OR q.revision <= c.revision)
