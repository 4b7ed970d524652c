SELECT DISTINCT collection, key
FROM arango2pg.quarantine
WHERE status = 'open' AND key IS NOT NULL
  AND rule IN ('pg_foreign_key_violation', 'pg_unique_violation', 'pg_exclusion_violation')
ORDER BY collection, key
LIMIT 10000
