// Single documents from ArangoDB, and the pack's last step after a bulk load.
#include <gtest/gtest.h>

#include "db/ats_pack_fixture.h"
#include "doc/identity.h"
#include "pg/migrations_internal.h"

namespace arango2pg::pg {
namespace {

class AtsArango : public AtsPackTest {
 protected:
  std::string migrate(const std::string& type, const std::string& document,
                      const std::string& user = "NULL") {
    return value("SELECT migrate_arango_document(" + user + ", '" + type + "', '" + document +
                 "')");
  }
};

TEST_F(AtsArango, IdsAreThoseOfTheTool) {
  for (const char* key :
       {"1001", "a", "5B0C2F7E-8A41-4C1D-9F0E-2D6A7C3B9E10", "with space", "č",
        // around the block length of SHA-1
        "0123456789012345678901234567", "01234567890123456789012345678901234567890"})
    EXPECT_EQ(value(std::string("SELECT arango_uuid('resumes', '") + key + "')"),
              doc::document_uuid("resumes", key).text())
        << key;
  EXPECT_EQ(value("SELECT encode(arango_sha1(convert_to(repeat('a', 200), 'UTF8')), 'hex')"),
            "e61cfffe0d9195a525fc6cf06ca2d77119c24a40");
  EXPECT_EQ(value("SELECT encode(arango_sha1(''), 'hex')"),
            "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(value("SELECT arango_uuid('resumes', NULL)"), "");
}

TEST_F(AtsArango, RevisionsAreThoseOfTheTool) {
  for (const char* rev : {"_jt3aKbe--_", "_l6zh4RW---", "_XUJFD3C---", "1234567", "54"})
    EXPECT_EQ(value(std::string("SELECT arango_revision('") + rev + "')"),
              std::to_string(Rev::parse(rev)->value))
        << rev;
  for (const char* none : {"", "no revision", "_jt3aKbe--_x", "12a"})
    EXPECT_EQ(value(std::string("SELECT arango_revision('") + none + "')"), "") << none;
}

// The call of the seed's README.
TEST_F(AtsArango, ADocumentWithoutAKeyIsANewOne) {
  const std::string id =
      migrate("resume", R"({"name": "John Doe", "skills": ["Python", "SQL"]})", "'ada'");
  EXPECT_EQ(
      rows(
          "SELECT user_id, status, source, parsed_data, metadata, source_key FROM resume_documents "
          "WHERE id = '" +
          id + "'"),
      R"(ada|parsed|upload|{"name": "John Doe", "skills": ["Python", "SQL"]}|{"imported_from": "arangodb"}|-)");
  EXPECT_NE(migrate("resume", R"({"name": "John Doe"})", "'ada'"), id);
}

// The original looked for parsed_data and took random ids: content and references were lost.
TEST_F(AtsArango, ADocumentKeepsItsIdContentAndTimes) {
  const std::string resume =
      R"({"_key": "5b0c2f7e-8a41-4c1d-9f0e-2d6a7c3b9e10", "_id": "resumes/5b0c2f7e-8a41-4c1d-9f0e-2d6a7c3b9e10",
          "_rev": "_kJbLbzW---", "user_id": "ada", "status": "parsed",
          "file_metadata": {"filename": "cv.pdf", "content_type": "application/pdf", "size": 184233,
                            "processed_at": "2025-08-17T09:12:31.004211"},
          "resume_data": {"contact_info": {"full_name": "Ada"}, "skills": ["SQL"]}})";
  EXPECT_EQ(migrate("resume", resume), "5b0c2f7e-8a41-4c1d-9f0e-2d6a7c3b9e10");
  EXPECT_EQ(
      rows("SELECT user_id, filename, file_size, parsed_data -> 'skills', created_at, updated_at, "
           "source_rev "
           "FROM resume_documents"),
      "ada|cv.pdf|184233|[\"SQL\"]|2025-08-17 09:12:31.004211+00|2025-08-17 09:12:44.118+00|" +
          std::to_string(Rev::parse("_kJbLbzW---")->value));
  EXPECT_EQ(rows("SELECT user_id, document_type, action, changes, run_id FROM document_audit_log"),
            "ada|resume|migrate|{}|-");
}

TEST_F(AtsArango, TheSameDocumentAgainIsAnUpdateAndTheNewerRevisionWins) {
  const auto job = [](const std::string& rev, const std::string& title) {
    return R"({"_key": "7", "_rev": ")" + rev +
           R"(", "user_id": "ada", "parsed_data": {"title": ")" + title + "\"}}";
  };
  const std::string id = migrate("job", job("_kJbLbzW---", "first"));
  EXPECT_EQ(id, doc::document_uuid("jobs", "7").text());
  EXPECT_EQ(migrate("job", job("_kJbLbzW--A", "second")), id);
  EXPECT_EQ(migrate("job", job("_kJbLbzW--_", "outdated")), id);
  EXPECT_EQ(rows("SELECT job_title FROM job_documents"), "second");
  EXPECT_EQ(value("SELECT count(*) FROM document_audit_log"), "2")
      << "what was written is on record";
}

TEST_F(AtsArango, ResultsPointAtTheirResumeAndJob) {
  migrate("resume", R"({"_key": "1001", "user_id": "ada"})");
  migrate(
      "job",
      R"({"_key": "2001", "user_id": "ada", "location": ["Brno", null, "Remote"], "company": " Acme "})");
  const std::string optimization =
      migrate("optimization",
              R"({"_key": "3001", "user_id": "ada", "resume_id": "1001", "job_id": "jobs/2001",
        "content": "# A", "optimized_data": {"skills": []}, "optimization_score": 87.456, "keywords_matched": ["SQL"]})");
  const std::string research = migrate(
      "research",
      R"({"_key": "3002", "user_id": "ada", "job_id": "2001", "company": "Acme", "content": "x",
        "metadata": {"report_type": "salary_research"}, "sources": ["s"]})");
  EXPECT_EQ(optimization, doc::document_uuid("documents", "3001").text());
  EXPECT_EQ(
      rows("SELECT r.source_key, j.source_key, j.location, j.company_name, o.optimized_content, "
           "o.ats_score, "
           "o.matched_keywords, o.optimization_type FROM optimization_results o "
           "JOIN resume_documents r ON r.id = o.resume_id JOIN job_documents j ON j.id = o.job_id"),
      R"(1001|2001|Brno; Remote|Acme|{"data": {"skills": []}, "content": "# A"}|87.46|["SQL"]|general)");
  EXPECT_EQ(rows("SELECT research_type, research_data, content, job_id IS NOT NULL FROM "
                 "research_results WHERE id = '" +
                 research + "'"),
            R"(salary|{"sources": ["s"]}|x|t)");
}

