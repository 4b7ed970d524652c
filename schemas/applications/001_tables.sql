-- The three tables behind the dashboard, as the application had them. Times carry their zone here;
-- texts without one were UTC.

-- migrate:up
DO $guard$
DECLARE
  there text;
BEGIN
  SELECT string_agg(t, ', ')
  INTO there
  FROM unnest(ARRAY['companies', 'jobs', 'job_applications']) AS t
  WHERE to_regclass(format('%I.%I', current_schema(), t)) IS NOT NULL;
  IF there IS NOT NULL THEN
    RAISE EXCEPTION 'schema "%" holds tables of these names already: %', current_schema(), there
      USING HINT = 'If they are the application''s own, record them with `arango2pg schema stamp '
                   '--pack applications --to 1` and go on; else choose another schema with --schema.';
  END IF;
END
$guard$;

CREATE TABLE companies (
  id                    uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name                  varchar(255) NOT NULL,
  domain                varchar(255),
  industry              varchar(100),
  sub_industry          varchar(100),
  size_range            varchar(50),
  employee_count_min    integer,
  employee_count_max    integer,
  headquarters_location varchar(255),
  founded_year          integer,
  company_type          varchar(50),
  company_url           varchar(500),
  linkedin_url          varchar(500),
  glassdoor_url         varchar(500),
  company_description   text,
  strategic_mission     text,
  strategic_values      text,
  recent_news           text,
  created_at            timestamptz DEFAULT now()
);

CREATE TABLE jobs (
  id                                  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  company_id                          uuid REFERENCES companies (id),
  job_title                           varchar(255) NOT NULL,
  job_description                     text,
  job_number                          varchar(100),
  department                          varchar(100),
  industry                            varchar(100),
  sub_industry                        varchar(100),
  job_function                        varchar(100),
  office_address                      text,
  office_city                         varchar(100),
  office_province                     varchar(100),
  office_country                      varchar(100),
  salary_low                          integer,
  salary_high                         integer,
  salary_period                       varchar(20),
  salary_mentioned                    boolean,
  compensation_currency               varchar(10) DEFAULT 'CAD',
  equity_stock_options                boolean,
  commission_or_performance_incentive text,
  est_total_compensation              text,
  budget_size_category                varchar(20),
  company_size_category               varchar(20),
  remote_options                      varchar(50),
  job_type                            varchar(50),
  seniority_level                     varchar(50),
  is_supervisor                       boolean DEFAULT false,
  supervision_count                   integer DEFAULT 0,
  working_hours_per_week              integer,
  work_schedule                       text,
  specific_schedule                   text,
  travel_requirements                 text,
  in_office_requirements              varchar(50),
  education_requirements              text,
  special_instructions                text,
  application_method                  varchar(50),
  application_email                   varchar(255),
  application_deadline                date,
  application_status                  varchar(50) DEFAULT 'not_applied',
  last_application_attempt            timestamptz,
  posted_date                         date,
  primary_source_url                  varchar(500),
  is_active                           boolean DEFAULT true,
  eligibility_flag                    boolean DEFAULT true,
  analysis_completed                  boolean DEFAULT false,
  title_matches_role                  boolean,
  mismatch_explanation                text,
  is_authentic                        boolean,
  authenticity_reasoning              text,
  overall_red_flag_reasoning          text,
  estimated_stress_level              integer,
  stress_reasoning                    text,
  prestige_factor                     integer,
  prestige_reasoning                  text,
  consolidation_confidence            double precision,
  cover_letter_pain_point             text,
  cover_letter_evidence               text,
  cover_letter_solution_angle         text,
  created_at                          timestamptz DEFAULT now(),
  CONSTRAINT jobs_estimated_stress_level_check
    CHECK (estimated_stress_level BETWEEN 1 AND 10),
  CONSTRAINT jobs_prestige_factor_check
    CHECK (prestige_factor BETWEEN 1 AND 10)
);

COMMENT ON COLUMN jobs.salary_low IS 'in cents of compensation_currency, as salary_high';
COMMENT ON COLUMN jobs.application_status IS 'not_applied, prepared, applied, …; not constrained';

CREATE TABLE job_applications (
  id                         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  job_id                     uuid REFERENCES jobs (id),
  application_date           timestamptz DEFAULT now(),
  application_method         varchar(50),
  application_status         varchar(50),
  email_sent_to              varchar(255),
  documents_sent             text[],
  tracking_data              jsonb,
  first_response_received_at timestamptz,
  last_response_received_at  timestamptz,
  response_type              varchar(50),
  notes                      text,
  tone_jump_score            double precision,
  tone_coherence_score       double precision,
  total_tone_travel          double precision,
  created_at                 timestamptz DEFAULT now()
);

