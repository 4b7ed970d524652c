-- The nine tables as they were before the fixes: without the seven foreign keys, with numbers of any
-- precision, without audit columns. Times carry their zone.

-- migrate:up
DO $guard$
DECLARE
  there text;
BEGIN
  SELECT string_agg(t, ', ')
  INTO there
  FROM unnest(ARRAY['users', 'companies', 'software', 'software_assets', 'contracts',
                    'activity_log', 'ai_agent_analyses', 'client_reports',
                    'alternative_solutions']) AS t
  WHERE to_regclass(format('%I.%I', current_schema(), t)) IS NOT NULL;
  IF there IS NOT NULL THEN
    RAISE EXCEPTION 'schema "%" holds tables of these names already: %', current_schema(), there
      USING HINT = 'If they are the application''s own, record them with `arango2pg schema stamp '
                   '--pack assets --to 1` and go on; else choose another schema with --schema.';
  END IF;
END
$guard$;

CREATE TABLE users (
  id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  email         varchar(255) NOT NULL UNIQUE,
  full_name     varchar(200) NOT NULL,
  role          varchar(50) NOT NULL,
  is_active     boolean DEFAULT true,
  last_login    timestamptz,
  created_at    timestamptz DEFAULT now(),
  updated_at    timestamptz DEFAULT now(),
  password_hash text,
  company_id    uuid,
  CONSTRAINT users_role_check CHECK (role IN ('admin', 'client', 'viewer'))
);

CREATE TABLE companies (
  id                          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  company_name                varchar(200) NOT NULL,
  industry                    varchar(100),
  headquarters_location       varchar(200),
  headquarters                varchar(200),
  employee_count              integer,
  primary_contact_name        varchar(200),
  primary_contact_email       varchar(255),
  primary_contact_phone       varchar(50),
  primary_contact_title       varchar(100),
  contract_start_date         date,
  contract_value              numeric,
  contract_status             varchar(50),
  total_software_count        integer DEFAULT 0,
  total_annual_software_spend numeric DEFAULT 0,
  total_savings_identified    numeric DEFAULT 0,
  notes                       text,
  description                 text,
  created_at                  timestamptz DEFAULT now(),
  updated_at                  timestamptz DEFAULT now(),
  created_by                  uuid REFERENCES users (id),
  country                     varchar(100),
  website                     varchar(500),
  total_revenue               numeric,
  net_profit                  numeric,
  founded_year                integer,
  is_client                   boolean DEFAULT true,
  slug                        varchar(100) UNIQUE,
  CONSTRAINT companies_contract_status_check
    CHECK (contract_status IN ('prospect', 'active', 'paused', 'churned'))
);

CREATE TABLE software (
  id                  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  company_id          uuid NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  software_name       varchar(200) NOT NULL,
  vendor_name         varchar(200),
  category            varchar(100),
  annual_cost         numeric,
  contract_start_date date,
  contract_end_date   date,
  license_count       integer,
  status              varchar(50) DEFAULT 'Active',
  created_at          timestamptz DEFAULT now(),
  updated_at          timestamptz DEFAULT now(),
  logo_id             uuid,
  UNIQUE (company_id, software_name)
);

