-- $1 pack, $2 schema, $3 number, $4 extensions by comma, $5 was the schema created?
UPDATE arango2pg.migration_history
SET extensions = extensions || string_to_array($4, ','), schema_created = schema_created OR $5::boolean
WHERE pack = $1 AND schema_name = $2 AND number = $3::integer
