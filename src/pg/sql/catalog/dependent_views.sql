-- Materialized views below the tables $1 (quoted names), with the longest way down to each.
WITH RECURSIVE below AS (
  SELECT to_regclass(name)::oid AS oid, 0 AS depth
  FROM unnest($1::text[]) name
  WHERE to_regclass(name) IS NOT NULL
  UNION
  SELECT r.ev_class, b.depth + 1
  FROM below b
  JOIN pg_catalog.pg_depend d
    ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = b.oid
   AND d.classid = 'pg_catalog.pg_rewrite'::regclass
  JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
  WHERE r.ev_class <> b.oid
)
SELECT n.nspname, c.relname,
       c.relispopulated AND EXISTS (
         SELECT FROM pg_catalog.pg_index i
         WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indimmediate
           AND i.indpred IS NULL AND i.indexprs IS NULL),
       pg_catalog.pg_has_role(c.relowner, 'USAGE')
FROM (SELECT oid, max(depth) AS depth FROM below GROUP BY oid) b
JOIN pg_catalog.pg_class c ON c.oid = b.oid AND c.relkind = 'm'
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
ORDER BY b.depth, n.nspname, c.relname
