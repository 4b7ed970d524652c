-- Runs, their stages, events and hourly metrics.

-- migrate:up
CREATE TYPE arango2pg.run_status AS ENUM
  ('running', 'done', 'failed', 'interrupted', 'abandoned', 'rolled_back');
CREATE TYPE arango2pg.stage_status AS ENUM ('running', 'done', 'failed', 'interrupted', 'skipped');
CREATE TYPE arango2pg.event_severity AS ENUM ('debug', 'info', 'warn', 'error');

CREATE TABLE arango2pg.run (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  start_token     text UNIQUE,
  correlation_id  text NOT NULL,
  command         text NOT NULL,
  source          text NOT NULL,
  source_identity text NOT NULL,
  target          text NOT NULL DEFAULT '',
  start_tick      text NOT NULL DEFAULT '',
  plan            jsonb NOT NULL DEFAULT '[]',
  version         text NOT NULL DEFAULT '',
  status          arango2pg.run_status NOT NULL DEFAULT 'running',
  progress        numeric(5, 2) NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
  progress_at     timestamptz NOT NULL DEFAULT '-infinity',
  attempts        integer NOT NULL DEFAULT 1,
  worker          text,
  message         text,
  started_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  resumed_at      timestamptz,
  ended_at        timestamptz
);
CREATE INDEX run_by_source ON arango2pg.run (command, source_identity, id DESC);
CREATE INDEX run_by_correlation ON arango2pg.run (correlation_id, id DESC);
COMMENT ON TABLE arango2pg.run IS 'One command over one source into this database, with all its attempts.';
COMMENT ON COLUMN arango2pg.run.start_token IS 'Made by the client: a repeated INSERT after a lost connection finds its own row.';
COMMENT ON COLUMN arango2pg.run.plan IS 'Pairs [what, value] that decide the result; compared at resume.';
COMMENT ON COLUMN arango2pg.run.start_tick IS 'WAL tick of the source before the load; a resync starts here.';

-- Who holds the advisory lock of a correlation id: for the message to whoever is refused.
CREATE TABLE arango2pg.run_holder (
  correlation_id text PRIMARY KEY,
  worker         text NOT NULL,
  backend_pid    integer NOT NULL,
  since          timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE arango2pg.run_stage (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id     bigint NOT NULL REFERENCES arango2pg.run ON DELETE CASCADE,
  name       text NOT NULL,
  status     arango2pg.stage_status NOT NULL DEFAULT 'running',
  attempts   integer NOT NULL DEFAULT 1,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at   timestamptz,
  UNIQUE (run_id, name)
);

CREATE TABLE arango2pg.run_event (
  id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id   bigint NOT NULL REFERENCES arango2pg.run ON DELETE CASCADE,
  severity arango2pg.event_severity NOT NULL DEFAULT 'info',
  message  text NOT NULL,
  detail   jsonb NOT NULL DEFAULT '{}',
  at       timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX run_event_by_run ON arango2pg.run_event (run_id, at);

CREATE TABLE arango2pg.run_metric (
  run_id      bigint NOT NULL REFERENCES arango2pg.run ON DELETE CASCADE,
  collection  text NOT NULL,
  hour        timestamptz NOT NULL,
  read        bigint NOT NULL DEFAULT 0,
  written     bigint NOT NULL DEFAULT 0,
  updated     bigint NOT NULL DEFAULT 0,
  deleted     bigint NOT NULL DEFAULT 0,
  filtered    bigint NOT NULL DEFAULT 0,
  quarantined bigint NOT NULL DEFAULT 0,
  bytes       bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (run_id, collection, hour)
);
COMMENT ON TABLE arango2pg.run_metric IS 'What each hour added, by collection.';

CREATE FUNCTION arango2pg.log_run_status() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO arango2pg.run_event (run_id, severity, message, detail)
  VALUES (NEW.id,
          CASE NEW.status WHEN 'failed' THEN 'error' WHEN 'interrupted' THEN 'warn' ELSE 'info' END
            ::arango2pg.event_severity,
          'run ' || NEW.status,
          jsonb_strip_nulls(jsonb_build_object(
            'from', CASE TG_OP WHEN 'UPDATE' THEN OLD.status END,
            'to', NEW.status,
            'worker', NEW.worker,
            'message', nullif(NEW.message, ''))));
  RETURN NULL;
END $$;
CREATE TRIGGER log_run_start AFTER INSERT ON arango2pg.run
  FOR EACH ROW EXECUTE FUNCTION arango2pg.log_run_status();
CREATE TRIGGER log_run_status AFTER UPDATE OF status ON arango2pg.run
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
  EXECUTE FUNCTION arango2pg.log_run_status();

CREATE FUNCTION arango2pg.log_stage_status() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO arango2pg.run_event (run_id, severity, message, detail)
  VALUES (NEW.run_id,
          CASE NEW.status WHEN 'failed' THEN 'error' WHEN 'interrupted' THEN 'warn' ELSE 'info' END
            ::arango2pg.event_severity,
          'stage ' || NEW.name || ' ' || NEW.status,
          jsonb_strip_nulls(jsonb_build_object(
            'stage', NEW.name,
            'from', CASE TG_OP WHEN 'UPDATE' THEN OLD.status END,
            'to', NEW.status,
            'attempts', NEW.attempts)));
  RETURN NULL;
END $$;
CREATE TRIGGER log_stage_start AFTER INSERT ON arango2pg.run_stage
  FOR EACH ROW EXECUTE FUNCTION arango2pg.log_stage_status();
CREATE TRIGGER log_stage_status AFTER UPDATE OF status ON arango2pg.run_stage
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
  EXECUTE FUNCTION arango2pg.log_stage_status();

-- migrate:down
DROP TABLE arango2pg.run_metric, arango2pg.run_event, arango2pg.run_stage, arango2pg.run_holder,
  arango2pg.run;
DROP FUNCTION arango2pg.log_run_status(), arango2pg.log_stage_status();
DROP TYPE arango2pg.event_severity, arango2pg.stage_status, arango2pg.run_status;

-- migrate:verify
DO $$
BEGIN
  IF to_regclass('arango2pg.run') IS NULL OR to_regclass('arango2pg.run_stage') IS NULL
     OR to_regclass('arango2pg.run_event') IS NULL OR to_regclass('arango2pg.run_metric') IS NULL THEN
    RAISE EXCEPTION 'a table of the run bookkeeping is missing';
  END IF;
END $$;
