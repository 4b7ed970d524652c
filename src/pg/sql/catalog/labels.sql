SELECT enumlabel
FROM pg_catalog.pg_enum
WHERE enumtypid = $1::oid
ORDER BY enumsortorder
