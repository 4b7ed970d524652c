-- The columns that the dashboard's queries name and the tables lacked, filled from those that hold
-- the values; and what arango2pg needs to follow a source.
--   priority_score    prestige_factor, or 0
--   salary_currency   compensation_currency
--   location          office_city, office_province, office_country; empty ones left out
--   experience_level  seniority_level
--   source_key, source_rev  the document's _key and decoded _rev
--   deleted_at        set by resync when the document is gone from the source

-- migrate:up
ALTER TABLE companies
  ADD COLUMN IF NOT EXISTS source_key text,
  ADD COLUMN IF NOT EXISTS source_rev bigint,
  ADD COLUMN IF NOT EXISTS deleted_at timestamptz;
ALTER TABLE jobs
  ADD COLUMN IF NOT EXISTS priority_score integer,
  ADD COLUMN IF NOT EXISTS salary_currency varchar(10),
  ADD COLUMN IF NOT EXISTS location text,
  ADD COLUMN IF NOT EXISTS experience_level varchar(50),
  ADD COLUMN IF NOT EXISTS source_key text,
  ADD COLUMN IF NOT EXISTS source_rev bigint,
  ADD COLUMN IF NOT EXISTS deleted_at timestamptz;
ALTER TABLE job_applications
  ADD COLUMN IF NOT EXISTS source_key text,
  ADD COLUMN IF NOT EXISTS source_rev bigint,
  ADD COLUMN IF NOT EXISTS deleted_at timestamptz;

