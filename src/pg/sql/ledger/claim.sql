SELECT id, collection, stream, kind, spec, documents, estimated, resumable, position, epoch
FROM arango2pg.claim_stream($1::bigint, $2::text[], $3, make_interval(secs => $4::double precision), $5)
