// The golden runner, and the goldens of this repository.
#include "mapping/golden.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "source_dir.h"
#include "unit/mapping/mapping_test_support.h"

using namespace arango2pg;
using namespace arango2pg::mapping;

namespace {

class Golden : public testing::Test {
 protected:
  Golden() {
    std::filesystem::remove_all(dir_);
    write("m.yaml",
          "version: 1\nfrom: c\ninto: t\nkey: id\ncreate: true\ncolumns: { id: { meta: key }, n: { "
          "path: n, then: [integer] } }\n");
    write("input.jsonl", "{\"_key\":\"1\",\"n\":1}\n{\"_key\":\"2\",\"n\":\"x\"}\n");
  }
  ~Golden() override { std::filesystem::remove_all(dir_); }

  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((dir_ / name).parent_path());
    std::ofstream(dir_ / name) << text;
  }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ifstream in(dir_ / name);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }
  [[nodiscard]] GoldenResult run(bool update = false) const {
    return run_goldens(dir_.string(), update).at(0);
  }

  const std::filesystem::path dir_ =
      std::filesystem::temp_directory_path() / ("golden_test_" + std::to_string(::getpid()));
};

}  // namespace

TEST_F(Golden, WritesWhatIsExpectedAndThenPasses) {
  EXPECT_FALSE(run().passed);
  EXPECT_TRUE(run(true).passed);
  EXPECT_EQ(read("expected/t.tsv"), "id\tn\n1\t1\n");
  EXPECT_EQ(read("expected/rejections.jsonl"),
            "{\"key\":\"2\",\"path\":\"n\",\"rule\":\"bad_integer\"}\n");
  EXPECT_TRUE(run().passed);
}

TEST_F(Golden, ShowsTheLinesThatDiffer) {
  write("expected/t.tsv", "id\tn\n0\t0\n1\t1\n3\t3\n");
  write("expected/rejections.jsonl", "{\"key\":\"2\",\"path\":\"n\",\"rule\":\"bad_integer\"}\n");
  write("expected/gone.tsv", "id\n");
  const GoldenResult result = run();
  EXPECT_FALSE(result.passed);
  EXPECT_EQ(result.text, "t.tsv\n  - 0\t0\n  - 3\t3\ngone.tsv\n  - id\n");
}

TEST_F(Golden, UpdateRemovesFilesThatAreNoLongerMade) {
  write("expected/gone.tsv", "id\n");
  EXPECT_TRUE(run(true).passed);
  EXPECT_FALSE(std::filesystem::exists(dir_ / "expected/gone.tsv"));
}

TEST_F(Golden, TakesTheTablesFromAFile) {
  write("tables.yaml", "t: { id: 'varchar(1) not null', n: smallint }\n");
  write("input.jsonl",
        "{\"_key\":\"1\",\"n\":1}\n{\"_key\":\"12\"}\n{\"_key\":\"3\",\"n\":70000}\n");
  EXPECT_TRUE(run(true).passed);
  EXPECT_EQ(read("expected/t.tsv"), "id\tn\n1\t1\n");
  EXPECT_EQ(read("expected/rejections.jsonl"),
            "{\"key\":\"12\",\"path\":\"\",\"rule\":\"too_long\"}\n{\"key\":\"3\",\"path\":\"n\","
            "\"rule\":\"out_of_range\"}\n");
}

TEST_F(Golden, AMappingThatCannotBeUsedIsAFailedResult) {
  write("m.yaml", "version: 1\nfrom: c\n");
  EXPECT_FALSE(run().passed);
  EXPECT_NE(run().text.find("m.yaml:1: 'into' is missing"), std::string::npos);
}

TEST_F(Golden, CanPointAtAMappingElsewhere) {
  std::filesystem::rename(dir_ / "m.yaml", dir_.string() + ".yaml");
  write("golden.yaml", "mapping: ../" + dir_.filename().string() + ".yaml\n");
  EXPECT_TRUE(run(true).passed);
  EXPECT_EQ(read("expected/t.tsv"), "id\tn\n1\t1\n");
  std::filesystem::remove(dir_.string() + ".yaml");
}

TEST_F(Golden, WantsAFolderWithSamples) {
  std::filesystem::remove(dir_ / "input.jsonl");
  EXPECT_THROW(static_cast<void>(run()), Error);
  EXPECT_THROW(static_cast<void>(run_goldens("/does/not/exist", false)), Error);
}

TEST(Goldens, OfThisRepositoryPass) {
  for (const GoldenResult& g : run_goldens(ARANGO2PG_SOURCE_DIR "/tests/golden", false))
    EXPECT_TRUE(g.passed) << g.name << "\n" << g.text;
}
