-- What the migration engine needs before it can record anything. Idempotent.
CREATE SCHEMA IF NOT EXISTS arango2pg;
COMMENT ON SCHEMA arango2pg IS 'State of arango2pg: runs, checkpoints, quarantine, audit log, migration history.';
CREATE TABLE IF NOT EXISTS arango2pg.migration_history (
  pack        text NOT NULL,
  schema_name text NOT NULL,
  number      integer NOT NULL,
  name        text NOT NULL,
  checksum    text NOT NULL,
  state       text NOT NULL CHECK (state IN ('applying', 'applied', 'failed', 'stamped')),
  message     text,
  applied_by  text NOT NULL DEFAULT current_user,
  applied_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  seconds     numeric,
  PRIMARY KEY (pack, schema_name, number)
);
