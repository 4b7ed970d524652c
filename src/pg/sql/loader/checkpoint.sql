-- Moves a part to the end of a transaction's batches, if the lease is still ours ($2) and nobody wrote since
-- we looked ($3). This is the fence: no row updated = no commit.
UPDATE arango2pg.part
SET position = $4, seq = $5::bigint, commit_token = $6,
    read = read + $7::bigint, written = written + $8::bigint, updated = updated + $9::bigint,
    deleted = deleted + $15::bigint, filtered = filtered + $10::bigint, quarantined = quarantined + $11::bigint,
    bytes = bytes + $12::bigint,
    notes = CASE $13 WHEN '{}' THEN notes ELSE arango2pg.add_counts(notes, $13::jsonb) END,
    state = CASE WHEN $14::boolean THEN 'done' ELSE state END,
    lease_owner = CASE WHEN $14::boolean THEN NULL ELSE lease_owner END,
    lease_until = CASE WHEN $14::boolean THEN NULL
                       ELSE greatest(lease_until, clock_timestamp() + interval '60 seconds') END,
    ended_at = CASE WHEN $14::boolean THEN clock_timestamp() END,
    updated_at = clock_timestamp()
WHERE id = $1::bigint AND state = 'running' AND lease_owner = $2 AND seq IS NOT DISTINCT FROM $3::bigint
