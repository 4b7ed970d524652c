-- Organisations and users (made only where they are absent), requests, their stages and events, and
-- the hourly metrics.
--   source_key  the document's _key, source_rev its decoded _rev (lets resync skip and order changes)
--   deleted_at  set when the document is gone from the source
-- All times are timestamptz: the original's were without zone, in UTC from the workers and in the
-- server's zone from its defaults.

-- migrate:up
DO $present$
BEGIN
  -- Looked for along the whole search path: the pack may live in a schema of its own.
  IF to_regclass('organizations') IS NULL THEN
    CREATE TABLE organizations (
      organization_id   varchar(100) PRIMARY KEY,
      name              varchar(255) NOT NULL,
      type              varchar(50) NOT NULL DEFAULT 'school_district',
      domain            varchar(255),
      subscription_tier varchar(50) DEFAULT 'free',
      settings          jsonb COMPRESSION lz4 DEFAULT '{}',
      created_at        timestamptz NOT NULL DEFAULT now(),
      updated_at        timestamptz NOT NULL DEFAULT now(),
      archived          boolean NOT NULL DEFAULT false,
      archived_at       timestamptz,
      source_rev        bigint,
      deleted_at        timestamptz
    );
    CREATE INDEX idx_organizations_domain ON organizations (domain) WHERE domain IS NOT NULL;
    CREATE INDEX idx_organizations_archived ON organizations (archived) WHERE NOT archived;
    COMMENT ON TABLE organizations IS
      'School districts and other customers. Made by schema pack requests.';
  END IF;

  IF to_regclass('users') IS NULL THEN
    -- What requests need to know about a user. No password: logins are the application's affair.
    CREATE TABLE users (
      user_id             varchar(100) PRIMARY KEY,
      email               varchar(255) NOT NULL UNIQUE,
      first_name          varchar(100) NOT NULL,
      last_name           varchar(100) NOT NULL,
      role                user_role NOT NULL,
      status              user_status NOT NULL DEFAULT 'active',
      organization_id     varchar(100) REFERENCES organizations (organization_id),
      school_id           varchar(100),
      grade_level         integer CHECK (grade_level BETWEEN 9 AND 12),
      teacher_data        jsonb COMPRESSION lz4,
      profile_picture_url text,
      bio                 text,
      last_login_at       timestamptz,
      login_count         integer NOT NULL DEFAULT 0,
      created_at          timestamptz NOT NULL DEFAULT now(),
      updated_at          timestamptz NOT NULL DEFAULT now(),
      archived            boolean NOT NULL DEFAULT false,
      archived_at         timestamptz,
      source_rev          bigint,
      deleted_at          timestamptz
    );
    CREATE INDEX idx_users_organization ON users (organization_id);
    COMMENT ON TABLE users IS 'Students and teachers. Made by schema pack requests.';
  END IF;
END
$present$;

CREATE TABLE pipeline_stage_definitions (
  id                         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  stage_name                 varchar(100) NOT NULL UNIQUE,
  display_name               varchar(200) NOT NULL,
  stage_order                integer NOT NULL,
  estimated_duration_seconds integer,
  description                text,
  is_critical                boolean NOT NULL DEFAULT true
);

COMMENT ON COLUMN pipeline_stage_definitions.is_critical IS
  'a request whose stage failed can''t be completed; others only count as done';

INSERT INTO pipeline_stage_definitions
  (stage_name, display_name, stage_order, estimated_duration_seconds, description, is_critical)
VALUES
  ('validation', 'Validation', 1, 2, 'Checks the request and its student', true),
  ('rag_retrieval', 'Retrieval', 2, 10, 'Looks up teaching material for the topic', true),
  ('script_generation', 'Script', 3, 30, 'Writes the script of the video', true),
  ('video_generation', 'Video', 4, 120, 'Renders the video', true),
  ('video_processing', 'Processing', 5, 20, 'Encodes and uploads the video', true),
  ('notification', 'Notification', 6, 2, 'Tells the student that the video is ready', false);

