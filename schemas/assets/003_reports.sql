-- Look before the fixes change anything:
--   SELECT * FROM asset_orphans();              rows that point at nothing
--   SELECT * FROM numeric_precision_report();   numbers that the new types would round or refuse
-- and the tools that clean up, and undo that again.

-- migrate:up
-- The seven references: what happens to orphans, and what deleting the target does.
CREATE OR REPLACE FUNCTION asset_references()
RETURNS TABLE (table_name text, column_name text, target text, delete_rule text, policy text)
LANGUAGE sql IMMUTABLE
AS $function$
  VALUES
    ('activity_log', 'company_id', 'companies', 'CASCADE', 'removed'),
    ('activity_log', 'user_id', 'users', 'SET NULL', 'set_null'),
    ('ai_agent_analyses', 'software_id', 'software', 'CASCADE', 'removed'),
    ('ai_agent_analyses', 'company_id', 'companies', 'CASCADE', 'removed'),
    ('client_reports', 'company_id', 'companies', 'CASCADE', 'removed'),
    ('client_reports', 'generated_by', 'users', 'SET NULL', 'set_null'),
    ('alternative_solutions', 'original_software_id', 'software', 'CASCADE', 'removed')
$function$;

-- Where cleaned rows stay: removed ones as a whole, of the others the value that was emptied.
CREATE TABLE IF NOT EXISTS orphaned_rows (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  cleaned_at  timestamptz NOT NULL DEFAULT now(),
  table_name  text NOT NULL,
  column_name text NOT NULL,
  row_key     uuid NOT NULL,
  missing_key uuid NOT NULL,
  action      text NOT NULL,
  row_data    jsonb NOT NULL,
  restored_at timestamptz,
  CONSTRAINT orphaned_rows_action_check CHECK (action IN ('removed', 'set_null'))
);

COMMENT ON TABLE orphaned_rows IS 'rows that clean_asset_orphans() took out or emptied; restore_asset_orphans() puts them back';

