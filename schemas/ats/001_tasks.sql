-- Background tasks of the application, their timings, and the results that ArangoDB kept in
-- `task_results`. tasks and task_metrics may be there already: they never lived in ArangoDB. What is
-- made here says so in its comment, and the way down removes only that.

-- migrate:up
DO $tables$
BEGIN
  IF to_regclass(format('%I.tasks', current_schema())) IS NULL THEN
    CREATE TABLE tasks (
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
    COMMENT ON TABLE tasks IS 'Background tasks. Made by arango2pg pack ats.';
    COMMENT ON COLUMN tasks.task_type IS 'parse_resume, parse_job, optimize, score, research';
    COMMENT ON COLUMN tasks.priority IS '1 high, 2 normal, 3 low';
    COMMENT ON COLUMN tasks.result_id IS 'task_results.source_key: the key of the result in ArangoDB';
  END IF;

  IF to_regclass(format('%I.task_metrics', current_schema())) IS NULL THEN
    CREATE TABLE task_metrics (
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
    COMMENT ON TABLE task_metrics IS 'How long tasks took. Made by arango2pg pack ats.';
  END IF;
END
$tables$;

-- A result outlives its task: tasks expire after a week and never were in ArangoDB, so no foreign key.
CREATE TABLE IF NOT EXISTS task_results (
  id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  task_id    uuid,
  result     jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  source_key text,
  source_rev bigint
);
COMMENT ON TABLE task_results IS 'What tasks returned: the collection task_results.';

DO $indexes$
DECLARE
  wanted record;
BEGIN
  FOR wanted IN
    SELECT *
    FROM (VALUES
      ('idx_tasks_status', 'tasks (status)'),
      ('idx_tasks_type', 'tasks (task_type)'),
      ('idx_tasks_created_at', 'tasks (created_at)'),
      -- Also serves look-ups by user alone.
      ('idx_tasks_user_status', 'tasks (user_id, status)'),
      ('idx_task_metrics_type_date', 'task_metrics (task_type, created_at)')
    ) AS index (name, definition)
    WHERE to_regclass(format('%I.%I', current_schema(), name)) IS NULL
  LOOP
    EXECUTE format('CREATE INDEX %I ON %s', wanted.name, wanted.definition);
    EXECUTE format('COMMENT ON INDEX %I IS %L', wanted.name, 'Made by arango2pg pack ats.');
  END LOOP;
END
$indexes$;

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
    IF obj_description('tasks'::regclass, 'pg_class') LIKE '%Made by arango2pg pack ats%' THEN
      ALTER TABLE tasks ALTER COLUMN payload SET COMPRESSION lz4;
    END IF;
  END IF;
END
$lz4$;

-- migrate:down
DROP TABLE IF EXISTS task_results;

DO $made_here$
DECLARE
  made record;
BEGIN
  FOR made IN
    SELECT c.oid::regclass AS name, CASE c.relkind WHEN 'i' THEN 'INDEX' ELSE 'TABLE' END AS kind
    FROM pg_class c
    WHERE c.relnamespace = to_regnamespace(quote_ident(current_schema()))
      AND c.relname IN ('tasks', 'task_metrics', 'idx_tasks_status', 'idx_tasks_type',
                        'idx_tasks_created_at', 'idx_tasks_user_status', 'idx_task_metrics_type_date')
      AND obj_description(c.oid, 'pg_class') LIKE '%Made by arango2pg pack ats%'
    ORDER BY c.relkind
  LOOP
    EXECUTE format('DROP %s %s', made.kind, made.name);
  END LOOP;
END
$made_here$;

-- migrate:verify
-- Columns: type, ! = not null.
WITH tables (tab, columns) AS (
  VALUES
    ('tasks', ARRAY[
      'id uuid!', 'user_id text!', 'task_type character varying(50)!',
      'status character varying(20)!', 'priority integer', 'payload jsonb!', 'result_id text',
      'error_message text', 'retry_count integer', 'max_retries integer', 'progress integer',
      'estimated_duration_ms integer', 'created_at timestamp with time zone',
      'started_at timestamp with time zone', 'completed_at timestamp with time zone',
      'expires_at timestamp with time zone']),
    ('task_metrics', ARRAY[
      'id uuid!', 'task_type character varying(50)!', 'duration_ms integer!',
      'status character varying(20)!', 'error_type character varying(50)',
      'worker_id character varying(100)', 'created_at timestamp with time zone']),
    ('task_results', ARRAY[
      'id uuid!', 'task_id uuid', 'result jsonb!', 'created_at timestamp with time zone!',
      'source_key text', 'source_rev bigint'])
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
  SELECT conrelid, conname,
         regexp_replace(pg_get_constraintdef(oid),
                        '::(character varying|text|numeric)(\[\])?|[()\s]', '', 'g') AS definition
  FROM pg_constraint
)
SELECT p.definition IS NOT DISTINCT FROM e.definition AS ok,
       format('constraint %s on %s is %s', e.name, e.tab, coalesce(p.definition, 'missing')) AS what
FROM expected e
LEFT JOIN present p ON p.conrelid = to_regclass(e.tab) AND p.conname = e.name;

WITH expected (tab, name, definition) AS (
  VALUES
    ('tasks', 'idx_tasks_status', 'btree (status)'),
    ('tasks', 'idx_tasks_type', 'btree (task_type)'),
    ('tasks', 'idx_tasks_created_at', 'btree (created_at)'),
    ('tasks', 'idx_tasks_user_status', 'btree (user_id, status)'),
    ('task_metrics', 'idx_task_metrics_type_date', 'btree (task_type, created_at)'),
    ('task_results', 'idx_task_results_task_id', 'btree (task_id)'),
    ('task_results', 'task_results_source_key_key',
     'unique btree (source_key) WHERE (source_key IS NOT NULL)')
), present AS (
  SELECT i.indrelid, c.relname,
         CASE WHEN NOT i.indisvalid OR NOT i.indisready THEN 'invalid '
              WHEN i.indisunique THEN 'unique ' ELSE '' END
         || substring(pg_get_indexdef(i.indexrelid) FROM ' USING (.*)$') AS definition
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
)
SELECT p.definition IS NOT DISTINCT FROM e.definition AS ok,
       format('index %s on %s is %s, expected %s', e.name, e.tab,
              coalesce(p.definition, 'missing'), e.definition) AS what
FROM expected e
LEFT JOIN present p ON p.indrelid = to_regclass(e.tab) AND p.relname = e.name;

SELECT attcompression = 'l' OR NOT EXISTS (SELECT FROM pg_settings
                                           WHERE name = 'default_toast_compression'
                                             AND 'lz4' = ANY (enumvals)) AS ok,
       'column task_results.result is compressed by lz4' AS what
FROM pg_attribute
WHERE attrelid = to_regclass('task_results') AND attname = 'result';
