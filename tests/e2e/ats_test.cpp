// The ats pack as a user runs it: schema up, users first, migrate by mapping; what must be refused
// is, by the rule that the sample generator foretold; after a correction the quarantine is retried.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <regex>
#include <sstream>

#include "e2e/pack_harness.h"

namespace arango2pg::e2e {
namespace {

const std::string source_dir = ARANGO2PG_SOURCE_DIR;

class AtsPack : public PackEndToEnd {
 protected:
  AtsPack() : PackEndToEnd("ats") {}

  void SetUp() override {
    PackEndToEnd::SetUp();
    if (IsSkipped()) return;
    const auto up = schema({"up"});
    ASSERT_EQ(up.exit, 0) << up.all();
  }

  /// Makes a sample and its users; returns what must be quarantined as "collection/key rule",
  /// sorted.
  std::vector<std::string> sample(const std::string& more) {
    const std::string command = std::string(ARANGO2PG_ATS_SAMPLE) + " --out '" +
                                (dir_.path() / "dump").string() + "' --form dump --seed 11 " + more;
    std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), &pclose);
    std::string manifest;
    std::array<char, 4096> piece{};
    while (const auto n = std::fread(piece.data(), 1, piece.size(), pipe.get()))
      manifest.append(piece.data(), n);
    std::vector<std::string> foretold;
    const std::regex entry(R"re(\{"collection":"([^"]*)","key":"([^"]*)","rule":"([^"]*)"\})re");
    for (std::sregex_iterator it(manifest.begin(), manifest.end(), entry), end; it != end; ++it)
      foretold.push_back((*it)[1].str() + "/" + (*it)[2].str() + " " + (*it)[3].str());
    std::sort(foretold.begin(), foretold.end());
    std::ifstream users(dir_.path() / "dump/users.sql");
    target_->query({std::istreambuf_iterator<char>(users), {}});
    return foretold;
  }

