UPDATE arango2pg.part
SET position = '', seq = NULL, commit_token = NULL, read = 0, written = 0, updated = 0, deleted = 0,
    filtered = 0, quarantined = 0, bytes = 0, notes = '{}', updated_at = clock_timestamp()
WHERE id = $2::bigint AND run_id = $1::bigint AND state <> 'done'
