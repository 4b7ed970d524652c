-- The seven foreign keys. Orphans go first, into orphaned_rows; then NOT VALID keys keep new ones
-- out; what slipped in between is cleaned; and the keys are validated without blocking writers.
-- What counts is a key's definition: one of the right name with another target or delete rule is
-- replaced, the old one staying until the new one is valid.

-- migrate:no-transaction
-- migrate:up
DO $check$
DECLARE
  ref    record;
  strays bigint;
BEGIN
  -- Rows that are right by a key the application has are no orphans to clean up.
  FOR ref IN
    SELECT r.*, c.conname, c.confrelid::regclass AS other
    FROM asset_references() r
    JOIN pg_constraint c
      ON c.contype = 'f' AND cardinality(c.conkey) = 1
     AND c.conrelid = to_regclass(format('%I.%I', current_schema(), r.table_name))
     AND c.confrelid <> to_regclass(format('%I.%I', current_schema(), r.target))
    JOIN pg_attribute a
      ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] AND a.attname = r.column_name
  LOOP
    EXECUTE format(
      'SELECT count(*) FROM %I o JOIN %s x ON x.id = o.%I '
      'WHERE NOT EXISTS (SELECT FROM %I t WHERE t.id = o.%3$I)',
      ref.table_name, ref.other, ref.column_name, ref.target)
    INTO strays;
    IF strays > 0 THEN
      RAISE EXCEPTION 'foreign key % sends %.% to %, and % rows use that: for % they are orphans',
        ref.conname, ref.table_name, ref.column_name, ref.other, strays, ref.target
        USING HINT = format('Copy the rows that they point at into %s, or move these rows away, then run again.',
                            ref.target);
    END IF;
  END LOOP;
END
$check$;

SELECT clean_asset_orphans();

DO $add$
DECLARE
  ref  record;
  name text;
BEGIN
  FOR ref IN SELECT * FROM asset_references() LOOP
    name := format('%s_%s_fkey', ref.table_name, ref.column_name);
    CONTINUE WHEN EXISTS (
      SELECT
      FROM pg_constraint c
      JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
      WHERE c.contype = 'f' AND c.conname IN (name, name || '_new') AND cardinality(c.conkey) = 1
        AND c.conrelid = to_regclass(format('%I.%I', current_schema(), ref.table_name))
        AND c.confrelid = to_regclass(format('%I.%I', current_schema(), ref.target))
        AND a.attname = ref.column_name
        AND c.confdeltype = CASE ref.delete_rule WHEN 'CASCADE' THEN 'c' ELSE 'n' END);
    IF EXISTS (SELECT FROM pg_constraint c
               WHERE c.conname = name
                 AND c.conrelid = to_regclass(format('%I.%I', current_schema(), ref.table_name))) THEN
      EXECUTE format('ALTER TABLE %I DROP CONSTRAINT IF EXISTS %I', ref.table_name, name || '_new');
      name := name || '_new';
    END IF;
    EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I FOREIGN KEY (%I) REFERENCES %I (id) '
                   'ON DELETE %s NOT VALID',
                   ref.table_name, name, ref.column_name, ref.target, ref.delete_rule);
  END LOOP;
END
$add$;

-- What came between the first cleaning and the keys.
SELECT clean_asset_orphans();

DO $validate$
DECLARE
  ref record;
BEGIN
  FOR ref IN
    SELECT r.table_name, c.conname
    FROM asset_references() r
    JOIN pg_constraint c
      ON c.conrelid = to_regclass(format('%I.%I', current_schema(), r.table_name))
     AND c.conname IN (format('%s_%s_fkey', r.table_name, r.column_name),
                       format('%s_%s_fkey_new', r.table_name, r.column_name))
    WHERE NOT c.convalidated
  LOOP
    EXECUTE format('ALTER TABLE %I VALIDATE CONSTRAINT %I', ref.table_name, ref.conname);
  END LOOP;
END
$validate$;

DO $swap$
DECLARE
  ref record;
BEGIN
  FOR ref IN
    SELECT r.table_name, format('%s_%s_fkey', r.table_name, r.column_name) AS name
    FROM asset_references() r
    JOIN pg_constraint c
      ON c.conrelid = to_regclass(format('%I.%I', current_schema(), r.table_name))
     AND c.conname = format('%s_%s_fkey_new', r.table_name, r.column_name)
  LOOP
    EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I', ref.table_name, ref.name);
    EXECUTE format('ALTER TABLE %I RENAME CONSTRAINT %I TO %I',
                   ref.table_name, ref.name || '_new', ref.name);
  END LOOP;
END
$swap$;

-- migrate:down
-- The keys go, and the orphans come back.
ALTER TABLE IF EXISTS activity_log
  DROP CONSTRAINT IF EXISTS activity_log_company_id_fkey,
  DROP CONSTRAINT IF EXISTS activity_log_company_id_fkey_new,
  DROP CONSTRAINT IF EXISTS activity_log_user_id_fkey,
  DROP CONSTRAINT IF EXISTS activity_log_user_id_fkey_new;
ALTER TABLE IF EXISTS ai_agent_analyses
  DROP CONSTRAINT IF EXISTS ai_agent_analyses_software_id_fkey,
  DROP CONSTRAINT IF EXISTS ai_agent_analyses_software_id_fkey_new,
  DROP CONSTRAINT IF EXISTS ai_agent_analyses_company_id_fkey,
  DROP CONSTRAINT IF EXISTS ai_agent_analyses_company_id_fkey_new;
ALTER TABLE IF EXISTS client_reports
  DROP CONSTRAINT IF EXISTS client_reports_company_id_fkey,
  DROP CONSTRAINT IF EXISTS client_reports_company_id_fkey_new,
  DROP CONSTRAINT IF EXISTS client_reports_generated_by_fkey,
  DROP CONSTRAINT IF EXISTS client_reports_generated_by_fkey_new;
ALTER TABLE IF EXISTS alternative_solutions
  DROP CONSTRAINT IF EXISTS alternative_solutions_original_software_id_fkey,
  DROP CONSTRAINT IF EXISTS alternative_solutions_original_software_id_fkey_new;
SELECT restore_asset_orphans(everything => true);

-- migrate:verify
SELECT EXISTS (
         SELECT
         FROM pg_constraint c
         JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
         WHERE c.contype = 'f' AND c.convalidated AND cardinality(c.conkey) = 1
           AND c.conname = format('%s_%s_fkey', r.table_name, r.column_name)
           AND c.conrelid = to_regclass(format('%I.%I', current_schema(), r.table_name))
           AND c.confrelid = to_regclass(format('%I.%I', current_schema(), r.target))
           AND a.attname = r.column_name
           AND c.confdeltype = CASE r.delete_rule WHEN 'CASCADE' THEN 'c' ELSE 'n' END),
       format('a valid foreign key %s.%s to %s on delete %s', table_name, column_name, target,
              lower(delete_rule))
FROM asset_references() r;

SELECT orphans = 0, format('%s orphans in %s.%s, for example %s', orphans, table_name, column_name,
                           samples)
FROM asset_orphans();
