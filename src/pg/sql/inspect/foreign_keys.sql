-- Foreign keys of table $1 (oid), one row per pair of columns.
SELECT c.conname, n.nspname, t.relname, own.attname, other.attname, c.confmatchtype = 'f' AS match_full,
       c.condeferrable, c.condeferred, c.confrelid
FROM pg_catalog.pg_constraint c
JOIN pg_catalog.pg_class t ON t.oid = c.confrelid
JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
CROSS JOIN LATERAL unnest(c.conkey, c.confkey) WITH ORDINALITY AS k (own, other, position)
JOIN pg_catalog.pg_attribute own ON own.attrelid = c.conrelid AND own.attnum = k.own
JOIN pg_catalog.pg_attribute other ON other.attrelid = c.confrelid AND other.attnum = k.other
WHERE c.conrelid = $1::oid AND c.contype = 'f'
ORDER BY c.conname, k.position
