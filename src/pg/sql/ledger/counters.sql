SELECT collection, sum(read), sum(written), sum(updated), sum(deleted), sum(filtered), sum(quarantined),
       sum(bytes)
FROM arango2pg.part
WHERE run_id = $1::bigint
GROUP BY collection
