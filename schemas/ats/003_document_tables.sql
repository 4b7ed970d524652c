-- The tables that take over from ArangoDB. Extracted columns serve look-ups and constraints, the
-- documents themselves are JSONB.
--   source_key  the document's _key, source_rev its decoded _rev (lets resync skip and order changes)
--   deleted_at  set when the document is gone from the source; such rows are never active

-- migrate:up
CREATE TABLE IF NOT EXISTS resume_documents (
  id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id       text NOT NULL,
  filename      varchar(255),
  content_type  varchar(100),
  file_size     bigint,
  file_hash     varchar(64),
  status        varchar(50) NOT NULL DEFAULT 'pending',
  source        varchar(50) DEFAULT 'upload',
  parsed_data   jsonb NOT NULL DEFAULT '{}',
  file_metadata jsonb DEFAULT '{}',
  metadata      jsonb DEFAULT '{}',
  task_id       varchar(255),
  error_message text,
  version       integer NOT NULL DEFAULT 1,
  is_active     boolean NOT NULL DEFAULT true,
  created_at    timestamptz NOT NULL DEFAULT now(),
  updated_at    timestamptz NOT NULL DEFAULT now(),
  source_key    text,
  source_rev    bigint,
  deleted_at    timestamptz,
  CONSTRAINT resume_documents_user_id_fkey
    FOREIGN KEY (user_id) REFERENCES "user" (id) ON DELETE CASCADE,
  CONSTRAINT resume_status_check
    CHECK (status IN ('pending', 'parsing', 'parsed', 'completed', 'failed', 'manual')),
  CONSTRAINT resume_source_check
    CHECK (source IN ('upload', 'manual', 'import')),
  CONSTRAINT resume_file_size_check
    CHECK (file_size >= 0),
  CONSTRAINT resume_version_check
    CHECK (version > 0),
  CONSTRAINT resume_dates_check
    CHECK (created_at <= updated_at)
);

CREATE TABLE IF NOT EXISTS job_documents (
  id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id         text NOT NULL,
  company_name    varchar(255),
  job_title       varchar(255),
  location        text,
  remote_type     varchar(50),
  job_url         text,
  status          varchar(50) NOT NULL DEFAULT 'pending',
  source_type     varchar(20),
  source_filename text,
  parsed_data     jsonb NOT NULL DEFAULT '{}',
  requirements    jsonb,
  skills          jsonb,
  keywords        jsonb,
  scores          jsonb,
  metadata        jsonb DEFAULT '{}',
  task_id         varchar(255),
  error_message   text,
  expires_at      timestamptz,
  is_active       boolean NOT NULL DEFAULT true,
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  source_key      text,
  source_rev      bigint,
  deleted_at      timestamptz,
  CONSTRAINT job_documents_user_id_fkey
    FOREIGN KEY (user_id) REFERENCES "user" (id) ON DELETE CASCADE,
  CONSTRAINT job_status_check
    CHECK (status IN ('pending', 'processing', 'completed', 'failed')),
  CONSTRAINT job_source_type_check
    CHECK (source_type IN ('url', 'document', 'manual')),
  CONSTRAINT job_expiry_check
    CHECK (expires_at IS NULL OR expires_at > created_at),
  CONSTRAINT job_dates_check
    CHECK (created_at <= updated_at)
);

