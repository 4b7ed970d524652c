-- $1 pack, $2 schema, $3 number, $4 name, $5 checksum, $6 state, $7 seconds
INSERT INTO arango2pg.migration_history AS h (pack, schema_name, number, name, checksum, state, seconds)
VALUES ($1, $2, $3::integer, $4, $5, $6, $7::numeric)
ON CONFLICT (pack, schema_name, number) DO UPDATE
SET name = excluded.name, checksum = excluded.checksum, state = excluded.state, message = NULL,
    applied_by = current_user, applied_at = clock_timestamp(), seconds = excluded.seconds
