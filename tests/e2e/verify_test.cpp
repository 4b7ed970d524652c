// What a user sees of `verify`: equal after a migrate, every planted defect found and nothing else,
// repaired, and equal again.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <thread>

#include "e2e/harness.h"

namespace arango2pg::e2e {
namespace {

using fake_arango::CollectionSpec;
using fake_arango::CollectionType;
using fake_arango::FakeArango;
using Rows = std::vector<std::vector<std::string>>;

class Verify : public EndToEnd {
 protected:
  Outcome verify(const std::string& source, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {
        "verify", "--source", source, "--target", target_->conninfo(), "--progress", "none"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_tool(arguments);
  }
  std::string jsonl() const { return "jsonl:" + (dir_.path() / "in").string(); }
  std::string summary_file() const { return (dir_.path() / "s.json").string(); }
  std::string summary() const {
    std::ifstream in(summary_file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  /// kind, key, path of what the last verify run found, in order.
  Rows differences() {
    return target_->query(
        "SELECT kind, coalesce(key, row_key), path FROM arango2pg.difference WHERE run_id = "
        "(SELECT "
        "max(id) FROM arango2pg.run WHERE command = 'verify') ORDER BY 2, 1, 3");
  }
};

TEST_F(Verify, SaysEqualAfterAMigrateAndNamesWhatIsNot) {
  FakeArango arango;
  auto db = arango.database("app");
  auto users = db.create("users");
  users.insert(R"({"_key":"ada","name":"Ada Łukasz","n":12345678901234567890,"tags":["a",1.50]})");
  users.insert(R"({"_key":"Bob","name":null,"secret":"tell nobody"})");
  users.insert(R"({"_key":"eve","a":{"b":[1,2,{"c":true}]}})");
  auto knows = db.create("knows", {CollectionType::edge, 0, "{}", {}});
  knows.insert(R"({"_key":"1","_from":"users/ada","_to":"users/Bob","since":2019})");
  arango.start();
  const std::string source = arango.url() + "/app";
  ASSERT_EQ(migrate(source).exit, 0);

  const auto equal = verify(source, {"--summary", summary_file()});
  EXPECT_EQ(equal.exit, 0) << equal.all();
  EXPECT_NE(equal.out.find("equal: every document has its rows"), std::string::npos) << equal.out;
  EXPECT_NE(summary().find(R"("totals":{"read":4,"equal":4,"different":0,"missing":0,"extra":0,)"),
            std::string::npos)
      << summary();
  EXPECT_EQ(arango.counters().open_cursors, 0U);

  target_->query(
      "UPDATE users SET doc = jsonb_set(doc, '{secret}', '\"other\"') WHERE key = 'Bob'");
  target_->query("UPDATE users SET doc = jsonb_set(doc, '{a,b,2,c}', 'false') WHERE key = 'eve'");
  target_->query("DELETE FROM knows");
  target_->query("INSERT INTO users VALUES ('ghost', 1, '{}')");
  const auto different = verify(source, {"--settle", "0s", "--summary", summary_file()});
  EXPECT_EQ(different.exit, 6) << different.all();
  EXPECT_EQ(differences(), (Rows{{"missing", "1", ""},
                                 {"different", "Bob", "doc.secret"},
                                 {"different", "eve", "doc.a.b[2].c"},
                                 {"extra", "ghost", ""}}));
  EXPECT_NE(different.out.find("different  users/Bob  public.users  doc.secret: text differs"),
            std::string::npos)
      << different.out;
  EXPECT_EQ((different.all() + summary()).find("tell nobody"), std::string::npos)
      << "contents only behind --log-data";
  EXPECT_NE(summary().find(
                R"("totals":{"read":4,"equal":1,"different":2,"missing":1,"extra":1,"filtered":0)"),
            std::string::npos)
      << summary();
  EXPECT_EQ(
      target_->value("SELECT count(*) FROM arango2pg.difference WHERE source_value IS NOT NULL"),
      "0");

  const auto shown = verify(source, {"--settle", "0s", "--log-data"});
  EXPECT_NE(shown.out.find("source: \"tell nobody\""), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find("target: \"other\""), std::string::npos) << shown.out;

  const auto repaired = verify(source, {"--settle", "0s", "--repair"});
  EXPECT_EQ(repaired.exit, 0) << repaired.all();
  EXPECT_NE(repaired.out.find("4 differences, all repaired"), std::string::npos) << repaired.out;
  EXPECT_EQ(verify(source).exit, 0);
  EXPECT_EQ(target_->value("SELECT doc->>'secret' FROM users WHERE key = 'Bob'"), "tell nobody");
  EXPECT_EQ(target_->value("SELECT count(*) FROM users"), "3");
  EXPECT_EQ(target_->value("SELECT count(*) FROM arango2pg.verify_state"), "0");
  EXPECT_EQ(target_->value("SELECT count(*) FROM arango2pg.difference WHERE document IS NOT NULL"),
            "0");
}

/// 20,000 documents with a bit of everything, and their lines as rows of a child table.
class PlantedDefects : public Verify {
 protected:
  static constexpr int documents = 20'000;

  static std::string key(int i) {
    std::string digits = std::to_string(i);
    return "k" + std::string(5 - digits.size(), '0') + digits;
  }

  void load() {
    std::string lines;
    for (int i = 0; i < documents; ++i) {
      const std::string n = std::to_string(i);
      lines += R"({"_key":")" + key(i) + R"(","_rev":"_jt3aKbe--)" + "ABCDEFGHIJ"[i % 10] +
               R"(","name":"Nr. )" + n + R"( \u00e9","n":)" +
               std::to_string(10'000'000'000'000'000 + i) + R"(,"flag":true,"tags":["a","b",)" + n +
               R"(],"sub":{"x":1.0,"y":)" + n + R"(},"nul":"a\u0000b","lines":[{"p":1},{"p":)" + n +
               "}]}\n";
    }
    dir_.write("in/items.jsonl", lines);
    mapping_ = dir_.write("m/items.yaml", R"(version: 1
from: items
into: items
create: true
key: id
revision: source_rev
strings: { nul: replace, surrogate: replace }
columns:
  id: { meta: key }
  name: { path: name }
  n: { path: n, type: bigint }
  doc: { document: { omit: [lines] } }
children:
  - each: lines
    into: item_lines
    key: [item_id, position]
    columns:
      item_id: { parent: id }
      position: { meta: index, type: integer }
      p: { path: p, type: integer }
)");
    const auto loaded = migrate(jsonl(), {"--mapping", mapping_});
    ASSERT_EQ(loaded.exit, 0) << loaded.all();
  }

  /// Ten kinds, `each` of every kind, at keys that belong to nobody else. Returns what must be
  /// found: kind, key, path.
  Rows plant(int each) {
    Rows expected;
    int next = 0;
    const auto some = [&](const char* kind, const char* path, const std::vector<std::string>& sql) {
      std::string keys;
      for (int i = 0; i < each; ++i) {
        const std::string k = key(next * 37 % documents);
        ++next;
        keys += (keys.empty() ? "'" : ", '") + k + "'";
        expected.push_back({kind, k, path});
      }
      for (std::string statement : sql)
        target_->query(statement.replace(statement.find("KEYS"), 4, "(" + keys + ")"));
    };
    some("missing", "",
         {"DELETE FROM item_lines WHERE item_id IN KEYS", "DELETE FROM items WHERE id IN KEYS"});
    some("different", "name", {"UPDATE items SET name = name || '.' WHERE id IN KEYS"});
    some("different", "n", {"UPDATE items SET n = n + 1 WHERE id IN KEYS"});
    some("different", "doc.n",
         {"UPDATE items SET doc = jsonb_set(doc, '{n}', to_jsonb((doc->'n')::numeric + 1)) WHERE "
          "id IN KEYS"});
    some("different", "doc.flag",
         {R"(UPDATE items SET doc = jsonb_set(doc, '{flag}', '"true"') WHERE id IN KEYS)"});
    some(
        "different", "doc.tags[0]",
        {R"(UPDATE items SET doc = jsonb_set(doc, '{tags}', jsonb_build_array(doc#>'{tags,1}', doc#>'{tags,0}', doc#>'{tags,2}')) WHERE id IN KEYS)"});
    some("different", "doc.sub", {"UPDATE items SET doc = doc - 'sub' WHERE id IN KEYS"});
    some("different", "doc.nul",
         {R"(UPDATE items SET doc = jsonb_set(doc, '{nul}', '"ab"') WHERE id IN KEYS)"});
    some("different", "source_rev",
         {"UPDATE items SET source_rev = source_rev + 1 WHERE id IN KEYS"});
    some("different", "", {"DELETE FROM item_lines WHERE position = 1 AND item_id IN KEYS"});
    for (int i = 0; i < each; ++i) {
      const std::string k = "ghost" + std::to_string(i);
      target_->query("INSERT INTO items (id, source_rev, name, n, doc) VALUES ('" + k +
                     "', 1, 'x', 1, '{}')");
      expected.push_back({"extra", k, ""});
    }
    std::sort(expected.begin(), expected.end(), [](const auto& a, const auto& b) {
      return std::tie(a[1], a[0], a[2]) < std::tie(b[1], b[0], b[2]);
    });
    return expected;
  }

  std::string mapping_;
};

TEST_F(PlantedDefects, AreFoundEachAndNothingElseThenRepaired) {
  load();
  const auto before = verify(jsonl(), {"--mapping", mapping_});
  ASSERT_EQ(before.exit, 0) << before.all();

  const Rows planted = plant(90);
  const auto found = verify(jsonl(), {"--mapping", mapping_, "--summary", summary_file()});
  EXPECT_EQ(found.exit, 6) << found.all();
  EXPECT_EQ(differences(), planted);
  EXPECT_NE(
      summary().find(R"("collection":"items","table":"public.items","tables":["public.items",)"
                     R"("public.item_lines"],"read":20000,"equal":19100,"different":810,)"
                     R"("missing":90,"extra":90,"filtered":0,"quarantined":0)"),
      std::string::npos)
      << summary().substr(0, 600);
  EXPECT_NE(
      summary().find(R"("table":"public.items","expected":20000,"present":20000,"equal":19190,)"
                     R"("different":720,"missing":90,"extra":90,"kept":0)"),
      std::string::npos)
      << summary().substr(0, 1200);
  EXPECT_NE(summary().find(R"("table":"public.item_lines","expected":40000,"present":39730,)"
                           R"("equal":39730,"different":0,"missing":270,"extra":0,"kept":0)"),
            std::string::npos)
      << summary().substr(0, 1200);

  const auto repaired = verify(jsonl(), {"--mapping", mapping_, "--repair"});
  EXPECT_EQ(repaired.exit, 0) << repaired.all();
  EXPECT_NE(repaired.out.find("990 differences, all repaired"), std::string::npos) << repaired.out;
  const auto after = verify(jsonl(), {"--mapping", mapping_});
  EXPECT_EQ(after.exit, 0) << after.all();
}

TEST_F(PlantedDefects, AreFoundWithLittleMemoryToo) {
  load();
  const Rows planted = plant(5);
  const auto found = verify(jsonl(), {"--mapping", mapping_, "--memory", "16MiB", "--jobs", "1"});
  EXPECT_EQ(found.exit, 6) << found.all();
  EXPECT_EQ(differences(), planted);
}

TEST_F(PlantedDefects, ChildRowsAreComparedLikeTheirDocument) {
  load();
  target_->query("INSERT INTO item_lines VALUES ('k00003', 2, 7), ('nobody', 0, 1)");
  target_->query("UPDATE item_lines SET p = -1 WHERE item_id = 'k00005' AND position = 1");
  const auto found = verify(jsonl(), {"--mapping", mapping_, "--summary", summary_file()});
  EXPECT_EQ(found.exit, 6) << found.all();
  EXPECT_EQ(target_->query("SELECT kind, key, table_name, row_key, path, what FROM "
                           "arango2pg.difference ORDER BY row_key"),
            (Rows{{"extra", "k00003", "public.item_lines", "item_id = k00003, position = 2", "",
                   "the document has no such element"},
                  {"different", "k00005", "public.item_lines", "item_id = k00005, position = 1",
                   "p", "value differs"},
                  {"extra", "∅", "public.item_lines", "item_id = nobody, position = 0", "",
                   "no document has this row"}}));
  EXPECT_NE(summary().find(R"("read":20000,"equal":19998,"different":2,"missing":0,"extra":1)"),
            std::string::npos)
      << summary().substr(0, 500);
  EXPECT_EQ(verify(jsonl(), {"--mapping", mapping_, "--repair"}).exit, 0);
  EXPECT_EQ(verify(jsonl(), {"--mapping", mapping_}).exit, 0);
}

TEST_F(PlantedDefects, ARunThatWasKilledGoesOnAndFindsTheSame) {
  load();
  const Rows planted = plant(3);
  // As slow as a server far away, so that there is time to kill it.
  fake_arango::Options options;
  options.latency = std::chrono::milliseconds(25);
  FakeArango arango(options);
  arango.database("app").load_jsonl(dir_.path() / "in");
  arango.start();
  const std::vector<std::string> arguments = {"verify",
                                              "--source",
                                              arango.url() + "/app",
                                              "--target",
                                              target_->conninfo(),
                                              "--mapping",
                                              mapping_,
                                              "--page-size",
                                              "64KiB",
                                              "--checkpoint",
                                              "100ms",
                                              "--settle",
                                              "0s",
                                              "--jobs",
                                              "1",
                                              "--max-source-requests",
                                              "2",
                                              "--progress",
                                              "none"};
  int kills = 0, resumed = 0;
  constexpr int rounds = 12;
  for (int round = 0; round <= rounds; ++round) {
    Process process(arguments);
    const auto until =
        std::chrono::steady_clock::now() + std::chrono::milliseconds(500 + 250 * round);
    while (process.running() && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const bool kill = process.running() && round < rounds;  // the last one may end
    if (kill) {
      process.signal(SIGKILL);
      ++kills;
    }
    const auto outcome = process.wait();
    if (outcome.err.find("goes on where it was interrupted") != std::string::npos) ++resumed;
    if (kill) continue;
    EXPECT_EQ(outcome.exit, 6) << outcome.all();
    break;
  }
  EXPECT_GE(kills, 1);
  EXPECT_GE(resumed, 1);
  EXPECT_EQ(differences(), planted);
  EXPECT_EQ(target_->value("SELECT count(*) FROM arango2pg.verify_sums"), "0");
}

TEST_F(PlantedDefects, ASignalSavesTheStateAndTheSameCommandGoesOn) {
  load();
  fake_arango::Options options;
  options.latency = std::chrono::milliseconds(80);
  FakeArango arango(options);
  arango.database("app").load_jsonl(dir_.path() / "in");
  arango.start();
  const std::vector<std::string> arguments = {"verify",
                                              "--source",
                                              arango.url() + "/app",
                                              "--target",
                                              target_->conninfo(),
                                              "--mapping",
                                              mapping_,
                                              "--page-size",
                                              "64KiB",
                                              "--jobs",
                                              "1",
                                              "--progress",
                                              "none"};
  Process process(arguments);
  while (process.running() &&
         target_->value("SELECT count(*) FROM arango2pg.run_stage WHERE name = 'compare'") != "1")
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  std::this_thread::sleep_for(std::chrono::milliseconds(700));
  process.signal(SIGTERM);
  const auto interrupted = process.wait();
  ASSERT_EQ(interrupted.exit, 7) << interrupted.all();
  EXPECT_NE(interrupted.out.find("run the same command to go on"), std::string::npos);
  const auto rest = run_tool(arguments);
  EXPECT_EQ(rest.exit, 0) << rest.all();
  EXPECT_NE(rest.err.find("goes on where it was interrupted"), std::string::npos) << rest.err;
  EXPECT_EQ(target_->value("SELECT sum(read) FROM arango2pg.part WHERE run_id = (SELECT max(id) "
                           "FROM arango2pg.run)"),
            std::to_string(documents))
      << "no document was read twice";
}

TEST_F(Verify, AccountsForFilteredAndQuarantinedDocuments) {
  dir_.write("in/items.jsonl",
             "{\"_key\":\"a\",\"v\":1}\n"
             "{\"_key\":\"draft\",\"status\":\"draft\"}\n"
             "{\"_key\":\"lone\",\"s\":\"\\ud800\"}\n"
             "{\"s\":\"no key\"}\n"
             "{\"_key\":\"twin\",\"v\":1}\n");
  const auto mapping = dir_.write("m/items.yaml", R"(version: 1
from: items
into: items
key: id
where: [{ path: status, not_in: [draft] }]
columns:
  id: { meta: key }
  v: { path: v }
  doc: { document: {} }
)");
  target_->query("CREATE TABLE items (id text PRIMARY KEY, v int UNIQUE, doc jsonb)");
  ASSERT_EQ(migrate(jsonl(), {"--mapping", mapping}).exit, 5);
  ASSERT_EQ(target_->value("SELECT count(*) FROM arango2pg.quarantine"), "3");

  const auto accounted = verify(jsonl(), {"--mapping", mapping, "--summary", summary_file()});
  EXPECT_EQ(accounted.exit, 0) << accounted.all();
  EXPECT_NE(summary().find(R"("read":5,"equal":1,"different":0,"missing":0,"extra":0,"filtered":1,)"
                           R"("quarantined":3)"),
            std::string::npos)
      << summary();

  // Nobody keeps them any more.
  target_->query("DELETE FROM arango2pg.quarantine");
  const auto lost = verify(jsonl(), {"--mapping", mapping});
  EXPECT_EQ(lost.exit, 6);
  EXPECT_EQ(
      target_->query("SELECT kind, key, what FROM arango2pg.difference ORDER BY key"),
      (Rows{
          {"missing", "lone", "refused by today's mapping (lone_surrogate) and not in quarantine"},
          {"missing",
           target_->value("SELECT CASE WHEN EXISTS (SELECT FROM items WHERE id = "
                          "'a') THEN 'twin' ELSE 'a' END"),
           "the row is missing"},
          {"missing", "∅", "refused by today's mapping (missing_key) and not in quarantine"}}));
}

TEST_F(Verify, WhatTodaysMappingTakesIsMissingThoughItIsInQuarantine) {
  dir_.write("in/items.jsonl", "{\"_key\":\"a\",\"s\":\"x\\u0000y\"}\n");
  ASSERT_EQ(migrate(jsonl()).exit, 5);
  const auto strict = verify(jsonl());
  EXPECT_EQ(strict.exit, 0) << strict.all();
  const auto mapping = dir_.write("m/items.yaml", R"(version: 1
from: items
into: items
key: key
revision: revision
strings: { nul: strip }
columns: { key: { meta: key }, doc: { document: {} } }
)");
  const auto found = verify(jsonl(), {"--mapping", mapping});
  EXPECT_EQ(found.exit, 6);
  EXPECT_NE(found.out.find("but today's mapping takes it"), std::string::npos) << found.out;
  EXPECT_EQ(verify(jsonl(), {"--mapping", mapping, "--repair"}).exit, 0);
  EXPECT_EQ(target_->value("SELECT doc->>'s' FROM items"), "xy");
}

// The first look compares what PostgreSQL prints; a suspect that only looks different must be
// cleared, also where all rows are suspects and more than the memory holds.
TEST_F(Verify, NumbersThatAreWrittenInAnotherWayAreEqual) {
  std::string lines;
  for (int i = 0; i < 30'000; ++i)
    lines += R"({"_key":"k)" + std::to_string(i) + R"(","n":1.0,"big":1e3,"s":"\u00e9\/"})" + "\n";
  dir_.write("in/items.jsonl", lines);
  ASSERT_EQ(migrate(jsonl()).exit, 0);
  const auto same = verify(jsonl(), {"--summary", summary_file()});
  EXPECT_EQ(same.exit, 0) << same.all();
  EXPECT_EQ(same.all().find("suspected"), std::string::npos)
      << "what was loaded as it is needs one look only\n"
      << same.all();

  target_->query("UPDATE items SET doc = doc || '{\"n\": 1, \"big\": 1000.00}'");
  const auto equal = verify(jsonl(), {"--memory", "16MiB", "--summary", summary_file()});
  EXPECT_EQ(equal.exit, 0) << equal.all();
  EXPECT_NE(equal.all().find("suspected"), std::string::npos) << equal.all();
  EXPECT_NE(summary().find(R"("totals":{"read":30000,"equal":30000,"different":0,"missing":0,)"),
            std::string::npos)
      << summary();
  EXPECT_NE(summary().find(R"("complete":true)"), std::string::npos) << summary();

  target_->query("UPDATE items SET doc = doc || '{\"big\": 1000.01}' WHERE key = 'k77'");
  EXPECT_EQ(verify(jsonl(), {"--memory", "16MiB"}).exit, 6);
  EXPECT_EQ(differences(), (Rows{{"different", "k77", "doc.big"}}));
}

TEST_F(Verify, RowsThatAreMarkedAsDeletedCountAsAbsent) {
  dir_.write("in/items.jsonl", "{\"_key\":\"a\"}\n{\"_key\":\"b\"}\n");
  const auto mapping = dir_.write("m/items.yaml", R"(version: 1
from: items
into: items
key: id
columns: { id: { meta: key }, doc: { document: {} } }
on_delete: soft
)");
  target_->query("CREATE TABLE items (id text PRIMARY KEY, doc jsonb, deleted_at timestamptz)");
  ASSERT_EQ(migrate(jsonl(), {"--mapping", mapping}).exit, 0);
  target_->query("INSERT INTO items VALUES ('gone', '{}', now())");
  EXPECT_EQ(verify(jsonl(), {"--mapping", mapping}).exit, 0);

  target_->query("UPDATE items SET deleted_at = now() WHERE id = 'b'");
  target_->query("INSERT INTO items VALUES ('ghost', '{}', NULL)");
  EXPECT_EQ(verify(jsonl(), {"--mapping", mapping}).exit, 6);
  EXPECT_EQ(differences(), (Rows{{"missing", "b", ""}, {"extra", "ghost", ""}}));
  const auto repaired = verify(jsonl(), {"--mapping", mapping, "--repair"});
  EXPECT_EQ(repaired.exit, 0) << repaired.all();
  EXPECT_EQ(target_->query("SELECT id, deleted_at IS NULL FROM items ORDER BY id"),
            (Rows{{"a", "t"}, {"b", "t"}, {"ghost", "f"}, {"gone", "f"}}));
  EXPECT_EQ(verify(jsonl(), {"--mapping", mapping}).exit, 0);
}

TEST_F(Verify, RowsThatAreKeptOnPurposeAreNoDifference) {
  dir_.write("in/items.jsonl", "{\"_key\":\"a\"}\n");
  const auto mapping = dir_.write("m/items.yaml", R"(version: 1
from: items
into: items
create: true
key: id
columns: { id: { meta: key }, doc: { document: {} } }
on_delete: keep
)");
  ASSERT_EQ(migrate(jsonl(), {"--mapping", mapping}).exit, 0);
  target_->query("INSERT INTO items (id, doc) VALUES ('old', '{}')");
  const auto equal = verify(jsonl(), {"--mapping", mapping, "--summary", summary_file()});
  EXPECT_EQ(equal.exit, 0) << equal.all();
  EXPECT_NE(summary().find(R"("extra":0,"kept":1)"), std::string::npos) << summary();
}

TEST_F(Verify, ColumnsThatDependOnTheRunAreNotCompared) {
  dir_.write("in/items.jsonl", "{\"_key\":\"a\"}\n{\"_key\":\"b\"}\n");
  const auto mapping = dir_.write("m/items.yaml", R"(version: 1
from: items
into: items
create: true
key: id
columns: { id: { meta: key }, run: { meta: run_id, type: bigint }, doc: { document: {} } }
)");
  ASSERT_EQ(migrate(jsonl(), {"--mapping", mapping}).exit, 0);
  const auto equal = verify(jsonl(), {"--mapping", mapping});
  EXPECT_EQ(equal.exit, 0) << equal.all();
  EXPECT_NE(equal.err.find("not compared in table 'public.items'"), std::string::npos) << equal.err;
}

TEST_F(Verify, ComparesEveryType) {
  dir_.write(
      "in/items.jsonl",
      R"({"_key":"a","t":"x  ","c":"ab","n":12.50,"f":0.1,"b":true,"ts":"2024-02-29T12:00:00.000001Z","d":"2024-02-29","by":"AAH/","e":"two","a":["x",null,"a,b"],"na":[1.0,2],"ip":"10.0.0.1/32","ips":["::0001","10.0.0.0/8"],"iv":"90 minutes","j":{"b":1,"a":[1,2]},"i":-5,"u":"7d444840-9dc0-11d1-b245-5ffdce74fad2"})"
      "\n{\"_key\":\"nothing\"}\n");
  target_->query(
      "CREATE TYPE word AS ENUM ('one', 'two'); CREATE DOMAIN name_domain AS varchar(10)");
  target_->query(
      "CREATE TABLE items (id text PRIMARY KEY, t name_domain, c char(5), n numeric(10,3), f "
      "float8, "
      "f4 real, b boolean, ts timestamptz, tn timestamp, d date, by bytea, e word, a text[], na "
      "numeric[], "
      "ip inet, ips inet[], iv interval, j json, i smallint, u uuid)");
  const auto mapping = dir_.write("m/items.yaml", R"(version: 1
from: items
into: items
key: id
columns:
  id: { meta: key }
  t: { path: t }
  c: { path: c }
  n: { path: n }
  f: { path: f }
  f4: { path: f }
  b: { path: b }
  ts: { path: ts }
  tn: { path: ts }
  d: { path: d }
  by: { path: by }
  e: { path: e }
  a: { path: a }
  na: { path: na }
  ip: { path: ip }
  ips: { path: ips }
  iv: { path: iv }
  j: { path: j }
  i: { path: i }
  u: { path: u }
)");
  const auto loaded = migrate(jsonl(), {"--mapping", mapping});
  ASSERT_EQ(loaded.exit, 0) << loaded.all();
  const auto equal = verify(jsonl(), {"--mapping", mapping});
  EXPECT_EQ(equal.exit, 0) << equal.all();
  const std::vector<std::pair<std::string, std::string>> changes = {
      {"t", "'x '"},
      {"c", "'abc'"},
      {"n", "12.501"},
      {"f", "0.1000000001"},
      {"f4", "0.2"},
      {"b", "false"},
      {"d", "'2024-03-01'"},
      {"ts", "'2024-02-29T12:00:00.000002Z'"},
      {"tn", "NULL"},
      {"by", "'\\x00'"},
      {"e", "'one'"},
      {"a", "'{x,\"a,b\"}'"},
      {"na", "'{1,2,3}'"},
      {"ip", "'10.0.0.2'"},
      {"ips", "'{}'"},
      {"iv", "'1 hour'"},
      {"j", "'{\"b\":1}'"},
      {"i", "5"},
      {"u", "'7d444840-9dc0-11d1-b245-5ffdce74fad3'"}};
  for (const auto& [column, value] : changes) {
    target_->query("CREATE TABLE before AS SELECT * FROM items");
    target_->query("UPDATE items SET " + column + " = " + value + " WHERE id = 'a'");
    const auto found = verify(jsonl(), {"--mapping", mapping});
    EXPECT_EQ(found.exit, 6) << column;
    const auto rows = differences();
    ASSERT_EQ(rows.size(), 1U) << column;
    EXPECT_EQ(rows[0][2].substr(0, rows[0][2].find_first_of(".[")), column);
    target_->query("TRUNCATE items; INSERT INTO items SELECT * FROM before; DROP TABLE before");
  }
  target_->query("UPDATE items SET ip = '10.0.0.2', i = NULL WHERE id = 'a'");
  EXPECT_EQ(verify(jsonl(), {"--mapping", mapping, "--repair"}).exit, 0);
  EXPECT_EQ(verify(jsonl(), {"--mapping", mapping}).exit, 0);
}

TEST_F(Verify, WorksOnAClusterWhoseKeysMixCaseAndPunctuation) {
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
  const std::string source = arango.url() + "/app";
  ASSERT_EQ(migrate(source, {"--page-size", "16KiB"}).exit, 0);
  const auto equal = verify(source, {"--page-size", "16KiB"});
  EXPECT_EQ(equal.exit, 0) << equal.all();
  target_->query("UPDATE things SET doc = '{}' WHERE doc->>'i' IN ('7', '2999')");
  target_->query("DELETE FROM things WHERE doc->>'i' = '1234'");
  EXPECT_EQ(verify(source, {"--page-size", "16KiB", "--settle", "0s"}).exit, 6);
  EXPECT_EQ(differences().size(), 3U);
  EXPECT_EQ(verify(source, {"--settle", "0s", "--repair"}).exit, 0);
  EXPECT_EQ(verify(source).exit, 0);
  EXPECT_EQ(arango.counters().open_cursors, 0U);
}

TEST_F(Verify, ADifferenceThatIsOnlyUnderWayIsNone) {
  FakeArango arango;
  auto c = arango.database("app").create("items");
  for (int i = 0; i < 200; ++i)
    c.insert(R"({"_key":"k)" + std::to_string(i) + R"(","i":)" + std::to_string(i) + "}");
  arango.start();
  const std::string source = arango.url() + "/app";
  ASSERT_EQ(migrate(source).exit, 0);
  // The target is behind by three changes: one of each kind.
  c.update(R"({"_key":"k7","i":-7})");
  c.remove("k8");
  c.insert(R"({"_key":"new","i":1})");
  Target fresh;
  ASSERT_EQ(run_tool({"migrate", "--source", source, "--target", fresh.conninfo()}).exit, 0);
  const auto row = [&](const std::string& key) {
    return fresh.query("SELECT revision, doc::text FROM items WHERE key = '" + key + "'")[0];
  };
  const auto changed = row("k7"), added = row("new");
  std::jthread late([&] {
    // Some time after the first look is over, while verify waits before it looks again.
    while (target_->value("SELECT count(*) FROM arango2pg.run_stage WHERE name = 'find'") != "1")
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    std::this_thread::sleep_for(std::chrono::seconds(2));
    target_->query("UPDATE items SET revision = " + changed[0] + ", doc = '" + changed[1] +
                   "' WHERE key = 'k7'; DELETE FROM items WHERE key = 'k8'; INSERT INTO items "
                   "VALUES ('new', " +
                   added[0] + ", '" + added[1] + "')");
  });
  const auto patient = verify(source, {"--settle", "8s"});
  EXPECT_EQ(patient.exit, 0) << patient.all();
  EXPECT_NE(patient.err.find("looking at 3 suspected groups"), std::string::npos) << patient.err;
}

TEST_F(Verify, ASampleIsQuickAndSaysThatItProvesNothing) {
  std::string lines;
  for (int i = 0; i < 3000; ++i)
    lines += R"({"_key":"k)" + std::to_string(i) + R"(","i":)" + std::to_string(i) + "}\n";
  dir_.write("in/items.jsonl", lines);
  ASSERT_EQ(migrate(jsonl()).exit, 0);
  target_->query("INSERT INTO items VALUES ('ghost', 1, '{}')");
  const auto sampled = verify(jsonl(), {"--sample", "50", "--summary", summary_file()});
  EXPECT_EQ(sampled.exit, 0) << sampled.all();
  EXPECT_NE(sampled.out.find("it says nothing about the other documents"), std::string::npos);
  EXPECT_NE(
      summary().find(R"("sample":50,"collections":[{"collection":"items","table":"public.items",)"
                     R"("tables":["public.items"],"read":50,"equal":50)"),
      std::string::npos)
      << summary();
  target_->query("UPDATE items SET doc = '{}'");
  EXPECT_EQ(verify(jsonl(), {"--sample", "50"}).exit, 6);
  EXPECT_EQ(verify(jsonl(), {"--sample", "5", "--repair"}).exit, 2);
}

TEST_F(Verify, ChecksOneCollectionAndWhoSharesItsTable) {
  dir_.write("in/a.jsonl", "{\"_key\":\"1\",\"v\":1}\n");
  dir_.write("in/b.jsonl", "{\"_key\":\"2\",\"v\":2}\n");
  dir_.write("in/c.jsonl", "{\"_key\":\"3\",\"v\":3}\n");
  for (const char* name : {"a", "b"})
    dir_.write(std::string("m/") + name + ".yaml",
               std::string("version: 1\nfrom: ") + name +
                   "\ninto: both\ncreate: true\nkey: id\n"
                   "columns: { id: { meta: key }, v: { path: v, "
                   "type: integer } }\n");
  dir_.write(
      "m/c.yaml",
      "version: 1\nfrom: c\ninto: c\ncreate: true\nkey: id\ncolumns: { id: { meta: key } }\n");
  const std::string mapping = (dir_.path() / "m").string();
  ASSERT_EQ(migrate(jsonl(), {"--mapping", mapping}).exit, 0);
  target_->query("DELETE FROM c");
  const auto one = verify(jsonl(), {"--mapping", mapping, "--collection", "a"});
  EXPECT_EQ(one.exit, 0) << one.all();
  EXPECT_NE(one.err.find("collection 'b' is verified too"), std::string::npos) << one.err;
  EXPECT_EQ(verify(jsonl(), {"--mapping", mapping, "--collection", "c"}).exit, 6);
}

TEST_F(Verify, TellsWhatIsWrongInsteadOfComparing) {
  dir_.write("in/items.jsonl", "{\"_key\":\"a\"}\n");
  const auto nothing = verify(jsonl());
  EXPECT_EQ(nothing.exit, 4);
  EXPECT_NE(nothing.err.find("no table 'public.items'"), std::string::npos) << nothing.err;
  EXPECT_NE(nothing.err.find("arango2pg migrate"), std::string::npos) << nothing.err;
  ASSERT_EQ(migrate(jsonl()).exit, 0);
  EXPECT_EQ(verify(jsonl(), {"--memory", "1MiB"}).exit, 2);
  EXPECT_EQ(verify(jsonl(), {"--collection", "itemz"}).exit, 3);
}

}  // namespace
}  // namespace arango2pg::e2e
