// What a user sees of `rollback`: rows gone or as they were, or a reason why not.
#include <gtest/gtest.h>
#include <signal.h>

#include <random>
#include <thread>

#include "e2e/harness.h"

namespace arango2pg::e2e {
namespace {

using Rows = std::vector<std::vector<std::string>>;

class Rollback : public EndToEnd {
 protected:
  Outcome rollback(int run, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"rollback", std::to_string(run), "--target",
                                          target_->conninfo()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_tool(arguments);
  }
  Outcome load(std::vector<std::string> more = {}) {
    more.insert(more.end(), {"--mapping", mapping_, "--progress", "none"});
    return migrate("jsonl:" + (dir_.path() / "in").string(), more);
  }
  void write_mapping(const std::string& audit) {
    mapping_ = dir_.write("m/items.yaml", R"(version: 1
from: items
into: items
create: true
key: id
revision: source_rev
columns:
  id: { meta: key }
  v: { path: v, type: integer }
  doc: { document: { omit: [lines, v] } }
children:
  - each: lines
    into: item_lines
    key: [item_id, position]
    columns:
      item_id: { parent: id }
      position: { meta: index, type: integer }
      p: { path: p, type: integer }
)" + audit);
  }
  void write_documents(int from, int to, const std::string& rev, int v) {
    std::string lines;
    for (int i = from; i < to; ++i)
      lines += R"({"_key":"k)" + std::to_string(i) + R"(","_rev":")" + rev + R"(","v":)" +
               std::to_string(v) + R"(,"t":"text \"')" + std::to_string(v) +
               R"(","lines":[{"p":1},{"p":)" + std::to_string(v) + "}]}\n";
    dir_.write("in/items.jsonl", lines);
  }
  std::string picture() {
    return target_->value(
        "SELECT md5((SELECT coalesce(string_agg(i::text, ',' ORDER BY id), '') FROM items i) || "
        "(SELECT coalesce(string_agg(l::text, ',' ORDER BY item_id, position), '') FROM item_lines "
        "l))");
  }

  std::string mapping_;
};

TEST_F(Rollback, ABulkLoadLeavesTheTablesEmptyAndCanBeDoneAgain) {
  write_mapping("");
  write_documents(0, 300, "_jt3aKbe--_", 1);
  ASSERT_EQ(load().exit, 0);
  const auto looked = rollback(1, {"--dry-run"});
  EXPECT_EQ(looked.exit, 0) << looked.all();
  EXPECT_NE(looked.out.find("can be rolled back; nothing was changed"), std::string::npos);
  EXPECT_EQ(target_->value("SELECT count(*) FROM items"), "300");

  const auto undone = rollback(1, {"--json"});
  EXPECT_EQ(undone.exit, 0) << undone.all();
  EXPECT_NE(undone.out.find(R"({"table":"public.items","removed":300,"restored":0})"),
            std::string::npos)
      << undone.out;
  EXPECT_EQ(target_->query("SELECT count(*) FROM items UNION ALL SELECT count(*) FROM item_lines"),
            (Rows{{"0"}, {"0"}}));
  EXPECT_EQ(target_->value("SELECT status FROM arango2pg.run"), "rolled_back");
  EXPECT_EQ(target_->value("SELECT bool_and(rolled_back) FROM arango2pg.audit_log"), "t");
  const auto again = rollback(1);
  EXPECT_EQ(again.exit, 0);
  EXPECT_NE(again.out.find("is rolled back already"), std::string::npos) << again.out;

  const auto loaded = load();
  EXPECT_EQ(loaded.exit, 0) << loaded.all();
  EXPECT_EQ(target_->value("SELECT count(*) FROM items"), "300");
}

TEST_F(Rollback, IsRefusedWhereOthersHaveAddedRows) {
  write_mapping("");
  write_documents(0, 10, "_jt3aKbe--_", 1);
  ASSERT_EQ(load().exit, 0);
  target_->query("INSERT INTO items (id, v) VALUES ('mine', 1)");
  const auto refused = rollback(1);
  EXPECT_EQ(refused.exit, 4);
  EXPECT_NE(refused.err.find("table 'public.items' has 11 rows, but the run wrote 10"),
            std::string::npos)
      << refused.err;
  EXPECT_EQ(target_->value("SELECT count(*) FROM items"), "11");
  EXPECT_EQ(target_->value("SELECT status FROM arango2pg.run"), "done");
}

