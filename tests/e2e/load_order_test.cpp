// Rows that need other rows: references in any order, children of merged documents, and what is
// built on top of the tables.
#include <gtest/gtest.h>

#include "e2e/harness.h"

namespace arango2pg::e2e {
namespace {

using Table = std::vector<std::vector<std::string>>;

class LoadOrder : public EndToEnd {
 protected:
  std::string source() { return "jsonl:" + (dir_.path() / "in").string(); }
};

// A manager who came after his people was missing when PostgreSQL checked them: they stayed in
// quarantine until somebody called `quarantine retry`.
TEST_F(LoadOrder, DocumentsMayPointAtLaterOnesOfTheirOwnTable) {
  target_->query(
      "CREATE TABLE staff (id text PRIMARY KEY, boss text REFERENCES staff, pad text NOT NULL)");
  const auto mapping = dir_.write(
      "m.yaml",
      "version: 1\nfrom: staff\ninto: staff\nkey: id\ncolumns:\n  id: { meta: key }\n  boss: { "
      "path: boss }\n  pad: { path: pad }\n");
  // A chain whose links all point at the next document; small batches put them far apart.
  std::string lines;
  for (int i = 0; i < 300; ++i)
    lines += R"({"_key":"s)" + std::to_string(i) + "\"" +
             (i < 299 ? R"(,"boss":"s)" + std::to_string(i + 1) + "\"" : std::string()) +
             R"(,"pad":")" + std::string(200, 'p') + "\"}\n";
  lines += R"({"_key":"orphan","boss":"nobody","pad":""})"
           "\n";
  dir_.write("in/staff.jsonl", lines);

  const auto outcome =
      migrate(source(), {"--mapping", mapping, "--batch-size", "8KiB", "--max-quarantined", "1"});

  EXPECT_EQ(outcome.exit, 0) << outcome.all();
  EXPECT_EQ(target_->value("SELECT count(*) FROM staff"), "300");
  EXPECT_EQ(target_->query("SELECT key, rule, status FROM arango2pg.quarantine"),
            (Table{{"orphan", "pg_foreign_key_violation", "open"}}));
  EXPECT_EQ(target_->query("SELECT sum(read), sum(written), sum(filtered), sum(quarantined) FROM "
                           "arango2pg.part"),
            (Table{{"301", "300", "0", "1"}}));
  EXPECT_EQ(target_->value("SELECT sum(documents) FROM arango2pg.audit_log WHERE action = 'load'"),
            "300");
}

TEST_F(LoadOrder, CollectionsMayPointAtEachOtherInACircle) {
  target_->query("CREATE TABLE a (id text PRIMARY KEY, b text)");
  target_->query("CREATE TABLE b (id text PRIMARY KEY, a text REFERENCES a)");
  target_->query("ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b");
  for (const std::string name : {"a", "b"}) {
    const std::string other = name == "a" ? "b" : "a";
    dir_.write("m/" + name + ".yaml", "version: 1\nfrom: " + name + "\ninto: " + name +
                                          "\nkey: id\ncolumns:\n  id: { meta: key }\n  " + other +
                                          ": { path: o }\n");
  }
  dir_.write("in/a.jsonl", R"({"_key":"a1"})"
                           "\n"
                           R"({"_key":"a2","o":"b1"})"
                           "\n");
  dir_.write("in/b.jsonl", R"({"_key":"b1","o":"a1"})"
                           "\n"
                           R"({"_key":"b2","o":"a2"})"
                           "\n");
  const auto outcome = migrate(source(), {"--mapping", (dir_.path() / "m").string()});
  EXPECT_EQ(outcome.exit, 0) << outcome.all();
  EXPECT_EQ(target_->query("SELECT id, b FROM a ORDER BY id"), (Table{{"a1", "∅"}, {"a2", "b1"}}));
  EXPECT_EQ(target_->query("SELECT id, a FROM b ORDER BY id"), (Table{{"b1", "a1"}, {"b2", "a2"}}));
}

TEST_F(LoadOrder, AMergedDocumentTakesItsFormerChildrenAway) {
  const auto mapping = dir_.write(
      "m.yaml",
      "version: 1\nfrom: cv\ninto: cv\ncreate: true\nkey: id\ncolumns: { id: { meta: key } }\n"
      "children:\n  - { each: jobs, into: cv_job, key: [cv, n], columns: { cv: { parent: id }, n: "
      "{ meta: index }, name: { path: name } } }\n");
  dir_.write("in/cv.jsonl", R"({"_key":"1","jobs":[{"name":"x"},{"name":"y"}]})"
                            "\n"
                            R"({"_key":"2","jobs":[{"name":"z"}]})"
                            "\n");
  ASSERT_EQ(migrate(source(), {"--mapping", mapping}).exit, 0);
  dir_.write("in/cv.jsonl", R"({"_key":"1","jobs":[{"name":"new"}]})"
                            "\n"
                            R"({"_key":"2"})"
                            "\n");
  const auto merged = migrate(source(), {"--mapping", mapping, "--merge"});
  EXPECT_EQ(merged.exit, 0) << merged.all();
  EXPECT_EQ(target_->query("SELECT cv, n, name FROM cv_job"), (Table{{"1", "0", "new"}}));
}

TEST_F(LoadOrder, MaterializedViewsAndThePacksLastStepFollowTheLoad) {
  target_->query("CREATE TABLE t (id text PRIMARY KEY, n bigint)");
  target_->query("CREATE VIEW v AS SELECT n FROM t");
  target_->query("CREATE MATERIALIZED VIEW a_top AS SELECT 1 AS one, sum(n) AS total FROM v");
  target_->query("CREATE UNIQUE INDEX ON a_top (one)");
  target_->query(
      "CREATE MATERIALIZED VIEW above AS SELECT total * 10 AS tenfold FROM a_top WITH NO DATA");
  target_->query("CREATE TABLE calls (run bigint, loading text)");
  target_->query(
      "CREATE FUNCTION arango2pg_finalise(run bigint) RETURNS void LANGUAGE sql AS 'INSERT INTO "
      "calls VALUES (run, current_setting(''arango2pg.loading'')); UPDATE t SET n = n + 1'");
  const auto mapping = dir_.write("m.yaml",
                                  "version: 1\nfrom: t\ninto: t\nkey: id\ncolumns:\n  id: { meta: "
                                  "key }\n  n: { path: n }\n");
  dir_.write("in/t.jsonl", "{\"_key\":\"a\",\"n\":1}\n{\"_key\":\"b\",\"n\":2}\n");
  const auto outcome = migrate(source(), {"--mapping", mapping});
  EXPECT_EQ(outcome.exit, 0) << outcome.all();
  EXPECT_EQ(target_->query("SELECT * FROM calls"), (Table{{"1", "on"}}));
  EXPECT_EQ(target_->value("SELECT total FROM a_top"), "5");
  EXPECT_EQ(target_->value("SELECT tenfold FROM above"), "50");
}

}  // namespace
}  // namespace arango2pg::e2e
