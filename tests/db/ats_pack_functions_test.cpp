// The helper functions of the ats pack, by their formulas.
#include <gtest/gtest.h>

#include "db/ats_pack_fixture.h"

namespace arango2pg::pg {
namespace {

class AtsFunctions : public AtsPackTest {
 protected:
  /// calculate_ats_score as "total format keyword readability recommendations".
  std::string score(const std::string& resume, const std::string& job = "NULL") {
    return value(
        "SELECT concat_ws(' ', s ->> 'total_score', s ->> 'format_score', "
        "s ->> 'keyword_score', s ->> 'readability_score', "
        "jsonb_array_length(s -> 'recommendations')) "
        "FROM calculate_ats_score('" +
        resume + "', " + job + ") s");
  }
};

TEST_F(AtsFunctions, MergeDeepMergesObjectsAndReplacesEverythingElse) {
  const auto merged = [&](const std::string& target, const std::string& source) {
    return value("SELECT jsonb_merge_deep(" + target + ", " + source + ")");
  };
  EXPECT_EQ(merged("'{\"a\": {\"x\": 1, \"y\": {\"z\": 1}}, \"b\": 1}'",
                   "'{\"a\": {\"y\": {\"w\": 2}}, \"c\": 3}'"),
            R"({"a": {"x": 1, "y": {"w": 2, "z": 1}}, "b": 1, "c": 3})");
  EXPECT_EQ(merged("'{\"a\": [1, 2]}'", "'{\"a\": [3]}'"), R"({"a": [3]})") << "arrays don't grow";
  EXPECT_EQ(merged("'{\"a\": {\"x\": 1}}'", "'{\"a\": null}'"), R"({"a": null})");
  EXPECT_EQ(merged("'{\"a\": 1}'", "'{\"a\": {\"x\": 1}}'"), R"({"a": {"x": 1}})");
  EXPECT_EQ(merged("'{\"a\": 1}'", "'{}'"), R"({"a": 1})");
  // The original failed on these, or lost the target.
  EXPECT_EQ(merged("'{\"a\": 1}'", "NULL"), R"({"a": 1})");
  EXPECT_EQ(merged("NULL", "'{\"a\": 1}'"), R"({"a": 1})");
  EXPECT_EQ(merged("'{\"a\": 1}'", "'5'"), "5");
  EXPECT_EQ(merged("NULL", "NULL"), "");
}

TEST_F(AtsFunctions, SkillsAreFoundWhereverADocumentNamesThem) {
  const auto skills = [&](const std::string& document) {
    return value("SELECT extract_skills('" + document + "')");
  };
  // The original looked at technical_skills and soft_skills only: every real résumé had none.
  EXPECT_EQ(skills(R"({"skills": ["SQL", "C++", "sql"]})"), "{C++,SQL}") << "first spelling wins";
  EXPECT_EQ(skills(R"({"technical_skills": ["b"], "soft_skills": ["a"], "skills": ["c"]})"),
            "{a,b,c}");
  EXPECT_EQ(skills(R"({"work_experience": [{"skills": ["Go"]}, {"company": "no skills"}],
                       "experience": [{"skills": ["ada"]}],
                       "education": [{"skills": ["Latin"]}]})"),
            "{ada,Go,Latin}");
  EXPECT_EQ(skills(R"({"skills": [" SQL ", "", "  ", 5, null, {"name": "x"}, ["y"]]})"), "{SQL}");
  EXPECT_EQ(skills(R"({"skills": "SQL", "experience": {"skills": ["x"]}, "education": [1, "a"]})"),
            "{}");
  EXPECT_EQ(skills("{}"), "{}");
  EXPECT_EQ(skills("[1]"), "{}");
  EXPECT_EQ(value("SELECT extract_skills(NULL)"), "{}");
}

// Six joined set-returning functions looked like a million rows: with JIT each call took a second.
TEST_F(AtsFunctions, SkillsOfManyDocumentsAreFoundWithoutCompilingEachCall) {
  sql("SET statement_timeout = '20s'; SET jit = on;");
  EXPECT_EQ(value("SELECT sum(cardinality(extract_skills(jsonb_build_object('skills', "
                  "jsonb_build_array('a', i::text))))) FROM generate_series(1, 300) i"),
            "600");
}

TEST_F(AtsFunctions, KeywordMatchIsTheShareOfTheJobsWordsInPercent) {
  const auto match = [&](const std::string& resume, const std::string& job) {
    return value("SELECT calculate_keyword_match(" + resume + ", " + job + ")");
  };
  EXPECT_EQ(match("'[\"SQL\", \"c++\"]'", "'[\"sql\", \"C++\", \"Go\", \"Rust\"]'"), "50.00");
  EXPECT_EQ(match("'[\"a\"]'", "'[\"a\", \"b\", \"c\"]'"), "33.33");
  // The original counted a word as often as the job repeats it: 66.67.
  EXPECT_EQ(match("'[\"a\"]'", "'[\"a\", \" A \", \"c\"]'"), "50.00");
  EXPECT_EQ(match("'[\"a\"]'", "'[]'"), "0");
  EXPECT_EQ(match("NULL", "'[\"a\"]'"), "0.00");
  EXPECT_EQ(match("'[\"a\"]'", "NULL"), "0");
  EXPECT_EQ(match("'\"a\"'", "'{\"a\": 1}'"), "0") << "no arrays, no words";
}

TEST_F(AtsFunctions, SimilarityComparesTextsNotNames) {
  EXPECT_EQ(
      value(R"(SELECT calculate_similarity('{"a": "postgres", "n": 1}', '{"b": "Postgres"}'))"),
      "100.00");
  EXPECT_EQ(value(R"(SELECT calculate_similarity('{"summary": "cat"}', '{"summary": "dog"}'))"),
            "0.00");
  EXPECT_EQ(value(R"(SELECT calculate_similarity('{}', NULL))"), "0.00");
  EXPECT_EQ(value(R"(SELECT calculate_similarity('["word"]', '["two words"]') BETWEEN 1 AND 99)"),
            "t");
}

TEST_F(AtsFunctions, TheScoreOfAResumeAlone) {
  // contact 10, summary 10, experience 10, education 5, skills 5; up to 5 keywords 10; readable 20.
  EXPECT_EQ(score(R"({"contact_info": {"full_name": "A"}, "summary": "s", "skills": ["SQL"],
                      "work_experience": [{"company": "c"}], "education": [{"degree": "d"}]})"),
            "70.00 40.00 10.00 20.00 1");
  // A real résumé in the original: 30, because it asked for `contact` and `experience` only.
  EXPECT_EQ(score(R"({"contact_info": {"full_name": "A"}, "summary": null, "skills": [],
                      "work_experience": [{"company": "c", "skills": ["1", "2", "3", "4", "5", "6"]}],
                      "education": []})"),
            "60.00 20.00 20.00 20.00 2");
  EXPECT_EQ(score(R"({"contact": {"email": "a@b"}, "experience": [1],
                      "keywords": ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"]})"),
            "70.00 20.00 30.00 20.00 1");
  EXPECT_EQ(score(R"({"email": "a@b", "summary": "  ", "education": {}})"),
            "20.00 10.00 10.00 0.00 3")
      << "blank and empty sections don't count";
  EXPECT_EQ(score("{}"), "10.00 0.00 10.00 0.00 3");
  EXPECT_EQ(value("SELECT calculate_ats_score(NULL) ->> 'total_score'"), "10.00");
}