  Outcome migrate_ats(std::vector<std::string> more = {}) {
    more.insert(more.end(), {"--mapping", source_dir + "/mappings/ats"});
    return migrate("dump:" + (dir_.path() / "dump").string(), more);
  }
};

TEST_F(AtsPack, LoadsTheSampleWithAnAuditEntryPerDocument) {
  sample("");
  const auto outcome = migrate_ats();
  ASSERT_EQ(outcome.exit, 0) << outcome.all();
  EXPECT_EQ(
      target_->value("SELECT count(*) FROM document_audit_log WHERE action = 'migrate'"),
      target_->value(
          "SELECT (SELECT count(*) FROM resume_documents) + (SELECT count(*) FROM job_documents) + "
          "(SELECT count(*) FROM optimization_results) + (SELECT count(*) FROM research_results)"));
  EXPECT_EQ(
      target_->value(
          "SELECT count(*) FROM resume_documents WHERE parsed_data = '{}' AND status = 'parsed'"),
      "0")
      << "content was lost, as it was by the original script (seed trap 0.1)";
  EXPECT_EQ(
      target_->value(
          "SELECT sum(read) = sum(written) + sum(filtered) + sum(quarantined) FROM arango2pg.part"),
      "t");
}

// Everything that the pack has besides tables is there after a bulk load, and works on what was
// loaded.
TEST_F(AtsPack, IndexesViewsTriggersAndFunctionsSurviveTheLoad) {
  const std::string indexes =
      "SELECT md5(string_agg(indexname || indexdef, ',' ORDER BY indexname)) FROM pg_indexes "
      "WHERE schemaname = 'public'";
  const std::string before = target_->value(indexes);
  sample("");
  const auto outcome = migrate_ats({"--jobs", "2"});
  ASSERT_EQ(outcome.exit, 0) << outcome.all();
  EXPECT_EQ(target_->value(indexes), before);
  EXPECT_EQ(
      target_->value("SELECT count(*) FROM arango2pg.dropped_index WHERE restored_at IS NULL"),
      "0");
  EXPECT_GT(std::stoi(target_->value("SELECT count(*) FROM arango2pg.dropped_index")), 40)
      << "they were not in the way of the load";

  // The pack's own word on its state.
  EXPECT_EQ(target_->value("SELECT string_agg(check_name || ' ' || status, ', ') "
                           "FROM verify_schema_integrity() WHERE status <> 'OK'"),
            "∅");
  EXPECT_EQ(
      target_->value("SELECT count(*) FROM check_migration_status() WHERE status = 'Completed'"),
      "7");
  EXPECT_EQ(target_->value("SELECT count(*) FROM check_document_rules()"), "0");

  // The views were refreshed by the run.
  EXPECT_EQ(target_->value("SELECT sum(resume_count) = (SELECT count(*) FROM resume_documents) "
                           "AND sum(job_count) = (SELECT count(*) FROM job_documents) "
                           "FROM user_document_stats"),
            "t");
  EXPECT_EQ(target_->value("SELECT count(*) > 3 FROM top_skills_view"), "t");
  EXPECT_EQ(target_->value("SELECT count(*) > 0 AND bool_and(overall_score BETWEEN 0 AND 100) AND "
                           "bool_and(scored_at IS NOT NULL) FROM job_resume_scores"),
            "t");

  // Versions of what was optimised twice for a job; the mapping leaves them to the pack.
  EXPECT_EQ(target_->value("SELECT max(version) FROM optimization_results"), "2");
  EXPECT_EQ(
      target_->value("SELECT count(*) FROM (SELECT FROM optimization_results "
                     "GROUP BY user_id, resume_id, job_id, version HAVING count(*) > 1) twice"),
      "0");

  EXPECT_EQ(target_->value("SELECT count(*) > 0 FROM search_documents('postgresql')"), "t");
  EXPECT_EQ(target_->value("SELECT count(*) = 3 FROM (SELECT DISTINCT document_type FROM "
                           "resume_documents r, get_user_documents(r.user_id) "
                           "WHERE document_type <> 'resume') types"),
            "t");

  // And the triggers are awake again: entries of the same form, beside those of the loader.
  target_->query("UPDATE job_documents SET remote_type = 'hybrid'");
  EXPECT_EQ(target_->value("SELECT count(*) = (SELECT count(*) FROM job_documents) "
                           "FROM document_audit_log l JOIN job_documents j ON j.id = l.document_id "
                           "AND j.user_id = l.user_id WHERE action = 'update' AND run_id IS NULL"),
            "t");
  EXPECT_EQ(target_->value("SELECT string_agg(DISTINCT concat_ws(' ', changes, run_id), ',') "
                           "FROM document_audit_log WHERE action = 'migrate'"),
            "{} 1");
}

// The pack's own function for single documents must make the rows that the mappings make.
TEST_F(AtsPack, MigrateArangoDocumentMakesTheSameRowsAsTheMappings) {
  sample("");
  ASSERT_EQ(migrate_ats().exit, 0);
  const std::vector<std::pair<std::string, std::string>> tables = {
      {"resume_documents", "resumes"},
      {"job_documents", "jobs"},
      {"optimization_results", "documents"},
      {"research_results", "documents"}};
  for (const auto& [table, collection] : tables)
    target_->query("CREATE TABLE by_mapping_" + table + " AS SELECT * FROM " + table);
  target_->query(
      "TRUNCATE resume_documents, job_documents, optimization_results, research_results, "
      "document_audit_log, user_profiles");

  const std::string command = std::string(ARANGO2PG_ATS_SAMPLE) + " --out '" +
                              (dir_.path() / "lines").string() +
                              "' --form jsonl --seed 11 >/dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  target_->query("CREATE TABLE source (n serial, collection text, document jsonb)");
  for (const char* collection : {"resumes", "jobs", "documents"}) {
    std::ifstream file(dir_.path() / "lines" / (std::string(collection) + ".jsonl"));
    for (std::string line; std::getline(file, line);)
      target_->query(std::string("INSERT INTO source (collection, document) VALUES ('") +
                     collection + "', $line$" + line + "$line$)");
  }
  target_->query(
      "SELECT migrate_arango_document(NULL, CASE collection WHEN 'resumes' THEN 'resume' "
      "WHEN 'jobs' THEN 'job' ELSE document ->> 'type' END, document) FROM ("
      "  SELECT * FROM source WHERE collection <> 'documents' "
      "  OR document ->> 'type' IN ('optimization', 'research') ORDER BY n) documents");
  target_->query("SELECT arango2pg_finalise_ats(1)");
  for (const auto& [table, collection] : tables) {
    EXPECT_EQ(target_->value("SELECT count(*) > 20 FROM " + table), "t") << table;
    EXPECT_EQ(target_->value("SELECT count(*) FROM ((TABLE by_mapping_" + table + " EXCEPT TABLE " +
                             table + ") UNION ALL (TABLE " + table + " EXCEPT TABLE by_mapping_" +
                             table + ")) d"),
              "0")
        << table;
  }
  EXPECT_EQ(target_->value("SELECT count(*) = (SELECT count(*) FROM resume_documents) + "
                           "(SELECT count(*) FROM job_documents) + (SELECT count(*) FROM "
                           "optimization_results) + (SELECT count(*) FROM research_results) "
                           "FROM document_audit_log WHERE action = 'migrate'"),
            "t");
}

// Rows that the application's rules would refuse arrive all the same; they are told afterwards.
TEST_F(AtsPack, DocumentsThatBreakTheApplicationsRulesArriveAndAreReported) {
  sample("");
  const std::string user = target_->value("SELECT id FROM \"user\" ORDER BY id LIMIT 1");
  std::string lines;
  for (int i = 0; i < 11; ++i)
    lines += R"({"_key":")" + std::to_string(i) + R"(","_rev":"_kJbLbzW---","user_id":")" + user +
             R"(","status":"parsed","resume_data":{"skills":"many"}})" + "\n";
  dir_.write("rules/resumes.jsonl", lines);
  const auto outcome = migrate("jsonl:" + (dir_.path() / "rules").string(),
                               {"--mapping", source_dir + "/mappings/ats/resumes.yaml"});
  EXPECT_EQ(outcome.exit, 0) << outcome.all();
  EXPECT_EQ(target_->value("SELECT count(*) FROM resume_documents"), "11");
  EXPECT_EQ(target_->value("SELECT string_agg(DISTINCT rule, ', ') FROM check_document_rules()"),
            "limit_active_resumes_trigger, validate_resume_data");
  EXPECT_EQ(target_->value("SELECT count(*) FROM arango2pg.run_event WHERE severity = 'warn' AND "
                           "message LIKE '%more active resumes than the limit%'"),
            "1");
}

