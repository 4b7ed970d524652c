SELECT id, state, lease_owner, seq
FROM arango2pg.part
WHERE id = ANY ($1::bigint[])