CREATE TABLE IF NOT EXISTS optimization_results (
  id                     uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id                text NOT NULL,
  resume_id              uuid,
  job_id                 uuid,
  parent_optimization_id uuid,
  optimization_type      varchar(50) DEFAULT 'general',
  optimized_content      jsonb NOT NULL DEFAULT '{}',
  suggestions            jsonb,
  matched_keywords       jsonb,
  missing_keywords       jsonb,
  ats_score              numeric(5,2),
  keyword_match_score    numeric(5,2),
  version                integer NOT NULL DEFAULT 1,
  is_active              boolean NOT NULL DEFAULT true,
  metadata               jsonb DEFAULT '{}',
  task_id                varchar(255),
  status                 varchar(50) NOT NULL DEFAULT 'completed',
  created_at             timestamptz NOT NULL DEFAULT now(),
  updated_at             timestamptz NOT NULL DEFAULT now(),
  source_key             text,
  source_rev             bigint,
  deleted_at             timestamptz,
  CONSTRAINT optimization_results_user_id_fkey
    FOREIGN KEY (user_id) REFERENCES "user" (id) ON DELETE CASCADE,
  CONSTRAINT optimization_results_resume_id_fkey
    FOREIGN KEY (resume_id) REFERENCES resume_documents (id) ON DELETE CASCADE,
  CONSTRAINT optimization_results_job_id_fkey
    FOREIGN KEY (job_id) REFERENCES job_documents (id) ON DELETE CASCADE,
  CONSTRAINT optimization_results_parent_optimization_id_fkey
    FOREIGN KEY (parent_optimization_id) REFERENCES optimization_results (id) ON DELETE SET NULL,
  CONSTRAINT optimization_type_check
    CHECK (optimization_type IN ('general', 'ats', 'keyword', 'targeted')),
  CONSTRAINT optimization_ats_score_check
    CHECK (ats_score BETWEEN 0 AND 100),
  CONSTRAINT optimization_keyword_match_score_check
    CHECK (keyword_match_score BETWEEN 0 AND 100),
  CONSTRAINT optimization_version_check
    CHECK (version > 0),
  CONSTRAINT optimization_dates_check
    CHECK (created_at <= updated_at)
);

CREATE TABLE IF NOT EXISTS research_results (
  id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id       text NOT NULL,
  resume_id     uuid,
  job_id        uuid,
  company_name  varchar(255),
  job_title     varchar(255),
  research_type varchar(50) NOT NULL DEFAULT 'company',
  content       text,
  research_data jsonb NOT NULL DEFAULT '{}',
  metadata      jsonb DEFAULT '{}',
  task_id       varchar(255),
  status        varchar(50) NOT NULL DEFAULT 'completed',
  is_active     boolean NOT NULL DEFAULT true,
  expires_at    timestamptz,
  created_at    timestamptz NOT NULL DEFAULT now(),
  updated_at    timestamptz NOT NULL DEFAULT now(),
  source_key    text,
  source_rev    bigint,
  deleted_at    timestamptz,
  CONSTRAINT research_results_user_id_fkey
    FOREIGN KEY (user_id) REFERENCES "user" (id) ON DELETE CASCADE,
  CONSTRAINT research_results_resume_id_fkey
    FOREIGN KEY (resume_id) REFERENCES resume_documents (id) ON DELETE SET NULL,
  CONSTRAINT research_results_job_id_fkey
    FOREIGN KEY (job_id) REFERENCES job_documents (id) ON DELETE SET NULL,
  CONSTRAINT research_type_check
    CHECK (research_type IN ('company', 'industry', 'role', 'salary')),
  CONSTRAINT research_expiry_check
    CHECK (expires_at IS NULL OR expires_at > created_at),
  CONSTRAINT research_dates_check
    CHECK (created_at <= updated_at)
);

-- No foreign keys: the trail outlives users and documents.
CREATE TABLE IF NOT EXISTS document_audit_log (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id       text,
  document_type varchar(50) NOT NULL,
  document_id   uuid,
  action        varchar(20) NOT NULL,
  changes       jsonb NOT NULL DEFAULT '{}',
  run_id        bigint,
  created_at    timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT document_audit_log_document_type_check
    CHECK (document_type IN ('resume', 'job', 'optimization', 'research')),
  CONSTRAINT document_audit_log_action_check
    CHECK (action IN ('insert', 'update', 'delete', 'migrate'))
);

-- Edges. The edge's own key is the identity: two edges of one kind between the same documents are
-- legal in ArangoDB, and both arrive. No foreign keys: ends may be of any collection, or dangling.
CREATE TABLE IF NOT EXISTS document_relations (
  id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  relation        varchar(50) NOT NULL,
  from_collection text NOT NULL,
  from_id         uuid NOT NULL,
  to_collection   text NOT NULL,
  to_id           uuid NOT NULL,
  attributes      jsonb NOT NULL DEFAULT '{}',
  created_at      timestamptz NOT NULL DEFAULT now(),
  source_key      text,
  source_rev      bigint
);

