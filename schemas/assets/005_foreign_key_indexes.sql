-- Indexes on the foreign keys and on what the pages sort by, without locking anybody out.

-- migrate:no-transaction
-- migrate:up
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_activity_log_company_id
  ON activity_log (company_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_activity_log_user_id
  ON activity_log (user_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_activity_log_created_at
  ON activity_log (created_at DESC);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_activity_log_company_created
  ON activity_log (company_id, created_at DESC);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_ai_agent_analyses_software_id
  ON ai_agent_analyses (software_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_ai_agent_analyses_company_id
  ON ai_agent_analyses (company_id);
-- The queue of reviews, oldest first. An index of the status itself would hold one value only.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_ai_agent_analyses_review_status
  ON ai_agent_analyses (created_at)
  WHERE review_status = 'pending';
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_client_reports_company_id
  ON client_reports (company_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_client_reports_generated_at
  ON client_reports (generated_at DESC);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_client_reports_generated_by
  ON client_reports (generated_by);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_alternative_solutions_original_software_id
  ON alternative_solutions (original_software_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_alternative_solutions_recommendation
  ON alternative_solutions (recommendation_status);
-- The original names software.contract_status, which does not exist: this index was never there.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_software_company_status
  ON software (company_id, status);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_software_assets_company_status
  ON software_assets (company_id, contract_status);

-- migrate:down
DROP INDEX CONCURRENTLY IF EXISTS idx_software_assets_company_status;
DROP INDEX CONCURRENTLY IF EXISTS idx_software_company_status;
DROP INDEX CONCURRENTLY IF EXISTS idx_alternative_solutions_recommendation;
DROP INDEX CONCURRENTLY IF EXISTS idx_alternative_solutions_original_software_id;
DROP INDEX CONCURRENTLY IF EXISTS idx_client_reports_generated_by;
DROP INDEX CONCURRENTLY IF EXISTS idx_client_reports_generated_at;
DROP INDEX CONCURRENTLY IF EXISTS idx_client_reports_company_id;
DROP INDEX CONCURRENTLY IF EXISTS idx_ai_agent_analyses_review_status;
DROP INDEX CONCURRENTLY IF EXISTS idx_ai_agent_analyses_company_id;
DROP INDEX CONCURRENTLY IF EXISTS idx_ai_agent_analyses_software_id;
DROP INDEX CONCURRENTLY IF EXISTS idx_activity_log_company_created;
DROP INDEX CONCURRENTLY IF EXISTS idx_activity_log_created_at;
DROP INDEX CONCURRENTLY IF EXISTS idx_activity_log_user_id;
DROP INDEX CONCURRENTLY IF EXISTS idx_activity_log_company_id;

-- migrate:verify
-- Definitions, not names: IF NOT EXISTS passes over any index of the name, even an invalid one.
WITH expected (tab, name, definition) AS (
  VALUES
    ('activity_log', 'idx_activity_log_company_id', 'btree (company_id)'),
    ('activity_log', 'idx_activity_log_user_id', 'btree (user_id)'),
    ('activity_log', 'idx_activity_log_created_at', 'btree (created_at DESC)'),
    ('activity_log', 'idx_activity_log_company_created', 'btree (company_id, created_at DESC)'),
    ('ai_agent_analyses', 'idx_ai_agent_analyses_software_id', 'btree (software_id)'),
    ('ai_agent_analyses', 'idx_ai_agent_analyses_company_id', 'btree (company_id)'),
    ('ai_agent_analyses', 'idx_ai_agent_analyses_review_status',
     'btree (created_at) WHERE ((review_status)::text = ''pending''::text)'),
    ('client_reports', 'idx_client_reports_company_id', 'btree (company_id)'),
    ('client_reports', 'idx_client_reports_generated_at', 'btree (generated_at DESC)'),
    ('client_reports', 'idx_client_reports_generated_by', 'btree (generated_by)'),
    ('alternative_solutions', 'idx_alternative_solutions_original_software_id',
     'btree (original_software_id)'),
    ('alternative_solutions', 'idx_alternative_solutions_recommendation',
     'btree (recommendation_status)'),
    ('software', 'idx_software_company_status', 'btree (company_id, status)'),
    ('software_assets', 'idx_software_assets_company_status', 'btree (company_id, contract_status)')
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
