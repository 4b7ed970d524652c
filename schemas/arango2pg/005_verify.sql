-- What verify found, and how far it has come; what a rollback needs to know.

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

-- The tables a run writes, parents first (audit tables left out).
CREATE TABLE arango2pg.run_table (
  run_id       bigint NOT NULL REFERENCES arango2pg.run ON DELETE CASCADE,
  position     integer NOT NULL,
  table_schema text NOT NULL,
  table_name   text NOT NULL,
  key_columns  text[] NOT NULL,
  mode         text NOT NULL CHECK (mode IN ('insert', 'merge')),
  keep_before  boolean NOT NULL DEFAULT false,
  PRIMARY KEY (run_id, table_schema, table_name)
);
CREATE INDEX run_table_by_name ON arango2pg.run_table (table_schema, table_name);
COMMENT ON COLUMN arango2pg.run_table.mode IS 'insert: the table was empty when the run began; merge: rows were changed by key.';

-- Rows as they were before a run changed them, for tables whose mapping says `audit: { keep_before: true }`.
CREATE TABLE arango2pg.before_image (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id    bigint NOT NULL,
  relation  oid NOT NULL,
  operation "char" NOT NULL,
  key       jsonb NOT NULL,
  shape     bigint NOT NULL,
  before    text
);
CREATE INDEX before_image_by_run ON arango2pg.before_image (run_id, relation);
COMMENT ON COLUMN arango2pg.before_image.operation IS 'I, U or D; an inserted row had nothing before.';
COMMENT ON COLUMN arango2pg.before_image.shape IS 'Of the table''s columns: a row is restored only into the same ones.';

CREATE FUNCTION arango2pg.row_shape(relation oid) RETURNS bigint
LANGUAGE sql STABLE AS $$
  SELECT hashtextextended(
           string_agg(attname || ' ' || format_type(atttypid, atttypmod), ',' ORDER BY attnum), 0)
  FROM pg_catalog.pg_attribute
  WHERE attrelid = relation AND attnum > 0 AND NOT attisdropped
$$;

-- One for each statement, only while a run of ours is at work (`arango2pg.run` is set by its transactions).
CREATE FUNCTION arango2pg.keep_before() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
  keys text;
BEGIN
  SELECT string_agg(format('r.%I::text', k), ', ') INTO keys FROM unnest(TG_ARGV) k;
  EXECUTE format(
    'INSERT INTO arango2pg.before_image (run_id, relation, operation, key, shape, before) '
    'SELECT $1, $2, $3, jsonb_build_array(%s), $4, %s FROM changed r',
    keys, CASE TG_OP WHEN 'INSERT' THEN 'NULL' ELSE 'r::text' END)
  USING current_setting('arango2pg.run')::bigint, TG_RELID, left(TG_OP, 1)::"char",
        arango2pg.row_shape(TG_RELID);
  RETURN NULL;
END $$;

CREATE FUNCTION arango2pg.install_keep_before(relation regclass, key_columns text[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  kind text;
BEGIN
  FOREACH kind IN ARRAY ARRAY['insert', 'update', 'delete'] LOOP
    CONTINUE WHEN EXISTS (SELECT FROM pg_catalog.pg_trigger
                          WHERE tgrelid = relation AND tgname = 'arango2pg_keep_before_' || kind);
    EXECUTE format(
      'CREATE TRIGGER arango2pg_keep_before_%1$s AFTER %1$s ON %2$s REFERENCING %3$s TABLE AS changed '
      'FOR EACH STATEMENT WHEN (coalesce(current_setting(''arango2pg.run'', true), '''') <> '''') '
      'EXECUTE FUNCTION arango2pg.keep_before(%4$s)',
      kind, relation, CASE kind WHEN 'insert' THEN 'NEW' ELSE 'OLD' END,
      (SELECT string_agg(quote_literal(k), ', ') FROM unnest(key_columns) k));
  END LOOP;
END $$;

ALTER TABLE arango2pg.audit_log ADD COLUMN rolled_back boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN arango2pg.audit_log.rolled_back IS 'A rollback has undone what this entry tells of.';
ALTER TABLE arango2pg.quarantine ADD COLUMN rolled_back boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN arango2pg.quarantine.rolled_back IS 'The run was rolled back; the document is where it came from.';

-- A later run may load or remove documents that an earlier one refused. A rollback of that run opens their
-- entries again.
ALTER TABLE arango2pg.quarantine ADD COLUMN settled_by bigint;
COMMENT ON COLUMN arango2pg.quarantine.settled_by IS 'The run that ended the entry, if one did.';
CREATE INDEX quarantine_by_settler ON arango2pg.quarantine (settled_by) WHERE settled_by IS NOT NULL;
CREATE FUNCTION arango2pg.note_settler() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  NEW.settled_by := CASE WHEN NEW.status <> 'open'
                         THEN nullif(current_setting('arango2pg.run', true), '')::bigint END;
  RETURN NEW;
END $$;
CREATE TRIGGER note_settler BEFORE UPDATE OF status ON arango2pg.quarantine
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
  EXECUTE FUNCTION arango2pg.note_settler();

-- migrate:down
DROP TRIGGER note_settler ON arango2pg.quarantine;
DROP FUNCTION arango2pg.note_settler();
ALTER TABLE arango2pg.quarantine DROP COLUMN settled_by, DROP COLUMN rolled_back;
ALTER TABLE arango2pg.audit_log DROP COLUMN rolled_back;
DROP FUNCTION arango2pg.install_keep_before(regclass, text[]);
DROP FUNCTION arango2pg.keep_before() CASCADE;
DROP FUNCTION arango2pg.row_shape(oid);
DROP TABLE arango2pg.before_image, arango2pg.run_table;
DROP INDEX arango2pg.quarantine_by_key;
DROP TABLE arango2pg.verify_sums, arango2pg.verify_state, arango2pg.difference;

-- migrate:verify
DO $$
BEGIN
  IF to_regclass('arango2pg.difference') IS NULL OR to_regclass('arango2pg.verify_state') IS NULL
     OR to_regclass('arango2pg.verify_sums') IS NULL
     OR to_regclass('arango2pg.quarantine_by_key') IS NULL
     OR to_regclass('arango2pg.run_table') IS NULL OR to_regclass('arango2pg.before_image') IS NULL THEN
    RAISE EXCEPTION 'a table of the comparison is missing';
  END IF;
END $$;
