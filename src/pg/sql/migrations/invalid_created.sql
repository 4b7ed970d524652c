-- $1 index, $2 table as written: the index if it is INVALID; and the pid of who is building it, if somebody is.
SELECT n.nspname, c.relname,
       (SELECT p.pid FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = c.oid)
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = $1::name AND i.indrelid = pg_catalog.to_regclass($2) AND NOT i.indisvalid
