-- Those that take longest come first, so that no connection is left alone with one at the end: GIN and its like take
-- some times as long as btree.
SELECT table_schema, table_name, index_name, definition
FROM (
  SELECT DISTINCT ON (d.table_schema, d.index_name) d.table_schema, d.table_name, d.index_name, d.definition,
         t.oid AS table_oid
  FROM arango2pg.dropped_index d
  JOIN pg_catalog.pg_namespace n ON n.nspname = d.table_schema
  JOIN pg_catalog.pg_class t ON t.relnamespace = n.oid AND t.relname = d.table_name
  WHERE d.run_id = $1::bigint AND d.restored_at IS NULL
    AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
      WHERE c.relnamespace = n.oid AND c.relname = d.index_name AND i.indisvalid)
  ORDER BY d.table_schema, d.index_name, d.id DESC
) missing
ORDER BY definition LIKE '% USING btree %', pg_catalog.pg_table_size(table_oid) DESC, table_schema, index_name
