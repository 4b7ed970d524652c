-- The verification queries as one: SELECT * FROM verify_asset_fixes(); every row says what was
-- expected and what was found, and ok is never to be guessed by eye.

-- migrate:up
CREATE OR REPLACE FUNCTION verify_asset_fixes()
RETURNS TABLE (ok boolean, part text, what text, expected text, actual text)
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
DECLARE
  ref record;
BEGIN
  part := 'foreign keys';
  FOR ref IN
    SELECT r.*, c.convalidated, c.confrelid, c.confdeltype::text AS delete_type,
           pg_get_constraintdef(c.oid) AS definition
    FROM asset_references() r
    LEFT JOIN pg_constraint c
      ON c.contype = 'f' AND c.conname = format('%s_%s_fkey', r.table_name, r.column_name)
     AND c.conrelid = to_regclass(format('%I.%I', current_schema(), r.table_name))
  LOOP
    what := format('%s_%s_fkey', ref.table_name, ref.column_name);
    expected := format('to %s on delete %s, valid', ref.target, lower(ref.delete_rule));
    actual := coalesce(ref.definition, 'missing');
    ok := coalesce(ref.convalidated
                   AND ref.confrelid = to_regclass(format('%I.%I', current_schema(), ref.target))
                   AND ref.delete_type = CASE ref.delete_rule WHEN 'CASCADE' THEN 'c' ELSE 'n' END,
                   false);
    RETURN NEXT;
  END LOOP;

  part := 'indexes';
  FOR ref IN
    SELECT name, i.indisvalid AND i.indisready AS usable
    FROM unnest(ARRAY[
      'idx_activity_log_company_id', 'idx_activity_log_user_id', 'idx_activity_log_created_at',
      'idx_activity_log_company_created', 'idx_ai_agent_analyses_software_id',
      'idx_ai_agent_analyses_company_id', 'idx_ai_agent_analyses_review_status',
      'idx_client_reports_company_id', 'idx_client_reports_generated_at',
      'idx_client_reports_generated_by', 'idx_alternative_solutions_original_software_id',
      'idx_alternative_solutions_recommendation', 'idx_software_company_status',
      'idx_software_assets_company_status', 'idx_companies_deleted_at', 'idx_software_deleted_at',
      'idx_software_assets_deleted_at', 'idx_users_deleted_at']) AS n (name)
    LEFT JOIN pg_index i ON i.indexrelid = to_regclass(format('%I.%I', current_schema(), name))
  LOOP
    what := ref.name;
    expected := 'usable';
    actual := CASE WHEN ref.usable THEN 'usable' WHEN ref.usable IS NULL THEN 'missing' ELSE 'invalid' END;
    ok := ref.usable IS TRUE;
    RETURN NEXT;
  END LOOP;

  part := 'orphans';
  FOR ref IN SELECT * FROM asset_orphans() LOOP
    what := format('%s.%s', ref.table_name, ref.column_name);
    expected := '0';
    actual := ref.orphans::text;
    ok := ref.orphans = 0;
    RETURN NEXT;
  END LOOP;

  part := 'audit columns';
  FOR ref IN
    SELECT tab, col, a.attname IS NOT NULL AS there
    FROM (VALUES ('companies', 'updated_by'), ('companies', 'deleted_at'),
                 ('software', 'updated_by'), ('software', 'deleted_at'),
                 ('software_assets', 'updated_by'), ('software_assets', 'deleted_at'),
                 ('contracts', 'updated_by'), ('users', 'deleted_at')) AS c (tab, col)
    LEFT JOIN pg_attribute a
      ON a.attrelid = to_regclass(format('%I.%I', current_schema(), tab)) AND a.attname = col
     AND NOT a.attisdropped
  LOOP
    what := format('%s.%s', ref.tab, ref.col);
    expected := 'there';
    actual := CASE WHEN ref.there THEN 'there' ELSE 'missing' END;
    ok := ref.there;
    RETURN NEXT;
  END LOOP;

  part := 'numeric precision';
  FOR ref IN
    SELECT p.*, format_type(a.atttypid, a.atttypmod) AS type
    FROM asset_precisions() p
    LEFT JOIN pg_attribute a
      ON a.attrelid = to_regclass(format('%I.%I', current_schema(), p.table_name))
     AND a.attname = p.column_name AND NOT a.attisdropped
  LOOP
    what := format('%s.%s', ref.table_name, ref.column_name);
    expected := format('numeric(%s,%s)', ref.digits, ref.scale);
    actual := coalesce(ref.type, 'missing');
    ok := actual = expected;
    RETURN NEXT;
  END LOOP;

  -- Whatever else is in the schema: a key that is not validated promises nothing.
  part := 'all foreign keys';
  what := 'not validated';
  expected := '0';
  SELECT count(*)::text INTO actual
  FROM pg_constraint c
  JOIN pg_class t ON t.oid = c.conrelid
  WHERE c.contype = 'f' AND NOT c.convalidated AND t.relnamespace = quote_ident(current_schema())::regnamespace;
  ok := actual = '0';
  RETURN NEXT;

  -- The join of the seed's example: company and time in one index.
  part := 'plans';
  what := 'activity of one company, newest first';
  expected := 'idx_activity_log_company_created';
  actual := activity_plan_index();
  ok := actual IS NOT DISTINCT FROM expected;
  RETURN NEXT;
END
$function$;

-- The index that PostgreSQL chooses for a company's activity when it may not scan the table: on an
-- empty table it would, and rightly.
CREATE OR REPLACE FUNCTION activity_plan_index() RETURNS text
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
AS $function$
DECLARE
  plan jsonb;
BEGIN
  EXECUTE 'EXPLAIN (FORMAT JSON) '
          'SELECT * FROM activity_log a '
          'WHERE a.company_id = ''00000000-0000-0000-0000-000000000000'' '
          'ORDER BY a.created_at DESC LIMIT 20' INTO plan;
  RETURN jsonb_path_query_first(plan, '$.**."Index Name"') #>> '{}';
END
$function$;

-- migrate:down
DROP FUNCTION IF EXISTS activity_plan_index();
DROP FUNCTION IF EXISTS verify_asset_fixes();

-- migrate:verify
SELECT ok, format('%s: %s is %s, expected %s', part, what, actual, expected)
FROM verify_asset_fixes();
