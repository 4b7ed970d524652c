// What a user does after `infer`: schema up, migrate and verify with what it wrote, unedited.
// compare_inferred.py (Python and psql) says whether every document is there.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "e2e/harness.h"
#include "source_dir.h"

namespace arango2pg::e2e {
namespace {

namespace fs = std::filesystem;
using fake_arango::CollectionType;
using fake_arango::FakeArango;

const fs::path source_dir = ARANGO2PG_SOURCE_DIR;
const fs::path real_dumps = source_dir / "../shared/real-data/dumps";

std::string slurp(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class Infer : public EndToEnd {
 protected:
  fs::path out() const { return dir_.path() / "out"; }

  Outcome infer(const std::string& source, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"infer",        "--source",   source, "--out",
                                          out().string(), "--progress", "none"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_tool(arguments);
  }
  Outcome schema(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "schema");
    arguments.insert(arguments.end(),
                     {"--pack", (out() / "schemas").string(), "--target", target_->conninfo()});
    return run_tool(arguments);
  }
  Outcome verify(const std::string& source) const {
    return run_tool({"verify", "--source", source, "--mapping", (out() / "mappings").string(),
                     "--target", target_->conninfo(), "--progress", "none"});
  }
  int compare(const fs::path& directory) const {
    const std::string command =
        "python3 '" + (source_dir / "tests/e2e/compare_inferred.py").string() + "' '" +
        directory.string() + "' " + target_->name() + " '" + out().string() + "'";
    return std::system(command.c_str());
  }

  void up() {
    const auto up = schema({"up"});
    ASSERT_EQ(up.exit, 0) << up.all();
  }
  void load(const std::string& source) {
    const auto loaded = migrate(source, {"--mapping", (out() / "mappings").string()});
    ASSERT_EQ(loaded.exit, 0) << loaded.all();
    const auto holds = schema({"verify"});
    EXPECT_EQ(holds.exit, 0) << holds.all();
    const auto equal = verify(source);
    EXPECT_EQ(equal.exit, 0) << equal.all();
  }
  /// infer, schema up, migrate, schema verify, verify, compare, schema down.
  void whole_cycle(const std::string& source, const fs::path& directory,
                   std::vector<std::string> more = {}) {
    const auto inferred = infer(source, std::move(more));
    ASSERT_EQ(inferred.exit, 0) << inferred.all();
    up();
    load(source);
    EXPECT_EQ(target_->value("SELECT count(*) FROM arango2pg.quarantine"), "0");
    EXPECT_EQ(compare(directory), 0) << "documents differ";
    const auto down = schema({"down", "--to", "0", "--yes"});
    EXPECT_EQ(down.exit, 0) << down.all();
    EXPECT_EQ(target_->value("SELECT count(*) FROM pg_class WHERE relnamespace = "
                             "'public'::regnamespace"),
              "0");
  }
  fs::path sample(const std::string& command) const {
    const fs::path dump = dir_.path() / "dump";
    const int made = std::system((command + " --out '" + dump.string() + "' > /dev/null").c_str());
    EXPECT_EQ(made, 0) << command;
    return dump;
  }
  /// A collection of a dump below `dump`.
  void dump_collection(const std::string& name, const std::string& lines,
                       const std::string& indexes = "[]", const std::string& parameters = "") {
    dir_.write("dump/" + name + ".structure.json",
               R"({"indexes":)" + indexes + R"(,"parameters":{"name":")" + name +
                   R"(","type":2,"isSystem":)" + (name[0] == '_' ? "true" : "false") + parameters +
                   "}}");
    dir_.write("dump/" + name + ".data.json", lines);
  }
};

// -- everything at hand

class InferRealDump : public Infer, public ::testing::WithParamInterface<const char*> {};

TEST_P(InferRealDump, RunsUneditedAndLoadsEveryDocument) {
  const auto directory = real_dumps / GetParam();
  if (!fs::exists(directory)) GTEST_SKIP() << "the real dump " << GetParam() << " is not here";
  whole_cycle("dump:" + directory.string(), directory);
}

INSTANTIATE_TEST_SUITE_P(All, InferRealDump,
                         ::testing::Values("bus_management_hcm", "dex", "docman"),
                         [](const auto& dump) { return std::string(dump.param); });

