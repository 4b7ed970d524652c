INSERT INTO arango2pg.dropped_index
  (run_id, table_schema, table_name, index_name, definition, comment, clustered)
VALUES ($1::bigint, $2, $3, $4, $5, $6, $7::boolean)
