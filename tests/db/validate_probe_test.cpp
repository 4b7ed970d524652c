// The probe: PostgreSQL's own opinion of rows that are not loaded.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "pg/catalog.h"
#include "pg/inspect.h"
#include "pg/probe.h"
#include "support/temp_db.h"

namespace arango2pg::test {
namespace {

using Row = std::vector<std::string>;

class ProbeTest : public WithDb {
 protected:
  void run(const std::string& sql) { connection().script(sql); }

  pg::ProbeTable table(const std::string& name, std::vector<std::string> columns) {
    pg::ProbeTable t;
    t.table = *pg::read_table(connection(), {"", name});
    t.columns = std::move(columns);
    t.key = t.table.primary_key;
    return t;
  }
  static pg::ProbeConfig config(const std::string& conninfo, std::vector<pg::ProbeTable> tables) {
    pg::ProbeConfig c;
    c.conninfo = conninfo;
    for (auto& t : tables) c.collections.push_back({std::move(t)});
    return c;
  }
  /// One row per document.
  static doc::RowBatch batch(std::uint32_t collection, const std::vector<Row>& rows) {
    doc::RowBatch b;
    b.collection = collection;
    b.tables.resize(1);
    doc::RowWriter writer(doc::CopyFormat::text, static_cast<std::uint16_t>(rows.at(0).size()));
    writer.attach(b.tables[0]);
    for (std::uint32_t d = 0; d < rows.size(); ++d) {
      b.docs.push_back({0, 0});
      writer.begin_row();
      for (const std::string& v : rows[d]) v == "\\N" ? writer.null() : writer.text(v);
      writer.end_row(d);
    }
    return b;
  }
  /// "batch/document rule", in order.
  static std::vector<std::string> refused(pg::Probe& probe, std::vector<doc::RowBatch> batches) {
    std::vector<std::string> out;
    for (const auto& r : probe.check(batches)) {
      out.push_back(std::to_string(r.batch) + "/" + std::to_string(r.doc) + " " + r.rule);
      last_message = r.message;
    }
    return out;
  }
  template <class... B>
  static std::vector<doc::RowBatch> batches(B... b) {
    std::vector<doc::RowBatch> out;
    (out.push_back(std::move(b)), ...);
    return out;
  }
  static std::string last_message;
};
std::string ProbeTest::last_message;

TEST_F(ProbeTest, RefusesWhatTheTableWouldRefuse) {
  run("CREATE TABLE t (id int PRIMARY KEY, n smallint NOT NULL CHECK (n > 0), v varchar(3), "
      "EXCLUDE USING btree (v WITH =))");
  pg::Probe probe(config(db().conninfo(), {table("t", {"id", "n", "v"})}));
  EXPECT_EQ(refused(probe, batches(batch(0, {{"1", "1", "a"},
                                             {"2", "0", "b"},
                                             {"3", "\\N", "c"},
                                             {"4", "99999", "d"},
                                             {"5", "1", "long!"},
                                             {"1", "1", "f"},
                                             {"7", "1", "a"},
                                             {"8", "1", "\\N"}}))),
            (std::vector<std::string>{"0/1 pg_check_violation", "0/2 pg_not_null_violation",
                                      "0/3 pg_numeric_value_out_of_range",
                                      "0/4 pg_string_data_right_truncation",
                                      "0/5 pg_unique_violation", "0/6 pg_exclusion_violation"}));
  EXPECT_EQ(value("SELECT count(*) FROM t"), "0");
}

TEST_F(ProbeTest, RemembersKeysFromOneTransactionToTheNext) {
  run("CREATE TABLE t (id int PRIMARY KEY, email text)");
  run("CREATE UNIQUE INDEX by_email ON t (lower(email)) WHERE id > 0");
  pg::Probe probe(config(db().conninfo(), {table("t", {"id", "email"})}));
  EXPECT_EQ(refused(probe, batches(batch(0, {{"1", "A@x"}}))), std::vector<std::string>());
  EXPECT_EQ(refused(probe, batches(batch(0, {{"1", "b@x"}, {"2", "a@x"}, {"-3", "a@x"}}))),
            (std::vector<std::string>{"0/0 pg_unique_violation", "0/1 pg_unique_violation"}));
  EXPECT_EQ(last_message, "unique violation of constraint 'by_email' in table 't'");
}

TEST_F(ProbeTest, FollowsForeignKeysIntoThePlanAndOutOfIt) {
  run("CREATE TABLE countries (code text PRIMARY KEY); INSERT INTO countries VALUES ('at')");
  run("CREATE TABLE people (id int PRIMARY KEY, country text REFERENCES countries)");
  run("CREATE TABLE pets (id int PRIMARY KEY, owner int REFERENCES people)");
  run("INSERT INTO people VALUES (77, 'at')");  // what the plan loads comes from the plan
  pg::Probe probe(config(db().conninfo(),
                         {table("people", {"id", "country"}), table("pets", {"id", "owner"})}));
  EXPECT_EQ(refused(probe, batches(batch(0, {{"1", "at"}, {"2", "xx"}, {"3", "\\N"}}))),
            (std::vector<std::string>{"0/1 pg_foreign_key_violation"}));
  EXPECT_EQ(last_message,
            "foreign key violation of constraint 'people_country_fkey' in table 'people'");
  EXPECT_EQ(
      refused(probe, batches(batch(1, {{"1", "1"}, {"2", "2"}, {"3", "77"}, {"4", "\\N"}}))),
      (std::vector<std::string>{"0/1 pg_foreign_key_violation", "0/2 pg_foreign_key_violation"}));
}

TEST_F(ProbeTest, ChecksTablesThatDoNotExistYet) {
  pg::ProbeTable t;
  t.table.name = {"public", "new"};
  t.table.columns.push_back({"key", {}, true, false, false});
  t.columns = t.key = {"key"};
  t.create_sql = {"CREATE TABLE \"public\".\"new\" (\"key\" text NOT NULL, PRIMARY KEY (\"key\"))",
                  "CREATE INDEX ON \"public\".\"new\" (\"key\")"};
  pg::Probe probe(config(db().conninfo(), {t}));
  EXPECT_EQ(refused(probe, batches(batch(0, {{"a"}, {"a"}, {"\\N"}}))),
            (std::vector<std::string>{"0/1 pg_unique_violation", "0/2 pg_not_null_violation"}));
  EXPECT_EQ(value("SELECT to_regclass('public.new') IS NULL"), "t");
}

TEST_F(ProbeTest, DrawsNothingFromRealSequencesAndRunsNoTriggers) {
  run("CREATE TABLE t (id int PRIMARY KEY, n serial, at timestamptz NOT NULL DEFAULT now(), g int "
      "GENERATED ALWAYS AS (id * 2) STORED, i bigint GENERATED ALWAYS AS IDENTITY)");
  run("CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$");
  run("CREATE TRIGGER never BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION no()");
  pg::Probe probe(config(db().conninfo(), {table("t", {"id"})}));
  EXPECT_EQ(refused(probe, batches(batch(0, {{"1"}, {"2"}}))), std::vector<std::string>());
  EXPECT_EQ(value("SELECT is_called FROM t_n_seq"), "f");
  ASSERT_EQ(probe.notes().size(), 1U);
  EXPECT_NE(probe.notes()[0].find("'never'"), std::string::npos);
  const auto sizes = probe.measure().tables;
  ASSERT_EQ(sizes.size(), 1U);
  EXPECT_EQ(sizes[0].rows, 2U);
}

TEST_F(ProbeTest, UpsertsByKeyUnderMerge) {
  run("CREATE TABLE t (id int PRIMARY KEY, email text UNIQUE)");
  run("INSERT INTO t VALUES (1, 'a'), (2, 'b')");
  auto c = config(db().conninfo(), {table("t", {"id", "email"})});
  c.merge = true;
  pg::Probe probe(std::move(c));
  EXPECT_EQ(refused(probe, batches(batch(0, {{"1", "new"}, {"3", "a"}, {"4", "b"}}))),
            (std::vector<std::string>{"0/2 pg_unique_violation"}));
}

TEST_F(ProbeTest, TwoCollectionsMayFillOneTable) {
  run("CREATE TABLE t (id int PRIMARY KEY)");
  pg::Probe probe(config(db().conninfo(), {table("t", {"id"}), table("t", {"id"})}));
  EXPECT_EQ(refused(probe, batches(batch(0, {{"1"}, {"2"}}), batch(1, {{"2"}, {"3"}}))),
            (std::vector<std::string>{"1/0 pg_unique_violation"}));
}

// As the packs' audit log: its ids come from a sequence, whichever collection writes it.
TEST_F(ProbeTest, NumbersTheRowsOfAllCollectionsThatFillATableByOneSequence) {
  for (const char* id : {"id bigserial", "id bigint GENERATED ALWAYS AS IDENTITY"}) {
    run(std::string("CREATE TABLE t (") + id + " PRIMARY KEY, what text)");
    pg::Probe probe(config(db().conninfo(), {table("t", {"what"}), table("t", {"what"})}));
    EXPECT_EQ(refused(probe, batches(batch(0, {{"a"}, {"b"}}), batch(1, {{"c"}}))),
              std::vector<std::string>())
        << id << ": " << last_message;
    EXPECT_EQ(refused(probe, batches(batch(1, {{"d"}}))), std::vector<std::string>()) << id;
    EXPECT_EQ(value("SELECT is_called FROM t_id_seq"), "f");
    run("DROP TABLE t");
  }
}

TEST_F(ProbeTest, MeasuresSizesAndIndexesOfASample) {
  run("CREATE TABLE t (id int PRIMARY KEY, doc jsonb)");
  run("CREATE INDEX by_doc ON t USING gin (doc); CREATE INDEX \"by name\" ON t ((doc ->> 'name'))");
  pg::Probe probe(config(db().conninfo(), {table("t", {"id", "doc"})}));
  std::vector<Row> rows;
  for (int i = 0; i < 5000; ++i)
    rows.push_back({std::to_string(i), R"({"name":"n)" + std::to_string(i) + R"(","pad":")" +
                                           std::string(100, 'x') + "\"}"});
  EXPECT_EQ(refused(probe, batches(batch(0, rows))), std::vector<std::string>());
  EXPECT_GT(probe.bytes(), 500'000U);
  EXPECT_GT(probe.seconds(), 0);
  const auto sizes = probe.measure().tables;
  ASSERT_EQ(sizes.size(), 1U);
  EXPECT_EQ(sizes[0].name.name, "t");
  EXPECT_GT(sizes[0].rows, 1000U);
  EXPECT_GT(sizes[0].bytes, sizes[0].rows * 120);
  ASSERT_EQ(sizes[0].indexes.size(), 3U);
  for (const auto& index : sizes[0].indexes) {
    EXPECT_GT(index.bytes, 0U) << index.name;
    EXPECT_EQ(index.secondary, index.name != "t_pkey") << index.name;
  }
}

// ANALYZE computes the expressions of indexes for each row that it looks at; full-text search takes
// seconds for that.
TEST_F(ProbeTest, MeasuresHowLongAnalyzeTakesWithTheIndexes) {
  run("CREATE FUNCTION slowly(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM "
      "pg_sleep(0.002); RETURN $1; END $$");
  run("CREATE TABLE t (id int); CREATE INDEX ON t (slowly(id))");
  pg::Probe probe(config(db().conninfo(), {table("t", {"id"})}));
  std::vector<Row> rows;
  for (int i = 0; i < 50; ++i) rows.push_back({std::to_string(i)});
  EXPECT_EQ(refused(probe, batches(batch(0, rows))), std::vector<std::string>());
  const auto sizes = probe.measure().tables;
  ASSERT_EQ(sizes.size(), 1U);
  EXPECT_GE(sizes[0].analyze_seconds, 0.1);
  EXPECT_GE(sizes[0].indexes.at(0).seconds, 0.1);
}

// The real view shows an empty table still; its query is asked over the sample.
TEST_F(ProbeTest, MeasuresWhatItTakesToRefreshViewsAndWritesNothing) {
  run("CREATE FUNCTION slowly(int) RETURNS int VOLATILE LANGUAGE plpgsql AS $$ BEGIN PERFORM "
      "pg_sleep(0.002); RETURN $1; END $$");
  run("CREATE SCHEMA other; CREATE SEQUENCE drawn");
  run("CREATE TABLE t (id int)");
  run("CREATE MATERIALIZED VIEW other.slow AS SELECT slowly(id) AS id FROM t");
  run("CREATE MATERIALIZED VIEW drawing AS SELECT nextval('drawn') AS n FROM t");
  pg::Probe probe(config(db().conninfo(), {table("t", {"id"})}));
  std::vector<Row> rows;
  for (int i = 0; i < 50; ++i) rows.push_back({std::to_string(i)});
  EXPECT_EQ(refused(probe, batches(batch(0, rows))), std::vector<std::string>());
  const auto views = probe.measure().views;
  ASSERT_EQ(views.size(), 1U);
  EXPECT_EQ(views[0].name.text(), "other.slow");
  EXPECT_GE(views[0].seconds, 0.1);
  ASSERT_EQ(probe.notes().size(), 1U);
  EXPECT_NE(probe.notes()[0].find("materialized view 'public.drawing' can't be tried out"),
            std::string::npos)
      << probe.notes()[0];
  EXPECT_EQ(value("SELECT is_called FROM drawn"), "f");
  EXPECT_EQ(value("SELECT count(*) FROM other.slow"), "0");
}

// With a bad document in each transaction there would be no transaction to measure by.
TEST_F(ProbeTest, MeasuresGoodRowsBesideBadOnes) {
  run("CREATE TABLE t (id int PRIMARY KEY, n int CHECK (n > 0))");
  pg::Probe probe(config(db().conninfo(), {table("t", {"id", "n"})}));
  std::vector<Row> rows;
  for (int i = 0; i < 1000; ++i) rows.push_back({std::to_string(i), i == 500 ? "0" : "1"});
  EXPECT_EQ(refused(probe, batches(batch(0, rows))),
            (std::vector<std::string>{"0/500 pg_check_violation"}));
  EXPECT_GT(probe.bytes(), 5'000U);
  EXPECT_GT(probe.seconds(), 0);
  const auto sizes = probe.measure().tables;
  ASSERT_EQ(sizes.size(), 1U);
  EXPECT_EQ(sizes[0].rows, 999U);
}

TEST_F(ProbeTest, SaysWhatTheRoleLacks) {
  run("CREATE TABLE t (id int PRIMARY KEY)");
  run("DROP ROLE IF EXISTS probe_nobody; CREATE ROLE probe_nobody LOGIN PASSWORD 'x'");
  run("REVOKE TEMPORARY ON DATABASE " + pg::quote(db().name()) + " FROM PUBLIC");
  run("GRANT SELECT, INSERT ON t TO probe_nobody");
  const auto tables = std::vector<pg::ProbeTable>{table("t", {"id"})};
  try {
    pg::Probe probe(config(db().conninfo() + " user=probe_nobody password=x", tables));
    FAIL() << "a probe without temporary tables";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), Exit::target);
    EXPECT_NE(e.hint().find("TEMPORARY privilege"), std::string::npos) << e.what();
  }
  run("REVOKE ALL ON t FROM probe_nobody; DROP ROLE probe_nobody");
}

TEST_F(ProbeTest, InspectionTellsKeysChecksAndTriggers) {
  run("CREATE TABLE r (a int, b int, UNIQUE (b, a)); CREATE TABLE t (id int PRIMARY KEY, x int, y "
      "int CHECK (y > 0), FOREIGN KEY (x, y) REFERENCES r (b, a) DEFERRABLE)");
  run("CREATE INDEX partly ON t (y, x) WHERE id > 5; CREATE INDEX expr ON t ((x + y))");
  const auto t = pg::inspect_table(connection(), {"", "t"});
  ASSERT_TRUE(t);
  ASSERT_EQ(t->foreign_keys.size(), 1U);
  EXPECT_EQ(t->foreign_keys[0].columns, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(t->foreign_keys[0].referenced, (std::vector<std::string>{"b", "a"}));
  EXPECT_TRUE(t->foreign_keys[0].deferrable);
  ASSERT_EQ(t->indexes.size(), 3U);
  EXPECT_TRUE(t->indexes[0].primary);
  EXPECT_EQ(t->indexes[1].name, "expr");
  EXPECT_EQ(t->indexes[1].columns, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(t->indexes[2].columns, (std::vector<std::string>{"y", "x", "id"}));
  EXPECT_EQ(t->indexes[2].body, " USING btree (y, x) WHERE (id > 5)");
  EXPECT_TRUE(t->indexes[2].secondary);
  EXPECT_EQ(t->checks.size(), 1U);
  EXPECT_FALSE(pg::inspect_table(connection(), {"", "nothing"}));
}

}  // namespace
}  // namespace arango2pg::test
