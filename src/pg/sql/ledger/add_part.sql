INSERT INTO arango2pg.part (run_id, collection, stream, kind, spec, documents, estimated, resumable)
VALUES ($1::bigint, $2, $3::bigint, $4, $5, $6::bigint, $7::bigint, $8::boolean)
