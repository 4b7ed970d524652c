-- Where the rows of table $1 (oid) lie: itself, its partitions, whatever inherits from it.
WITH RECURSIVE tree AS (
  SELECT $1::oid AS oid
  UNION
  SELECT i.inhrelid
  FROM tree t
  JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid
)
SELECT n.nspname, c.relname,
       c.relkind = 'r' AND a.amname = 'heap' AS in_blocks,
       has_table_privilege(c.oid, 'SELECT') AS readable,
       CASE WHEN c.relkind = 'r' THEN pg_relation_size(c.oid) / current_setting('block_size')::bigint ELSE 0 END AS blocks,
       CASE WHEN c.relkind = 'r' THEN pg_table_size(c.oid) ELSE 0 END AS bytes,
       coalesce(pg_relation_filenode(c.oid), 0) AS file
FROM tree t
JOIN pg_catalog.pg_class c ON c.oid = t.oid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_am a ON a.oid = c.relam
WHERE c.relkind IN ('r', 'f')
ORDER BY n.nspname, c.relname
