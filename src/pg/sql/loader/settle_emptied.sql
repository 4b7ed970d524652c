-- The collection was truncated: nothing of it is left to try again.
UPDATE arango2pg.quarantine
SET status = 'discarded', changed_at = clock_timestamp()
WHERE status = 'open' AND collection = $1
