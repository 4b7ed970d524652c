INSERT INTO arango2pg.run_holder (correlation_id, worker, backend_pid)
VALUES ($1, $2, pg_backend_pid())
ON CONFLICT (correlation_id) DO UPDATE
SET worker = excluded.worker, backend_pid = excluded.backend_pid, since = excluded.since
