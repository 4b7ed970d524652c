-- $1 pid of a session: whom it waits for. What a session runs is not shown: it may hold data.
SELECT a.pid, a.application_name, a.usename, a.state,
       to_char(a.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"')
FROM unnest(pg_catalog.pg_blocking_pids($1::integer)) b (pid)
JOIN pg_catalog.pg_stat_activity a USING (pid)
ORDER BY a.xact_start, a.pid