COMMENT ON TABLE resume_documents IS 'Résumés: the collection resumes.';
COMMENT ON TABLE job_documents IS 'Job postings: the collection jobs.';
COMMENT ON TABLE optimization_results IS 'Résumés rewritten for a job: documents of type optimization.';
COMMENT ON TABLE research_results IS 'Reports about companies: documents of type research.';
COMMENT ON TABLE document_audit_log IS 'Who changed what in the four document tables.';
COMMENT ON TABLE document_relations IS 'Edges between documents: the collection job_research.';
COMMENT ON COLUMN document_audit_log.run_id IS 'arango2pg.run.id of the run that loaded the document';
COMMENT ON COLUMN job_documents.scores IS 'by the key of the résumé: overall_score, skills_score, …, scored_at';
COMMENT ON COLUMN optimization_results.version IS 'counts up per résumé and job';

DO $lz4$
DECLARE
  col record;
BEGIN
  -- Half the loading time of pglz; servers built without lz4 keep their default.
  IF EXISTS (SELECT FROM pg_settings
             WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
    FOR col IN
      SELECT attrelid::regclass AS tab, attname
      FROM pg_attribute
      WHERE attrelid IN ('resume_documents'::regclass, 'job_documents'::regclass,
                         'optimization_results'::regclass, 'research_results'::regclass,
                         'document_audit_log'::regclass, 'document_relations'::regclass)
        AND NOT attisdropped
        AND (atttypid = 'jsonb'::regtype OR attname = 'content')
        AND attcompression <> 'l'
    LOOP
      EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET COMPRESSION lz4', col.tab, col.attname);
    END LOOP;
  END IF;
END
$lz4$;

-- Users are looked up through the indexes that begin with user_id.
CREATE INDEX IF NOT EXISTS idx_resume_documents_user_status
  ON resume_documents (user_id, status);
CREATE INDEX IF NOT EXISTS idx_resume_documents_status
  ON resume_documents (status);
CREATE INDEX IF NOT EXISTS idx_resume_documents_created_at
  ON resume_documents (created_at DESC);
CREATE INDEX IF NOT EXISTS idx_resume_documents_parsed_data
  ON resume_documents USING gin (parsed_data jsonb_path_ops);
CREATE INDEX IF NOT EXISTS idx_resume_documents_file_metadata
  ON resume_documents USING gin (file_metadata jsonb_path_ops);
CREATE UNIQUE INDEX IF NOT EXISTS resume_documents_source_key_key
  ON resume_documents (source_key)
  WHERE source_key IS NOT NULL;

CREATE INDEX IF NOT EXISTS idx_job_documents_user_active_created
  ON job_documents (user_id, is_active, created_at DESC);
CREATE INDEX IF NOT EXISTS idx_job_documents_status
  ON job_documents (status);
CREATE INDEX IF NOT EXISTS idx_job_documents_created_at
  ON job_documents (created_at DESC);
CREATE INDEX IF NOT EXISTS idx_job_documents_parsed_data
  ON job_documents USING gin (parsed_data jsonb_path_ops);
CREATE UNIQUE INDEX IF NOT EXISTS job_documents_source_key_key
  ON job_documents (source_key)
  WHERE source_key IS NOT NULL;

CREATE INDEX IF NOT EXISTS idx_optimization_results_user_id
  ON optimization_results (user_id);
CREATE INDEX IF NOT EXISTS idx_optimization_results_resume_id
  ON optimization_results (resume_id);
CREATE INDEX IF NOT EXISTS idx_optimization_results_job_id
  ON optimization_results (job_id);
CREATE INDEX IF NOT EXISTS idx_optimization_results_parent
  ON optimization_results (parent_optimization_id)
  WHERE parent_optimization_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_optimization_results_created_at
  ON optimization_results (created_at DESC);
CREATE UNIQUE INDEX IF NOT EXISTS optimization_results_source_key_key
  ON optimization_results (source_key)
  WHERE source_key IS NOT NULL;

CREATE INDEX IF NOT EXISTS idx_research_results_user_created
  ON research_results (user_id, created_at DESC);
CREATE INDEX IF NOT EXISTS idx_research_results_resume_id
  ON research_results (resume_id);
CREATE INDEX IF NOT EXISTS idx_research_results_job_id
  ON research_results (job_id);
CREATE INDEX IF NOT EXISTS idx_research_results_company
  ON research_results (company_name, research_type);
CREATE INDEX IF NOT EXISTS idx_research_results_expires_at
  ON research_results (expires_at)
  WHERE expires_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_research_results_research_data
  ON research_results USING gin (research_data jsonb_path_ops);
CREATE UNIQUE INDEX IF NOT EXISTS research_results_source_key_key
  ON research_results (source_key)
  WHERE source_key IS NOT NULL;

CREATE INDEX IF NOT EXISTS idx_document_audit_log_document
  ON document_audit_log (document_id, created_at);
CREATE INDEX IF NOT EXISTS idx_document_audit_log_created_at
  ON document_audit_log (created_at);

CREATE INDEX IF NOT EXISTS idx_document_relations_from
  ON document_relations (from_id, relation);
CREATE INDEX IF NOT EXISTS idx_document_relations_to
  ON document_relations (to_id, relation);

-- While arango2pg loads, rows carry the times of their documents.
CREATE OR REPLACE TRIGGER update_resume_documents_updated_at
  BEFORE UPDATE ON resume_documents
  FOR EACH ROW WHEN (current_setting('arango2pg.loading', true) IS DISTINCT FROM 'on')
  EXECUTE FUNCTION update_updated_at_column();
CREATE OR REPLACE TRIGGER update_job_documents_updated_at
  BEFORE UPDATE ON job_documents
  FOR EACH ROW WHEN (current_setting('arango2pg.loading', true) IS DISTINCT FROM 'on')
  EXECUTE FUNCTION update_updated_at_column();
CREATE OR REPLACE TRIGGER update_optimization_results_updated_at
  BEFORE UPDATE ON optimization_results
  FOR EACH ROW WHEN (current_setting('arango2pg.loading', true) IS DISTINCT FROM 'on')
  EXECUTE FUNCTION update_updated_at_column();
CREATE OR REPLACE TRIGGER update_research_results_updated_at
  BEFORE UPDATE ON research_results
  FOR EACH ROW WHEN (current_setting('arango2pg.loading', true) IS DISTINCT FROM 'on')
  EXECUTE FUNCTION update_updated_at_column();

-- Soft deletion deactivates, whoever does it. Updates only: a row trigger on inserts would slow COPY.
CREATE OR REPLACE FUNCTION deactivate_deleted_document() RETURNS trigger
LANGUAGE plpgsql
AS $function$
BEGIN
  NEW.is_active := false;
  RETURN NEW;
END
$function$;

CREATE OR REPLACE TRIGGER deactivate_deleted_resume
  BEFORE UPDATE OF deleted_at ON resume_documents
  FOR EACH ROW WHEN (NEW.deleted_at IS NOT NULL)
  EXECUTE FUNCTION deactivate_deleted_document();
CREATE OR REPLACE TRIGGER deactivate_deleted_job
  BEFORE UPDATE OF deleted_at ON job_documents
  FOR EACH ROW WHEN (NEW.deleted_at IS NOT NULL)
  EXECUTE FUNCTION deactivate_deleted_document();
CREATE OR REPLACE TRIGGER deactivate_deleted_optimization
  BEFORE UPDATE OF deleted_at ON optimization_results
  FOR EACH ROW WHEN (NEW.deleted_at IS NOT NULL)
  EXECUTE FUNCTION deactivate_deleted_document();
CREATE OR REPLACE TRIGGER deactivate_deleted_research
  BEFORE UPDATE OF deleted_at ON research_results
  FOR EACH ROW WHEN (NEW.deleted_at IS NOT NULL)
  EXECUTE FUNCTION deactivate_deleted_document();

-- user_profiles.resume_id held the key of a résumé in ArangoDB. UUID keys are kept as ids, so it can
-- become what it means.
DO $profiles$
DECLARE
  foreign_keys bigint;
BEGIN
  IF (SELECT atttypid FROM pg_attribute
      WHERE attrelid = 'user_profiles'::regclass AND attname = 'resume_id') = 'text'::regtype THEN
    SELECT count(*)
    INTO foreign_keys
    FROM user_profiles
    WHERE resume_id !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
    IF foreign_keys > 0 THEN
      RAISE EXCEPTION 'user_profiles.resume_id holds % values that are no UUIDs', foreign_keys
        USING HINT = 'Replace them by the ids that the résumés get (UUIDv5 of resumes/<key>) or by NULL.';
    END IF;
    ALTER TABLE user_profiles ALTER COLUMN resume_id TYPE uuid USING resume_id::uuid;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_constraint
                 WHERE conrelid = 'user_profiles'::regclass
                   AND conname = 'user_profiles_resume_id_fkey') THEN
    -- Profiles that are there already point at résumés that are loaded later.
    ALTER TABLE user_profiles
      ADD CONSTRAINT user_profiles_resume_id_fkey
      FOREIGN KEY (resume_id) REFERENCES resume_documents (id) ON DELETE SET NULL NOT VALID;
    IF NOT EXISTS (SELECT FROM user_profiles WHERE resume_id IS NOT NULL) THEN
      ALTER TABLE user_profiles VALIDATE CONSTRAINT user_profiles_resume_id_fkey;
    END IF;
  END IF;
