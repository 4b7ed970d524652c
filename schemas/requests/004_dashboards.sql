-- The two views of the dashboards, and the hourly metrics, which nothing ever filled in the original.

-- migrate:up
CREATE VIEW active_requests_dashboard AS
SELECT r.id, r.correlation_id, r.student_id,
       u.first_name || ' ' || u.last_name AS student_name,
       r.topic, r.status, r.current_stage, r.progress_percentage, r.created_at, r.started_at,
       extract(epoch FROM now() - r.created_at)::bigint AS elapsed_seconds,
       r.retry_count, r.error_message, r.error_stage,
       coalesce(s.stages, '[]') AS stages
FROM content_requests r
LEFT JOIN users u ON u.user_id = r.student_id
LEFT JOIN LATERAL (
  SELECT jsonb_agg(jsonb_build_object('stage_name', stage_name, 'status', status,
                                      'duration_seconds', duration_seconds,
                                      'error_message', error_message)
                   ORDER BY stage_order, stage_name) AS stages
  FROM request_stages
  WHERE request_id = r.id
) AS s ON true
WHERE r.status NOT IN ('completed', 'failed', 'cancelled') AND r.deleted_at IS NULL
ORDER BY r.created_at DESC;

COMMENT ON VIEW active_requests_dashboard IS 'requests on their way, newest first, with their stages';

CREATE VIEW request_metrics_summary AS
SELECT date_trunc('hour', created_at) AS hour,
       count(*) AS total_requests,
       count(*) FILTER (WHERE status = 'completed') AS successful,
       count(*) FILTER (WHERE status = 'failed') AS failed,
       count(*) FILTER (WHERE status = 'cancelled') AS cancelled,
       count(*) FILTER (WHERE status NOT IN ('completed', 'failed', 'cancelled')) AS in_progress,
       round(avg(total_duration_seconds) FILTER (WHERE status = 'completed'), 2) AS avg_duration,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY total_duration_seconds)
         FILTER (WHERE status = 'completed') AS p95_duration,
       count(*) FILTER (WHERE retry_count > 0) AS retried_requests
FROM content_requests
WHERE created_at >= now() - interval '24 hours' AND deleted_at IS NULL
GROUP BY 1
ORDER BY 1 DESC;

COMMENT ON VIEW request_metrics_summary IS
  'the last 24 hours by the hour of created_at, newest first; durations are those of completed requests';

CREATE FUNCTION aggregate_request_metrics(from_time timestamptz, to_time timestamptz) RETURNS bigint
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
DECLARE
  first_hour timestamptz := date_trunc('hour', from_time, 'UTC');
  changed    bigint;
