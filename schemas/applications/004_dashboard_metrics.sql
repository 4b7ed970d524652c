-- Metrics per hour and per day, computed from the three tables. Columns about scraping and AI have
-- no source among them: whoever knows those values writes them, and computing never touches them.

-- migrate:up
CREATE TABLE IF NOT EXISTS dashboard_metrics_hourly (
  id                          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  metric_hour                 timestamptz NOT NULL UNIQUE,
  jobs_scraped_count          integer DEFAULT 0,
  jobs_cleaned_count          integer DEFAULT 0,
  jobs_deduplicated_count     integer DEFAULT 0,
  scraping_errors_count       integer DEFAULT 0,
  scraping_avg_duration_ms    integer DEFAULT 0,
  jobs_analyzed_count         integer DEFAULT 0,
  ai_requests_sent            integer DEFAULT 0,
  ai_tokens_input             integer DEFAULT 0,
  ai_tokens_output            integer DEFAULT 0,
  ai_cost_incurred            numeric(10,4) DEFAULT 0,
  ai_avg_duration_ms          integer DEFAULT 0,
  applications_sent_count     integer DEFAULT 0,
  applications_success_count  integer DEFAULT 0,
  applications_failed_count   integer DEFAULT 0,
  documents_generated_count   integer DEFAULT 0,
  application_avg_duration_ms integer DEFAULT 0,
  pipeline_conversion_rate    numeric(12,2) DEFAULT 0,
  pipeline_bottleneck         varchar(50),
  created_at                  timestamptz DEFAULT now(),
  updated_at                  timestamptz DEFAULT now()
);

CREATE TABLE IF NOT EXISTS dashboard_metrics_daily (
  id                          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  metric_date                 date NOT NULL UNIQUE,
  jobs_scraped_count          integer DEFAULT 0,
  jobs_cleaned_count          integer DEFAULT 0,
  jobs_deduplicated_count     integer DEFAULT 0,
  scraping_errors_count       integer DEFAULT 0,
  scraping_avg_duration_ms    integer DEFAULT 0,
  scraping_peak_hour          integer,
  jobs_analyzed_count         integer DEFAULT 0,
  ai_requests_sent            integer DEFAULT 0,
  ai_tokens_input             integer DEFAULT 0,
  ai_tokens_output            integer DEFAULT 0,
  ai_cost_incurred            numeric(10,4) DEFAULT 0,
  ai_avg_duration_ms          integer DEFAULT 0,
  ai_model_used               varchar(100),
  applications_sent_count     integer DEFAULT 0,
  applications_success_count  integer DEFAULT 0,
  applications_failed_count   integer DEFAULT 0,
  documents_generated_count   integer DEFAULT 0,
  application_avg_duration_ms integer DEFAULT 0,
  success_rate                numeric(5,2) DEFAULT 0,
  pipeline_conversion_rate    numeric(12,2) DEFAULT 0,
  pipeline_bottleneck         varchar(50),
  total_pipeline_jobs         integer DEFAULT 0,
  -- From 1 job to 12 is a trend of 1,100 %: numeric(5,2) would refuse the whole day.
  jobs_trend_pct              numeric(12,2) DEFAULT 0,
  applications_trend_pct      numeric(12,2) DEFAULT 0,
  created_at                  timestamptz DEFAULT now(),
  updated_at                  timestamptz DEFAULT now(),
  CONSTRAINT dashboard_metrics_daily_scraping_peak_hour_check
    CHECK (scraping_peak_hour BETWEEN 0 AND 23)
);

COMMENT ON TABLE dashboard_metrics_daily IS 'a day without a row had no activity, or was never computed: see backfill_daily_metrics';
COMMENT ON TABLE dashboard_metrics_hourly IS 'an hour without a row had no activity, or was never computed: see backfill_hourly_metrics';
COMMENT ON COLUMN dashboard_metrics_daily.jobs_cleaned_count IS 'jobs whose analysis is completed, as jobs_analyzed_count';
COMMENT ON COLUMN dashboard_metrics_daily.pipeline_conversion_rate IS 'applications of the day by jobs of the day, in percent';
COMMENT ON COLUMN dashboard_metrics_daily.total_pipeline_jobs IS 'jobs until the end of the day';

CREATE INDEX IF NOT EXISTS idx_metrics_hourly_hour ON dashboard_metrics_hourly (metric_hour DESC);
CREATE INDEX IF NOT EXISTS idx_metrics_hourly_created ON dashboard_metrics_hourly (created_at DESC);
CREATE INDEX IF NOT EXISTS idx_metrics_daily_date ON dashboard_metrics_daily (metric_date DESC);
CREATE INDEX IF NOT EXISTS idx_metrics_daily_created ON dashboard_metrics_daily (created_at DESC);

