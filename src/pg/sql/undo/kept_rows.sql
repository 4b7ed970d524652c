-- What was kept of table $2 (oid) before run $1 changed it. A row's first change in the run tells how it was.
SELECT count(*) FILTER (WHERE operation = 'I'), count(*) FILTER (WHERE operation <> 'I'),
       coalesce(bool_and(shape = arango2pg.row_shape($2::oid)), true)
FROM (
  SELECT DISTINCT ON (key) operation, shape
  FROM arango2pg.before_image
  WHERE run_id = $1::bigint AND relation = $2::oid
  ORDER BY key, id
) first
