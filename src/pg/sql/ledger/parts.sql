SELECT id, collection, stream, kind, spec, documents, estimated, resumable, state, position,
       read, written, updated, deleted, filtered, quarantined, bytes
FROM arango2pg.part
WHERE run_id = $1::bigint
ORDER BY id
