-- Progress of a request from its stages, the log of everything that happens to it, and its times.
-- All triggers stand back while arango2pg loads: rows then carry what their documents say.
--
-- Functions are bound to the schema that they were made in (SET search_path FROM CURRENT), so that
-- they work whatever the caller's search_path is.

-- migrate:up
-- A stage is done if nothing more will come of it and the request can still be completed: the failure
-- of a critical stage is not progress.
CREATE FUNCTION is_stage_done(status content_stage_status, is_critical boolean) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN status IN ('completed', 'skipped') OR status = 'failed' AND NOT coalesce(is_critical, true);

CREATE FUNCTION calculate_request_progress(req_id uuid) RETURNS integer
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $function$
  SELECT coalesce(100 * count(*) FILTER (WHERE is_stage_done(s.status, d.is_critical))
                  / nullif(count(*), 0), 0)::integer
  FROM request_stages s
  LEFT JOIN pipeline_stage_definitions d USING (stage_name)
  WHERE s.request_id = req_id
$function$;

COMMENT ON FUNCTION calculate_request_progress(uuid) IS
  'percent of the request''s stages that are done, rounded down; 0 without stages';

CREATE FUNCTION request_current_stage(req_id uuid) RETURNS varchar
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $function$
  SELECT s.stage_name
  FROM request_stages s
  LEFT JOIN pipeline_stage_definitions d USING (stage_name)
  CROSS JOIN LATERAL (SELECT is_stage_done(s.status, d.is_critical)) AS x (done)
  WHERE s.request_id = req_id
  ORDER BY s.status = 'in_progress' DESC, x.done,
           CASE WHEN x.done THEN -s.stage_order ELSE s.stage_order END
  LIMIT 1
$function$;

COMMENT ON FUNCTION request_current_stage(uuid) IS
  'the first stage in progress, else the first that is not done, else the last; null without stages';

CREATE FUNCTION refresh_request_progress(req_id uuid) RETURNS void
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
BEGIN
  -- Two workers may finish two stages at once: the second counts only after the first has committed.
  PERFORM FROM content_requests WHERE id = req_id FOR NO KEY UPDATE;
  UPDATE content_requests r
  SET progress_percentage = n.progress, current_stage = n.stage
  FROM (SELECT calculate_request_progress(req_id), request_current_stage(req_id)) AS n (progress, stage)
  WHERE r.id = req_id
    AND n.stage IS NOT NULL  -- without stages the worker's own figures stay
    AND r.status <> 'completed'
    AND (r.progress_percentage, r.current_stage) IS DISTINCT FROM (n.progress, n.stage);
END
$function$;

CREATE FUNCTION update_request_progress() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
BEGIN
  IF current_setting('arango2pg.loading', true) = 'on' THEN
    RETURN NULL;
  END IF;
  IF TG_OP <> 'INSERT' AND (TG_OP = 'DELETE' OR NEW.request_id <> OLD.request_id) THEN
    PERFORM refresh_request_progress(OLD.request_id);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    PERFORM refresh_request_progress(NEW.request_id);
  END IF;
  RETURN NULL;
END
$function$;

CREATE TRIGGER update_progress_on_stage_change
  AFTER INSERT OR UPDATE OR DELETE ON request_stages
  FOR EACH ROW EXECUTE FUNCTION update_request_progress();

-- Migrated requests keep the figures of their documents, so that the comparison with ArangoDB is
-- exact. This sets right what the original's triggers got wrong, in one statement.
CREATE FUNCTION recalculate_request_progress() RETURNS bigint
LANGUAGE sql
SET search_path FROM CURRENT
AS $function$
  WITH changed AS (
    UPDATE content_requests r
    SET progress_percentage = n.progress, current_stage = n.stage
    FROM (SELECT id, calculate_request_progress(id), request_current_stage(id)
          FROM content_requests) AS n (id, progress, stage)
    WHERE r.id = n.id AND n.stage IS NOT NULL AND r.status <> 'completed'
      AND (r.progress_percentage, r.current_stage) IS DISTINCT FROM (n.progress, n.stage)
    RETURNING 1
  )
  SELECT count(*) FROM changed
