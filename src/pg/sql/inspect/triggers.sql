-- Triggers of users that fire when rows are inserted into table $1 (oid): 4 = INSERT in tgtype.
SELECT tgname
FROM pg_catalog.pg_trigger
WHERE tgrelid = $1::oid AND NOT tgisinternal AND tgenabled IN ('O', 'A') AND (tgtype & 4) <> 0
ORDER BY tgname