CREATE TABLE software_assets (
  id                            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  asset_code                    varchar(50) NOT NULL UNIQUE,
  software_name                 varchar(200) NOT NULL,
  vendor_name                   varchar(200) NOT NULL,
  category                      varchar(100) NOT NULL,
  subcategory                   varchar(100),
  license_type                  varchar(50) NOT NULL,
  total_annual_cost             numeric NOT NULL,
  cost_per_user                 numeric,
  total_licenses                integer,
  active_users                  integer,
  utilization_rate              numeric,
  vendor_contact_name           varchar(200),
  vendor_contact_email          varchar(200),
  contract_start_date           date,
  contract_end_date             date,
  renewal_date                  date NOT NULL,
  days_to_renewal               integer,
  auto_renewal                  boolean DEFAULT false,
  notice_period_days            integer DEFAULT 30,
  payment_frequency             varchar(20) DEFAULT 'annual',
  deployment_type               varchar(50),
  primary_use_case              text,
  business_owner                varchar(200),
  technical_owner               varchar(200),
  integration_complexity        varchar(20),
  api_available                 boolean DEFAULT false,
  replacement_priority          varchar(20),
  replacement_feasibility_score numeric,
  business_criticality          varchar(20),
  regulatory_requirement        boolean DEFAULT false,
  last_used_date                date,
  usage_trend                   varchar(20),
  ai_replacement_candidate      boolean DEFAULT false,
  ai_augmentation_candidate     boolean DEFAULT false,
  workflow_automation_potential varchar(20),
  notes                         text,
  created_at                    timestamptz DEFAULT now(),
  updated_at                    timestamptz DEFAULT now(),
  created_by                    varchar(200),
  company_id                    uuid REFERENCES companies (id) ON DELETE CASCADE,
  contract_status               varchar(50) DEFAULT 'active',
  waste_amount                  numeric,
  potential_savings             numeric,
  UNIQUE (company_id, software_name, vendor_name),
  CONSTRAINT software_assets_total_annual_cost_check CHECK (total_annual_cost >= 0),
  CONSTRAINT software_assets_total_licenses_check CHECK (total_licenses >= 0),
  CONSTRAINT software_assets_dates_check CHECK (contract_start_date <= contract_end_date),
  CONSTRAINT software_assets_integration_complexity_check
    CHECK (integration_complexity IN ('low', 'medium', 'high', 'critical')),
  CONSTRAINT software_assets_replacement_priority_check
    CHECK (replacement_priority IN ('immediate', 'high', 'medium', 'low', 'never')),
  CONSTRAINT software_assets_replacement_feasibility_score_check
    CHECK (replacement_feasibility_score BETWEEN 0 AND 1),
  CONSTRAINT software_assets_business_criticality_check
    CHECK (business_criticality IN ('mission-critical', 'high', 'medium', 'low')),
  CONSTRAINT software_assets_usage_trend_check
    CHECK (usage_trend IN ('increasing', 'stable', 'declining', 'unknown')),
  CONSTRAINT software_assets_workflow_automation_potential_check
    CHECK (workflow_automation_potential IN ('high', 'medium', 'low', 'none'))
);

CREATE TABLE contracts (
  contract_id         varchar(50) PRIMARY KEY,
  company_id          uuid NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
  vendor_id           varchar(50),
  contract_name       varchar(300) NOT NULL,
  contract_type       varchar(100),
  start_date          date,
  end_date            date,
  contract_value      numeric,
  currency            varchar(10),
  status              varchar(50),
  description         text,
  renewal_notice_days integer,
  auto_renew          boolean DEFAULT false,
  created_at          timestamptz DEFAULT now(),
  updated_at          timestamptz DEFAULT now()
);

CREATE TABLE activity_log (
  id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  company_id         uuid,
  user_id            uuid,
  action_type        varchar(100) NOT NULL,
  action_description text,
  metadata           jsonb DEFAULT '{}',
  created_at         timestamptz DEFAULT now()
);

CREATE TABLE ai_agent_analyses (
  id                      uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  software_id             uuid,
  company_id              uuid,
  agent_name              varchar(100) NOT NULL,
  analysis_type           varchar(100) NOT NULL,
  analysis_date           timestamptz DEFAULT now(),
  raw_findings            text NOT NULL,
  structured_findings     jsonb DEFAULT '{}',
  key_insights            text[],
  recommendations         text[],
  risk_flags              text[],
  opportunities           text[],
  sources_cited           text[],
  confidence_score        numeric,
  requires_human_review   boolean DEFAULT true,
  suggested_actions       jsonb DEFAULT '[]',
  priority_level          varchar(20),
  reviewed_by             varchar(200),
  reviewed_at             timestamptz,
  review_status           varchar(50) DEFAULT 'pending',
  human_notes             text,
  created_at              timestamptz DEFAULT now(),
  tokens_used             integer,
  processing_time_seconds numeric,
  CONSTRAINT ai_agent_analyses_confidence_score_check CHECK (confidence_score BETWEEN 0 AND 1),
  CONSTRAINT ai_agent_analyses_priority_level_check
    CHECK (priority_level IN ('critical', 'high', 'medium', 'low')),
  CONSTRAINT ai_agent_analyses_review_status_check
    CHECK (review_status IN ('pending', 'approved', 'rejected', 'needs-revision'))
);