$function$;

COMMENT ON FUNCTION recalculate_request_progress() IS
  'recomputes progress and current stage of all requests that have stages; returns how many changed';

CREATE FUNCTION log_status_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
DECLARE
  level varchar := CASE NEW.status WHEN 'failed' THEN 'error' WHEN 'cancelled' THEN 'warning'
                                   ELSE 'info' END;
BEGIN
  IF current_setting('arango2pg.loading', true) = 'on' THEN
    RETURN NULL;
  END IF;
  IF TG_OP = 'INSERT' THEN
    INSERT INTO request_events (request_id, event_type, event_message, stage_name, severity, event_data)
    VALUES (NEW.id, 'created', format('Request created as %s', NEW.status), NEW.current_stage, level,
            jsonb_build_object('new_status', NEW.status, 'current_stage', NEW.current_stage));
    RETURN NULL;
  END IF;
  IF NEW.status <> OLD.status THEN
    INSERT INTO request_events (request_id, event_type, event_message, stage_name, severity, event_data)
    VALUES (NEW.id, 'status_change', format('Status changed from %s to %s', OLD.status, NEW.status),
            NEW.current_stage, level,
            jsonb_build_object('old_status', OLD.status, 'new_status', NEW.status,
                               'current_stage', NEW.current_stage));
  END IF;
  IF NEW.retry_count > OLD.retry_count THEN
    INSERT INTO request_events (request_id, event_type, event_message, stage_name, severity, event_data)
    VALUES (NEW.id, 'retry', format('Attempt %s', NEW.retry_count + 1), NEW.current_stage, 'warning',
            jsonb_build_object('retry_count', NEW.retry_count));
  END IF;
  RETURN NULL;
END
$function$;

CREATE TRIGGER log_request_status_changes
  AFTER INSERT OR UPDATE OF status, retry_count ON content_requests
  FOR EACH ROW EXECUTE FUNCTION log_status_change();

CREATE FUNCTION log_stage_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
BEGIN
  IF current_setting('arango2pg.loading', true) = 'on' OR NEW.status = 'pending' THEN
    RETURN NULL;
  END IF;
  IF TG_OP = 'UPDATE' AND NEW.status = OLD.status THEN
    RETURN NULL;
  END IF;
  INSERT INTO request_events (request_id, event_type, event_message, stage_name, severity, event_data)
  VALUES (NEW.request_id,
          'stage_' || CASE NEW.status WHEN 'in_progress' THEN 'started' ELSE NEW.status::text END,
          coalesce(CASE WHEN NEW.status = 'failed' THEN NEW.error_message END,
                   format('Stage %s is %s', NEW.stage_name, replace(NEW.status::text, '_', ' '))),
          NEW.stage_name, CASE NEW.status WHEN 'failed' THEN 'error' ELSE 'info' END,
          jsonb_build_object('status', NEW.status, 'duration_seconds', NEW.duration_seconds,
                             'retry_count', NEW.retry_count));
  RETURN NULL;
END
$function$;

CREATE TRIGGER log_request_stage_changes
  AFTER INSERT OR UPDATE OF status ON request_stages
  FOR EACH ROW EXECUTE FUNCTION log_stage_change();

-- The original left these times to each worker; what a statement says itself still counts.
CREATE FUNCTION set_request_times() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
DECLARE
  ended timestamptz;
