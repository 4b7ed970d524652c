// What a user sees of `migrate`: from a source into tables, with the numbers that prove it.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "e2e/harness.h"

namespace arango2pg::e2e {
namespace {

using fake_arango::CollectionSpec;
using fake_arango::CollectionType;
using fake_arango::FakeArango;

class Migrate : public EndToEnd {
 protected:
  static std::string hex(const std::string& bytes) {
    std::string out;
    for (const char c : bytes) {
      out += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
      out += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
    }
    return out;
  }
  static std::string slurp(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

TEST_F(Migrate, ASourceThatAnswersSlowlyIsAskedMoreAtOnce) {
  FakeArango arango;
  auto things = arango.database("app").create("things");
  std::vector<std::string> documents;
  for (int i = 0; i < 32'000; ++i)
    documents.push_back(R"({"n":)" + std::to_string(i) + R"(,"pad":")" + std::string(1200, 'p') +
                        "\"}");
  things.insert_all(documents);
  arango.start();
  auto slow = fake_arango::Fault::of(fake_arango::Fault::Kind::delay, "/_api/cursor", 0);
  slow.delay = std::chrono::milliseconds(100);
  arango.faults().add(slow);
  const auto outcome = migrate(arango.url() + "/app", {"--jobs", "1", "--page-size", "256KiB"});
  ASSERT_EQ(outcome.exit, 0) << outcome.all();
  EXPECT_NE(outcome.all().find("bound by source"), std::string::npos) << outcome.all();
  // Two readers to begin with, each with a page under way; never more than --max-source-requests.
  EXPECT_GT(arango.counters().peak_requests, 2U);
  EXPECT_LE(arango.counters().peak_requests, 8U);
  EXPECT_EQ(target_->value("SELECT count(DISTINCT key) FROM things"), "32000");
}

TEST_F(Migrate, TellsHowFarItWasFromWhatTheTargetCanTake) {
  FakeArango arango;
  auto db = arango.database("app");
  std::vector<std::string> documents;
  for (int i = 0; i < 2000; ++i)
    documents.push_back(R"({"n":)" + std::to_string(i) + R"(,"pad":")" + std::string(500, 'p') +
                        "\"}");
  db.create("things").insert_all(documents);
  arango.start();
  const std::string file = (dir_.path() / "s.json").string();
  const auto outcome = migrate(arango.url() + "/app", {"--measure-ceiling", "--summary", file});
  ASSERT_EQ(outcome.exit, 0) << outcome.all();
  EXPECT_NE(outcome.all().find("% of the ceiling: the target takes "), std::string::npos)
      << outcome.all();
  const std::string summary = slurp(file);
  EXPECT_EQ(summary.find(R"("ceiling_bytes_per_second":null)"), std::string::npos) << summary;
  EXPECT_NE(summary.find(R"("ceiling_bytes_per_second":)"), std::string::npos) << summary;
  EXPECT_NE(summary.find(R"("share_of_ceiling":)"), std::string::npos) << summary;
  EXPECT_EQ(target_->value("SELECT count(*) FROM things"), "2000");
  EXPECT_EQ(target_->value("SELECT count(*) FROM pg_class WHERE relname LIKE 'ceiling%'"), "0");
}

TEST_F(Migrate, ARowThatTheTargetRefusesDoesNotEndARunThatMeasuresItsCeiling) {
  FakeArango arango;
  auto things = arango.database("app").create("things");
  things.insert(R"({"_key":"good","n":1})");
  things.insert(R"({"_key":"bad","n":2})");
  arango.start();
  target_->query("CREATE DOMAIN checked AS jsonb CHECK (VALUE ->> 'n' <> '2')");
  target_->query("CREATE TABLE things (key text PRIMARY KEY, revision bigint, doc checked)");
  const auto outcome =
      migrate(arango.url() + "/app", {"--measure-ceiling", "--max-quarantined", "1"});
  ASSERT_EQ(outcome.exit, 0) << outcome.all();
  EXPECT_NE(outcome.all().find("the ceiling is not known: "), std::string::npos) << outcome.all();
  EXPECT_EQ(target_->value("SELECT key FROM things"), "good");
}

TEST_F(Migrate, TurnsEachCollectionIntoATableWithoutAnyMapping) {
  FakeArango arango;
  auto db = arango.database("app");
  auto users = db.create("users");
  users.insert(R"({"_key":"ada","name":"Ada Łukasz","tags":["a","b"],"n":12345678901234567890})");
  users.insert(R"({"_key":"Bob","name":null})");
  auto knows = db.create("knows", {CollectionType::edge, 0, "{}", {}});
  knows.insert(R"({"_key":"1","_from":"users/ada","_to":"users/Bob","since":2019})");
  arango.start();

  const auto outcome =
      migrate(arango.url() + "/app", {"--summary", (dir_.path() / "s.json").string()});

  ASSERT_EQ(outcome.exit, 0) << outcome.all();
  EXPECT_EQ(
      target_->query("SELECT key, doc::text FROM users ORDER BY key"),
      (std::vector<std::vector<std::string>>{
          {"Bob", R"({"name": null})"},
          {"ada", R"({"n": 12345678901234567890, "name": "Ada Łukasz", "tags": ["a", "b"]})"}}));
  EXPECT_EQ(
      target_->query(
          "SELECT key, from_collection, from_key, to_collection, to_key, doc::text FROM knows"),
      (std::vector<std::vector<std::string>>{
          {"1", "users", "ada", "users", "Bob", R"({"since": 2019})"}}));
  EXPECT_EQ(target_->value("SELECT count(*) FROM users WHERE revision > 0"), "2");
  const std::string summary = slurp((dir_.path() / "s.json").string());
  EXPECT_NE(summary.find(R"("exit":0)"), std::string::npos) << summary;
  EXPECT_NE(
      summary.find(
          R"("totals":{"read":3,"written":3,"updated":0,"deleted":0,"filtered":0,"quarantined":0)"),
      std::string::npos)
      << summary;
}

TEST_F(Migrate, ReadsAJsonLinesDirectory) {
  dir_.write("in/items.jsonl",
             "{\"_key\":\"a\",\"v\":1}\n{\"_key\":\"b\",\"v\":2}\r\n\n{\"_key\":\"c\",\"v\":3}");
  const auto outcome = migrate("jsonl:" + (dir_.path() / "in").string());
  ASSERT_EQ(outcome.exit, 0) << outcome.all();
  EXPECT_EQ(target_->value("SELECT sum((doc->>'v')::int) FROM items"), "6");
}

TEST_F(Migrate, LosesNothingOnAClusterWhoseKeysMixCaseAndPunctuation) {
  // Byte order per shard and the coordinator's order differ for such keys: naive paging loses
  // documents there.
  fake_arango::Options options;
  options.shards = 5;
  FakeArango arango(options);
  auto c = arango.database("app").create("things");
  std::vector<std::string> documents;
  const std::string alphabet = "aZ_-.bC9:@Az0";
  for (int i = 0; i < 3000; ++i) {
    std::string key;
    for (int n = i + 17, j = 0; j < 5; ++j, n = n * 7 / 5 + 3)
      key += alphabet[static_cast<std::size_t>(n) % alphabet.size()];
    documents.push_back(R"({"_key":")" + key + std::to_string(i) + R"(","i":)" + std::to_string(i) +
                        "}");
  }
  c.insert_all(documents);
  arango.start();
  const auto outcome = migrate(arango.url() + "/app", {"--page-size", "16KiB"});
  ASSERT_EQ(outcome.exit, 0) << outcome.all();
  EXPECT_EQ(target_->query("SELECT count(*), count(DISTINCT doc->>'i') FROM things"),
            (std::vector<std::vector<std::string>>{{"3000", "3000"}}));
  EXPECT_EQ(arango.counters().open_cursors, 0U);
}

// A variable for --target won over the command line, because the library filled it in for every
// command.
TEST_F(Migrate, TheCommandLineBeatsTheEnvironmentBeatsTheFile) {
  dir_.write("in/items.jsonl", "{\"_key\":\"a\"}\n");
  const auto file = dir_.write("c.yaml", "target: dbname=nowhere_from_file\nsource: jsonl:" +
                                             (dir_.path() / "in").string() + "\n");
  const std::vector<std::string> wrong = {"ARANGO2PG_TARGET=dbname=nowhere_from_environment"};
  const auto from_environment = run_tool({"migrate", "--config", file}, wrong);
  EXPECT_EQ(from_environment.exit, 4);
  EXPECT_NE(from_environment.err.find("nowhere_from_environment"), std::string::npos)
      << from_environment.err;
  const auto typed =
      run_tool({"migrate", "--config", file, "--target", target_->conninfo()}, wrong);
  EXPECT_EQ(typed.exit, 0) << typed.all();
}

TEST_F(Migrate, RefusesATableThatHoldsRowsUntilToldWhatToDo) {
  dir_.write("in/items.jsonl", "{\"_key\":\"a\",\"v\":1}\n");
  const std::string source = "jsonl:" + (dir_.path() / "in").string();
  ASSERT_EQ(migrate(source).exit, 0);

  const auto refused = migrate(source);
  EXPECT_EQ(refused.exit, 4);
  EXPECT_NE(refused.err.find("table 'public.items' holds rows already"), std::string::npos)
      << refused.err;
  EXPECT_NE(refused.err.find("--truncate"), std::string::npos) << refused.err;

  EXPECT_EQ(migrate(source, {"--truncate"}).exit, 0);
  const auto merged = migrate(source, {"--merge"});
  EXPECT_EQ(merged.exit, 0) << merged.all();
  EXPECT_EQ(target_->value("SELECT count(*) FROM items"), "1");
}

TEST_F(Migrate, QuarantinesWhatCantBeLoadedAndLoadsTheRest) {
  const std::string lone = R"({"_key":"lone","s":"\ud800"})";
  const std::string nul = R"({"_key":"nul","s":"a\u0000b"})";
  const std::string huge = R"({"_key":"huge","n":1e200000})";
  const std::string broken = "{\"_key\":\"utf8\",\"s\":\"\xff\"}";
  const std::string cut = R"({"_key":"cut","s":)";
  const std::string array = R"([1,2])";
  dir_.write("in/items.jsonl", "{\"_key\":\"ok1\"}\n" + lone + "\n" + nul + "\n" + huge + "\n" +
                                   broken + "\n" + cut + "\n" + array + "\n{\"_key\":\"ok2\"}\n");
  const auto outcome = migrate("jsonl:" + (dir_.path() / "in").string());
  EXPECT_EQ(outcome.exit, 5) << outcome.all();
  EXPECT_EQ(target_->value("SELECT string_agg(key, ',' ORDER BY key) FROM items"), "ok1,ok2");
  EXPECT_EQ(
      target_->query("SELECT rule, encode(document, 'hex') FROM arango2pg.quarantine ORDER BY id"),
      (std::vector<std::vector<std::string>>{{"lone_surrogate", hex(lone)},
                                             {"nul_character", hex(nul)},
                                             {"json_number_range", hex(huge)},
                                             {"json_utf8", hex(broken)},
                                             {"json_syntax", hex(cut)},
                                             {"not_an_object", hex(array)}}));
  EXPECT_EQ(
      migrate("jsonl:" + (dir_.path() / "in").string(), {"--truncate", "--max-quarantined", "6"})
          .exit,
      0);
}

TEST_F(Migrate, LoadsWhatPostgresqlItselfTakes) {
  const std::string deep =
      R"({"_key":"deep","d":)" + std::string(5000, '[') + std::string(5000, ']') + "}";
  const std::string big = R"({"_key":"big","s":")" + std::string(20'000'000, 'x') + "\"}";
  const std::string name(821, 'n');
  dir_.write(
      "in/items.jsonl",
      deep + "\n" + big + "\n" + R"({"_key":"names",")" + name + R"(":1,"":2,"A":3,"a":4})" + "\n" +
          R"({"_key":"numbers","a":12345678901234567,"b":1234567890123456789012345678901234567890,"c":0.10,"d":1e2})" +
          "\n" + R"({"_key":"Case"})" + "\n" + R"({"_key":"case"})" + "\n");
  const auto outcome = migrate("jsonl:" + (dir_.path() / "in").string());
  ASSERT_EQ(outcome.exit, 0) << outcome.all().substr(0, 3000);
  EXPECT_EQ(target_->value("SELECT length(doc->>'s') FROM items WHERE key = 'big'"), "20000000");
  EXPECT_EQ(target_->value("SELECT doc->>'" + name + "' FROM items WHERE key = 'names'"), "1");
  EXPECT_EQ(target_->value("SELECT (doc - '" + name + "')::text FROM items WHERE key = 'names'"),
            R"({"": 2, "A": 3, "a": 4})");
  EXPECT_EQ(
      target_->value("SELECT doc::text FROM items WHERE key = 'numbers'"),
      R"({"a": 12345678901234567, "b": 1234567890123456789012345678901234567890, "c": 0.10, "d": 100})");
  EXPECT_EQ(target_->value("SELECT count(*) FROM items WHERE lower(key) = 'case'"), "2");
}

}  // namespace
}  // namespace arango2pg::e2e