CREATE TABLE client_reports (
  id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  company_id         uuid,
  report_type        varchar(100) NOT NULL,
  report_title       varchar(300) NOT NULL,
  report_content     text NOT NULL,
  total_spend        numeric,
  savings_identified numeric,
  software_analyzed  integer,
  generated_at       timestamptz DEFAULT now(),
  generated_by       uuid
);

CREATE TABLE alternative_solutions (
  id                              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  original_software_id            uuid,
  alternative_name                varchar(200) NOT NULL,
  alternative_vendor              varchar(200),
  alternative_type                varchar(50),
  alternative_url                 text,
  cost_comparison                 numeric,
  cost_savings_percentage         numeric,
  feature_parity_score            numeric,
  missing_critical_features       text[],
  additional_capabilities         text[],
  implementation_complexity       varchar(20),
  estimated_migration_time_weeks  integer,
  estimated_migration_cost        numeric,
  training_required               varchar(20),
  integration_compatibility_score numeric,
  api_quality                     varchar(20),
  security_compliance             boolean DEFAULT false,
  regulatory_compliant            boolean DEFAULT false,
  case_studies                    text[],
  reference_customers             text[],
  proof_of_concept_completed      boolean DEFAULT false,
  poc_results_summary             text,
  poc_date                        date,
  recommendation_status           varchar(50),
  recommendation_reasoning        text,
  replacement_risk_score          numeric,
  business_continuity_risk        varchar(20),
  rollback_difficulty             varchar(20),
  pilot_feasibility               varchar(20),
  payback_period_months           integer,
  three_year_total_savings        numeric,
  created_at                      timestamptz DEFAULT now(),
  updated_at                      timestamptz DEFAULT now(),
  CONSTRAINT alternative_solutions_alternative_type_check
    CHECK (alternative_type IN ('commercial', 'open-source', 'ai-powered', 'custom-built', 'hybrid',
                                'custom', 'ai-powered-custom', 'custom-ai')),
  CONSTRAINT alternative_solutions_cost_comparison_check CHECK (cost_comparison >= 0),
  CONSTRAINT alternative_solutions_feature_parity_score_check
    CHECK (feature_parity_score BETWEEN 0 AND 1),
  CONSTRAINT alternative_solutions_integration_compatibility_score_check
    CHECK (integration_compatibility_score BETWEEN 0 AND 1),
  CONSTRAINT alternative_solutions_replacement_risk_score_check
    CHECK (replacement_risk_score BETWEEN 0 AND 1),
  CONSTRAINT alternative_solutions_implementation_complexity_check
    CHECK (implementation_complexity IN ('low', 'medium', 'high', 'very-high')),
  CONSTRAINT alternative_solutions_estimated_migration_time_weeks_check
    CHECK (estimated_migration_time_weeks > 0),
  CONSTRAINT alternative_solutions_estimated_migration_cost_check
    CHECK (estimated_migration_cost >= 0),
  CONSTRAINT alternative_solutions_training_required_check
    CHECK (training_required IN ('minimal', 'moderate', 'extensive')),
  CONSTRAINT alternative_solutions_api_quality_check
    CHECK (api_quality IN ('excellent', 'very-good', 'good', 'fair', 'limited', 'none', 'poor',
                           'variable', 'custom')),
  CONSTRAINT alternative_solutions_business_continuity_risk_check
    CHECK (business_continuity_risk IN ('low', 'medium', 'high', 'critical')),
  CONSTRAINT alternative_solutions_rollback_difficulty_check
    CHECK (rollback_difficulty IN ('easy', 'moderate', 'difficult', 'very-difficult', 'high',
                                   'very-high')),
  CONSTRAINT alternative_solutions_pilot_feasibility_check
    CHECK (pilot_feasibility IN ('ideal', 'good', 'possible', 'challenging', 'difficult',
                                 'very-challenging', 'complex', 'poor', 'moderate', 'caution',
                                 'explore', 'evaluate', 'excellent', 'suitable', 'feasible')),
  CONSTRAINT alternative_solutions_recommendation_status_check
    CHECK (recommendation_status IN ('strongly-recommend', 'recommend', 'consider',
                                     'conditional-recommend', 'conditional', 'not-recommended',
                                     'not-recommend', 'caution', 'evaluate', 'explore'))
);

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
      WHERE attrelid IN ('activity_log'::regclass, 'ai_agent_analyses'::regclass,
                         'client_reports'::regclass)
        AND NOT attisdropped
        AND (atttypid = 'jsonb'::regtype OR attname IN ('raw_findings', 'report_content'))
    LOOP
      EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET COMPRESSION lz4', col.tab, col.attname);
    END LOOP;
  END IF;
