-- Money as numeric(15,2), scores as numeric(3,2). A value that would be rounded is kept exactly in
-- rounded_numbers, one that does not fit stops the step before anything is changed.

-- migrate:up
CREATE TABLE IF NOT EXISTS rounded_numbers (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  rounded_at  timestamptz NOT NULL DEFAULT now(),
  table_name  text NOT NULL,
  column_name text NOT NULL,
  row_key     uuid NOT NULL,
  exact       numeric NOT NULL
);

CREATE TABLE IF NOT EXISTS numeric_types_before (
  table_name  text NOT NULL,
  column_name text NOT NULL,
  type        text NOT NULL,
  PRIMARY KEY (table_name, column_name)
);

COMMENT ON TABLE rounded_numbers IS 'values before they were rounded to the new precision';
COMMENT ON TABLE numeric_types_before IS 'types of the columns before; schema down puts them back';

DO $precision$
DECLARE
  problems text;
  tab      record;
  col      record;
BEGIN
  PERFORM
  FROM asset_precisions() p
  JOIN pg_attribute a
    ON a.attrelid = to_regclass(format('%I.%I', current_schema(), p.table_name))
   AND a.attname = p.column_name
  WHERE format_type(a.atttypid, a.atttypmod) <> format('numeric(%s,%s)', p.digits, p.scale);
  IF NOT FOUND THEN
    RETURN;
  END IF;
  -- Nobody writes between the look and the change. The strongest lock at once: the change needs it,
  -- and raising a lock half-way ends in deadlocks.
  LOCK TABLE companies, ai_agent_analyses, client_reports, alternative_solutions
    IN ACCESS EXCLUSIVE MODE;

  SELECT string_agg(format('%s.%s: %s values do not fit into %s, for example in row %s', r.table_name,
                           r.column_name, r.too_big, r.new_type, r.samples[1]), '; ')
  INTO problems
  FROM numeric_precision_report() r
  WHERE r.too_big > 0;
  IF problems IS NOT NULL THEN
    RAISE EXCEPTION '%', problems
      USING HINT = 'Correct these rows (SELECT * FROM numeric_precision_report() lists them), then run again.';
  END IF;

  SELECT string_agg(DISTINCT v.oid::regclass::text, ', ')
  INTO problems
  FROM asset_precisions() p
  JOIN pg_attribute a
    ON a.attrelid = to_regclass(format('%I.%I', current_schema(), p.table_name))
   AND a.attname = p.column_name
  JOIN pg_depend d
    ON d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum
   AND d.classid = 'pg_rewrite'::regclass
  JOIN pg_rewrite w ON w.oid = d.objid
  JOIN pg_class v ON v.oid = w.ev_class
  WHERE format_type(a.atttypid, a.atttypmod) <> format('numeric(%s,%s)', p.digits, p.scale);
  IF problems IS NOT NULL THEN
    RAISE EXCEPTION 'views use columns whose type has to change: %', problems
      USING HINT = 'PostgreSQL cannot change the type below a view. Keep their definitions '
                   '(pg_dump -t), drop them, run again and create them again.';
  END IF;

  FOR tab IN
    SELECT p.table_name,
           string_agg(format('ALTER COLUMN %I TYPE numeric(%s,%s)', p.column_name, p.digits, p.scale),
                      ', ') AS changes
    FROM asset_precisions() p
    JOIN pg_attribute a
      ON a.attrelid = to_regclass(format('%I.%I', current_schema(), p.table_name))
     AND a.attname = p.column_name
    WHERE format_type(a.atttypid, a.atttypmod) <> format('numeric(%s,%s)', p.digits, p.scale)
    GROUP BY p.table_name
  LOOP
    FOR col IN SELECT * FROM asset_precisions() p WHERE p.table_name = tab.table_name LOOP
      EXECUTE format('INSERT INTO rounded_numbers (table_name, column_name, row_key, exact) '
                     'SELECT %1$L, %2$L, id, %2$I FROM %1$I WHERE %2$I <> round(%2$I, %3$s)',
                     col.table_name, col.column_name, col.scale);
      INSERT INTO numeric_types_before (table_name, column_name, type)
      SELECT col.table_name, col.column_name, format_type(a.atttypid, a.atttypmod)
      FROM pg_attribute a
      WHERE a.attrelid = to_regclass(format('%I.%I', current_schema(), col.table_name))
        AND a.attname = col.column_name
      ON CONFLICT DO NOTHING;
    END LOOP;
    -- One rewrite per table.
    EXECUTE format('ALTER TABLE %I %s', tab.table_name, tab.changes);
  END LOOP;
END
$precision$;

-- migrate:down
-- The types as they were, and the exact values where nobody has changed the rounded ones since.
DO $precision$
DECLARE
  tab record;
  col record;
BEGIN
  IF to_regclass('numeric_types_before') IS NULL THEN
    RETURN;
  END IF;
  FOR tab IN
    SELECT b.table_name,
           string_agg(format('ALTER COLUMN %I TYPE %s', b.column_name, b.type), ', ') AS changes
    FROM numeric_types_before b
    GROUP BY b.table_name
  LOOP
    EXECUTE format('ALTER TABLE %I %s', tab.table_name, tab.changes);
  END LOOP;
  FOR col IN SELECT * FROM asset_precisions() LOOP
    EXECUTE format('UPDATE %1$I t SET %2$I = r.exact FROM rounded_numbers r '
                   'WHERE r.table_name = %1$L AND r.column_name = %2$L AND r.row_key = t.id '
                   '  AND t.%2$I = round(r.exact, %3$s)',
                   col.table_name, col.column_name, col.scale);
  END LOOP;
END
$precision$;
DROP TABLE IF EXISTS numeric_types_before;
DROP TABLE IF EXISTS rounded_numbers;

-- migrate:verify
SELECT format_type(a.atttypid, a.atttypmod) IS NOT DISTINCT FROM format('numeric(%s,%s)', digits, scale),
       format('column %s.%s is %s, expected numeric(%s,%s)', table_name, column_name,
              coalesce(format_type(a.atttypid, a.atttypmod), 'missing'), digits, scale)
FROM asset_precisions() p
LEFT JOIN pg_attribute a
  ON a.attrelid = to_regclass(format('%I.%I', current_schema(), p.table_name))
 AND a.attname = p.column_name AND NOT a.attisdropped;