TEST_F(AtsArango, WhatCannotBeLoadedIsRefusedNotReplaced) {
  const auto call = [](const std::string& type, const std::string& document,
                       const std::string& user = "'ada'") {
    return "SELECT migrate_arango_document(" + user + ", " + type + ", '" + document + "')";
  };
  EXPECT_TRUE(refuses(call("'letter'", "{}"), "22023", "unknown document type 'letter'"));
  EXPECT_TRUE(refuses(call("NULL", "{}"), "22023", "unknown document type"));
  EXPECT_TRUE(refuses(call("'resume'", "[]"), "22023", "the document is no JSON object"));
  EXPECT_TRUE(refuses(call("'resume'", "{}", "NULL"), "23502", "the document has no user"));
  EXPECT_TRUE(
      refuses(call("'resume'", "{}", "'nobody'"), "23503", "resume_documents_user_id_fkey"));
  // "Now" in the original.
  EXPECT_TRUE(refuses(call("'resume'", R"({"created_at": "yesterday"})"), "22007", "ISO 8601"));
  EXPECT_TRUE(refuses(call("'resume'", R"({"resume_data": "see attachment"})"), "22023",
                      "must be an object"));
  EXPECT_TRUE(refuses(call("'resume'", R"({"resume_data": {"work_experience": {}}})"), "23514",
                      "work experience"));
  EXPECT_TRUE(refuses(call("'resume'", R"({"file_size": "12 kB"})"), "22P02", "numeric"));
  EXPECT_TRUE(refuses(call("'resume'", R"({"file_size": 1.5})"), "22P02", "no whole number"));
  EXPECT_TRUE(
      refuses(call("'resume'", R"({"status": "archived"})"), "23514", "resume_status_check"));
  EXPECT_TRUE(refuses(call("'job'", R"({"title": ["a"]})"), "22P02", "is no text"));
  EXPECT_TRUE(
      refuses(call("'job'", R"({"location": [{"city": "Brno"}]})"), "22P02", "list of texts"));
  EXPECT_TRUE(
      refuses(call("'optimization'", R"({"resume_id": ""})"), "22P02", "refers to no document"));
  EXPECT_TRUE(
      refuses(call("'optimization'", R"({"resume_id": "gone"})"), "23503", "resume_id_fkey"));
  EXPECT_TRUE(refuses(call("'research'", R"({"metadata": {"report_type": "gossip"}})"), "22023",
                      "report_type"));
}

