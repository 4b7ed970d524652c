-- Who holds the lock of correlation id $1: what the holder wrote about itself, else what the server knows.
SELECT h.worker, date_trunc('second', h.since)::text, host(a.client_addr), l.pid::text,
       a.application_name, date_trunc('second', a.backend_start)::text
FROM pg_catalog.pg_locks l
LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
LEFT JOIN arango2pg.run_holder h ON h.correlation_id = $1 AND h.backend_pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
  AND (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended('arango2pg run ' || $1, 0)
