-- $1 extension: installed in this database, available on the server, may be created without a superuser?
-- trusted is a column from PostgreSQL 13 on.
SELECT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = $1),
       a.name IS NOT NULL,
       coalesce((to_jsonb(v) ->> 'trusted')::boolean, false) OR NOT coalesce(v.superuser, true)
FROM (SELECT) one
LEFT JOIN pg_catalog.pg_available_extensions a ON a.name = $1
LEFT JOIN pg_catalog.pg_available_extension_versions v ON v.name = a.name AND v.version = a.default_version
