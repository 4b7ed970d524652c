-- What became of the documents of collections with changes: one audit entry each (collections $2, named $3), and
-- per part the number of documents updated, deleted and inserted.
WITH document AS (
  SELECT collection, part, key,
         max(revision) FILTER (WHERE NOT removed) AS revision,
         bool_or(existed) AS existed,
         max(old_revision) FILTER (WHERE existed) AS old_revision,
         bool_or(written) AS written,
         bool_or(gone) AS gone
  FROM pg_temp.arango2pg_changes
  GROUP BY collection, part, key
  HAVING bool_or(written) OR bool_or(gone)
),
logged AS (
  INSERT INTO arango2pg.audit_log
    (run_id, part_id, collection, key, action, old_revision, new_revision, detail)
  SELECT $1::bigint, d.part, c.name, d.key,
         (CASE WHEN NOT d.written THEN 'delete' WHEN d.existed THEN 'update' ELSE 'insert' END)
           ::arango2pg.audit_action,
         d.old_revision,
         CASE WHEN d.written THEN d.revision END,
         -- The document is still there, but its mapping no longer takes it.
         CASE WHEN NOT d.written AND d.revision IS NOT NULL THEN '{"filtered": true}'::jsonb END
  FROM document d
  JOIN unnest($2::integer[], $3::text[]) AS c (number, name) ON c.number = d.collection
  ORDER BY d.collection, d.key
)
SELECT part,
       count(*) FILTER (WHERE written AND existed),
       count(*) FILTER (WHERE NOT written),
       count(*) FILTER (WHERE written AND NOT existed),
       collection
FROM document
GROUP BY part, collection
