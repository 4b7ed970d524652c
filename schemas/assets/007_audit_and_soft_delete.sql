-- Who changed a row (updated_by), when (updated_at), and deletion that preserves history
-- (deleted_at). The application sets app.current_user_id, or writes updated_by itself.

-- migrate:up
ALTER TABLE companies
  ADD COLUMN IF NOT EXISTS updated_by uuid, ADD COLUMN IF NOT EXISTS deleted_at timestamptz;
ALTER TABLE software
  ADD COLUMN IF NOT EXISTS updated_by uuid, ADD COLUMN IF NOT EXISTS deleted_at timestamptz;
ALTER TABLE software_assets
  ADD COLUMN IF NOT EXISTS updated_by uuid, ADD COLUMN IF NOT EXISTS deleted_at timestamptz;
ALTER TABLE contracts
  ADD COLUMN IF NOT EXISTS updated_by uuid;
ALTER TABLE users
  ADD COLUMN IF NOT EXISTS deleted_at timestamptz;

DO $keys$
DECLARE
  tab text;
BEGIN
  FOREACH tab IN ARRAY ARRAY['companies', 'software', 'software_assets', 'contracts'] LOOP
    CONTINUE WHEN EXISTS (
      SELECT
      FROM pg_constraint c
      WHERE c.conname = tab || '_updated_by_fkey' AND c.contype = 'f' AND c.confdeltype = 'n'
        AND c.conrelid = to_regclass(format('%I.%I', current_schema(), tab))
        AND c.confrelid = to_regclass(format('%I.users', current_schema())));
    EXECUTE format('ALTER TABLE %I DROP CONSTRAINT IF EXISTS %I, ADD CONSTRAINT %2$I '
                   'FOREIGN KEY (updated_by) REFERENCES users (id) ON DELETE SET NULL',
                   tab, tab || '_updated_by_fkey');
  END LOOP;
END
$keys$;

-- Argument 'by': the table has updated_by.
CREATE OR REPLACE FUNCTION stamp_update() RETURNS trigger
LANGUAGE plpgsql
AS $function$
DECLARE
  who text := current_setting('app.current_user_id', true);
BEGIN
  -- While arango2pg loads, rows carry what their documents say.
  IF coalesce(current_setting('arango2pg.loading', true), '') = 'on' THEN
    RETURN NEW;
  END IF;
  NEW.updated_at := now();
  IF TG_NARGS > 0 THEN
    IF NEW.updated_by IS NOT DISTINCT FROM OLD.updated_by
       AND who ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
      NEW.updated_by := who::uuid;
    END IF;
  END IF;
  RETURN NEW;
END
$function$;

CREATE OR REPLACE TRIGGER stamp_companies_update
  BEFORE UPDATE ON companies FOR EACH ROW EXECUTE FUNCTION stamp_update('by');
CREATE OR REPLACE TRIGGER stamp_software_update
  BEFORE UPDATE ON software FOR EACH ROW EXECUTE FUNCTION stamp_update('by');
CREATE OR REPLACE TRIGGER stamp_software_assets_update
  BEFORE UPDATE ON software_assets FOR EACH ROW EXECUTE FUNCTION stamp_update('by');
CREATE OR REPLACE TRIGGER stamp_contracts_update
  BEFORE UPDATE ON contracts FOR EACH ROW EXECUTE FUNCTION stamp_update('by');
CREATE OR REPLACE TRIGGER stamp_users_update
  BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION stamp_update();

CREATE OR REPLACE VIEW active_companies AS SELECT * FROM companies WHERE deleted_at IS NULL;
CREATE OR REPLACE VIEW active_software AS SELECT * FROM software WHERE deleted_at IS NULL;
CREATE OR REPLACE VIEW active_software_assets AS
  SELECT * FROM software_assets WHERE deleted_at IS NULL;
CREATE OR REPLACE VIEW active_users AS SELECT * FROM users WHERE deleted_at IS NULL;

-- ON DELETE CASCADE does not follow a soft delete: this marks the company and what belongs to it,
-- all with one time. Returns how many rows were marked.
CREATE OR REPLACE FUNCTION soft_delete_company(company uuid) RETURNS bigint
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
DECLARE
  marked bigint := 0;
  moved   bigint;
BEGIN
  UPDATE companies SET deleted_at = now() WHERE id = company AND deleted_at IS NULL;
  IF NOT FOUND THEN
    RETURN 0;
  END IF;
  UPDATE software SET deleted_at = now() WHERE company_id = company AND deleted_at IS NULL;
  GET DIAGNOSTICS moved = ROW_COUNT;
  marked := 1 + moved;
  UPDATE software_assets SET deleted_at = now() WHERE company_id = company AND deleted_at IS NULL;
  GET DIAGNOSTICS moved = ROW_COUNT;
  RETURN marked + moved;
END
$function$;

-- The reverse: brings back what went together with the company, not what was deleted before it.
CREATE OR REPLACE FUNCTION restore_company(company uuid) RETURNS bigint
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
DECLARE
  went   timestamptz;
  marked bigint := 0;
  moved   bigint;
BEGIN
  SELECT deleted_at INTO went FROM companies WHERE id = company FOR UPDATE;
  IF went IS NULL THEN
    RETURN 0;
  END IF;
  UPDATE companies SET deleted_at = NULL WHERE id = company;
  UPDATE software SET deleted_at = NULL WHERE company_id = company AND deleted_at = went;
  GET DIAGNOSTICS moved = ROW_COUNT;
  marked := 1 + moved;
  UPDATE software_assets SET deleted_at = NULL WHERE company_id = company AND deleted_at = went;
  GET DIAGNOSTICS moved = ROW_COUNT;
  RETURN marked + moved;