END
$lz4$;

-- Indexes that were there before, but for those that the fixes make anew under other names.
CREATE INDEX idx_companies_industry ON companies (industry);
CREATE INDEX idx_companies_name ON companies (company_name);
CREATE INDEX idx_companies_status ON companies (contract_status);
CREATE INDEX idx_contracts_company ON contracts (company_id);
CREATE INDEX idx_contracts_end_date ON contracts (end_date);
CREATE INDEX idx_contracts_status ON contracts (status);
CREATE INDEX idx_contracts_vendor ON contracts (vendor_id);
CREATE INDEX idx_analysis_agent ON ai_agent_analyses (agent_name);
CREATE INDEX idx_analysis_date ON ai_agent_analyses (analysis_date);
CREATE INDEX idx_analysis_status ON ai_agent_analyses (review_status);
CREATE INDEX idx_analysis_type ON ai_agent_analyses (analysis_type);
CREATE INDEX idx_alt_savings ON alternative_solutions (cost_savings_percentage);
CREATE INDEX idx_alt_type ON alternative_solutions (alternative_type);

-- migrate:down
DROP TABLE IF EXISTS alternative_solutions;
DROP TABLE IF EXISTS client_reports;
DROP TABLE IF EXISTS ai_agent_analyses;
DROP TABLE IF EXISTS activity_log;
DROP TABLE IF EXISTS contracts;
DROP TABLE IF EXISTS software_assets;
DROP TABLE IF EXISTS software;
DROP TABLE IF EXISTS companies;
DROP TABLE IF EXISTS users;

