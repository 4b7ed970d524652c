-- What keeps wrong data out: structure of the documents, business rules, the audit trail, domains.
-- Row triggers stand back while arango2pg loads (`arango2pg.loading` = on): ArangoDB had no such rules,
-- and the loader writes its own audit entries. check_document_rules() says afterwards what they would
-- have refused. They fire after the row, not before: a BEFORE INSERT trigger, even a silent one, makes
-- COPY insert row by row.

-- migrate:up
-- The first rule that a document breaks, or null. Placeholders (pending, parsing, failed) need no
-- content. Addresses are only asked to look like one: real ones are international.
CREATE OR REPLACE FUNCTION resume_problem(status text, parsed_data jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT CASE
    WHEN jsonb_typeof(parsed_data) <> 'object'
      THEN 'parsed_data is no object'
    WHEN status NOT IN ('parsed', 'manual', 'completed')
      THEN NULL
    WHEN resume_name(parsed_data) IS NULL
      THEN 'parsed_data has neither contact_info.full_name nor name'
    WHEN coalesce(jsonb_typeof(parsed_data -> 'contact_info'), '') <> 'object'
         AND coalesce(jsonb_typeof(parsed_data -> 'contact'), '') <> 'object'
         AND NOT jsonb_filled(parsed_data -> 'email')
         AND NOT jsonb_filled(parsed_data -> 'phone')
      THEN 'parsed_data has neither contact_info, contact, email nor phone'
    ELSE coalesce(
      (SELECT format('parsed_data.%s is no e-mail address', array_to_string(a.path, '.'))
       FROM (VALUES (ARRAY['contact_info', 'email']), (ARRAY['contact', 'email']), (ARRAY['email']))
            AS a (path)
       WHERE jsonb_filled(parsed_data #> a.path)
         AND (parsed_data #>> a.path) !~ '^[^@\s]+@[^@\s]+$'
       ORDER BY a.path
       LIMIT 1),
      (SELECT format('parsed_data.%s is no array', l.name)
       FROM unnest(ARRAY['experience', 'work_experience', 'education', 'certifications', 'skills'])
            WITH ORDINALITY AS l (name, n)
       WHERE jsonb_typeof(parsed_data -> l.name) NOT IN ('array', 'null')
       ORDER BY l.n
       LIMIT 1))
  END;
END;

CREATE OR REPLACE FUNCTION job_problem(
  status text, parsed_data jsonb, requirements jsonb, skills jsonb, keywords jsonb)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT CASE
    WHEN jsonb_typeof(parsed_data) <> 'object'
      THEN 'parsed_data is no object'
    WHEN jsonb_typeof(requirements) NOT IN ('array', 'null')
      THEN 'requirements is no array'
    WHEN jsonb_typeof(skills) NOT IN ('array', 'null')
      THEN 'skills is no array'
    WHEN jsonb_typeof(keywords) NOT IN ('array', 'null')
      THEN 'keywords is no array'
    WHEN job_salary(parsed_data, 'min') > job_salary(parsed_data, 'max')
      THEN 'parsed_data.salary.min is above salary.max'
    WHEN status = 'completed' AND NOT jsonb_filled(parsed_data -> 'description')
      THEN 'parsed_data has no description'
  END;
END;

CREATE OR REPLACE FUNCTION optimization_problem(
  status text, optimized_content jsonb, suggestions jsonb, matched_keywords jsonb,
  missing_keywords jsonb)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT CASE
    WHEN jsonb_typeof(optimized_content) <> 'object'
      THEN 'optimized_content is no object'
    WHEN jsonb_typeof(suggestions) NOT IN ('array', 'null')
      THEN 'suggestions is no array'
    WHEN jsonb_typeof(matched_keywords) NOT IN ('array', 'null')
      THEN 'matched_keywords is no array'
    WHEN jsonb_typeof(missing_keywords) NOT IN ('array', 'null')
      THEN 'missing_keywords is no array'
    WHEN status = 'completed' AND NOT jsonb_filled(optimized_content -> 'content')
      THEN 'optimized_content has no content'
  END;
END;

CREATE OR REPLACE FUNCTION validate_resume_jsonb() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
DECLARE
  problem constant text := resume_problem(NEW.status, NEW.parsed_data);
BEGIN
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION 'resume %: %', NEW.id, problem
      USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
  END IF;
  RETURN NULL;
END
$function$;

CREATE OR REPLACE FUNCTION validate_job_jsonb() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
DECLARE
  problem constant text :=
    job_problem(NEW.status, NEW.parsed_data, NEW.requirements, NEW.skills, NEW.keywords);
BEGIN
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION 'job %: %', NEW.id, problem
      USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
  END IF;
  RETURN NULL;
END
$function$;

CREATE OR REPLACE FUNCTION validate_optimization_jsonb() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
DECLARE
  problem constant text :=
    optimization_problem(NEW.status, NEW.optimized_content, NEW.suggestions, NEW.matched_keywords,
                         NEW.missing_keywords);
BEGIN
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION 'optimization %: %', NEW.id, problem
      USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
  END IF;
  RETURN NULL;
END
$function$;

CREATE OR REPLACE TRIGGER validate_resume_data
  AFTER INSERT OR UPDATE OF status, parsed_data ON resume_documents
  FOR EACH ROW WHEN (current_setting('arango2pg.loading', true) IS DISTINCT FROM 'on')
  EXECUTE FUNCTION validate_resume_jsonb();
CREATE OR REPLACE TRIGGER validate_job_data
  AFTER INSERT OR UPDATE OF status, parsed_data, requirements, skills, keywords ON job_documents
  FOR EACH ROW WHEN (current_setting('arango2pg.loading', true) IS DISTINCT FROM 'on')
  EXECUTE FUNCTION validate_job_jsonb();
CREATE OR REPLACE TRIGGER validate_optimization_data
  AFTER INSERT OR UPDATE OF status, optimized_content, suggestions, matched_keywords, missing_keywords
  ON optimization_results
  FOR EACH ROW WHEN (current_setting('arango2pg.loading', true) IS DISTINCT FROM 'on')
  EXECUTE FUNCTION validate_optimization_jsonb();

-- For tables with a user_id and no foreign key. The document tables have one, which does the same
-- without a race: no trigger here.
CREATE OR REPLACE FUNCTION check_user_exists() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
BEGIN
  IF NEW.user_id IS NOT NULL AND NOT EXISTS (SELECT FROM "user" WHERE id = NEW.user_id) THEN
    RAISE EXCEPTION 'user ''%'' does not exist', NEW.user_id
      USING ERRCODE = 'foreign_key_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
  END IF;
  RETURN NEW;
END
$function$;

-- One active résumé per user and file. An index, not a trigger: two sessions at once can't both pass.
CREATE UNIQUE INDEX IF NOT EXISTS prevent_duplicate_resume
  ON resume_documents (user_id, file_hash)
  WHERE is_active AND file_hash IS NOT NULL;

-- At most ats.max_active_resumes (default 10) active résumés per user; looked at only when one
-- becomes active. The lock lets only one session per user count.
CREATE OR REPLACE FUNCTION limit_active_resumes() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
DECLARE
  most constant integer := coalesce(nullif(current_setting('ats.max_active_resumes', true), ''), '10');
  active integer;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('limit_active_resumes ' || NEW.user_id, 0));
  SELECT count(*)
  INTO active
  FROM resume_documents
  WHERE user_id = NEW.user_id AND is_active;
  IF active > most THEN
    RAISE EXCEPTION 'user ''%'' would have % active resumes, the limit is %',
                    NEW.user_id, active, most
      USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME,
            HINT = 'Deactivate one, or raise the setting ats.max_active_resumes.';
  END IF;
  RETURN NULL;
END
$function$;

CREATE OR REPLACE TRIGGER limit_active_resumes_trigger
  AFTER INSERT ON resume_documents
  FOR EACH ROW WHEN (NEW.is_active
                     AND current_setting('arango2pg.loading', true) IS DISTINCT FROM 'on')
  EXECUTE FUNCTION limit_active_resumes();
CREATE OR REPLACE TRIGGER limit_reactivated_resumes_trigger
  AFTER UPDATE OF is_active, user_id ON resume_documents
  FOR EACH ROW WHEN (NEW.is_active AND (NOT OLD.is_active OR OLD.user_id <> NEW.user_id)
                     AND current_setting('arango2pg.loading', true) IS DISTINCT FROM 'on')
  EXECUTE FUNCTION limit_active_resumes();

-- An optimisation builds on an earlier one of the same user and résumé; never, over any number of
-- steps, on itself.
CREATE OR REPLACE FUNCTION validate_optimization_parent() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
DECLARE
  parent optimization_results;
BEGIN
  SELECT *
  INTO parent
  FROM optimization_results
  WHERE id = NEW.parent_optimization_id;
  IF parent.user_id IS DISTINCT FROM NEW.user_id
     OR parent.resume_id IS DISTINCT FROM NEW.resume_id THEN
    RAISE EXCEPTION 'optimization %: its parent % is of another user or resume', NEW.id, parent.id
      USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
  END IF;
  IF EXISTS (
    WITH RECURSIVE ancestors (id) AS (
      SELECT NEW.parent_optimization_id
      UNION
      SELECT o.parent_optimization_id
      FROM optimization_results o
      JOIN ancestors a ON a.id = o.id
      WHERE o.parent_optimization_id IS NOT NULL
    )
    SELECT FROM ancestors WHERE id = NEW.id
  ) THEN
    RAISE EXCEPTION 'optimization %: its parent % builds on it', NEW.id, parent.id
      USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
  END IF;
  RETURN NULL;
END
$function$;

CREATE OR REPLACE TRIGGER validate_optimization_parent_trigger
  AFTER INSERT OR UPDATE OF parent_optimization_id, user_id, resume_id ON optimization_results
  FOR EACH ROW WHEN (NEW.parent_optimization_id IS NOT NULL
                     AND current_setting('arango2pg.loading', true) IS DISTINCT FROM 'on')
  EXECUTE FUNCTION validate_optimization_parent();

DO $constraints$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_constraint
                 WHERE conrelid = 'optimization_results'::regclass
                   AND conname = 'optimization_parent_check') THEN
    ALTER TABLE optimization_results
      ADD CONSTRAINT optimization_parent_check CHECK (parent_optimization_id <> id);
  END IF;
  IF NOT EXISTS (SELECT FROM pg_constraint
                 WHERE conrelid = 'tasks'::regclass AND conname = 'tasks_dates_logical') THEN
    ALTER TABLE tasks
      ADD CONSTRAINT tasks_dates_logical
      CHECK (started_at >= created_at AND completed_at >= started_at) NOT VALID;
    COMMENT ON CONSTRAINT tasks_dates_logical ON tasks IS 'Made by arango2pg pack ats.';
    -- The table may be older than the pack, and so may be its faults.
    IF EXISTS (SELECT FROM tasks
               WHERE NOT (started_at >= created_at AND completed_at >= started_at)) THEN
      RAISE NOTICE 'tasks holds rows whose times are in no order: tasks_dates_logical guards new ones only';
    ELSE
      ALTER TABLE tasks VALIDATE CONSTRAINT tasks_dates_logical;
    END IF;
  END IF;
END
$constraints$;

-- One entry per change: what changed, as {"old": …, "new": …}; of the documents themselves only the
-- names, in "documents". Inserts have {}, as the entries of the loader; deletions the old row's
-- scalars. An update that changes nothing leaves nothing.
CREATE OR REPLACE FUNCTION audit_document_changes() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
DECLARE
  documents constant text[] := ARRAY['parsed_data', 'optimized_content', 'content', 'research_data'];
  entry jsonb := '{}';
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO document_audit_log (user_id, document_type, document_id, action)
    VALUES (NEW.user_id, TG_ARGV[0], NEW.id, 'insert');
    RETURN NULL;
  END IF;
  IF TG_OP = 'DELETE' THEN
    SELECT jsonb_build_object('old', jsonb_object_agg(key, value))
    INTO entry
    FROM jsonb_each(to_jsonb(OLD))
    WHERE jsonb_typeof(value) NOT IN ('object', 'array', 'null') AND key <> ALL (documents);
    INSERT INTO document_audit_log (user_id, document_type, document_id, action, changes)
    VALUES (OLD.user_id, TG_ARGV[0], OLD.id, 'delete', entry);
    RETURN NULL;
  END IF;
  SELECT jsonb_build_object(
           'old', coalesce(jsonb_object_agg(key, o.value) FILTER (WHERE key <> ALL (documents)), '{}'),
           'new', coalesce(jsonb_object_agg(key, n.value) FILTER (WHERE key <> ALL (documents)), '{}'))
         || CASE WHEN bool_or(key = ANY (documents))
                 THEN jsonb_build_object('documents',
                        jsonb_agg(key ORDER BY key) FILTER (WHERE key = ANY (documents)))
                 ELSE '{}' END
  INTO entry
  FROM jsonb_each(to_jsonb(OLD)) AS o
  JOIN jsonb_each(to_jsonb(NEW)) AS n USING (key)
  WHERE o.value <> n.value AND key <> 'updated_at'
  HAVING count(*) > 0;
  IF entry IS NOT NULL THEN
    INSERT INTO document_audit_log (user_id, document_type, document_id, action, changes)
    VALUES (NEW.user_id, TG_ARGV[0], NEW.id, 'update', entry);
  END IF;
  RETURN NULL;
END
$function$;

CREATE OR REPLACE TRIGGER audit_resume_changes
  AFTER INSERT OR UPDATE OR DELETE ON resume_documents
  FOR EACH ROW WHEN (current_setting('arango2pg.loading', true) IS DISTINCT FROM 'on')
  EXECUTE FUNCTION audit_document_changes('resume');
CREATE OR REPLACE TRIGGER audit_job_changes
  AFTER INSERT OR UPDATE OR DELETE ON job_documents
  FOR EACH ROW WHEN (current_setting('arango2pg.loading', true) IS DISTINCT FROM 'on')
  EXECUTE FUNCTION audit_document_changes('job');
CREATE OR REPLACE TRIGGER audit_optimization_changes
  AFTER INSERT OR UPDATE OR DELETE ON optimization_results
  FOR EACH ROW WHEN (current_setting('arango2pg.loading', true) IS DISTINCT FROM 'on')
  EXECUTE FUNCTION audit_document_changes('optimization');
CREATE OR REPLACE TRIGGER audit_research_changes
  AFTER INSERT OR UPDATE OR DELETE ON research_results
  FOR EACH ROW WHEN (current_setting('arango2pg.loading', true) IS DISTINCT FROM 'on')
  EXECUTE FUNCTION audit_document_changes('research');

-- Who made a document, from where, when: for rows that the application inserts without metadata.
CREATE OR REPLACE FUNCTION default_metadata() RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT CASE WHEN current_setting('arango2pg.loading', true) = 'on' THEN '{}'
              ELSE jsonb_strip_nulls(jsonb_build_object(
                     'created_by', nullif(current_setting('app.current_user', true), ''),
                     'ip_address', host(inet_client_addr()),
                     'timestamp', now())) END;
END;

ALTER TABLE resume_documents ALTER COLUMN metadata SET DEFAULT default_metadata();
ALTER TABLE job_documents ALTER COLUMN metadata SET DEFAULT default_metadata();
ALTER TABLE optimization_results ALTER COLUMN metadata SET DEFAULT default_metadata();
ALTER TABLE research_results ALTER COLUMN metadata SET DEFAULT default_metadata();

-- For columns and parameters of the application; the pack's own tables hold what the source held.
DO $domains$
BEGIN
  IF to_regtype(format('%I.email_address', current_schema())) IS NULL THEN
    CREATE DOMAIN email_address AS text
      CHECK (VALUE ~ '^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}$');
    COMMENT ON DOMAIN email_address IS 'ASCII e-mail address. Made by arango2pg pack ats.';
  END IF;
  IF to_regtype(format('%I.url_address', current_schema())) IS NULL THEN
    CREATE DOMAIN url_address AS text
      CHECK (VALUE ~* '^https?://[a-z0-9-]+(\.[a-z0-9-]+)+(:[0-9]{1,5})?([/?#]\S*)?$');
    COMMENT ON DOMAIN url_address IS 'Web address. Made by arango2pg pack ats.';
  END IF;
  IF to_regtype(format('%I.percentage', current_schema())) IS NULL THEN
    CREATE DOMAIN percentage AS numeric(5,2)
      CHECK (VALUE BETWEEN 0 AND 100);
    COMMENT ON DOMAIN percentage IS '0 to 100 with two decimals. Made by arango2pg pack ats.';
  END IF;
END
$domains$;

-- What the triggers would refuse among the rows that are there: after a bulk load they never saw them.
CREATE OR REPLACE FUNCTION check_document_rules()
RETURNS TABLE (rule text, document_type text, document_id uuid, user_id text, problem text)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $function$
  SELECT 'validate_resume_data', 'resume', r.id, r.user_id, p.problem
  FROM resume_documents r
  CROSS JOIN LATERAL resume_problem(r.status, r.parsed_data) AS p (problem)
  WHERE p.problem IS NOT NULL
  UNION ALL
  SELECT 'validate_job_data', 'job', j.id, j.user_id, p.problem
  FROM job_documents j
  CROSS JOIN LATERAL job_problem(j.status, j.parsed_data, j.requirements, j.skills, j.keywords)
       AS p (problem)
  WHERE p.problem IS NOT NULL
  UNION ALL
  SELECT 'validate_optimization_data', 'optimization', o.id, o.user_id, p.problem
  FROM optimization_results o
  CROSS JOIN LATERAL optimization_problem(o.status, o.optimized_content, o.suggestions,
                                          o.matched_keywords, o.missing_keywords) AS p (problem)
  WHERE p.problem IS NOT NULL
  UNION ALL
  SELECT 'limit_active_resumes_trigger', 'resume', NULL, r.user_id,
         format('%s active resumes, the limit is %s', count(*),
                coalesce(nullif(current_setting('ats.max_active_resumes', true), ''), '10'))
  FROM resume_documents r
  WHERE r.is_active
  GROUP BY r.user_id
  HAVING count(*) > coalesce(nullif(current_setting('ats.max_active_resumes', true), ''), '10')::integer
  UNION ALL
  SELECT 'validate_optimization_parent_trigger', 'optimization', o.id, o.user_id,
         format('its parent %s is of another user or resume', parent.id)
  FROM optimization_results o
  JOIN optimization_results parent ON parent.id = o.parent_optimization_id
  WHERE parent.user_id <> o.user_id OR parent.resume_id IS DISTINCT FROM o.resume_id
$function$;

-- migrate:down
DROP FUNCTION IF EXISTS check_document_rules();
ALTER TABLE resume_documents ALTER COLUMN metadata SET DEFAULT '{}';
ALTER TABLE job_documents ALTER COLUMN metadata SET DEFAULT '{}';
ALTER TABLE optimization_results ALTER COLUMN metadata SET DEFAULT '{}';
ALTER TABLE research_results ALTER COLUMN metadata SET DEFAULT '{}';
DROP FUNCTION IF EXISTS default_metadata();
DROP TRIGGER IF EXISTS audit_research_changes ON research_results;
DROP TRIGGER IF EXISTS audit_optimization_changes ON optimization_results;
DROP TRIGGER IF EXISTS audit_job_changes ON job_documents;
DROP TRIGGER IF EXISTS audit_resume_changes ON resume_documents;
DROP TRIGGER IF EXISTS validate_optimization_parent_trigger ON optimization_results;
DROP TRIGGER IF EXISTS limit_reactivated_resumes_trigger ON resume_documents;
DROP TRIGGER IF EXISTS limit_active_resumes_trigger ON resume_documents;
DROP TRIGGER IF EXISTS validate_optimization_data ON optimization_results;
DROP TRIGGER IF EXISTS validate_job_data ON job_documents;
DROP TRIGGER IF EXISTS validate_resume_data ON resume_documents;
DROP INDEX IF EXISTS prevent_duplicate_resume;
ALTER TABLE optimization_results DROP CONSTRAINT IF EXISTS optimization_parent_check;
-- Functions and domains that the application has come to use stay the reason of an error: nothing of
-- its own goes with them.
DROP FUNCTION IF EXISTS
  audit_document_changes(), validate_optimization_parent(), limit_active_resumes(),
  check_user_exists(), validate_optimization_jsonb(), validate_job_jsonb(), validate_resume_jsonb(),
  optimization_problem(text, jsonb, jsonb, jsonb, jsonb),
  job_problem(text, jsonb, jsonb, jsonb, jsonb), resume_problem(text, jsonb);

DO $made_here$
DECLARE
  made record;
BEGIN
  IF EXISTS (SELECT FROM pg_constraint
             WHERE conrelid = 'tasks'::regclass AND conname = 'tasks_dates_logical'
               AND obj_description(oid, 'pg_constraint') LIKE '%Made by arango2pg pack ats%') THEN
    ALTER TABLE tasks DROP CONSTRAINT tasks_dates_logical;
  END IF;
  FOR made IN
    SELECT t.oid::regtype AS name
    FROM pg_type t
    WHERE t.typnamespace = to_regnamespace(quote_ident(current_schema()))
      AND t.typname IN ('email_address', 'url_address', 'percentage')
      AND obj_description(t.oid, 'pg_type') LIKE '%Made by arango2pg pack ats%'
  LOOP
    EXECUTE format('DROP DOMAIN %s', made.name);
  END LOOP;
END
$made_here$;

-- migrate:verify
WITH expected (tab, name, function, quiet) AS (
  VALUES
    ('resume_documents', 'validate_resume_data', 'validate_resume_jsonb()', true),
    ('job_documents', 'validate_job_data', 'validate_job_jsonb()', true),
    ('optimization_results', 'validate_optimization_data', 'validate_optimization_jsonb()', true),
    ('resume_documents', 'limit_active_resumes_trigger', 'limit_active_resumes()', true),
    ('resume_documents', 'limit_reactivated_resumes_trigger', 'limit_active_resumes()', true),
    ('optimization_results', 'validate_optimization_parent_trigger',
     'validate_optimization_parent()', true),
    ('resume_documents', 'audit_resume_changes', 'audit_document_changes()', true),
    ('job_documents', 'audit_job_changes', 'audit_document_changes()', true),
    ('optimization_results', 'audit_optimization_changes', 'audit_document_changes()', true),
    ('research_results', 'audit_research_changes', 'audit_document_changes()', true)
)
SELECT EXISTS (SELECT FROM pg_trigger t
               WHERE t.tgrelid = to_regclass(e.tab)
                 AND t.tgname = e.name
                 AND t.tgfoid = to_regprocedure(e.function)
                 AND t.tgenabled IN ('O', 'A')
                 AND pg_get_triggerdef(t.oid) LIKE '%AFTER %FOR EACH ROW%arango2pg.loading%') AS ok,
       format('trigger %s on %s: after the row, enabled, calls %s, stands back while loading',
              e.name, e.tab, e.function) AS what
FROM expected e;

WITH expected (signature, result) AS (
  VALUES
    ('resume_problem(text, jsonb)', 'text'),
    ('job_problem(text, jsonb, jsonb, jsonb, jsonb)', 'text'),
    ('optimization_problem(text, jsonb, jsonb, jsonb, jsonb)', 'text'),
    ('check_user_exists()', 'trigger'),
    ('default_metadata()', 'jsonb'),
    ('check_document_rules()',
     'TABLE(rule text, document_type text, document_id uuid, user_id text, problem text)')
)
SELECT pg_get_function_result(to_regprocedure(e.signature)) IS NOT DISTINCT FROM e.result AS ok,
       format('function %s returns %s', e.signature, e.result) AS what
FROM expected e;

WITH expected (tab, name, definition) AS (
  VALUES
    ('optimization_results', 'optimization_parent_check', 'CHECKparent_optimization_id<>id'),
    ('tasks', 'tasks_dates_logical', 'CHECKstarted_at>=created_atANDcompleted_at>=started_at')
)
SELECT EXISTS (SELECT FROM pg_constraint c
               WHERE c.conrelid = to_regclass(e.tab) AND c.conname = e.name
                 AND regexp_replace(pg_get_constraintdef(c.oid), '[()\s]|NOT VALID', '', 'g')
                     = e.definition) AS ok,
       format('constraint %s on %s is %s', e.name, e.tab, e.definition) AS what
FROM expected e;

SELECT EXISTS (SELECT FROM pg_index i
               WHERE i.indexrelid = to_regclass('prevent_duplicate_resume')
                 AND i.indrelid = to_regclass('resume_documents')
                 AND i.indisunique AND i.indisvalid
                 AND pg_get_indexdef(i.indexrelid) LIKE '%USING btree (user_id, file_hash) WHERE%is_active%file_hash IS NOT NULL%')
         AS ok,
       'unique index prevent_duplicate_resume on resume_documents (user_id, file_hash), active ones'
         AS what;

SELECT pg_get_expr(d.adbin, d.adrelid) LIKE '%default_metadata()' AS ok,
       format('%s.metadata defaults to default_metadata()', e.tab) AS what
FROM (VALUES ('resume_documents'), ('job_documents'), ('optimization_results'), ('research_results'))
     AS e (tab)
LEFT JOIN pg_attribute a ON a.attrelid = to_regclass(e.tab) AND a.attname = 'metadata'
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum;

SELECT t.typtype = 'd' AND format_type(t.typbasetype, t.typtypmod) = e.base AS ok,
       format('domain %s is a %s', e.name, e.base) AS what
FROM (VALUES ('email_address', 'text'), ('url_address', 'text'), ('percentage', 'numeric(5,2)'))
     AS e (name, base)
LEFT JOIN pg_type t ON t.oid = to_regtype(e.name);

-- What passes and what does not.
SELECT resume_problem('parsed', '{"contact_info": {"full_name": "A", "email": null}, "skills": []}')
         IS NULL AS ok,
       'a real resume passes' AS what
UNION ALL
SELECT resume_problem('parsing', '{}') IS NULL, 'a placeholder passes'
UNION ALL
SELECT resume_problem('parsed', '{"contact_info": {"email": "a@b"}}')
         = 'parsed_data has neither contact_info.full_name nor name',
       'a resume without a name does not'
UNION ALL
SELECT job_problem('pending', '{}', NULL, NULL, NULL) IS NULL, 'a pending job passes'
UNION ALL
SELECT job_problem('completed', '{"description": "x", "salary": "80k to 95k"}', '[]', NULL, 'null')
         IS NULL,
       'a salary in free text passes'
UNION ALL
SELECT optimization_problem('completed', '{"data": {}}', NULL, NULL, NULL)
         = 'optimized_content has no content',
       'an optimization without content does not';
