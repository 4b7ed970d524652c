-- What the sessions named like $1 are waiting for; NULL: nothing, they compute.
SELECT wait_event_type, wait_event
FROM pg_catalog.pg_stat_activity
WHERE application_name LIKE $1::text AND state = 'active'
