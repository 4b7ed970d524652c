// Upsert by key through a staging table: newer revision wins.
#include "load_fixture.h"
#include "pg/loader.h"

namespace arango2pg::test {
namespace {

class LoaderMergeTest : public LoaderTest {
 protected:
  void SetUp() override {
    LoaderTest::SetUp();
    if (IsSkipped()) return;
    connection().exec(
        "CREATE TABLE t (id text PRIMARY KEY, rev bigint, v text NOT NULL,"
        " len integer GENERATED ALWAYS AS (length(v)) STORED, kept text DEFAULT 'as it was')");
    pg::LoadTable t = table("t", {"id", "rev", "v"});
    t.merge = true;
    t.revision = "rev";
    part_ = add_collection("things", {t});
  }
  static Doc doc(const std::string& key, const std::string& rev, const std::string& v) {
    return {key, {{{key, rev, v}}}};
  }
  std::string merge(std::vector<Doc> docs) {
    if (!loader_) loader_ = std::make_unique<pg::Loader>(config());
    auto work = batches(batch(0, part_, seq_++, docs));
    commit(*loader_, work);
    return list("SELECT concat_ws(' ', id, rev, v) FROM t ORDER BY id");
  }
  std::string counters() {
    return value("SELECT concat_ws(' ', read, written, updated, quarantined) FROM arango2pg.part");
  }
  std::unique_ptr<pg::Loader> loader_;
  PartId part_ = 0;
  std::uint64_t seq_ = 0;
};

TEST_F(LoaderMergeTest, InsertsAndUpdates) {
  EXPECT_EQ(merge({doc("a", "1", "x"), doc("b", "1", "y")}), "a 1 x,b 1 y");
  EXPECT_EQ(counters(), "2 2 0 0");
  connection().exec("UPDATE t SET kept = 'changed by the application'");
  EXPECT_EQ(merge({doc("b", "2", "new"), doc("c", "1", "z")}), "a 1 x,b 2 new,c 1 z");
  EXPECT_EQ(counters(), "4 4 1 0");
  EXPECT_EQ(list("SELECT kept FROM t ORDER BY id"),
            "changed by the application,changed by the application,as it was");
  EXPECT_EQ(value("SELECT len FROM t WHERE id = 'b'"), "3");
}

TEST_F(LoaderMergeTest, TheNewerRevisionWins) {
  connection().exec("INSERT INTO t VALUES ('a', 5, 'five'), ('b', NULL, 'unknown')");
  EXPECT_EQ(merge({doc("a", "4", "old news"), doc("b", "1", "known")}), "a 5 five,b 1 known");
  EXPECT_EQ(merge({doc("a", "6", "six")}), "a 6 six,b 1 known");
  // Inside one transaction too, wherever it stands.
  EXPECT_EQ(merge({doc("c", "3", "three"), doc("c", "2", "two"), doc("c", "1", "one")}),
            "a 6 six,b 1 known,c 3 three");
  // Replays are harmless.
  EXPECT_EQ(merge({doc("c", "3", "three")}), "a 6 six,b 1 known,c 3 three");
}

TEST_F(LoaderMergeTest, IsolatesBadDocumentsToo) {
  connection().exec("ALTER TABLE t ADD CHECK (v <> 'bad')");
  EXPECT_EQ(merge({doc("a", "1", "x"), doc("b", "one", "no number"), doc("c", "1", "bad"),
                   doc("d", "1", "\\N"), doc("e", "1", "y")}),
            "a 1 x,e 1 y");
  EXPECT_EQ(list("SELECT key || ' ' || rule FROM arango2pg.quarantine ORDER BY id"),
            "b pg_invalid_text_representation,c pg_check_violation,d pg_not_null_violation");
  EXPECT_EQ(counters(), "5 2 0 3");
}

TEST_F(LoaderMergeTest, WorksWithoutRevisionAndWithoutOtherColumns) {
  connection().exec("CREATE TABLE pairs (a text, b text, PRIMARY KEY (b, a))");
  pg::LoadTable t = table("pairs", {"a", "b"});
  t.merge = true;
  t.key = {"a", "b"};
  const PartId part = add_collection("pairs", {t});
  pg::Loader loader(config());
  auto work = batches(batch(1, part, 0, {{"x", {{{"1", "2"}, {"1", "2"}, {"3", "4"}}}}}));
  commit(loader, work);
  EXPECT_EQ(list("SELECT a || b FROM pairs ORDER BY 1"), "12,34");
}

TEST_F(LoaderMergeTest, ChildrenFollowTheirDocument) {
  connection().exec("CREATE TABLE child (t_id text, n integer, v text, PRIMARY KEY (t_id, n))");
  connection().exec("INSERT INTO child VALUES ('other', 1, 'not ours')");
  pg::LoadTable own = collections_[0].tables[0];
  pg::LoadTable child = table("child", {"t_id", "n", "v"});
  child.merge = true;
  child.key = {"t_id", "n"};
  child.parent = 0;
  child.parent_key = {"t_id"};
  const PartId part = add_collection("family", {own, child});
  pg::Loader loader(config());
  std::uint64_t seq = 0;
  const auto load = [&](const std::vector<Doc>& docs) {
    auto work = batches(batch(1, part, seq++, docs));
    commit(loader, work);
    return list("SELECT concat_ws(' ', t_id, n, v) FROM child ORDER BY t_id, n");
  };
  EXPECT_EQ(
      load({{"a", {{{"a", "1", "x"}}, {{"a", "1", "one"}, {"a", "2", "two"}, {"a", "3", "three"}}}},
            {"b", {{{"b", "1", "x"}}, {{"b", "1", "one"}}}}}),
      "a 1 one,a 2 two,a 3 three,b 1 one,other 1 not ours");
  // 'a' lost its last two children and changed the first, 'b' lost all it had.
  EXPECT_EQ(load({{"a", {{{"a", "2", "x"}}, {{"a", "1", "new"}}}}, {"b", {{{"b", "2", "x"}}, {}}}}),
            "a 1 new,other 1 not ours");
  // An older revision changes nothing, neither by its children nor by their absence.
  EXPECT_EQ(load({{"a", {{{"a", "1", "x"}}, {{"a", "1", "old"}, {"a", "2", "old"}}}}}),
            "a 1 new,other 1 not ours");
  EXPECT_EQ(load({{"a", {{{"a", "1", "x"}}, {}}}}), "a 1 new,other 1 not ours");
  // The same when a bad document makes it go document by document.
  EXPECT_EQ(load({{"a", {{{"a", "3", "x"}}, {{"a", "7", "seven"}}}},
                  {"c", {{{"c", "1", "x"}}, {{"c", "x", "bad"}}}},
                  {"b", {{{"b", "3", "x"}}, {{"b", "1", "back"}}}}}),
            "a 7 seven,b 1 back,other 1 not ours");
}

TEST_F(LoaderMergeTest, WorksOnPartitionedTables) {
  connection().exec("CREATE TABLE parted (id text PRIMARY KEY, v text) PARTITION BY HASH (id)");
  for (const char* n : {"0", "1"})
    connection().exec(std::string("CREATE TABLE parted_") + n +
                      " PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER " + n + ")");
  pg::LoadTable t = table("parted", {"id", "v"});
  t.merge = true;
  const PartId part = add_collection("parted", {t});
  pg::Loader loader(config());
  for (std::uint64_t seq = 0; seq < 2; ++seq) {
    auto work = batches(
        batch(1, part, seq, {{"a", {{{"a", "1"}}}}, {"b", {{{"b", "1"}}}}, {"c", {{{"c", "1"}}}}}));
    commit(loader, work);
  }
  EXPECT_EQ(list("SELECT id FROM parted ORDER BY id"), "a,b,c");
  EXPECT_EQ(
      value("SELECT written || ' ' || updated FROM arango2pg.part WHERE collection = 'parted'"),
      "6 3");
}

TEST_F(LoaderMergeTest, SaysThatTheKeyNeedsAConstraint) {
  connection().exec("CREATE TABLE loose (id text, v text)");
  pg::LoadTable t = table("loose", {"id", "v"});
  t.merge = true;
  const PartId part = add_collection("loose", {t});
  pg::Loader loader(config());
  auto work = batches(batch(1, part, 0, {{"x", {{{"1", "2"}}}}}));
  try {
    commit(loader, work);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), Exit::target);
    EXPECT_NE(e.hint().find("unique constraint"), std::string::npos);
  }
}

}  // namespace
}  // namespace arango2pg::test
