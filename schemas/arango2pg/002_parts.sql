-- Parts of collections with their checkpoints, and what became of documents.

-- migrate:up
CREATE TYPE arango2pg.part_state AS ENUM ('pending', 'running', 'done');
CREATE TYPE arango2pg.quarantine_status AS ENUM ('open', 'retried', 'discarded');
CREATE TYPE arango2pg.audit_action AS ENUM ('load', 'insert', 'update', 'delete', 'reject');

-- A part changes a few times a second while it is loaded; room in the page keeps those updates off the indexes.
CREATE TABLE arango2pg.part (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id       bigint NOT NULL REFERENCES arango2pg.run ON DELETE CASCADE,
  collection   text NOT NULL,
  stream       bigint NOT NULL,
  kind         text NOT NULL,
  spec         text NOT NULL,
  documents    bigint NOT NULL DEFAULT 0,
  estimated    bigint NOT NULL DEFAULT 0,
  resumable    boolean NOT NULL DEFAULT true,
  state        arango2pg.part_state NOT NULL DEFAULT 'pending',
  position     text NOT NULL DEFAULT '',
  seq          bigint,
  commit_token text,
  claim_token  text,
  read         bigint NOT NULL DEFAULT 0,
  written      bigint NOT NULL DEFAULT 0,
  updated      bigint NOT NULL DEFAULT 0,
  deleted      bigint NOT NULL DEFAULT 0,
  filtered     bigint NOT NULL DEFAULT 0,
  quarantined  bigint NOT NULL DEFAULT 0,
  bytes        bigint NOT NULL DEFAULT 0,
  notes        jsonb NOT NULL DEFAULT '{}',
  lease_owner  text,
  lease_until  timestamptz,
  epoch        bigint NOT NULL DEFAULT 0,
  started_at   timestamptz,
  updated_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at     timestamptz,
  CHECK (state <> 'running' OR (lease_owner IS NOT NULL AND lease_until IS NOT NULL))
) WITH (fillfactor = 50);
CREATE INDEX part_by_stream ON arango2pg.part (run_id, collection, stream, id);
COMMENT ON COLUMN arango2pg.part.position IS 'Where the source goes on; written in the transaction of the rows before it.';
COMMENT ON COLUMN arango2pg.part.seq IS 'Last durable batch of this attempt; NULL = none yet.';
COMMENT ON COLUMN arango2pg.part.commit_token IS 'Set by each commit: tells whether a commit in doubt happened.';
COMMENT ON COLUMN arango2pg.part.epoch IS 'Counts the leases; whoever holds an old one is refused at commit.';
COMMENT ON COLUMN arango2pg.part.estimated IS 'Bytes the source expects.';

CREATE TABLE arango2pg.quarantine (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id     bigint NOT NULL,
  part_id    bigint,
  collection text NOT NULL,
  key        text,
  revision   bigint,
  rule       text NOT NULL,
  path       text NOT NULL DEFAULT '',
  message    text NOT NULL DEFAULT '',
  document   bytea,
  status     arango2pg.quarantine_status NOT NULL DEFAULT 'open',
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  changed_at timestamptz
);
CREATE INDEX quarantine_by_collection ON arango2pg.quarantine (run_id, collection);
CREATE INDEX quarantine_by_part ON arango2pg.quarantine (part_id);
COMMENT ON COLUMN arango2pg.quarantine.document IS 'The document as received, byte for byte.';

CREATE TABLE arango2pg.audit_log (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id       bigint NOT NULL,
  part_id      bigint,
  collection   text NOT NULL,
  key          text,
  action       arango2pg.audit_action NOT NULL,
  old_revision bigint,
  new_revision bigint,
  documents    bigint NOT NULL DEFAULT 1,
  at           timestamptz NOT NULL DEFAULT clock_timestamp(),
  detail       jsonb
);
-- Runs append, so a block range is enough to find one; an index entry per document would cost the load.
CREATE INDEX audit_log_by_run ON arango2pg.audit_log USING brin (run_id) WITH (pages_per_range = 16);
CREATE INDEX audit_log_by_key ON arango2pg.audit_log (collection, key) WHERE key IS NOT NULL;
CREATE INDEX audit_log_batches ON arango2pg.audit_log (part_id) WHERE key IS NULL;
COMMENT ON TABLE arango2pg.audit_log IS 'What was done: one row per document, or one per part and transaction (key NULL, range in detail).';

CREATE TABLE arango2pg.sync_state (
  source_identity text NOT NULL,
  collection      text NOT NULL,
  tick            text,
  revision        bigint,
  watermark       timestamptz,
  run_id          bigint,
  updated_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (source_identity, collection)
);

CREATE TABLE arango2pg.dropped_index (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id       bigint NOT NULL,
  table_schema text NOT NULL,
  table_name   text NOT NULL,
  index_name   text NOT NULL,
  definition   text NOT NULL,
  comment      text,
  clustered    boolean NOT NULL DEFAULT false,
  dropped_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  restored_at  timestamptz
);
CREATE INDEX dropped_index_open ON arango2pg.dropped_index (run_id) WHERE restored_at IS NULL;

-- migrate:down
DROP TABLE arango2pg.dropped_index, arango2pg.sync_state, arango2pg.audit_log, arango2pg.quarantine,
  arango2pg.part;
DROP TYPE arango2pg.audit_action, arango2pg.quarantine_status, arango2pg.part_state;

-- migrate:verify
DO $$
BEGIN
  IF to_regclass('arango2pg.part') IS NULL OR to_regclass('arango2pg.quarantine') IS NULL
     OR to_regclass('arango2pg.audit_log') IS NULL OR to_regclass('arango2pg.sync_state') IS NULL
     OR to_regclass('arango2pg.dropped_index') IS NULL THEN
    RAISE EXCEPTION 'a table of the part bookkeeping is missing';
  END IF;
END $$;
