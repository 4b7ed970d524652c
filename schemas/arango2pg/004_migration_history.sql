-- The history of schema packs: how far a migration came that runs statement by statement, what came along with it, and a
-- log of everything that was ever done.

-- migrate:up
ALTER TABLE arango2pg.migration_history
  ADD COLUMN step           integer,
  ADD COLUMN steps_checksum text,
  ADD COLUMN position       text,
  ADD COLUMN extensions     text[] NOT NULL DEFAULT '{}',
  ADD COLUMN schema_created boolean NOT NULL DEFAULT false,
  DROP CONSTRAINT migration_history_state_check,
  ADD CONSTRAINT migration_history_state_check
    CHECK (state IN ('applying', 'applied', 'failed', 'stamped', 'reverting'));
COMMENT ON TABLE arango2pg.migration_history IS 'Which migration of which pack stands in which schema; no row = not applied.';
COMMENT ON COLUMN arango2pg.migration_history.checksum IS 'SHA-256 of what the up section ran.';
COMMENT ON COLUMN arango2pg.migration_history.step IS 'Statements done, of a migration that runs statement by statement; NULL = it ran in one transaction.';
COMMENT ON COLUMN arango2pg.migration_history.position IS 'Where the next batch of the statement after those begins.';
COMMENT ON COLUMN arango2pg.migration_history.extensions IS 'Created with this migration, dropped with it unless something else depends on them.';

CREATE TABLE arango2pg.migration_log (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at          timestamptz NOT NULL DEFAULT clock_timestamp(),
  by          text NOT NULL DEFAULT current_user,
  pack        text NOT NULL,
  schema_name text NOT NULL,
  number      integer NOT NULL,
  name        text NOT NULL,
  state       text NOT NULL,
  success     boolean NOT NULL,
  seconds     numeric,
  message     text
);
CREATE INDEX migration_log_by_pack ON arango2pg.migration_log (pack, schema_name, number, id);
COMMENT ON TABLE arango2pg.migration_log IS 'Every change of migration_history, and every failure.';
COMMENT ON COLUMN arango2pg.migration_log.state IS 'The state reached; reverted = taken down, forgotten = by schema stamp.';

CREATE FUNCTION arango2pg.log_migration() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
  h arango2pg.migration_history;
BEGIN
  IF TG_OP = 'DELETE' THEN
    h := OLD;
  ELSE
    h := NEW;
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.state, OLD.message, OLD.checksum, OLD.applied_at)
                          IS NOT DISTINCT FROM (NEW.state, NEW.message, NEW.checksum, NEW.applied_at) THEN
    RETURN NULL;  -- a step of many
  END IF;
  INSERT INTO arango2pg.migration_log (pack, schema_name, number, name, state, success, seconds, message)
  VALUES (h.pack, h.schema_name, h.number, h.name,
          CASE WHEN TG_OP <> 'DELETE' THEN h.state
               WHEN current_setting('arango2pg.forgotten_by', true) = 'stamp' THEN 'forgotten'
               ELSE 'reverted' END,
          TG_OP = 'DELETE' OR h.message IS NULL,
          CASE WHEN TG_OP <> 'DELETE' THEN h.seconds END,
          CASE WHEN TG_OP <> 'DELETE' THEN h.message END);
  RETURN NULL;
END $$;
CREATE TRIGGER log_migration AFTER INSERT OR UPDATE OR DELETE ON arango2pg.migration_history
  FOR EACH ROW EXECUTE FUNCTION arango2pg.log_migration();

INSERT INTO arango2pg.migration_log (at, by, pack, schema_name, number, name, state, success, seconds, message)
SELECT applied_at, applied_by, pack, schema_name, number, name, state, message IS NULL, seconds, message
FROM arango2pg.migration_history
ORDER BY applied_at, number;

-- migrate:down
DROP TRIGGER log_migration ON arango2pg.migration_history;
DROP FUNCTION arango2pg.log_migration();
DROP TABLE arango2pg.migration_log;
ALTER TABLE arango2pg.migration_history
  DROP COLUMN step, DROP COLUMN steps_checksum, DROP COLUMN position, DROP COLUMN extensions,
  DROP COLUMN schema_created,
  DROP CONSTRAINT migration_history_state_check,
  ADD CONSTRAINT migration_history_state_check
    CHECK (state IN ('applying', 'applied', 'failed', 'stamped'));

-- migrate:verify
SELECT count(*) > 0, 'the log of migrations is empty' FROM arango2pg.migration_log;
SELECT count(*) = 1, 'the trigger that keeps the log is missing'
FROM pg_trigger
WHERE tgrelid = 'arango2pg.migration_history'::regclass AND tgname = 'log_migration' AND tgenabled <> 'D';
