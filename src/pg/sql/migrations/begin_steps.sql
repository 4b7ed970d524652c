-- $1 pack, $2 schema, $3 number, $4 name, $5 checksum, $6 state (applying, reverting), $7 statements done, $8 their
-- checksum, $9 position
INSERT INTO arango2pg.migration_history AS h
  (pack, schema_name, number, name, checksum, state, step, steps_checksum, position)
VALUES ($1, $2, $3::integer, $4, $5, $6, $7::integer, $8, $9)
ON CONFLICT (pack, schema_name, number) DO UPDATE
SET name = excluded.name, checksum = excluded.checksum, state = excluded.state, message = NULL,
    applied_by = current_user, applied_at = clock_timestamp(), seconds = NULL,
    step = excluded.step, steps_checksum = excluded.steps_checksum, position = excluded.position
