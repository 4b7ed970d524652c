// The audit trail of the ats pack: what triggers write, and that the loader's entries have the same
// shape.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "db/ats_pack_fixture.h"

namespace arango2pg::pg {
namespace {

class AtsAudit : public AtsPackTest {
 protected:
  /// The entries as "user type action changes", oldest first.
  std::string trail() {
    return rows(
        "SELECT concat_ws(' ', user_id, document_type, action, changes) "
        "FROM document_audit_log ORDER BY id");
  }
};

TEST_F(AtsAudit, AnInsertLeavesAnEntryWithoutChanges) {
  sql(R"(
    INSERT INTO resume_documents (user_id) VALUES ('ada');
    INSERT INTO job_documents (user_id) VALUES ('ada');
    INSERT INTO optimization_results (user_id, status) VALUES ('bob', 'x');
    INSERT INTO research_results (user_id) VALUES ('bob');)");
  EXPECT_EQ(trail(),
            "ada resume insert {}, ada job insert {}, bob optimization insert {}, "
            "bob research insert {}");
  EXPECT_EQ(value("SELECT count(*) FROM document_audit_log a JOIN resume_documents r ON r.id = "
                  "a.document_id WHERE a.run_id IS NULL AND a.created_at = r.created_at"),
            "1");
}

TEST_F(AtsAudit, EachDocumentTableIsLoggedWhateverHappensToARow) {
  for (const std::string table :
       {"resume_documents", "job_documents", "optimization_results", "research_results"})
    sql("INSERT INTO " + table + " (user_id, status) VALUES ('ada', 'failed'); UPDATE " + table +
        " SET task_id = 't'; DELETE FROM " + table);
  EXPECT_EQ(rows("SELECT document_type, string_agg(action, ' ' ORDER BY id), "
                 "count(DISTINCT document_id) FROM document_audit_log GROUP BY 1 ORDER BY min(id)"),
            "resume|insert update delete|1, job|insert update delete|1, "
            "optimization|insert update delete|1, research|insert update delete|1");
}

// The original stored the whole old and new row at every update.
TEST_F(AtsAudit, AnUpdateSaysWhatChangedAndNamesTheDocumentsOnly) {
  sql(R"(INSERT INTO resume_documents (user_id, status, filename) VALUES ('ada', 'parsing', NULL);
         DELETE FROM document_audit_log;
         UPDATE resume_documents SET filename = 'cv.pdf', version = 2;
         UPDATE resume_documents SET status = 'parsed', parsed_data = '{"name": "Secret", "phone": "1"}';
         UPDATE resume_documents SET parsed_data = '{"name": "Secret", "phone": "2"}';)");
  EXPECT_EQ(trail(),
            R"(ada resume update {"new": {"version": 2, "filename": "cv.pdf"}, )"
            R"("old": {"version": 1, "filename": null}}, )"
            R"(ada resume update {"new": {"status": "parsed"}, "old": {"status": "parsing"}, )"
            R"("documents": ["parsed_data"]}, )"
            R"(ada resume update {"new": {}, "old": {}, "documents": ["parsed_data"]})");
}

TEST_F(AtsAudit, AnUpdateThatChangesNothingLeavesNothing) {
  sql(R"(INSERT INTO job_documents (user_id, job_title) VALUES ('ada', 'DBA');
         DELETE FROM document_audit_log;
         UPDATE job_documents SET job_title = 'DBA';)");
  EXPECT_EQ(trail(), "");
}

TEST_F(AtsAudit, ADeletionKeepsTheScalarsOfTheRow) {
  sql(R"(INSERT INTO research_results (user_id, company_name, content, research_data, created_at, updated_at)
         VALUES ('ada', 'Acme', 'Secret report', '{"secret": 1}', '2025-01-01', '2025-01-01');
         DELETE FROM document_audit_log;
         DELETE FROM research_results;)");
  EXPECT_EQ(rows("SELECT action, changes #>> '{old,company_name}', changes #>> '{old,user_id}', "
                 "(changes -> 'old') ? 'id', changes ? 'new' FROM document_audit_log"),
            "delete|Acme|ada|t|f");
  EXPECT_EQ(value("SELECT changes::text LIKE '%ecret%' FROM document_audit_log"), "f");
}

// The trail outlives users: their documents go with them, the entries say so.
TEST_F(AtsAudit, DeletingAUserIsOnRecordForEachDocument) {
  sql(R"(INSERT INTO resume_documents (user_id) VALUES ('ada');
         INSERT INTO job_documents (user_id) VALUES ('ada');
         DELETE FROM document_audit_log;
         DELETE FROM "user" WHERE id = 'ada';)");
  EXPECT_EQ(rows("SELECT user_id, document_type, action FROM document_audit_log ORDER BY 2"),
            "ada|job|delete, ada|resume|delete");
}

TEST_F(AtsAudit, SoftDeletionIsAnUpdateThatDeactivates) {
  sql(R"(INSERT INTO job_documents (user_id) VALUES ('ada');
         DELETE FROM document_audit_log;
         UPDATE job_documents SET deleted_at = '2025-01-01';)");
  EXPECT_EQ(
      trail(),
      R"(ada job update {"new": {"is_active": false, "deleted_at": "2025-01-01T00:00:00+00:00"}, )"
      R"("old": {"is_active": true, "deleted_at": null}})");
}

TEST_F(AtsAudit, NothingIsWrittenWhileLoading) {
  sql(R"(SET LOCAL arango2pg.loading = on;
         INSERT INTO job_documents (user_id) VALUES ('ada');
         UPDATE job_documents SET job_title = 'x';
         DELETE FROM job_documents;)");
  EXPECT_EQ(trail(), "");
}

// The mapping names the columns that the loader fills: those of the trigger's entries, and the run.
TEST_F(AtsAudit, TheLoaderFillsTheColumnsThatTheTriggersFill) {
  sql("INSERT INTO job_documents (user_id) VALUES ('ada')");
  const std::string filled = value(
      "SELECT string_agg(key, ' ' ORDER BY key) FROM document_audit_log a, "
      "jsonb_each(to_jsonb(a)) WHERE value <> 'null' AND key NOT IN ('id', 'created_at')");
  EXPECT_EQ(filled, "action changes document_id document_type user_id");
  for (const char* mapping : {"resumes", "jobs", "optimizations", "research"}) {
    std::ifstream file(std::string(ARANGO2PG_SOURCE_DIR "/mappings/ats/") + mapping + ".yaml");
    std::stringstream text;
    text << file.rdbuf();
    const std::string audit = text.str().substr(text.str().find("audit:"));
    for (const char* column : {"user_id: { parent: user_id }", "document_id: { parent: id }",
                               "action: { const: migrate }", "changes: { const: {} }",
                               "document_type: { const: ", "run_id: { meta: run_id }"})
      EXPECT_NE(audit.find(column), std::string::npos) << mapping << ": " << column;
  }
}

}  // namespace
}  // namespace arango2pg::pg
