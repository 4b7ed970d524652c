-- Did the commit that set token $2 happen? Waits for a server process that may still be committing it.
SELECT commit_token = $2
FROM arango2pg.part
WHERE id = $1::bigint
FOR NO KEY UPDATE
