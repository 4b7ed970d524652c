UPDATE arango2pg.part
SET state = $2::arango2pg.part_state, position = $3, read = $4::bigint, filtered = $5::bigint,
    quarantined = $6::bigint, bytes = $7::bigint, updated_at = clock_timestamp(),
    ended_at = CASE $2 WHEN 'done' THEN coalesce(ended_at, clock_timestamp()) END
WHERE id = $1::bigint
