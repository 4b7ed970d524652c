// What the target does while it is loaded, and what it could do at best.
#include "pg/ceiling.h"

#include <thread>

#include "db/load_fixture.h"
#include "pg/activity.h"
#include "pg/catalog.h"

namespace arango2pg::test {
namespace {

class CeilingTest : public LoaderTest {
 protected:
  std::vector<doc::RowBatch> batches(unsigned count) {
    std::vector<doc::RowBatch> out;
    for (unsigned b = 0; b < count; ++b) {
      std::vector<Doc> documents;
      for (unsigned i = 0; i < 50; ++i) {
        const std::string key = std::to_string(b * 50 + i);
        documents.push_back({key, {{{key, "value " + key}}}});
      }
      out.push_back(batch(0, 1, b + 1, documents));
      out.back().source.append("documents of some bytes");
    }
    return out;
  }
  static pg::CeilingConfig ceiling(const std::string& conninfo, const pg::LoadTable& table) {
    pg::CeilingConfig config;
    config.conninfo = conninfo;
    config.tables = {{table.name, table.columns, table.key, table.format}};
    config.time = std::chrono::milliseconds(50);
    return config;
  }
};

TEST_F(CeilingTest, TellsARateAndLeavesNothingBehind) {
  query("CREATE TABLE t (k text PRIMARY KEY, v text, made timestamptz NOT NULL DEFAULT now())");
  const auto target = table("t", {"k", "v"});
  add_collection("things", {target});
  const double rate = pg::measure_ceiling(ceiling(db_conninfo(), target), batches(6), {});
  EXPECT_GT(rate, 0);
  EXPECT_EQ(query("SELECT count(*) FROM t").text(0, 0), "0");
  EXPECT_EQ(query("SELECT count(*) FROM pg_class WHERE relname LIKE 'ceiling%'").text(0, 0), "0");
}

TEST_F(CeilingTest, ColumnsThatNumberThemselvesDoNotStandInTheWay) {
  query("CREATE TABLE t (k text, v text, n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY)");
  const auto target = table("t", {"k", "v"});
  add_collection("things", {target});
  EXPECT_GT(pg::measure_ceiling(ceiling(db_conninfo(), target), batches(2), {}), 0);
}

TEST_F(CeilingTest, WithoutRowsThereIsNoRate) {
  query("CREATE TABLE t (k text PRIMARY KEY, v text)");
  const auto target = table("t", {"k", "v"});
  EXPECT_EQ(pg::measure_ceiling(ceiling(db_conninfo(), target), {}, {}), 0);
}

TEST_F(CeilingTest, RowsThatTheTargetRefusesAreItsError) {
  query("CREATE TABLE t (k text PRIMARY KEY, v integer)");
  const auto target = table("t", {"k", "v"});
  add_collection("things", {target});
  try {
    pg::measure_ceiling(ceiling(db_conninfo(), target), batches(2), {});
    FAIL() << "'value 0' is no integer";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), Exit::target);
    EXPECT_EQ(std::string(e.what()).find("value 0"), std::string::npos) << e.what();
  }
  EXPECT_EQ(query("SELECT count(*) FROM pg_class WHERE relname LIKE 'ceiling%'").text(0, 0), "0");
}

TEST_F(CeilingTest, SeesWhatLanesWaitFor) {
  query("CREATE TABLE t (k text PRIMARY KEY)");
  auto holder = pg::Connection(db_conninfo(), "run 7 plan");  // no lane
  holder.begin();
  holder.exec("LOCK TABLE t");
  std::jthread lane(
      [&] { pg::Connection(db_conninfo(), "run 7 lane 1").exec("INSERT INTO t VALUES ('1')"); });
  pg::ActivityWatch watch(db_conninfo(), "run 7 lane ");
  pg::LaneActivity now;
  for (int i = 0; i < 500 && now.locks == 0; ++i) {
    now = watch.look();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(now.locks, 1U);
  EXPECT_EQ(now.computing + now.wal + now.disk, 0U);
  holder.rollback();
}

TEST_F(CeilingTest, NamesJsonColumnsThatAreCompressedTheSlowWay) {
  if (connection().server_version() < 140000) GTEST_SKIP() << "lz4 came with PostgreSQL 14";
  query(
      "CREATE TABLE t (a jsonb, b jsonb COMPRESSION lz4, c jsonb COMPRESSION pglz, d text, e "
      "json)");
  query("ALTER TABLE t ALTER COLUMN e SET STORAGE external");
  EXPECT_EQ(pg::slow_compression(connection(), {"", "t"}), (std::vector<std::string>{"a", "c"}));
  query("SET default_toast_compression = 'lz4'");
  EXPECT_EQ(pg::slow_compression(connection(), {"", "t"}), (std::vector<std::string>{"c"}));
  EXPECT_TRUE(pg::slow_compression(connection(), {"", "not there"}).empty());
}

}  // namespace
}  // namespace arango2pg::test