-- What happened in [since, until), by hour or day of a time zone. NULL = without bound.
CREATE OR REPLACE FUNCTION dashboard_activity(unit text, zone text,
                                              since timestamptz, until timestamptz)
RETURNS TABLE (bucket timestamptz, jobs bigint, analyzed bigint, applications bigint,
               succeeded bigint, failed bigint, documents bigint)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $function$
  WITH job_counts AS (
    SELECT date_trunc(unit, j.created_at, zone) AS bucket,
           count(*) AS jobs,
           count(*) FILTER (WHERE j.analysis_completed) AS analyzed
    FROM jobs j
    WHERE j.deleted_at IS NULL
      AND j.created_at >= coalesce(since, '-infinity') AND j.created_at < coalesce(until, 'infinity')
      AND isfinite(j.created_at)
    GROUP BY 1
  ), application_counts AS (
    SELECT date_trunc(unit, a.created_at, zone) AS bucket,
           count(*) AS applications,
           count(*) FILTER (WHERE a.application_status = 'sent') AS succeeded,
           count(*) FILTER (WHERE a.application_status = 'failed') AS failed,
           coalesce(sum(cardinality(a.documents_sent)), 0)::bigint AS documents
    FROM job_applications a
    WHERE a.deleted_at IS NULL
      AND a.created_at >= coalesce(since, '-infinity') AND a.created_at < coalesce(until, 'infinity')
      AND isfinite(a.created_at)
    GROUP BY 1
  )
  SELECT bucket, coalesce(j.jobs, 0), coalesce(j.analyzed, 0), coalesce(a.applications, 0),
         coalesce(a.succeeded, 0), coalesce(a.failed, 0), coalesce(a.documents, 0)
  FROM job_counts j
  FULL JOIN application_counts a USING (bucket)
$function$;

-- 12 of 80 = 15.00; of nothing = 0.
CREATE OR REPLACE FUNCTION dashboard_percent(part bigint, whole bigint) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $function$
  SELECT CASE WHEN whole = 0 THEN 0 ELSE round(100.0 * part / whole, 2) END
$function$;

-- Hours of [since, until), NULL = all there are. `every`: also those without activity; otherwise
-- only hours with some, and rows that are there already.
CREATE OR REPLACE FUNCTION fill_hourly_metrics(since timestamptz, until timestamptz, zone text,
                                               every boolean)
RETURNS bigint
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
DECLARE
  written bigint;
BEGIN
  WITH activity AS (
    SELECT * FROM dashboard_activity('hour', zone, since, until)
  ), hours AS (
    SELECT bucket FROM activity
    UNION
    SELECT metric_hour FROM dashboard_metrics_hourly
    WHERE metric_hour >= coalesce(since, '-infinity') AND metric_hour < coalesce(until, 'infinity')
    UNION
    SELECT generate_series(since, until - interval '1 microsecond', interval '1 hour')
    WHERE every
  )
  INSERT INTO dashboard_metrics_hourly AS m
    (metric_hour, jobs_scraped_count, jobs_cleaned_count, jobs_analyzed_count,
     applications_sent_count, applications_success_count, applications_failed_count,
     documents_generated_count, pipeline_conversion_rate)
  SELECT h.bucket, coalesce(a.jobs, 0), coalesce(a.analyzed, 0), coalesce(a.analyzed, 0),
         coalesce(a.applications, 0), coalesce(a.succeeded, 0), coalesce(a.failed, 0),
         coalesce(a.documents, 0),
         dashboard_percent(coalesce(a.applications, 0), coalesce(a.jobs, 0))
  FROM hours h
  LEFT JOIN activity a USING (bucket)
  ON CONFLICT (metric_hour) DO UPDATE
  SET jobs_scraped_count = excluded.jobs_scraped_count,
      jobs_cleaned_count = excluded.jobs_cleaned_count,
      jobs_analyzed_count = excluded.jobs_analyzed_count,
      applications_sent_count = excluded.applications_sent_count,
      applications_success_count = excluded.applications_success_count,
      applications_failed_count = excluded.applications_failed_count,
      documents_generated_count = excluded.documents_generated_count,
      pipeline_conversion_rate = excluded.pipeline_conversion_rate,
      updated_at = now();
  GET DIAGNOSTICS written = ROW_COUNT;
  RETURN written;