CREATE TABLE content_requests (
  id                     uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  correlation_id         varchar(64) NOT NULL,
  student_id             varchar(100) NOT NULL,
  topic                  varchar(500) NOT NULL,
  learning_objective     text,
  grade_level            varchar(50),
  duration_minutes       integer,
  status                 content_request_status NOT NULL DEFAULT 'pending',
  current_stage          varchar(100),
  progress_percentage    integer NOT NULL DEFAULT 0,
  created_at             timestamptz NOT NULL DEFAULT now(),
  started_at             timestamptz,
  completed_at           timestamptz,
  failed_at              timestamptz,
  video_url              text,
  script_text            text,
  thumbnail_url          text,
  error_message          text,
  error_stage            varchar(100),
  error_details          jsonb COMPRESSION lz4,
  retry_count            integer NOT NULL DEFAULT 0,
  request_metadata       jsonb COMPRESSION lz4,
  total_duration_seconds integer,
  organization_id        varchar(100),
  source_key             text,
  source_rev             bigint,
  deleted_at             timestamptz,
  CONSTRAINT content_requests_correlation_id_key UNIQUE (correlation_id),
  CONSTRAINT content_requests_student_id_fkey
    FOREIGN KEY (student_id) REFERENCES users (user_id) ON DELETE CASCADE,
  CONSTRAINT content_requests_organization_id_fkey
    FOREIGN KEY (organization_id) REFERENCES organizations (organization_id),
  CONSTRAINT content_requests_progress_percentage_check
    CHECK (progress_percentage BETWEEN 0 AND 100)
);

CREATE INDEX idx_content_requests_correlation ON content_requests (correlation_id);
CREATE INDEX idx_content_requests_student ON content_requests (student_id);
CREATE INDEX idx_content_requests_status ON content_requests (status);
CREATE INDEX idx_content_requests_created ON content_requests (created_at DESC);
CREATE INDEX idx_content_requests_org ON content_requests (organization_id);

CREATE TABLE request_stages (
  id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  request_id       uuid NOT NULL,
  stage_name       varchar(100) NOT NULL,
  stage_order      integer NOT NULL,
  status           content_stage_status NOT NULL DEFAULT 'pending',
  started_at       timestamptz,
  completed_at     timestamptz,
  duration_seconds numeric(10,3),
  output_data      jsonb COMPRESSION lz4,
  error_message    text,
  error_details    jsonb COMPRESSION lz4,
  retry_count      integer NOT NULL DEFAULT 0,
  max_retries      integer NOT NULL DEFAULT 3,
  stage_metadata   jsonb COMPRESSION lz4,
  CONSTRAINT request_stages_request_id_fkey
    FOREIGN KEY (request_id) REFERENCES content_requests (id) ON DELETE CASCADE,
  CONSTRAINT unique_stage_per_request UNIQUE (request_id, stage_name)
);

CREATE INDEX idx_request_stages_request ON request_stages (request_id, stage_order);
CREATE INDEX idx_request_stages_status ON request_stages (status);

CREATE TABLE request_events (
  id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  request_id     uuid NOT NULL,
  event_type     varchar(100) NOT NULL,
  event_message  text NOT NULL,
  stage_name     varchar(100),
  severity       varchar(20) NOT NULL DEFAULT 'info',
  created_at     timestamptz NOT NULL DEFAULT now(),
  event_data     jsonb COMPRESSION lz4,
  source_service varchar(100),
  source_host    varchar(255),
  CONSTRAINT request_events_request_id_fkey
    FOREIGN KEY (request_id) REFERENCES content_requests (id) ON DELETE CASCADE,
  CONSTRAINT request_events_severity_check
    CHECK (severity IN ('info', 'warning', 'error', 'critical'))
);

COMMENT ON COLUMN request_events.event_type IS
  'created, status_change, retry, stage_started, stage_completed, stage_failed, stage_skipped by '
  'triggers; error, api_call, circuit_breaker_open and others by the application';

CREATE INDEX idx_request_events_request ON request_events (request_id, created_at DESC);
CREATE INDEX idx_request_events_type ON request_events (event_type);
CREATE INDEX idx_request_events_severity ON request_events (severity);
CREATE INDEX idx_request_events_created ON request_events (created_at DESC);

CREATE TABLE request_metrics (
  id                         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  time_bucket                timestamptz NOT NULL,
  organization_id            varchar(100),
  total_requests             integer NOT NULL DEFAULT 0,
  successful_requests        integer NOT NULL DEFAULT 0,
  failed_requests            integer NOT NULL DEFAULT 0,
  cancelled_requests         integer NOT NULL DEFAULT 0,
  avg_total_duration         numeric(10,2),
  avg_validation_duration    numeric(10,2),
  avg_rag_duration           numeric(10,2),
  avg_script_duration        numeric(10,2),
  avg_video_duration         numeric(10,2),
  validation_errors          integer NOT NULL DEFAULT 0,
  rag_errors                 integer NOT NULL DEFAULT 0,
  script_errors              integer NOT NULL DEFAULT 0,
  video_errors               integer NOT NULL DEFAULT 0,
  upload_errors              integer NOT NULL DEFAULT 0,
  circuit_breaker_open_count integer NOT NULL DEFAULT 0,
  updated_at                 timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT request_metrics_organization_id_fkey
    FOREIGN KEY (organization_id) REFERENCES organizations (organization_id),
  -- Without NULLS NOT DISTINCT the rows of requests without organisation would double.
  CONSTRAINT unique_metrics_bucket UNIQUE NULLS NOT DISTINCT (time_bucket, organization_id)
);

