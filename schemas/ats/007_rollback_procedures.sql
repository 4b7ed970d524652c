-- Ways back and ways in: copies and roll-back of parts of the pack, what state it is in, single
-- documents from ArangoDB, and what has to be done after a bulk load.

-- migrate:up

-- ── Documents from ArangoDB ────────────────────────────────────────────────────────────────────────

-- SHA-1 (FIPS 180-4), for the ids of documents. Here, because PostgreSQL has it only in extensions.
CREATE OR REPLACE FUNCTION arango_sha1(message bytea) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $function$
DECLARE
  low constant bigint := 4294967295;  -- 32 bits
  padded constant bytea := message || '\x80'::bytea
    || decode(repeat('00', (119 - length(message) % 64) % 64), 'hex')
    || int8send(8 * length(message)::bigint);
  h0 bigint := 1732584193;
  h1 bigint := 4023233417;
  h2 bigint := 2562383102;
  h3 bigint := 271733878;
  h4 bigint := 3285377520;
  a bigint;
  b bigint;
  c bigint;
  d bigint;
  e bigint;
  f bigint;
  k bigint;
  next bigint;
  w bigint[];
BEGIN
  FOR block IN 0 .. length(padded) / 64 - 1 LOOP
    w := '{}';
    FOR i IN 0 .. 15 LOOP
      w[i] := (get_byte(padded, 64 * block + 4 * i)::bigint << 24)
              | (get_byte(padded, 64 * block + 4 * i + 1) << 16)
              | (get_byte(padded, 64 * block + 4 * i + 2) << 8)
              | get_byte(padded, 64 * block + 4 * i + 3);
    END LOOP;
    FOR i IN 16 .. 79 LOOP
      next := w[i - 3] # w[i - 8] # w[i - 14] # w[i - 16];
      w[i] := ((next << 1) | (next >> 31)) & low;
    END LOOP;
    a := h0;
    b := h1;
    c := h2;
    d := h3;
    e := h4;
    FOR i IN 0 .. 79 LOOP
      IF i < 20 THEN
        f := (b & c) | ((b # low) & d);
        k := 1518500249;
      ELSIF i < 40 THEN
        f := b # c # d;
        k := 1859775393;
      ELSIF i < 60 THEN
        f := (b & c) | (b & d) | (c & d);
        k := 2400959708;
      ELSE
        f := b # c # d;
        k := 3395469782;
      END IF;
      next := (((a << 5) | (a >> 27)) + f + e + k + w[i]) & low;
      e := d;
      d := c;
      c := ((b << 30) | (b >> 2)) & low;
      b := a;
      a := next;
    END LOOP;
    h0 := (h0 + a) & low;
    h1 := (h1 + b) & low;
    h2 := (h2 + c) & low;
    h3 := (h3 + d) & low;
    h4 := (h4 + e) & low;
  END LOOP;
  RETURN substr(int8send(h0), 5) || substr(int8send(h1), 5) || substr(int8send(h2), 5)
      || substr(int8send(h3), 5) || substr(int8send(h4), 5);
END
$function$;

-- The id that arango2pg gives to a document: its key if that is a UUID, else UUIDv5 of
-- collection/key.
CREATE OR REPLACE FUNCTION arango_uuid(collection text, key text) RETURNS uuid
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path FROM CURRENT
AS $function$
DECLARE
  digest bytea;
BEGIN
  IF key ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
    RETURN key::uuid;
  END IF;
  digest := substr(arango_sha1('\xb3a1f6de5c0e5f5e9d0a7c9c7d1c2a11'::bytea
                               || convert_to(collection || '/' || key, 'UTF8')), 1, 16);
  digest := set_byte(digest, 6, (get_byte(digest, 6) & 15) | 80);
  digest := set_byte(digest, 8, (get_byte(digest, 8) & 63) | 128);
  RETURN encode(digest, 'hex')::uuid;
END
$function$;

-- A _rev as its number: milliseconds since 1970 << 20 | counter. Null if it is none.
CREATE OR REPLACE FUNCTION arango_revision(rev text) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $function$
DECLARE
  digits constant text :=
    '-_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  number numeric := 0;
BEGIN
  IF rev ~ '^[1-9][0-9]{0,19}$' THEN
    number := rev;  -- servers before 3.1
  ELSIF rev ~ '^[-_A-Za-z][-_A-Za-z0-9]{0,10}$' THEN
    FOR i IN 1 .. length(rev) LOOP
      number := number * 64 + strpos(digits, substr(rev, i, 1)) - 1;
    END LOOP;
  ELSE
    RETURN NULL;
  END IF;
  RETURN CASE WHEN number < 9223372036854775808 THEN number END;
END
$function$;

-- The first of several attributes that is there and not null; paths as 'a.b'.
CREATE OR REPLACE FUNCTION arango_value(document jsonb, VARIADIC paths text[]) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT document #> string_to_array(p.path, '.')
  FROM unnest(paths) WITH ORDINALITY AS p (path, n)
  WHERE jsonb_typeof(document #> string_to_array(p.path, '.')) <> 'null'
  ORDER BY p.n
  LIMIT 1;
END;

-- The same as text; objects and arrays are none.
CREATE OR REPLACE FUNCTION arango_text(document jsonb, VARIADIC paths text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $function$
DECLARE
  value constant jsonb := arango_value(document, VARIADIC paths);
BEGIN
  IF jsonb_typeof(value) IN ('object', 'array') THEN
    RAISE EXCEPTION 'attribute % is no text', array_to_string(paths, ' or ')
      USING ERRCODE = 'invalid_text_representation';
  END IF;
  RETURN value #>> '{}';
END
$function$;

-- The elements of a list of texts in one, as the mapping joins locations; one text stays as it is.
CREATE OR REPLACE FUNCTION arango_joined(value jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $function$
BEGIN
  IF jsonb_path_exists(value, '$ ? (@.type() == "object")')
     OR jsonb_path_exists(value, 'strict $[*] ? (@.type() == "array")', '{}', true) THEN
    RAISE EXCEPTION 'a list of texts holds something else'
      USING ERRCODE = 'invalid_text_representation';
  END IF;
  RETURN CASE WHEN jsonb_typeof(value) = 'array'
              THEN (SELECT string_agg(e.text, '; ' ORDER BY e.n)
                    FROM jsonb_array_elements_text(value) WITH ORDINALITY AS e (text, n))
              ELSE value #>> '{}' END;
END
$function$;

-- The document that an attribute points at: a key, or a full id collection/key.
CREATE OR REPLACE FUNCTION arango_reference(document jsonb, attribute text, collection text)
RETURNS uuid
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $function$
DECLARE
  target constant text := arango_text(document, attribute);
BEGIN
  IF target !~ '^([^/]+/)?[^/]+$' THEN
    RAISE EXCEPTION 'attribute % refers to no document', attribute
      USING ERRCODE = 'invalid_text_representation';
  END IF;
  RETURN CASE WHEN strpos(target, '/') > 0
              THEN arango_uuid(split_part(target, '/', 1), split_part(target, '/', 2))
              ELSE arango_uuid(collection, target) END;
END
$function$;

-- Loads one document as it was in ArangoDB: by the rules of mappings/ats, upserted by the id that its
-- _key gives (without a _key it is a new one), the newer _rev wins, with an entry in the audit log.
-- For single documents; `arango2pg migrate` and `resync` are the way for collections.
CREATE OR REPLACE FUNCTION migrate_arango_document(
  p_user_id text, p_document_type text, p_arango_data jsonb)
RETURNS uuid
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
DECLARE
  doc constant jsonb := p_arango_data;
  source constant text := CASE p_document_type WHEN 'resume' THEN 'resumes' WHEN 'job' THEN 'jobs'
                                               ELSE 'documents' END;
  doc_key constant text := coalesce(doc ->> '_key', nullif(split_part(doc ->> '_id', '/', 2), ''));
  doc_id constant uuid := coalesce(arango_uuid(source, doc_key), gen_random_uuid());
  owner constant text := coalesce(p_user_id, arango_text(doc, 'user_id', 'userId'));
  rev constant bigint := arango_revision(doc ->> '_rev');
  -- Numbers of old servers are no times.
  written constant timestamptz :=
    CASE WHEN doc ->> '_rev' !~ '^[0-9]' THEN to_timestamp((rev >> 20) / 1000.0) END;
  created timestamptz;
  updated timestamptz;
  meta jsonb;
  whole numeric;
  written_here boolean;
  -- A clause SET of the function would need a superuser.
  loading constant text := coalesce(current_setting('arango2pg.loading', true), '');
BEGIN
  IF jsonb_typeof(doc) IS DISTINCT FROM 'object' THEN
    RAISE EXCEPTION 'the document is no JSON object' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF p_document_type IS NULL
     OR p_document_type NOT IN ('resume', 'job', 'optimization', 'research') THEN
    RAISE EXCEPTION 'unknown document type ''%''', p_document_type
      USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Use resume, job, optimization or research.';
  END IF;
  IF owner IS NULL THEN
    RAISE EXCEPTION 'the document has no user' USING ERRCODE = 'not_null_violation';
  END IF;
  IF EXISTS (SELECT
             FROM unnest(CASE p_document_type
                           WHEN 'resume' THEN ARRAY['resume_data', 'parsed_data', 'content',
                                                    'file_metadata', 'metadata']
                           WHEN 'job' THEN ARRAY['parsed_data', 'job_details', 'scores', 'metadata']
                           ELSE ARRAY['metadata'] END) AS name
             WHERE jsonb_typeof(doc -> name) NOT IN ('object', 'null')) THEN
    RAISE EXCEPTION 'an attribute that must be an object is none'
      USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Look at resume_data, parsed_data, content, job_details, scores, file_metadata and metadata.';
  END IF;

  created := coalesce(
    arango_time(CASE p_document_type
                  WHEN 'resume' THEN arango_text(doc, 'created_at', 'createdAt',
                                                 'file_metadata.processed_at')
                  WHEN 'job' THEN arango_text(doc, 'created_at', 'createdAt')
                  ELSE arango_text(doc, 'created_at') END),
    written, now());
  updated := greatest(created, coalesce(
    arango_time(CASE WHEN p_document_type IN ('resume', 'job')
                     THEN arango_text(doc, 'updated_at', 'updatedAt')
                     ELSE arango_text(doc, 'updated_at', 'created_at') END),
    written, created));
  meta := coalesce(nullif(doc -> 'metadata', 'null'), '{}')
    || jsonb_build_object('imported_from', 'arangodb')
    || CASE WHEN doc_key IS NULL THEN '{}'
            ELSE jsonb_build_object('arango_id', source || '/' || doc_key) END
    || CASE WHEN p_document_type = 'job' AND arango_value(doc, 'type') IS NOT NULL
            THEN jsonb_build_object('type', doc -> 'type') ELSE '{}' END;

  PERFORM set_config('arango2pg.loading', 'on', true);
  CASE p_document_type
    WHEN 'resume' THEN
      IF EXISTS (SELECT
                 FROM unnest(ARRAY['resume_data,work_experience', 'parsed_data,experience']) AS path
                 WHERE CASE jsonb_typeof(doc #> string_to_array(path, ','))
                         WHEN 'array' THEN jsonb_array_length(doc #> string_to_array(path, ',')) > 500
                         WHEN 'null' THEN false
                         ELSE doc #> string_to_array(path, ',') IS NOT NULL END) THEN
        RAISE EXCEPTION 'the work experience is no array, or longer than 500 entries'
          USING ERRCODE = 'check_violation';
      END IF;
      whole := arango_text(doc, 'file_metadata.size', 'file_size', 'size');
      IF whole <> trunc(whole) THEN
        RAISE EXCEPTION 'the file size is no whole number' USING ERRCODE = 'invalid_text_representation';
      END IF;
      INSERT INTO resume_documents AS target
        (id, source_key, source_rev, user_id, filename, content_type, file_size, file_hash, status,
         source, parsed_data, file_metadata, metadata, task_id, error_message, version, is_active,
         created_at, updated_at)
      VALUES
        (doc_id, doc_key, rev, owner,
         arango_text(doc, 'file_metadata.filename', 'filename', 'file_name'),
         arango_text(doc, 'file_metadata.content_type', 'content_type', 'mime_type'),
         whole::bigint,
         arango_text(doc, 'file_hash', 'file_metadata.hash'),
         coalesce(arango_text(doc, 'status'), 'parsed'),
         coalesce(arango_text(doc, 'source'), 'upload'),
         coalesce(arango_value(doc, 'resume_data', 'parsed_data', 'content'),
                  (SELECT jsonb_object_agg(key, value)
                   FROM jsonb_each(doc)
                   WHERE value <> 'null'
                     AND key IN ('name', 'email', 'phone', 'address', 'contact', 'contact_info', 'links',
                                 'summary', 'experience', 'work_experience', 'education', 'skills',
                                 'technical_skills', 'soft_skills', 'keywords', 'certifications',
                                 'projects', 'languages')),
                  '{}'),
         coalesce(arango_value(doc, 'file_metadata'), '{}'),
         meta,
         arango_text(doc, 'task_id'),
         arango_text(doc, 'error_message'),
         coalesce(arango_text(doc, 'version')::integer, 1),
         coalesce(arango_value(doc, 'is_active')::boolean, true),
         created, updated)
      ON CONFLICT (id) DO UPDATE SET
        (source_key, source_rev, user_id, filename, content_type, file_size, file_hash, status, source,
         parsed_data, file_metadata, metadata, task_id, error_message, version, is_active, created_at,
         updated_at)
        = (excluded.source_key, excluded.source_rev, excluded.user_id, excluded.filename,
           excluded.content_type, excluded.file_size, excluded.file_hash, excluded.status,
           excluded.source, excluded.parsed_data, excluded.file_metadata, excluded.metadata,
           excluded.task_id, excluded.error_message, excluded.version, excluded.is_active,
           excluded.created_at, excluded.updated_at)
      WHERE target.source_rev > excluded.source_rev IS NOT TRUE;
    WHEN 'job' THEN
      INSERT INTO job_documents AS target
        (id, source_key, source_rev, user_id, company_name, job_title, location, remote_type, job_url,
         source_type, source_filename, status, parsed_data, requirements, skills, keywords, scores,
         metadata, task_id, error_message, expires_at, is_active, created_at, updated_at)
      VALUES
        (doc_id, doc_key, rev, owner,
         nullif(regexp_replace(arango_text(doc, 'parsed_data.company', 'company_name', 'company'),
                               '^\s+|\s+$', '', 'g'), ''),
         arango_text(doc, 'parsed_data.title', 'job_title', 'title'),
         coalesce(arango_joined(doc #> '{parsed_data,location}'), arango_joined(doc -> 'location')),
         arango_text(doc, 'remote_type', 'work_type', 'parsed_data.remote_type'),
         arango_text(doc, 'source_url', 'job_url', 'url', 'parsed_data.source_url', 'parsed_data.link'),
         coalesce(arango_text(doc, 'source_type'),
                  CASE WHEN arango_value(doc, 'source_url') IS NOT NULL THEN 'url' END),
         arango_text(doc, 'source_filename'),
         coalesce(arango_text(doc, 'status'), 'completed'),
         coalesce(arango_value(doc, 'parsed_data', 'job_details'),
                  (SELECT jsonb_object_agg(key, value)
                   FROM jsonb_each(doc)
                   WHERE value <> 'null'
                     AND key IN ('description', 'salary', 'responsibilities', 'qualifications',
                                 'requirements', 'benefits', 'skills', 'keywords', 'logistics',
                                 'additional_info', 'department', 'seniority_level',
                                 'employment_type')),
                  '{}'),
         arango_value(doc, 'parsed_data.requirements', 'parsed_data.qualifications', 'requirements'),
         arango_value(doc, 'parsed_data.skills', 'skills'),
         arango_value(doc, 'parsed_data.keywords', 'keywords'),
         arango_value(doc, 'scores'),
         meta,
         arango_text(doc, 'task_id'),
         arango_text(doc, 'error_message'),
         arango_time(arango_text(doc, 'expires_at')),
         coalesce(arango_value(doc, 'is_active')::boolean, true),
         created, updated)
      ON CONFLICT (id) DO UPDATE SET
        (source_key, source_rev, user_id, company_name, job_title, location, remote_type, job_url,
         source_type, source_filename, status, parsed_data, requirements, skills, keywords, scores,
         metadata, task_id, error_message, expires_at, is_active, created_at, updated_at)
        = (excluded.source_key, excluded.source_rev, excluded.user_id, excluded.company_name,
           excluded.job_title, excluded.location, excluded.remote_type, excluded.job_url,
           excluded.source_type, excluded.source_filename, excluded.status, excluded.parsed_data,
           excluded.requirements, excluded.skills, excluded.keywords, excluded.scores,
           excluded.metadata, excluded.task_id, excluded.error_message, excluded.expires_at,
           excluded.is_active, excluded.created_at, excluded.updated_at)
      WHERE target.source_rev > excluded.source_rev IS NOT TRUE;
    WHEN 'optimization' THEN
      INSERT INTO optimization_results AS target
        (id, source_key, source_rev, user_id, resume_id, job_id, optimization_type, optimized_content,
         suggestions, matched_keywords, missing_keywords, ats_score, keyword_match_score, is_active,
         metadata, task_id, status, created_at, updated_at)
      VALUES
        (doc_id, doc_key, rev, owner,
         arango_reference(doc, 'resume_id', 'resumes'),
         arango_reference(doc, 'job_id', 'jobs'),
         coalesce(arango_text(doc, 'optimization_type'), 'general'),
         CASE WHEN arango_value(doc, 'content') IS NULL THEN '{}'
              ELSE jsonb_build_object('content', doc -> 'content') END
           || CASE WHEN arango_value(doc, 'optimized_data') IS NULL THEN '{}'
                   ELSE jsonb_build_object('data', doc -> 'optimized_data') END,
         arango_value(doc, 'suggestions'),
         arango_value(doc, 'matched_keywords', 'keywords_matched'),
         arango_value(doc, 'missing_keywords'),
         round(arango_text(doc, 'ats_score', 'atsScore', 'optimization_score')::numeric, 2),
         round(arango_text(doc, 'keyword_match_score', 'keywordScore')::numeric, 2),
         coalesce(arango_value(doc, 'is_active')::boolean, true),
         meta,
         arango_text(doc, 'task_id'),
         coalesce(arango_text(doc, 'status'), 'completed'),
         created, updated)
      ON CONFLICT (id) DO UPDATE SET
        (source_key, source_rev, user_id, resume_id, job_id, optimization_type, optimized_content,
         suggestions, matched_keywords, missing_keywords, ats_score, keyword_match_score, is_active,
         metadata, task_id, status, created_at, updated_at)
        = (excluded.source_key, excluded.source_rev, excluded.user_id, excluded.resume_id,
           excluded.job_id, excluded.optimization_type, excluded.optimized_content,
           excluded.suggestions, excluded.matched_keywords, excluded.missing_keywords,
           excluded.ats_score, excluded.keyword_match_score, excluded.is_active, excluded.metadata,
           excluded.task_id, excluded.status, excluded.created_at, excluded.updated_at)
      WHERE target.source_rev > excluded.source_rev IS NOT TRUE;
    ELSE
      IF arango_text(doc, 'metadata.report_type') NOT IN
           ('company_research', 'industry_research', 'role_research', 'salary_research') THEN
        RAISE EXCEPTION 'metadata.report_type is of an unknown kind'
          USING ERRCODE = 'invalid_parameter_value';
      END IF;
      INSERT INTO research_results AS target
        (id, source_key, source_rev, user_id, resume_id, job_id, company_name, job_title,
         research_type, content, research_data, metadata, task_id, status, is_active, expires_at,
         created_at, updated_at)
      VALUES
        (doc_id, doc_key, rev, owner,
         arango_reference(doc, 'resume_id', 'resumes'),
         arango_reference(doc, 'job_id', 'jobs'),
         arango_text(doc, 'company', 'company_name'),
         arango_text(doc, 'job_title'),
         coalesce(replace(arango_text(doc, 'metadata.report_type'), '_research', ''), 'company'),
         arango_text(doc, 'content'),
         doc - ARRAY['_key', '_id', '_rev', '_from', '_to', 'type', 'user_id', 'resume_id', 'job_id',
                     'company', 'company_name', 'job_title', 'content', 'metadata', 'task_id', 'status',
                     'is_active', 'expires_at', 'created_at', 'updated_at'],
         meta,
         arango_text(doc, 'task_id'),
         coalesce(arango_text(doc, 'status'), 'completed'),
         coalesce(arango_value(doc, 'is_active')::boolean, true),
         arango_time(arango_text(doc, 'expires_at')),
         created, updated)
      ON CONFLICT (id) DO UPDATE SET
        (source_key, source_rev, user_id, resume_id, job_id, company_name, job_title, research_type,
         content, research_data, metadata, task_id, status, is_active, expires_at, created_at,
         updated_at)
        = (excluded.source_key, excluded.source_rev, excluded.user_id, excluded.resume_id,
           excluded.job_id, excluded.company_name, excluded.job_title, excluded.research_type,
           excluded.content, excluded.research_data, excluded.metadata, excluded.task_id,
           excluded.status, excluded.is_active, excluded.expires_at, excluded.created_at,
           excluded.updated_at)
      WHERE target.source_rev > excluded.source_rev IS NOT TRUE;
  END CASE;
  written_here := FOUND;
  PERFORM set_config('arango2pg.loading', loading, true);
  IF written_here THEN
    INSERT INTO document_audit_log (user_id, document_type, document_id, action)
    VALUES (owner, p_document_type, doc_id, 'migrate');
  END IF;
  RETURN doc_id;
END
$function$;

-- ── After a bulk load ──────────────────────────────────────────────────────────────────────────────

-- Called by arango2pg when all rows are in; may be called again at any time.
--   Versions of optimisations count up per user, résumé and job; in ArangoDB they had none.
--   The foreign key of profiles, which had to wait for the résumés, is checked.
--   What the silent triggers would have said about counts becomes a warning of the run.
CREATE OR REPLACE FUNCTION arango2pg_finalise(run_id bigint) RETURNS void
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
DECLARE
  loading constant text := coalesce(current_setting('arango2pg.loading', true), '');
  warnings text[] := '{}';
  n bigint;
BEGIN
  PERFORM set_config('arango2pg.loading', 'on', true);
  UPDATE optimization_results o
  SET version = ranked.version
  FROM (
    SELECT id, row_number() OVER (PARTITION BY user_id, resume_id, job_id
                                  ORDER BY created_at, id) AS version
    FROM optimization_results
    WHERE source_key IS NOT NULL
  ) ranked
  WHERE ranked.id = o.id AND ranked.version <> o.version;
  PERFORM set_config('arango2pg.loading', loading, true);

  IF EXISTS (SELECT FROM pg_constraint
             WHERE conrelid = 'user_profiles'::regclass
               AND conname = 'user_profiles_resume_id_fkey' AND NOT convalidated) THEN
    SELECT count(*)
    INTO n
    FROM user_profiles p
    WHERE p.resume_id IS NOT NULL
      AND NOT EXISTS (SELECT FROM resume_documents r WHERE r.id = p.resume_id);
    IF n = 0 THEN
      BEGIN
        ALTER TABLE user_profiles VALIDATE CONSTRAINT user_profiles_resume_id_fkey;
      EXCEPTION WHEN insufficient_privilege THEN
        warnings := warnings || format('role %s does not own user_profiles; '
          'user_profiles_resume_id_fkey stays unvalidated', current_user);
      END;
    ELSE
      warnings := warnings || format('%s profiles point at resumes that were not loaded; '
        'user_profiles_resume_id_fkey stays unvalidated', n);
    END IF;
  END IF;

  SELECT count(*)
  INTO n
  FROM (SELECT FROM resume_documents r
        WHERE r.is_active
        GROUP BY r.user_id
        HAVING count(*) > coalesce(nullif(current_setting('ats.max_active_resumes', true), ''),
                                   '10')::integer) AS above;
  IF n > 0 THEN
    warnings := warnings || format('%s users have more active resumes than the limit allows new ones; '
      'check_document_rules() names them', n);
  END IF;

  IF warnings <> '{}' AND to_regclass('arango2pg.run_event') IS NOT NULL THEN
    INSERT INTO arango2pg.run_event (run_id, severity, message, detail)
    SELECT r.id, 'warn', w.text, '{"pack": "ats"}'
    FROM arango2pg.run r
    CROSS JOIN unnest(warnings) AS w (text)
    WHERE r.id = arango2pg_finalise.run_id;
  END IF;
END
$function$;

-- ── What state the pack is in ──────────────────────────────────────────────────────────────────────

-- Everything that the migrations make, by name; `tab` is the table that it belongs to, for triggers
-- with their function.
CREATE OR REPLACE FUNCTION schema_manifest()
RETURNS TABLE (migration integer, kind text, name text, tab text)
LANGUAGE sql IMMUTABLE
AS $function$
  SELECT l.migration, l.kind, n.name, l.tab
  FROM (VALUES
    (1, 'table', NULL::text, ARRAY['task_metrics', 'task_results', 'tasks']),
    (1, 'constraint', 'task_metrics', ARRAY['task_metrics_pkey', 'task_metrics_status_check']),
    (1, 'constraint', 'task_results', ARRAY['task_results_pkey']),
    (1, 'constraint', 'tasks', ARRAY['tasks_pkey', 'tasks_priority_check', 'tasks_progress_check',
      'tasks_retry_count_check', 'tasks_status_check']),
    (1, 'index', 'task_metrics', ARRAY['idx_task_metrics_type_date']),
    (1, 'index', 'task_results', ARRAY['idx_task_results_task_id', 'task_results_source_key_key']),
    (1, 'index', 'tasks', ARRAY['idx_tasks_created_at', 'idx_tasks_status', 'idx_tasks_type',
      'idx_tasks_user_status']),
    (2, 'table', NULL, ARRAY['user', 'user_profiles']),
    (2, 'constraint', 'user_profiles', ARRAY['user_profiles_pkey']),
    (2, 'trigger', 'user_profiles update_updated_at_column', ARRAY[
      'update_user_profiles_updated_at']),
    (2, 'function', NULL, ARRAY['update_updated_at_column()']),
    (3, 'table', NULL, ARRAY['document_audit_log', 'document_relations', 'job_documents',
      'optimization_results', 'research_results', 'resume_documents']),
    (3, 'foreign key', 'job_documents', ARRAY['job_documents_user_id_fkey']),
    (3, 'foreign key', 'optimization_results', ARRAY['optimization_results_job_id_fkey',
      'optimization_results_parent_optimization_id_fkey', 'optimization_results_resume_id_fkey',
      'optimization_results_user_id_fkey']),
    (3, 'foreign key', 'research_results', ARRAY['research_results_job_id_fkey',
      'research_results_resume_id_fkey', 'research_results_user_id_fkey']),
    (3, 'foreign key', 'resume_documents', ARRAY['resume_documents_user_id_fkey']),
    (3, 'foreign key', 'user_profiles', ARRAY['user_profiles_resume_id_fkey']),
    (3, 'constraint', 'document_audit_log', ARRAY['document_audit_log_action_check',
      'document_audit_log_document_type_check', 'document_audit_log_pkey']),
    (3, 'constraint', 'document_relations', ARRAY['document_relations_pkey']),
    (3, 'constraint', 'job_documents', ARRAY['job_dates_check', 'job_documents_pkey',
      'job_expiry_check', 'job_source_type_check', 'job_status_check']),
    (3, 'constraint', 'optimization_results', ARRAY['optimization_ats_score_check',
      'optimization_dates_check', 'optimization_keyword_match_score_check',
      'optimization_results_pkey', 'optimization_type_check', 'optimization_version_check']),
    (3, 'constraint', 'research_results', ARRAY['research_dates_check', 'research_expiry_check',
      'research_results_pkey', 'research_type_check']),
    (3, 'constraint', 'resume_documents', ARRAY['resume_dates_check', 'resume_documents_pkey',
      'resume_file_size_check', 'resume_source_check', 'resume_status_check',
      'resume_version_check']),
    (3, 'index', 'document_audit_log', ARRAY['idx_document_audit_log_created_at',
      'idx_document_audit_log_document']),
    (3, 'index', 'document_relations', ARRAY['idx_document_relations_from',
      'idx_document_relations_to']),
    (3, 'index', 'job_documents', ARRAY['idx_job_documents_created_at',
      'idx_job_documents_parsed_data', 'idx_job_documents_status',
      'idx_job_documents_user_active_created', 'job_documents_source_key_key']),
    (3, 'index', 'optimization_results', ARRAY['idx_optimization_results_created_at',
      'idx_optimization_results_job_id', 'idx_optimization_results_parent',
      'idx_optimization_results_resume_id', 'idx_optimization_results_user_id',
      'optimization_results_source_key_key']),
    (3, 'index', 'research_results', ARRAY['idx_research_results_company',
      'idx_research_results_expires_at', 'idx_research_results_job_id',
      'idx_research_results_research_data', 'idx_research_results_resume_id',
      'idx_research_results_user_created', 'research_results_source_key_key']),
    (3, 'index', 'resume_documents', ARRAY['idx_resume_documents_created_at',
      'idx_resume_documents_file_metadata', 'idx_resume_documents_parsed_data',
      'idx_resume_documents_status', 'idx_resume_documents_user_status',
      'resume_documents_source_key_key']),
    (3, 'index', 'user_profiles', ARRAY['idx_user_profiles_resume_id']),
    (3, 'trigger', 'job_documents deactivate_deleted_document', ARRAY['deactivate_deleted_job']),
    (3, 'trigger', 'job_documents update_updated_at_column', ARRAY[
      'update_job_documents_updated_at']),
    (3, 'trigger', 'optimization_results deactivate_deleted_document', ARRAY[
      'deactivate_deleted_optimization']),
    (3, 'trigger', 'optimization_results update_updated_at_column', ARRAY[
      'update_optimization_results_updated_at']),
    (3, 'trigger', 'research_results deactivate_deleted_document', ARRAY[
      'deactivate_deleted_research']),
    (3, 'trigger', 'research_results update_updated_at_column', ARRAY[
      'update_research_results_updated_at']),
    (3, 'trigger', 'resume_documents deactivate_deleted_document', ARRAY[
      'deactivate_deleted_resume']),
    (3, 'trigger', 'resume_documents update_updated_at_column', ARRAY[
      'update_resume_documents_updated_at']),
    (3, 'function', NULL, ARRAY['deactivate_deleted_document()']),
    (4, 'function', NULL, ARRAY['arango_time(text,boolean)', 'calculate_ats_score(jsonb,jsonb)',
      'calculate_keyword_match(jsonb,jsonb)', 'calculate_similarity(jsonb,jsonb)',
      'check_duplicate_resume(text,character varying)', 'cleanup_old_documents(integer,interval)',
      'document_text(jsonb)', 'extract_skills(jsonb)', 'get_latest_optimization(uuid,uuid)',
      'get_optimization_stats(text)', 'get_user_documents(text,text,integer,integer)',
      'job_search_vector(text,text,text,jsonb,jsonb)', 'jsonb_array_texts(jsonb)',
      'jsonb_filled(jsonb)', 'jsonb_merge_deep(jsonb,jsonb)', 'optimization_search_vector(jsonb)',
      'research_search_vector(text,text,text,jsonb)', 'resume_name(jsonb)',
      'resume_search_vector(jsonb)', 'search_documents(text,text,text,integer)']),
    (4, 'text search configuration', NULL, ARRAY['resume_search']),
    (5, 'view', NULL, ARRAY['job_resume_scores']),
    (5, 'materialized view', NULL, ARRAY['recent_activity_view', 'top_skills_view',
      'user_document_stats']),
    (5, 'index', 'document_audit_log', ARRAY['idx_audit_bloom']),
    (5, 'index', 'job_documents', ARRAY['idx_job_active_unexpired', 'idx_job_company_trgm',
      'idx_job_department_lower', 'idx_job_documents_company_name', 'idx_job_documents_expires_at',
      'idx_job_documents_fulltext', 'idx_job_documents_job_title', 'idx_job_documents_keywords',
      'idx_job_documents_location', 'idx_job_documents_remote_type',
      'idx_job_documents_requirements', 'idx_job_documents_skills', 'idx_job_salary_range',
      'idx_job_seniority', 'idx_job_title_trgm', 'idx_job_user_company_title']),
    (5, 'index', 'optimization_results', ARRAY['idx_optimization_content_gin',
      'idx_optimization_fts', 'idx_optimization_high_scores', 'idx_optimization_latest_version',
      'idx_optimization_recent', 'idx_optimization_results_ats_score',
      'idx_optimization_results_keyword_score', 'idx_optimization_results_type',
      'idx_optimization_resume_job', 'idx_optimization_skills',
      'idx_optimization_user_best_scores']),
    (5, 'index', 'recent_activity_view', ARRAY['idx_recent_activity_document',
      'idx_recent_activity_type', 'idx_recent_activity_user']),
    (5, 'index', 'research_results', ARRAY['idx_research_active_recent', 'idx_research_fts']),
    (5, 'index', 'resume_documents', ARRAY['idx_resume_active_recent', 'idx_resume_education_gin',
      'idx_resume_experience_gin', 'idx_resume_fts', 'idx_resume_name_lower',
      'idx_resume_name_trgm', 'idx_resume_skills_gin', 'idx_resume_user_created']),
    (5, 'index', 'top_skills_view', ARRAY['idx_top_skills_frequency', 'idx_top_skills_key',
      'idx_top_skills_name']),
    (5, 'index', 'user_document_stats', ARRAY['idx_user_stats_best_score',
      'idx_user_stats_resume_count', 'idx_user_stats_user_id']),
    (5, 'statistics', 'job_documents', ARRAY['job_user_company_stats']),
    (5, 'statistics', 'optimization_results', ARRAY['optimization_scores_stats']),
    (5, 'statistics', 'resume_documents', ARRAY['resume_user_active_stats']),
    (5, 'function', NULL, ARRAY['analyze_index_usage()', 'job_salary(jsonb,text)',
      'refresh_materialized_views()']),
    (6, 'constraint', 'optimization_results', ARRAY['optimization_parent_check']),
    (6, 'constraint', 'tasks', ARRAY['tasks_dates_logical']),
    (6, 'index', 'resume_documents', ARRAY['prevent_duplicate_resume']),
    (6, 'trigger', 'job_documents audit_document_changes', ARRAY['audit_job_changes']),
    (6, 'trigger', 'job_documents validate_job_jsonb', ARRAY['validate_job_data']),
    (6, 'trigger', 'optimization_results audit_document_changes', ARRAY[
      'audit_optimization_changes']),
    (6, 'trigger', 'optimization_results validate_optimization_jsonb', ARRAY[
      'validate_optimization_data']),
    (6, 'trigger', 'optimization_results validate_optimization_parent', ARRAY[
      'validate_optimization_parent_trigger']),
    (6, 'trigger', 'research_results audit_document_changes', ARRAY['audit_research_changes']),
    (6, 'trigger', 'resume_documents audit_document_changes', ARRAY['audit_resume_changes']),
    (6, 'trigger', 'resume_documents limit_active_resumes', ARRAY['limit_active_resumes_trigger',
      'limit_reactivated_resumes_trigger']),
    (6, 'trigger', 'resume_documents validate_resume_jsonb', ARRAY['validate_resume_data']),
    (6, 'function', NULL, ARRAY['audit_document_changes()', 'check_document_rules()',
      'check_user_exists()', 'default_metadata()', 'job_problem(text,jsonb,jsonb,jsonb,jsonb)',
      'limit_active_resumes()', 'optimization_problem(text,jsonb,jsonb,jsonb,jsonb)',
      'resume_problem(text,jsonb)', 'validate_job_jsonb()', 'validate_optimization_jsonb()',
      'validate_optimization_parent()', 'validate_resume_jsonb()']),
    (6, 'domain', NULL, ARRAY['email_address', 'percentage', 'url_address']),
    (7, 'view', NULL, ARRAY['migration_history']),
    (7, 'function', NULL, ARRAY['arango_sha1(bytea)', 'arango_uuid(text,text)',
      'arango_revision(text)', 'arango_value(jsonb,text[])', 'arango_text(jsonb,text[])',
      'arango_joined(jsonb)', 'arango_reference(jsonb,text,text)',
      'migrate_arango_document(text,text,jsonb)', 'arango2pg_finalise(bigint)', 'schema_manifest()',
      'schema_state()', 'verify_schema_integrity()', 'check_migration_status()', 'backup.backup_document_data()',
      'rollback.undo(integer,boolean)', 'rollback.drop_validation_objects()',
      'rollback.drop_helper_functions()', 'rollback.drop_document_tables()',
      'rollback.rollback_all_migrations()']),
    (7, 'schema', NULL, ARRAY['backup', 'rollback'])
  ) AS l (migration, kind, tab, names)
  CROSS JOIN LATERAL unnest(l.names) AS n (name)
$function$;

-- The manifest with the state of each object.
CREATE OR REPLACE FUNCTION schema_state()
RETURNS TABLE (migration integer, kind text, name text, tab text, status text)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $function$
  SELECT e.migration, e.kind, e.name, e.tab,
         CASE
           WHEN e.kind = 'table' THEN
             CASE WHEN c.oid IS NULL THEN 'Missing' ELSE 'OK' END
           WHEN e.kind = 'view' THEN
             CASE WHEN c.oid IS NULL THEN 'Missing' ELSE 'OK' END
           WHEN e.kind = 'materialized view' THEN
             CASE WHEN c.oid IS NULL OR c.relkind <> 'm' THEN 'Missing'
                  WHEN NOT c.relispopulated THEN 'Not populated' ELSE 'OK' END
           WHEN e.kind = 'index' THEN
             CASE WHEN i.indexrelid IS NULL THEN 'Missing'
                  WHEN i.indrelid <> to_regclass(e.tab) THEN 'Misplaced'
                  WHEN NOT i.indisvalid OR NOT i.indisready THEN 'Invalid' ELSE 'OK' END
           WHEN e.kind IN ('constraint', 'foreign key') THEN
             CASE WHEN k.oid IS NULL THEN 'Missing'
                  WHEN NOT k.convalidated THEN 'Not validated' ELSE 'OK' END
           WHEN e.kind = 'trigger' THEN
             CASE WHEN t.oid IS NULL THEN 'Missing'
                  WHEN t.tgfoid <> to_regproc(e.function) THEN 'Misplaced'
                  WHEN t.tgenabled NOT IN ('O', 'A') THEN 'Disabled' ELSE 'OK' END
           WHEN e.kind = 'function' THEN
             CASE WHEN to_regprocedure(CASE WHEN e.name LIKE '%.%' THEN e.name
                                            ELSE format('%I.%s', current_schema(), e.name) END)
                       IS NULL
                  THEN 'Missing' ELSE 'OK' END
           WHEN e.kind = 'domain' THEN
             CASE WHEN to_regtype(e.name) IS NULL THEN 'Missing' ELSE 'OK' END
           WHEN e.kind = 'schema' THEN
             CASE WHEN to_regnamespace(e.name) IS NULL THEN 'Missing' ELSE 'OK' END
           WHEN e.kind = 'statistics' THEN
             CASE WHEN EXISTS (SELECT FROM pg_statistic_ext s
                               WHERE s.stxname = e.name AND s.stxrelid = to_regclass(e.tab))
                  THEN 'OK' ELSE 'Missing' END
           ELSE
             CASE WHEN EXISTS (SELECT FROM pg_ts_config s
                               WHERE s.cfgname = e.name
                                 AND s.cfgnamespace = to_regnamespace(quote_ident(current_schema())))
                  THEN 'OK' ELSE 'Missing' END
         END
  FROM (SELECT m.migration, m.kind, m.name, split_part(m.tab, ' ', 1) AS tab,
               split_part(m.tab, ' ', 2) AS function
        FROM schema_manifest() m) e
  LEFT JOIN pg_class c
    ON c.oid = to_regclass(CASE WHEN e.kind IN ('table', 'view', 'materialized view')
                                THEN quote_ident(e.name) END)
  LEFT JOIN pg_index i
    ON i.indexrelid = to_regclass(CASE WHEN e.kind = 'index' THEN quote_ident(e.name) END)
  LEFT JOIN pg_constraint k
    ON k.conrelid = to_regclass(e.tab) AND k.conname = e.name AND e.kind IN ('constraint', 'foreign key')
  LEFT JOIN pg_trigger t
    ON t.tgrelid = to_regclass(e.tab) AND t.tgname = e.name AND e.kind = 'trigger'
  WHERE e.name <> 'idx_audit_bloom' OR EXISTS (SELECT FROM pg_extension WHERE extname = 'bloom')
$function$;

-- One row per object of the manifest, and one for whatever else is wrong with the pack's tables.
-- Existence and health; `arango2pg schema verify` compares definitions.
CREATE OR REPLACE FUNCTION verify_schema_integrity()
RETURNS TABLE (check_name text, status text, details text)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $function$
  WITH state AS MATERIALIZED (
    SELECT s.*, to_regclass(CASE WHEN s.kind = 'table' THEN quote_ident(s.name) END) AS relation
    FROM schema_state() s
  )
  SELECT CASE s.kind
           WHEN 'table' THEN 'Core Tables'
           WHEN 'index' THEN 'Indexes'
           WHEN 'function' THEN 'Helper Functions'
           WHEN 'materialized view' THEN 'Materialized Views'
           WHEN 'foreign key' THEN 'Foreign Keys'
           WHEN 'constraint' THEN 'Constraints'
           WHEN 'trigger' THEN 'Triggers'
           WHEN 'view' THEN 'Views'
           WHEN 'domain' THEN 'Domains'
           WHEN 'statistics' THEN 'Statistics'
           WHEN 'schema' THEN 'Schemas'
           ELSE 'Text Search' END || ': ' || s.name,
         s.status,
         s.kind || coalesce(' on ' || s.tab, '')
  FROM state s
  UNION ALL
  SELECT 'Indexes: ' || c.relname, 'Invalid', 'index on ' || s.name
  FROM state s
  JOIN pg_index i ON i.indrelid = s.relation AND NOT i.indisvalid
  JOIN pg_class c ON c.oid = i.indexrelid
  WHERE NOT EXISTS (SELECT FROM state x WHERE x.kind = 'index' AND x.name = c.relname)
  UNION ALL
  SELECT 'Constraints: ' || k.conname, 'Not validated', 'constraint on ' || s.name
  FROM state s
  JOIN pg_constraint k ON k.conrelid = s.relation AND NOT k.convalidated
  WHERE NOT EXISTS (SELECT FROM state x
                    WHERE x.kind IN ('constraint', 'foreign key') AND x.name = k.conname)
  UNION ALL
  SELECT 'Triggers: ' || t.tgname, 'Disabled', 'trigger on ' || s.name
  FROM state s
  JOIN pg_trigger t ON t.tgrelid = s.relation AND t.tgenabled = 'D' AND NOT t.tgisinternal
  WHERE NOT EXISTS (SELECT FROM state x WHERE x.kind = 'trigger' AND x.name = t.tgname)
$function$;

-- The migrations as recorded. One without a record whose objects are gone was rolled back; `arango2pg
-- schema up` runs it again.
CREATE OR REPLACE FUNCTION check_migration_status()
RETURNS TABLE (migration_file text, status text, executed_at timestamptz, execution_time_ms integer)
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $function$
#variable_conflict use_column
BEGIN
  IF to_regclass('arango2pg.migration_history') IS NULL THEN
    RETURN QUERY
      SELECT f.name || '.sql', 'Not recorded', NULL::timestamptz, NULL::integer
      FROM (VALUES (1, '001_tasks'), (2, '002_user_profiles'), (3, '003_document_tables'),
        (4, '004_helper_functions'), (5, '005_performance_indexes'), (6, '006_data_validation'),
        (7, '007_rollback_procedures')) AS f (number, name)
      ORDER BY f.number;
    RETURN;
  END IF;
  RETURN QUERY
    SELECT f.name || '.sql',
           CASE h.state
             WHEN 'applied' THEN 'Completed'
             WHEN 'stamped' THEN 'Stamped'
             WHEN 'failed' THEN 'Failed'
             WHEN 'applying' THEN 'Failed'
             WHEN 'reverting' THEN 'Failed'
             ELSE CASE WHEN EXISTS (SELECT
                                    FROM schema_state() s
                                    WHERE s.migration = f.number AND s.status = 'Missing')
                       THEN 'Rolled back' ELSE 'Not recorded' END
           END,
           h.applied_at, round(1000 * h.seconds)::integer
    FROM (VALUES (1, '001_tasks'), (2, '002_user_profiles'), (3, '003_document_tables'),
        (4, '004_helper_functions'), (5, '005_performance_indexes'), (6, '006_data_validation'),
        (7, '007_rollback_procedures')) AS f (number, name)
    LEFT JOIN arango2pg.migration_history h
      ON h.pack = 'ats' AND h.schema_name = current_schema() AND h.number = f.number
    ORDER BY f.number;
END
$function$;

-- The history under the name and with the columns of the original's runner, where that has left none.
DO $view$
BEGIN
  IF to_regclass(format('%I.migration_history', current_schema())) IS NULL THEN
    CREATE VIEW migration_history AS
    SELECT s.migration_file AS filename, s.executed_at, s.execution_time_ms,
           s.status IN ('Completed', 'Stamped') AS success,
           CASE WHEN s.status NOT IN ('Completed', 'Stamped') THEN s.status END AS error_message
    FROM check_migration_status() AS s;
    COMMENT ON VIEW migration_history IS 'What was migrated. Made by arango2pg pack ats.';
  END IF;
END
$view$;

-- ── Ways back ──────────────────────────────────────────────────────────────────────────────────────

DO $schemas$
BEGIN
  IF to_regnamespace('backup') IS NULL THEN
    CREATE SCHEMA backup;
    COMMENT ON SCHEMA backup IS 'Copies of the document tables. Made by arango2pg pack ats.';
  END IF;
  IF to_regnamespace('rollback') IS NULL THEN
    CREATE SCHEMA rollback;
    COMMENT ON SCHEMA rollback IS 'Ways back from pack ats. Made by arango2pg pack ats.';
  ELSIF EXISTS (SELECT FROM pg_proc
                CROSS JOIN LATERAL unnest(proconfig) AS c (setting)
                WHERE oid = to_regprocedure('rollback.undo(integer, boolean)')
                  AND setting LIKE 'search_path=%'
                  AND substring(setting FROM 'search_path=([^,]*)')
                      <> quote_ident(current_schema())) THEN
    RAISE EXCEPTION 'schema rollback serves the pack in another schema of this database'
      USING HINT = 'Use one database per installation.';
  END IF;
END
$schemas$;

-- Copies the document tables to backup.<table>_<time>.
CREATE OR REPLACE FUNCTION backup.backup_document_data()
RETURNS TABLE (table_name text, record_count bigint)
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
DECLARE
  suffix constant text := to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYYMMDD_HH24MISS_US');
  original text;
BEGIN
  FOREACH original IN ARRAY ARRAY['resume_documents', 'job_documents', 'optimization_results',
                                  'research_results', 'document_audit_log', 'document_relations'] LOOP
    table_name := format('backup.%s_%s', original, suffix);
    EXECUTE format('CREATE TABLE %s (LIKE %I INCLUDING COMPRESSION INCLUDING STORAGE)',
                   table_name, original);
    EXECUTE format('INSERT INTO %s SELECT * FROM %I', table_name, original);
    GET DIAGNOSTICS record_count = ROW_COUNT;
    RETURN NEXT;
  END LOOP;
END
$function$;

-- Undoes the migrations above a number, as their down sections do (this one only if asked to), and
-- takes them out of the history, so that `arango2pg schema up` runs them again. What the application
-- has come to depend on is an error: nothing of its own goes.
CREATE OR REPLACE FUNCTION rollback.undo(above integer, itself boolean) RETURNS SETOF text
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET client_min_messages = warning
AS $function$
DECLARE
  mine constant text := '%Made by arango2pg pack ats%';
  -- Read first: the manifest itself may go.
  there constant jsonb := (
    SELECT jsonb_agg(to_jsonb(s))
    FROM schema_state() s
    WHERE s.status <> 'Missing' AND s.migration > above AND (itself OR s.migration < 7));
  tables constant boolean := to_regclass('resume_documents') IS NOT NULL;
  item record;
  names text;
BEGIN
  FOR item IN
    SELECT t.kind, t.name, t.tab
    FROM jsonb_to_recordset(there) AS t (migration integer, kind text, name text, tab text)
    WHERE t.kind IN ('trigger', 'view', 'materialized view', 'index', 'constraint', 'statistics')
      -- What belongs to tables that go, goes with them.
      AND (t.migration > 3 OR t.tab = 'user_profiles')
      -- Some may be the application's own.
      AND (t.name <> 'migration_history'
           OR obj_description(to_regclass('migration_history'), 'pg_class') LIKE mine)
      AND (t.name <> 'tasks_dates_logical'
           OR EXISTS (SELECT FROM pg_constraint k
                      WHERE k.conrelid = 'tasks'::regclass AND k.conname = t.name
                        AND obj_description(k.oid, 'pg_constraint') LIKE mine))
    ORDER BY array_position(ARRAY['trigger', 'index', 'constraint', 'statistics', 'view',
                                  'materialized view'], t.kind), t.name
  LOOP
    EXECUTE CASE item.kind
      WHEN 'trigger' THEN format('DROP TRIGGER %I ON %s', item.name, item.tab)
      WHEN 'constraint' THEN format('ALTER TABLE %s DROP CONSTRAINT %I', item.tab, item.name)
      ELSE format('DROP %s %I', item.kind, item.name) END;
    RETURN NEXT item.kind || ' ' || item.name;
  END LOOP;

  IF above < 6 AND tables THEN
    ALTER TABLE resume_documents ALTER COLUMN metadata SET DEFAULT '{}';
    ALTER TABLE job_documents ALTER COLUMN metadata SET DEFAULT '{}';
    ALTER TABLE optimization_results ALTER COLUMN metadata SET DEFAULT '{}';
    ALTER TABLE research_results ALTER COLUMN metadata SET DEFAULT '{}';
  END IF;
  IF above < 5 AND tables THEN
    ALTER TABLE resume_documents
      RESET (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);
    ALTER TABLE job_documents
      RESET (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);
    ALTER TABLE optimization_results
      RESET (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);
  END IF;
  IF above < 5 AND EXISTS (SELECT FROM pg_extension
                           WHERE extname = 'bloom'
                             AND obj_description(oid, 'pg_extension') LIKE mine) THEN
    BEGIN
      DROP EXTENSION bloom;
      RETURN NEXT 'extension bloom';
    EXCEPTION WHEN dependent_objects_still_exist THEN
      RAISE WARNING 'extension bloom stays: other objects have come to need it';
    END;
  END IF;

  -- In one statement: they may need each other.
  SELECT string_agg(t.name, ', ')
  INTO names
  FROM jsonb_to_recordset(there) AS t (migration integer, kind text, name text)
  WHERE t.kind = 'function' AND t.migration > 3;
  IF names IS NOT NULL THEN
    EXECUTE 'DROP FUNCTION ' || names;
  END IF;
  FOR item IN
    SELECT t.kind, t.name
    FROM jsonb_to_recordset(there) AS t (migration integer, kind text, name text)
    WHERE t.kind IN ('text search configuration', 'domain')
      AND (t.kind <> 'domain' OR obj_description(to_regtype(t.name), 'pg_type') LIKE mine)
  LOOP
    EXECUTE format('DROP %s %I', item.kind, item.name);
    RETURN NEXT item.kind || ' ' || item.name;
  END LOOP;

  IF above < 3 AND tables THEN
    ALTER TABLE user_profiles DROP CONSTRAINT IF EXISTS user_profiles_resume_id_fkey;
    ALTER TABLE user_profiles ALTER COLUMN resume_id TYPE text USING resume_id::text;
    DROP TABLE IF EXISTS document_relations, document_audit_log, research_results,
      optimization_results, job_documents, resume_documents;
    DROP FUNCTION IF EXISTS deactivate_deleted_document();
  END IF;
  RETURN QUERY
    SELECT t.kind || ' ' || t.name
    FROM jsonb_to_recordset(there) AS t (migration integer, kind text, name text)
    WHERE t.kind IN ('function', 'table');

  IF to_regclass('arango2pg.migration_history') IS NOT NULL THEN
    DELETE FROM arango2pg.migration_history
    WHERE pack = 'ats' AND schema_name = current_schema() AND number > above;
  END IF;
END
$function$;

-- 006 undone.
CREATE OR REPLACE FUNCTION rollback.drop_validation_objects() RETURNS TABLE (dropped text)
LANGUAGE sql
AS $function$
  SELECT u.dropped FROM rollback.undo(5, false) AS u (dropped)
$function$;

-- 006, 005 and 004 undone: validation, indexes and views need the functions.
CREATE OR REPLACE FUNCTION rollback.drop_helper_functions() RETURNS TABLE (dropped text)
LANGUAGE sql
AS $function$
  SELECT u.dropped FROM rollback.undo(3, false) AS u (dropped)
$function$;

-- 006 to 003 undone: the documents go, after a copy to schema backup, and only if asked for.
CREATE OR REPLACE FUNCTION rollback.drop_document_tables() RETURNS TABLE (dropped text)
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
BEGIN
  IF coalesce(current_setting('ats.confirm_drop', true), '') <> 'on' THEN
    RAISE EXCEPTION 'this drops the document tables with all their rows'
      USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'If that is meant: SET ats.confirm_drop = on. The rows are copied to schema backup first.';
  END IF;
  IF to_regclass('resume_documents') IS NOT NULL THEN
    PERFORM backup.backup_document_data();
  END IF;
  RETURN QUERY SELECT u.dropped FROM rollback.undo(2, false) AS u (dropped);
END
$function$;

-- 007 to 003 undone, these functions too. Copies in schema backup stay.
CREATE OR REPLACE FUNCTION rollback.rollback_all_migrations() RETURNS TABLE (dropped text)
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
DECLARE
  name text;
BEGIN
  RETURN QUERY SELECT d.dropped FROM rollback.drop_document_tables() AS d (dropped);
  RETURN QUERY SELECT u.dropped FROM rollback.undo(2, true) AS u (dropped);
  FOREACH name IN ARRAY ARRAY['rollback', 'backup'] LOOP
    IF obj_description(to_regnamespace(name), 'pg_namespace') LIKE '%Made by arango2pg pack ats%' THEN
      BEGIN
        EXECUTE format('DROP SCHEMA %I', name);
        RETURN QUERY SELECT 'schema ' || name;
      EXCEPTION WHEN dependent_objects_still_exist THEN
        RETURN QUERY SELECT 'schema ' || name || ' stays: it is not empty';
      END;
    END IF;
  END LOOP;
END
$function$;

-- migrate:down
DROP FUNCTION IF EXISTS
  rollback.rollback_all_migrations(), rollback.drop_document_tables(),
  rollback.drop_helper_functions(), rollback.drop_validation_objects(),
  rollback.undo(integer, boolean), backup.backup_document_data();

DO $made_here$
DECLARE
  name text;
BEGIN
  IF obj_description(to_regclass('migration_history'), 'pg_class')
       LIKE '%Made by arango2pg pack ats%' THEN
    DROP VIEW migration_history;
  END IF;
  FOREACH name IN ARRAY ARRAY['rollback', 'backup'] LOOP
    IF obj_description(to_regnamespace(name), 'pg_namespace') LIKE '%Made by arango2pg pack ats%' THEN
      BEGIN
        EXECUTE format('DROP SCHEMA %I', name);
      EXCEPTION WHEN dependent_objects_still_exist THEN
        RAISE NOTICE 'schema % stays: it is not empty', name;
      END;
    END IF;
  END LOOP;
END
$made_here$;

DROP FUNCTION IF EXISTS
  check_migration_status(), verify_schema_integrity(), schema_state(), schema_manifest(),
  arango2pg_finalise(bigint),
  migrate_arango_document(text, text, jsonb), arango_reference(jsonb, text, text),
  arango_joined(jsonb), arango_text(jsonb, text[]), arango_value(jsonb, text[]),
  arango_revision(text), arango_uuid(text, text), arango_sha1(bytea);

-- migrate:verify
SELECT v.status IN ('OK', 'Not validated') AS ok, v.check_name || ' is ' || v.status AS what
FROM verify_schema_integrity() AS v;

SELECT arango_uuid('resumes', '1001') = 'c8fba75c-ff22-5c6d-a938-7794df5f5626' AS ok,
       'arango_uuid gives the id that arango2pg gives' AS what
UNION ALL
SELECT arango_uuid('resumes', '5B0C2F7E-8A41-4C1D-9F0E-2D6A7C3B9E10')
         = '5b0c2f7e-8a41-4c1d-9f0e-2d6a7c3b9e10',
       'arango_uuid keeps a UUID'
UNION ALL
SELECT encode(arango_sha1('abc'), 'hex') = 'a9993e364706816aba3e25717850c26c9cd0d89d',
       'arango_sha1 is SHA-1'
UNION ALL
SELECT arango_revision('_jt3aKbe--A') = 1832936199539392514, 'arango_revision reads _rev'
UNION ALL
SELECT arango_joined('["Brno", null, "Remote"]') = 'Brno; Remote', 'arango_joined skips null';

SELECT count(*) = 7 AS ok, 'check_migration_status lists the seven migrations' AS what
FROM check_migration_status();
