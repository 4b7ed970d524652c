-- About how many rows table $1 (oid) has, with everything below it.
WITH RECURSIVE tree AS (
  SELECT $1::oid AS oid
  UNION
  SELECT i.inhrelid
  FROM tree t
  JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid
)
SELECT coalesce(sum(
         CASE
           WHEN c.relkind <> 'r' THEN 0
           WHEN c.reltuples > 0 AND c.relpages > 0
             THEN c.reltuples / c.relpages * (pg_relation_size(c.oid) / current_setting('block_size')::bigint)
           ELSE pg_relation_size(c.oid) / 100
         END), 0)::bigint
FROM tree t
JOIN pg_catalog.pg_class c ON c.oid = t.oid