END
$function$;

-- Days from first to last, both included; otherwise as fill_hourly_metrics.
CREATE OR REPLACE FUNCTION fill_daily_metrics(first_day date, last_day date, zone text,
                                              every boolean)
RETURNS bigint
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
DECLARE
  since   timestamptz := first_day::timestamp AT TIME ZONE zone;
  until   timestamptz := (last_day + 1)::timestamp AT TIME ZONE zone;
  written bigint;
BEGIN
  WITH activity AS (
    -- The day before the first is looked at for the trend.
    SELECT (bucket AT TIME ZONE zone)::date AS day, a.*
    FROM dashboard_activity('day', zone, (first_day - 1)::timestamp AT TIME ZONE zone, until) a
  ), days AS (
    SELECT day FROM activity WHERE first_day IS NULL OR day >= first_day
    UNION
    SELECT metric_date FROM dashboard_metrics_daily
    WHERE metric_date >= coalesce(first_day, '-infinity')
      AND metric_date <= coalesce(last_day, 'infinity')
    UNION
    SELECT generate_series(first_day::timestamp, last_day::timestamp, interval '1 day')::date
    WHERE every
  ), counted AS (
    SELECT d.day,
           coalesce(a.jobs, 0) AS jobs, coalesce(a.analyzed, 0) AS analyzed,
           coalesce(a.applications, 0) AS applications, coalesce(a.succeeded, 0) AS succeeded,
           coalesce(a.failed, 0) AS failed, coalesce(a.documents, 0) AS documents,
           coalesce(before.jobs, 0) AS jobs_before,
           coalesce(before.applications, 0) AS applications_before,
           sum(coalesce(a.jobs, 0)) OVER (ORDER BY d.day) AS jobs_so_far
    FROM days d
    LEFT JOIN activity a ON a.day = d.day
    LEFT JOIN activity before ON before.day = d.day - 1
  ), earlier AS (
    SELECT count(*) AS jobs FROM jobs j WHERE j.deleted_at IS NULL AND j.created_at < since
  )
  INSERT INTO dashboard_metrics_daily AS m
    (metric_date, jobs_scraped_count, jobs_cleaned_count, jobs_analyzed_count,
     applications_sent_count, applications_success_count, applications_failed_count,
     documents_generated_count, success_rate, pipeline_conversion_rate, total_pipeline_jobs,
     jobs_trend_pct, applications_trend_pct)
  SELECT c.day, c.jobs, c.analyzed, c.analyzed, c.applications, c.succeeded, c.failed, c.documents,
         dashboard_percent(c.succeeded, c.applications),
         dashboard_percent(c.applications, c.jobs),
         earlier.jobs + c.jobs_so_far,
         dashboard_percent(c.jobs - c.jobs_before, c.jobs_before),
         dashboard_percent(c.applications - c.applications_before, c.applications_before)
  FROM counted c
  CROSS JOIN earlier
  ON CONFLICT (metric_date) DO UPDATE
  SET jobs_scraped_count = excluded.jobs_scraped_count,
      jobs_cleaned_count = excluded.jobs_cleaned_count,
      jobs_analyzed_count = excluded.jobs_analyzed_count,
      applications_sent_count = excluded.applications_sent_count,
      applications_success_count = excluded.applications_success_count,
      applications_failed_count = excluded.applications_failed_count,
      documents_generated_count = excluded.documents_generated_count,
      success_rate = excluded.success_rate,
      pipeline_conversion_rate = excluded.pipeline_conversion_rate,
      total_pipeline_jobs = excluded.total_pipeline_jobs,
      jobs_trend_pct = excluded.jobs_trend_pct,
      applications_trend_pct = excluded.applications_trend_pct,
      updated_at = now();
  GET DIAGNOSTICS written = ROW_COUNT;
  RETURN written;
END
$function$;

-- The hours in [start_hour, end_hour). Returns how many rows were written.
CREATE OR REPLACE FUNCTION backfill_hourly_metrics(start_hour timestamptz, end_hour timestamptz,
                                                   zone text DEFAULT 'UTC')
RETURNS bigint
LANGUAGE sql
SET search_path FROM CURRENT
AS $function$
  SELECT CASE WHEN start_hour < end_hour
              THEN fill_hourly_metrics(date_trunc('hour', start_hour, zone), end_hour, zone, true)
              ELSE 0 END
$function$;

-- The days from start_date to end_date, both included. Returns how many rows were written.
CREATE OR REPLACE FUNCTION backfill_daily_metrics(start_date date, end_date date,
                                                  zone text DEFAULT 'UTC')
