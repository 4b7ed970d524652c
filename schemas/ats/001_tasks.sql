-- Background tasks of the application, their timings, and the results that ArangoDB kept in
-- `task_results`. tasks and task_metrics may be there already: they never lived in ArangoDB.

-- migrate:up
CREATE TABLE IF NOT EXISTS tasks (
  id                    uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id               text NOT NULL,
  task_type             varchar(50) NOT NULL,
  status                varchar(20) NOT NULL DEFAULT 'pending',
  priority              integer DEFAULT 2,
  payload               jsonb NOT NULL,
  result_id             text,
  error_message         text,
  retry_count           integer DEFAULT 0,
  max_retries           integer DEFAULT 3,
  progress              integer DEFAULT 0,
  estimated_duration_ms integer,
  created_at            timestamptz DEFAULT now(),
  started_at            timestamptz,
  completed_at          timestamptz,
  expires_at            timestamptz DEFAULT now() + interval '7 days',
  CONSTRAINT tasks_status_check
    CHECK (status IN ('pending', 'running', 'completed', 'failed', 'cancelled')),
  CONSTRAINT tasks_priority_check
    CHECK (priority BETWEEN 1 AND 3),
  CONSTRAINT tasks_progress_check
    CHECK (progress BETWEEN 0 AND 100),
  CONSTRAINT tasks_retry_count_check
    CHECK (retry_count >= 0 AND retry_count <= max_retries)
);

COMMENT ON COLUMN tasks.task_type IS 'parse_resume, parse_job, optimize, score, research';
COMMENT ON COLUMN tasks.priority IS '1 high, 2 normal, 3 low';
COMMENT ON COLUMN tasks.result_id IS 'task_results.source_key: the key of the result in ArangoDB';

CREATE INDEX IF NOT EXISTS idx_tasks_status ON tasks (status);
CREATE INDEX IF NOT EXISTS idx_tasks_type ON tasks (task_type);
CREATE INDEX IF NOT EXISTS idx_tasks_created_at ON tasks (created_at);
-- Also serves look-ups by user alone.
CREATE INDEX IF NOT EXISTS idx_tasks_user_status ON tasks (user_id, status);

CREATE TABLE IF NOT EXISTS task_metrics (
  id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  task_type   varchar(50) NOT NULL,
  duration_ms integer NOT NULL,
  status      varchar(20) NOT NULL,
  error_type  varchar(50),
  worker_id   varchar(100),
  created_at  timestamptz DEFAULT now(),
  CONSTRAINT task_metrics_status_check
    CHECK (status IN ('completed', 'failed', 'cancelled'))
);

CREATE INDEX IF NOT EXISTS idx_task_metrics_type_date ON task_metrics (task_type, created_at);

-- A result outlives its task: tasks expire after a week and never were in ArangoDB, so no foreign key.
CREATE TABLE IF NOT EXISTS task_results (
  id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  task_id    uuid,
  result     jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  source_key text,
  source_rev bigint
);

CREATE INDEX IF NOT EXISTS idx_task_results_task_id ON task_results (task_id);
CREATE UNIQUE INDEX IF NOT EXISTS task_results_source_key_key
  ON task_results (source_key)
  WHERE source_key IS NOT NULL;

