-- What the quarantine has of collection $1 under keys $2.
SELECT key, revision, rule
FROM arango2pg.quarantine
WHERE collection = $1 AND key = ANY ($2::text[]) AND status IN ('open', 'discarded') AND NOT rolled_back
