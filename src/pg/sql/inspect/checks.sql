-- CHECK constraints of table $1 (oid).
SELECT conname, pg_get_constraintdef(oid)
FROM pg_catalog.pg_constraint
WHERE conrelid = $1::oid AND contype = 'c'
ORDER BY conname
