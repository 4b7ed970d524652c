-- Indexes for the application's queries beyond look-ups by key, statistics for the planner,
-- materialized views for its dashboards. Each index has its query in docs/packs/ats.md. A bulk load
-- drops the indexes and builds them again.
-- Values inside documents may be of any length, and a b-tree refuses long ones (2.7 kB): equality on
-- them goes by hash, texts are cut before they are sorted.

-- migrate:up
-- pg_trgm may have been installed into a schema that is not on the search path.
SELECT set_config('search_path', current_setting('search_path') || ', ' || quote_ident(n.nspname), true)
FROM pg_extension e
JOIN pg_namespace n ON n.oid = e.extnamespace
WHERE e.extname = 'pg_trgm' AND n.nspname <> ALL (current_schemas(true));

-- Résumés
CREATE INDEX IF NOT EXISTS idx_resume_fts
  ON resume_documents USING gin (resume_search_vector(parsed_data));
CREATE INDEX IF NOT EXISTS idx_resume_name_lower
  ON resume_documents (lower(resume_name(parsed_data)));
CREATE INDEX IF NOT EXISTS idx_resume_name_trgm
  ON resume_documents USING gin (lower(resume_name(parsed_data)) gin_trgm_ops);
CREATE INDEX IF NOT EXISTS idx_resume_skills_gin
  ON resume_documents USING gin ((parsed_data -> 'skills'));
CREATE INDEX IF NOT EXISTS idx_resume_experience_gin
  ON resume_documents USING gin
     (coalesce(parsed_data -> 'work_experience', parsed_data -> 'experience') jsonb_path_ops);
CREATE INDEX IF NOT EXISTS idx_resume_education_gin
  ON resume_documents USING gin ((parsed_data -> 'education') jsonb_path_ops);
CREATE INDEX IF NOT EXISTS idx_resume_active_recent
  ON resume_documents (user_id, created_at DESC)
  WHERE is_active;
CREATE INDEX IF NOT EXISTS idx_resume_user_created
  ON resume_documents (user_id, created_at DESC, id);

-- Jobs
CREATE INDEX IF NOT EXISTS idx_job_documents_fulltext
  ON job_documents USING gin
     (job_search_vector(job_title, company_name, location, requirements, parsed_data));
CREATE INDEX IF NOT EXISTS idx_job_company_trgm
  ON job_documents USING gin (company_name gin_trgm_ops);
CREATE INDEX IF NOT EXISTS idx_job_title_trgm
  ON job_documents USING gin (job_title gin_trgm_ops);
CREATE INDEX IF NOT EXISTS idx_job_documents_location
  ON job_documents USING gin (location gin_trgm_ops);
CREATE INDEX IF NOT EXISTS idx_job_documents_skills
  ON job_documents USING gin (skills);
CREATE INDEX IF NOT EXISTS idx_job_documents_requirements
  ON job_documents USING gin (requirements);
CREATE INDEX IF NOT EXISTS idx_job_documents_keywords
  ON job_documents USING gin (keywords);
CREATE INDEX IF NOT EXISTS idx_job_seniority
  ON job_documents USING hash ((parsed_data ->> 'seniority_level'));
CREATE INDEX IF NOT EXISTS idx_job_department_lower
  ON job_documents USING hash (lower(parsed_data ->> 'department'));
