// A COPY that fails must not fail the run: bad documents go to quarantine, all others are loaded
// (promise P2), whatever is bad about them and wherever they stand.
#include <random>

#include "load_fixture.h"
#include "pg/loader.h"

namespace arango2pg::test {
namespace {

class LoaderIsolationTest : public LoaderTest {
 protected:
  /// Loads the batches and says which documents were quarantined: "key rule" each.
  std::string quarantined_by(std::vector<doc::RowBatch> work) {
    pg::Loader loader(config());
    last_ = commit(loader, work);
    return list("SELECT key || ' ' || rule FROM arango2pg.quarantine ORDER BY id");
  }
  /// read = written + filtered + quarantined, in the ledger.
  bool adds_up() {
    return value("SELECT bool_and(read = written + filtered + quarantined) FROM arango2pg.part") ==
           "t";
  }
  pg::CommitResult last_;
};

TEST_F(LoaderIsolationTest, FindsBadRowsWhereverTheyStand) {
  connection().exec("CREATE TABLE t (id text PRIMARY KEY, v integer)");
  const PartId part = add_collection("things", {table("t", {"id", "v"})});
  pg::Loader loader(config());
  // Every set of bad documents among six: none, first, middle, last, neighbours, all.
  std::uint64_t seq = 0;
  for (unsigned bad = 0; bad < 64; ++bad) {
    std::vector<Doc> docs;
    std::string expected_rows, expected_quarantine;
    for (unsigned i = 0; i < 6; ++i) {
      const std::string key = std::to_string(i);
      const bool is_bad = (bad >> i & 1U) != 0;
      docs.push_back(doc(key, is_bad ? "x" : "1"));
      std::string& where = is_bad ? expected_quarantine : expected_rows;
      where += (where.empty() ? "" : ",") + key;
    }
    auto work = batches(batch(0, part, seq++, docs));
    commit(loader, work);
    EXPECT_EQ(list("SELECT id FROM t ORDER BY id"), expected_rows) << bad;
    EXPECT_EQ(list("SELECT key FROM arango2pg.quarantine ORDER BY id"), expected_quarantine) << bad;
    connection().exec("TRUNCATE t, arango2pg.quarantine");
  }
  EXPECT_TRUE(adds_up());
  EXPECT_EQ(value("SELECT concat_ws(' ', read, written, quarantined) FROM arango2pg.part"),
            "384 192 192");
}

TEST_F(LoaderIsolationTest, WorksTheSameInBinary) {
  connection().exec("CREATE TABLE t (id text PRIMARY KEY, v varchar(3))");
  const PartId part = add_collection("things", {table("t", {"id", "v"}, doc::CopyFormat::binary)});
  EXPECT_EQ(
      quarantined_by(batches(batch(
          0, part, 0, {doc("a", "ok"), doc("b", "too long"), doc("c", "ok"), doc("d", "long")}))),
      "b pg_string_data_right_truncation,d pg_string_data_right_truncation");
  EXPECT_EQ(list("SELECT id FROM t ORDER BY id"), "a,c");
}

TEST_F(LoaderIsolationTest, FindsBadDocumentsOverBatchesAndParts) {
  connection().exec("CREATE TABLE t (id text PRIMARY KEY, v integer)");
  connection().exec("CREATE TABLE u (id text PRIMARY KEY, v boolean)");
  const PartId first = add_collection("things", {table("t", {"id", "v"})});
  const PartId second = add_collection("others", {table("u", {"id", "v"})});
  EXPECT_EQ(quarantined_by(batches(batch(0, first, 0, {doc("a", "1"), doc("b", "2")}),
                                   batch(1, second, 0, {doc("x", "no"), doc("y", "maybe")}),
                                   batch(0, first, 1, {doc("c", "three"), doc("d", "4")}))),
            "y pg_invalid_text_representation,c pg_invalid_text_representation");
  EXPECT_EQ(list("SELECT id FROM t ORDER BY id"), "a,b,d");
  EXPECT_EQ(list("SELECT id FROM u ORDER BY id"), "x");
  EXPECT_EQ(last_.quarantined, (std::map<std::uint32_t, std::uint64_t>{{0, 1}, {1, 1}}));
  EXPECT_TRUE(adds_up());
}

TEST_F(LoaderIsolationTest, ADocumentIsAllOrNothing) {
  connection().exec("CREATE TABLE t (id text PRIMARY KEY)");
  connection().exec("CREATE TABLE child (t_id text REFERENCES t, n integer CHECK (n < 10))");
  const PartId part = add_collection("things", {table("t", {"id"}), table("child", {"t_id", "n"})});
  EXPECT_EQ(quarantined_by(batches(batch(0, part, 0,
                                         {{"a", {{{"a"}}, {{"a", "1"}, {"a", "2"}}}},
                                          {"b", {{{"b"}}, {{"b", "3"}, {"b", "99"}, {"b", "4"}}}},
                                          {"c", {{{"c"}}, {}}},
                                          {"d", {{}, {{"a", "5"}}}}}))),
            "b pg_check_violation");
  EXPECT_EQ(list("SELECT id FROM t ORDER BY id"), "a,c");
  EXPECT_EQ(list("SELECT t_id || n FROM child ORDER BY n"), "a1,a2,a5");
}

TEST_F(LoaderIsolationTest, FindsDuplicatesInsideABatchAndAgainstTheTable) {
  connection().exec("CREATE TABLE t (id text PRIMARY KEY, v text)");
  connection().exec("INSERT INTO t VALUES ('b', 'there before')");
  const PartId part = add_collection("things", {table("t", {"id", "v"})});
  auto work = batch(0, part, 0, {doc("a", "1"), doc("b", "2"), doc("c", "3"), doc("c", "again")});
  EXPECT_EQ(quarantined_by(batches(std::move(work))),
            "b pg_unique_violation,c pg_unique_violation");
  EXPECT_EQ(list("SELECT id || v FROM t ORDER BY id"), "a1,bthere before,c3");
  EXPECT_EQ(list("SELECT message FROM arango2pg.quarantine ORDER BY id"),
            "unique violation of constraint 't_pkey' in table 't',"
            "unique violation of constraint 't_pkey' in table 't'");
}

TEST_F(LoaderIsolationTest, FindsForeignKeyViolations) {
  connection().exec("CREATE TABLE parent (id text PRIMARY KEY)");
  connection().exec("INSERT INTO parent VALUES ('p')");
  connection().exec("CREATE TABLE t (id text PRIMARY KEY, p text REFERENCES parent)");
  const PartId part = add_collection("things", {table("t", {"id", "p"})});
  std::vector<Doc> docs;
  std::string expected;
  for (int i = 100; i < 200; ++i) {
    const bool orphan = i % 17 == 0;
    docs.push_back(doc(std::to_string(i), orphan ? "nobody" : "p"));
    if (orphan)
      expected += (expected.empty() ? "" : ",") + std::to_string(i) + " pg_foreign_key_violation";
  }
  EXPECT_EQ(quarantined_by(batches(batch(0, part, 0, docs))), expected);
  EXPECT_EQ(value("SELECT count(*) FROM t"), "94");
}

TEST_F(LoaderIsolationTest, KeepsDocumentsThatPointAtLaterOnes) {
  // A tree in one table: 1 → 9 → 5, and 2 ⇄ 8. One bad document starts the isolation; its ranges
  // must not cost the others.
  connection().exec("CREATE TABLE t (id text PRIMARY KEY, up text REFERENCES t)");
  const PartId part = add_collection("things", {table("t", {"id", "up"})});
  std::vector<Doc> docs;
  for (const auto& [id, up] : std::map<std::string, std::string>{{"0", "nobody"},
                                                                 {"1", "9"},
                                                                 {"2", "8"},
                                                                 {"3", "\\N"},
                                                                 {"5", "\\N"},
                                                                 {"8", "2"},
                                                                 {"9", "5"}})
    docs.push_back(doc(id, up));
  EXPECT_EQ(quarantined_by(batches(batch(0, part, 0, docs))), "0 pg_foreign_key_violation");
  EXPECT_EQ(list("SELECT id FROM t ORDER BY id"), "1,2,3,5,8,9");
}

TEST_F(LoaderIsolationTest, RejectsThoseWhoPointAtTheRejected) {
  connection().exec(
      "CREATE TABLE t (id text PRIMARY KEY CHECK (id <> 'bad'), up text REFERENCES t)");
  const PartId part = add_collection("things", {table("t", {"id", "up"})});
  EXPECT_EQ(quarantined_by(batches(batch(
                0, part, 0, {doc("a", "bad"), doc("b", "a"), doc("bad", "\\N"), doc("c", "\\N")}))),
            "a pg_foreign_key_violation,b pg_foreign_key_violation,bad pg_check_violation");
  EXPECT_EQ(list("SELECT id FROM t"), "c");
}

TEST_F(LoaderIsolationTest, ChecksDeferredConstraintsBeforeTheCommit) {
  connection().exec("CREATE TABLE a (id text PRIMARY KEY, b text)");
  connection().exec("CREATE TABLE b (id text PRIMARY KEY, a text REFERENCES a)");
  connection().exec("ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b DEFERRABLE INITIALLY DEFERRED");
  connection().exec("CREATE TABLE u (id text, UNIQUE (id) DEFERRABLE INITIALLY DEFERRED)");
  const PartId part = add_collection(
      "things", {table("a", {"id", "b"}), table("b", {"id", "a"}), table("u", {"id"})});
  EXPECT_EQ(quarantined_by(batches(batch(0, part, 0,
                                         {{"1", {{{"1", "1"}}, {{"1", "1"}}, {{"x"}}}},
                                          {"2", {{{"2", "nobody"}}, {}, {{"y"}}}},
                                          {"3", {{{"3", "\\N"}}, {}, {{"x"}}}},
                                          {"4", {{{"4", "1"}}, {}, {{"z"}}}}}))),
            "2 pg_foreign_key_violation,3 pg_unique_violation");
  EXPECT_EQ(list("SELECT id FROM a ORDER BY id"), "1,4");
  EXPECT_EQ(list("SELECT id FROM u ORDER BY id"), "x,z");
}

TEST_F(LoaderIsolationTest, TakesATriggersVetoAsARejection) {
  connection().exec("CREATE TABLE t (id text PRIMARY KEY, v text)");
  connection().exec(
      "CREATE FUNCTION veto() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
      " IF NEW.v = 'secret content' THEN RAISE EXCEPTION 'no: %', NEW.v; END IF; RETURN NEW; END "
      "$$");
  connection().exec("CREATE TRIGGER veto BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION veto()");
  const PartId part = add_collection("things", {table("t", {"id", "v"})});
  EXPECT_EQ(quarantined_by(batches(
                batch(0, part, 0, {doc("a", "x"), doc("b", "secret content"), doc("c", "x")}))),
            "b pg_raise_exception");
  EXPECT_EQ(value("SELECT message FROM arango2pg.quarantine"), "raise exception");
}

TEST_F(LoaderIsolationTest, TellsTriggersThatABulkLoadIsUnderWay) {
  connection().exec("CREATE TABLE t (id text, v text)");
  connection().exec(
      "CREATE FUNCTION mark() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
      " NEW.v := current_setting('arango2pg.loading', true); RETURN NEW; END $$");
  connection().exec("CREATE TRIGGER mark BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION mark()");
  const PartId part = add_collection("things", {table("t", {"id", "v"})});
  EXPECT_EQ(quarantined_by(batches(batch(0, part, 0, {doc("a", "x")}))), "");
  EXPECT_EQ(value("SELECT v FROM t"), "on");
}

TEST_F(LoaderIsolationTest, RefusesRowsThatNoIndexCanHold) {
  connection().exec("CREATE TABLE t (id text, v text)");
  connection().exec("ALTER TABLE t ALTER v SET STORAGE EXTERNAL");
  connection().exec("CREATE INDEX ON t (v)");
  const PartId part = add_collection("things", {table("t", {"id", "v"})});
  EXPECT_EQ(quarantined_by(batches(batch(
                0, part, 0, {doc("a", "x"), doc("b", std::string(20000, 'y')), doc("c", "x")}))),
            "b pg_program_limit_exceeded");
}

TEST_F(LoaderIsolationTest, IsNotMisledByTheTablesName) {
  // The error's context says: COPY we,ird, 7 "name", line 2, …
  const std::string name = "we,ird, 7 \"name\", line 1\n";
  connection().exec("CREATE TABLE " + pg::quote(name) +
                    " (id text PRIMARY KEY, \"v\"\" v\" integer)");
  const PartId part = add_collection("things", {table(name, {"id", "v\" v"})});
  EXPECT_EQ(quarantined_by(batches(
                batch(0, part, 0, {doc("a", "1"), doc("b", "2"), doc("c", "x"), doc("d", "4")}))),
            "c pg_invalid_text_representation");
  EXPECT_EQ(list("SELECT id FROM " + pg::quote(name) + " ORDER BY id"), "a,b,d");
}

TEST_F(LoaderIsolationTest, GetsThroughABatchOfNothingButBadDocuments) {
  connection().exec("CREATE TABLE t (id text PRIMARY KEY, v integer)");
  const PartId part = add_collection("things", {table("t", {"id", "v"})});
  std::vector<Doc> docs;
  for (int i = 0; i < 10000; ++i)
    docs.push_back(doc(std::to_string(i), "bad " + std::string(800, 'x')));
  docs.push_back(doc("good", "1"));
  const auto start = std::chrono::steady_clock::now();
  pg::Loader loader(config());
  auto work = batches(batch(0, part, 0, docs));
  const auto result = commit(loader, work);
  EXPECT_EQ(result.quarantined.at(0), 10000U);
  EXPECT_EQ(list("SELECT id FROM t"), "good");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
}

TEST_F(LoaderIsolationTest, GetsThroughABatchOfOrphans) {
  connection().exec("CREATE TABLE t (id text PRIMARY KEY, up text REFERENCES t)");
  const PartId part = add_collection("things", {table("t", {"id", "up"})});
  std::vector<Doc> docs;
  for (int i = 0; i < 3000; ++i) docs.push_back(doc(std::to_string(i), "nobody"));
  const auto start = std::chrono::steady_clock::now();
  pg::Loader loader(config());
  auto work = batches(batch(0, part, 0, docs));
  EXPECT_EQ(commit(loader, work).quarantined.at(0), 3000U);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
}

TEST_F(LoaderIsolationTest, LoadsTheSameAsOneByOne) {
  // Random batches with every kind of refusal, against the plainest way to load: each document in
  // a transaction of its own.
  connection().exec("CREATE TABLE p (id text PRIMARY KEY)");
  connection().exec("INSERT INTO p SELECT generate_series(0, 5)::text");
  for (const char* name : {"one", "all"})
    connection().exec("CREATE TABLE t_" + std::string(name) +
                      " (id text PRIMARY KEY, v integer CHECK (v <> 3), p text REFERENCES p)");
  const PartId one = add_collection("one", {table("t_one", {"id", "v", "p"})});
  const PartId all = add_collection("all", {table("t_all", {"id", "v", "p"})});
  pg::Loader loader(config());
  std::mt19937 random(20261);
  std::uint64_t single = 0;
  for (std::uint64_t seq = 0; seq < 20; ++seq) {
    std::vector<Doc> docs;
    for (auto left = random() % 60; left > 0; --left) {
      const std::string key = std::to_string(random() % 2000);
      const std::string v = random() % 10 == 0 ? "x" : std::to_string(random() % 8);
      docs.push_back({key, {{{key, v, std::to_string(random() % 7)}}}});
    }
    auto together = batches(batch(1, all, seq, docs));
    commit(loader, together);
    for (const Doc& d : docs) {
      auto alone = batches(batch(0, one, single++, {d}));
      commit(loader, alone);
    }
  }
  EXPECT_EQ(list("SELECT * FROM t_one EXCEPT TABLE t_all"), "");
  EXPECT_EQ(value("SELECT count(*) FROM t_one"), value("SELECT count(*) FROM t_all"));
  const std::string counts =
      "SELECT concat_ws(' ', read, written, quarantined) FROM arango2pg.part WHERE collection = ";
  EXPECT_EQ(value(counts + "'one'"), value(counts + "'all'"));
  const std::string rules = "SELECT key || rule FROM arango2pg.quarantine WHERE collection = ";
  EXPECT_EQ(list(rules + "'one' ORDER BY id"), list(rules + "'all' ORDER BY id"));
}

}  // namespace
}  // namespace arango2pg::test
