-- The pack's last step, in the schemas of the tables $1 (quoted names).
SELECT DISTINCT n.nspname, p.proname
FROM unnest($1::text[]) name
JOIN pg_catalog.pg_class c ON c.oid = to_regclass(name)
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_proc p
  ON p.pronamespace = n.oid AND p.proname = 'arango2pg_finalise'
 AND p.proargtypes::text = '20' AND p.prokind = 'f'
ORDER BY 1
