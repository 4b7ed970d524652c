-- Is there an index of this name, and is it valid? And what belongs to it besides its definition.
SELECT i.indexrelid IS NOT NULL, coalesce(i.indisvalid, false), d.comment, d.clustered
FROM arango2pg.dropped_index d
LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = d.table_schema
LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = d.index_name
LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
WHERE d.run_id = $1::bigint AND d.table_schema = $2 AND d.index_name = $3 AND d.restored_at IS NULL
ORDER BY d.id DESC
LIMIT 1