TEST_F(AtsFunctions, TheScoreOfAResumeForAJob) {
  const std::string resume =
      R"({"phone": "1", "summary": "s", "experience": [1], "education": [1], "skills": ["SQL", "Go"]})";
  EXPECT_EQ(score(resume, R"('{"keywords": ["sql", "go"]}')"), "100.00 40.00 40.00 20.00 0");
  EXPECT_EQ(score(resume, R"('{"skills": ["sql", "rust", "c"]}')"), "73.33 40.00 13.33 20.00 1");
  EXPECT_EQ(score(resume, R"('{"keywords": [], "qualifications": ["Go"]}')"),
            "100.00 40.00 40.00 20.00 0");
  EXPECT_EQ(score(resume, "'{}'"), "60.00 40.00 0.00 20.00 1") << "a job without words";
}

// The original's list was null for every résumé.
TEST_F(AtsFunctions, RecommendationsAreAListThatSaysWhatIsMissing) {
  EXPECT_EQ(value(R"(SELECT calculate_ats_score('{"summary": "s"}') -> 'recommendations')"),
            R"(["Add the missing sections: contact, experience, education, skills", )"
            R"("Name more skills and keywords", )"
            R"("Describe your work experience: without it the document is hard to read"])");
  EXPECT_EQ(value(R"(SELECT calculate_ats_score('{"phone": "1", "summary": "s", "experience": [1],
                                                 "skills": ["a"]}', '{"skills": ["a"]}')
                            -> 'recommendations')"),
            "[]");
}

TEST_F(AtsFunctions, ADuplicateIsAnActiveResumeOfTheUserWithTheSameFile) {
  sql(R"(INSERT INTO resume_documents (user_id, file_hash, is_active)
         VALUES ('ada', 'h1', true), ('ada', 'h2', false))");
  EXPECT_EQ(rows("SELECT check_duplicate_resume('ada', 'h1'), check_duplicate_resume('ada', 'h2'), "
                 "check_duplicate_resume('bob', 'h1'), check_duplicate_resume('ada', NULL)"),
            "t|f|f|f");
}