END
$function$;

-- migrate:down
-- Without deleted_at, deleted rows would be alive again.
DO $guard$
DECLARE
  tab     text;
  moved   bigint;
  deleted bigint := 0;
BEGIN
  FOREACH tab IN ARRAY ARRAY['companies', 'software', 'software_assets', 'users'] LOOP
    CONTINUE WHEN NOT EXISTS (SELECT FROM pg_attribute a
                              WHERE a.attrelid = to_regclass(tab) AND a.attname = 'deleted_at'
                                AND NOT a.attisdropped);
    EXECUTE format('SELECT count(*) FROM %I WHERE deleted_at IS NOT NULL', tab) INTO moved;
    deleted := deleted + moved;
  END LOOP;
  IF deleted > 0 AND coalesce(current_setting('arango2pg.revive_deleted', true), '') <> 'on' THEN
    RAISE EXCEPTION '% rows are soft-deleted; without the column deleted_at they would be alive again', deleted
      USING HINT = 'Delete these rows, or revive them on purpose: PGOPTIONS="-c arango2pg.revive_deleted=on".';
  END IF;
END
$guard$;
DROP FUNCTION IF EXISTS restore_company(uuid);
DROP FUNCTION IF EXISTS soft_delete_company(uuid);
DROP VIEW IF EXISTS active_users;
DROP VIEW IF EXISTS active_software_assets;
DROP VIEW IF EXISTS active_software;
DROP VIEW IF EXISTS active_companies;
DROP TRIGGER IF EXISTS stamp_users_update ON users;
DROP TRIGGER IF EXISTS stamp_contracts_update ON contracts;
DROP TRIGGER IF EXISTS stamp_software_assets_update ON software_assets;
DROP TRIGGER IF EXISTS stamp_software_update ON software;
DROP TRIGGER IF EXISTS stamp_companies_update ON companies;
DROP FUNCTION IF EXISTS stamp_update();
ALTER TABLE users
  DROP COLUMN IF EXISTS deleted_at;
ALTER TABLE contracts
  DROP COLUMN IF EXISTS updated_by;
ALTER TABLE software_assets
  DROP COLUMN IF EXISTS updated_by, DROP COLUMN IF EXISTS deleted_at;
ALTER TABLE software
  DROP COLUMN IF EXISTS updated_by, DROP COLUMN IF EXISTS deleted_at;
ALTER TABLE companies
  DROP COLUMN IF EXISTS updated_by, DROP COLUMN IF EXISTS deleted_at;

-- migrate:verify
WITH expected (tab, col, type) AS (
  VALUES
    ('companies', 'updated_by', 'uuid'), ('companies', 'deleted_at', 'timestamp with time zone'),
    ('software', 'updated_by', 'uuid'), ('software', 'deleted_at', 'timestamp with time zone'),
    ('software_assets', 'updated_by', 'uuid'),
    ('software_assets', 'deleted_at', 'timestamp with time zone'),
    ('contracts', 'updated_by', 'uuid'),
    ('users', 'deleted_at', 'timestamp with time zone')
)
SELECT coalesce(format_type(a.atttypid, a.atttypmod), 'missing') = type,
       format('column %s.%s is %s, expected %s', tab, col,
              coalesce(format_type(a.atttypid, a.atttypmod), 'missing'), type)
FROM expected e
LEFT JOIN pg_attribute a
  ON a.attrelid = to_regclass(format('%I.%I', current_schema(), e.tab))
 AND a.attname = e.col AND NOT a.attisdropped;

WITH expected (tab) AS (
  VALUES ('companies'), ('software'), ('software_assets'), ('contracts')
)
SELECT EXISTS (
         SELECT
         FROM pg_constraint c
         WHERE c.contype = 'f' AND c.convalidated AND c.conname = tab || '_updated_by_fkey'
           AND c.conrelid = to_regclass(format('%I.%I', current_schema(), e.tab))
           AND c.confrelid = to_regclass(format('%I.users', current_schema()))
           AND c.confdeltype = 'n'),
       format('a valid foreign key %s.updated_by to users on delete set null', tab)
FROM expected e;

WITH expected (tab, arguments) AS (
  VALUES ('companies', 1), ('software', 1), ('software_assets', 1), ('contracts', 1), ('users', 0)
)
SELECT EXISTS (
         SELECT
         FROM pg_trigger t
         WHERE t.tgrelid = to_regclass(format('%I.%I', current_schema(), e.tab))
           AND t.tgname = format('stamp_%s_update', tab) AND t.tgenabled IN ('O', 'A')
           AND t.tgnargs = arguments
           AND t.tgfoid = to_regprocedure(format('%I.stamp_update()', current_schema()))),
       format('trigger stamp_%s_update', tab)
FROM expected e;

SELECT position('arango2pg.loading' IN prosrc) > 0, 'stamp_update stands back while arango2pg loads'
FROM pg_proc
WHERE oid = to_regprocedure(format('%I.stamp_update()', current_schema()));

SELECT to_regclass(format('%I.active_%s', current_schema(), tab)) IS NOT NULL, 'view active_' || tab
FROM unnest(ARRAY['companies', 'software', 'software_assets', 'users']) AS t (tab);

SELECT to_regprocedure(format('%I.%s', current_schema(), call)) IS NOT NULL, call
FROM unnest(ARRAY['soft_delete_company(uuid)', 'restore_company(uuid)']) AS f (call);
