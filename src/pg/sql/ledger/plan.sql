SELECT pair ->> 0, pair ->> 1
FROM arango2pg.run r, jsonb_array_elements(r.plan) WITH ORDINALITY AS p (pair, position)
WHERE r.id = $1::bigint
ORDER BY p.position
