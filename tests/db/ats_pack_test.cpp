// The ats pack as a whole: applied, verified, reversed, applied again; in a schema of its own;
// beside what the application had before; and what its verify sections notice.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "db/pack_fixture.h"

namespace arango2pg::pg {
namespace {

/// An empty database; the pack is applied by the tests.
class AtsPack : public PackTest {
 protected:
  AtsPack() : PackTest("ats") {}

  void SetUp() override {
    PackTest::SetUp();
    if (!IsSkipped()) connection().exec("SET client_min_messages = warning");
  }
};

TEST_F(AtsPack, ReversesEveryStepExactly) { expect_every_step_reversible(); }

TEST_F(AtsPack, RunsTwiceWithoutChangingAnything) {
  up();
  const std::string once = dump();
  run_sections_again(0);
  EXPECT_EQ(dump(), once);
}

TEST_F(AtsPack, LivesInASchemaOfItsOwnAndFindsTheUsersInPublic) {
  connection().script(R"(CREATE TABLE "user" (id text PRIMARY KEY, name text NOT NULL,
                                              email text NOT NULL UNIQUE);
                         INSERT INTO "user" VALUES ('ada', 'Ada', 'ada@example.com'))");
  up(0, "ats");
  EXPECT_EQ(verify("ats"), "");
  EXPECT_EQ(value("SELECT confrelid::regclass FROM pg_constraint "
                  "WHERE conrelid = 'ats.resume_documents'::regclass AND contype = 'f'"),
            "\"user\"");
  EXPECT_EQ(list("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"), "user");
  // For callers whose search path does not know it: functions, triggers, views and index builds.
  connection().script(R"(
    SET search_path = public;
    INSERT INTO ats.resume_documents (user_id, status, parsed_data)
    VALUES ('ada', 'parsed', '{"name": "Ada", "phone": "1", "skills": ["SQL"]}');
    UPDATE ats.resume_documents SET filename = 'cv.pdf';)");
  EXPECT_EQ(value("SELECT count(*) FROM ats.search_documents('sql')"), "1");
  EXPECT_EQ(value("SELECT title FROM ats.get_user_documents('ada')"), "Ada");
  EXPECT_EQ(list("SELECT action FROM ats.document_audit_log ORDER BY id"), "insert,update");
  EXPECT_EQ(list("SELECT error FROM ats.refresh_materialized_views() WHERE error IS NOT NULL"), "");
  EXPECT_EQ(value("SELECT resume_count FROM ats.user_document_stats"), "1");
  EXPECT_EQ(
      value("SELECT ats.migrate_arango_document('ada', 'job', '{\"_key\": \"1\"}') IS NOT NULL"),
      "t");
  EXPECT_EQ(value("SELECT ats.cleanup_old_documents()"), "0");
  EXPECT_EQ(list("SELECT check_name FROM ats.verify_schema_integrity() WHERE status <> 'OK'"), "");
  EXPECT_EQ(value("SELECT count(*) FROM ats.check_migration_status() WHERE status = 'Completed'"),
            "7");
  connection().script(
      "SET search_path = pg_catalog; REINDEX TABLE ats.resume_documents; "
      "SELECT ats.arango2pg_finalise_ats(1)");
  connection().script("SET search_path = public");
  down(0, "ats");
  EXPECT_EQ(list("SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace('ats')"), "");
  EXPECT_EQ(list("SELECT nspname FROM pg_namespace WHERE nspname IN ('rollback', 'backup')"), "");
}

TEST_F(AtsPack, FindsItsExtensionInAnySchema) {
  connection().script("CREATE SCHEMA extensions; CREATE EXTENSION pg_trgm SCHEMA extensions");
  up();
  EXPECT_EQ(verify(), "");
  EXPECT_EQ(value(R"(SELECT calculate_similarity('["a word"]', '["a word"]'))"), "100.00");
}

// An ordinary role that owns the schema can apply the pack. Only superusers may create extension
// bloom, so that one index is left out.
TEST_F(AtsPack, NeedsNoSuperuser) {
  const std::string role = quote("ats_test_" + db().name());
  connection().script("CREATE ROLE " + role + "; GRANT CREATE ON DATABASE " + quote(db().name()) +
                      " TO " + role + "; ALTER SCHEMA public OWNER TO " + role);
  // As a login would: the engine goes back to the session's own role after each section.
  connection().exec("SET SESSION AUTHORIZATION " + role);
  up();
  EXPECT_EQ(verify(), "");
  EXPECT_EQ(value("SELECT to_regclass('idx_audit_bloom')"), "");
  EXPECT_EQ(list("SELECT check_name FROM verify_schema_integrity() WHERE status <> 'OK'"), "");
  down(0);
  EXPECT_EQ(list("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"), "");
  connection().exec("RESET SESSION AUTHORIZATION");
  connection().script("DROP OWNED BY " + role + " CASCADE; DROP ROLE " + role);
}

// A production database has users, tasks and profiles already: they are used, and they stay.
TEST_F(AtsPack, LeavesWhatWasThereBeforeAsItWas) {
  up(1);  // for the control schema, and the extension
  down(0);
  connection().script(R"(
    CREATE TABLE "user" (id text PRIMARY KEY, name text NOT NULL, email text NOT NULL);
    CREATE TABLE tasks (
      id uuid PRIMARY KEY DEFAULT gen_random_uuid(), user_id text NOT NULL, task_type varchar(50) NOT NULL,
      status varchar(20) NOT NULL DEFAULT 'pending', priority integer DEFAULT 2, payload jsonb NOT NULL,
      result_id text, error_message text, retry_count integer DEFAULT 0, max_retries integer DEFAULT 3,
      progress integer DEFAULT 0, estimated_duration_ms integer, created_at timestamptz DEFAULT now(),
      started_at timestamptz, completed_at timestamptz, expires_at timestamptz,
      CONSTRAINT tasks_status_check CHECK (status IN ('pending', 'running', 'completed', 'failed', 'cancelled')),
      CONSTRAINT tasks_priority_check CHECK (priority BETWEEN 1 AND 3),
      CONSTRAINT tasks_progress_check CHECK (progress BETWEEN 0 AND 100),
      CONSTRAINT tasks_retry_count_check CHECK (retry_count >= 0 AND retry_count <= max_retries));
    CREATE INDEX idx_tasks_status ON tasks (status);
    CREATE TABLE user_profiles (user_id text PRIMARY KEY, phone varchar(20), location varchar(255),
      title varchar(255), bio text, resume_id text, created_at timestamptz, updated_at timestamptz);
    CREATE FUNCTION update_updated_at_column() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN NEW.updated_at = now(); RETURN NEW; END';
    CREATE TRIGGER update_user_profiles_updated_at BEFORE UPDATE ON user_profiles
      FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
    CREATE TABLE migration_history (id serial PRIMARY KEY, filename varchar(255) UNIQUE);
    CREATE DOMAIN percentage AS integer;
    CREATE SCHEMA backup;
    INSERT INTO tasks (user_id, task_type, payload, created_at, started_at)
    VALUES ('u', 'score', '{}', '2025-01-02', '2025-01-01');)");
  connection().exec("SET client_min_messages = error");
  const std::string before = dump();
  up();
  EXPECT_EQ(value("SELECT convalidated FROM pg_constraint WHERE conname = 'tasks_dates_logical'"),
            "f")
      << "its rows are older than the rule";
  const std::string said = verify();
  EXPECT_NE(said.find(" is false: domain percentage is a numeric(5,2)\n"), std::string::npos)
      << "a thing of the right name but another meaning is told: " << said;
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
  EXPECT_EQ(
      list(
          "SELECT check_name || ' ' || status FROM verify_schema_integrity() WHERE status <> 'OK'"),
      "Constraints: tasks_dates_logical Not validated");
  down(0);
  EXPECT_EQ(dump(), before);
  EXPECT_EQ(value("SELECT count(*) FROM tasks"), "1");
}

// As soon as other tables point at "user", logins hang on it.
TEST_F(AtsPack, UsersMadeHereStayWhenTheApplicationHasComeToNeedThem) {
  up();
  connection().script(
      R"(CREATE TABLE session (id text PRIMARY KEY, user_id text REFERENCES "user"))");
  down(0);
  EXPECT_EQ(list("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"),
            "session,user");
}

// The original compared names: a foreign key of the right name with another delete rule passed.
TEST_F(AtsPack, VerifyComparesDefinitionsNotNames) {
  up();
  EXPECT_EQ(verify_after("SELECT 1"), "");
  const auto tells = [&](const std::string& change, const std::string& problem) {
    const std::string said = verify_after(change);
    EXPECT_NE(said.find(problem), std::string::npos) << change << "\n" << said;
  };
  tells(
      "ALTER TABLE optimization_results DROP CONSTRAINT optimization_results_job_id_fkey, "
      "ADD CONSTRAINT optimization_results_job_id_fkey FOREIGN KEY (job_id) REFERENCES "
      "job_documents (id)",
      "foreign key optimization_results.job_id to job_documents, delete rule cascade");
  tells(
      "ALTER TABLE research_results DROP CONSTRAINT research_dates_check, "
      "ADD CONSTRAINT research_dates_check CHECK (created_at < updated_at)",
      "constraint research_dates_check");
  tells(
      "DROP INDEX idx_job_documents_status; CREATE INDEX idx_job_documents_status ON job_documents "
      "(user_id)",
      "index idx_job_documents_status on job_documents is btree (user_id)");
  tells("ALTER TABLE resume_documents DISABLE TRIGGER update_resume_documents_updated_at",
        "trigger update_resume_documents_updated_at");
  tells("ALTER TABLE tasks ALTER COLUMN result_id TYPE varchar(10)",
        "column tasks.result_id is character varying(10)");
  tells(
      "CREATE OR REPLACE TRIGGER update_job_documents_updated_at BEFORE UPDATE ON job_documents "
      "FOR EACH ROW EXECUTE FUNCTION update_updated_at_column()",
      "and stands back while loading");
  tells(
      "DROP INDEX idx_resume_fts; CREATE INDEX idx_resume_fts ON resume_documents "
      "USING gin (to_tsvector('english', parsed_data::text))",
      "index idx_resume_fts on resume_documents is gin to_tsvector");
  tells(
      "DROP INDEX idx_recent_activity_document; CREATE INDEX idx_recent_activity_document "
      "ON recent_activity_view (activity_type, document_id)",
      "index idx_recent_activity_document on recent_activity_view is btree");
  tells(
      "DROP FUNCTION check_duplicate_resume(text, varchar); CREATE FUNCTION "
      "check_duplicate_resume(text, varchar) "
      "RETURNS integer LANGUAGE sql AS 'SELECT 1'",
      "function check_duplicate_resume(text, varchar) returns integer");
  tells(
      "CREATE OR REPLACE FUNCTION extract_skills(document jsonb) RETURNS text[] LANGUAGE sql "
      "IMMUTABLE "
      "AS $$SELECT ARRAY['nothing']$$",
      "extract_skills finds the skills");
  tells(
      "CREATE OR REPLACE TRIGGER audit_job_changes AFTER INSERT ON job_documents "
      "FOR EACH ROW EXECUTE FUNCTION audit_document_changes('job')",
      "trigger audit_job_changes on job_documents");
  tells("ALTER TABLE job_documents ALTER COLUMN metadata SET DEFAULT '{}'",
        "job_documents.metadata defaults to default_metadata()");
  tells("ALTER TABLE resume_documents RESET (autovacuum_vacuum_scale_factor)",
        "resume_documents is vacuumed");
  tells("REFRESH MATERIALIZED VIEW top_skills_view WITH NO DATA", "view top_skills_view");
  tells("DROP FUNCTION rollback.drop_validation_objects()",
        "Helper Functions: rollback.drop_validation_objects() is Missing");
}

TEST_F(AtsPack, KeepsMigratedTimesWhileLoadingAndStampsThemLater) {
  up();
  connection().script(R"(
    INSERT INTO "user" (id, name, email) VALUES ('u', 'U', 'u@example.com');
    INSERT INTO user_profiles (user_id, updated_at) VALUES ('u', '2025-08-18');
    UPDATE user_profiles SET bio = 'x';)");
  EXPECT_EQ(value("SELECT updated_at::date = current_date FROM user_profiles"), "t");
  for (const std::string table :
       {"resume_documents", "job_documents", "optimization_results", "research_results"}) {
    const std::string day = "SELECT updated_at::date FROM " + table;
    sql("INSERT INTO " + table +
        " (user_id, status, created_at, updated_at) VALUES ('u', 'failed', '2025-08-17', "
        "'2025-08-18')");
    sql("SET LOCAL arango2pg.loading = on; UPDATE " + table + " SET task_id = 'a'");
    EXPECT_EQ(value(day), "2025-08-18") << table;
    sql("UPDATE " + table + " SET task_id = 'b'");
    EXPECT_EQ(value(day), value("SELECT current_date")) << table;
  }
}

// Loading takes half as long as with pglz. Servers built without lz4 keep their default.
TEST_F(AtsPack, CompressesDocumentsByLz4) {
  if (value("SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = "
            "'default_toast_compression'") != "t")
    GTEST_SKIP() << "the server was built without lz4";
  up();
  EXPECT_EQ(list("SELECT attrelid::regclass || '.' || attname FROM pg_attribute a "
                 "JOIN pg_class c ON c.oid = attrelid AND relkind = 'r' "
                 "WHERE relnamespace = 'public'::regnamespace AND atttypid = 'jsonb'::regtype "
                 "AND attcompression <> 'l'"),
            "");
  sql(R"(INSERT INTO "user" (id, name, email) VALUES ('u', 'U', 'u@example.com');
         INSERT INTO resume_documents (user_id, parsed_data)
         SELECT 'u', jsonb_build_object('summary', string_agg('word' || i % 50, ' '))
         FROM generate_series(1, 2000) i;)");
  EXPECT_EQ(value("SELECT pg_column_compression(parsed_data) FROM resume_documents"), "lz4");
}

// Whoever deletes: resync while it loads, or the application.
TEST_F(AtsPack, DeletedDocumentsAreNeverActive) {
  up();
  sql(R"(INSERT INTO "user" (id, name, email) VALUES ('u', 'U', 'u@example.com'))");
  for (const std::string table :
       {"resume_documents", "job_documents", "optimization_results", "research_results"}) {
    sql("INSERT INTO " + table + " (user_id, status) VALUES ('u', 'failed'), ('u', 'failed')");
    sql("SET LOCAL arango2pg.loading = on; UPDATE " + table +
        " SET deleted_at = now() WHERE id = (SELECT min(id::text)::uuid FROM " + table + ")");
    EXPECT_EQ(rows("SELECT is_active, count(deleted_at) FROM " + table + " GROUP BY 1 ORDER BY 1"),
              "f|1, t|0")
        << table;
    sql("UPDATE " + table + " SET deleted_at = now(), is_active = true");
    EXPECT_EQ(value("SELECT count(*) FROM " + table + " WHERE is_active"), "0") << table;
  }
}

// A production database has profiles that point at résumés by key, before any résumé is loaded.
TEST_F(AtsPack, TurnsProfilesThatWereThereIntoReferences) {
  up(2);
  connection().script(
      "INSERT INTO user_profiles (user_id, resume_id) "
      "VALUES ('u', '5b0c2f7e-8a41-4c1d-9f0e-2d6a7c3b9e10'), ('v', NULL)");
  up();
  EXPECT_EQ(value("SELECT convalidated FROM pg_constraint "
                  "WHERE conname = 'user_profiles_resume_id_fkey'"),
            "f");
  EXPECT_EQ(list("SELECT resume_id::text FROM user_profiles ORDER BY user_id"),
            "5b0c2f7e-8a41-4c1d-9f0e-2d6a7c3b9e10,NULL");
  EXPECT_EQ(verify(), "") << "they may wait for their résumés";
}

TEST_F(AtsPack, RefusesProfilesWhoseResumeIsNoUuid) {
  up(2);
  connection().script("INSERT INTO user_profiles (user_id, resume_id) VALUES ('u', '1048727')");
  try {
    up();
    FAIL() << "a number was taken for a UUID";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("user_profiles.resume_id holds 1 values that are no"),
              std::string::npos)
        << error.what();
  }
  EXPECT_EQ(value("SELECT to_regclass('resume_documents')::text"), "");
}

}  // namespace
}  // namespace arango2pg::pg
