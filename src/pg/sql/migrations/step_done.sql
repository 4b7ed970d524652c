-- $1 pack, $2 schema, $3 number, $4 statements done, $5 their checksum, $6 position of the next one
UPDATE arango2pg.migration_history
SET step = $4::integer, steps_checksum = $5, position = $6
WHERE pack = $1 AND schema_name = $2 AND number = $3::integer