-- Salaries are free text in most postings; those that are objects of two numbers can be searched.
CREATE OR REPLACE FUNCTION job_salary(parsed_data jsonb, bound text) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT CASE WHEN jsonb_typeof(parsed_data #> ARRAY['salary', bound]) = 'number'
                   AND length(parsed_data #>> ARRAY['salary', bound]) <= 30
              THEN (parsed_data #>> ARRAY['salary', bound])::numeric END;
END;
CREATE INDEX IF NOT EXISTS idx_job_salary_range
  ON job_documents (job_salary(parsed_data, 'min'), job_salary(parsed_data, 'max'))
  WHERE jsonb_typeof(parsed_data -> 'salary') = 'object';
CREATE INDEX IF NOT EXISTS idx_job_documents_company_name
  ON job_documents (company_name);
CREATE INDEX IF NOT EXISTS idx_job_documents_job_title
  ON job_documents (job_title);
CREATE INDEX IF NOT EXISTS idx_job_documents_remote_type
  ON job_documents (remote_type);
CREATE INDEX IF NOT EXISTS idx_job_documents_expires_at
  ON job_documents (expires_at)
  WHERE expires_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_job_active_unexpired
  ON job_documents (user_id, expires_at)
  WHERE is_active AND expires_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_job_user_company_title
  ON job_documents (user_id, company_name, job_title);

-- Results
CREATE INDEX IF NOT EXISTS idx_optimization_fts
  ON optimization_results USING gin (optimization_search_vector(optimized_content));
CREATE INDEX IF NOT EXISTS idx_optimization_content_gin
  ON optimization_results USING gin (optimized_content jsonb_path_ops);
-- The rewritten résumé is under `data`.
CREATE INDEX IF NOT EXISTS idx_optimization_skills
  ON optimization_results USING gin
     (coalesce(optimized_content #> '{data,skills}', optimized_content -> 'skills'));
CREATE INDEX IF NOT EXISTS idx_optimization_high_scores
  ON optimization_results (user_id, ats_score DESC)
  WHERE is_active AND ats_score >= 80;
CREATE INDEX IF NOT EXISTS idx_optimization_recent
  ON optimization_results (user_id, created_at DESC)
  WHERE is_active;
CREATE INDEX IF NOT EXISTS idx_optimization_latest_version
  ON optimization_results (resume_id, version DESC)
  WHERE is_active;
CREATE INDEX IF NOT EXISTS idx_optimization_resume_job
  ON optimization_results (resume_id, job_id, created_at DESC)
  WHERE job_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_optimization_results_type
  ON optimization_results (optimization_type);
CREATE INDEX IF NOT EXISTS idx_optimization_results_ats_score
  ON optimization_results (ats_score DESC NULLS LAST)
  WHERE is_active;
CREATE INDEX IF NOT EXISTS idx_optimization_results_keyword_score
  ON optimization_results (keyword_match_score DESC NULLS LAST)
  WHERE is_active;
CREATE INDEX IF NOT EXISTS idx_optimization_user_best_scores
  ON optimization_results (user_id, ats_score DESC NULLS LAST, keyword_match_score DESC NULLS LAST)
  WHERE is_active;
CREATE INDEX IF NOT EXISTS idx_research_fts
  ON research_results USING gin
     (research_search_vector(company_name, job_title, content, research_data));
CREATE INDEX IF NOT EXISTS idx_research_active_recent
  ON research_results (user_id, created_at DESC)
  WHERE is_active;

-- The audit log is asked by any combination of three columns: one bloom index instead of seven
-- b-trees. Only superusers may create the extension, so it is no condition.
DO $bloom$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'bloom') THEN
    IF NOT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'bloom') THEN
      RAISE NOTICE 'extension bloom is not installed on the server: idx_audit_bloom is left out';
      RETURN;
    END IF;
    BEGIN
      CREATE EXTENSION bloom WITH SCHEMA public;
      COMMENT ON EXTENSION bloom IS
        'bloom access method - signature file based index. Made by arango2pg pack ats.';
    EXCEPTION WHEN insufficient_privilege THEN
      RAISE NOTICE 'role % may not create extension bloom: idx_audit_bloom is left out', current_user;
      RETURN;
    END;
  END IF;
  CREATE INDEX IF NOT EXISTS idx_audit_bloom
    ON document_audit_log USING bloom (user_id, document_type, action)
    WITH (length = 80, col1 = 2, col2 = 2, col3 = 2);
END
$bloom$;

-- Columns that go together: without these the planner multiplies their selectivities.
CREATE STATISTICS IF NOT EXISTS resume_user_active_stats (dependencies)
  ON user_id, is_active FROM resume_documents;
CREATE STATISTICS IF NOT EXISTS job_user_company_stats (dependencies, ndistinct)
  ON user_id, company_name FROM job_documents;
CREATE STATISTICS IF NOT EXISTS optimization_scores_stats (dependencies)
  ON ats_score, keyword_match_score FROM optimization_results;

-- Documents are written again and again while they are worked on.
ALTER TABLE resume_documents
  SET (autovacuum_vacuum_scale_factor = 0.1, autovacuum_analyze_scale_factor = 0.05);
ALTER TABLE job_documents
  SET (autovacuum_vacuum_scale_factor = 0.1, autovacuum_analyze_scale_factor = 0.05);
ALTER TABLE optimization_results
  SET (autovacuum_vacuum_scale_factor = 0.1, autovacuum_analyze_scale_factor = 0.05);

-- One row per user. Each table is counted by itself: joined first, as in the original, three résumés
-- and four jobs would have counted twelve optimisations for one.
CREATE MATERIALIZED VIEW IF NOT EXISTS user_document_stats AS
SELECT u.id AS user_id,
       u.email,
       coalesce(r.n, 0) AS resume_count,
       coalesce(j.n, 0) AS job_count,
       coalesce(o.n, 0) AS optimization_count,
       coalesce(s.n, 0) AS research_count,
       r.last AS last_resume_upload,
       j.last AS last_job,
       o.last AS last_optimization,
       greatest(r.last, j.last, o.last, s.last) AS last_activity,
       o.avg_ats_score,
       o.best_ats_score,
       o.avg_keyword_score,
       o.best_keyword_score
FROM "user" u
LEFT JOIN (SELECT user_id, count(*) AS n, max(created_at) AS last
           FROM resume_documents
           WHERE is_active
           GROUP BY user_id) r ON r.user_id = u.id
LEFT JOIN (SELECT user_id, count(*) AS n, max(created_at) AS last
           FROM job_documents
           WHERE is_active
           GROUP BY user_id) j ON j.user_id = u.id
LEFT JOIN (SELECT user_id, count(*) AS n, max(created_at) AS last,
                  round(avg(ats_score), 2) AS avg_ats_score,
                  max(ats_score) AS best_ats_score,
                  round(avg(keyword_match_score), 2) AS avg_keyword_score,
                  max(keyword_match_score) AS best_keyword_score
           FROM optimization_results
           WHERE is_active
           GROUP BY user_id) o ON o.user_id = u.id
LEFT JOIN (SELECT user_id, count(*) AS n, max(created_at) AS last
           FROM research_results
           WHERE is_active
           GROUP BY user_id) s ON s.user_id = u.id;
CREATE UNIQUE INDEX IF NOT EXISTS idx_user_stats_user_id
  ON user_document_stats (user_id);
CREATE INDEX IF NOT EXISTS idx_user_stats_resume_count
  ON user_document_stats (resume_count DESC);
CREATE INDEX IF NOT EXISTS idx_user_stats_best_score
  ON user_document_stats (best_ats_score DESC NULLS LAST, best_keyword_score DESC NULLS LAST);

-- Skills that more than five active résumés name. `skill` is the spelling met most.
CREATE MATERIALIZED VIEW IF NOT EXISTS top_skills_view AS
SELECT lower(k.skill) AS skill_key,
       mode() WITHIN GROUP (ORDER BY k.skill) AS skill,
       count(*) AS frequency,
       count(DISTINCT r.user_id) AS user_count
FROM resume_documents r
CROSS JOIN LATERAL unnest(extract_skills(r.parsed_data)) AS k (skill)
WHERE r.is_active AND length(k.skill) <= 255
GROUP BY lower(k.skill)
HAVING count(*) > 5;
CREATE UNIQUE INDEX IF NOT EXISTS idx_top_skills_key
  ON top_skills_view (skill_key);
CREATE INDEX IF NOT EXISTS idx_top_skills_frequency
  ON top_skills_view (frequency DESC);
CREATE INDEX IF NOT EXISTS idx_top_skills_name
  ON top_skills_view (skill);

-- The week before `refreshed_at`.
CREATE MATERIALIZED VIEW IF NOT EXISTS recent_activity_view AS
SELECT a.user_id, a.activity_type, a.document_id, a.title, a.created_at, a.score,
       now() AS refreshed_at
FROM (
  SELECT user_id, 'resume' AS activity_type, id AS document_id,
         coalesce(nullif(filename, ''), resume_name(parsed_data), 'Resume')::text AS title,
         created_at, NULL::numeric AS score
  FROM resume_documents
  WHERE is_active
  UNION ALL
  SELECT user_id, 'job', id,
         coalesce(nullif(concat_ws(' at ', nullif(job_title, ''), nullif(company_name, '')), ''),
                  source_filename, job_url, 'Job'),
         created_at, NULL
  FROM job_documents
  WHERE is_active
  UNION ALL
  SELECT user_id, 'optimization', id, 'ATS Score: ' || coalesce(ats_score::text, 'N/A'),
         created_at, ats_score
  FROM optimization_results
  WHERE is_active
  UNION ALL
  SELECT user_id, 'research', id,
         coalesce(nullif(company_name, ''), 'Research') || ' (' || research_type || ')',
         created_at, NULL
  FROM research_results
  WHERE is_active
) a
WHERE a.created_at > now() - interval '7 days';
CREATE UNIQUE INDEX IF NOT EXISTS idx_recent_activity_document
  ON recent_activity_view (activity_type, document_id);
CREATE INDEX IF NOT EXISTS idx_recent_activity_user
  ON recent_activity_view (user_id, created_at DESC);
CREATE INDEX IF NOT EXISTS idx_recent_activity_type
  ON recent_activity_view (activity_type);

-- The scores inside jobs, one row per job and résumé. The members of `scores` are keys of résumés as
-- ArangoDB had them, or ids where the application went on writing.
CREATE OR REPLACE VIEW job_resume_scores AS
SELECT j.id AS job_id,
       coalesce(r.id,
                CASE WHEN s.key ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                     THEN s.key::uuid END) AS resume_id,
       s.key AS resume_key,
       j.user_id,
       CASE WHEN jsonb_typeof(s.value -> 'overall_score') = 'number'
            THEN (s.value ->> 'overall_score')::numeric END AS overall_score,
       CASE WHEN jsonb_typeof(s.value -> 'skills_score') = 'number'
            THEN (s.value ->> 'skills_score')::numeric END AS skills_score,
       CASE WHEN jsonb_typeof(s.value -> 'experience_score') = 'number'
            THEN (s.value ->> 'experience_score')::numeric END AS experience_score,
       CASE WHEN jsonb_typeof(s.value -> 'education_score') = 'number'
            THEN (s.value ->> 'education_score')::numeric END AS education_score,
       CASE WHEN jsonb_typeof(s.value -> 'keywords_score') = 'number'
            THEN (s.value ->> 'keywords_score')::numeric END AS keywords_score,
       CASE WHEN jsonb_typeof(s.value -> 'career_score') = 'number'
            THEN (s.value ->> 'career_score')::numeric END AS career_score,
       s.value -> 'strengths' AS strengths,
       s.value -> 'gaps' AS gaps,
       s.value -> 'recommendations' AS recommendations,
       s.value ->> 'rationale' AS rationale,
       arango_time(s.value ->> 'scored_at', true) AS scored_at
FROM job_documents j
CROSS JOIN LATERAL jsonb_each(CASE WHEN jsonb_typeof(j.scores) = 'object' THEN j.scores
                                   ELSE '{}' END) AS s (key, value)
LEFT JOIN resume_documents r ON r.source_key = s.key;

-- Refreshes the three views: concurrently where readers must not wait, plainly where a view was never
-- filled or has lost its unique index. One that fails does not stop the others; its error is in the
-- answer.
CREATE OR REPLACE FUNCTION refresh_materialized_views()
RETURNS TABLE (view text, mode text, duration_ms numeric, error text)
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
DECLARE
  name text;
  started timestamptz;
BEGIN
  FOREACH name IN ARRAY ARRAY['user_document_stats', 'top_skills_view', 'recent_activity_view'] LOOP
    view := name;
    error := NULL;
    started := clock_timestamp();
    SELECT CASE WHEN c.relispopulated
                     AND EXISTS (SELECT FROM pg_index i
                                 WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid
                                   AND i.indpred IS NULL AND i.indexprs IS NULL)
                THEN 'concurrently' ELSE 'plain' END
    INTO mode
    FROM pg_class c
    WHERE c.oid = to_regclass(name);
    BEGIN
      EXECUTE format('REFRESH MATERIALIZED VIEW %s %I',
                     CASE mode WHEN 'concurrently' THEN 'CONCURRENTLY' ELSE '' END, name);
    EXCEPTION WHEN OTHERS THEN
      error := SQLERRM;
    END;
    duration_ms := round(1000 * extract(epoch FROM clock_timestamp() - started)::numeric, 1);
    RETURN NEXT;
  END LOOP;
END
$function$;

-- The indexes of the pack's schema, the least used first.
CREATE OR REPLACE FUNCTION analyze_index_usage()
RETURNS TABLE (schemaname text, tablename text, indexname text, index_size text, idx_scan bigint,
               idx_tup_read bigint, idx_tup_fetch bigint, usage_ratio numeric)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $function$
  SELECT s.schemaname::text, s.relname::text, s.indexrelname::text,
         pg_size_pretty(pg_relation_size(s.indexrelid)),
         s.idx_scan, s.idx_tup_read, s.idx_tup_fetch,
         CASE WHEN s.idx_scan > 0 THEN round(s.idx_tup_fetch::numeric / s.idx_scan, 2) ELSE 0 END
  FROM pg_stat_user_indexes s
  WHERE s.schemaname = current_schema()
  ORDER BY s.idx_scan, pg_relation_size(s.indexrelid) DESC, s.indexrelname
$function$;

-- migrate:down
DROP FUNCTION IF EXISTS analyze_index_usage(), refresh_materialized_views();
DROP VIEW IF EXISTS job_resume_scores;
DROP MATERIALIZED VIEW IF EXISTS recent_activity_view, top_skills_view, user_document_stats;
ALTER TABLE resume_documents
  RESET (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);
ALTER TABLE job_documents
  RESET (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);
ALTER TABLE optimization_results
  RESET (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);
DROP STATISTICS IF EXISTS resume_user_active_stats, job_user_company_stats,
  optimization_scores_stats;
DROP INDEX IF EXISTS
  idx_audit_bloom, idx_research_active_recent, idx_research_fts, idx_optimization_user_best_scores,
  idx_optimization_results_keyword_score, idx_optimization_results_ats_score,
  idx_optimization_results_type, idx_optimization_resume_job, idx_optimization_latest_version,
  idx_optimization_recent, idx_optimization_high_scores, idx_optimization_skills,
  idx_optimization_content_gin, idx_optimization_fts, idx_job_user_company_title,
  idx_job_active_unexpired, idx_job_documents_expires_at, idx_job_documents_remote_type,
  idx_job_documents_job_title, idx_job_documents_company_name, idx_job_salary_range,
  idx_job_department_lower, idx_job_seniority, idx_job_documents_keywords,
  idx_job_documents_requirements, idx_job_documents_skills, idx_job_documents_location,
  idx_job_title_trgm, idx_job_company_trgm, idx_job_documents_fulltext, idx_resume_user_created,
  idx_resume_active_recent, idx_resume_education_gin, idx_resume_experience_gin,
  idx_resume_skills_gin, idx_resume_name_trgm, idx_resume_name_lower, idx_resume_fts;
DROP FUNCTION IF EXISTS job_salary(jsonb, text);

DO $bloom$
BEGIN
  IF EXISTS (SELECT FROM pg_extension
             WHERE extname = 'bloom'
               AND obj_description(oid, 'pg_extension') LIKE '%Made by arango2pg pack ats%') THEN
    DROP EXTENSION bloom;
  END IF;
EXCEPTION WHEN dependent_objects_still_exist THEN
  RAISE NOTICE 'extension bloom stays: other objects have come to need it';
END
$bloom$;

-- migrate:verify
-- Indexes by definition; brackets, casts and the schema of an operator class are the server's way of
-- printing.
WITH expected (tab, name, definition) AS (
  VALUES
    ('resume_documents', 'idx_resume_fts', 'gin resume_search_vectorparsed_data'),
    ('resume_documents', 'idx_resume_name_lower', 'btree lowerresume_nameparsed_data'),
    ('resume_documents', 'idx_resume_name_trgm', 'gin lowerresume_nameparsed_data gin_trgm_ops'),
    ('resume_documents', 'idx_resume_skills_gin', 'gin parsed_data -> ''skills'''),
    ('resume_documents', 'idx_resume_experience_gin',
     'gin COALESCEparsed_data -> ''work_experience'', parsed_data -> ''experience'' jsonb_path_ops'),
    ('resume_documents', 'idx_resume_education_gin', 'gin parsed_data -> ''education'' jsonb_path_ops'),
    ('resume_documents', 'idx_resume_active_recent', 'btree user_id, created_at DESC WHERE is_active'),
    ('resume_documents', 'idx_resume_user_created', 'btree user_id, created_at DESC, id'),
    ('job_documents', 'idx_job_documents_fulltext',
     'gin job_search_vectorjob_title, company_name, location, requirements, parsed_data'),
    ('job_documents', 'idx_job_company_trgm', 'gin company_name gin_trgm_ops'),
    ('job_documents', 'idx_job_title_trgm', 'gin job_title gin_trgm_ops'),
    ('job_documents', 'idx_job_documents_location', 'gin location gin_trgm_ops'),
    ('job_documents', 'idx_job_documents_skills', 'gin skills'),
    ('job_documents', 'idx_job_documents_requirements', 'gin requirements'),
    ('job_documents', 'idx_job_documents_keywords', 'gin keywords'),
    ('job_documents', 'idx_job_seniority', 'hash parsed_data ->> ''seniority_level'''),
    ('job_documents', 'idx_job_department_lower', 'hash lowerparsed_data ->> ''department'''),
    ('job_documents', 'idx_job_salary_range',
     'btree job_salaryparsed_data, ''min'', job_salaryparsed_data, ''max'' WHERE jsonb_typeofparsed_data -> ''salary'' = ''object'''),
    ('job_documents', 'idx_job_documents_company_name', 'btree company_name'),
    ('job_documents', 'idx_job_documents_job_title', 'btree job_title'),
    ('job_documents', 'idx_job_documents_remote_type', 'btree remote_type'),
    ('job_documents', 'idx_job_documents_expires_at', 'btree expires_at WHERE expires_at IS NOT NULL'),
    ('job_documents', 'idx_job_active_unexpired',
     'btree user_id, expires_at WHERE is_active AND expires_at IS NOT NULL'),
    ('job_documents', 'idx_job_user_company_title', 'btree user_id, company_name, job_title'),
    ('optimization_results', 'idx_optimization_fts', 'gin optimization_search_vectoroptimized_content'),
    ('optimization_results', 'idx_optimization_content_gin', 'gin optimized_content jsonb_path_ops'),
    ('optimization_results', 'idx_optimization_skills',
     'gin COALESCEoptimized_content #> ''{data,skills}'', optimized_content -> ''skills'''),
    ('optimization_results', 'idx_optimization_high_scores',
     'btree user_id, ats_score DESC WHERE is_active AND ats_score >= 80'),
    ('optimization_results', 'idx_optimization_recent',
     'btree user_id, created_at DESC WHERE is_active'),
    ('optimization_results', 'idx_optimization_latest_version',
     'btree resume_id, version DESC WHERE is_active'),
    ('optimization_results', 'idx_optimization_resume_job',
     'btree resume_id, job_id, created_at DESC WHERE job_id IS NOT NULL'),
    ('optimization_results', 'idx_optimization_results_type', 'btree optimization_type'),
    ('optimization_results', 'idx_optimization_results_ats_score',
     'btree ats_score DESC NULLS LAST WHERE is_active'),
    ('optimization_results', 'idx_optimization_results_keyword_score',
     'btree keyword_match_score DESC NULLS LAST WHERE is_active'),
    ('optimization_results', 'idx_optimization_user_best_scores',
     'btree user_id, ats_score DESC NULLS LAST, keyword_match_score DESC NULLS LAST WHERE is_active'),
    ('research_results', 'idx_research_fts',
     'gin research_search_vectorcompany_name, job_title, content, research_data'),
    ('research_results', 'idx_research_active_recent',
     'btree user_id, created_at DESC WHERE is_active'),
    ('document_audit_log', 'idx_audit_bloom',
     'bloom user_id, document_type, action WITH length=''80'', col1=''2'', col2=''2'', col3=''2'''),
    ('user_document_stats', 'idx_user_stats_user_id', 'unique btree user_id'),
    ('user_document_stats', 'idx_user_stats_resume_count', 'btree resume_count DESC'),
    ('user_document_stats', 'idx_user_stats_best_score',
     'btree best_ats_score DESC NULLS LAST, best_keyword_score DESC NULLS LAST'),
    ('top_skills_view', 'idx_top_skills_key', 'unique btree skill_key'),
    ('top_skills_view', 'idx_top_skills_frequency', 'btree frequency DESC'),
    ('top_skills_view', 'idx_top_skills_name', 'btree skill'),
    ('recent_activity_view', 'idx_recent_activity_document',
     'unique btree activity_type, document_id'),
    ('recent_activity_view', 'idx_recent_activity_user', 'btree user_id, created_at DESC'),
    ('recent_activity_view', 'idx_recent_activity_type', 'btree activity_type')
), present AS (
  SELECT i.indrelid, c.relname,
         CASE WHEN NOT i.indisvalid OR NOT i.indisready THEN 'invalid '
              WHEN i.indisunique THEN 'unique ' ELSE '' END
         || regexp_replace(substring(pg_get_indexdef(i.indexrelid) FROM ' USING (.*)$'),
                           '::(text|numeric)(\[\])?|[()]|\w+\.(?=gin_trgm_ops)', '', 'g')
           AS definition
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
)
SELECT p.definition IS NOT DISTINCT FROM e.definition AS ok,
       format('index %s on %s is %s, expected %s', e.name, e.tab,
              coalesce(p.definition, 'missing'), e.definition) AS what
FROM expected e
LEFT JOIN present p ON p.indrelid = to_regclass(e.tab) AND p.relname = e.name
WHERE e.name <> 'idx_audit_bloom' OR EXISTS (SELECT FROM pg_extension WHERE extname = 'bloom');

WITH expected (name, tab, kinds) AS (
  VALUES
    ('resume_user_active_stats', 'resume_documents', 'f'),
    ('job_user_company_stats', 'job_documents', 'df'),
    ('optimization_scores_stats', 'optimization_results', 'f')
)
SELECT EXISTS (SELECT FROM pg_statistic_ext
               WHERE stxname = e.name AND stxrelid = to_regclass(e.tab)
                 AND array_to_string(stxkind, '') = e.kinds) AS ok,
       format('statistics %s on %s, kinds %s', e.name, e.tab, e.kinds) AS what
FROM expected e;

SELECT coalesce(c.reloptions @> ARRAY['autovacuum_vacuum_scale_factor=0.1',
                                      'autovacuum_analyze_scale_factor=0.05'], false) AS ok,
       format('%s is vacuumed from 10 %% dead rows on, analysed from 5 %% changed', e.tab) AS what
FROM (VALUES ('resume_documents'), ('job_documents'), ('optimization_results')) AS e (tab)
LEFT JOIN pg_class c ON c.oid = to_regclass(e.tab);

-- Views by their columns; filled, so that they can be refreshed while they are read.
WITH expected (name, kind, columns) AS (
  VALUES
    ('user_document_stats', 'm',
     'user_id email resume_count job_count optimization_count research_count last_resume_upload last_job last_optimization last_activity avg_ats_score best_ats_score avg_keyword_score best_keyword_score'),
    ('top_skills_view', 'm', 'skill_key skill frequency user_count'),
    ('recent_activity_view', 'm',
     'user_id activity_type document_id title created_at score refreshed_at'),
    ('job_resume_scores', 'v',
     'job_id resume_id resume_key user_id overall_score skills_score experience_score education_score keywords_score career_score strengths gaps recommendations rationale scored_at')
)
SELECT c.relkind::text = e.kind AND c.relispopulated
         AND (SELECT string_agg(a.attname, ' ' ORDER BY a.attnum)
              FROM pg_attribute a
              WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) = e.columns AS ok,
       format('view %s with columns %s, filled', e.name, e.columns) AS what
FROM expected e
LEFT JOIN pg_class c ON c.oid = to_regclass(e.name);

WITH expected (signature, result) AS (
  VALUES
    ('refresh_materialized_views()', 'TABLE(view text, mode text, duration_ms numeric, error text)'),
    ('analyze_index_usage()',
     'TABLE(schemaname text, tablename text, indexname text, index_size text, idx_scan bigint, idx_tup_read bigint, idx_tup_fetch bigint, usage_ratio numeric)'),
    ('job_salary(jsonb, text)', 'numeric')
)
SELECT pg_get_function_result(to_regprocedure(e.signature)) IS NOT DISTINCT FROM e.result AS ok,
       format('function %s returns %s', e.signature, e.result) AS what
FROM expected e;