// Collections were loaded in the order of their names: as soon as the sample was larger than one
// transaction, results came before the résumés that they point at and went to quarantine by their
// foreign keys.
TEST_F(AtsPack, LoadsReferencedCollectionsBeforeThoseThatPointAtThem) {
  sample("--resumes 600 --jobs 300");
  const auto outcome = migrate_ats({"--batch-size", "32KiB", "--jobs", "3"});
  EXPECT_EQ(outcome.exit, 0) << outcome.all();
  EXPECT_EQ(quarantined(), std::vector<std::string>());
}

TEST_F(AtsPack, QuarantinesExactlyWhatTheSampleForetold) {
  const auto foretold = sample("--odd --broken");
  ASSERT_GT(foretold.size(), 15U);
  const auto outcome = migrate_ats();
  EXPECT_EQ(outcome.exit, 5) << outcome.all();
  EXPECT_EQ(quarantined(), foretold);
  EXPECT_EQ(
      target_->value(
          "SELECT sum(read) = sum(written) + sum(filtered) + sum(quarantined) FROM arango2pg.part"),
      "t");
  EXPECT_EQ(target_->value("SELECT count(*) FROM arango2pg.quarantine WHERE document IS NULL"),
            "0");
}

TEST_F(AtsPack, DocumentsOfUnknownUsersLoadByRetryOnceTheUsersAreThere) {
  sample("");
  target_->query("CREATE TABLE users_aside AS SELECT * FROM \"user\"; DELETE FROM \"user\"");
  const auto outcome = migrate_ats();
  ASSERT_EQ(outcome.exit, 5) << outcome.all();
  const std::string refused = target_->value("SELECT count(*) FROM arango2pg.quarantine");
  EXPECT_EQ(
      target_->value(
          "SELECT count(*) FROM arango2pg.quarantine WHERE rule = 'pg_foreign_key_violation'"),
      refused);

  const auto list =
      run_tool({"quarantine", "list", "--target", target_->conninfo(), "--limit", "1"});
  EXPECT_NE(list.out.find("pg_foreign_key_violation"), std::string::npos) << list.all();
  const auto exported = run_tool({"quarantine", "export", "--target", target_->conninfo()});
  EXPECT_EQ(std::to_string(std::count(exported.out.begin(), exported.out.end(), '\n')), refused);

  target_->query("INSERT INTO \"user\" SELECT * FROM users_aside");
  for (int i = 0; i < 3; ++i)  // results wait for the résumés and jobs that they point at
    run_tool({"quarantine", "retry", "--target", target_->conninfo(), "--mapping",
              source_dir + "/mappings/ats"});
  EXPECT_EQ(quarantined(), std::vector<std::string>());
  EXPECT_EQ(target_->value("SELECT count(*) > 0 FROM resume_documents"), "t");
  const auto none = run_tool({"quarantine", "list", "--target", target_->conninfo()});
  EXPECT_EQ(none.out, "no documents are in quarantine\n");
}