class InferPackSample : public Infer, public ::testing::WithParamInterface<const char*> {};

TEST_P(InferPackSample, RunsUneditedAndLoadsEveryDocument) {
  const auto dump =
      sample(std::string(ARANGO2PG_PACK_SAMPLE) + " --seed 11 --pack " + std::string(GetParam()));
  whole_cycle("dump:" + dump.string(), dump);
}

INSTANTIATE_TEST_SUITE_P(All, InferPackSample,
                         ::testing::Values("applications", "assets", "requests", "entities"),
                         [](const auto& pack) { return std::string(pack.param); });

TEST_F(Infer, OfTheAtsSampleRunsUneditedFromFilesAndOverHttp) {
  const auto dump = sample(std::string(ARANGO2PG_ATS_SAMPLE) + " --users --seed 3");
  whole_cycle("dump:" + dump.string(), dump);
  FakeArango arango;
  arango.database("app").load_dump(dump);
  arango.start();
  whole_cycle(arango.url() + "/app", dump, {"--force", "--names", "plain"});
}

TEST_F(Infer, OfASampleRunsUneditedAndKeepsEveryDocumentWhole) {
  const auto dump = sample(std::string(ARANGO2PG_ATS_SAMPLE) + " --users --seed 3");
  whole_cycle("dump:" + dump.string(), dump, {"--sample", "10"});
}

// -- hard documents

TEST_F(Infer, RefusesNoDocumentForItsTypesNamesOrIndexes) {
  const std::string long_name(80, 'n'), long_text(5000, 'x');
  dump_collection(
      "odd",
      R"({"_key":"1","key":"a","doc":1,"Select":"s","a.b":1,"q\"q":2,"sp ace":3,")" + long_name +
          R"(":4,"new\nline":5,"":6,"big":1234567890123456789012345678901234567890,)"
          R"("f":0.12345678901234567,"when":"2024-02-29T10:00:00Z","day":"2024-02-30",)"
          R"("nul":"a\u0000b","half":"\ud800","none":null,"mixed":1,"long":")" +
          long_text + "\"}\n" +
          R"({"_key":"2","key":"b","doc":{},"Select":"t","a.b":1,"q\"q":2,"sp ace":3,")" +
          long_name +
          R"(":4,"new\nline":5,"":6,"big":1,"f":1e3,"when":"2024-02-29T10:00:01Z",)"
          R"("day":"2024-02-28","nul":"c","none":"there","mixed":"one","long":"y"})" +
          "\n" + R"({"_key":"3","none":"there","mixed":[]})" + "\n",
      R"([{"type":"persistent","name":"a","fields":["long"],"unique":true,"sparse":true},)"
      R"({"type":"persistent","name":"b","fields":["mixed"],"unique":true,"sparse":false},)"
      R"({"type":"fulltext","name":"c","fields":["long"]},)"
      R"({"type":"geo","name":"d","fields":["mixed"]},)"
      R"({"type":"ttl","name":"e","fields":["mixed"],"expireAfter":1},)"
      R"({"type":"inverted","name":"f","fields":[{"name":"mixed[*].x"}],"includeAllFields":true}])",
      R"(,"schema":{"rule":{"required":["nowhere"]},"level":"new"})");
  dump_collection("empty", "",
                  R"([{"type":"persistent","name":"a","fields":["a"],"unique":true}])");
  dir_.write("dump/dump.json", R"({"database":"d","lastTickAtDumpStart":"1"})");
  const auto dump = dir_.path() / "dump";
  whole_cycle("dump:" + dump.string(), dump);
  EXPECT_NE(slurp(out() / "README.md").find("`key` is column `key_2`"), std::string::npos);
}

