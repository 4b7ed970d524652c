-- What arango2pg needs to follow a source: the document's key and its decoded revision.
-- contract_id is the key of a contract.

-- migrate:up
ALTER TABLE users
  ADD COLUMN IF NOT EXISTS source_key text, ADD COLUMN IF NOT EXISTS source_rev bigint;
ALTER TABLE companies
  ADD COLUMN IF NOT EXISTS source_key text, ADD COLUMN IF NOT EXISTS source_rev bigint;
ALTER TABLE software
  ADD COLUMN IF NOT EXISTS source_key text, ADD COLUMN IF NOT EXISTS source_rev bigint;
ALTER TABLE software_assets
  ADD COLUMN IF NOT EXISTS source_key text, ADD COLUMN IF NOT EXISTS source_rev bigint;
ALTER TABLE contracts
  ADD COLUMN IF NOT EXISTS source_rev bigint;
ALTER TABLE activity_log
  ADD COLUMN IF NOT EXISTS source_key text, ADD COLUMN IF NOT EXISTS source_rev bigint;
ALTER TABLE ai_agent_analyses
  ADD COLUMN IF NOT EXISTS source_key text, ADD COLUMN IF NOT EXISTS source_rev bigint;
ALTER TABLE client_reports
  ADD COLUMN IF NOT EXISTS source_key text, ADD COLUMN IF NOT EXISTS source_rev bigint;
ALTER TABLE alternative_solutions
  ADD COLUMN IF NOT EXISTS source_key text, ADD COLUMN IF NOT EXISTS source_rev bigint;

-- migrate:down
ALTER TABLE alternative_solutions
  DROP COLUMN IF EXISTS source_key, DROP COLUMN IF EXISTS source_rev;
ALTER TABLE client_reports
  DROP COLUMN IF EXISTS source_key, DROP COLUMN IF EXISTS source_rev;
ALTER TABLE ai_agent_analyses
  DROP COLUMN IF EXISTS source_key, DROP COLUMN IF EXISTS source_rev;
ALTER TABLE activity_log
  DROP COLUMN IF EXISTS source_key, DROP COLUMN IF EXISTS source_rev;
ALTER TABLE contracts
  DROP COLUMN IF EXISTS source_rev;
ALTER TABLE software_assets
  DROP COLUMN IF EXISTS source_key, DROP COLUMN IF EXISTS source_rev;
ALTER TABLE software
  DROP COLUMN IF EXISTS source_key, DROP COLUMN IF EXISTS source_rev;
ALTER TABLE companies
  DROP COLUMN IF EXISTS source_key, DROP COLUMN IF EXISTS source_rev;
ALTER TABLE users
  DROP COLUMN IF EXISTS source_key, DROP COLUMN IF EXISTS source_rev;

-- migrate:verify
WITH expected (tab, col, type) AS (
  SELECT tab, col, type
  FROM unnest(ARRAY['users', 'companies', 'software', 'software_assets', 'contracts',
                    'activity_log', 'ai_agent_analyses', 'client_reports',
                    'alternative_solutions']) AS t (tab),
       (VALUES ('source_key', 'text'), ('source_rev', 'bigint')) AS c (col, type)
  WHERE (tab, col) <> ('contracts', 'source_key')
)
SELECT count(*) = 0,
       string_agg(format('column %s.%s is %s, expected %s', tab, col,
                         coalesce(format_type(a.atttypid, a.atttypmod), 'missing'), type), '; ')
FROM expected e
LEFT JOIN pg_attribute a
  ON a.attrelid = to_regclass(format('%I.%I', current_schema(), e.tab))
 AND a.attname = e.col AND NOT a.attisdropped
WHERE a.attname IS NULL OR format_type(a.atttypid, a.atttypmod) <> e.type;