// The rules are silent for the document that is migrated, not for what comes after it.
TEST_F(AtsArango, TheTriggersAreAwakeAgainInTheSameTransaction) {
  EXPECT_TRUE(
      refuses(R"(SELECT migrate_arango_document('ada', 'resume', '{"_key": "1", "skills": []}');
                         UPDATE resume_documents SET parsed_data = '{"skills": []}')",
              "23514", "has neither"));
  EXPECT_TRUE(
      refuses("SELECT arango2pg_finalise(1); INSERT INTO job_documents (user_id, parsed_data) "
              "VALUES ('ada', '[]')",
              "23514", "is no object"));
}

class AtsFinalise : public AtsPackTest {};

TEST_F(AtsFinalise, VersionsCountUpPerUserResumeAndJob) {
  sql(R"(
    SET LOCAL arango2pg.loading = on;
    INSERT INTO resume_documents (id, user_id) VALUES ('00000000-0000-0000-0000-000000000001', 'ada');
    INSERT INTO optimization_results (id, user_id, resume_id, source_key, created_at, updated_at) VALUES
      ('00000000-0000-0000-0000-00000000000a', 'ada', '00000000-0000-0000-0000-000000000001', '1', '2025-01-03', '2025-01-03'),
      ('00000000-0000-0000-0000-00000000000b', 'ada', '00000000-0000-0000-0000-000000000001', '2', '2025-01-01', '2025-01-01'),
      ('00000000-0000-0000-0000-00000000000c', 'ada', '00000000-0000-0000-0000-000000000001', '3', '2025-01-01', '2025-01-01'),
      ('00000000-0000-0000-0000-00000000000d', 'ada', NULL, '4', '2025-01-09', '2025-01-09'),
      ('00000000-0000-0000-0000-00000000000e', 'bob', NULL, '5', '2025-01-09', '2025-01-09');
    -- Made by the application after the move: its number is its own.
    INSERT INTO optimization_results (id, user_id, resume_id, version, created_at, updated_at) VALUES
      ('00000000-0000-0000-0000-00000000000f', 'ada', '00000000-0000-0000-0000-000000000001', 9, '2025-01-02', '2025-01-02');)");
  sql("SELECT arango2pg_finalise(1)");
  EXPECT_EQ(rows("SELECT right(id::text, 1), version FROM optimization_results ORDER BY id"),
            "a|3, b|1, c|2, d|1, e|1, f|9");
  EXPECT_EQ(value("SELECT bool_and(updated_at = created_at) FROM optimization_results"), "t")
      << "times stay those of the documents";
  EXPECT_EQ(value("SELECT count(*) FROM document_audit_log"), "0");
  const std::string before = rows("SELECT id, xmin FROM optimization_results ORDER BY id");
  sql("SELECT arango2pg_finalise(2)");
  EXPECT_EQ(rows("SELECT id, xmin FROM optimization_results ORDER BY id"), before)
      << "a second time writes nothing";
}

TEST_F(AtsFinalise, ProfilesThatWaitedForTheirResumesAreChecked) {
  sql(R"(
    ALTER TABLE user_profiles DROP CONSTRAINT user_profiles_resume_id_fkey;
    INSERT INTO user_profiles (user_id, resume_id)
    VALUES ('ada', '00000000-0000-0000-0000-000000000001'), ('bob', NULL);
    ALTER TABLE user_profiles ADD CONSTRAINT user_profiles_resume_id_fkey
      FOREIGN KEY (resume_id) REFERENCES resume_documents (id) ON DELETE SET NULL NOT VALID;)");
  const std::string validated =
      "SELECT convalidated FROM pg_constraint WHERE conname = 'user_profiles_resume_id_fkey'";
  sql("SELECT arango2pg_finalise(1)");
  EXPECT_EQ(value(validated), "f") << "the résumé is not there";
  sql(R"(SET LOCAL arango2pg.loading = on;
         INSERT INTO resume_documents (id, user_id) VALUES ('00000000-0000-0000-0000-000000000001', 'ada');)");
  sql("SELECT arango2pg_finalise(1)");
  EXPECT_EQ(value(validated), "t");
}

TEST_F(AtsFinalise, WhatTheSilentTriggersWouldHaveCountedIsAWarningOfTheRun) {
  ensure_control_schema(connection());
  const std::string run = value(
      "INSERT INTO arango2pg.run (correlation_id, command, source, source_identity) "
      "VALUES ('c', 'migrate', 's', 's') RETURNING id");
  sql(R"(SET LOCAL arango2pg.loading = on;
         INSERT INTO resume_documents (user_id) SELECT 'ada' FROM generate_series(1, 11);)");
  sql("SELECT arango2pg_finalise(" + run + ")");
  EXPECT_EQ(rows("SELECT run_id, severity, message, detail FROM arango2pg.run_event WHERE severity "
                 "= 'warn'"),
            run +
                "|warn|1 users have more active resumes than the limit allows new ones; "
                "check_document_rules() names them|{\"pack\": \"ats\"}");
}

}  // namespace
}  // namespace arango2pg::pg
