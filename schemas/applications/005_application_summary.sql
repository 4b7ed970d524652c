-- application_summary_mv: applications with their jobs and companies, joined beforehand. Refreshed
-- by refresh_application_summary(); what changed since is known (application_summary_status).

-- migrate:up
CREATE MATERIALIZED VIEW IF NOT EXISTS application_summary_mv AS
SELECT
  a.id AS application_id,
  a.created_at,
  a.application_date,
  a.application_status,
  a.application_method,
  a.documents_sent,
  a.email_sent_to,
  a.tone_coherence_score,
  a.tone_jump_score,
  a.total_tone_travel,
  a.first_response_received_at,
  a.response_type,
  a.notes,
  j.id AS job_id,
  j.job_title,
  j.job_description,
  j.salary_low,
  j.salary_high,
  j.salary_currency,
  j.salary_period,
  j.location,
  j.remote_options,
  j.job_type,
  j.experience_level,
  j.seniority_level,
  coalesce(j.priority_score, 0) AS priority_score,
  j.eligibility_flag,
  j.application_deadline,
  j.posted_date,
  c.id AS company_id,
  c.name AS company_name,
  c.domain AS company_domain,
  c.industry AS company_industry,
  c.sub_industry AS company_sub_industry,
  c.size_range AS company_size,
  c.company_url,
  c.linkedin_url AS company_linkedin,
  c.headquarters_location AS company_location
FROM job_applications a
LEFT JOIN jobs j ON j.id = a.job_id
LEFT JOIN companies c ON c.id = j.company_id
WHERE a.deleted_at IS NULL
ORDER BY a.created_at DESC;

COMMENT ON MATERIALIZED VIEW application_summary_mv IS
  'refresh with SELECT refresh_application_summary(); application_summary_status says how old it is';

-- A concurrent refresh needs a unique index over all rows.
CREATE UNIQUE INDEX IF NOT EXISTS idx_app_summary_application_id
  ON application_summary_mv (application_id);
CREATE INDEX IF NOT EXISTS idx_app_summary_created ON application_summary_mv (created_at DESC);
CREATE INDEX IF NOT EXISTS idx_app_summary_status ON application_summary_mv (application_status);
CREATE INDEX IF NOT EXISTS idx_app_summary_company ON application_summary_mv (company_name);

CREATE TABLE IF NOT EXISTS application_summary_refreshes (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  started_at   timestamptz NOT NULL,
  seconds      numeric(12,3) NOT NULL,
  applications bigint NOT NULL,
  concurrent   boolean NOT NULL
);

COMMENT ON TABLE application_summary_refreshes IS 'how long refreshes took; kept for 30 days';

-- A row means: something changed that the view may not show yet.
CREATE TABLE IF NOT EXISTS application_summary_changes (
  changed_at timestamptz NOT NULL
);

CREATE OR REPLACE FUNCTION refresh_application_summary() RETURNS void
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
DECLARE
  populated boolean;
  start     timestamptz := clock_timestamp();
BEGIN
  -- Before the refresh looks at the tables, so that nothing that changes meanwhile is forgotten. A
  -- row that an open transaction relies on is locked and stays: its change is not visible yet.
  DELETE FROM application_summary_changes
  WHERE ctid = ANY (ARRAY(SELECT ctid FROM application_summary_changes FOR UPDATE SKIP LOCKED));

  SELECT relispopulated INTO populated
  FROM pg_class
  WHERE oid = 'application_summary_mv'::regclass;
  IF populated THEN
    REFRESH MATERIALIZED VIEW CONCURRENTLY application_summary_mv;
  ELSE
    -- Never filled (restored without data): there is nothing to refresh concurrently with.
    REFRESH MATERIALIZED VIEW application_summary_mv;
    ANALYZE application_summary_mv;
  END IF;

  INSERT INTO application_summary_refreshes (started_at, seconds, applications, concurrent)
  SELECT start, extract(epoch FROM clock_timestamp() - start), count(*), populated
  FROM application_summary_mv;
  DELETE FROM application_summary_refreshes WHERE started_at < start - interval '30 days';
END
$function$;

CREATE OR REPLACE FUNCTION invalidate_application_summary() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
BEGIN
  -- arango2pg refreshes the view itself when it has loaded.
  IF coalesce(current_setting('arango2pg.loading', true), '') = 'on' THEN
    RETURN NULL;
  END IF;
  -- One row is enough for all. The lock keeps a refresh from removing it before this transaction
  -- is visible; where a refresh is just removing it, a new one is needed.
  PERFORM FROM application_summary_changes LIMIT 1 FOR KEY SHARE SKIP LOCKED;
  IF NOT FOUND THEN
    INSERT INTO application_summary_changes VALUES (clock_timestamp());
  END IF;
  NOTIFY application_summary_stale;
  RETURN NULL;
END
$function$;

CREATE OR REPLACE TRIGGER trigger_invalidate_app_summary_applications
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON job_applications
  FOR EACH STATEMENT EXECUTE FUNCTION invalidate_application_summary();
CREATE OR REPLACE TRIGGER trigger_invalidate_app_summary_jobs
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON jobs
  FOR EACH STATEMENT EXECUTE FUNCTION invalidate_application_summary();
CREATE OR REPLACE TRIGGER trigger_invalidate_app_summary_companies
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON companies
  FOR EACH STATEMENT EXECUTE FUNCTION invalidate_application_summary();