-- migrate:verify
WITH expected (tab, col, type, required) AS (
  VALUES
    ('users', 'id', 'uuid', true),
    ('users', 'email', 'character varying(255)', true),
    ('users', 'full_name', 'character varying(200)', true),
    ('users', 'role', 'character varying(50)', true),
    ('users', 'is_active', 'boolean', false),
    ('users', 'last_login', 'timestamp with time zone', false),
    ('users', 'created_at', 'timestamp with time zone', false),
    ('users', 'updated_at', 'timestamp with time zone', false),
    ('users', 'password_hash', 'text', false),
    ('users', 'company_id', 'uuid', false),
    ('companies', 'id', 'uuid', true),
    ('companies', 'company_name', 'character varying(200)', true),
    ('companies', 'industry', 'character varying(100)', false),
    ('companies', 'headquarters_location', 'character varying(200)', false),
    ('companies', 'headquarters', 'character varying(200)', false),
    ('companies', 'employee_count', 'integer', false),
    ('companies', 'primary_contact_name', 'character varying(200)', false),
    ('companies', 'primary_contact_email', 'character varying(255)', false),
    ('companies', 'primary_contact_phone', 'character varying(50)', false),
    ('companies', 'primary_contact_title', 'character varying(100)', false),
    ('companies', 'contract_start_date', 'date', false),
    ('companies', 'contract_value', 'numeric', false),
    ('companies', 'contract_status', 'character varying(50)', false),
    ('companies', 'total_software_count', 'integer', false),
    ('companies', 'total_annual_software_spend', 'numeric', false),
    ('companies', 'total_savings_identified', 'numeric', false),
    ('companies', 'notes', 'text', false),
    ('companies', 'description', 'text', false),
    ('companies', 'created_at', 'timestamp with time zone', false),
    ('companies', 'updated_at', 'timestamp with time zone', false),
    ('companies', 'created_by', 'uuid', false),
    ('companies', 'country', 'character varying(100)', false),
    ('companies', 'website', 'character varying(500)', false),
    ('companies', 'total_revenue', 'numeric', false),
    ('companies', 'net_profit', 'numeric', false),
    ('companies', 'founded_year', 'integer', false),
    ('companies', 'is_client', 'boolean', false),
    ('companies', 'slug', 'character varying(100)', false),
    ('software', 'id', 'uuid', true),
    ('software', 'company_id', 'uuid', true),
    ('software', 'software_name', 'character varying(200)', true),
    ('software', 'vendor_name', 'character varying(200)', false),
    ('software', 'category', 'character varying(100)', false),
    ('software', 'annual_cost', 'numeric', false),
    ('software', 'contract_start_date', 'date', false),
    ('software', 'contract_end_date', 'date', false),
    ('software', 'license_count', 'integer', false),
    ('software', 'status', 'character varying(50)', false),
    ('software', 'created_at', 'timestamp with time zone', false),
    ('software', 'updated_at', 'timestamp with time zone', false),
    ('software', 'logo_id', 'uuid', false),
    ('software_assets', 'id', 'uuid', true),
    ('software_assets', 'asset_code', 'character varying(50)', true),
    ('software_assets', 'software_name', 'character varying(200)', true),
    ('software_assets', 'vendor_name', 'character varying(200)', true),
    ('software_assets', 'category', 'character varying(100)', true),
    ('software_assets', 'subcategory', 'character varying(100)', false),
    ('software_assets', 'license_type', 'character varying(50)', true),
    ('software_assets', 'total_annual_cost', 'numeric', true),
    ('software_assets', 'cost_per_user', 'numeric', false),
    ('software_assets', 'total_licenses', 'integer', false),
    ('software_assets', 'active_users', 'integer', false),
    ('software_assets', 'utilization_rate', 'numeric', false),
    ('software_assets', 'vendor_contact_name', 'character varying(200)', false),
    ('software_assets', 'vendor_contact_email', 'character varying(200)', false),
    ('software_assets', 'contract_start_date', 'date', false),
    ('software_assets', 'contract_end_date', 'date', false),
    ('software_assets', 'renewal_date', 'date', true),
    ('software_assets', 'days_to_renewal', 'integer', false),
    ('software_assets', 'auto_renewal', 'boolean', false),
    ('software_assets', 'notice_period_days', 'integer', false),
    ('software_assets', 'payment_frequency', 'character varying(20)', false),
    ('software_assets', 'deployment_type', 'character varying(50)', false),
    ('software_assets', 'primary_use_case', 'text', false),
    ('software_assets', 'business_owner', 'character varying(200)', false),
    ('software_assets', 'technical_owner', 'character varying(200)', false),
    ('software_assets', 'integration_complexity', 'character varying(20)', false),
    ('software_assets', 'api_available', 'boolean', false),
    ('software_assets', 'replacement_priority', 'character varying(20)', false),
    ('software_assets', 'replacement_feasibility_score', 'numeric', false),
    ('software_assets', 'business_criticality', 'character varying(20)', false),
    ('software_assets', 'regulatory_requirement', 'boolean', false),
    ('software_assets', 'last_used_date', 'date', false),
    ('software_assets', 'usage_trend', 'character varying(20)', false),
    ('software_assets', 'ai_replacement_candidate', 'boolean', false),
    ('software_assets', 'ai_augmentation_candidate', 'boolean', false),
    ('software_assets', 'workflow_automation_potential', 'character varying(20)', false),
    ('software_assets', 'notes', 'text', false),
    ('software_assets', 'created_at', 'timestamp with time zone', false),
    ('software_assets', 'updated_at', 'timestamp with time zone', false),
    ('software_assets', 'created_by', 'character varying(200)', false),
    ('software_assets', 'company_id', 'uuid', false),
    ('software_assets', 'contract_status', 'character varying(50)', false),
    ('software_assets', 'waste_amount', 'numeric', false),
    ('software_assets', 'potential_savings', 'numeric', false),
    ('contracts', 'contract_id', 'character varying(50)', true),
    ('contracts', 'company_id', 'uuid', true),
    ('contracts', 'vendor_id', 'character varying(50)', false),
    ('contracts', 'contract_name', 'character varying(300)', true),
    ('contracts', 'contract_type', 'character varying(100)', false),
    ('contracts', 'start_date', 'date', false),
    ('contracts', 'end_date', 'date', false),
    ('contracts', 'contract_value', 'numeric', false),
    ('contracts', 'currency', 'character varying(10)', false),
    ('contracts', 'status', 'character varying(50)', false),
    ('contracts', 'description', 'text', false),
    ('contracts', 'renewal_notice_days', 'integer', false),
    ('contracts', 'auto_renew', 'boolean', false),
    ('contracts', 'created_at', 'timestamp with time zone', false),
    ('contracts', 'updated_at', 'timestamp with time zone', false),
    ('activity_log', 'id', 'uuid', true),
    ('activity_log', 'company_id', 'uuid', false),
    ('activity_log', 'user_id', 'uuid', false),
    ('activity_log', 'action_type', 'character varying(100)', true),
    ('activity_log', 'action_description', 'text', false),
    ('activity_log', 'metadata', 'jsonb', false),
    ('activity_log', 'created_at', 'timestamp with time zone', false),
    ('ai_agent_analyses', 'id', 'uuid', true),
    ('ai_agent_analyses', 'software_id', 'uuid', false),
    ('ai_agent_analyses', 'company_id', 'uuid', false),
    ('ai_agent_analyses', 'agent_name', 'character varying(100)', true),
    ('ai_agent_analyses', 'analysis_type', 'character varying(100)', true),
    ('ai_agent_analyses', 'analysis_date', 'timestamp with time zone', false),
    ('ai_agent_analyses', 'raw_findings', 'text', true),
    ('ai_agent_analyses', 'structured_findings', 'jsonb', false),
    ('ai_agent_analyses', 'key_insights', 'text[]', false),
    ('ai_agent_analyses', 'recommendations', 'text[]', false),
    ('ai_agent_analyses', 'risk_flags', 'text[]', false),
    ('ai_agent_analyses', 'opportunities', 'text[]', false),
    ('ai_agent_analyses', 'sources_cited', 'text[]', false),
    ('ai_agent_analyses', 'confidence_score', 'numeric', false),
    ('ai_agent_analyses', 'requires_human_review', 'boolean', false),
    ('ai_agent_analyses', 'suggested_actions', 'jsonb', false),
    ('ai_agent_analyses', 'priority_level', 'character varying(20)', false),
    ('ai_agent_analyses', 'reviewed_by', 'character varying(200)', false),
    ('ai_agent_analyses', 'reviewed_at', 'timestamp with time zone', false),
    ('ai_agent_analyses', 'review_status', 'character varying(50)', false),
    ('ai_agent_analyses', 'human_notes', 'text', false),
    ('ai_agent_analyses', 'created_at', 'timestamp with time zone', false),
    ('ai_agent_analyses', 'tokens_used', 'integer', false),
    ('ai_agent_analyses', 'processing_time_seconds', 'numeric', false),
    ('client_reports', 'id', 'uuid', true),
    ('client_reports', 'company_id', 'uuid', false),
    ('client_reports', 'report_type', 'character varying(100)', true),
    ('client_reports', 'report_title', 'character varying(300)', true),
    ('client_reports', 'report_content', 'text', true),
    ('client_reports', 'total_spend', 'numeric', false),
    ('client_reports', 'savings_identified', 'numeric', false),
    ('client_reports', 'software_analyzed', 'integer', false),
    ('client_reports', 'generated_at', 'timestamp with time zone', false),
    ('client_reports', 'generated_by', 'uuid', false),
    ('alternative_solutions', 'id', 'uuid', true),
    ('alternative_solutions', 'original_software_id', 'uuid', false),
    ('alternative_solutions', 'alternative_name', 'character varying(200)', true),
    ('alternative_solutions', 'alternative_vendor', 'character varying(200)', false),
    ('alternative_solutions', 'alternative_type', 'character varying(50)', false),
    ('alternative_solutions', 'alternative_url', 'text', false),
    ('alternative_solutions', 'cost_comparison', 'numeric', false),
    ('alternative_solutions', 'cost_savings_percentage', 'numeric', false),
    ('alternative_solutions', 'feature_parity_score', 'numeric', false),
    ('alternative_solutions', 'missing_critical_features', 'text[]', false),
    ('alternative_solutions', 'additional_capabilities', 'text[]', false),
    ('alternative_solutions', 'implementation_complexity', 'character varying(20)', false),
    ('alternative_solutions', 'estimated_migration_time_weeks', 'integer', false),
    ('alternative_solutions', 'estimated_migration_cost', 'numeric', false),
    ('alternative_solutions', 'training_required', 'character varying(20)', false),
    ('alternative_solutions', 'integration_compatibility_score', 'numeric', false),
    ('alternative_solutions', 'api_quality', 'character varying(20)', false),
    ('alternative_solutions', 'security_compliance', 'boolean', false),
    ('alternative_solutions', 'regulatory_compliant', 'boolean', false),
    ('alternative_solutions', 'case_studies', 'text[]', false),
    ('alternative_solutions', 'reference_customers', 'text[]', false),
    ('alternative_solutions', 'proof_of_concept_completed', 'boolean', false),
    ('alternative_solutions', 'poc_results_summary', 'text', false),
    ('alternative_solutions', 'poc_date', 'date', false),
    ('alternative_solutions', 'recommendation_status', 'character varying(50)', false),
    ('alternative_solutions', 'recommendation_reasoning', 'text', false),
    ('alternative_solutions', 'replacement_risk_score', 'numeric', false),
    ('alternative_solutions', 'business_continuity_risk', 'character varying(20)', false),
    ('alternative_solutions', 'rollback_difficulty', 'character varying(20)', false),
    ('alternative_solutions', 'pilot_feasibility', 'character varying(20)', false),
    ('alternative_solutions', 'payback_period_months', 'integer', false),
    ('alternative_solutions', 'three_year_total_savings', 'numeric', false),
    ('alternative_solutions', 'created_at', 'timestamp with time zone', false),
    ('alternative_solutions', 'updated_at', 'timestamp with time zone', false)
), found AS (
  SELECT e.*, a.attname, a.attnotnull,
         -- An application's own tables have times without zone here and there: they serve as well.
         -- Numbers get their precision later (006).
         regexp_replace(replace(format_type(a.atttypid, a.atttypmod), 'without', 'with'),
                        '^numeric\(.*', 'numeric') AS found_type
  FROM expected e
  LEFT JOIN pg_attribute a
    ON a.attrelid = to_regclass(format('%I.%I', current_schema(), e.tab))
   AND a.attname = e.col AND NOT a.attisdropped
)
SELECT count(*) = 0,
       string_agg(format('column %s.%s is %s, expected %s%s', tab, col,
                         coalesce(found_type || CASE WHEN attnotnull THEN ' not null' ELSE '' END,
                                  'missing'),
                         type, CASE WHEN required THEN ' not null' ELSE '' END), '; ')