TEST_F(AtsFunctions, DocumentsOfAUserComeTheNewestFirstWithATitle) {
  sql(R"(
    SET LOCAL arango2pg.loading = on;
    INSERT INTO resume_documents (id, user_id, filename, parsed_data, metadata, created_at, updated_at)
    VALUES ('00000000-0000-0000-0000-000000000001', 'ada', 'cv.pdf',
            '{"contact_info": {"full_name": "Ada L."}}', '{"a": 1}', '2025-01-01', '2025-01-01'),
           ('00000000-0000-0000-0000-000000000002', 'ada', 'other.pdf', '{}', '{}', '2025-01-02', '2025-01-02'),
           ('00000000-0000-0000-0000-000000000003', 'ada', NULL, '{}', '{}', '2025-01-03', '2025-01-03');
    INSERT INTO job_documents (id, user_id, job_title, company_name, job_url, created_at, updated_at)
    VALUES ('00000000-0000-0000-0000-000000000011', 'ada', 'DBA', 'Acme', NULL, '2025-01-04', '2025-01-04'),
           ('00000000-0000-0000-0000-000000000012', 'ada', NULL, 'Acme', NULL, '2025-01-05', '2025-01-05'),
           ('00000000-0000-0000-0000-000000000013', 'ada', NULL, NULL, 'http://x', '2025-01-06', '2025-01-06');
    INSERT INTO optimization_results (id, user_id, optimization_type, created_at, updated_at)
    VALUES ('00000000-0000-0000-0000-000000000021', 'ada', 'ats', '2025-01-07', '2025-01-07');
    INSERT INTO research_results (id, user_id, company_name, created_at, updated_at)
    VALUES ('00000000-0000-0000-0000-000000000031', 'ada', NULL, '2025-01-07', '2025-01-07'),
           ('00000000-0000-0000-0000-000000000032', 'bob', 'Acme', '2025-01-07', '2025-01-07');
    INSERT INTO resume_documents (user_id, is_active) VALUES ('ada', false);)");
  // A part that is NULL made the whole title NULL in the original.
  EXPECT_EQ(rows("SELECT document_type, title FROM get_user_documents('ada')"),
            "optimization|Optimization: ats, research|Research (company), job|http://x, job|Acme, "
            "job|DBA at Acme, resume|Resume, resume|other.pdf, resume|Ada L.");
  EXPECT_EQ(rows("SELECT document_id, metadata FROM get_user_documents('ada', 'resume', 1, 2)"),
            R"(00000000-0000-0000-0000-000000000001|{"a": 1})");
  EXPECT_EQ(value("SELECT count(*) FROM get_user_documents('nobody')"), "0");
  EXPECT_TRUE(refuses("SELECT get_user_documents('ada', 'letter')", "22023",
                      "unknown document type 'letter'"));
}

TEST_F(AtsFunctions, TheLatestOptimizationHasTheHighestVersion) {
  sql(R"(
    INSERT INTO resume_documents (id, user_id) VALUES ('00000000-0000-0000-0000-000000000001', 'ada');
    INSERT INTO job_documents (id, user_id) VALUES ('00000000-0000-0000-0000-000000000002', 'ada');
    INSERT INTO optimization_results (id, user_id, resume_id, job_id, version, is_active, status)
    SELECT ('00000000-0000-0000-0000-00000000010' || n)::uuid, 'ada',
           '00000000-0000-0000-0000-000000000001', job::uuid, version, active, 'failed'
    FROM (VALUES (1, '00000000-0000-0000-0000-000000000002', 1, true),
                 (2, '00000000-0000-0000-0000-000000000002', 2, true),
                 (3, '00000000-0000-0000-0000-000000000002', 3, false),
                 (4, NULL, 9, true)) AS v (n, job, version, active))");
  EXPECT_EQ(
      value("SELECT right(id::text, 3) FROM get_latest_optimization("
            "'00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000002')"),
      "102");
  EXPECT_EQ(value("SELECT right(id::text, 3) FROM get_latest_optimization("
                  "'00000000-0000-0000-0000-000000000001', NULL)"),
            "104");
  EXPECT_EQ(value("SELECT id FROM get_latest_optimization(gen_random_uuid(), NULL)"), "");
}

