// The ats pack on a real server: applied, verified, reversed, applied again; and what its verify
// sections notice.
#include <gtest/gtest.h>

#include <string>

#include "pg/connection.h"
#include "pg/migrations.h"
#include "source_dir.h"
#include "support/temp_db.h"

namespace arango2pg::pg {
namespace {

class AtsPack : public test::WithDb {
 protected:
  const Pack pack_ = load_pack(ARANGO2PG_SOURCE_DIR "/schemas/ats");

  void up(const std::string& schema = "public") { migrate_up(connection(), pack_, schema); }
  /// Empty if the section runs, else PostgreSQL's message.
  std::string run(const std::string& section) {
    try {
      Transaction transaction(connection());
      connection().script(section);
      transaction.commit();
      return {};
    } catch (const Error& error) {
      return error.what();
    }
  }
  /// What the verify section of a migration says after a change, which is undone again.
  std::string verify_after(int number, const std::string& change) {
    try {
      const Transaction transaction(connection());
      connection().script(change);
      connection().script(pack_.migrations[static_cast<std::size_t>(number - 1)].verify);
      return {};
    } catch (const Error& error) {
      return error.what();
    }
  }
  std::string tables() {
    return list("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1");
  }
};

TEST_F(AtsPack, GoesUpDownAndUpAgain) {
  up();
  const std::string all = tables();
  EXPECT_EQ(all,
            "document_audit_log,document_relations,job_documents,optimization_results,"
            "research_results,resume_documents,task_metrics,task_results,tasks,user,user_profiles");
  for (const Migration& m : pack_.migrations) EXPECT_EQ(run(m.verify), "") << m.name;
  for (auto m = pack_.migrations.rbegin(); m != pack_.migrations.rend(); ++m)
    EXPECT_EQ(run(m->down), "") << m->name;
  EXPECT_EQ(tables(), "user") << "logins depend on it";
  for (const Migration& m : pack_.migrations) {
    EXPECT_EQ(run(m.up), "") << m.name;
    EXPECT_EQ(run(m.verify), "") << m.name;
  }
  EXPECT_EQ(tables(), all);
}

TEST_F(AtsPack, LivesInASchemaOfItsOwnAndFindsTheUsersInPublic) {
  connection().script(R"(CREATE TABLE "user" (id text PRIMARY KEY, name text NOT NULL,
                                              email text NOT NULL UNIQUE))");
  up("ats");
  EXPECT_EQ(value("SELECT confrelid::regclass FROM pg_constraint "
                  "WHERE conrelid = 'ats.resume_documents'::regclass AND contype = 'f'"),
            "\"user\"");
  EXPECT_EQ(value("SELECT count(*) FROM pg_tables WHERE schemaname = 'ats' AND tablename = 'user'"),
            "0");
}

// The original compared names: a foreign key of the right name with another delete rule passed.
TEST_F(AtsPack, VerifyComparesDefinitionsNotNames) {
  up();
  EXPECT_EQ(verify_after(3, "SELECT 1"), "");
  EXPECT_NE(verify_after(3,
                         "ALTER TABLE optimization_results "
                         "DROP CONSTRAINT optimization_results_job_id_fkey, "
                         "ADD CONSTRAINT optimization_results_job_id_fkey "
                         "FOREIGN KEY (job_id) REFERENCES job_documents (id)")
                .find("no foreign key optimization_results.job_id to job_documents"),
            std::string::npos);
  EXPECT_NE(verify_after(3,
                         "ALTER TABLE research_results DROP CONSTRAINT research_dates_check, "
                         "ADD CONSTRAINT research_dates_check CHECK (created_at < updated_at)")
                .find("constraint research_dates_check"),
            std::string::npos);
  EXPECT_NE(verify_after(3,
                         "DROP INDEX idx_job_documents_status; "
                         "CREATE INDEX idx_job_documents_status ON job_documents (user_id)")
                .find("index idx_job_documents_status on job_documents is btree (user_id)"),
            std::string::npos);
  EXPECT_NE(verify_after(3,
                         "ALTER TABLE resume_documents "
                         "DISABLE TRIGGER update_resume_documents_updated_at")
                .find("trigger update_resume_documents_updated_at"),
            std::string::npos);
  EXPECT_NE(verify_after(1, "ALTER TABLE tasks ALTER COLUMN result_id TYPE varchar(10)")
                .find("column tasks.result_id is character varying(10)"),
            std::string::npos);
  EXPECT_NE(verify_after(2,
                         "CREATE OR REPLACE FUNCTION update_updated_at_column() RETURNS trigger "
                         "LANGUAGE plpgsql AS 'BEGIN NEW.updated_at := now(); RETURN NEW; END'")
                .find("does not stand back"),
            std::string::npos);
}

TEST_F(AtsPack, KeepsMigratedTimesWhileLoadingAndStampsThemLater) {
  up();
  connection().script(R"(
    INSERT INTO "user" (id, name, email) VALUES ('u', 'U', 'u@example.com');
    INSERT INTO resume_documents (user_id, created_at, updated_at)
    VALUES ('u', '2025-08-17', '2025-08-18');)");
  EXPECT_EQ(run("SET LOCAL arango2pg.loading = on; UPDATE resume_documents SET filename = 'a'"),
            "");
  EXPECT_EQ(value("SELECT updated_at::date FROM resume_documents"), "2025-08-18");
  EXPECT_EQ(run("UPDATE resume_documents SET filename = 'b'"), "");
  EXPECT_EQ(value("SELECT updated_at::date = current_date FROM resume_documents"), "t");
}

TEST_F(AtsPack, DeletedDocumentsAreNeverActive) {
  up();
  connection().script(R"(
    INSERT INTO "user" (id, name, email) VALUES ('u', 'U', 'u@example.com');
    INSERT INTO job_documents (user_id) VALUES ('u');)");
  EXPECT_EQ(run("SET LOCAL arango2pg.loading = on; UPDATE job_documents SET deleted_at = now()"),
            "");
  EXPECT_EQ(value("SELECT is_active FROM job_documents"), "f");
}

// A production database has profiles that point at résumés by key, before any résumé is loaded.
TEST_F(AtsPack, TurnsProfilesThatWereThereIntoReferences) {
  migrate_up(connection(), pack_, "public", 2);
  connection().script(
      "INSERT INTO user_profiles (user_id, resume_id) "
      "VALUES ('u', '5b0c2f7e-8a41-4c1d-9f0e-2d6a7c3b9e10'), ('v', NULL)");
  up();
  EXPECT_EQ(value("SELECT convalidated FROM pg_constraint "
                  "WHERE conname = 'user_profiles_resume_id_fkey'"),
            "f");
  EXPECT_EQ(list("SELECT resume_id::text FROM user_profiles ORDER BY user_id"),
            "5b0c2f7e-8a41-4c1d-9f0e-2d6a7c3b9e10,NULL");
}

TEST_F(AtsPack, RefusesProfilesWhoseResumeIsNoUuid) {
  migrate_up(connection(), pack_, "public", 2);
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
