-- Progress, metrics, leasing, and the views people look at.

-- migrate:up

-- Percent of a run: parts weighted by the bytes (else documents) the source expects. Only a finished run is 100.
CREATE FUNCTION arango2pg.calculate_run_progress(run bigint) RETURNS numeric
LANGUAGE sql STABLE AS $$
  SELECT CASE
           WHEN (SELECT r.status = 'done' FROM arango2pg.run r WHERE r.id = run) THEN 100.00
           ELSE coalesce(least(99.99, round(100 * sum(p.weight * p.fraction) / sum(p.weight), 2)), 0.00)
         END
  FROM (
    SELECT greatest(coalesce(nullif(estimated, 0), documents * 1024, 0), 1)::numeric AS weight,
           CASE
             WHEN state = 'done' THEN 1
             WHEN documents > 0 THEN least(1, read::numeric / documents)
             WHEN estimated > 0 THEN least(1, bytes::numeric / estimated)
             ELSE 0
           END AS fraction
    FROM arango2pg.part
    WHERE run_id = run
  ) p
$$;

-- Keeps run.progress. Lanes commit many times a second: at most one update a second, and never a wait for
-- another lane that holds the run's row until its own commit.
CREATE FUNCTION arango2pg.keep_run_progress() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM arango2pg.run
  WHERE id = NEW.run_id AND progress_at < clock_timestamp() - interval '1 second'
  FOR NO KEY UPDATE SKIP LOCKED;
  IF FOUND THEN
    UPDATE arango2pg.run
    SET progress = arango2pg.calculate_run_progress(id), progress_at = clock_timestamp()
    WHERE id = NEW.run_id;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER keep_run_progress AFTER UPDATE ON arango2pg.part
  FOR EACH ROW WHEN (OLD.read IS DISTINCT FROM NEW.read OR OLD.state IS DISTINCT FROM NEW.state)
  EXECUTE FUNCTION arango2pg.keep_run_progress();

CREATE FUNCTION arango2pg.finish_run_progress() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  NEW.progress := CASE NEW.status WHEN 'done' THEN 100 ELSE arango2pg.calculate_run_progress(NEW.id) END;
  NEW.progress_at := clock_timestamp();
  RETURN NEW;
END $$;
CREATE TRIGGER finish_run_progress BEFORE UPDATE OF status ON arango2pg.run
  FOR EACH ROW EXECUTE FUNCTION arango2pg.finish_run_progress();