-- 'Brno', '', NULL → 'Brno'; nothing at all → NULL, not ''.
CREATE OR REPLACE FUNCTION job_location(city text, province text, country text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
AS $function$
  SELECT nullif(concat_ws(', ', nullif(btrim(city, E' \t\r\n'), ''),
                                nullif(btrim(province, E' \t\r\n'), ''),
                                nullif(btrim(country, E' \t\r\n'), '')), '')
$function$;

-- What the application writes into one column shows up in the other. A mapped column that is
-- written itself keeps what was written.
CREATE OR REPLACE FUNCTION map_job_columns() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
BEGIN
  -- While arango2pg loads, the mapping has filled them.
  IF coalesce(current_setting('arango2pg.loading', true), '') = 'on' THEN
    RETURN NEW;
  END IF;
  IF TG_OP = 'INSERT' THEN
    NEW.priority_score := coalesce(NEW.priority_score, NEW.prestige_factor);
    NEW.salary_currency := coalesce(NEW.salary_currency, NEW.compensation_currency);
    NEW.location := coalesce(
      NEW.location, job_location(NEW.office_city, NEW.office_province, NEW.office_country));
    NEW.experience_level := coalesce(NEW.experience_level, NEW.seniority_level);
  ELSE
    IF NEW.prestige_factor IS DISTINCT FROM OLD.prestige_factor
       AND NEW.priority_score IS NOT DISTINCT FROM OLD.priority_score THEN
      NEW.priority_score := NEW.prestige_factor;
    END IF;
    IF NEW.compensation_currency IS DISTINCT FROM OLD.compensation_currency
       AND NEW.salary_currency IS NOT DISTINCT FROM OLD.salary_currency THEN
      NEW.salary_currency := NEW.compensation_currency;
    END IF;
    IF (NEW.office_city, NEW.office_province, NEW.office_country)
         IS DISTINCT FROM (OLD.office_city, OLD.office_province, OLD.office_country)
       AND NEW.location IS NOT DISTINCT FROM OLD.location THEN
      NEW.location := job_location(NEW.office_city, NEW.office_province, NEW.office_country);
    END IF;
    IF NEW.seniority_level IS DISTINCT FROM OLD.seniority_level
       AND NEW.experience_level IS NOT DISTINCT FROM OLD.experience_level THEN
      NEW.experience_level := NEW.seniority_level;
    END IF;
  END IF;
  NEW.priority_score := coalesce(NEW.priority_score, 0);
  RETURN NEW;
END
$function$;

-- Rows that were there before.
UPDATE jobs
SET priority_score = coalesce(prestige_factor, 0),
    salary_currency = coalesce(salary_currency, compensation_currency),
    location = coalesce(location, job_location(office_city, office_province, office_country)),
    experience_level = coalesce(experience_level, seniority_level)
WHERE priority_score IS NULL;

ALTER TABLE jobs ALTER COLUMN priority_score SET NOT NULL;

CREATE OR REPLACE TRIGGER trigger_map_job_columns
  BEFORE INSERT OR UPDATE ON jobs
  FOR EACH ROW EXECUTE FUNCTION map_job_columns();

-- One row a document, also for rows that an application made (they have no key).
CREATE UNIQUE INDEX IF NOT EXISTS companies_source_key_key ON companies (source_key)
  WHERE source_key IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS jobs_source_key_key ON jobs (source_key)
  WHERE source_key IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS job_applications_source_key_key ON job_applications (source_key)
  WHERE source_key IS NOT NULL;

COMMENT ON COLUMN jobs.priority_score IS 'prestige_factor, or 0; kept in step by a trigger';
COMMENT ON COLUMN jobs.salary_currency IS 'compensation_currency; kept in step by a trigger';
COMMENT ON COLUMN jobs.location IS 'office_city, office_province, office_country; kept in step by a trigger';
COMMENT ON COLUMN jobs.experience_level IS 'seniority_level; kept in step by a trigger';

-- migrate:down
DROP TRIGGER IF EXISTS trigger_map_job_columns ON jobs;
DROP FUNCTION IF EXISTS map_job_columns();
DROP FUNCTION IF EXISTS job_location(text, text, text);
ALTER TABLE job_applications
  DROP COLUMN IF EXISTS source_key,
  DROP COLUMN IF EXISTS source_rev,
  DROP COLUMN IF EXISTS deleted_at;
ALTER TABLE jobs
  DROP COLUMN IF EXISTS priority_score,
  DROP COLUMN IF EXISTS salary_currency,
  DROP COLUMN IF EXISTS location,
  DROP COLUMN IF EXISTS experience_level,
  DROP COLUMN IF EXISTS source_key,
  DROP COLUMN IF EXISTS source_rev,
  DROP COLUMN IF EXISTS deleted_at;
ALTER TABLE companies
  DROP COLUMN IF EXISTS source_key,
  DROP COLUMN IF EXISTS source_rev,
  DROP COLUMN IF EXISTS deleted_at;

-- migrate:verify
WITH expected (tab, col, type) AS (
  VALUES
    ('companies', 'source_key', 'text'),
    ('companies', 'source_rev', 'bigint'),
    ('companies', 'deleted_at', 'timestamp with time zone'),
    ('jobs', 'priority_score', 'integer'),
    ('jobs', 'salary_currency', 'character varying(10)'),
    ('jobs', 'location', 'text'),
    ('jobs', 'experience_level', 'character varying(50)'),
    ('jobs', 'source_key', 'text'),
    ('jobs', 'source_rev', 'bigint'),
    ('jobs', 'deleted_at', 'timestamp with time zone'),
    ('job_applications', 'source_key', 'text'),
    ('job_applications', 'source_rev', 'bigint'),
    ('job_applications', 'deleted_at', 'timestamp with time zone')
)
SELECT count(*) = 0,
       string_agg(format('column %s.%s is %s, expected %s', tab, col,
                         coalesce(format_type(a.atttypid, a.atttypmod), 'missing'), type), '; ')
FROM expected e
LEFT JOIN pg_attribute a
  ON a.attrelid = to_regclass(format('%I.%I', current_schema(), e.tab))
 AND a.attname = e.col AND NOT a.attisdropped
WHERE a.attname IS NULL OR format_type(a.atttypid, a.atttypmod) <> e.type;

SELECT count(*) = 1, 'trigger trigger_map_job_columns on jobs calls map_job_columns()'
FROM pg_trigger
WHERE tgrelid = to_regclass(format('%I.jobs', current_schema()))
  AND tgname = 'trigger_map_job_columns' AND tgenabled IN ('O', 'A')
  AND tgfoid = to_regprocedure(format('%I.map_job_columns()', current_schema()));

SELECT bool_and(position('arango2pg.loading' IN prosrc) > 0),
       'function map_job_columns stands back while arango2pg loads'
FROM pg_proc
WHERE oid = to_regprocedure(format('%I.map_job_columns()', current_schema()));

SELECT job_location('Toronto', 'ON', 'Canada') = 'Toronto, ON, Canada'
       AND job_location('', 'ON', NULL) = 'ON'
       AND job_location(' ', '', NULL) IS NULL,
       'job_location leaves empty parts out';

WITH expected (tab) AS (VALUES ('companies'), ('jobs'), ('job_applications'))
SELECT EXISTS (
         SELECT
         FROM pg_index i
         JOIN pg_class c ON c.oid = i.indexrelid
         WHERE i.indrelid = to_regclass(format('%I.%I', current_schema(), e.tab))
           AND c.relname = e.tab || '_source_key_key' AND i.indisvalid AND i.indisunique),
       format('unique index %s_source_key_key', tab)
FROM expected e;