COMMENT ON COLUMN request_metrics.time_bucket IS 'a full hour of UTC, by the request''s created_at';

CREATE INDEX idx_request_metrics_time ON request_metrics (time_bucket DESC);
CREATE INDEX idx_request_metrics_org ON request_metrics (organization_id);

-- Edges from a student to a request. Several students may ask for the same video, one of them more
-- than once: the edge's own key is the identity. No foreign keys: ends may dangle in ArangoDB.
CREATE TABLE requested_by (
  id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  student_id   varchar(100) NOT NULL,
  request_id   uuid NOT NULL,
  requested_at timestamptz NOT NULL DEFAULT now(),
  attributes   jsonb COMPRESSION lz4 NOT NULL DEFAULT '{}',
  source_key   text,
  source_rev   bigint
);

CREATE INDEX idx_requested_by_request ON requested_by (request_id);
CREATE INDEX idx_requested_by_student ON requested_by (student_id, requested_at DESC);

-- migrate:down
DROP TABLE requested_by;
DROP TABLE request_metrics;
DROP TABLE request_events;
DROP TABLE request_stages;
DROP TABLE content_requests;
DROP TABLE pipeline_stage_definitions;

-- Users and organisations that were there before stay.
DO $present$
BEGIN
  IF obj_description(to_regclass('users'), 'pg_class') LIKE '%Made by schema pack requests.' THEN
    DROP TABLE users;
  END IF;
  IF obj_description(to_regclass('organizations'), 'pg_class')
     LIKE '%Made by schema pack requests.' THEN
    DROP TABLE organizations;
  END IF;
END
$present$;

-- migrate:verify
-- Organisations and users may be older than this pack: only what others rely on is asked for.
SELECT coalesce(p.type = e.type || CASE WHEN e.required THEN ' not null' ELSE '' END, false),
       format('column %s.%s is %s, expected %s%s', e.tab, e.col, coalesce(p.type, 'missing'), e.type,
              CASE WHEN e.required THEN ' not null' ELSE '' END)