BEGIN
  -- Hours that lost all their requests.
  DELETE FROM request_metrics m
  WHERE m.time_bucket >= first_hour AND m.time_bucket < to_time
    AND NOT EXISTS (
      SELECT FROM content_requests r
      WHERE r.created_at >= m.time_bucket AND r.created_at < m.time_bucket + interval '1 hour'
        AND r.organization_id IS NOT DISTINCT FROM m.organization_id AND r.deleted_at IS NULL);

  INSERT INTO request_metrics AS m
    (time_bucket, organization_id, total_requests, successful_requests, failed_requests,
     cancelled_requests, avg_total_duration, avg_validation_duration, avg_rag_duration,
     avg_script_duration, avg_video_duration, validation_errors, rag_errors, script_errors,
     video_errors, upload_errors, circuit_breaker_open_count)
  SELECT date_trunc('hour', r.created_at, 'UTC'), r.organization_id,
         count(*),
         count(*) FILTER (WHERE r.status = 'completed'),
         count(*) FILTER (WHERE r.status = 'failed'),
         count(*) FILTER (WHERE r.status = 'cancelled'),
         avg(r.total_duration_seconds) FILTER (WHERE r.status = 'completed'),
         avg(s.validation), avg(s.rag), avg(s.script), avg(s.video),
         coalesce(sum(s.validation_errors), 0), coalesce(sum(s.rag_errors), 0),
         coalesce(sum(s.script_errors), 0), coalesce(sum(s.video_errors), 0),
         coalesce(sum(s.upload_errors), 0), coalesce(sum(e.opened), 0)
  FROM content_requests r
  -- At most one stage of each name per request.
  LEFT JOIN LATERAL (
    SELECT avg(duration_seconds) FILTER (WHERE stage_name = 'validation') AS validation,
           avg(duration_seconds) FILTER (WHERE stage_name = 'rag_retrieval') AS rag,
           avg(duration_seconds) FILTER (WHERE stage_name = 'script_generation') AS script,
           avg(duration_seconds) FILTER (WHERE stage_name = 'video_generation') AS video,
           count(*) FILTER (WHERE stage_name = 'validation' AND status = 'failed') AS validation_errors,
           count(*) FILTER (WHERE stage_name = 'rag_retrieval' AND status = 'failed') AS rag_errors,
           count(*) FILTER (WHERE stage_name = 'script_generation' AND status = 'failed') AS script_errors,
           count(*) FILTER (WHERE stage_name = 'video_generation' AND status = 'failed') AS video_errors,
           count(*) FILTER (WHERE stage_name = 'video_processing' AND status = 'failed') AS upload_errors
    FROM request_stages
    WHERE request_id = r.id
  ) AS s ON true
  LEFT JOIN LATERAL (
    SELECT count(*) AS opened
    FROM request_events
    WHERE request_id = r.id AND event_type = 'circuit_breaker_open'
  ) AS e ON true
  WHERE r.created_at >= first_hour
    AND r.created_at < date_trunc('hour', to_time - interval '1 microsecond', 'UTC') + interval '1 hour'
    AND r.deleted_at IS NULL
  GROUP BY 1, 2
  ON CONFLICT ON CONSTRAINT unique_metrics_bucket DO UPDATE
  SET total_requests = excluded.total_requests,
      successful_requests = excluded.successful_requests,
      failed_requests = excluded.failed_requests,
      cancelled_requests = excluded.cancelled_requests,
      avg_total_duration = excluded.avg_total_duration,
      avg_validation_duration = excluded.avg_validation_duration,
      avg_rag_duration = excluded.avg_rag_duration,
      avg_script_duration = excluded.avg_script_duration,
      avg_video_duration = excluded.avg_video_duration,
      validation_errors = excluded.validation_errors,
      rag_errors = excluded.rag_errors,
      script_errors = excluded.script_errors,
      video_errors = excluded.video_errors,
      upload_errors = excluded.upload_errors,
      circuit_breaker_open_count = excluded.circuit_breaker_open_count,
      updated_at = now()
  WHERE (m.total_requests, m.successful_requests, m.failed_requests, m.cancelled_requests,
         m.avg_total_duration, m.avg_validation_duration, m.avg_rag_duration, m.avg_script_duration,
         m.avg_video_duration, m.validation_errors, m.rag_errors, m.script_errors, m.video_errors,
         m.upload_errors, m.circuit_breaker_open_count)
        IS DISTINCT FROM
        (excluded.total_requests, excluded.successful_requests, excluded.failed_requests,
         excluded.cancelled_requests, excluded.avg_total_duration, excluded.avg_validation_duration,
         excluded.avg_rag_duration, excluded.avg_script_duration, excluded.avg_video_duration,
         excluded.validation_errors, excluded.rag_errors, excluded.script_errors,
         excluded.video_errors, excluded.upload_errors, excluded.circuit_breaker_open_count);
  GET DIAGNOSTICS changed = ROW_COUNT;
  RETURN changed;
END
$function$;

COMMENT ON FUNCTION aggregate_request_metrics(timestamptz, timestamptz) IS
  'recomputes request_metrics for every hour that [from, to) touches; returns how many rows changed';

-- Called by arango2pg after a load. Metrics are of no collection: they follow from the requests.
CREATE FUNCTION arango2pg_finalise(run_id bigint) RETURNS void
LANGUAGE sql
SET search_path FROM CURRENT
AS $function$
  SELECT aggregate_request_metrics(min(created_at), max(created_at) + interval '1 hour')
  FROM content_requests
$function$;

-- migrate:down
DROP FUNCTION arango2pg_finalise(bigint);
DROP FUNCTION aggregate_request_metrics(timestamptz, timestamptz);
DROP VIEW request_metrics_summary;
DROP VIEW active_requests_dashboard;

-- migrate:verify
SELECT coalesce(p.columns = e.columns, false),
       format('columns of view %s: %s, expected %s', e.name, coalesce(p.columns, 'missing'), e.columns)
FROM (VALUES
  ('active_requests_dashboard',
   'id uuid, correlation_id character varying(64), student_id character varying(100), student_name text, '
   'topic character varying(500), status content_request_status, current_stage character varying(100), '
   'progress_percentage integer, created_at timestamp with time zone, started_at timestamp with time zone, '
   'elapsed_seconds bigint, retry_count integer, error_message text, error_stage character varying(100), '
   'stages jsonb'),
  ('request_metrics_summary',
   'hour timestamp with time zone, total_requests bigint, successful bigint, failed bigint, '
   'cancelled bigint, in_progress bigint, avg_duration numeric, p95_duration double precision, '
   'retried_requests bigint')
) AS e (name, columns)
LEFT JOIN LATERAL (
  SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) AS columns
  FROM pg_attribute
  WHERE attrelid = (SELECT oid FROM pg_class WHERE oid = to_regclass(e.name) AND relkind = 'v')
    AND attnum > 0
) AS p ON true;

SELECT coalesce(pg_get_function_result(to_regprocedure(e.name)) = e.result, false),
       format('function %s returns %s, expected %s', e.name,
              coalesce(pg_get_function_result(to_regprocedure(e.name)), 'nothing: it is missing'),
              e.result)
FROM (VALUES
  ('aggregate_request_metrics(timestamptz, timestamptz)', 'bigint'),
  ('arango2pg_finalise(bigint)', 'void')
) AS e (name, result);
