-- $1 index, $2 table as written: a row if the index is there and usable.
SELECT
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
WHERE c.relname = $1::name AND i.indrelid = pg_catalog.to_regclass($2) AND i.indisvalid