END
$profiles$;

CREATE INDEX IF NOT EXISTS idx_user_profiles_resume_id
  ON user_profiles (resume_id)
  WHERE resume_id IS NOT NULL;

-- migrate:down
DROP INDEX IF EXISTS idx_user_profiles_resume_id;
ALTER TABLE user_profiles DROP CONSTRAINT IF EXISTS user_profiles_resume_id_fkey;
ALTER TABLE user_profiles ALTER COLUMN resume_id TYPE text USING resume_id::text;
DROP TABLE IF EXISTS document_relations;
DROP TABLE IF EXISTS document_audit_log;
DROP TABLE IF EXISTS research_results;
DROP TABLE IF EXISTS optimization_results;
DROP TABLE IF EXISTS job_documents;
DROP TABLE IF EXISTS resume_documents;
DROP FUNCTION IF EXISTS deactivate_deleted_document();

-- migrate:verify
-- Columns: type, ! = not null.
WITH tables (tab, columns) AS (
  VALUES
    ('resume_documents', ARRAY[
      'id uuid!', 'user_id text!', 'filename character varying(255)',
      'content_type character varying(100)', 'file_size bigint', 'file_hash character varying(64)',
      'status character varying(50)!', 'source character varying(50)', 'parsed_data jsonb!',
      'file_metadata jsonb', 'metadata jsonb', 'task_id character varying(255)',
      'error_message text', 'version integer!', 'is_active boolean!',
      'created_at timestamp with time zone!', 'updated_at timestamp with time zone!',
      'source_key text', 'source_rev bigint', 'deleted_at timestamp with time zone']),
    ('job_documents', ARRAY[
      'id uuid!', 'user_id text!', 'company_name character varying(255)',
      'job_title character varying(255)', 'location text', 'remote_type character varying(50)',
      'job_url text', 'status character varying(50)!', 'source_type character varying(20)',
      'source_filename text', 'parsed_data jsonb!', 'requirements jsonb', 'skills jsonb',
      'keywords jsonb', 'scores jsonb', 'metadata jsonb', 'task_id character varying(255)',
      'error_message text', 'expires_at timestamp with time zone', 'is_active boolean!',
      'created_at timestamp with time zone!', 'updated_at timestamp with time zone!',
      'source_key text', 'source_rev bigint', 'deleted_at timestamp with time zone']),
    ('optimization_results', ARRAY[
      'id uuid!', 'user_id text!', 'resume_id uuid', 'job_id uuid', 'parent_optimization_id uuid',
      'optimization_type character varying(50)', 'optimized_content jsonb!', 'suggestions jsonb',
      'matched_keywords jsonb', 'missing_keywords jsonb', 'ats_score numeric(5,2)',
      'keyword_match_score numeric(5,2)', 'version integer!', 'is_active boolean!',
      'metadata jsonb', 'task_id character varying(255)', 'status character varying(50)!',
      'created_at timestamp with time zone!', 'updated_at timestamp with time zone!',
      'source_key text', 'source_rev bigint', 'deleted_at timestamp with time zone']),
    ('research_results', ARRAY[
      'id uuid!', 'user_id text!', 'resume_id uuid', 'job_id uuid',
      'company_name character varying(255)', 'job_title character varying(255)',
      'research_type character varying(50)!', 'content text', 'research_data jsonb!',
      'metadata jsonb', 'task_id character varying(255)', 'status character varying(50)!',
      'is_active boolean!', 'expires_at timestamp with time zone',
      'created_at timestamp with time zone!', 'updated_at timestamp with time zone!',
      'source_key text', 'source_rev bigint', 'deleted_at timestamp with time zone']),
    ('document_audit_log', ARRAY[
      'id bigint!', 'user_id text', 'document_type character varying(50)!', 'document_id uuid',
      'action character varying(20)!', 'changes jsonb!', 'run_id bigint',
      'created_at timestamp with time zone!']),
    ('document_relations', ARRAY[
      'id uuid!', 'relation character varying(50)!', 'from_collection text!', 'from_id uuid!',
      'to_collection text!', 'to_id uuid!', 'attributes jsonb!',
      'created_at timestamp with time zone!', 'source_key text', 'source_rev bigint']),
    ('user_profiles', ARRAY['resume_id uuid'])
), expected AS (
  SELECT tab, split_part(c, ' ', 1) AS col, substr(c, strpos(c, ' ') + 1) AS type
  FROM tables
  CROSS JOIN unnest(columns) AS c
), present AS (
  SELECT attrelid, attname,
         format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN '!' ELSE '' END AS type
  FROM pg_attribute
  WHERE NOT attisdropped
)
SELECT p.type IS NOT DISTINCT FROM e.type AS ok,
       format('column %s.%s is %s, expected %s', e.tab, e.col, coalesce(p.type, 'missing'), e.type)
         AS what
