-- What the application and the later migrations call: JSONB helpers, skills and keyword matching,
-- scores, search, lists and clean-up. Bodies in BEGIN ATOMIC are bound to what they name when they
-- are made; the others keep the search path of the pack: so both work for any caller, in index
-- builds, in restores.

-- migrate:up
-- pg_trgm may have been installed into a schema that is not on the search path.
SELECT set_config('search_path', current_setting('search_path') || ', ' || quote_ident(n.nspname), true)
FROM pg_extension e
JOIN pg_namespace n ON n.oid = e.extnamespace
WHERE e.extname = 'pg_trgm' AND n.nspname <> ALL (current_schemas(true));

-- Objects are merged member by member, at any depth; anything else is replaced by the source's value,
-- arrays and null too.
CREATE OR REPLACE FUNCTION jsonb_merge_deep(target jsonb, source jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $function$
BEGIN
  IF source IS NULL THEN
    RETURN target;
  END IF;
  IF target IS NULL OR jsonb_typeof(target) <> 'object' OR jsonb_typeof(source) <> 'object' THEN
    RETURN source;
  END IF;
  RETURN target || coalesce((
    SELECT jsonb_object_agg(s.key, jsonb_merge_deep(target -> s.key, s.value))
    FROM jsonb_each(source) AS s), '{}');
END
$function$;

-- Is there anything in it? Null, blank texts, {} and [] are nothing.
CREATE OR REPLACE FUNCTION jsonb_filled(value jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT value IS NOT NULL
     AND value NOT IN ('null', '{}', '[]')
     AND (jsonb_typeof(value) <> 'string' OR btrim(value #>> '{}', E' \t\n\r') <> '');
END;

-- The texts of a document in their order, without the names of the members. As long as can always
-- become a tsvector (1 MB): a huge document must not make an index, and with it a load, fail.
CREATE OR REPLACE FUNCTION document_text(document jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT left(coalesce(string_agg(t.value #>> '{}', ' ' ORDER BY t.n), ''), 100000)
  FROM jsonb_path_query(document, 'strict $.** ? (@.type() == "string")')
       WITH ORDINALITY AS t (value, n);
END;

-- The elements of an array that are texts, without blanks around them. Anything but an array has none.
CREATE OR REPLACE FUNCTION jsonb_array_texts(list jsonb) RETURNS TABLE (value text, n bigint)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT btrim(t.value #>> '{}', E' \t\n\r'), t.n
  FROM jsonb_path_query(list, 'strict $[*] ? (@.type() == "string")', '{}', true)
       WITH ORDINALITY AS t (value, n)
  WHERE btrim(t.value #>> '{}', E' \t\n\r') <> '';
END;

-- As parsers store it, or as in the flat form.
CREATE OR REPLACE FUNCTION resume_name(parsed_data jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT left(coalesce(nullif(btrim(parsed_data #>> '{contact_info,full_name}'), ''),
                       nullif(btrim(parsed_data ->> 'name'), '')), 255);
END;

-- A time as the application wrote it: ISO 8601, UTC where no zone is given. Anything else is an
-- error, or null if asked for.
CREATE OR REPLACE FUNCTION arango_time(value text, lenient boolean DEFAULT false) RETURNS timestamptz
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
SET TimeZone = 'UTC'
SET DateStyle = 'ISO, YMD'
AS $function$
BEGIN
  IF value IS NULL THEN
    RETURN NULL;
  END IF;
  IF value !~ ('^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:[0-5]\d(\.\d{1,6}0*)?)?'
               || '(Z|z|[+-]\d\d(:?\d\d)?)?)?$') THEN
    RAISE EXCEPTION 'this is no point in time of the form ISO 8601'
      USING ERRCODE = 'invalid_datetime_format';
  END IF;
  RETURN value::timestamptz;
EXCEPTION
  WHEN invalid_datetime_format OR datetime_field_overflow OR invalid_time_zone_displacement_value THEN
    IF lenient THEN
      RETURN NULL;
    END IF;
    RAISE;
END
$function$;

-- All skills of a document: its own lists and those of each job and school. Each once, whatever its
-- case (the first spelling stays), in the order of the alphabet. One array first, then one look at its
-- elements: joining six set-returning functions looks like millions of rows to the planner, and JIT
-- compilation would cost a second per document.
CREATE OR REPLACE FUNCTION extract_skills(document jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT coalesce(array_agg(skill ORDER BY lower(skill) COLLATE "C"), '{}')
  FROM (
    SELECT DISTINCT ON (lower(t.value)) t.value AS skill
    FROM jsonb_array_texts(
           jsonb_path_query_array(document, '$ ? (@.skills.type() == "array").skills[*]')
           || jsonb_path_query_array(document,
                '$ ? (@.technical_skills.type() == "array").technical_skills[*]')
           || jsonb_path_query_array(document,
                '$ ? (@.soft_skills.type() == "array").soft_skills[*]')
           || jsonb_path_query_array(document,
                '$ ? (@.work_experience.type() == "array").work_experience[*] ? (@.skills.type() == "array").skills[*]')
           || jsonb_path_query_array(document,
                '$ ? (@.experience.type() == "array").experience[*] ? (@.skills.type() == "array").skills[*]')
           || jsonb_path_query_array(document,
                '$ ? (@.education.type() == "array").education[*] ? (@.skills.type() == "array").skills[*]')
         ) AS t
    ORDER BY lower(t.value), t.n
  ) AS skills;
END;

-- Percent of the job's keywords that the résumé has, whatever the case; 0 if the job names none.
CREATE OR REPLACE FUNCTION calculate_keyword_match(resume_keywords jsonb, job_keywords jsonb)
RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT coalesce(round(100.0 * count(*) FILTER (WHERE has.word IS NOT NULL) / nullif(count(*), 0), 2),
                  0)
  FROM (SELECT DISTINCT lower(t.value) AS word FROM jsonb_array_texts(job_keywords) AS t) AS wanted
  LEFT JOIN (SELECT DISTINCT lower(t.value) AS word
             FROM jsonb_array_texts(resume_keywords) AS t) AS has
    ON has.word = wanted.word;
END;

-- How similar the texts of two documents are, in percent, by trigrams. Names of members don't count.
CREATE OR REPLACE FUNCTION calculate_similarity(doc1 jsonb, doc2 jsonb) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT round((100 * similarity(document_text(doc1), document_text(doc2)))::numeric, 2);
END;

-- The score of a résumé, alone or for a job.
--   format_score       up to 40: contact 10, summary 10, experience 10, education 5, skills 5
--   keyword_score      with a job 0.4 × calculate_keyword_match; alone 30 above 10 keywords, 20 above
--                      5, else 10
--   readability_score  20 with experience
CREATE OR REPLACE FUNCTION calculate_ats_score(resume_data jsonb, job_data jsonb DEFAULT NULL)
RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  -- Materialized: each section is looked at once, not wherever it is named below.
  WITH sections AS MATERIALIZED (
    SELECT jsonb_filled(resume_data -> 'contact') OR jsonb_filled(resume_data -> 'contact_info')
             OR jsonb_filled(resume_data -> 'email') OR jsonb_filled(resume_data -> 'phone') AS contact,
           jsonb_filled(resume_data -> 'summary') AS summary,
           jsonb_filled(resume_data -> 'experience')
             OR jsonb_filled(resume_data -> 'work_experience') AS experience,
           jsonb_filled(resume_data -> 'education') AS education,
           jsonb_filled(resume_data -> 'skills') OR jsonb_filled(resume_data -> 'technical_skills')
             OR jsonb_filled(resume_data -> 'soft_skills') AS skills,
           CASE WHEN EXISTS (SELECT FROM jsonb_array_texts(resume_data -> 'keywords'))
                THEN resume_data -> 'keywords'
                ELSE to_jsonb(extract_skills(resume_data)) END AS keywords,
           CASE WHEN EXISTS (SELECT FROM jsonb_array_texts(job_data -> 'keywords'))
                THEN job_data -> 'keywords'
                WHEN EXISTS (SELECT FROM jsonb_array_texts(job_data -> 'skills'))
                THEN job_data -> 'skills'
                ELSE job_data -> 'qualifications' END AS job_keywords
  ), scores AS MATERIALIZED (
    SELECT s.*,
           (CASE WHEN contact THEN 10 ELSE 0 END + CASE WHEN summary THEN 10 ELSE 0 END
            + CASE WHEN experience THEN 10 ELSE 0 END + CASE WHEN education THEN 5 ELSE 0 END
            + CASE WHEN skills THEN 5 ELSE 0 END)::numeric AS format_score,
           CASE WHEN job_data IS NOT NULL THEN 0.4 * calculate_keyword_match(keywords, job_keywords)
                WHEN jsonb_array_length(keywords) > 10 THEN 30
                WHEN jsonb_array_length(keywords) > 5 THEN 20
                ELSE 10 END AS keyword_score,
           CASE WHEN experience THEN 20 ELSE 0 END::numeric AS readability_score
    FROM sections AS s
  )
  SELECT jsonb_build_object(
           'total_score', round(least(format_score + keyword_score + readability_score, 100), 2),
           'format_score', round(format_score, 2),
           'keyword_score', round(keyword_score, 2),
           'readability_score', round(readability_score, 2),
           'recommendations', to_jsonb(array_remove(ARRAY[
             CASE WHEN format_score < 30
                  THEN 'Add the missing sections: ' || concat_ws(', ',
                         CASE WHEN NOT contact THEN 'contact' END,
                         CASE WHEN NOT summary THEN 'summary' END,
                         CASE WHEN NOT experience THEN 'experience' END,
                         CASE WHEN NOT education THEN 'education' END,
                         CASE WHEN NOT skills THEN 'skills' END) END,
             CASE WHEN keyword_score < 30 AND job_data IS NOT NULL
                  THEN 'Use more of the keywords of the job posting'
                  WHEN keyword_score < 30
                  THEN 'Name more skills and keywords' END,
             CASE WHEN readability_score < 15
                  THEN 'Describe your work experience: without it the document is hard to read' END
           ], NULL)))
  FROM scores;
END;

CREATE OR REPLACE FUNCTION check_duplicate_resume(p_user_id text, p_file_hash varchar)
RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT EXISTS (SELECT
                 FROM resume_documents AS r
                 WHERE r.user_id = p_user_id AND r.file_hash = p_file_hash AND r.is_active);
END;

-- Full-text search. Whoever wants other dictionaries for résumés (languages, synonyms) alters this
-- configuration and runs REINDEX INDEX idx_resume_fts.
DO $configuration$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_ts_config
                 WHERE cfgname = 'resume_search'
                   AND cfgnamespace = to_regnamespace(quote_ident(current_schema()))) THEN
    CREATE TEXT SEARCH CONFIGURATION resume_search (COPY = pg_catalog.english);
  END IF;
END
$configuration$;

CREATE OR REPLACE FUNCTION resume_search_vector(parsed_data jsonb) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT setweight(to_tsvector('resume_search'::regconfig, coalesce(resume_name(parsed_data), '')), 'A')
      || setweight(to_tsvector('resume_search'::regconfig,
                               left(document_text(parsed_data -> 'skills'), 10000)), 'B')
      || to_tsvector('resume_search'::regconfig, document_text(parsed_data));
END;

CREATE OR REPLACE FUNCTION job_search_vector(
  job_title text, company_name text, location text, requirements jsonb, parsed_data jsonb)
RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT setweight(to_tsvector('pg_catalog.english'::regconfig,
                               left(coalesce(job_title, '') || ' ' || coalesce(company_name, ''), 1000)),
                   'A')
      || setweight(to_tsvector('pg_catalog.english'::regconfig,
                               left(coalesce(location, '') || ' ' || document_text(requirements), 10000)),
                   'B')
      || to_tsvector('pg_catalog.english'::regconfig, document_text(parsed_data));
END;

CREATE OR REPLACE FUNCTION optimization_search_vector(optimized_content jsonb) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT to_tsvector('pg_catalog.english'::regconfig, document_text(optimized_content));
END;

CREATE OR REPLACE FUNCTION research_search_vector(
  company_name text, job_title text, content text, research_data jsonb)
RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT setweight(to_tsvector('pg_catalog.english'::regconfig,
                               left(coalesce(company_name, '') || ' ' || coalesce(job_title, ''), 1000)),
                   'A')
      || to_tsvector('pg_catalog.english'::regconfig,
                     left(coalesce(content, ''), 80000) || ' '
                     || left(document_text(research_data), 20000));
END;

-- The active documents of one kind that hold all words of the query, the best first; of one user, or
-- of all: an application that shows the result to a user must say which.
CREATE OR REPLACE FUNCTION search_documents(
  search_query text, document_type text DEFAULT 'resume', p_user_id text DEFAULT NULL,
  p_limit integer DEFAULT 50)
RETURNS TABLE (id uuid, user_id text, relevance real, snippet text)
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $function$
#variable_conflict use_column
DECLARE
  form constant text := 'MaxWords=50, MinWords=15';
  query tsquery := plainto_tsquery('pg_catalog.english', search_query);
BEGIN
  CASE document_type
    WHEN 'resume' THEN
      query := plainto_tsquery('resume_search', search_query);
      RETURN QUERY
        SELECT hit.id, hit.user_id, hit.rank,
               ts_headline('resume_search', document_text(hit.parsed_data), query, form)
        FROM (
          SELECT r.*, ts_rank(resume_search_vector(r.parsed_data), query) AS rank
          FROM resume_documents r
          WHERE resume_search_vector(r.parsed_data) @@ query
            AND r.is_active AND (p_user_id IS NULL OR r.user_id = p_user_id)
          ORDER BY rank DESC, r.id
          LIMIT p_limit
        ) hit
        ORDER BY hit.rank DESC, hit.id;
    WHEN 'job' THEN
      RETURN QUERY
        SELECT hit.id, hit.user_id, hit.rank,
               ts_headline('pg_catalog.english',
                           concat_ws(' ', hit.job_title, hit.company_name, hit.location,
                                     document_text(hit.parsed_data)), query, form)
        FROM (
          SELECT j.*, ts_rank(job_search_vector(j.job_title, j.company_name, j.location,
                                                j.requirements, j.parsed_data), query) AS rank
          FROM job_documents j
          WHERE job_search_vector(j.job_title, j.company_name, j.location, j.requirements,
                                  j.parsed_data) @@ query
            AND j.is_active AND (p_user_id IS NULL OR j.user_id = p_user_id)
          ORDER BY rank DESC, j.id
          LIMIT p_limit
        ) hit
        ORDER BY hit.rank DESC, hit.id;
    WHEN 'optimization' THEN
      RETURN QUERY
        SELECT hit.id, hit.user_id, hit.rank,
               ts_headline('pg_catalog.english', document_text(hit.optimized_content), query, form)
        FROM (
          SELECT o.*, ts_rank(optimization_search_vector(o.optimized_content), query) AS rank
          FROM optimization_results o
          WHERE optimization_search_vector(o.optimized_content) @@ query
            AND o.is_active AND (p_user_id IS NULL OR o.user_id = p_user_id)
          ORDER BY rank DESC, o.id
          LIMIT p_limit
        ) hit
        ORDER BY hit.rank DESC, hit.id;
    WHEN 'research' THEN
      RETURN QUERY
        SELECT hit.id, hit.user_id, hit.rank,
               ts_headline('pg_catalog.english',
                           concat_ws(' ', hit.company_name, hit.job_title, hit.content,
                                     document_text(hit.research_data)), query, form)
        FROM (
          SELECT s.*, ts_rank(research_search_vector(s.company_name, s.job_title, s.content,
                                                     s.research_data), query) AS rank
          FROM research_results s
          WHERE research_search_vector(s.company_name, s.job_title, s.content, s.research_data)
                @@ query
            AND s.is_active AND (p_user_id IS NULL OR s.user_id = p_user_id)
          ORDER BY rank DESC, s.id
          LIMIT p_limit
        ) hit
        ORDER BY hit.rank DESC, hit.id;
    ELSE
      RAISE EXCEPTION 'unknown document type ''%''', document_type
        USING ERRCODE = 'invalid_parameter_value',
              HINT = 'Use resume, job, optimization or research.';
  END CASE;
END
$function$;

-- The active documents of a user, of one type or of all, the newest first.
CREATE OR REPLACE FUNCTION get_user_documents(
  p_user_id text, p_document_type text DEFAULT NULL, p_limit integer DEFAULT 100,
  p_offset integer DEFAULT 0)
RETURNS TABLE (document_id uuid, document_type text, title text, created_at timestamptz, metadata jsonb)
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $function$
#variable_conflict use_column
BEGIN
  IF p_document_type NOT IN ('resume', 'job', 'optimization', 'research') THEN
    RAISE EXCEPTION 'unknown document type ''%''', p_document_type
      USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Use resume, job, optimization or research, or NULL for all.';
  END IF;
  RETURN QUERY
    SELECT d.document_id, d.document_type, d.title, d.created_at, d.metadata
    FROM (
      SELECT r.id AS document_id, 'resume' AS document_type,
             coalesce(resume_name(r.parsed_data), nullif(r.filename, ''), 'Resume')::text AS title,
             r.created_at, r.metadata
      FROM resume_documents r
      WHERE r.user_id = p_user_id AND r.is_active
        AND (p_document_type IS NULL OR p_document_type = 'resume')
      UNION ALL
      SELECT j.id, 'job',
             coalesce(nullif(concat_ws(' at ', nullif(j.job_title, ''), nullif(j.company_name, '')), ''),
                      j.source_filename, j.job_url, 'Job'),
             j.created_at, j.metadata
      FROM job_documents j
      WHERE j.user_id = p_user_id AND j.is_active
        AND (p_document_type IS NULL OR p_document_type = 'job')
      UNION ALL
      SELECT o.id, 'optimization', 'Optimization: ' || coalesce(o.optimization_type, 'general'),
             o.created_at, o.metadata
      FROM optimization_results o
      WHERE o.user_id = p_user_id AND o.is_active
        AND (p_document_type IS NULL OR p_document_type = 'optimization')
      UNION ALL
      SELECT s.id, 'research',
             coalesce(nullif(s.company_name, ''), 'Research') || ' (' || s.research_type || ')',
             s.created_at, s.metadata
      FROM research_results s
      WHERE s.user_id = p_user_id AND s.is_active
        AND (p_document_type IS NULL OR p_document_type = 'research')
    ) d
    ORDER BY d.created_at DESC, d.document_id
    LIMIT p_limit OFFSET p_offset;
END
$function$;

-- The active optimisation with the highest version, then the newest. A job of NULL means: for no job.
CREATE OR REPLACE FUNCTION get_latest_optimization(p_resume_id uuid, p_job_id uuid)
RETURNS optimization_results
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $function$
  SELECT o.*
  FROM optimization_results o
  WHERE o.resume_id = p_resume_id
    AND (o.job_id = p_job_id OR p_job_id IS NULL AND o.job_id IS NULL)
    AND o.is_active
  ORDER BY o.version DESC, o.created_at DESC, o.id
  LIMIT 1
$function$;

CREATE OR REPLACE FUNCTION get_optimization_stats(p_user_id text)
RETURNS TABLE (
  total_optimizations bigint, avg_ats_score numeric, max_ats_score numeric,
  avg_keyword_score numeric, max_keyword_score numeric, unique_resumes bigint, unique_jobs bigint)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT count(*), round(avg(o.ats_score), 2), max(o.ats_score),
         round(avg(o.keyword_match_score), 2), max(o.keyword_match_score),
         count(DISTINCT o.resume_id), count(DISTINCT o.job_id)
  FROM optimization_results AS o
  WHERE o.user_id = p_user_id AND o.is_active;
END;

-- Deactivates what has had its time and returns how many rows that were:
--   jobs and research that have expired;
--   optimisations beyond the newest p_versions of a user, résumé and job, unless others build on them;
--   and removes audit entries older than p_audit_retention.
-- Documents stay in their tables with deleted_at set.
CREATE OR REPLACE FUNCTION cleanup_old_documents(
  p_versions integer DEFAULT 5, p_audit_retention interval DEFAULT '90 days')
RETURNS integer
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
DECLARE
  cleaned integer := 0;
  n integer;
BEGIN
  IF p_versions < 1 THEN
    RAISE EXCEPTION 'p_versions is %, at least one version must stay', p_versions
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  UPDATE job_documents
  SET is_active = false, deleted_at = now()
  WHERE is_active AND expires_at < now();
  GET DIAGNOSTICS n = ROW_COUNT;
  cleaned := cleaned + n;

  UPDATE research_results
  SET is_active = false, deleted_at = now()
  WHERE is_active AND expires_at < now();
  GET DIAGNOSTICS n = ROW_COUNT;
  cleaned := cleaned + n;

  UPDATE optimization_results o
  SET is_active = false, deleted_at = now()
  FROM (
    SELECT id,
           row_number() OVER (PARTITION BY user_id, resume_id, job_id
                              ORDER BY version DESC, created_at DESC, id) AS place
    FROM optimization_results
    WHERE is_active
  ) ranked
  WHERE ranked.id = o.id
    AND ranked.place > p_versions
    AND NOT EXISTS (SELECT FROM optimization_results child
                    WHERE child.parent_optimization_id = o.id AND child.is_active);
  GET DIAGNOSTICS n = ROW_COUNT;
  cleaned := cleaned + n;

  DELETE FROM document_audit_log
  WHERE created_at < now() - p_audit_retention;
  GET DIAGNOSTICS n = ROW_COUNT;
  RETURN cleaned + n;
END
$function$;

-- migrate:down
DROP FUNCTION IF EXISTS
  cleanup_old_documents(integer, interval),
  get_optimization_stats(text),
  get_latest_optimization(uuid, uuid),
  get_user_documents(text, text, integer, integer),
  search_documents(text, text, text, integer),
  research_search_vector(text, text, text, jsonb),
  optimization_search_vector(jsonb),
  job_search_vector(text, text, text, jsonb, jsonb),
  resume_search_vector(jsonb),
  check_duplicate_resume(text, varchar),
  calculate_ats_score(jsonb, jsonb),
  calculate_similarity(jsonb, jsonb),
  calculate_keyword_match(jsonb, jsonb),
  extract_skills(jsonb),
  arango_time(text, boolean),
  resume_name(jsonb),
  jsonb_array_texts(jsonb),
  document_text(jsonb),
  jsonb_filled(jsonb),
  jsonb_merge_deep(jsonb, jsonb);
DROP TEXT SEARCH CONFIGURATION IF EXISTS resume_search;

-- migrate:verify
-- Functions by signature, result and volatility.
WITH expected (signature, result, volatility) AS (
  VALUES
    ('jsonb_merge_deep(jsonb, jsonb)', 'jsonb', 'i'),
    ('jsonb_filled(jsonb)', 'boolean', 'i'),
    ('document_text(jsonb)', 'text', 'i'),
    ('jsonb_array_texts(jsonb)', 'TABLE(value text, n bigint)', 'i'),
    ('resume_name(jsonb)', 'text', 'i'),
    ('arango_time(text, boolean)', 'timestamp with time zone', 's'),
    ('extract_skills(jsonb)', 'text[]', 'i'),
    ('calculate_keyword_match(jsonb, jsonb)', 'numeric', 'i'),
    ('calculate_similarity(jsonb, jsonb)', 'numeric', 'i'),
    ('calculate_ats_score(jsonb, jsonb)', 'jsonb', 'i'),
    ('check_duplicate_resume(text, varchar)', 'boolean', 's'),
    ('resume_search_vector(jsonb)', 'tsvector', 'i'),
    ('job_search_vector(text, text, text, jsonb, jsonb)', 'tsvector', 'i'),
    ('optimization_search_vector(jsonb)', 'tsvector', 'i'),
    ('research_search_vector(text, text, text, jsonb)', 'tsvector', 'i'),
    ('search_documents(text, text, text, integer)',
     'TABLE(id uuid, user_id text, relevance real, snippet text)', 's'),
    ('get_user_documents(text, text, integer, integer)',
     'TABLE(document_id uuid, document_type text, title text, created_at timestamp with time zone, metadata jsonb)',
     's'),
    ('get_latest_optimization(uuid, uuid)', 'optimization_results', 's'),
    ('get_optimization_stats(text)',
     'TABLE(total_optimizations bigint, avg_ats_score numeric, max_ats_score numeric, avg_keyword_score numeric, max_keyword_score numeric, unique_resumes bigint, unique_jobs bigint)',
     's'),
    ('cleanup_old_documents(integer, interval)', 'integer', 'v')
)
SELECT pg_get_function_result(p.oid) = e.result AND p.provolatile::text = e.volatility AS ok,
       format('function %s returns %s (%s), expected %s (%s)', e.signature,
              coalesce(pg_get_function_result(p.oid), 'nothing: it is missing'), p.provolatile,
              e.result, e.volatility) AS what
FROM expected e
LEFT JOIN pg_proc p ON p.oid = to_regprocedure(e.signature);

SELECT EXISTS (SELECT FROM pg_ts_config
               WHERE cfgname = 'resume_search'
                 AND cfgnamespace = to_regnamespace(quote_ident(current_schema()))) AS ok,
       'text search configuration resume_search' AS what;

-- The formulas.
SELECT jsonb_merge_deep('{"a": {"x": 1, "y": [1]}, "b": 1}', '{"a": {"y": [2]}, "c": null}')
         = '{"a": {"x": 1, "y": [2]}, "b": 1, "c": null}' AS ok,
       'jsonb_merge_deep merges objects and replaces the rest' AS what
UNION ALL
SELECT extract_skills('{"skills": ["SQL", "sql"], "work_experience": [{"skills": ["C++"]}]}')
         = ARRAY['C++', 'SQL'],
       'extract_skills finds the skills of the document and of its jobs'
UNION ALL
SELECT calculate_keyword_match('["sql"]', '["SQL", "sql ", "C++"]') = 50.00,
       'calculate_keyword_match counts each word once'
UNION ALL
SELECT calculate_similarity('{"a": "postgres"}', '{"b": "postgres"}') = 100,
       'calculate_similarity compares texts, not names'
UNION ALL
SELECT calculate_ats_score('{"contact_info": {"full_name": "A"}, "work_experience": [{"skills": ["SQL"]}]}')
         -> 'total_score' = '50',
       'calculate_ats_score counts contact 10, experience 10, few keywords 10, readability 20'
UNION ALL
SELECT resume_search_vector('{"contact_info": {"full_name": "Ada Lovelace"}}')
         @@ to_tsquery('resume_search', 'lovelace'),
       'résumés are found by name';