CREATE OR REPLACE VIEW application_summary_status AS
SELECT
  (SELECT relispopulated FROM pg_class WHERE oid = 'application_summary_mv'::regclass) AS populated,
  (SELECT min(changed_at) FROM application_summary_changes) AS stale_since,
  last.started_at AS refreshed_at,
  last.seconds AS refresh_seconds,
  last.applications
FROM (SELECT) AS one
LEFT JOIN LATERAL (
  SELECT * FROM application_summary_refreshes ORDER BY id DESC LIMIT 1
) AS last ON true;

COMMENT ON COLUMN application_summary_status.stale_since IS 'NULL = the view shows everything that is committed';

-- migrate:down
DROP VIEW IF EXISTS application_summary_status;
DROP TRIGGER IF EXISTS trigger_invalidate_app_summary_companies ON companies;
DROP TRIGGER IF EXISTS trigger_invalidate_app_summary_jobs ON jobs;
DROP TRIGGER IF EXISTS trigger_invalidate_app_summary_applications ON job_applications;
DROP FUNCTION IF EXISTS invalidate_application_summary();
DROP FUNCTION IF EXISTS refresh_application_summary();
DROP TABLE IF EXISTS application_summary_changes;
DROP TABLE IF EXISTS application_summary_refreshes;
DROP MATERIALIZED VIEW IF EXISTS application_summary_mv;

-- migrate:verify
WITH expected (col, type) AS (
  VALUES
    ('application_id', 'uuid'), ('created_at', 'timestamp with time zone'),
    ('application_date', 'timestamp with time zone'),
    ('application_status', 'character varying(50)'),
    ('application_method', 'character varying(50)'), ('documents_sent', 'text[]'),
    ('email_sent_to', 'character varying(255)'), ('tone_coherence_score', 'double precision'),
    ('tone_jump_score', 'double precision'), ('total_tone_travel', 'double precision'),
    ('first_response_received_at', 'timestamp with time zone'),
    ('response_type', 'character varying(50)'), ('notes', 'text'),
    ('job_id', 'uuid'), ('job_title', 'character varying(255)'), ('job_description', 'text'),
    ('salary_low', 'integer'), ('salary_high', 'integer'),
    ('salary_currency', 'character varying(10)'), ('salary_period', 'character varying(20)'),
    ('location', 'text'), ('remote_options', 'character varying(50)'),
    ('job_type', 'character varying(50)'), ('experience_level', 'character varying(50)'),
    ('seniority_level', 'character varying(50)'), ('priority_score', 'integer'),
    ('eligibility_flag', 'boolean'), ('application_deadline', 'date'), ('posted_date', 'date'),
    ('company_id', 'uuid'), ('company_name', 'character varying(255)'),
    ('company_domain', 'character varying(255)'), ('company_industry', 'character varying(100)'),
    ('company_sub_industry', 'character varying(100)'), ('company_size', 'character varying(50)'),
    ('company_url', 'character varying(500)'), ('company_linkedin', 'character varying(500)'),
    ('company_location', 'character varying(255)')
)
SELECT count(*) = 0,
       string_agg(format('column application_summary_mv.%s is %s, expected %s', col,
                         coalesce(replace(format_type(a.atttypid, a.atttypmod), 'without', 'with'),
                                  'missing'), type), '; ')
FROM expected e
LEFT JOIN pg_attribute a
  ON a.attrelid = to_regclass(format('%I.application_summary_mv', current_schema()))
 AND a.attname = e.col AND NOT a.attisdropped
WHERE a.attname IS NULL OR replace(format_type(a.atttypid, a.atttypmod), 'without', 'with') <> e.type;

WITH expected (name, is_unique, definition) AS (
  VALUES
    ('idx_app_summary_application_id', true, 'btree (application_id)'),
    ('idx_app_summary_created', false, 'btree (created_at DESC)'),
    ('idx_app_summary_status', false, 'btree (application_status)'),
    ('idx_app_summary_company', false, 'btree (company_name)')
)
SELECT EXISTS (
         SELECT
         FROM pg_index i
         JOIN pg_class c ON c.oid = i.indexrelid
         WHERE i.indrelid = to_regclass(format('%I.application_summary_mv', current_schema()))
           AND c.relname = e.name AND i.indisvalid AND i.indisunique = e.is_unique
           AND substring(pg_get_indexdef(i.indexrelid) FROM ' USING (.*)$') = e.definition),
       format('index %s: %s%s', name, CASE WHEN is_unique THEN 'unique ' ELSE '' END, definition)
FROM expected e;

WITH expected (tab, name) AS (
  VALUES
    ('job_applications', 'trigger_invalidate_app_summary_applications'),
    ('jobs', 'trigger_invalidate_app_summary_jobs'),
    ('companies', 'trigger_invalidate_app_summary_companies')
)
SELECT EXISTS (
         SELECT
         FROM pg_trigger t
         WHERE t.tgrelid = to_regclass(format('%I.%I', current_schema(), e.tab))
           AND t.tgname = e.name AND t.tgenabled IN ('O', 'A')
           AND t.tgfoid = to_regprocedure(format('%I.invalidate_application_summary()', current_schema()))),
       format('trigger %s on %s', name, tab)
FROM expected e;

-- It refreshes, and then it holds one row per application (rolled back like all of verify).
DO $verify$ BEGIN PERFORM refresh_application_summary(); END $verify$;
SELECT (SELECT count(*) FROM application_summary_mv)
         = (SELECT count(*) FROM job_applications WHERE deleted_at IS NULL),
       'application_summary_mv holds one row per application';
