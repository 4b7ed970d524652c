-- Per collection: the last finished run that read it whole, and what a resync of source $1 remembers. The
-- position is the resync's unless the run began later.
WITH loaded AS (
  SELECT DISTINCT ON (p.collection) p.collection, r.id, r.start_tick, r.source_identity, r.source, r.started_at
  FROM arango2pg.run r
  JOIN arango2pg.part p ON p.run_id = r.id
  WHERE r.command IN ('migrate', 'resync') AND r.status = 'done' AND p.kind NOT IN ('wal', 'watermark', 'second_chance')
    AND (r.source_identity = $1 OR r.source_identity LIKE 'dump:%' OR r.source_identity LIKE 'jsonl:%'
         OR $1 LIKE 'dump:%' OR $1 LIKE 'jsonl:%')
  ORDER BY p.collection, r.id DESC
),
followed AS (
  SELECT * FROM arango2pg.sync_state WHERE source_identity = $1
)
SELECT coalesce(l.collection, f.collection),
       CASE WHEN f.tick IS NULL OR l.started_at > f.updated_at THEN l.start_tick ELSE f.tick END,
       f.guid, f.watermark_value, coalesce(l.id, f.run_id), coalesce(l.source_identity, $1),
       coalesce(l.source, '')
FROM loaded l
FULL JOIN followed f ON f.collection = l.collection
-- Its rows went with it.
WHERE (f.strategy IS DISTINCT FROM 'gone' OR l.started_at > f.updated_at)
  -- Else nothing but its name is known: a migrate has begun.
  AND (l.collection IS NOT NULL OR f.tick IS NOT NULL OR f.watermark_value IS NOT NULL)
