// `verify` of the ats pack: mapped columns, foreign keys, several mappings of one collection,
// documents in quarantine; from a dump and from a server.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "e2e/harness.h"
#include "source_dir.h"

namespace arango2pg::e2e {
namespace {

const std::string source_dir = ARANGO2PG_SOURCE_DIR;

class VerifyAts : public EndToEnd {
 protected:
  void SetUp() override {
    EndToEnd::SetUp();
    if (IsSkipped()) return;
    const auto up = run_tool(
        {"schema", "up", "--pack", source_dir + "/schemas/ats", "--target", target_->conninfo()});
    ASSERT_EQ(up.exit, 0) << up.all();
    make_dump(dump(), "--broken");
    std::ifstream users(dump() + "/users.sql");
    target_->query({std::istreambuf_iterator<char>(users), {}});
    const auto loaded = migrate("dump:" + dump(), {"--mapping", source_dir + "/mappings/ats"});
    ASSERT_EQ(loaded.exit, 5) << loaded.all();
  }
  static void make_dump(const std::string& directory, const std::string& more) {
    const std::string command = std::string(ARANGO2PG_ATS_SAMPLE) + " --out '" + directory +
                                "' --form dump --seed 12 --odd " + more + " > /dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0);
  }
  std::string dump() const { return (dir_.path() / "dump").string(); }
  Outcome verify(const std::string& source, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"verify",
                                          "--source",
                                          source,
                                          "--target",
                                          target_->conninfo(),
                                          "--mapping",
                                          source_dir + "/mappings/ats",
                                          "--progress",
                                          "none",
                                          "--settle",
                                          "0s"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_tool(arguments);
  }
};

TEST_F(VerifyAts, IsEqualFromTheDumpAndFromTheServer) {
  const auto from_dump = verify("dump:" + dump());
  EXPECT_EQ(from_dump.exit, 0) << from_dump.all();

  // The same documents but for those lines of the dump that are no JSON: no server holds such.
  const std::string whole = (dir_.path() / "whole").string();
  make_dump(whole, "");
  fake_arango::FakeArango arango;
  arango.database("atspro").load_dump(whole);
  arango.start();
  const auto from_server = verify(arango.url() + "/atspro");
  EXPECT_EQ(from_server.exit, 0) << from_server.all();
}

TEST_F(VerifyAts, FindsAndRepairsWhatSomebodyChanged) {
  const std::string one = "(SELECT min(id::text)::uuid FROM resume_documents)";
  target_->query(
      "UPDATE resume_documents SET parsed_data = parsed_data || '{\"planted\": 1}' WHERE id = " +
      one);
  target_->query(
      "DELETE FROM research_results WHERE id = (SELECT min(id::text)::uuid FROM research_results)");
  const auto found = verify("dump:" + dump());
  EXPECT_EQ(found.exit, 6) << found.all();
  EXPECT_EQ(
      target_->query("SELECT kind, collection, table_name FROM arango2pg.difference ORDER BY 1"),
      (std::vector<std::vector<std::string>>{{"different", "resumes", "public.resume_documents"},
                                             {"missing", "documents", "public.research_results"}}));
  const auto repaired = verify("dump:" + dump(), {"--repair", "--max-quarantined", "1000"});
  EXPECT_EQ(repaired.exit, 0) << repaired.all();
  EXPECT_EQ(verify("dump:" + dump()).exit, 0);
}

}  // namespace
}  // namespace arango2pg::e2e