TEST_F(Rollback, AnUpsertIsRefusedUnlessRowsWereKept) {
  write_mapping("");
  write_documents(0, 10, "_jt3aKbe--_", 1);
  ASSERT_EQ(load().exit, 0);
  write_documents(5, 15, "_jt3aKbe--A", 2);
  ASSERT_EQ(load({"--merge"}).exit, 0);
  const auto refused = rollback(2);
  EXPECT_EQ(refused.exit, 4);
  EXPECT_NE(refused.err.find("how they were is not kept"), std::string::npos) << refused.err;
  EXPECT_NE(refused.err.find("keep_before: true"), std::string::npos) << refused.err;
  const auto order = rollback(1);
  EXPECT_EQ(order.exit, 4);
  EXPECT_NE(order.err.find("run 2 (migrate) wrote table 'public.items' after it"),
            std::string::npos)
      << order.err;
}

TEST_F(Rollback, AnUpsertWithKeptRowsIsUndoneToTheLastByte) {
  write_mapping("audit: { keep_before: true }\n");
  write_documents(0, 200, "_jt3aKbe--_", 1);
  ASSERT_EQ(load().exit, 0);
  // Columns that nobody maps, and one that went.
  target_->query("ALTER TABLE items ADD gone text; ALTER TABLE items DROP gone");
  target_->query("ALTER TABLE items ADD note text; ALTER TABLE items ADD seen timestamptz[]");
  target_->query("ALTER TABLE items ADD twice integer GENERATED ALWAYS AS (v * 2) STORED");
  target_->query("UPDATE items SET note = E'a,\"b\"\\\\ (c)\\n', seen = ARRAY[now(), NULL]");
  const std::string before = picture();
  write_documents(100, 320, "_jt3aKbe--A", 2);
  const auto merged = load({"--merge"});
  ASSERT_EQ(merged.exit, 0) << merged.all();
  write_documents(150, 160, "_jt3aKbe--B", 3);
  ASSERT_EQ(load({"--merge"}).exit, 0);
  EXPECT_EQ(target_->value("SELECT count(*) FROM items WHERE v = 3"), "10");

  EXPECT_EQ(rollback(2).exit, 4) << "run 3 came later";
  ASSERT_EQ(rollback(3).exit, 0);
  EXPECT_EQ(target_->value("SELECT count(*) FROM items WHERE v = 2"), "220");
  const auto undone = rollback(2, {"--json"});
  EXPECT_EQ(undone.exit, 0) << undone.all();
  EXPECT_NE(undone.out.find(R"({"table":"public.items","removed":120,"restored":100})"),
            std::string::npos)
      << undone.out;
  EXPECT_EQ(picture(), before);
  EXPECT_EQ(target_->value("SELECT count(*) FROM arango2pg.before_image"), "0");
  // The application's own writes are nobody's business.
  target_->query("UPDATE items SET v = 9 WHERE id = 'k1'");
  EXPECT_EQ(target_->value("SELECT count(*) FROM arango2pg.before_image"), "0");
}

TEST_F(Rollback, RestoresWhatARepairChangedAndVerifyRemoved) {
  write_mapping("audit: { keep_before: true }\n");
  write_documents(0, 50, "_jt3aKbe--_", 1);
  ASSERT_EQ(load().exit, 0);
  target_->query(
      "UPDATE items SET v = 7 WHERE id = 'k3'; DELETE FROM items WHERE id = 'k4'; "
      "INSERT INTO items (id, v) VALUES ('ghost', 1)");
  const std::string before = picture();
  const std::string source = "jsonl:" + (dir_.path() / "in").string();
  const auto repaired = run_tool({"verify", "--repair", "--source", source, "--mapping", mapping_,
                                  "--target", target_->conninfo(), "--progress", "none"});
  ASSERT_EQ(repaired.exit, 0) << repaired.all();
  ASSERT_NE(picture(), before);
  const std::string verify_run =
      target_->value("SELECT id FROM arango2pg.run WHERE command = 'verify'");
  const std::string repair_run =
      target_->value("SELECT id FROM arango2pg.run WHERE command = 'repair'");
  EXPECT_EQ(rollback(std::stoi(repair_run)).exit, 0);
  const auto undone = rollback(std::stoi(verify_run));
  EXPECT_EQ(undone.exit, 0) << undone.all();
  EXPECT_EQ(picture(), before);
}

