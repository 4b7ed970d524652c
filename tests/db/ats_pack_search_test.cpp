// Full-text search of the ats pack, and that each of its indexes serves the query it was made for.
#include <gtest/gtest.h>

#include <vector>

#include "db/ats_pack_fixture.h"

namespace arango2pg::pg {
namespace {

class AtsSearch : public AtsPackTest {
 protected:
  void SetUp() override {
    AtsPackTest::SetUp();
    if (IsSkipped()) return;
    sql(R"(
      SET LOCAL arango2pg.loading = on;
      INSERT INTO resume_documents (id, user_id, parsed_data, is_active) VALUES
        ('00000000-0000-0000-0000-000000000001', 'ada',
         '{"contact_info": {"full_name": "Žofie Nováková"}, "summary": "Builds data pipelines",
           "skills": ["PostgreSQL"], "work_experience": [{"company": "Acme", "position": "Engineer"}]}', true),
        ('00000000-0000-0000-0000-000000000002', 'bob',
         '{"name": "Bob", "summary": "Once used PostgreSQL a little"}', true),
        ('00000000-0000-0000-0000-000000000003', 'ada', '{"name": "Gone", "skills": ["PostgreSQL"]}', false);
      INSERT INTO job_documents (id, user_id, job_title, company_name, location, requirements, parsed_data)
      VALUES ('00000000-0000-0000-0000-000000000011', 'ada', 'Database Engineer', NULL, 'Brno',
              '["PostgreSQL internals"]', '{"description": "Own the storage layer"}'),
             ('00000000-0000-0000-0000-000000000012', 'bob', NULL, 'Example Labs', NULL, NULL, '{}');
      INSERT INTO optimization_results (id, user_id, optimized_content)
      VALUES ('00000000-0000-0000-0000-000000000021', 'ada', '{"content": "# Žofie, rewritten for Acme"}');
      INSERT INTO research_results (id, user_id, company_name, content, research_data)
      VALUES ('00000000-0000-0000-0000-000000000031', 'ada', 'Example Labs', 'What to know: they sail.',
              '{"sources": ["a letter"]}');)");
  }
  /// The last digits of the ids found, best first.
  std::string found(const std::string& arguments) {
    return rows("SELECT ltrim(right(id::text, 4), '0') FROM search_documents(" + arguments + ")");
  }
};

TEST_F(AtsSearch, FindsWordsInTheTextsOfActiveDocumentsTheBestFirst) {
  EXPECT_EQ(found("'postgresql'"), "1, 2") << "a skill counts more than a word in passing";
  EXPECT_EQ(found("'pipeline data'"), "1") << "all words, in any form and order";
  EXPECT_EQ(found("'nováková'"), "1");
  EXPECT_EQ(found("'pipeline bob'"), "");
  EXPECT_EQ(found("'the'"), "") << "nothing but stop words finds nothing";
  EXPECT_EQ(found("''"), "");
}

// The original searched the JSON text, and so found each résumé by the names of its members.
TEST_F(AtsSearch, NamesOfMembersAreNoContent) {
  EXPECT_EQ(found("'company'"), "");
  EXPECT_EQ(found("'summary'"), "");
}

// The original showed anybody's documents.
TEST_F(AtsSearch, CanBeConfinedToAUserAndToANumber) {
  EXPECT_EQ(found("'postgresql', p_user_id => 'bob'"), "2");
  EXPECT_EQ(found("'postgresql', p_limit => 1"), "1");
}

TEST_F(AtsSearch, KnowsFourTypesOfDocuments) {
  EXPECT_EQ(found("'postgresql', 'job'"), "11");
  EXPECT_EQ(found("'brno', 'job'"), "11");
  // One NULL among title and company emptied the original's text.
  EXPECT_EQ(found("'labs', 'job'"), "12");
  EXPECT_EQ(found("'acme', 'optimization'"), "21");
  EXPECT_EQ(found("'sailing labs', 'research'"), "31");
  EXPECT_EQ(found("'letters', 'research'"), "31");
  EXPECT_TRUE(
      refuses("SELECT search_documents('x', 'letter')", "22023", "unknown document type 'letter'"));
  EXPECT_TRUE(refuses("SELECT search_documents('x', NULL)", "22023", "unknown document type"));
}

TEST_F(AtsSearch, ShowsWhereTheWordsStand) {
  EXPECT_EQ(value("SELECT snippet FROM search_documents('pipelines')"),
            "PostgreSQL Builds data <b>pipelines</b> Žofie Nováková Acme Engineer");
  EXPECT_EQ(value("SELECT relevance > 0 FROM search_documents('pipelines')"), "t");
}

// A tsvector holds at most 1 MB. A huge document must not make the index build after a load fail.
TEST_F(AtsSearch, HugeDocumentsAreFoundByTheirBeginning) {
  sql(R"(
    SET LOCAL arango2pg.loading = on;
    -- Distinct words of four-byte letters with hyphens: the most lexemes that text can make.
    INSERT INTO resume_documents (id, user_id, parsed_data)
    SELECT '00000000-0000-0000-0000-000000000009', 'ada',
           jsonb_build_object('name', 'Huge', 'summary', 'beginning', 'longest_name', string_agg(
             chr(131072 + (i * 7919) % 40000) || chr(131072 + i % 40000) || '-' ||
             chr(131072 + (i * 31) % 40000) || chr(131072 + (i * 17 + 3) % 40000), ' '))
    FROM generate_series(1, 40000) i;
    INSERT INTO job_documents (user_id, job_title, company_name, location, requirements, parsed_data)
    SELECT 'ada', 'Huge', 'Huge', parsed_data ->> 'longest_name', jsonb_build_array(parsed_data -> 'longest_name'), parsed_data
    FROM resume_documents WHERE parsed_data ->> 'name' = 'Huge';
    INSERT INTO research_results (user_id, content, research_data)
    SELECT 'ada', parsed_data ->> 'longest_name', parsed_data
    FROM resume_documents WHERE parsed_data ->> 'name' = 'Huge';
    INSERT INTO optimization_results (user_id, optimized_content)
    SELECT 'ada', parsed_data FROM resume_documents WHERE parsed_data ->> 'name' = 'Huge';)");
  EXPECT_EQ(found("'huge beginning'"), "9");
  EXPECT_EQ(value("SELECT count(*) FROM search_documents('huge', 'job')"), "1");
}

// Names, seniority and departments of any length: a b-tree would have refused the rows.
TEST_F(AtsSearch, LongValuesFitIntoAllIndexes) {
  EXPECT_TRUE(accepts(R"(
    SET LOCAL arango2pg.loading = on;
    INSERT INTO resume_documents (user_id, parsed_data)
    SELECT 'ada', jsonb_build_object('name', noise, 'skills', jsonb_build_array(noise),
                                     'work_experience', jsonb_build_array(noise), 'education', noise)
    FROM (SELECT string_agg(md5(i::text), '') AS noise FROM generate_series(1, 1000) i) n;
    INSERT INTO job_documents (user_id, location, skills, parsed_data)
    SELECT 'ada', noise, jsonb_build_array(noise),
           jsonb_build_object('seniority_level', noise, 'department', noise,
                              'salary', '{"min": 1e9999, "max": 5}'::jsonb)
    FROM (SELECT string_agg(md5(i::text), '') AS noise FROM generate_series(1, 1000) i) n;
    INSERT INTO optimization_results (user_id, optimized_content)
    SELECT 'ada', jsonb_build_object('skills', jsonb_build_array(noise), 'data', noise)
    FROM (SELECT string_agg(md5(i::text), '') AS noise FROM generate_series(1, 1000) i) n;)"));
}

class AtsIndexes : public AtsPackTest {
 protected:
  void SetUp() override {
    AtsPackTest::SetUp();
    if (IsSkipped()) return;
    sql(R"(
      SET LOCAL arango2pg.loading = on;
      INSERT INTO "user" (id, name, email)
      SELECT 'user' || i, 'U', i || '@example.com' FROM generate_series(1, 100) i;
      INSERT INTO resume_documents (user_id, status, parsed_data, file_metadata, file_hash, is_active,
                                    created_at, updated_at)
      SELECT 'user' || 1 + i % 100, CASE WHEN i % 10 = 0 THEN 'failed' ELSE 'parsed' END,
             jsonb_build_object('contact_info', jsonb_build_object('full_name', 'Name ' || i),
                                'summary', 'word' || i, 'skills', jsonb_build_array('skill' || i),
                                'work_experience', jsonb_build_array(jsonb_build_object('company', 'c' || i)),
                                'education', jsonb_build_array(jsonb_build_object('degree', 'd' || i))),
             jsonb_build_object('filename', i || '.pdf'), md5(i::text), i % 4 <> 0, t, t
      FROM generate_series(1, 600) i, LATERAL (SELECT timestamptz '2025-01-01' + i * interval '1 h' AS t) x;
      INSERT INTO job_documents (user_id, company_name, job_title, location, remote_type, status, skills,
                                 requirements, keywords, parsed_data, is_active, expires_at, created_at, updated_at)
      SELECT 'user' || 1 + i % 100, 'Company ' || i, 'Title ' || i, 'City ' || i, 'remote' || i % 30,
             CASE WHEN i % 10 = 0 THEN 'failed' ELSE 'completed' END,
             jsonb_build_array('skill' || i), jsonb_build_array('req' || i), jsonb_build_array('key' || i),
             jsonb_build_object('description', 'word' || i, 'seniority_level', 'level' || i % 50,
                                'department', 'Dept' || i % 50,
                                'salary', CASE WHEN i % 5 = 0
                                               THEN jsonb_build_object('min', i * 100, 'max', i * 200)
                                               ELSE to_jsonb(i || ' EUR') END),
             i % 4 <> 0, CASE WHEN i % 3 = 0 THEN t + interval '30 days' END, t, t
      FROM generate_series(1, 600) i, LATERAL (SELECT timestamptz '2025-01-01' + i * interval '1 h' AS t) x;
      INSERT INTO optimization_results (user_id, resume_id, job_id, optimization_type, optimized_content,
                                        ats_score, keyword_match_score, version, is_active, created_at, updated_at)
      SELECT r.user_id, r.id, j.id, (ARRAY['general', 'ats', 'keyword', 'targeted'])[1 + i % 4],
             jsonb_build_object('content', 'word' || i, 'data', jsonb_build_object('skills', jsonb_build_array('skill' || i))),
             i % 101, (i * 7) % 101, 1 + i % 3, i % 5 <> 0, r.created_at, r.created_at
      FROM (SELECT *, row_number() OVER (ORDER BY created_at) AS i FROM resume_documents) r
      JOIN (SELECT id, row_number() OVER (ORDER BY created_at) AS i FROM job_documents) j USING (i);
      INSERT INTO research_results (user_id, resume_id, job_id, company_name, research_type, content,
                                    research_data, is_active, expires_at, created_at, updated_at)
      SELECT user_id, resume_id, job_id, 'Company ' || i, 'company', 'word' || i,
             jsonb_build_object('source', i), i % 4 <> 0,
             CASE WHEN i % 3 = 0 THEN created_at + interval '30 days' END, created_at, created_at
      FROM (SELECT *, row_number() OVER () AS i FROM optimization_results) o;
      INSERT INTO document_audit_log (user_id, document_type, document_id, action, created_at)
      SELECT user_id, 'resume', id, 'migrate', created_at FROM resume_documents
      UNION ALL SELECT user_id, 'job', id, 'migrate', created_at FROM job_documents;)");
    sql("ANALYZE; SET enable_seqscan = off;");
  }
};

const std::vector<Serves> queries = {
    {"idx_resume_documents_user_status",
     "SELECT FROM resume_documents WHERE user_id = 'user1' AND status = 'failed'"},
    {"idx_resume_documents_status", "SELECT FROM resume_documents WHERE status = 'pending'"},
    {"idx_resume_documents_created_at",
     "SELECT FROM resume_documents ORDER BY created_at DESC LIMIT 5"},
    {"idx_resume_documents_parsed_data",
     R"(SELECT FROM resume_documents WHERE parsed_data @> '{"skills": ["skill7"]}')"},
    {"idx_resume_documents_file_metadata",
     R"(SELECT FROM resume_documents WHERE file_metadata @> '{"filename": "7.pdf"}')"},
    {"idx_resume_fts",
     "SELECT FROM resume_documents WHERE resume_search_vector(parsed_data) @@ "
     "plainto_tsquery('resume_search', 'word7')"},
    {"idx_resume_name_lower",
     "SELECT FROM resume_documents WHERE lower(resume_name(parsed_data)) = 'name 7'"},
    {"idx_resume_name_trgm",
     "SELECT FROM resume_documents WHERE lower(resume_name(parsed_data)) LIKE '%ame 77%'"},
    {"idx_resume_skills_gin",
     "SELECT FROM resume_documents WHERE parsed_data -> 'skills' ? 'skill7'"},
    {"idx_resume_experience_gin",
     "SELECT FROM resume_documents WHERE coalesce(parsed_data -> 'work_experience', "
     R"(parsed_data -> 'experience') @> '[{"company": "c7"}]')"},
    {"idx_resume_education_gin",
     R"(SELECT FROM resume_documents WHERE parsed_data -> 'education' @> '[{"degree": "d7"}]')"},
    {"idx_resume_active_recent",
     "SELECT FROM resume_documents WHERE user_id = 'user2' AND is_active ORDER BY created_at DESC"},
    {"idx_resume_user_created",
     "SELECT FROM resume_documents WHERE user_id = 'user2' ORDER BY created_at DESC, id",
     "idx_resume_documents_user_status"},
    {"prevent_duplicate_resume",
     "SELECT FROM resume_documents WHERE user_id = 'user2' AND file_hash = 'x' AND is_active"},
    {"resume_documents_source_key_key", "SELECT FROM resume_documents WHERE source_key = 'x'"},
    {"idx_job_documents_user_active_created",
     "SELECT FROM job_documents WHERE user_id = 'user2' AND is_active ORDER BY created_at DESC"},
    {"idx_job_documents_status", "SELECT FROM job_documents WHERE status = 'pending'"},
    {"idx_job_documents_created_at", "SELECT FROM job_documents ORDER BY created_at DESC LIMIT 5"},
    {"idx_job_documents_parsed_data",
     R"(SELECT FROM job_documents WHERE parsed_data @> '{"description": "word7"}')"},
    {"idx_job_documents_fulltext",
     "SELECT FROM job_documents WHERE job_search_vector(job_title, company_name, location, "
     "requirements, parsed_data) @@ plainto_tsquery('english', 'word7')"},
    {"idx_job_company_trgm", "SELECT FROM job_documents WHERE company_name ILIKE '%pany 77%'",
     "idx_job_documents_company_name, idx_job_user_company_title"},
    {"idx_job_title_trgm", "SELECT FROM job_documents WHERE job_title % 'Titel 77'",
     "idx_job_documents_job_title, idx_job_user_company_title"},
    {"idx_job_documents_location", "SELECT FROM job_documents WHERE location ILIKE '%city 77%'"},
    {"idx_job_documents_skills", "SELECT FROM job_documents WHERE skills ? 'skill7'"},
    {"idx_job_documents_requirements",
     "SELECT FROM job_documents WHERE requirements ?| '{req7,req8}'"},
    {"idx_job_documents_keywords", R"(SELECT FROM job_documents WHERE keywords @> '["key7"]')"},
    {"idx_job_seniority",
     "SELECT FROM job_documents WHERE parsed_data ->> 'seniority_level' = 'level7'"},
    {"idx_job_department_lower",
     "SELECT FROM job_documents WHERE lower(parsed_data ->> 'department') = 'dept7'"},
    {"idx_job_salary_range",
     "SELECT FROM job_documents WHERE job_salary(parsed_data, 'min') BETWEEN 1000 AND 2000 "
     "AND jsonb_typeof(parsed_data -> 'salary') = 'object'"},
    {"idx_job_documents_company_name",
     "SELECT FROM job_documents WHERE company_name = 'Company 7'"},
    {"idx_job_documents_job_title", "SELECT FROM job_documents WHERE job_title = 'Title 7'"},
    {"idx_job_documents_remote_type", "SELECT FROM job_documents WHERE remote_type = 'remote7'"},
    {"idx_job_documents_expires_at", "SELECT FROM job_documents WHERE expires_at < '2025-02-01'"},
    {"idx_job_active_unexpired",
     "SELECT FROM job_documents WHERE user_id = 'user2' AND is_active AND expires_at > "
     "'2025-02-20'"},
    {"idx_job_user_company_title",
     "SELECT FROM job_documents WHERE user_id = 'user2' AND company_name = 'Company 1' AND "
     "job_title = 'x'"},
    {"job_documents_source_key_key", "SELECT FROM job_documents WHERE source_key = 'x'"},
    {"idx_optimization_results_user_id",
     "SELECT FROM optimization_results WHERE user_id = 'user2'"},
    {"idx_optimization_results_resume_id",
     "SELECT FROM optimization_results WHERE resume_id = '00000000-0000-0000-0000-000000000001'"},
    {"idx_optimization_results_job_id",
     "SELECT FROM optimization_results WHERE job_id = '00000000-0000-0000-0000-000000000001'"},
    {"idx_optimization_results_parent",
     "SELECT FROM optimization_results WHERE parent_optimization_id = "
     "'00000000-0000-0000-0000-000000000001'"},
    {"idx_optimization_results_created_at",
     "SELECT FROM optimization_results ORDER BY created_at DESC LIMIT 5"},
    {"optimization_results_source_key_key",
     "SELECT FROM optimization_results WHERE source_key = 'x'"},
    {"idx_optimization_fts",
     "SELECT FROM optimization_results WHERE "
     "optimization_search_vector(optimized_content) @@ plainto_tsquery('english', 'word7')"},
    {"idx_optimization_content_gin",
     R"(SELECT FROM optimization_results WHERE optimized_content @> '{"content": "word7"}')"},
    {"idx_optimization_skills",
     "SELECT FROM optimization_results WHERE coalesce(optimized_content #> '{data,skills}', "
     "optimized_content -> 'skills') ? 'skill7'"},
    {"idx_optimization_high_scores",
     "SELECT FROM optimization_results WHERE user_id = 'user2' AND is_active AND ats_score >= 80 "
     "ORDER BY ats_score DESC LIMIT 5"},
    {"idx_optimization_recent",
     "SELECT FROM optimization_results WHERE user_id = 'user2' AND is_active ORDER BY created_at "
     "DESC",
     "idx_optimization_user_best_scores, idx_optimization_results_user_id"},
    {"idx_optimization_latest_version",
     "SELECT FROM optimization_results WHERE resume_id = '00000000-0000-0000-0000-000000000001' "
     "AND is_active ORDER BY version DESC LIMIT 1"},
    {"idx_optimization_resume_job",
     "SELECT FROM optimization_results WHERE resume_id = '00000000-0000-0000-0000-000000000001' "
     "AND job_id = '00000000-0000-0000-0000-000000000001' ORDER BY created_at DESC"},
    {"idx_optimization_results_type",
     "SELECT FROM optimization_results WHERE optimization_type = 'nothing'"},
    {"idx_optimization_results_ats_score",
     "SELECT FROM optimization_results WHERE is_active ORDER BY ats_score DESC NULLS LAST LIMIT 5"},
    {"idx_optimization_results_keyword_score",
     "SELECT FROM optimization_results WHERE is_active ORDER BY keyword_match_score DESC NULLS "
     "LAST LIMIT 5"},
    {"idx_optimization_user_best_scores",
     "SELECT FROM optimization_results WHERE user_id = 'user2' AND is_active "
     "ORDER BY ats_score DESC NULLS LAST, keyword_match_score DESC NULLS LAST LIMIT 5"},
    {"idx_research_fts",
     "SELECT FROM research_results WHERE research_search_vector(company_name, "
     "job_title, content, research_data) @@ plainto_tsquery('english', 'word7')"},
    {"idx_research_active_recent",
     "SELECT FROM research_results WHERE user_id = 'user2' AND is_active ORDER BY created_at DESC"},
    {"idx_research_results_user_created",
     "SELECT FROM research_results WHERE user_id = 'user2' ORDER BY created_at DESC LIMIT 5"},
    {"idx_research_results_resume_id",
     "SELECT FROM research_results WHERE resume_id = '00000000-0000-0000-0000-000000000001'"},
    {"idx_research_results_job_id",
     "SELECT FROM research_results WHERE job_id = '00000000-0000-0000-0000-000000000001'"},
    {"idx_research_results_company",
     "SELECT FROM research_results WHERE company_name = 'Company 7' AND research_type = 'company'"},
    {"idx_research_results_expires_at",
     "SELECT FROM research_results WHERE expires_at < '2025-02-01'"},
    {"idx_research_results_research_data",
     R"(SELECT FROM research_results WHERE research_data @> '{"source": 7}')"},
    {"research_results_source_key_key", "SELECT FROM research_results WHERE source_key = 'x'"},
    {"idx_audit_bloom",
     "SELECT FROM document_audit_log WHERE user_id = 'user2' AND action = 'delete'"},
    {"idx_document_audit_log_document",
     "SELECT FROM document_audit_log WHERE document_id = '00000000-0000-0000-0000-000000000001'"},
    {"idx_document_audit_log_created_at",
     "SELECT FROM document_audit_log WHERE created_at < '2025-01-02'"},
    {"idx_document_relations_from",
     "SELECT FROM document_relations WHERE from_id = '00000000-0000-0000-0000-000000000001'"},
    {"idx_document_relations_to",
     "SELECT FROM document_relations WHERE to_id = '00000000-0000-0000-0000-000000000001'"},
    {"idx_user_profiles_resume_id",
     "SELECT FROM user_profiles WHERE resume_id = '00000000-0000-0000-0000-000000000001'"},
    {"idx_tasks_user_status", "SELECT FROM tasks WHERE user_id = 'user2' AND status = 'failed'"},
    {"idx_tasks_status", "SELECT FROM tasks WHERE status = 'failed'", "idx_tasks_user_status"},
    {"idx_tasks_type", "SELECT FROM tasks WHERE task_type = 'score'"},
    {"idx_tasks_created_at", "SELECT FROM tasks ORDER BY created_at LIMIT 5"},
    {"idx_task_metrics_type_date",
     "SELECT FROM task_metrics WHERE task_type = 'score' AND created_at > '2025-01-01'"},
    {"idx_task_results_task_id",
     "SELECT FROM task_results WHERE task_id = '00000000-0000-0000-0000-000000000001'"},
    {"task_results_source_key_key", "SELECT FROM task_results WHERE source_key = 'x'"},
    {"idx_user_stats_user_id", "SELECT FROM user_document_stats WHERE user_id = 'user2'"},
    {"idx_user_stats_resume_count",
     "SELECT FROM user_document_stats ORDER BY resume_count DESC LIMIT 5"},
    {"idx_user_stats_best_score",
     "SELECT FROM user_document_stats ORDER BY best_ats_score DESC NULLS LAST, "
     "best_keyword_score DESC NULLS LAST LIMIT 5"},
    {"idx_top_skills_key", "SELECT FROM top_skills_view WHERE skill_key = 'sql'"},
    {"idx_top_skills_frequency", "SELECT FROM top_skills_view ORDER BY frequency DESC LIMIT 5"},
    {"idx_top_skills_name", "SELECT FROM top_skills_view WHERE skill = 'SQL'"},
    {"idx_recent_activity_document",
     "SELECT FROM recent_activity_view WHERE activity_type = 'job' "
     "AND document_id = '00000000-0000-0000-0000-000000000001'",
     "idx_recent_activity_type"},
    {"idx_recent_activity_user",
     "SELECT FROM recent_activity_view WHERE user_id = 'user2' ORDER BY created_at DESC LIMIT 5"},
    {"idx_recent_activity_type", "SELECT FROM recent_activity_view WHERE activity_type = 'job'"},
};

TEST_F(AtsIndexes, EachServesTheQueryThatItWasMadeFor) { expect_indexes_to_serve(queries); }

TEST_F(AtsIndexes, UsageIsReportedPerIndexOfTheSchema) {
  // Statistics of this session reach the views when it says so.
  value("SELECT count(*) FROM job_documents WHERE company_name = 'Company 7'");
  value("SELECT pg_stat_force_next_flush()");
  value("SELECT pg_stat_clear_snapshot()");
  EXPECT_EQ(rows("SELECT schemaname, tablename, idx_scan, idx_tup_read, usage_ratio "
                 "FROM analyze_index_usage() WHERE indexname = 'idx_job_documents_company_name'"),
            "public|job_documents|1|1|1.00");
  EXPECT_EQ(value("SELECT count(*) = (SELECT count(*) FROM pg_indexes WHERE schemaname = 'public') "
                  "FROM analyze_index_usage()"),
            "t");
  EXPECT_EQ(
      value("SELECT bool_and(index_size ~ '^[0-9]+ (bytes|kB|MB)$') FROM analyze_index_usage()"),
      "t");
}

// Extended statistics: without them the planner multiplies what goes together.
TEST_F(AtsIndexes, ThePlannerKnowsWhichColumnsGoTogether) {
  EXPECT_EQ(rows("SELECT stxname FROM pg_statistic_ext JOIN pg_statistic_ext_data ON stxoid = "
                 "pg_statistic_ext.oid WHERE stxddependencies IS NOT NULL ORDER BY 1"),
            "job_user_company_stats, optimization_scores_stats, resume_user_active_stats");
}

}  // namespace
}  // namespace arango2pg::pg
