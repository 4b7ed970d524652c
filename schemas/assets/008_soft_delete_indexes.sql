-- What the pages look up among rows that are not deleted; and what must be unique is unique among
-- those only: a deleted row does not stand in the way of its successor.

-- migrate:no-transaction
-- migrate:up
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_companies_deleted_at
  ON companies (company_name)
  WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS idx_software_deleted_at
  ON software (company_id, software_name)
  WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS idx_software_assets_deleted_at
  ON software_assets (company_id, software_name, vendor_name)
  WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS idx_users_deleted_at
  ON users (email)
  WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS companies_slug_active_key
  ON companies (slug)
  WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS software_assets_asset_code_active_key
  ON software_assets (asset_code)
  WHERE deleted_at IS NULL;

ALTER TABLE software DROP CONSTRAINT IF EXISTS software_company_id_software_name_key;
ALTER TABLE software_assets
  DROP CONSTRAINT IF EXISTS software_assets_company_id_software_name_vendor_name_key;
ALTER TABLE software_assets DROP CONSTRAINT IF EXISTS software_assets_asset_code_key;
ALTER TABLE users DROP CONSTRAINT IF EXISTS users_email_key;
ALTER TABLE companies DROP CONSTRAINT IF EXISTS companies_slug_key;

-- migrate:down
-- Uniqueness first. Where a deleted row has a successor of the same name, this says so and stops.
DO $unique$
DECLARE
  u record;
BEGIN
  FOR u IN
    SELECT *
    FROM (VALUES
      ('companies', 'companies_slug_key', 'slug'),
      ('users', 'users_email_key', 'email'),
      ('software_assets', 'software_assets_asset_code_key', 'asset_code'),
      ('software_assets', 'software_assets_company_id_software_name_vendor_name_key',
       'company_id, software_name, vendor_name'),
      ('software', 'software_company_id_software_name_key', 'company_id, software_name')
    ) AS v (tab, name, columns)
  LOOP
    CONTINUE WHEN to_regclass(u.tab) IS NULL
      OR EXISTS (SELECT FROM pg_constraint c WHERE c.conrelid = to_regclass(u.tab) AND c.conname = u.name);
    EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I UNIQUE (%s)', u.tab, u.name, u.columns);
  END LOOP;
END
$unique$;
DROP INDEX CONCURRENTLY IF EXISTS software_assets_asset_code_active_key;
DROP INDEX CONCURRENTLY IF EXISTS companies_slug_active_key;
DROP INDEX CONCURRENTLY IF EXISTS idx_users_deleted_at;
DROP INDEX CONCURRENTLY IF EXISTS idx_software_assets_deleted_at;
DROP INDEX CONCURRENTLY IF EXISTS idx_software_deleted_at;
DROP INDEX CONCURRENTLY IF EXISTS idx_companies_deleted_at;

-- migrate:verify
WITH expected (tab, name, is_unique, definition) AS (
  VALUES
    ('companies', 'idx_companies_deleted_at', false,
     'btree (company_name) WHERE (deleted_at IS NULL)'),
    ('software', 'idx_software_deleted_at', true,
     'btree (company_id, software_name) WHERE (deleted_at IS NULL)'),
    ('software_assets', 'idx_software_assets_deleted_at', true,
     'btree (company_id, software_name, vendor_name) WHERE (deleted_at IS NULL)'),
    ('users', 'idx_users_deleted_at', true, 'btree (email) WHERE (deleted_at IS NULL)'),
    ('companies', 'companies_slug_active_key', true, 'btree (slug) WHERE (deleted_at IS NULL)'),
    ('software_assets', 'software_assets_asset_code_active_key', true,
     'btree (asset_code) WHERE (deleted_at IS NULL)')
), found AS (
  SELECT i.indrelid, c.relname, i.indisunique, i.indisvalid AND i.indisready AS usable,
         substring(pg_get_indexdef(i.indexrelid) FROM ' USING (.*)$') AS definition
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
)
SELECT f.usable IS TRUE AND f.definition = e.definition AND f.indisunique = e.is_unique,
       format('index %s on %s is %s, expected %s%s', e.name, e.tab,
              CASE WHEN f.relname IS NULL THEN 'missing'
                   WHEN NOT f.usable THEN 'invalid'
                   ELSE f.definition END,
              CASE WHEN e.is_unique THEN 'unique ' ELSE '' END, e.definition)
FROM expected e
LEFT JOIN found f
  ON f.indrelid = to_regclass(format('%I.%I', current_schema(), e.tab)) AND f.relname = e.name;