FROM expected e
LEFT JOIN present p ON p.attrelid = to_regclass(e.tab) AND p.attname = e.col;

-- Foreign keys by what they reference and what deletion does.
WITH expected (tab, col, target, on_delete) AS (
  VALUES
    ('resume_documents', 'user_id', '"user"', 'c'),
    ('job_documents', 'user_id', '"user"', 'c'),
    ('optimization_results', 'user_id', '"user"', 'c'),
    ('optimization_results', 'resume_id', 'resume_documents', 'c'),
    ('optimization_results', 'job_id', 'job_documents', 'c'),
    ('optimization_results', 'parent_optimization_id', 'optimization_results', 'n'),
    ('research_results', 'user_id', '"user"', 'c'),
    ('research_results', 'resume_id', 'resume_documents', 'n'),
    ('research_results', 'job_id', 'job_documents', 'n'),
    ('user_profiles', 'resume_id', 'resume_documents', 'n')
)
SELECT EXISTS (
         SELECT
         FROM pg_constraint c
         JOIN pg_attribute own ON own.attrelid = c.conrelid AND own.attnum = c.conkey[1]
         JOIN pg_attribute other ON other.attrelid = c.confrelid AND other.attnum = c.confkey[1]
         WHERE c.contype = 'f'
           AND c.conrelid = to_regclass(e.tab)
           AND c.confrelid = to_regclass(e.target)
           AND cardinality(c.conkey) = 1
           AND own.attname = e.col
           AND other.attname = 'id'
           AND c.confdeltype::text = e.on_delete
           AND (c.convalidated OR e.tab = 'user_profiles')) AS ok,
       format('foreign key %s.%s to %s, delete rule %s', e.tab, e.col, e.target,
              CASE e.on_delete WHEN 'c' THEN 'cascade' ELSE 'set null' END) AS what