TEST_F(Rollback, IsRefusedWhereTheColumnsHaveChanged) {
  write_mapping("audit: { keep_before: true }\n");
  write_documents(0, 5, "_jt3aKbe--_", 1);
  ASSERT_EQ(load().exit, 0);
  write_documents(0, 5, "_jt3aKbe--A", 2);
  ASSERT_EQ(load({"--merge"}).exit, 0);
  target_->query("ALTER TABLE items ADD later integer");
  const auto refused = rollback(2);
  EXPECT_EQ(refused.exit, 4);
  EXPECT_NE(refused.err.find("the columns of table 'public.items' have changed since"),
            std::string::npos)
      << refused.err;
}

TEST_F(Rollback, KilledAtAnyMomentItIsDoneOrNotAndCanBeSaidAgain) {
  write_mapping("audit: { keep_before: true }\n");
  write_documents(0, 3000, "_jt3aKbe--_", 1);
  ASSERT_EQ(load().exit, 0);
  const std::string before = picture();
  write_documents(1000, 5000, "_jt3aKbe--A", 2);
  ASSERT_EQ(load({"--merge"}).exit, 0);
  const std::string after = picture();
  std::mt19937 random(std::random_device{}());
  for (int round = 0; round < 12; ++round) {
    Process process({"rollback", "2", "--target", target_->conninfo()});
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 400));
    process.signal(SIGKILL);
    process.wait();
    const std::string now = picture();
    ASSERT_TRUE(now == before || now == after) << "round " << round;
  }
  // A server process may still be busy with what its dead client wanted.
  for (int i = 0; i < 50 && rollback(2).exit != 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_EQ(picture(), before);
}

TEST_F(Rollback, BuildsTheIndexesAgainThatAnInterruptedLoadHadTakenDown) {
  write_mapping("");
  target_->query(
      "CREATE TABLE items (id text PRIMARY KEY, v integer, doc jsonb, source_rev bigint);"
      "CREATE INDEX items_by_v ON items (v);"
      "CREATE TABLE item_lines (item_id text, position integer, p integer, PRIMARY KEY (item_id, "
      "position))");
  write_documents(0, 20, "_jt3aKbe--_", 1);
  ASSERT_EQ(load().exit, 0);
  // As a load that failed would leave it.
  target_->query(
      "UPDATE arango2pg.run SET status = 'failed'; UPDATE arango2pg.dropped_index SET restored_at "
      "= "
      "NULL; DROP INDEX items_by_v");
  const auto undone = rollback(1);
  EXPECT_EQ(undone.exit, 0) << undone.all();
  EXPECT_EQ(target_->value("SELECT count(*) FROM pg_indexes WHERE indexname = 'items_by_v'"), "1");
}