TEST_F(AtsPack, TheWholeCycleLeavesTheDatabaseAsItWas) {
  expect_whole_cycle([&] {
    sample("");
    return migrate_ats();
  });
}

// Indexes, views and defaults call functions of the pack: a restore must find them.
TEST_F(AtsPack, SurvivesDumpAndRestore) {
  sample("");
  ASSERT_EQ(migrate_ats().exit, 0);
  Target other;
  ASSERT_TRUE(restore_into(other));
  const auto verify = run_tool(
      {"schema", "verify", "--pack", source_dir + "/schemas/ats", "--target", other.conninfo()});
  EXPECT_EQ(verify.exit, 0) << verify.all();
  for (const char* question :
       {"SELECT count(*) FROM search_documents('postgresql')",
        "SELECT count(*) FROM top_skills_view",
        "SELECT count(*) FROM verify_schema_integrity() WHERE status <> 'OK'"})
    EXPECT_EQ(other.value(question), target_->value(question)) << question;
}

TEST_F(AtsPack, StatusTellsRunsAsTextAndJson) {
  sample("");
  ASSERT_EQ(migrate_ats().exit, 0);
  const auto text = run_tool({"status", "--target", target_->conninfo()});
  EXPECT_NE(text.out.find("run 1  migrate  done  100%"), std::string::npos) << text.all();
  const auto json = run_tool({"status", "--json", "--target", target_->conninfo()});
  EXPECT_NE(json.out.find(R"("collection":"resumes")"), std::string::npos) << json.all();
  const auto applied = run_tool(
      {"schema", "status", "--pack", source_dir + "/schemas/ats", "--target", target_->conninfo()});
  EXPECT_NE(applied.out.find("003_document_tables"), std::string::npos) << applied.all();
}

}  // namespace
}  // namespace arango2pg::e2e