FROM expected e;

-- Other constraints by what they say: brackets, blanks and casts are the server's way of printing.
WITH expected (tab, name, definition) AS (
  VALUES
    ('resume_documents', 'resume_documents_pkey', 'PRIMARYKEYid'),
    ('resume_documents', 'resume_status_check',
     'CHECKstatus=ANYARRAY[''pending'',''parsing'',''parsed'',''completed'',''failed'',''manual'']'),
    ('resume_documents', 'resume_source_check',
     'CHECKsource=ANYARRAY[''upload'',''manual'',''import'']'),
    ('resume_documents', 'resume_file_size_check', 'CHECKfile_size>=0'),
    ('resume_documents', 'resume_version_check', 'CHECKversion>0'),
    ('resume_documents', 'resume_dates_check', 'CHECKcreated_at<=updated_at'),
    ('job_documents', 'job_documents_pkey', 'PRIMARYKEYid'),
    ('job_documents', 'job_status_check',
     'CHECKstatus=ANYARRAY[''pending'',''processing'',''completed'',''failed'']'),
    ('job_documents', 'job_source_type_check',
     'CHECKsource_type=ANYARRAY[''url'',''document'',''manual'']'),
    ('job_documents', 'job_expiry_check', 'CHECKexpires_atISNULLORexpires_at>created_at'),
    ('job_documents', 'job_dates_check', 'CHECKcreated_at<=updated_at'),
    ('optimization_results', 'optimization_results_pkey', 'PRIMARYKEYid'),
    ('optimization_results', 'optimization_type_check',
     'CHECKoptimization_type=ANYARRAY[''general'',''ats'',''keyword'',''targeted'']'),
    ('optimization_results', 'optimization_ats_score_check',
     'CHECKats_score>=0ANDats_score<=100'),
    ('optimization_results', 'optimization_keyword_match_score_check',
     'CHECKkeyword_match_score>=0ANDkeyword_match_score<=100'),
    ('optimization_results', 'optimization_version_check', 'CHECKversion>0'),
    ('optimization_results', 'optimization_dates_check', 'CHECKcreated_at<=updated_at'),
    ('research_results', 'research_results_pkey', 'PRIMARYKEYid'),
    ('research_results', 'research_type_check',
     'CHECKresearch_type=ANYARRAY[''company'',''industry'',''role'',''salary'']'),
    ('research_results', 'research_expiry_check', 'CHECKexpires_atISNULLORexpires_at>created_at'),
    ('research_results', 'research_dates_check', 'CHECKcreated_at<=updated_at'),
    ('document_audit_log', 'document_audit_log_pkey', 'PRIMARYKEYid'),
    ('document_audit_log', 'document_audit_log_document_type_check',
     'CHECKdocument_type=ANYARRAY[''resume'',''job'',''optimization'',''research'']'),
    ('document_audit_log', 'document_audit_log_action_check',
     'CHECKaction=ANYARRAY[''insert'',''update'',''delete'',''migrate'']'),
    ('document_relations', 'document_relations_pkey', 'PRIMARYKEYid')
), present AS (
  SELECT conrelid, conname, convalidated,
         regexp_replace(pg_get_constraintdef(oid),
                        '::(character varying|text|numeric)(\[\])?|[()\s]', '', 'g') AS definition
  FROM pg_constraint
)
SELECT p.definition IS NOT DISTINCT FROM e.definition AND p.convalidated AS ok,
       format('constraint %s on %s is %s', e.name, e.tab,
              CASE WHEN p.conname IS NULL THEN 'missing'
                   WHEN NOT p.convalidated THEN 'not validated'
                   ELSE p.definition END) AS what
