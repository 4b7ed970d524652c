-- What REINDEX CONCURRENTLY leaves behind when it fails, under names of its own; and the pid of who is rebuilding, if
-- somebody is.
SELECT n.nspname, c.relname,
       (SELECT p.pid FROM pg_catalog.pg_stat_progress_create_index p
        WHERE i.indrelid = p.relid LIMIT 1)
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$'
  AND n.nspname = ANY (current_schemas(false))