RETURNS bigint
LANGUAGE sql
SET search_path FROM CURRENT
AS $function$
  SELECT CASE WHEN start_date <= end_date
              THEN fill_daily_metrics(start_date, end_date, zone, true)
              ELSE 0 END
$function$;

-- For callers with CURRENT_DATE - INTERVAL '30 days' or now(): the date that they show.
CREATE OR REPLACE FUNCTION backfill_daily_metrics(start_time timestamptz, end_time timestamptz,
                                                  zone text DEFAULT 'UTC')
RETURNS bigint
LANGUAGE sql
SET search_path FROM CURRENT
AS $function$
  SELECT backfill_daily_metrics(start_time::date, end_time::date, zone)
$function$;

CREATE OR REPLACE FUNCTION compute_hourly_metrics(target_hour timestamptz, zone text DEFAULT 'UTC')
RETURNS void
LANGUAGE sql
SET search_path FROM CURRENT
AS $function$
  SELECT fill_hourly_metrics(date_trunc('hour', target_hour, zone),
                             date_trunc('hour', target_hour, zone) + interval '1 hour', zone, true)
$function$;

CREATE OR REPLACE FUNCTION compute_daily_metrics(target_date date, zone text DEFAULT 'UTC')
RETURNS void
LANGUAGE sql
SET search_path FROM CURRENT
AS $function$
  SELECT fill_daily_metrics(target_date, target_date, zone, true)
$function$;

CREATE OR REPLACE FUNCTION compute_daily_metrics(target_time timestamptz, zone text DEFAULT 'UTC')
RETURNS void
LANGUAGE sql
SET search_path FROM CURRENT
AS $function$
  SELECT compute_daily_metrics(target_time::date, zone)
$function$;

-- arango2pg calls it at the end of a load.
CREATE OR REPLACE FUNCTION arango2pg_finalise(run_id bigint) RETURNS void
LANGUAGE sql
SET search_path FROM CURRENT
AS $function$
  SELECT fill_hourly_metrics(NULL, NULL, 'UTC', false);
  SELECT fill_daily_metrics(NULL, NULL, 'UTC', false);
$function$;

-- Rows that were there before.
SELECT fill_hourly_metrics(NULL, NULL, 'UTC', false), fill_daily_metrics(NULL, NULL, 'UTC', false);

-- migrate:down
DROP FUNCTION IF EXISTS arango2pg_finalise(bigint);
DROP FUNCTION IF EXISTS compute_daily_metrics(timestamptz, text);
DROP FUNCTION IF EXISTS compute_daily_metrics(date, text);
DROP FUNCTION IF EXISTS compute_hourly_metrics(timestamptz, text);
DROP FUNCTION IF EXISTS backfill_daily_metrics(timestamptz, timestamptz, text);
DROP FUNCTION IF EXISTS backfill_daily_metrics(date, date, text);
DROP FUNCTION IF EXISTS backfill_hourly_metrics(timestamptz, timestamptz, text);
DROP FUNCTION IF EXISTS fill_daily_metrics(date, date, text, boolean);
DROP FUNCTION IF EXISTS fill_hourly_metrics(timestamptz, timestamptz, text, boolean);
DROP FUNCTION IF EXISTS dashboard_percent(bigint, bigint);
DROP FUNCTION IF EXISTS dashboard_activity(text, text, timestamptz, timestamptz);
DROP TABLE IF EXISTS dashboard_metrics_daily;
DROP TABLE IF EXISTS dashboard_metrics_hourly;

