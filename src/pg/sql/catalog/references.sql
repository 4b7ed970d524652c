SELECT DISTINCT n.nspname, t.relname
FROM pg_catalog.pg_constraint c
JOIN pg_catalog.pg_class t ON t.oid = c.confrelid
JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
WHERE c.conrelid = $1::oid AND c.contype = 'f'
ORDER BY 1, 2