COMMENT ON COLUMN job_applications.application_status IS
  'sent, failed, applied, prepared, not_applied, submitted, pending, responded, rejected, hired; not constrained';
COMMENT ON COLUMN job_applications.tone_coherence_score IS '0 to 1, lower = more coherent';

DO $lz4$
DECLARE
  col record;
BEGIN
  -- Half the loading time of pglz; servers built without lz4 keep their default.
  IF EXISTS (SELECT FROM pg_settings
             WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
    FOR col IN
      SELECT attrelid::regclass AS tab, attname
      FROM pg_attribute
      WHERE attrelid IN ('companies'::regclass, 'jobs'::regclass, 'job_applications'::regclass)
        AND NOT attisdropped
        AND (atttypid = 'jsonb'::regtype OR attname IN ('job_description', 'company_description'))
    LOOP
      EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET COMPRESSION lz4', col.tab, col.attname);
    END LOOP;
  END IF;
END
$lz4$;

-- Indexes that were there before the dashboard was repaired.
CREATE INDEX idx_companies_created_at ON companies (created_at);
CREATE INDEX idx_companies_name_lower ON companies (lower(name));
CREATE INDEX idx_jobs_company_analysis ON jobs (company_id, analysis_completed);
CREATE INDEX idx_jobs_title_lower ON jobs (lower(job_title));

-- migrate:down
DROP TABLE IF EXISTS job_applications;
DROP TABLE IF EXISTS jobs;
DROP TABLE IF EXISTS companies;

-- migrate:verify
WITH expected (tab, col, type, required) AS (
  VALUES
    ('companies', 'id', 'uuid', true),
    ('companies', 'name', 'character varying(255)', true),
    ('companies', 'domain', 'character varying(255)', false),
    ('companies', 'industry', 'character varying(100)', false),
    ('companies', 'sub_industry', 'character varying(100)', false),
    ('companies', 'size_range', 'character varying(50)', false),
    ('companies', 'employee_count_min', 'integer', false),
    ('companies', 'employee_count_max', 'integer', false),
    ('companies', 'headquarters_location', 'character varying(255)', false),
    ('companies', 'founded_year', 'integer', false),
    ('companies', 'company_type', 'character varying(50)', false),
    ('companies', 'company_url', 'character varying(500)', false),
    ('companies', 'linkedin_url', 'character varying(500)', false),
    ('companies', 'glassdoor_url', 'character varying(500)', false),
    ('companies', 'company_description', 'text', false),
    ('companies', 'strategic_mission', 'text', false),
    ('companies', 'strategic_values', 'text', false),
    ('companies', 'recent_news', 'text', false),
    ('companies', 'created_at', 'timestamp with time zone', false),
    ('jobs', 'id', 'uuid', true),
    ('jobs', 'company_id', 'uuid', false),
    ('jobs', 'job_title', 'character varying(255)', true),
    ('jobs', 'job_description', 'text', false),
    ('jobs', 'job_number', 'character varying(100)', false),
    ('jobs', 'department', 'character varying(100)', false),
    ('jobs', 'industry', 'character varying(100)', false),
    ('jobs', 'sub_industry', 'character varying(100)', false),
    ('jobs', 'job_function', 'character varying(100)', false),
    ('jobs', 'office_address', 'text', false),
    ('jobs', 'office_city', 'character varying(100)', false),
    ('jobs', 'office_province', 'character varying(100)', false),
    ('jobs', 'office_country', 'character varying(100)', false),
    ('jobs', 'salary_low', 'integer', false),
    ('jobs', 'salary_high', 'integer', false),
    ('jobs', 'salary_period', 'character varying(20)', false),
    ('jobs', 'salary_mentioned', 'boolean', false),
    ('jobs', 'compensation_currency', 'character varying(10)', false),
    ('jobs', 'equity_stock_options', 'boolean', false),
    ('jobs', 'commission_or_performance_incentive', 'text', false),
    ('jobs', 'est_total_compensation', 'text', false),
    ('jobs', 'budget_size_category', 'character varying(20)', false),
    ('jobs', 'company_size_category', 'character varying(20)', false),
    ('jobs', 'remote_options', 'character varying(50)', false),
    ('jobs', 'job_type', 'character varying(50)', false),
    ('jobs', 'seniority_level', 'character varying(50)', false),
    ('jobs', 'is_supervisor', 'boolean', false),
    ('jobs', 'supervision_count', 'integer', false),
    ('jobs', 'working_hours_per_week', 'integer', false),
    ('jobs', 'work_schedule', 'text', false),
    ('jobs', 'specific_schedule', 'text', false),
    ('jobs', 'travel_requirements', 'text', false),
    ('jobs', 'in_office_requirements', 'character varying(50)', false),
    ('jobs', 'education_requirements', 'text', false),
    ('jobs', 'special_instructions', 'text', false),
    ('jobs', 'application_method', 'character varying(50)', false),
    ('jobs', 'application_email', 'character varying(255)', false),
    ('jobs', 'application_deadline', 'date', false),
    ('jobs', 'application_status', 'character varying(50)', false),
    ('jobs', 'last_application_attempt', 'timestamp with time zone', false),
    ('jobs', 'posted_date', 'date', false),
    ('jobs', 'primary_source_url', 'character varying(500)', false),
    ('jobs', 'is_active', 'boolean', false),
    ('jobs', 'eligibility_flag', 'boolean', false),
    ('jobs', 'analysis_completed', 'boolean', false),
    ('jobs', 'title_matches_role', 'boolean', false),
    ('jobs', 'mismatch_explanation', 'text', false),
    ('jobs', 'is_authentic', 'boolean', false),
    ('jobs', 'authenticity_reasoning', 'text', false),
    ('jobs', 'overall_red_flag_reasoning', 'text', false),
    ('jobs', 'estimated_stress_level', 'integer', false),
    ('jobs', 'stress_reasoning', 'text', false),
    ('jobs', 'prestige_factor', 'integer', false),
    ('jobs', 'prestige_reasoning', 'text', false),
    ('jobs', 'consolidation_confidence', 'double precision', false),
    ('jobs', 'cover_letter_pain_point', 'text', false),
    ('jobs', 'cover_letter_evidence', 'text', false),
    ('jobs', 'cover_letter_solution_angle', 'text', false),
    ('jobs', 'created_at', 'timestamp with time zone', false),
    ('job_applications', 'id', 'uuid', true),
    ('job_applications', 'job_id', 'uuid', false),
    ('job_applications', 'application_date', 'timestamp with time zone', false),
    ('job_applications', 'application_method', 'character varying(50)', false),
    ('job_applications', 'application_status', 'character varying(50)', false),
    ('job_applications', 'email_sent_to', 'character varying(255)', false),
    ('job_applications', 'documents_sent', 'text[]', false),
    ('job_applications', 'tracking_data', 'jsonb', false),
    ('job_applications', 'first_response_received_at', 'timestamp with time zone', false),
    ('job_applications', 'last_response_received_at', 'timestamp with time zone', false),
    ('job_applications', 'response_type', 'character varying(50)', false),
    ('job_applications', 'notes', 'text', false),
    ('job_applications', 'tone_jump_score', 'double precision', false),
    ('job_applications', 'tone_coherence_score', 'double precision', false),
    ('job_applications', 'total_tone_travel', 'double precision', false),
    ('job_applications', 'created_at', 'timestamp with time zone', false)
), found AS (
  SELECT e.*, a.attname, a.attnotnull,
         -- An application's own tables have times without zone: they serve as well.
         replace(format_type(a.atttypid, a.atttypmod), 'without', 'with') AS found_type
  FROM expected e
  LEFT JOIN pg_attribute a
    ON a.attrelid = to_regclass(format('%I.%I', current_schema(), e.tab))
   AND a.attname = e.col AND NOT a.attisdropped
)
SELECT count(*) = 0,
       string_agg(format('column %s.%s is %s, expected %s%s', tab, col,
                         coalesce(found_type || CASE WHEN attnotnull THEN ' not null' ELSE '' END,
                                  'missing'),
                         type, CASE WHEN required THEN ' not null' ELSE '' END), '; ')
FROM found
WHERE attname IS NULL OR found_type <> type OR (required AND NOT attnotnull);

-- Foreign keys by their columns and target: another one of the right name is not good enough.
WITH expected (tab, col, target) AS (
  VALUES
    ('jobs', 'company_id', 'companies'),
    ('job_applications', 'job_id', 'jobs')
)
SELECT EXISTS (
         SELECT
         FROM pg_constraint c
         JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
         WHERE c.contype = 'f' AND c.convalidated AND cardinality(c.conkey) = 1
           AND c.conrelid = to_regclass(format('%I.%I', current_schema(), e.tab))
           AND c.confrelid = to_regclass(format('%I.%I', current_schema(), e.target))
           AND a.attname = e.col),
       format('a valid foreign key %s.%s to %s', tab, col, target)
FROM expected e;

WITH expected (name, definition) AS (
  VALUES
    ('jobs_estimated_stress_level_check',
     'CHECK (((estimated_stress_level >= 1) AND (estimated_stress_level <= 10)))'),
    ('jobs_prestige_factor_check',
     'CHECK (((prestige_factor >= 1) AND (prestige_factor <= 10)))')
)
SELECT EXISTS (
         SELECT
         FROM pg_constraint c
         WHERE c.conrelid = to_regclass(format('%I.jobs', current_schema()))
           AND c.convalidated AND pg_get_constraintdef(c.oid) = e.definition),
       format('jobs has %s: %s', name, definition)
FROM expected e;
