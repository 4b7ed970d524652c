-- $1 pack, $2 schema, $3 number
DELETE FROM arango2pg.migration_history WHERE pack = $1 AND schema_name = $2 AND number = $3::integer