TEST_F(Infer, OfASampleTurnsWrongGuessesIntoNullAndLosesNothing) {
  std::string lines;
  for (int i = 0; i < 4000; ++i)
    lines +=
        R"({"_key":"k)" + std::to_string(i) + R"(","n":)" + (i == 2345 ? "\"odd\"" : "7") + "}\n";
  dir_.write("in/c.jsonl", lines);
  const std::string source = "jsonl:" + (dir_.path() / "in").string();
  const auto inferred = infer(source, {"--sample", "100"});
  ASSERT_EQ(inferred.exit, 0) << inferred.all();
  up();
  load(source);
  EXPECT_EQ(target_->query("SELECT n IS NULL, doc ->> 'n' FROM c WHERE key = 'k2345'"),
            (std::vector<std::vector<std::string>>{{"t", "odd"}}));
  EXPECT_EQ(target_->value("SELECT count(*) FROM c WHERE n = 7"), "3999");
}

// -- what a server knows beside documents

TEST_F(Infer, BringsIndexesExpiryRulesAndGraphsAlong) {
  FakeArango arango;
  auto db = arango.database("app");
  auto people = db.create(
      "people",
      {CollectionType::document,
       0,
       R"({"schema":{"rule":{"properties":{"name":{"type":"string"}},"required":["name"]},)"
       R"("level":"strict"}})",
       {}});
  people.insert(R"({"_key":"ada","name":"Ada","tags":["a","b"],"until":1})");
  people.insert(R"({"_key":"bob","name":"Bob","tags":["b"],"until":99999999999})");
  people.add_index(R"({"type":"persistent","fields":["name"],"unique":true,"sparse":true})");
  people.add_index(R"({"type":"persistent","fields":["tags[*]"]})");
  people.add_index(R"({"type":"ttl","fields":["until"],"expireAfter":10})");
  auto knows = db.create("knows", {CollectionType::edge, 0, "{}", {}});
  knows.insert(R"({"_key":"1","_from":"people/ada","_to":"people/bob"})");
  db.add_graph(R"({"name":"social","edgeDefinitions":[{"collection":"knows","from":["people"],)"
               R"("to":["people"]}],"orphanCollections":[]})");
  arango.start();
  const std::string source = arango.url() + "/app";

  const auto inferred = infer(source);
  ASSERT_EQ(inferred.exit, 0) << inferred.all();
  up();
  load(source);
  EXPECT_EQ(target_->value("SELECT attnotnull FROM pg_attribute WHERE attrelid = "
                           "'people'::regclass AND attname = 'name'"),
            "t");
  EXPECT_EQ(target_->query("SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = "
                           "'people'::regclass AND NOT indisprimary ORDER BY 1"),
            (std::vector<std::vector<std::string>>{
                {"CREATE INDEX people_tags_idx ON public.people USING gin (((doc -> "
                 "'tags'::text)) jsonb_path_ops)"},
                {"CREATE INDEX people_until_idx ON public.people USING btree (until)"},
                {"CREATE UNIQUE INDEX people_name_key ON public.people USING btree (name) WHERE "
                 "(name IS NOT NULL)"}}));
  EXPECT_EQ(target_->query("SELECT depth, key, path FROM social_walk WHERE start_collection = "
                           "'people' AND start_key = 'ada' ORDER BY depth"),
            (std::vector<std::vector<std::string>>{{"0", "ada", "{people/ada}"},
                                                   {"1", "bob", "{people/ada,people/bob}"}}));
  EXPECT_EQ(target_->value("SELECT count(*) FROM social_walk_from('people', 'bob', 3, 'inbound')"),
            "2");
  EXPECT_EQ(target_->value("SELECT people_expire()"), "1") << "ada is due, bob is not";
  EXPECT_EQ(target_->value("SELECT count(*) FROM knows"), "0") << "her edge went with her";
}

// -- the directory

TEST_F(Infer, LeavesADirectoryAloneThatHoldsSomething) {
  dir_.write("in/c.jsonl", "{\"_key\":\"1\"}\n");
  const std::string source = "jsonl:" + (dir_.path() / "in").string();
  dir_.write("out/notes.txt", "mine");
  const auto refused = infer(source);
  EXPECT_EQ(refused.exit, 2) << refused.all();
  EXPECT_NE(refused.err.find("is not empty"), std::string::npos) << refused.err;
  EXPECT_NE(refused.err.find("--force"), std::string::npos) << refused.err;
  EXPECT_FALSE(fs::exists(out() / "README.md"));

  ASSERT_EQ(infer(source, {"--force"}).exit, 0);
  EXPECT_EQ(slurp(out() / "notes.txt"), "mine");
  EXPECT_TRUE(fs::exists(out() / "mappings/c.yaml"));

  fs::rename(dir_.path() / "in/c.jsonl", dir_.path() / "in/d.jsonl");
  ASSERT_EQ(infer(source, {"--force"}).exit, 0);
  EXPECT_TRUE(fs::exists(out() / "mappings/d.yaml"));
  EXPECT_FALSE(fs::exists(out() / "mappings/c.yaml")) << "a mapping of an earlier infer is left";
  EXPECT_EQ(slurp(out() / "notes.txt"), "mine");
}