-- migrate:verify
WITH expected (tab, col, type) AS (
  VALUES
    ('dashboard_metrics_hourly', 'metric_hour', 'timestamp with time zone'),
    ('dashboard_metrics_daily', 'metric_date', 'date'),
    ('dashboard_metrics_daily', 'scraping_peak_hour', 'integer'),
    ('dashboard_metrics_daily', 'ai_model_used', 'character varying(100)'),
    ('dashboard_metrics_daily', 'success_rate', 'numeric(5,2)'),
    ('dashboard_metrics_daily', 'total_pipeline_jobs', 'integer'),
    ('dashboard_metrics_daily', 'jobs_trend_pct', 'numeric(12,2)'),
    ('dashboard_metrics_daily', 'applications_trend_pct', 'numeric(12,2)')
  UNION ALL
  SELECT tab, col, type
  FROM (VALUES ('dashboard_metrics_hourly'), ('dashboard_metrics_daily')) AS t (tab),
       (VALUES ('id', 'uuid'),
               ('jobs_scraped_count', 'integer'), ('jobs_cleaned_count', 'integer'),
               ('jobs_deduplicated_count', 'integer'), ('scraping_errors_count', 'integer'),
               ('scraping_avg_duration_ms', 'integer'), ('jobs_analyzed_count', 'integer'),
               ('ai_requests_sent', 'integer'), ('ai_tokens_input', 'integer'),
               ('ai_tokens_output', 'integer'), ('ai_cost_incurred', 'numeric(10,4)'),
               ('ai_avg_duration_ms', 'integer'), ('applications_sent_count', 'integer'),
               ('applications_success_count', 'integer'), ('applications_failed_count', 'integer'),
               ('documents_generated_count', 'integer'), ('application_avg_duration_ms', 'integer'),
               ('pipeline_conversion_rate', 'numeric(12,2)'),
               ('pipeline_bottleneck', 'character varying(50)'),
               ('created_at', 'timestamp with time zone'),
               ('updated_at', 'timestamp with time zone')) AS c (col, type)
)
SELECT count(*) = 0,
       string_agg(format('column %s.%s is %s, expected %s', tab, col,
                         coalesce(format_type(a.atttypid, a.atttypmod), 'missing'), type), '; ')
FROM expected e
LEFT JOIN pg_attribute a
  ON a.attrelid = to_regclass(format('%I.%I', current_schema(), e.tab))
 AND a.attname = e.col AND NOT a.attisdropped
WHERE a.attname IS NULL OR format_type(a.atttypid, a.atttypmod) <> e.type;

WITH expected (tab, definition) AS (
  VALUES
    ('dashboard_metrics_hourly', 'PRIMARY KEY (id)'),
    ('dashboard_metrics_hourly', 'UNIQUE (metric_hour)'),
    ('dashboard_metrics_daily', 'PRIMARY KEY (id)'),
    ('dashboard_metrics_daily', 'UNIQUE (metric_date)'),
    ('dashboard_metrics_daily', 'CHECK (((scraping_peak_hour >= 0) AND (scraping_peak_hour <= 23)))')
)
SELECT EXISTS (
         SELECT
         FROM pg_constraint c
         WHERE c.conrelid = to_regclass(format('%I.%I', current_schema(), e.tab))
           AND pg_get_constraintdef(c.oid) = e.definition),
       format('%s has %s', tab, definition)
FROM expected e;

WITH expected (tab, name, definition) AS (
  VALUES
    ('dashboard_metrics_hourly', 'idx_metrics_hourly_hour', 'btree (metric_hour DESC)'),
    ('dashboard_metrics_hourly', 'idx_metrics_hourly_created', 'btree (created_at DESC)'),
    ('dashboard_metrics_daily', 'idx_metrics_daily_date', 'btree (metric_date DESC)'),
    ('dashboard_metrics_daily', 'idx_metrics_daily_created', 'btree (created_at DESC)')
)
SELECT EXISTS (
         SELECT
         FROM pg_index i
         JOIN pg_class c ON c.oid = i.indexrelid
         WHERE i.indrelid = to_regclass(format('%I.%I', current_schema(), e.tab))
           AND c.relname = e.name AND i.indisvalid
           AND substring(pg_get_indexdef(i.indexrelid) FROM ' USING (.*)$') = e.definition),
       format('index %s on %s: %s', name, tab, definition)
FROM expected e;

-- The calls that the application's pages and cron lines show.
SELECT to_regprocedure(format('%I.%s', current_schema(), call)) IS NOT NULL, call
FROM (VALUES ('compute_hourly_metrics(timestamptz,text)'), ('compute_daily_metrics(date,text)'),
             ('compute_daily_metrics(timestamptz,text)'),
             ('backfill_hourly_metrics(timestamptz,timestamptz,text)'),
             ('backfill_daily_metrics(date,date,text)'),
             ('backfill_daily_metrics(timestamptz,timestamptz,text)'),
             ('arango2pg_finalise(bigint)')) AS f (call);

-- And they work (verify is rolled back: nothing stays behind).
DO $verify$
BEGIN
  PERFORM compute_hourly_metrics(date_trunc('hour', now())),
          compute_daily_metrics(CURRENT_DATE),
          compute_daily_metrics(CURRENT_DATE - INTERVAL '1 day'),
          backfill_hourly_metrics(now() - INTERVAL '1 day', now()),
          backfill_daily_metrics(CURRENT_DATE - INTERVAL '1 day', CURRENT_DATE);
END
$verify$;