FROM expected e
LEFT JOIN present p ON p.conrelid = to_regclass(e.tab) AND p.conname = e.name;

WITH expected (tab, name, is_unique, definition) AS (
  VALUES
    ('resume_documents', 'idx_resume_documents_user_status', false, 'btree (user_id, status)'),
    ('resume_documents', 'idx_resume_documents_status', false, 'btree (status)'),
    ('resume_documents', 'idx_resume_documents_created_at', false, 'btree (created_at DESC)'),
    ('resume_documents', 'idx_resume_documents_parsed_data', false,
     'gin (parsed_data jsonb_path_ops)'),
    ('resume_documents', 'idx_resume_documents_file_metadata', false,
     'gin (file_metadata jsonb_path_ops)'),
    ('resume_documents', 'resume_documents_source_key_key', true,
     'btree (source_key) WHERE (source_key IS NOT NULL)'),
    ('job_documents', 'idx_job_documents_user_active_created', false,
     'btree (user_id, is_active, created_at DESC)'),
    ('job_documents', 'idx_job_documents_status', false, 'btree (status)'),
    ('job_documents', 'idx_job_documents_created_at', false, 'btree (created_at DESC)'),
    ('job_documents', 'idx_job_documents_parsed_data', false, 'gin (parsed_data jsonb_path_ops)'),
    ('job_documents', 'job_documents_source_key_key', true,
     'btree (source_key) WHERE (source_key IS NOT NULL)'),
    ('optimization_results', 'idx_optimization_results_user_id', false, 'btree (user_id)'),
    ('optimization_results', 'idx_optimization_results_resume_id', false, 'btree (resume_id)'),
    ('optimization_results', 'idx_optimization_results_job_id', false, 'btree (job_id)'),
    ('optimization_results', 'idx_optimization_results_parent', false,
     'btree (parent_optimization_id) WHERE (parent_optimization_id IS NOT NULL)'),
    ('optimization_results', 'idx_optimization_results_created_at', false,
     'btree (created_at DESC)'),
    ('optimization_results', 'optimization_results_source_key_key', true,
     'btree (source_key) WHERE (source_key IS NOT NULL)'),
    ('research_results', 'idx_research_results_user_created', false,
     'btree (user_id, created_at DESC)'),
    ('research_results', 'idx_research_results_resume_id', false, 'btree (resume_id)'),
    ('research_results', 'idx_research_results_job_id', false, 'btree (job_id)'),
    ('research_results', 'idx_research_results_company', false,
     'btree (company_name, research_type)'),
    ('research_results', 'idx_research_results_expires_at', false,
     'btree (expires_at) WHERE (expires_at IS NOT NULL)'),
    ('research_results', 'idx_research_results_research_data', false,
     'gin (research_data jsonb_path_ops)'),
    ('research_results', 'research_results_source_key_key', true,
     'btree (source_key) WHERE (source_key IS NOT NULL)'),
    ('document_audit_log', 'idx_document_audit_log_document', false,
     'btree (document_id, created_at)'),
    ('document_audit_log', 'idx_document_audit_log_created_at', false, 'btree (created_at)'),
    ('document_relations', 'idx_document_relations_from', false, 'btree (from_id, relation)'),
    ('document_relations', 'idx_document_relations_to', false, 'btree (to_id, relation)'),
    ('user_profiles', 'idx_user_profiles_resume_id', false,
     'btree (resume_id) WHERE (resume_id IS NOT NULL)')
), present AS (
  SELECT i.indrelid, c.relname, i.indisunique, i.indisvalid AND i.indisready AS usable,
         substring(pg_get_indexdef(i.indexrelid) FROM ' USING (.*)$') AS definition
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
)
SELECT p.usable AND p.indisunique = e.is_unique AND p.definition = e.definition AS ok,
       format('index %s on %s is %s%s, expected %s%s', e.name, e.tab,
              CASE WHEN NOT p.usable THEN 'invalid ' WHEN p.indisunique THEN 'unique ' ELSE '' END,
              coalesce(p.definition, 'missing'),
              CASE WHEN e.is_unique THEN 'unique ' ELSE '' END, e.definition) AS what
