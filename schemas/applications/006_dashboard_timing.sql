-- The check of the promise: the dashboard's queries as they were, with indexes only, and as they
-- are now. SELECT * FROM time_dashboard_queries();

-- migrate:up
CREATE TABLE IF NOT EXISTS dashboard_timings (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  measured_at  timestamptz NOT NULL DEFAULT now(),
  query        text NOT NULL,
  applications bigint NOT NULL,
  before_ms    numeric(12,3) NOT NULL,
  indexed_ms   numeric(12,3) NOT NULL,
  after_ms     numeric(12,3) NOT NULL
);

COMMENT ON COLUMN dashboard_timings.before_ms IS 'join of the tables, no index used';
COMMENT ON COLUMN dashboard_timings.indexed_ms IS 'the same join with the indexes';
COMMENT ON COLUMN dashboard_timings.after_ms IS 'the summary view or the metrics table';

-- Planning and execution as EXPLAIN ANALYZE measures them: the median of some rounds after a
-- warm-up, without what the client takes.
CREATE OR REPLACE FUNCTION median_query_ms(query text, rounds integer, with_indexes boolean)
RETURNS numeric
LANGUAGE plpgsql
SET search_path FROM CURRENT
-- Restored when the function ends, however it ends.
SET enable_indexscan FROM CURRENT
SET enable_indexonlyscan FROM CURRENT
SET enable_bitmapscan FROM CURRENT
AS $function$
DECLARE
  plan  jsonb;
  times numeric[] := '{}';
BEGIN
  PERFORM set_config('enable_indexscan', with_indexes::text, true),
          set_config('enable_indexonlyscan', with_indexes::text, true),
          set_config('enable_bitmapscan', with_indexes::text, true);
  FOR i IN 0 .. greatest(rounds, 1) LOOP
    EXECUTE 'EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ' || query INTO plan;
    IF i > 0 THEN
      times := times || (plan #>> '{0,Planning Time}')::numeric
                        + (plan #>> '{0,Execution Time}')::numeric;
    END IF;
  END LOOP;
  RETURN (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY t) FROM unnest(times) AS t);
END
$function$;

CREATE OR REPLACE FUNCTION time_dashboard_queries(rounds integer DEFAULT 5)
RETURNS TABLE (query text, applications bigint, before_ms numeric, indexed_ms numeric,
               after_ms numeric, factor numeric, faster_percent numeric)
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
DECLARE
  newest      constant text := '(SELECT max(created_at) FROM job_applications)';
  pair        record;
  all_before  numeric := 0;
  all_indexed numeric := 0;
  all_after   numeric := 0;
BEGIN
  SELECT count(*) INTO applications FROM job_applications;
  FOR pair IN
    SELECT *
    FROM (VALUES
      ('recent applications',
       'SELECT ja.*, j.job_title, c.name FROM job_applications ja '
       'LEFT JOIN jobs j ON ja.job_id = j.id LEFT JOIN companies c ON j.company_id = c.id '
       'ORDER BY ja.created_at DESC LIMIT 20',
       'SELECT * FROM application_summary_mv ORDER BY created_at DESC LIMIT 20'),
      ('company statistics',
       'SELECT c.name, count(*), count(*) FILTER (WHERE ja.application_status = ''sent'') '
       'FROM job_applications ja '
       'LEFT JOIN jobs j ON ja.job_id = j.id LEFT JOIN companies c ON j.company_id = c.id '
       'GROUP BY c.name ORDER BY 2 DESC LIMIT 20',
       'SELECT company_name, count(*), count(*) FILTER (WHERE application_status = ''sent'') '
       'FROM application_summary_mv GROUP BY company_name ORDER BY 2 DESC LIMIT 20'),
      ('status distribution',
       'SELECT ja.application_status, count(*) FROM job_applications ja '
       'LEFT JOIN jobs j ON ja.job_id = j.id LEFT JOIN companies c ON j.company_id = c.id '
       'GROUP BY ja.application_status',
       'SELECT application_status, count(*) FROM application_summary_mv '
       'GROUP BY application_status'),
      ('last seven days',
       'SELECT date_trunc(''day'', ja.created_at, ''UTC''), count(*), '
       'count(*) FILTER (WHERE ja.application_status = ''sent'') FROM job_applications ja '
       'WHERE ja.created_at >= ' || newest || ' - interval ''7 days'' GROUP BY 1',
       'SELECT metric_date, applications_sent_count, applications_success_count '
       'FROM dashboard_metrics_daily '
       'WHERE metric_date >= (SELECT max(metric_date) FROM dashboard_metrics_daily) - 7')
    ) AS q (title, old_way, new_way)
  LOOP
    query := pair.title;
    before_ms := round(median_query_ms(pair.old_way, rounds, false), 3);
    indexed_ms := round(median_query_ms(pair.old_way, rounds, true), 3);
    after_ms := round(median_query_ms(pair.new_way, rounds, true), 3);
    INSERT INTO dashboard_timings (query, applications, before_ms, indexed_ms, after_ms)
    VALUES (query, applications, before_ms, indexed_ms, after_ms);
    all_before := all_before + before_ms;
    all_indexed := all_indexed + indexed_ms;
    all_after := all_after + after_ms;
    factor := round(before_ms / nullif(after_ms, 0), 1);
    faster_percent := round(100 * (1 - after_ms / nullif(before_ms, 0)), 2);
    RETURN NEXT;
  END LOOP;
  query := 'all of them';
  before_ms := all_before;
  indexed_ms := all_indexed;
  after_ms := all_after;
  factor := round(before_ms / nullif(after_ms, 0), 1);
  faster_percent := round(100 * (1 - after_ms / nullif(before_ms, 0)), 2);
  RETURN NEXT;
END
$function$;

-- migrate:down
DROP FUNCTION IF EXISTS time_dashboard_queries(integer);
DROP FUNCTION IF EXISTS median_query_ms(text, integer, boolean);
DROP TABLE IF EXISTS dashboard_timings;

-- migrate:verify
-- One round, rolled back: the queries name columns that exist.
SELECT count(*) = 5 AND bool_and(before_ms > 0 AND after_ms > 0), 'time_dashboard_queries() measures four queries and their sum'
FROM time_dashboard_queries(1);