FROM found
WHERE attname IS NULL OR found_type <> type OR (required AND NOT attnotnull);

WITH expected (tab, col, target, delete_rule) AS (
  VALUES
    ('companies', 'created_by', 'users', 'a'),
    ('software', 'company_id', 'companies', 'c'),
    ('software_assets', 'company_id', 'companies', 'c'),
    ('contracts', 'company_id', 'companies', 'c')
)
SELECT EXISTS (
         SELECT
         FROM pg_constraint c
         JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
         WHERE c.contype = 'f' AND c.convalidated AND cardinality(c.conkey) = 1
           AND c.conrelid = to_regclass(format('%I.%I', current_schema(), e.tab))
           AND c.confrelid = to_regclass(format('%I.%I', current_schema(), e.target))
           AND c.confdeltype::text = e.delete_rule AND a.attname = e.col),
       format('a valid foreign key %s.%s to %s', tab, col, target)
FROM expected e;

-- What the checks are about, and how many: their text is the server's way of printing.
WITH expected (tab, checks) AS (
  VALUES
    ('users', 1), ('companies', 1), ('software_assets', 9), ('ai_agent_analyses', 3),
    ('alternative_solutions', 14)
)
SELECT count(c.oid) >= checks AND bool_and(c.convalidated),
       format('table %s has %s valid checks, expected %s', tab, count(c.oid), checks)
FROM expected e
LEFT JOIN pg_constraint c
  ON c.contype = 'c' AND c.conrelid = to_regclass(format('%I.%I', current_schema(), e.tab))
GROUP BY tab, checks;
