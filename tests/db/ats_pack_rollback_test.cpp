// Ways back from the ats pack, and what it says about its own state.
#include <gtest/gtest.h>

#include "db/ats_pack_fixture.h"

namespace arango2pg::pg {
namespace {

class AtsRollback : public AtsPackTest {
 protected:
  /// Without the copies in `backup`.
  std::string catalog() { return dump("-N backup"); }
  void down(int to) {
    sql("SET client_min_messages = warning");
    AtsPackTest::down(to);
  }
};

TEST_F(AtsRollback, ReportsEachObjectAndEachIsFine) {
  EXPECT_EQ(rows("SELECT check_name, status FROM verify_schema_integrity() WHERE status <> 'OK'"),
            "");
  EXPECT_EQ(value("SELECT count(*) = (SELECT count(*) FROM schema_manifest()) FROM "
                  "verify_schema_integrity()"),
            "t");
  EXPECT_EQ(rows("SELECT DISTINCT split_part(check_name, ':', 1) FROM verify_schema_integrity() "
                 "ORDER BY 1"),
            "Constraints, Core Tables, Domains, Foreign Keys, Helper Functions, Indexes, "
            "Materialized Views, Schemas, Statistics, Text Search, Triggers, Views");
  EXPECT_EQ(rows("SELECT status, details FROM verify_schema_integrity() "
                 "WHERE check_name = 'Indexes: idx_resume_fts'"),
            "OK|index on resume_documents");
}

// The original counted: more than fifty indexes, whichever.
TEST_F(AtsRollback, NoticesWhatIsMissingWrongOrSwitchedOff) {
  sql(R"(
    DROP INDEX idx_resume_fts;
    DROP INDEX idx_job_seniority; CREATE INDEX idx_job_seniority ON resume_documents (user_id);
    ALTER TABLE resume_documents DISABLE TRIGGER audit_resume_changes;
    ALTER TABLE research_results DROP CONSTRAINT research_results_job_id_fkey;
    ALTER TABLE job_documents DROP CONSTRAINT job_expiry_check,
      ADD CONSTRAINT job_expiry_check CHECK (expires_at > created_at) NOT VALID;
    DROP FUNCTION cleanup_old_documents(integer, interval);
    REFRESH MATERIALIZED VIEW top_skills_view WITH NO DATA;
    DROP DOMAIN percentage;
    DROP STATISTICS job_user_company_stats;
    CREATE OR REPLACE TRIGGER validate_job_data AFTER INSERT ON job_documents
      FOR EACH ROW EXECUTE FUNCTION audit_document_changes('job');
    -- Not the pack's own, but in the way of its tables.
    CREATE FUNCTION app_trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
    CREATE TRIGGER app_trigger AFTER INSERT ON job_documents FOR EACH ROW EXECUTE FUNCTION app_trigger();
    ALTER TABLE job_documents DISABLE TRIGGER app_trigger;
    ALTER TABLE tasks ADD CONSTRAINT app_check CHECK (retry_count < 9) NOT VALID;)");
  EXPECT_EQ(rows("SELECT check_name, status FROM verify_schema_integrity() WHERE status <> 'OK' "
                 "ORDER BY check_name COLLATE \"C\""),
            "Constraints: app_check|Not validated, Constraints: job_expiry_check|Not validated, "
            "Domains: percentage|Missing, Foreign Keys: research_results_job_id_fkey|Missing, "
            "Helper Functions: cleanup_old_documents(integer,interval)|Missing, "
            "Indexes: idx_job_seniority|Misplaced, Indexes: idx_resume_fts|Missing, "
            "Materialized Views: top_skills_view|Not populated, "
            "Statistics: job_user_company_stats|Missing, Triggers: app_trigger|Disabled, "
            "Triggers: audit_resume_changes|Disabled, Triggers: validate_job_data|Misplaced");
}

TEST_F(AtsRollback, TheStatusOfTheMigrationsComesFromTheHistory) {
  EXPECT_EQ(rows("SELECT migration_file, status, executed_at IS NOT NULL, execution_time_ms >= 0 "
                 "FROM check_migration_status()"),
            "001_tasks.sql|Completed|t|t, 002_user_profiles.sql|Completed|t|t, "
            "003_document_tables.sql|Completed|t|t, 004_helper_functions.sql|Completed|t|t, "
            "005_performance_indexes.sql|Completed|t|t, 006_data_validation.sql|Completed|t|t, "
            "007_rollback_procedures.sql|Completed|t|t");
  sql("UPDATE arango2pg.migration_history SET state = 'failed' WHERE number = 5");
  EXPECT_EQ(
      rows("SELECT filename, success, error_message FROM migration_history WHERE NOT success"),
      "005_performance_indexes.sql|f|Failed");
  sql("ALTER SCHEMA arango2pg RENAME TO elsewhere");
  EXPECT_EQ(value("SELECT DISTINCT status FROM check_migration_status()"), "Not recorded")
      << "applied by hand";
}

TEST_F(AtsRollback, ValidationCanGoAndComeBack) {
  const std::string whole = catalog();
  EXPECT_EQ(value("SELECT count(*) FROM rollback.drop_validation_objects() "
                  "WHERE dropped IN ('trigger validate_resume_data', 'domain percentage', "
                  "'function audit_document_changes()', 'index prevent_duplicate_resume')"),
            "4");
  EXPECT_TRUE(
      accepts("INSERT INTO resume_documents (user_id, status, parsed_data) "
              "VALUES ('ada', 'parsed', '{}')"));
  EXPECT_EQ(rows("SELECT migration_file, status FROM check_migration_status() WHERE status <> "
                 "'Completed'"),
            "006_data_validation.sql|Rolled back, 007_rollback_procedures.sql|Not recorded");
  EXPECT_EQ(value("SELECT count(*) FROM rollback.drop_validation_objects()"), "0")
      << "nothing left";
  up();
  EXPECT_EQ(catalog(), whole);
  EXPECT_EQ(verify(), "");
}

TEST_F(AtsRollback, FunctionsGoWithTheIndexesAndViewsThatNeedThem) {
  const std::string whole = catalog();
  EXPECT_EQ(value("SELECT count(*) FROM rollback.drop_helper_functions() "
                  "WHERE dropped IN ('function extract_skills(jsonb)', 'materialized view "
                  "top_skills_view', "
                  "'index idx_resume_fts', 'text search configuration resume_search')"),
            "4");
  EXPECT_EQ(value("SELECT string_agg(left(migration_file, 3) || ' ' || status, ', ') FROM "
                  "check_migration_status()"),
            "001 Completed, 002 Completed, 003 Completed, 004 Rolled back, 005 Rolled back, "
            "006 Rolled back, 007 Not recorded");
  up();
  EXPECT_EQ(catalog(), whole);
}

TEST_F(AtsRollback, TheTablesGoOnlyWhenAskedForAndAfterACopy) {
  sql(R"(INSERT INTO resume_documents (user_id, filename) VALUES ('ada', 'a'), ('ada', 'b');
         INSERT INTO job_documents (user_id) VALUES ('ada');)");
  EXPECT_TRUE(refuses("SELECT rollback.drop_document_tables()", "55000",
                      "this drops the document tables with all their rows"));
  EXPECT_EQ(value("SELECT count(*) FROM resume_documents"), "2");
  sql("SET ats.confirm_drop = on; SELECT rollback.drop_document_tables()");
  EXPECT_EQ(value("SELECT to_regclass('resume_documents')"), "");
  const std::string copy =
      value("SELECT oid::regclass FROM pg_class WHERE relname LIKE 'resume\\_documents\\_2%'");
  EXPECT_EQ(rows("SELECT user_id, filename FROM " + copy + " ORDER BY 2"), "ada|a, ada|b");
  up();
  EXPECT_EQ(value("SELECT count(*) FROM resume_documents"), "0");
  EXPECT_EQ(verify(), "");
}

TEST_F(AtsRollback, EverythingGoesAsByTheDownSections) {
  sql("SET ats.confirm_drop = on; SELECT rollback.rollback_all_migrations()");
  const std::string left = catalog();
  EXPECT_EQ(rows("SELECT number FROM arango2pg.migration_history WHERE pack = 'ats' ORDER BY 1"),
            "1, 2");
  EXPECT_EQ(value("SELECT to_regnamespace('rollback') IS NULL AND "
                  "to_regproc('check_migration_status') IS NULL"),
            "t");
  up();
  down(2);
  EXPECT_EQ(catalog(), left);
}

// CASCADE on the original's domains would have dropped the application's columns.
TEST_F(AtsRollback, WhatTheApplicationUsesIsNotTakenAwayFromIt) {
  sql("CREATE TABLE app (share percentage); "
      "CREATE VIEW app_names AS SELECT resume_name(parsed_data) FROM resume_documents");
  EXPECT_TRUE(refuses("SELECT rollback.drop_validation_objects()", "2BP01",
                      "because other objects depend"));
  EXPECT_TRUE(
      refuses("SELECT rollback.drop_helper_functions()", "2BP01", "because other objects depend"));
  EXPECT_TRUE(refuses("SET LOCAL ats.confirm_drop = on; SELECT rollback.rollback_all_migrations()",
                      "2BP01", "because other objects depend"));
  EXPECT_EQ(rows("SELECT check_name FROM verify_schema_integrity() WHERE status <> 'OK'"), "")
      << "half a way back is none";
}

TEST_F(AtsRollback, BackupsAreCopiesWithTheirCounts) {
  sql(R"(INSERT INTO resume_documents (user_id, parsed_data) VALUES ('ada', '{"a": [1, 2]}');
         INSERT INTO job_documents (user_id) VALUES ('ada'), ('bob');)");
  EXPECT_EQ(rows("SELECT regexp_replace(table_name, '_2[0-9_]+$', ''), record_count FROM "
                 "backup.backup_document_data()"),
            "backup.resume_documents|1, backup.job_documents|2, backup.optimization_results|0, "
            "backup.research_results|0, backup.document_audit_log|3, backup.document_relations|0");
  const std::string copy =
      value("SELECT oid::regclass FROM pg_class WHERE relname LIKE 'resume\\_documents\\_2%'");
  EXPECT_EQ(value("SELECT c = r FROM " + copy + " c, resume_documents r"), "t");
  value("SELECT backup.backup_document_data()");
  EXPECT_EQ(value("SELECT count(*) FROM pg_class WHERE relnamespace = 'backup'::regnamespace AND "
                  "relkind = 'r'"),
            "12")
      << "a second copy stands beside the first";
}

// On the way down, copies are the last thing to lose.
TEST_F(AtsRollback, TheWayDownLeavesCopiesAlone) {
  value("SELECT backup.backup_document_data()");
  down(0);
  EXPECT_EQ(value("SELECT count(*) FROM pg_class WHERE relnamespace = 'backup'::regnamespace AND "
                  "relkind = 'r'"),
            "6");
  EXPECT_EQ(value("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"),
            "0");
}

}  // namespace
}  // namespace arango2pg::pg
