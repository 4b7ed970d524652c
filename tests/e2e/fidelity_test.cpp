// Every document equal, found out by a program that shares nothing with the tool (compare.py:
// Python and psql).
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "e2e/harness.h"
#include "source_dir.h"

namespace arango2pg::e2e {
namespace {

const std::filesystem::path source_dir = ARANGO2PG_SOURCE_DIR;
const std::filesystem::path real_dumps = source_dir / "../shared/real-data/dumps";

class Fidelity : public EndToEnd {
 protected:
  /// 0 if compare.py finds all documents of `directory` equal in the target.
  int compare(const std::filesystem::path& directory, const std::string& more = {}) {
    const std::string command = "python3 '" + (source_dir / "tests/e2e/compare.py").string() +
                                "' '" + directory.string() + "' " + target_->name() + " " + more;
    return std::system(command.c_str());
  }
  void expect_equal_from_dump_and_over_http(const std::filesystem::path& directory) {
    const auto from_files = migrate("dump:" + directory.string());
    ASSERT_EQ(from_files.exit, 0) << from_files.all();
    EXPECT_EQ(compare(directory), 0);

    fake_arango::FakeArango arango;
    arango.database("app").load_dump(directory);
    arango.start();
    const auto over_http = migrate(arango.url() + "/app", {"--truncate"});
    ASSERT_EQ(over_http.exit, 0) << over_http.all();
    EXPECT_EQ(compare(directory), 0);
  }
};

class RealDump : public Fidelity, public ::testing::WithParamInterface<const char*> {};

TEST_P(RealDump, LoadsWholeFromFilesAndOverHttp) {
  const auto directory = real_dumps / GetParam();
  if (!std::filesystem::exists(directory))
    GTEST_SKIP() << "the real dump " << GetParam() << " is not here";
  expect_equal_from_dump_and_over_http(directory);
}

INSTANTIATE_TEST_SUITE_P(All, RealDump, ::testing::Values("bus_management_hcm", "dex", "docman"),
                         [](const auto& dump) { return std::string(dump.param); });

TEST_F(Fidelity, TheAtsSampleIsEqualFromFilesAndOverHttp) {
  const auto dump = dir_.path() / "ats";
  const std::string make =
      std::string(ARANGO2PG_ATS_SAMPLE) + " --out '" + dump.string() + "' --form dump --seed 3";
  ASSERT_EQ(std::system(make.c_str()), 0);
  expect_equal_from_dump_and_over_http(dump);
}

TEST_F(Fidelity, FormatsLanesAndBatchSizesMakeTheSameTables) {
  const auto dump = dir_.path() / "ats";
  const std::string make =
      std::string(ARANGO2PG_ATS_SAMPLE) + " --out '" + dump.string() + "' --form dump --seed 4";
  ASSERT_EQ(std::system(make.c_str()), 0);
  for (const auto& options : std::vector<std::vector<std::string>>{
           {"--copy-format", "text", "--jobs", "1"},
           {"--copy-format", "binary", "--jobs", "8", "--batch-size", "4KiB"},
           {"--copy-format", "text", "--jobs", "8", "--batch-size", "64MiB"},
           {"--copy-format", "binary", "--jobs", "1", "--memory", "16MiB"}}) {
    auto more = options;
    more.emplace_back("--truncate");
    const auto outcome = migrate("dump:" + dump.string(), more);
    ASSERT_EQ(outcome.exit, 0) << outcome.all();
    EXPECT_EQ(compare(dump), 0) << options[0] << options[1] << options[2] << options[3];
  }
}

}  // namespace
}  // namespace arango2pg::e2e
