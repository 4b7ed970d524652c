-- The five indexes of the dashboard, without locking anybody out.

-- migrate:no-transaction
-- migrate:up
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_jobs_created_at
  ON jobs (created_at DESC);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_job_apps_created_at
  ON job_applications (created_at DESC);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_job_apps_job_id
  ON job_applications (job_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_jobs_company_id
  ON jobs (company_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_job_apps_status
  ON job_applications (application_status);

-- migrate:down
DROP INDEX CONCURRENTLY IF EXISTS idx_job_apps_status;
DROP INDEX CONCURRENTLY IF EXISTS idx_jobs_company_id;
DROP INDEX CONCURRENTLY IF EXISTS idx_job_apps_job_id;
DROP INDEX CONCURRENTLY IF EXISTS idx_job_apps_created_at;
DROP INDEX CONCURRENTLY IF EXISTS idx_jobs_created_at;

-- migrate:verify
-- Definitions, not names: IF NOT EXISTS passes over any index of the name, even an invalid one.
WITH expected (tab, name, definition) AS (
  VALUES
    ('jobs', 'idx_jobs_created_at', 'btree (created_at DESC)'),
    ('job_applications', 'idx_job_apps_created_at', 'btree (created_at DESC)'),
    ('job_applications', 'idx_job_apps_job_id', 'btree (job_id)'),
    ('jobs', 'idx_jobs_company_id', 'btree (company_id)'),
    ('job_applications', 'idx_job_apps_status', 'btree (application_status)')
), found AS (
  SELECT i.indrelid, c.relname, i.indisvalid AND i.indisready AS usable,
         substring(pg_get_indexdef(i.indexrelid) FROM ' USING (.*)$') AS definition
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
)
SELECT f.usable IS TRUE AND f.definition = e.definition,
       format('index %s on %s is %s, expected %s', e.name, e.tab,
              CASE WHEN f.relname IS NULL THEN 'missing'
                   WHEN NOT f.usable THEN 'invalid'
                   ELSE f.definition END, e.definition)
FROM expected e
LEFT JOIN found f
  ON f.indrelid = to_regclass(format('%I.%I', current_schema(), e.tab)) AND f.relname = e.name;
