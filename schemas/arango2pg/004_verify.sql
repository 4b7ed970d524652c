-- What verify found, and how far it has come.

-- migrate:up
CREATE TABLE arango2pg.difference (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id       bigint NOT NULL REFERENCES arango2pg.run ON DELETE CASCADE,
  collection   text NOT NULL,
  key          text,
  table_name   text NOT NULL,
  row_key      text NOT NULL DEFAULT '',
  kind         text NOT NULL CHECK (kind IN ('different', 'missing', 'extra')),
  path         text NOT NULL DEFAULT '',
  what         text NOT NULL DEFAULT '',
  source_value text,
  target_value text,
  document     bytea,
  repaired     boolean NOT NULL DEFAULT false,
  at           timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX difference_by_run ON arango2pg.difference (run_id, collection, id);
COMMENT ON TABLE arango2pg.difference IS 'Documents and rows that a verify run found to differ.';
COMMENT ON COLUMN arango2pg.difference.source_value IS 'At the path; only with --log-data, as target_value.';
COMMENT ON COLUMN arango2pg.difference.document IS 'As the source had it; only while --repair works on it.';

-- A verify that was interrupted goes on from here: positions are in arango2pg.part, written together with this.
CREATE TABLE arango2pg.verify_state (
  run_id   bigint PRIMARY KEY REFERENCES arango2pg.run ON DELETE CASCADE,
  state    jsonb NOT NULL,
  saved_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE arango2pg.verify_sums (
  run_id bigint NOT NULL REFERENCES arango2pg.run ON DELETE CASCADE,
  chunk  integer NOT NULL,
  words  bytea NOT NULL,
  PRIMARY KEY (run_id, chunk)
);

-- Verify asks whether a document that has no row is in quarantine.
CREATE INDEX quarantine_by_key ON arango2pg.quarantine (collection, key);

-- migrate:down
DROP INDEX arango2pg.quarantine_by_key;
DROP TABLE arango2pg.verify_sums, arango2pg.verify_state, arango2pg.difference;

-- migrate:verify
DO $$
BEGIN
  IF to_regclass('arango2pg.difference') IS NULL OR to_regclass('arango2pg.verify_state') IS NULL
     OR to_regclass('arango2pg.verify_sums') IS NULL OR to_regclass('arango2pg.quarantine_by_key') IS NULL THEN
    RAISE EXCEPTION 'a table of the comparison is missing';
  END IF;
END $$;