FROM expected e
LEFT JOIN present p ON p.indrelid = to_regclass(e.tab) AND p.relname = e.name;

SELECT attcompression = 'l' OR NOT EXISTS (SELECT FROM pg_settings
                                           WHERE name = 'default_toast_compression'
                                             AND 'lz4' = ANY (enumvals)) AS ok,
       format('column %s.%s is compressed by lz4', attrelid::regclass, attname) AS what
FROM pg_attribute
WHERE attrelid IN (to_regclass('resume_documents'), to_regclass('job_documents'),
                   to_regclass('optimization_results'), to_regclass('research_results'),
                   to_regclass('document_audit_log'), to_regclass('document_relations'))
  AND NOT attisdropped
  AND (atttypid = 'jsonb'::regtype OR attname = 'content');

WITH expected (tab, name, function) AS (
  VALUES
    ('resume_documents', 'update_resume_documents_updated_at', 'update_updated_at_column'),
    ('job_documents', 'update_job_documents_updated_at', 'update_updated_at_column'),
    ('optimization_results', 'update_optimization_results_updated_at', 'update_updated_at_column'),
    ('research_results', 'update_research_results_updated_at', 'update_updated_at_column'),
    ('resume_documents', 'deactivate_deleted_resume', 'deactivate_deleted_document'),
    ('job_documents', 'deactivate_deleted_job', 'deactivate_deleted_document'),
    ('optimization_results', 'deactivate_deleted_optimization', 'deactivate_deleted_document'),
    ('research_results', 'deactivate_deleted_research', 'deactivate_deleted_document')
)
SELECT EXISTS (SELECT FROM pg_trigger t
               WHERE t.tgrelid = to_regclass(e.tab)
                 AND t.tgname = e.name
                 AND t.tgfoid = to_regproc(e.function)
                 AND t.tgenabled IN ('O', 'A')
                 AND (e.name LIKE 'deactivate%'
                      OR pg_get_triggerdef(t.oid) LIKE '%arango2pg.loading%')) AS ok,
       format('trigger %s on %s is there, enabled, calls %s%s', e.name, e.tab, e.function,
              CASE WHEN e.name LIKE 'deactivate%' THEN '' ELSE ' and stands back while loading' END)
         AS what
FROM expected e;