DO $lz4$
BEGIN
  -- Half the loading time of pglz; servers built without lz4 keep their default.
  IF EXISTS (SELECT FROM pg_settings
             WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
    ALTER TABLE task_results ALTER COLUMN result SET COMPRESSION lz4;
  END IF;
END
$lz4$;

-- migrate:down
DROP TABLE IF EXISTS task_results;
DROP TABLE IF EXISTS task_metrics;
DROP TABLE IF EXISTS tasks;

-- migrate:verify
DO $verify$
DECLARE
  problems text;
BEGIN
  WITH expected (tab, col, type, required) AS (
    VALUES
      ('tasks', 'id', 'uuid', true),
      ('tasks', 'user_id', 'text', true),
      ('tasks', 'task_type', 'character varying(50)', true),
      ('tasks', 'status', 'character varying(20)', true),
      ('tasks', 'priority', 'integer', false),
      ('tasks', 'payload', 'jsonb', true),
      ('tasks', 'result_id', 'text', false),
      ('tasks', 'error_message', 'text', false),
      ('tasks', 'retry_count', 'integer', false),
      ('tasks', 'max_retries', 'integer', false),
      ('tasks', 'progress', 'integer', false),
      ('tasks', 'estimated_duration_ms', 'integer', false),
      ('tasks', 'created_at', 'timestamp with time zone', false),
      ('tasks', 'started_at', 'timestamp with time zone', false),
      ('tasks', 'completed_at', 'timestamp with time zone', false),
      ('tasks', 'expires_at', 'timestamp with time zone', false),
      ('task_metrics', 'id', 'uuid', true),
      ('task_metrics', 'task_type', 'character varying(50)', true),
      ('task_metrics', 'duration_ms', 'integer', true),
      ('task_metrics', 'status', 'character varying(20)', true),
      ('task_metrics', 'error_type', 'character varying(50)', false),
      ('task_metrics', 'worker_id', 'character varying(100)', false),
      ('task_metrics', 'created_at', 'timestamp with time zone', false),
      ('task_results', 'id', 'uuid', true),
      ('task_results', 'task_id', 'uuid', false),
      ('task_results', 'result', 'jsonb', true),
      ('task_results', 'created_at', 'timestamp with time zone', true),
      ('task_results', 'source_key', 'text', false),
      ('task_results', 'source_rev', 'bigint', false)
  )
  SELECT string_agg(format('column %s.%s is %s, expected %s%s', e.tab, e.col,
           coalesce(format_type(a.atttypid, a.atttypmod)
                    || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END, 'missing'),
           e.type, CASE WHEN e.required THEN ' not null' ELSE '' END), '; ')
  INTO problems
  FROM expected e
  LEFT JOIN pg_attribute a
    ON a.attrelid = to_regclass(e.tab) AND a.attname = e.col AND NOT a.attisdropped
  WHERE a.attname IS NULL
     OR format_type(a.atttypid, a.atttypmod) <> e.type
     OR a.attnotnull <> e.required;
  IF problems IS NOT NULL THEN
    RAISE EXCEPTION '001_tasks: %', problems;
  END IF;

  -- Constraints by what they say: brackets, blanks and casts are the server's way of printing.
  WITH expected (tab, name, definition) AS (
    VALUES
      ('tasks', 'tasks_pkey', 'PRIMARYKEYid'),
      ('tasks', 'tasks_status_check',
       'CHECKstatus=ANYARRAY[''pending'',''running'',''completed'',''failed'',''cancelled'']'),
      ('tasks', 'tasks_priority_check', 'CHECKpriority>=1ANDpriority<=3'),
      ('tasks', 'tasks_progress_check', 'CHECKprogress>=0ANDprogress<=100'),
      ('tasks', 'tasks_retry_count_check', 'CHECKretry_count>=0ANDretry_count<=max_retries'),
      ('task_metrics', 'task_metrics_pkey', 'PRIMARYKEYid'),
      ('task_metrics', 'task_metrics_status_check',
       'CHECKstatus=ANYARRAY[''completed'',''failed'',''cancelled'']'),
      ('task_results', 'task_results_pkey', 'PRIMARYKEYid')
  ), present AS (
    SELECT conrelid, conname, convalidated,
           regexp_replace(pg_get_constraintdef(oid),
                          '::(character varying|text|numeric)(\[\])?|[()\s]', '', 'g') AS definition
    FROM pg_constraint
  )
  SELECT string_agg(format('constraint %s on %s is %s', e.name, e.tab,
           CASE WHEN p.conname IS NULL THEN 'missing'
                WHEN NOT p.convalidated THEN 'not validated'
                ELSE p.definition END), '; ')
  INTO problems
  FROM expected e
  LEFT JOIN present p ON p.conrelid = to_regclass(e.tab) AND p.conname = e.name
  WHERE p.conname IS NULL OR NOT p.convalidated OR p.definition <> e.definition;
  IF problems IS NOT NULL THEN
    RAISE EXCEPTION '001_tasks: %', problems;
  END IF;

  WITH expected (tab, name, definition) AS (
    VALUES
      ('tasks', 'idx_tasks_status', 'btree (status)'),
      ('tasks', 'idx_tasks_type', 'btree (task_type)'),
      ('tasks', 'idx_tasks_created_at', 'btree (created_at)'),
      ('tasks', 'idx_tasks_user_status', 'btree (user_id, status)'),
      ('task_metrics', 'idx_task_metrics_type_date', 'btree (task_type, created_at)'),
      ('task_results', 'idx_task_results_task_id', 'btree (task_id)'),
      ('task_results', 'task_results_source_key_key',
       'btree (source_key) WHERE (source_key IS NOT NULL)')
  ), present AS (
    SELECT i.indrelid, c.relname, i.indisvalid AND i.indisready AS usable,
           substring(pg_get_indexdef(i.indexrelid) FROM ' USING (.*)$') AS definition
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
  )
  SELECT string_agg(format('index %s on %s is %s, expected %s', e.name, e.tab,
           CASE WHEN p.relname IS NULL THEN 'missing'
                WHEN NOT p.usable THEN 'invalid'
                ELSE p.definition END, e.definition), '; ')
  INTO problems
  FROM expected e
  LEFT JOIN present p ON p.indrelid = to_regclass(e.tab) AND p.relname = e.name
  WHERE p.relname IS NULL OR NOT p.usable OR p.definition <> e.definition;
  IF problems IS NOT NULL THEN
    RAISE EXCEPTION '001_tasks: %', problems;
  END IF;
END
$verify$;