BEGIN
  IF current_setting('arango2pg.loading', true) = 'on' THEN
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE' AND NEW.status = OLD.status THEN
    RETURN NEW;
  END IF;
  IF NEW.status NOT IN ('pending', 'cancelled') THEN
    NEW.started_at := coalesce(NEW.started_at, now());
  END IF;
  -- A second failure, after a retry, has a time of its own.
  IF NEW.status = 'completed' THEN
    IF NEW.completed_at IS NULL OR TG_OP = 'UPDATE' AND NEW.completed_at = OLD.completed_at THEN
      NEW.completed_at := now();
    END IF;
    NEW.progress_percentage := 100;
    ended := NEW.completed_at;
  ELSIF NEW.status = 'failed' THEN
    IF NEW.failed_at IS NULL OR TG_OP = 'UPDATE' AND NEW.failed_at = OLD.failed_at THEN
      NEW.failed_at := now();
    END IF;
    ended := NEW.failed_at;
  END IF;
  IF ended IS NOT NULL
     AND (NEW.total_duration_seconds IS NULL
          OR TG_OP = 'UPDATE' AND NEW.total_duration_seconds = OLD.total_duration_seconds) THEN
    NEW.total_duration_seconds := greatest(extract(epoch FROM ended - NEW.started_at), 0);
  END IF;
  RETURN NEW;
END
$function$;

CREATE TRIGGER set_request_times
  BEFORE INSERT OR UPDATE OF status ON content_requests
  FOR EACH ROW EXECUTE FUNCTION set_request_times();

-- migrate:down
DROP TRIGGER set_request_times ON content_requests;
DROP TRIGGER log_request_stage_changes ON request_stages;
DROP TRIGGER log_request_status_changes ON content_requests;
DROP TRIGGER update_progress_on_stage_change ON request_stages;
DROP FUNCTION set_request_times();
DROP FUNCTION log_stage_change();
DROP FUNCTION log_status_change();
DROP FUNCTION recalculate_request_progress();
DROP FUNCTION update_request_progress();
DROP FUNCTION refresh_request_progress(uuid);
DROP FUNCTION request_current_stage(uuid);
DROP FUNCTION calculate_request_progress(uuid);
DROP FUNCTION is_stage_done(content_stage_status, boolean);

-- migrate:verify
SELECT coalesce(p.enabled AND p.definition = e.definition, false),
       format('trigger %s on %s is %s, expected %s', e.name, e.tab,
              CASE WHEN p.enabled THEN p.definition WHEN NOT p.enabled THEN 'disabled'
                   ELSE 'missing' END, e.definition)
FROM (VALUES
  ('request_stages', 'update_progress_on_stage_change',
   'AFTER INSERT OR DELETE OR UPDATE, FOR EACH ROW update_request_progress()'),
  ('request_stages', 'log_request_stage_changes',
   'AFTER INSERT OR UPDATE OF status, FOR EACH ROW log_stage_change()'),
  ('content_requests', 'log_request_status_changes',
   'AFTER INSERT OR UPDATE OF status, retry_count, FOR EACH ROW log_status_change()'),
  ('content_requests', 'set_request_times',
   'BEFORE INSERT OR UPDATE OF status, FOR EACH ROW set_request_times()')
) AS e (tab, name, definition)
LEFT JOIN LATERAL (
  SELECT tgenabled IN ('O', 'A') AS enabled,
         regexp_replace(pg_get_triggerdef(oid),
                        '^CREATE TRIGGER \S+ (.*) ON .* (FOR EACH \w+) EXECUTE FUNCTION (.*\.)?(\w+\(\))$',
                        '\1, \2 \4') AS definition
  FROM pg_trigger
  WHERE tgrelid = to_regclass(e.tab) AND tgname = e.name
) AS p ON true;

SELECT coalesce(prosrc LIKE '%arango2pg.loading%', false),
       format('function %s is missing or does not stand back while arango2pg loads', e.name)
FROM (VALUES ('update_request_progress'), ('log_status_change'), ('log_stage_change'),
             ('set_request_times')) AS e (name)
LEFT JOIN pg_proc ON pg_proc.oid = to_regproc(e.name);

SELECT coalesce(pg_get_function_result(to_regprocedure(e.name)) = e.result, false),
       format('function %s returns %s, expected %s', e.name,
              coalesce(pg_get_function_result(to_regprocedure(e.name)), 'nothing: it is missing'),
              e.result)
FROM (VALUES
  ('calculate_request_progress(uuid)', 'integer'),
  ('request_current_stage(uuid)', 'character varying'),
  ('recalculate_request_progress()', 'bigint')
) AS e (name, result);
