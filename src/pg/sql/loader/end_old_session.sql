-- Our former server process, if it still waits for the rest of what we sent: it holds locks we need.
SELECT pg_terminate_backend(pid)
FROM pg_catalog.pg_stat_activity
WHERE pid = $1::integer AND backend_start = $2::timestamptz
  AND (state LIKE 'idle in transaction%' OR wait_event = 'ClientRead')