FROM (VALUES
  ('organizations', 'organization_id', 'character varying(100)', true),
  ('organizations', 'name', 'character varying(255)', true),
  ('users', 'user_id', 'character varying(100)', true),
  ('users', 'first_name', 'character varying(100)', true),
  ('users', 'last_name', 'character varying(100)', true),
  ('pipeline_stage_definitions', 'id', 'uuid', true),
  ('pipeline_stage_definitions', 'stage_name', 'character varying(100)', true),
  ('pipeline_stage_definitions', 'display_name', 'character varying(200)', true),
  ('pipeline_stage_definitions', 'stage_order', 'integer', true),
  ('pipeline_stage_definitions', 'estimated_duration_seconds', 'integer', false),
  ('pipeline_stage_definitions', 'description', 'text', false),
  ('pipeline_stage_definitions', 'is_critical', 'boolean', true),
  ('content_requests', 'id', 'uuid', true),
  ('content_requests', 'correlation_id', 'character varying(64)', true),
  ('content_requests', 'student_id', 'character varying(100)', true),
  ('content_requests', 'topic', 'character varying(500)', true),
  ('content_requests', 'learning_objective', 'text', false),
  ('content_requests', 'grade_level', 'character varying(50)', false),
  ('content_requests', 'duration_minutes', 'integer', false),
  ('content_requests', 'status', 'content_request_status', true),
  ('content_requests', 'current_stage', 'character varying(100)', false),
  ('content_requests', 'progress_percentage', 'integer', true),
  ('content_requests', 'created_at', 'timestamp with time zone', true),
  ('content_requests', 'started_at', 'timestamp with time zone', false),
  ('content_requests', 'completed_at', 'timestamp with time zone', false),
  ('content_requests', 'failed_at', 'timestamp with time zone', false),
  ('content_requests', 'video_url', 'text', false),
  ('content_requests', 'script_text', 'text', false),
  ('content_requests', 'thumbnail_url', 'text', false),
  ('content_requests', 'error_message', 'text', false),
  ('content_requests', 'error_stage', 'character varying(100)', false),
  ('content_requests', 'error_details', 'jsonb', false),
  ('content_requests', 'retry_count', 'integer', true),
  ('content_requests', 'request_metadata', 'jsonb', false),
  ('content_requests', 'total_duration_seconds', 'integer', false),
  ('content_requests', 'organization_id', 'character varying(100)', false),
  ('content_requests', 'source_key', 'text', false),
  ('content_requests', 'source_rev', 'bigint', false),
  ('content_requests', 'deleted_at', 'timestamp with time zone', false),
  ('request_stages', 'id', 'uuid', true),
  ('request_stages', 'request_id', 'uuid', true),
  ('request_stages', 'stage_name', 'character varying(100)', true),
  ('request_stages', 'stage_order', 'integer', true),
  ('request_stages', 'status', 'content_stage_status', true),
  ('request_stages', 'started_at', 'timestamp with time zone', false),
  ('request_stages', 'completed_at', 'timestamp with time zone', false),
  ('request_stages', 'duration_seconds', 'numeric(10,3)', false),
  ('request_stages', 'output_data', 'jsonb', false),
  ('request_stages', 'error_message', 'text', false),
  ('request_stages', 'error_details', 'jsonb', false),
  ('request_stages', 'retry_count', 'integer', true),
  ('request_stages', 'max_retries', 'integer', true),
  ('request_stages', 'stage_metadata', 'jsonb', false),
  ('request_events', 'id', 'uuid', true),
  ('request_events', 'request_id', 'uuid', true),
  ('request_events', 'event_type', 'character varying(100)', true),
  ('request_events', 'event_message', 'text', true),
  ('request_events', 'stage_name', 'character varying(100)', false),
  ('request_events', 'severity', 'character varying(20)', true),
  ('request_events', 'created_at', 'timestamp with time zone', true),
  ('request_events', 'event_data', 'jsonb', false),
  ('request_events', 'source_service', 'character varying(100)', false),
  ('request_events', 'source_host', 'character varying(255)', false),
  ('request_metrics', 'id', 'uuid', true),
  ('request_metrics', 'time_bucket', 'timestamp with time zone', true),
  ('request_metrics', 'organization_id', 'character varying(100)', false),
  ('request_metrics', 'total_requests', 'integer', true),
  ('request_metrics', 'successful_requests', 'integer', true),
  ('request_metrics', 'failed_requests', 'integer', true),
  ('request_metrics', 'cancelled_requests', 'integer', true),
  ('request_metrics', 'avg_total_duration', 'numeric(10,2)', false),
  ('request_metrics', 'avg_validation_duration', 'numeric(10,2)', false),
  ('request_metrics', 'avg_rag_duration', 'numeric(10,2)', false),
  ('request_metrics', 'avg_script_duration', 'numeric(10,2)', false),
  ('request_metrics', 'avg_video_duration', 'numeric(10,2)', false),
  ('request_metrics', 'validation_errors', 'integer', true),
  ('request_metrics', 'rag_errors', 'integer', true),
  ('request_metrics', 'script_errors', 'integer', true),
  ('request_metrics', 'video_errors', 'integer', true),
  ('request_metrics', 'upload_errors', 'integer', true),
  ('request_metrics', 'circuit_breaker_open_count', 'integer', true),
  ('request_metrics', 'updated_at', 'timestamp with time zone', true),
  ('requested_by', 'id', 'uuid', true),
  ('requested_by', 'student_id', 'character varying(100)', true),
  ('requested_by', 'request_id', 'uuid', true),
  ('requested_by', 'requested_at', 'timestamp with time zone', true),
  ('requested_by', 'attributes', 'jsonb', true),
  ('requested_by', 'source_key', 'text', false),
  ('requested_by', 'source_rev', 'bigint', false)
) AS e (tab, col, type, required)
LEFT JOIN LATERAL (
  SELECT format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN ' not null' ELSE '' END AS type
  FROM pg_attribute
  WHERE attrelid = to_regclass(e.tab) AND attname = e.col AND NOT attisdropped
) AS p ON true;

-- Constraints by what they say: brackets, blanks and casts are the server's way of printing, and it
-- prints another way after a dump and restore.
SELECT coalesce(p.valid AND regexp_replace(p.definition, p.noise, '', 'g')
                            = regexp_replace(e.definition, p.noise, '', 'g'), false),
       format('constraint %s on %s is %s, expected %s', e.name, e.tab,
              CASE WHEN p.valid THEN p.definition WHEN NOT p.valid THEN 'not validated'
                   ELSE 'missing' END, e.definition)