/// Documents of a server with their lines, loaded and then changed in every way.
class RollbackOfAResync : public Rollback {
 protected:
  void load_and_change() {
    for (int i = 0; i < 40; ++i) items_.insert(document(i, 1));
    arango_.start();
    const auto loaded = migrate(source(), {"--mapping", mapping_, "--progress", "none"});
    ASSERT_EQ(loaded.exit, 0) << loaded.all();
    before_ = picture();
    for (int i = 0; i < 5; ++i) items_.replace(document(i, 2));
    for (int i = 5; i < 10; ++i) items_.remove("k" + std::to_string(i));
    for (int i = 40; i < 45; ++i) items_.insert(document(i, 1));
  }
  static std::string document(int i, int v) {
    return R"({"_key":"k)" + std::to_string(i) + R"(","v":)" + std::to_string(v) +
           R"(,"lines":[{"p":1},{"p":)" + std::to_string(v) + "}]}";
  }
  std::string source() { return arango_.url() + "/app"; }
  Outcome tool(const std::string& command, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {
        command,    "--source",          source(),     "--mapping", mapping_,
        "--target", target_->conninfo(), "--progress", "none"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_tool(arguments);
  }

  fake_arango::FakeArango arango_;
  fake_arango::Collection items_ = arango_.database("app").create("items");
  std::string before_;
};

TEST_F(RollbackOfAResync, IsRefusedWhereRowsWereNotKept) {
  write_mapping("");
  load_and_change();
  ASSERT_EQ(tool("resync").exit, 0);
  const auto refused = rollback(2);
  EXPECT_EQ(refused.exit, 4) << refused.all();
  EXPECT_NE(refused.err.find("how they were is not kept"), std::string::npos) << refused.err;
  EXPECT_EQ(tool("verify").exit, 0) << "and nothing was changed";
}

TEST_F(RollbackOfAResync, BringsTheRowsBackAndTheNextResyncDoesItsWorkAgain) {
  for (const std::string delete_as : {"soft", "hard"})
    for (const std::string strategy : {"wal", "revisions"}) {
      SCOPED_TRACE(delete_as + " " + strategy);
      write_mapping("on_delete: " + delete_as + "\naudit: { keep_before: true }\n");
      if (before_.empty()) load_and_change();
      const auto synced = tool("resync", {"--strategy", strategy});
      ASSERT_EQ(synced.exit, 0) << synced.all();
      ASSERT_EQ(tool("verify").exit, 0);
      const std::string run =
          target_->value("SELECT max(id) FROM arango2pg.run WHERE command = 'resync'");
      const auto undone = rollback(std::stoi(run));
      ASSERT_EQ(undone.exit, 0) << undone.all();
      EXPECT_EQ(picture(), before_);
      EXPECT_EQ(target_->value("SELECT count(*) FROM arango2pg.sync_state WHERE tick IS NOT NULL"),
                "0");
    }
  const auto synced = tool("resync");
  EXPECT_EQ(synced.exit, 0) << synced.all();
  EXPECT_EQ(tool("verify").exit, 0);
}

TEST_F(RollbackOfAResync, ATruncateIsUndoneToo) {
  write_mapping("on_delete: hard\naudit: { keep_before: true }\n");
  load_and_change();
  items_.truncate();
  items_.insert(document(7, 3));
  ASSERT_EQ(tool("resync", {"--strategy", "wal"}).exit, 0);
  EXPECT_EQ(target_->value("SELECT count(*) FROM items"), "1");
  const auto undone = rollback(2);
  ASSERT_EQ(undone.exit, 0) << undone.all();
  EXPECT_EQ(picture(), before_);
}

TEST_F(Rollback, OpensTheQuarantineEntriesAgainThatTheRunHadSettled) {
  write_mapping("audit: { keep_before: true }\n");
  dir_.write("in/items.jsonl",
             "{\"_key\":\"good\",\"_rev\":\"_jt3aKbe--_\",\"v\":1}\n"
             "{\"_key\":\"bad\",\"_rev\":\"_jt3aKbe--_\",\"v\":\"no number\"}\n");
  ASSERT_EQ(load().exit, 5);
  const std::string before = picture();
  mapping_ = dir_.write("m/items.yaml", R"(version: 1
from: items
into: items
key: id
revision: source_rev
columns:
  id: { meta: key }
  v: { path: v, default: 0, on_error: default }
  doc: { document: { omit: [v] } }
audit: { keep_before: true }
)");
  const auto retried =
      run_tool({"quarantine", "retry", "--target", target_->conninfo(), "--mapping", mapping_});
  ASSERT_EQ(retried.exit, 0) << retried.all();
  const auto entry = [this] {
    return target_->value("SELECT string_agg(key || ' ' || status, ',') FROM arango2pg.quarantine");
  };
  ASSERT_EQ(entry(), "bad retried");
  ASSERT_EQ(target_->value("SELECT count(*) FROM items"), "2");
  const auto undone = rollback(2);
  ASSERT_EQ(undone.exit, 0) << undone.all();
  EXPECT_EQ(picture(), before);
  EXPECT_EQ(entry(), "bad open");
}

TEST_F(Rollback, IsRefusedWhereForeignRowsPointAtTheRuns) {
  write_mapping("");
  write_documents(0, 3, "_jt3aKbe--_", 1);
  ASSERT_EQ(load().exit, 0);
  target_->query(
      "CREATE TABLE notes (item text REFERENCES items); INSERT INTO notes VALUES ('k1')");
  const auto refused = rollback(1);
  EXPECT_EQ(refused.exit, 4) << refused.all();
  EXPECT_NE(refused.err.find("run 1 can't be rolled back: "), std::string::npos) << refused.err;
  EXPECT_NE(refused.err.find("notes"), std::string::npos) << refused.err;
  EXPECT_EQ(target_->value("SELECT count(*) FROM items"), "3");
  EXPECT_EQ(target_->value("SELECT status FROM arango2pg.run"), "done");
}

TEST_F(Rollback, SaysThatThereIsNoSuchRun) {
  const auto fresh = rollback(5);
  EXPECT_EQ(fresh.exit, 2) << fresh.all();
  EXPECT_NE(fresh.err.find("there is no run 5"), std::string::npos) << fresh.err;
  EXPECT_NE(fresh.err.find("arango2pg status"), std::string::npos) << fresh.err;
}

}  // namespace
}  // namespace arango2pg::e2e