DO $lz4$
BEGIN
  IF EXISTS (SELECT FROM pg_settings
             WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
    ALTER TABLE orphaned_rows ALTER COLUMN row_data SET COMPRESSION lz4;
  END IF;
END
$lz4$;

CREATE OR REPLACE VIEW orphan_counts AS
SELECT table_name, column_name, action,
       count(*) AS cleaned,
       count(restored_at) AS restored,
       min(cleaned_at) AS first_cleaned_at,
       max(cleaned_at) AS last_cleaned_at
FROM orphaned_rows
GROUP BY table_name, column_name, action;

-- One row per reference, also where nothing is wrong. samples: keys of up to five orphans.
CREATE OR REPLACE FUNCTION asset_orphans()
RETURNS TABLE (table_name text, column_name text, target text, policy text, orphans bigint,
               samples text[])
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $function$
DECLARE
  ref record;
BEGIN
  FOR ref IN SELECT * FROM asset_references() LOOP
    table_name := ref.table_name;
    column_name := ref.column_name;
    target := ref.target;
    policy := ref.policy;
    EXECUTE format(
      'SELECT count(*), (array_agg(o.id::text ORDER BY o.id))[1:5] '
      'FROM %I o '
      'WHERE o.%I IS NOT NULL AND NOT EXISTS (SELECT FROM %I t WHERE t.id = o.%2$I)',
      ref.table_name, ref.column_name, ref.target)
    INTO orphans, samples;
    RETURN NEXT;
  END LOOP;
END
$function$;

-- Takes orphans out, or empties the column that leads nowhere ("keep the audit trail"); each into
-- orphaned_rows first. Returns one row per reference. May be called at any time, again and again.
CREATE OR REPLACE FUNCTION clean_asset_orphans()
RETURNS TABLE (table_name text, column_name text, action text, cleaned bigint)
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
DECLARE
  ref record;
BEGIN
  -- Removals first: a row that goes anyway keeps its other columns as they are.
  FOR ref IN SELECT * FROM asset_references() r ORDER BY r.policy LOOP
    table_name := ref.table_name;
    column_name := ref.column_name;
    action := ref.policy;
    IF ref.policy = 'removed' THEN
      EXECUTE format(
        'WITH gone AS ('
        '  DELETE FROM %1$I o'
        '  WHERE o.%2$I IS NOT NULL AND NOT EXISTS (SELECT FROM %3$I t WHERE t.id = o.%2$I)'
        '  RETURNING o.*) '
        'INSERT INTO orphaned_rows (table_name, column_name, row_key, missing_key, action, row_data) '
        'SELECT %1$L, %2$L, gone.id, gone.%2$I, ''removed'', to_jsonb(gone) FROM gone',
        ref.table_name, ref.column_name, ref.target);
    ELSE
      EXECUTE format(
        'WITH orphan AS ('
        '  SELECT o.id, o.%2$I AS missing FROM %1$I o'
        '  WHERE o.%2$I IS NOT NULL AND NOT EXISTS (SELECT FROM %3$I t WHERE t.id = o.%2$I)'
        '  FOR UPDATE'
        '), emptied AS ('
        '  UPDATE %1$I o SET %2$I = NULL FROM orphan WHERE o.id = orphan.id'
        '  RETURNING o.id, orphan.missing) '
        'INSERT INTO orphaned_rows (table_name, column_name, row_key, missing_key, action, row_data) '
        'SELECT %1$L, %2$L, id, missing, ''set_null'', jsonb_build_object(%2$L, missing) FROM emptied',
        ref.table_name, ref.column_name, ref.target);
    END IF;
    GET DIAGNOSTICS cleaned = ROW_COUNT;
    RETURN NEXT;
  END LOOP;
END
$function$;

-- Puts rows back whose targets are there by now; with `everything`, all of them (without the
-- foreign keys only). Returns how many.
CREATE OR REPLACE FUNCTION restore_asset_orphans(everything boolean DEFAULT false)
RETURNS bigint
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
DECLARE
  ref      record;
  missing  text;
  restored bigint := 0;
  moved    bigint;
BEGIN
  FOR ref IN SELECT DISTINCT r.table_name FROM asset_references() r LOOP
    -- A row may have pointed at nothing in several columns: all of them must be right by now.
    SELECT string_agg(format(
             'EXISTS (SELECT FROM %I t WHERE t.id = (s.row_data ->> %L)::uuid) '
             'OR s.row_data ->> %2$L IS NULL', r.target, r.column_name), ') AND (')
    INTO missing
    FROM asset_references() r
    WHERE r.table_name = ref.table_name;
    EXECUTE format(
      'WITH back AS ('
      '  UPDATE orphaned_rows s SET restored_at = now()'
      '  WHERE s.table_name = %L AND s.action = ''removed'' AND s.restored_at IS NULL'
      '    AND ($1 OR (%s))'
      '  RETURNING s.row_data), rows AS ('
      '  SELECT jsonb_populate_record(NULL::%I, back.row_data) AS r FROM back) '
      'INSERT INTO %3$I SELECT (r).* FROM rows ON CONFLICT DO NOTHING',
      ref.table_name, missing, ref.table_name)
    USING everything;
    GET DIAGNOSTICS moved = ROW_COUNT;
    restored := restored + moved;
  END LOOP;
  FOR ref IN SELECT * FROM asset_references() r WHERE r.policy = 'set_null' LOOP
    EXECUTE format(
      'WITH back AS ('
      '  UPDATE orphaned_rows s SET restored_at = now()'
      '  WHERE s.table_name = %L AND s.column_name = %L AND s.action = ''set_null'''
      '    AND s.restored_at IS NULL'
      '    AND ($1 OR EXISTS (SELECT FROM %I t WHERE t.id = s.missing_key))'
      '    AND EXISTS (SELECT FROM %1$I o WHERE o.id = s.row_key AND o.%2$I IS NULL)'
      '  RETURNING s.row_key, s.missing_key) '
      'UPDATE %1$I o SET %2$I = back.missing_key FROM back WHERE o.id = back.row_key',
      ref.table_name, ref.column_name, ref.target)
    USING everything;
    GET DIAGNOSTICS moved = ROW_COUNT;
    restored := restored + moved;
  END LOOP;
  RETURN restored;
END
$function$;

-- The fourteen columns with the type that they get.
CREATE OR REPLACE FUNCTION asset_precisions()
RETURNS TABLE (table_name text, column_name text, digits integer, scale integer)
LANGUAGE sql IMMUTABLE
AS $function$
  VALUES
    ('companies', 'contract_value', 15, 2),
    ('companies', 'total_annual_software_spend', 15, 2),
    ('companies', 'total_savings_identified', 15, 2),
    ('companies', 'total_revenue', 15, 2),
    ('companies', 'net_profit', 15, 2),
    ('alternative_solutions', 'cost_comparison', 15, 2),
    ('alternative_solutions', 'estimated_migration_cost', 15, 2),
    ('alternative_solutions', 'three_year_total_savings', 15, 2),
    ('alternative_solutions', 'feature_parity_score', 3, 2),
    ('alternative_solutions', 'integration_compatibility_score', 3, 2),
    ('alternative_solutions', 'replacement_risk_score', 3, 2),
    ('client_reports', 'total_spend', 15, 2),
    ('client_reports', 'savings_identified', 15, 2),
    ('ai_agent_analyses', 'confidence_score', 3, 2)
$function$;

-- One row per column: how many values the type would round, how many it can't hold, and keys of up
-- to five such rows.
CREATE OR REPLACE FUNCTION numeric_precision_report()
RETURNS TABLE (table_name text, column_name text, new_type text, rounded bigint, too_big bigint,
               samples text[])
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $function$
DECLARE
  col record;
BEGIN
  FOR col IN SELECT * FROM asset_precisions() LOOP
    table_name := col.table_name;
    column_name := col.column_name;
    new_type := format('numeric(%s,%s)', col.digits, col.scale);
    EXECUTE format(
      'WITH judged AS ('
      '  SELECT id, abs(round(%1$I, %3$s)) >= power(10::numeric, %4$s) AND %1$I <> ''NaN'' AS too_big,'
      '         %1$I <> round(%1$I, %3$s) AS rounded'
      '  FROM %2$I) '
      'SELECT count(*) FILTER (WHERE rounded AND NOT too_big), count(*) FILTER (WHERE too_big), '
      '       (array_agg(id::text ORDER BY too_big DESC, id) FILTER (WHERE rounded OR too_big))[1:5] '
      'FROM judged',
      col.column_name, col.table_name, col.scale, col.digits - col.scale)
    INTO rounded, too_big, samples;
    RETURN NEXT;
  END LOOP;
END
$function$;

-- migrate:down
DROP FUNCTION IF EXISTS numeric_precision_report();
DROP FUNCTION IF EXISTS asset_precisions();
DO $restore$
BEGIN
  IF to_regclass('orphaned_rows') IS NOT NULL
     AND to_regprocedure('restore_asset_orphans(boolean)') IS NOT NULL THEN
    PERFORM restore_asset_orphans(everything => true);
  END IF;
END
$restore$;
DROP FUNCTION IF EXISTS restore_asset_orphans(boolean);
DROP FUNCTION IF EXISTS clean_asset_orphans();
DROP FUNCTION IF EXISTS asset_orphans();
DROP VIEW IF EXISTS orphan_counts;
DROP TABLE IF EXISTS orphaned_rows;
DROP FUNCTION IF EXISTS asset_references();

-- migrate:verify
SELECT count(*) = 7, 'asset_orphans() looks at seven references' FROM asset_orphans();
SELECT count(*) = 14, 'numeric_precision_report() looks at fourteen columns'
FROM numeric_precision_report();
SELECT to_regclass(format('%I.orphaned_rows', current_schema())) IS NOT NULL
       AND to_regclass(format('%I.orphan_counts', current_schema())) IS NOT NULL,
       'orphaned_rows and orphan_counts are there';
-- Cleaning and putting back works (verify is rolled back).
DO $verify$
BEGIN
  PERFORM clean_asset_orphans();
  PERFORM restore_asset_orphans();
END
$verify$;
