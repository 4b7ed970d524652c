-- Compound and partial indexes for the busiest queries, built while the application goes on working.
-- A build that was stopped leaves an INVALID index of the name: IF NOT EXISTS would keep it, so the
-- engine drops it first.

-- migrate:no-transaction

-- migrate:up
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_content_requests_correlation_status
  ON content_requests (correlation_id, status);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_content_requests_student_status_created
  ON content_requests (student_id, status, created_at DESC);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_content_requests_status_created
  ON content_requests (status, created_at DESC);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_content_requests_org_status_created
  ON content_requests (organization_id, status, created_at DESC)
  WHERE organization_id IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_content_requests_failed_debugging
  ON content_requests (status, error_stage, failed_at DESC)
  WHERE status = 'failed';

COMMENT ON INDEX idx_content_requests_correlation_status IS
  'worker, per message: WHERE correlation_id = $1 AND status <> ''completed'' LIMIT 1';
COMMENT ON INDEX idx_content_requests_student_status_created IS
  'student''s page: WHERE student_id = $1 AND status = $2 ORDER BY created_at DESC LIMIT 20';
COMMENT ON INDEX idx_content_requests_status_created IS
  'monitoring: WHERE status = $1 ORDER BY created_at DESC LIMIT 100';
COMMENT ON INDEX idx_content_requests_org_status_created IS
  'analytics: WHERE organization_id = $1 AND status = $2 ORDER BY created_at DESC';
COMMENT ON INDEX idx_content_requests_failed_debugging IS
  'debugging: WHERE status = ''failed'' AND error_stage = $1 ORDER BY failed_at DESC';

-- migrate:down
DROP INDEX CONCURRENTLY IF EXISTS idx_content_requests_failed_debugging;
DROP INDEX CONCURRENTLY IF EXISTS idx_content_requests_org_status_created;
DROP INDEX CONCURRENTLY IF EXISTS idx_content_requests_status_created;
DROP INDEX CONCURRENTLY IF EXISTS idx_content_requests_student_status_created;
DROP INDEX CONCURRENTLY IF EXISTS idx_content_requests_correlation_status;

-- migrate:verify
SELECT coalesce(p.valid AND p.definition = e.definition, false),
       format('index %s is %s, expected %s', e.name,
              CASE WHEN p.valid THEN p.definition WHEN NOT p.valid THEN 'invalid' ELSE 'missing' END,
              e.definition)
FROM (VALUES
  ('idx_content_requests_correlation_status', 'btree (correlation_id, status)'),
  ('idx_content_requests_student_status_created', 'btree (student_id, status, created_at DESC)'),
  ('idx_content_requests_status_created', 'btree (status, created_at DESC)'),
  ('idx_content_requests_org_status_created',
   'btree (organization_id, status, created_at DESC) WHERE (organization_id IS NOT NULL)'),
  ('idx_content_requests_failed_debugging',
   'btree (status, error_stage, failed_at DESC) WHERE (status = ''failed''::content_request_status)')
) AS e (name, definition)
LEFT JOIN LATERAL (
  SELECT i.indisvalid AND i.indisready AS valid,
         substring(pg_get_indexdef(i.indexrelid) FROM ' USING (.*)$') AS definition
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
  WHERE i.indrelid = to_regclass('content_requests') AND c.relname = e.name
) AS p ON true;
