// Directories of JSON lines.
#include "arango/jsonl_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arango/open.h"
#include "base/error.h"
#include "source_contract.h"
#include "temp_directory.h"

using namespace arango2pg;
using namespace arango2pg::test;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

std::unique_ptr<doc::Source> open_jsonl(const TempDirectory& dir) {
  arango::SourceOptions options;
  options.url = "jsonl:" + dir.path().string();
  return arango::open_source(options);
}

}  // namespace

TEST(Jsonl, ReadsPlainAndGzipAndKnowsEdges) {
  const TempDirectory dir;
  dir.write("users.jsonl", "{\"_key\":\"1\"}\n{\"_key\":\"2\"}\n");
  dir.write("knows.jsonl.gz", R"({"_key":"1","_from":"users/1","_to":"users/2"})");
  dir.write("mixed.jsonl", R"({"_from":"a/1","_to":"a/2"})"
                           "\n{\"_key\":\"2\"}\n");
  dir.write("empty.jsonl", "");
  dir.write("_users.jsonl", "{\"_key\":\"1\"}\n");
  const auto source = open_jsonl(dir);
  EXPECT_EQ(source->info().kind, "jsonl");
  EXPECT_FALSE(find_collection(*source, "users").edge);
  EXPECT_TRUE(find_collection(*source, "knows").edge);
  EXPECT_FALSE(find_collection(*source, "mixed").edge);
  EXPECT_TRUE(find_collection(*source, "_users").system);
  EXPECT_EQ(read_all(*source, "users").size(), 2U);
  EXPECT_EQ(read_all(*source, "knows").size(), 1U);
  EXPECT_EQ(read_all(*source, "empty").size(), 0U);
}

TEST(Jsonl, ReadsWhatOtherProgramsWrite) {
  const TempDirectory dir;
  dir.write("bom.jsonl", "\xEF\xBB\xBF{\"_key\":\"1\"}\r\n\r\n  \n{\"_key\":\"2\"}");
  EXPECT_THAT(read_all(*open_jsonl(dir), "bom"),
              ElementsAre("{\"_key\":\"1\"}", "{\"_key\":\"2\"}"));
}

TEST(Jsonl, HandsOnLinesThatAreNoJson) {
  const TempDirectory dir;
  dir.write("a.jsonl", "{\"_key\":\n[1]\nrubbish \xFF\n");
  EXPECT_THAT(read_all(*open_jsonl(dir), "a"), ElementsAre("[1]", "rubbish \xFF", "{\"_key\":"));
}

TEST(Jsonl, LeavesEnvelopesAlone) {
  const TempDirectory dir;
  dir.write("a.jsonl", "{\"type\":2300,\"data\":{\"_key\":\"1\"}}\n");
  EXPECT_THAT(read_all(*open_jsonl(dir), "a"),
              ElementsAre("{\"type\":2300,\"data\":{\"_key\":\"1\"}}"));
}

TEST(Jsonl, RefusesUtf16) {
  const TempDirectory dir;
  dir.write_raw("a.jsonl", std::string("\xFF\xFE{\0\"\0", 6));
  EXPECT_THROW(read_all(*open_jsonl(dir), "a"), Error);
}

TEST(Jsonl, TakesTheNewerTwinAndMentionsOtherFiles) {
  const TempDirectory dir;
  dir.write("a.jsonl", "{\"_key\":\"old\"}\n");
  dir.write("a.jsonl.gz", "{\"_key\":\"new\"}\n");
  dir.write("b.json", "[{\"_key\":\"1\"}]");
  dir.age("a.jsonl", 2);
  const auto source = open_jsonl(dir);
  EXPECT_THAT(read_all(*source, "a"), ElementsAre("{\"_key\":\"new\"}"));
  EXPECT_THAT(source->info().warnings,
              ElementsAre(HasSubstr("'b.json' left out"), HasSubstr("'a.jsonl' left out")));
}

TEST(Jsonl, SaysThatADirectoryHoldsNone) {
  const TempDirectory dir;
  dir.write("a.csv", "x");
  try {
    open_jsonl(dir)->info();
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), Exit::source);
    EXPECT_THAT(e.what(), HasSubstr("holds no .jsonl"));
  }
}

TEST(Jsonl, KeepsTheSourceContract) {
  const TempDirectory dir;
  std::string text;
  Documents expected;
  for (int i = 0; text.size() < (6U << 20); ++i) {
    expected.push_back("{\"_key\":\"" + std::to_string(i) + "\",\"x\":\"" +
                       std::string(static_cast<std::size_t>(i * 7919 % 3000), 'x') + "\"}");
    text += expected.back() + "\n";
  }
  text.pop_back();  // no line end at the end of the file
  dir.write("a.jsonl", text);
  const auto source = open_jsonl(dir);
  expect_contract(*source, "a", expected);
}