-- Adds up counts in two trees of objects: {"a":{"x":1}} and {"a":{"x":2,"y":1}} make {"a":{"x":3,"y":1}}.
CREATE FUNCTION arango2pg.add_counts(a jsonb, b jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  result jsonb := coalesce(a, '{}');
  name text;
  value jsonb;
BEGIN
  FOR name, value IN SELECT * FROM jsonb_each(coalesce(b, '{}')) LOOP
    result := jsonb_set(result, ARRAY[name],
      CASE
        WHEN jsonb_typeof(value) = 'object' THEN arango2pg.add_counts(result -> name, value)
        ELSE to_jsonb(coalesce((result ->> name)::numeric, 0) + (value #>> '{}')::numeric)
      END);
  END LOOP;
  RETURN result;
END $$;

-- The current hour's row of each collection is what the parts say now minus what earlier hours said.
CREATE FUNCTION arango2pg.refresh_run_metric(run bigint) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO arango2pg.run_metric AS m
    (run_id, collection, hour, read, written, updated, deleted, filtered, quarantined, bytes)
  SELECT run, now.collection, date_trunc('hour', clock_timestamp()),
         now.read - coalesce(before.read, 0), now.written - coalesce(before.written, 0),
         now.updated - coalesce(before.updated, 0), now.deleted - coalesce(before.deleted, 0),
         now.filtered - coalesce(before.filtered, 0),
         now.quarantined - coalesce(before.quarantined, 0), now.bytes - coalesce(before.bytes, 0)
  FROM (
    SELECT collection, sum(read) AS read, sum(written) AS written, sum(updated) AS updated,
           sum(deleted) AS deleted, sum(filtered) AS filtered, sum(quarantined) AS quarantined,
           sum(bytes) AS bytes
    FROM arango2pg.part
    WHERE run_id = run
    GROUP BY collection
  ) now
  LEFT JOIN (
    SELECT collection, sum(read) AS read, sum(written) AS written, sum(updated) AS updated,
           sum(deleted) AS deleted, sum(filtered) AS filtered, sum(quarantined) AS quarantined,
           sum(bytes) AS bytes
    FROM arango2pg.run_metric
    WHERE run_id = run AND hour < date_trunc('hour', clock_timestamp())
    GROUP BY collection
  ) before USING (collection)
  WHERE now.read > coalesce(before.read, 0)
  ON CONFLICT (run_id, collection, hour) DO UPDATE SET
    read = excluded.read, written = excluded.written, updated = excluded.updated,
    deleted = excluded.deleted, filtered = excluded.filtered, quarantined = excluded.quarantined,
    bytes = excluded.bytes
$$;

-- Leases the biggest stream that nobody works on and returns its unfinished parts. A stream is guarded by
-- the row lock of its first part, so two claimers never share one. `token` names the call: repeated after a
-- lost connection it returns what it leased already.
CREATE FUNCTION arango2pg.claim_stream(run bigint, wanted text[], worker text, lease interval, token text)
RETURNS SETOF arango2pg.part
LANGUAGE plpgsql AS $$
DECLARE
  candidate record;
BEGIN
  IF EXISTS (SELECT FROM arango2pg.part WHERE run_id = run AND claim_token = token) THEN
    RETURN QUERY SELECT * FROM arango2pg.part
      WHERE run_id = run AND claim_token = token AND lease_owner = worker AND state = 'running'
      ORDER BY id;
    RETURN;
  END IF;
  FOR candidate IN
    SELECT p.collection, p.stream, min(p.id) AS leader
    FROM arango2pg.part p
    WHERE p.run_id = run AND p.collection = ANY (wanted)
    GROUP BY p.collection, p.stream
    HAVING bool_or(p.state <> 'done')
       AND bool_and(p.state <> 'running'
                    OR (p.lease_until < clock_timestamp() AND p.lease_owner <> worker))
    ORDER BY sum(greatest(p.estimated - p.bytes, 0)) FILTER (WHERE p.state <> 'done') DESC,
             sum(greatest(p.documents - p.read, 0)) FILTER (WHERE p.state <> 'done') DESC, leader
  LOOP
    PERFORM 1 FROM arango2pg.part WHERE id = candidate.leader FOR NO KEY UPDATE SKIP LOCKED;
    CONTINUE WHEN NOT FOUND;
    CONTINUE WHEN EXISTS (
      SELECT FROM arango2pg.part p
      WHERE p.run_id = run AND p.collection = candidate.collection AND p.stream = candidate.stream
        AND p.state = 'running' AND (p.lease_until >= clock_timestamp() OR p.lease_owner = worker));
    RETURN QUERY
      WITH leased AS (
        UPDATE arango2pg.part p
        SET state = 'running', lease_owner = worker, lease_until = clock_timestamp() + lease,
            epoch = p.epoch + 1, seq = NULL, claim_token = token,
            started_at = coalesce(p.started_at, clock_timestamp()), updated_at = clock_timestamp()
        WHERE p.run_id = run AND p.collection = candidate.collection AND p.stream = candidate.stream
          AND p.state <> 'done'
        RETURNING p.*)
      SELECT * FROM leased ORDER BY id;
    IF FOUND THEN
      RETURN;
    END IF;
  END LOOP;
END $$;

CREATE VIEW arango2pg.active_runs_dashboard AS
SELECT r.id AS run_id, r.command, r.status, r.source, r.worker, r.progress,
       s.name AS stage,
       coalesce(r.resumed_at, r.started_at) AS running_since,
       clock_timestamp() - r.started_at AS elapsed,
       p.parts_done, p.parts, p.workers, p.read, p.written, p.filtered, p.quarantined, p.bytes,
       CASE WHEN r.progress > 0 AND r.progress < 100 AND r.resumed_at IS NULL
            THEN date_trunc('second', (clock_timestamp() - r.started_at) * ((100 - r.progress) / r.progress)::float8)
       END AS eta,
       p.last_commit
FROM arango2pg.run r
CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE state = 'done') AS parts_done, count(*) AS parts,
         count(DISTINCT lease_owner) FILTER (WHERE state = 'running') AS workers,
         coalesce(sum(read), 0) AS read, coalesce(sum(written), 0) AS written,
         coalesce(sum(filtered), 0) AS filtered, coalesce(sum(quarantined), 0) AS quarantined,
         coalesce(sum(bytes), 0) AS bytes, max(updated_at) AS last_commit
  FROM arango2pg.part
  WHERE run_id = r.id
) p
LEFT JOIN LATERAL (
  SELECT name FROM arango2pg.run_stage
  WHERE run_id = r.id AND status = 'running'
  ORDER BY started_at DESC
  LIMIT 1
) s ON true
WHERE r.status IN ('running', 'interrupted', 'failed');
COMMENT ON VIEW arango2pg.active_runs_dashboard IS 'Runs that are not done, with stage, progress and estimate.';

CREATE VIEW arango2pg.run_metrics_summary AS
SELECT m.hour, r.command, m.run_id, m.collection, m.read, m.written, m.updated, m.deleted, m.filtered,
       m.quarantined, m.bytes,
       round(100.0 * m.quarantined / nullif(m.read, 0), 3) AS quarantined_percent
FROM arango2pg.run_metric m
JOIN arango2pg.run r ON r.id = m.run_id
WHERE m.hour >= date_trunc('hour', clock_timestamp()) - interval '24 hours'
ORDER BY m.hour DESC, m.run_id, m.collection;
COMMENT ON VIEW arango2pg.run_metrics_summary IS 'The last 24 hours, by run and collection.';

-- migrate:down
DROP VIEW arango2pg.run_metrics_summary, arango2pg.active_runs_dashboard;
DROP TRIGGER finish_run_progress ON arango2pg.run;
DROP TRIGGER keep_run_progress ON arango2pg.part;
DROP FUNCTION arango2pg.claim_stream(bigint, text[], text, interval, text),
  arango2pg.refresh_run_metric(bigint), arango2pg.add_counts(jsonb, jsonb),
  arango2pg.finish_run_progress(), arango2pg.keep_run_progress(),
  arango2pg.calculate_run_progress(bigint);

-- migrate:verify
DO $$
BEGIN
  IF arango2pg.add_counts('{"a":{"x":1}}', '{"a":{"x":2,"y":1}}') <> '{"a":{"x":3,"y":1}}' THEN
    RAISE EXCEPTION 'add_counts does not add';
  END IF;
END $$;