FROM (VALUES
  ('content_requests', 'content_requests_pkey', 'PRIMARY KEY (id)'),
  ('content_requests', 'content_requests_correlation_id_key', 'UNIQUE (correlation_id)'),
  ('content_requests', 'content_requests_student_id_fkey',
   'FOREIGN KEY (student_id) REFERENCES users(user_id) ON DELETE CASCADE'),
  ('content_requests', 'content_requests_organization_id_fkey',
   'FOREIGN KEY (organization_id) REFERENCES organizations(organization_id)'),
  ('content_requests', 'content_requests_progress_percentage_check',
   'CHECK (progress_percentage >= 0 AND progress_percentage <= 100)'),
  ('request_stages', 'request_stages_pkey', 'PRIMARY KEY (id)'),
  ('request_stages', 'request_stages_request_id_fkey',
   'FOREIGN KEY (request_id) REFERENCES content_requests(id) ON DELETE CASCADE'),
  ('request_stages', 'unique_stage_per_request', 'UNIQUE (request_id, stage_name)'),
  ('request_events', 'request_events_pkey', 'PRIMARY KEY (id)'),
  ('request_events', 'request_events_request_id_fkey',
   'FOREIGN KEY (request_id) REFERENCES content_requests(id) ON DELETE CASCADE'),
  ('request_events', 'request_events_severity_check',
   'CHECK (severity = ANY (ARRAY[''info'', ''warning'', ''error'', ''critical'']))'),
  ('request_metrics', 'request_metrics_pkey', 'PRIMARY KEY (id)'),
  ('request_metrics', 'request_metrics_organization_id_fkey',
   'FOREIGN KEY (organization_id) REFERENCES organizations(organization_id)'),
  ('request_metrics', 'unique_metrics_bucket',
   'UNIQUE NULLS NOT DISTINCT (time_bucket, organization_id)'),
  ('pipeline_stage_definitions', 'pipeline_stage_definitions_pkey', 'PRIMARY KEY (id)'),
  ('pipeline_stage_definitions', 'pipeline_stage_definitions_stage_name_key', 'UNIQUE (stage_name)'),
  ('requested_by', 'requested_by_pkey', 'PRIMARY KEY (id)')
) AS e (tab, name, definition)
LEFT JOIN LATERAL (
  SELECT convalidated AS valid, pg_get_constraintdef(oid) AS definition,
         '::(character varying|text)(\[\])?|[()\s]' AS noise
  FROM pg_constraint
  WHERE conrelid = to_regclass(e.tab) AND conname = e.name
) AS p ON true;

SELECT coalesce(p.valid AND p.definition = e.definition, false),
       format('index %s on %s is %s, expected %s', e.name, e.tab,
              CASE WHEN p.valid THEN p.definition WHEN NOT p.valid THEN 'invalid' ELSE 'missing' END,
              e.definition)
FROM (VALUES
  ('content_requests', 'idx_content_requests_correlation', 'btree (correlation_id)'),
  ('content_requests', 'idx_content_requests_student', 'btree (student_id)'),
  ('content_requests', 'idx_content_requests_status', 'btree (status)'),
  ('content_requests', 'idx_content_requests_created', 'btree (created_at DESC)'),
  ('content_requests', 'idx_content_requests_org', 'btree (organization_id)'),
  ('request_stages', 'idx_request_stages_request', 'btree (request_id, stage_order)'),
  ('request_stages', 'idx_request_stages_status', 'btree (status)'),
  ('request_events', 'idx_request_events_request', 'btree (request_id, created_at DESC)'),
  ('request_events', 'idx_request_events_type', 'btree (event_type)'),
  ('request_events', 'idx_request_events_severity', 'btree (severity)'),
  ('request_events', 'idx_request_events_created', 'btree (created_at DESC)'),
  ('request_metrics', 'idx_request_metrics_time', 'btree (time_bucket DESC)'),
  ('request_metrics', 'idx_request_metrics_org', 'btree (organization_id)'),
  ('requested_by', 'idx_requested_by_request', 'btree (request_id)'),
  ('requested_by', 'idx_requested_by_student', 'btree (student_id, requested_at DESC)')
) AS e (tab, name, definition)
LEFT JOIN LATERAL (
  SELECT i.indisvalid AND i.indisready AS valid,
         substring(pg_get_indexdef(i.indexrelid) FROM ' USING (.*)$') AS definition
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
  WHERE i.indrelid = to_regclass(e.tab) AND c.relname = e.name
) AS p ON true;

SELECT count(*) = 6 AND count(*) FILTER (WHERE NOT is_critical) = 1,
       'pipeline_stage_definitions holds other stages than the six of the pipeline'
FROM pipeline_stage_definitions
WHERE stage_name IN ('validation', 'rag_retrieval', 'script_generation', 'video_generation',
                     'video_processing', 'notification');