TEST_F(AtsFunctions, StatisticsOfAUsersOptimizations) {
  sql(R"(INSERT INTO optimization_results (user_id, ats_score, keyword_match_score, is_active, status)
         VALUES ('ada', 80, 50, true, 'failed'), ('ada', 91.5, NULL, true, 'failed'),
                ('ada', 100, 100, false, 'failed'), ('bob', 10, 10, true, 'failed'))");
  EXPECT_EQ(rows("SELECT * FROM get_optimization_stats('ada')"), "2|85.75|91.50|50.00|50.00|0|0");
  EXPECT_EQ(rows("SELECT * FROM get_optimization_stats('nobody')"), "0|-|-|-|-|0|0");
}

TEST_F(AtsFunctions, CleaningUpDeactivatesWhatHasHadItsTime) {
  sql(R"(
    INSERT INTO job_documents (user_id, expires_at, created_at, job_title)
    VALUES ('ada', now() - interval '1 day', now() - interval '9 days', 'expired'),
           ('ada', now() + interval '1 day', now(), 'open'), ('ada', NULL, now(), 'for ever');
    INSERT INTO research_results (user_id, expires_at, created_at, content)
    VALUES ('ada', now() - interval '1 day', now() - interval '9 days', 'expired');
    INSERT INTO document_audit_log (document_type, action, created_at)
    VALUES ('job', 'insert', now() - interval '91 days'), ('job', 'insert', now() - interval '89 days');
    DELETE FROM document_audit_log WHERE created_at > now() - interval '1 day';)");
  EXPECT_EQ(value("SELECT cleanup_old_documents()"), "3");
  EXPECT_EQ(
      rows("SELECT job_title, is_active, deleted_at IS NOT NULL FROM job_documents ORDER BY 1"),
      "expired|f|t, for ever|t|f, open|t|f");
  EXPECT_EQ(value("SELECT is_active FROM research_results"), "f");
  EXPECT_EQ(
      value("SELECT count(*) FROM document_audit_log WHERE created_at < now() - interval '1 day'"),
      "1");
  EXPECT_EQ(value("SELECT cleanup_old_documents()"), "0") << "nothing is done twice";
  EXPECT_EQ(value("SELECT cleanup_old_documents(p_audit_retention => '1 day')"), "1");
  EXPECT_TRUE(
      refuses("SELECT cleanup_old_documents(0)", "22023", "at least one version must stay"));
}

// The original kept five per résumé, with all optimisations without a résumé as one group over all
// users: it deleted strangers' rows, and rows that others build on.
TEST_F(AtsFunctions, CleaningUpKeepsTheNewestVersionsOfEachUserResumeAndJob) {
  sql(R"(
    INSERT INTO optimization_results (id, user_id, version, status)
    SELECT ('00000000-0000-0000-0000-0000000000' || u || n)::uuid, CASE u WHEN 1 THEN 'ada' ELSE 'bob' END,
           n, 'failed'
    FROM generate_series(1, 2) u CROSS JOIN generate_series(1, 7) n;
    UPDATE optimization_results
    SET parent_optimization_id = '00000000-0000-0000-0000-000000000011'
    WHERE id = '00000000-0000-0000-0000-000000000017';)");
  EXPECT_EQ(value("SELECT cleanup_old_documents()"), "3");
  EXPECT_EQ(rows("SELECT user_id, string_agg(version::text, ' ' ORDER BY version) "
                 "FROM optimization_results WHERE is_active GROUP BY user_id ORDER BY user_id"),
            "ada|1 3 4 5 6 7, bob|3 4 5 6 7");
  EXPECT_EQ(value("SELECT cleanup_old_documents(p_versions => 2)"), "6");
}

TEST_F(AtsFunctions, TimesAreReadAsTheApplicationWroteThem) {
  const auto time = [&](const std::string& text) {
    return value("SELECT arango_time('" + text + "')");
  };
  sql("SET timezone = 'America/New_York'; SET DateStyle = 'SQL, DMY'");
  const auto utc = [&](const std::string& text) {
    return value("SELECT to_char(arango_time('" + text +
                 "') AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')");
  };
  EXPECT_EQ(utc("2025-08-17T09:12:31.004211"), "2025-08-17 09:12:31.004211")
      << "UTC, as it says none";
  EXPECT_EQ(utc("2025-08-17T09:12:31.004211+02:00"), "2025-08-17 07:12:31.004211");
  EXPECT_EQ(utc("2025-08-17 09:12Z"), "2025-08-17 09:12:00.000000");
  EXPECT_EQ(utc("2025-08-17"), "2025-08-17 00:00:00.000000");
  for (const char* bad : {"yesterday", "2025-02-30", "2025-08-17T25:00", "17.08.2025", "now", "",
                          "2025-08-17T09:12:31.1234567"}) {
    EXPECT_THROW(time(bad), Error) << bad;
    EXPECT_EQ(value(std::string("SELECT arango_time('") + bad + "', true)"), "") << bad;
  }
}

}  // namespace
}  // namespace arango2pg::pg
