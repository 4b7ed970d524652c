-- What a newcomer can't see from names and types.

-- migrate:up
COMMENT ON TABLE activity_log IS 'who did what to which company; from a million rows on, partition it by month of created_at';
COMMENT ON TABLE ai_agent_analyses IS 'what an AI agent found out about a piece of software; a person approves or rejects it (review_status)';
COMMENT ON TABLE alternative_solutions IS 'what could replace a piece of software, with costs, scores and a recommendation';
COMMENT ON TABLE client_reports IS 'reports as they were handed to the client; never recomputed';
COMMENT ON COLUMN activity_log.company_id IS 'the company that the action was about; the row goes with the company';
COMMENT ON COLUMN activity_log.user_id IS 'who acted; NULL once that user is gone: the trail stays';
COMMENT ON COLUMN activity_log.metadata IS 'details of the action; its shape depends on action_type';
COMMENT ON COLUMN ai_agent_analyses.confidence_score IS '0.00 to 1.00, as the agent judges itself';
COMMENT ON COLUMN alternative_solutions.feature_parity_score IS '0.00 to 1.00: share of the features in use that the alternative has';
COMMENT ON COLUMN companies.updated_by IS 'who changed the row last: app.current_user_id, or written by the application';
COMMENT ON COLUMN companies.deleted_at IS 'soft delete; active_companies shows the others. See soft_delete_company()';
COMMENT ON COLUMN software_assets.days_to_renewal IS 'as of the last write; renewal_date - CURRENT_DATE is the truth';

-- migrate:down
COMMENT ON COLUMN software_assets.days_to_renewal IS NULL;
COMMENT ON COLUMN companies.deleted_at IS NULL;
COMMENT ON COLUMN companies.updated_by IS NULL;
COMMENT ON COLUMN alternative_solutions.feature_parity_score IS NULL;
COMMENT ON COLUMN ai_agent_analyses.confidence_score IS NULL;
COMMENT ON COLUMN activity_log.metadata IS NULL;
COMMENT ON COLUMN activity_log.user_id IS NULL;
COMMENT ON COLUMN activity_log.company_id IS NULL;
COMMENT ON TABLE client_reports IS NULL;
COMMENT ON TABLE alternative_solutions IS NULL;
COMMENT ON TABLE ai_agent_analyses IS NULL;
COMMENT ON TABLE activity_log IS NULL;

-- migrate:verify
WITH expected (tab, col) AS (
  VALUES
    ('activity_log', NULL), ('ai_agent_analyses', NULL), ('alternative_solutions', NULL),
    ('client_reports', NULL), ('activity_log', 'company_id'), ('activity_log', 'user_id'),
    ('activity_log', 'metadata'), ('ai_agent_analyses', 'confidence_score'),
    ('alternative_solutions', 'feature_parity_score'), ('companies', 'updated_by'),
    ('companies', 'deleted_at'), ('software_assets', 'days_to_renewal')
)
SELECT EXISTS (
         SELECT
         FROM pg_description d
         WHERE d.classoid = 'pg_class'::regclass
           AND d.objoid = to_regclass(format('%I.%I', current_schema(), e.tab))
           AND d.objsubid = coalesce((SELECT attnum FROM pg_attribute a
                                      WHERE a.attrelid = d.objoid AND a.attname = e.col), 0)
           AND (d.objsubid > 0) = (e.col IS NOT NULL)),
       format('a comment on %s', concat_ws('.', tab, col))
FROM expected e;
