-- Indexes of table $1 (oid), one row per column they depend on (expressions and conditions count).
-- `body`: the definition behind the table's name.
-- `secondary`: a bulk load takes it down and builds it again (catalog/secondary_indexes.sql).
SELECT i.indexrelid, c.relname, am.amname, i.indisunique, i.indisprimary, i.indisexclusion,
       i.indpred IS NOT NULL AS partial, i.indexprs IS NOT NULL AS expression,
       pg_get_indexdef(i.indexrelid) AS definition,
       NOT i.indisprimary AND NOT i.indisunique AND NOT i.indisexclusion AND NOT i.indisreplident
         AND c.relkind = 'i' AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = c.oid)
         AS secondary,
       a.attname,
       substr(pg_get_indexdef(i.indexrelid),
              strpos(pg_get_indexdef(i.indexrelid), owner_name || ' USING ') + length(owner_name)) AS body
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_am am ON am.oid = c.relam
JOIN pg_catalog.pg_class owner ON owner.oid = i.indrelid
JOIN pg_catalog.pg_namespace n ON n.oid = owner.relnamespace
-- Definitions call the session's own temporary schema pg_temp since PostgreSQL 15.
CROSS JOIN LATERAL (
  SELECT format('%I.%I', CASE WHEN n.oid = pg_my_temp_schema()
                                AND current_setting('server_version_num')::int >= 150000
                              THEN 'pg_temp' ELSE n.nspname END, owner.relname) AS owner_name
) named
LEFT JOIN LATERAL (
  SELECT DISTINCT t.attnum, t.attname, array_position(i.indkey::smallint[], t.attnum) AS position
  FROM pg_catalog.pg_attribute t
  WHERE t.attrelid = i.indrelid AND t.attnum > 0 AND NOT t.attisdropped
    AND (t.attnum = ANY (i.indkey::smallint[])
         OR EXISTS (
           SELECT FROM pg_catalog.pg_depend d
           WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = i.indexrelid
             AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = i.indrelid
             AND d.refobjsubid = t.attnum))
) a ON true
WHERE i.indrelid = $1::oid AND i.indisvalid
ORDER BY i.indisprimary DESC, c.relname, a.position, a.attnum