TEST_F(Infer, SaysWhatIsWrongAndWritesNothing) {
  dir_.write("in/users.jsonl", "{\"_key\":\"1\"}\n");
  dir_.write("file", "x");
  FakeArango empty;
  empty.database("app");
  empty.start();
  const std::string source = "jsonl:" + (dir_.path() / "in").string();
  struct Wrong {
    std::vector<std::string> arguments;
    int exit;
    std::string says, hint;
  };
  const std::string where = out().string(), file = (dir_.path() / "file").string();
  for (const Wrong& w : {
           Wrong{{"--source", source}, 2, "needs a directory", "--out DIR"},
           Wrong{{"--out", where}, 2, "no source given", "--source"},
           Wrong{{"--source", source, "--out", file}, 2, "it is no directory", "--out"},
           Wrong{{"--source", source, "--out", file + "/x"}, 2, "cannot write to", "--out"},
           Wrong{{"--source", source, "--out", where, "--collection", "user"},
                 3,
                 "collection 'user' does not exist",
                 "case-sensitive"},
           Wrong{{"--source", source, "--out", where, "--name", "My Pack"},
                 2,
                 "'My Pack' is no name for a schema pack",
                 "my_pack"},
           Wrong{{"--source", source, "--out", where, "--name", "arango2pg"},
                 2,
                 "the tool's own state",
                 "--name"},
           Wrong{{"--source", source, "--out", where, "--names", "camel"},
                 2,
                 "unknown word 'camel' for --names",
                 "plain"},
           Wrong{{"--source", empty.url() + "/app", "--out", where},
                 3,
                 "there is nothing to infer from",
                 "--source"},
           Wrong{{"--source", "http://127.0.0.1:9/app", "--out", where, "--source-timeout", "1s"},
                 3,
                 "127.0.0.1:9",
                 ""},
           Wrong{{"--source", "jsonl:" + (dir_.path() / "nowhere").string(), "--out", where},
                 3,
                 "nowhere",
                 ""},
       }) {
    std::vector<std::string> arguments = {"infer"};
    arguments.insert(arguments.end(), w.arguments.begin(), w.arguments.end());
    const auto refused = run_tool(arguments);
    EXPECT_EQ(refused.exit, w.exit) << refused.all();
    EXPECT_NE(refused.err.find(w.says), std::string::npos) << refused.err;
    EXPECT_NE(refused.err.find(w.hint), std::string::npos) << refused.err;
    EXPECT_FALSE(fs::exists(out())) << refused.all();
  }
}

TEST_F(Infer, WritesNothingWhenItIsInterrupted) {
  FakeArango arango;
  auto db = arango.database("app");
  auto docs = db.create("docs");
  std::vector<std::string> many;
  for (int i = 0; i < 4000; ++i)
    many.push_back(R"({"_key":"k)" + std::to_string(i) + R"(","text":")" + std::string(2000, 'x') +
                   "\"}");
  docs.insert_all(many);
  arango.start();
  Process process({"infer", "--source", arango.url() + "/app", "--out", out().string(),
                   "--page-size", "64KiB", "--max-source-requests", "1"});
  while (!fs::exists(out()) && process.running())
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  process.signal(SIGINT);
  const auto ended = process.wait();
  EXPECT_EQ(ended.exit, 7) << ended.all();
  EXPECT_NE(ended.err.find("Nothing was written"), std::string::npos) << ended.err;
  EXPECT_FALSE(fs::exists(out()));
}

}  // namespace
}  // namespace arango2pg::e2e
