-- $1 schema: does it exist, may we create in it (or create it), and who and where are we?
SELECT n.oid IS NOT NULL,
       coalesce(pg_catalog.has_schema_privilege(n.oid, 'USAGE')
                AND pg_catalog.has_schema_privilege(n.oid, 'CREATE'), false),
       pg_catalog.has_database_privilege(current_database(), 'CREATE'),
       current_user, current_database(),
       (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)
FROM (SELECT) one
LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = $1
