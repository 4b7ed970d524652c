-- Documents that are rejected again get a new entry; this settles the older ones.
UPDATE arango2pg.quarantine
SET status = 'retried', changed_at = clock_timestamp()
WHERE status = 'open' AND collection = $1 AND key = ANY ($2::text[])
