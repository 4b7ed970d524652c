// Migrations without a transaction: concurrent indexes, data in batches, and how a run goes on
// after it stopped half-way.
#include <atomic>
#include <thread>

#include "db/migrations_fixture.h"

namespace arango2pg::test {
namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;

const std::string steps = "-- migrate:no-transaction\n-- migrate:up\n";

class MigrationSteps : public MigrationsTest {
 protected:
  /// Makes a session that a killed program leaves behind: the record says 'applying'.
  void as_if_killed(int number) {
    query(
        "UPDATE arango2pg.migration_history SET state = 'applying', message = NULL "
        "WHERE pack = 'mine' AND number = " +
        std::to_string(number));
  }
  std::string recorded(const std::string& column, int number) {
    return value("SELECT " + column +
                 " FROM arango2pg.migration_history WHERE pack = 'mine' AND "
                 "number = " +
                 std::to_string(number));
  }
};

TEST_F(MigrationSteps, BuildsIndexesConcurrentlyInTheSchemaOfThePack) {
  const auto p = pack({first_, steps + "CREATE INDEX CONCURRENTLY i ON a (x);\n"
                                       "CREATE INDEX CONCURRENTLY IF NOT EXISTS j ON a (x);\n"
                                       "-- migrate:down\nDROP INDEX CONCURRENTLY IF EXISTS i;\n"
                                       "DROP INDEX CONCURRENTLY IF EXISTS j;\n"});
  pg::migrate_up(connection(), p, "app");
  const char* indexes =
      "SELECT schemaname || '.' || indexname FROM pg_indexes WHERE tablename = 'a' ORDER BY 1";
  EXPECT_EQ(list(indexes), "app.i,app.j");
  EXPECT_EQ(value("SHOW search_path"), "\"$user\", public");
  EXPECT_EQ(value("SHOW lock_timeout"), "0");
  pg::migrate_down(connection(), p, "app", 1);
  EXPECT_EQ(list(indexes), "");
  EXPECT_EQ(states(p, "app"), "applied,pending");
}

TEST_F(MigrationSteps, GoesOnAtTheStatementThatFailed) {
  query("CREATE SEQUENCE runs");
  const std::string before =
      steps + "SELECT nextval('runs');\nCREATE INDEX CONCURRENTLY i ON a (x);\n";
  const auto p = pack({first_, before + "SELECT no_such_function();\nSELECT 1;\n"});
  const Error e = up_error(p);
  EXPECT_EQ(e.kind(), Exit::target);
  EXPECT_TRUE(has(e.what(), "migration '002_step' failed at packs/mine/002_step.sql:5: "))
      << e.what();
  EXPECT_TRUE(has(e.hint(), "statement 3 of 4 is next")) << e.hint();
  EXPECT_EQ(states(p), "applied,half-applied");
  EXPECT_TRUE(has(message(p, 1), "2 of 4 statements done: ")) << message(p, 1);
  EXPECT_EQ(up_error(p).kind(), Exit::target) << "still wrong";
  const auto corrected = pack({first_, before + "SELECT 3;\nSELECT 1;\n"});
  EXPECT_EQ(up(corrected), (Names{"002_step"}));
  EXPECT_EQ(states(corrected), "applied,applied");
  EXPECT_EQ(value("SELECT last_value FROM runs"), "1") << "the first statement ran once";
}

TEST_F(MigrationSteps, RefusesToGoOnWhenWhatRanWasChanged) {
  const std::string failing = "SELECT no_such_function();\n";
  up_error(pack({first_, steps + "CREATE TABLE b ();\n" + failing}));
  const auto p = pack({first_, steps + "CREATE TABLE c ();\n" + failing});
  const Error e = up_error(p);
  EXPECT_EQ(e.kind(), Exit::usage);
  EXPECT_STREQ(e.what(),
               "migration '002_step' stopped after 1 statements, and what ran already was changed "
               "in packs/mine/002_step.sql since");
  EXPECT_TRUE(has(e.hint(), "schema stamp --to 2")) << e.hint();
  // Both ways out work.
  pg::stamp(connection(), p, "public", 2);
  EXPECT_TRUE(up(p).empty());
}

TEST_F(MigrationSteps, TakesAHalfAppliedMigrationDown) {
  const auto p = pack({first_, steps + "CREATE INDEX CONCURRENTLY i ON a (x);\n"
                                       "SELECT no_such_function();\n"
                                       "-- migrate:down\nDROP INDEX CONCURRENTLY IF EXISTS i;\n"});
  up_error(p);
  EXPECT_EQ(down(p, 1), (Names{"002_step"}));
  EXPECT_EQ(states(p), "applied,pending");
  EXPECT_FALSE(exists("i"));
}

TEST_F(MigrationSteps, FinishesAHalfRevertedMigrationBeforeItGoesUp) {
  const std::string text = steps + "CREATE TABLE b (); CREATE TABLE c ();\n-- migrate:down\n";
  const auto failing = pack({first_, text + "DROP TABLE b;\nSELECT no_such_function();\n"});
  up(failing);
  EXPECT_EQ(down_error(failing, 1).kind(), Exit::target);
  EXPECT_EQ(states(failing), "applied,half-reverted");
  const auto p = pack({first_, text + "DROP TABLE b;\nDROP TABLE c;\n"});
  const Error e = up_error(p);
  EXPECT_EQ(e.kind(), Exit::usage);
  EXPECT_TRUE(has(e.what(), "migration '002_step' is half reverted")) << e.what();
  EXPECT_TRUE(has(e.hint(), "schema down --to 1 --yes")) << e.hint();
  EXPECT_EQ(down(p, 1), (Names{"002_step"}));
  EXPECT_FALSE(exists("c"));
  EXPECT_EQ(up(p), (Names{"002_step"}));
}

TEST_F(MigrationSteps, LeavesNoInvalidIndexBehind) {
  const auto p =
      pack({first_, steps + "CREATE UNIQUE INDEX CONCURRENTLY \"U x\" ON public.a (x);\n"});
  up(p, 1);
  query("INSERT INTO a VALUES (1), (1)");
  const Error e = up_error(p);
  EXPECT_TRUE(has(e.what(), "could not create unique index")) << e.what();
  EXPECT_TRUE(has(e.what(), "SQLSTATE 23505")) << e.what();
  EXPECT_EQ(invalid_indexes(), "");
  query("DELETE FROM a");
  EXPECT_EQ(up(p).size(), 1U);
  EXPECT_TRUE(exists("\"U x\""));
}

TEST_F(MigrationSteps, DropsTheInvalidIndexOfAKilledRunAndBuildsItAgain) {
  const auto p =
      pack({first_, steps + "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON a (x);\n"});
  up(p, 1);
  query("INSERT INTO a VALUES (1), (1)");
  up_error(p);
  as_if_killed(2);
  auto other = db().connect();
  EXPECT_THROW(other.exec("CREATE UNIQUE INDEX CONCURRENTLY i ON a (x)"), Error);
  ASSERT_EQ(invalid_indexes(), "i");
  query("DELETE FROM a");
  EXPECT_EQ(up(p).size(), 1U);
  EXPECT_EQ(invalid_indexes(), "");
  EXPECT_TRUE(exists("i"));
}

TEST_F(MigrationSteps, TakesTheIndexThatAKilledRunFinished) {
  const auto p = pack({first_, steps + "CREATE INDEX CONCURRENTLY i ON a (x);\n"});
  up(p);
  query(
      "UPDATE arango2pg.migration_history SET step = 0, state = 'applying' WHERE pack = 'mine' "
      "AND number = 2");
  query("UPDATE arango2pg.migration_history SET steps_checksum = NULL WHERE pack = 'mine'");
  EXPECT_EQ(up(p).size(), 1U);
  EXPECT_EQ(states(p), "applied,applied");
}

TEST_F(MigrationSteps, RefusesAnIndexThatWasThereBefore) {
  const auto p = pack({first_, steps + "CREATE INDEX CONCURRENTLY i ON a (x);\n"});
  up(p, 1);
  query("CREATE INDEX i ON a ((x + 1))");
  EXPECT_TRUE(has(up_error(p).what(), "already exists"));
  EXPECT_TRUE(has(up_error(p).what(), "already exists")) << "the second time, too";
  EXPECT_TRUE(exists("i"));
}

TEST_F(MigrationSteps, NoticesThatIfNotExistsPassedOverAnotherTablesIndex) {
  const auto p = pack({first_, steps + "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON a (x);\n"});
  up(p, 1);
  query("CREATE TABLE b (x integer); CREATE INDEX i ON b (x)");
  EXPECT_TRUE(has(up_error(p).what(), "table a has no usable index 'i' after it"));
}

TEST_F(MigrationSteps, RebuildsIndexesConcurrently) {
  const auto p = pack({first_, steps + "CREATE UNIQUE INDEX CONCURRENTLY i ON a (x);\n",
                       steps + "REINDEX INDEX CONCURRENTLY i;\n"});
  up(p, 2);
  // What a rebuild that failed leaves behind.
  query("INSERT INTO a VALUES (1)");
  query("CREATE UNIQUE INDEX i_ccnew ON a (x)");
  query("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'i_ccnew'::regclass");
  EXPECT_EQ(up(p).size(), 1U);
  EXPECT_FALSE(exists("i_ccnew"));
  EXPECT_EQ(invalid_indexes(), "");
}

TEST_F(MigrationSteps, NamesWhomAConcurrentBuildWaitedFor) {
  const auto p = pack({first_, steps + "CREATE INDEX CONCURRENTLY i ON a (x);\n"});
  up(p, 1);
  auto application = db().connect("application");
  application.begin();
  application.exec("INSERT INTO a VALUES (1)");
  const std::string pid = application.exec("SELECT pg_backend_pid()").text(0, 0);
  const Error e =
      error_of([&] { pg::migrate_up(connection(), p, "public", {}, control(400ms, 2)); });
  EXPECT_TRUE(has(e.what(), "in the way: pid " + pid)) << e.what();
  application.rollback();
  EXPECT_EQ(up(p).size(), 1U);
  EXPECT_EQ(invalid_indexes(), "");
}

TEST_F(MigrationSteps, RunsOnItsOwnWhatPostgresRefusesInATransaction) {
  const auto p = pack(
      {first_,
       "-- migrate:up\nCREATE PROCEDURE fill() LANGUAGE plpgsql AS $$ BEGIN\n"
       "FOR i IN 1..3 LOOP INSERT INTO a VALUES (i); COMMIT; END LOOP; END $$;\n",
       steps + "VACUUM a;\nCALL fill();\nDO $$ BEGIN INSERT INTO a VALUES (4); COMMIT; END $$;\n"});
  up(p);
  EXPECT_EQ(list("SELECT x FROM a ORDER BY x"), "1,2,3,4");
}

TEST_F(MigrationSteps, MovesDataInBatchesByPosition) {
  const std::string backfill =
      steps +
      "-- migrate:batches 10\n"
      "WITH batch AS (\n"
      "  SELECT id FROM t WHERE ($1::integer IS NULL OR id > $1::integer)\n"
      "  ORDER BY id LIMIT $2::integer\n"
      "), changed AS (\n"
      "  UPDATE t SET done = done + 1, tx = txid_current() FROM batch b\n"
      "  WHERE t.id = b.id AND t.id % 7 <> 0\n"
      ")\nSELECT id FROM batch ORDER BY id;\n-- migrate:down\n";
  const auto p =
      pack({"-- migrate:up\nCREATE TABLE t (id integer PRIMARY KEY, done integer DEFAULT 0, tx "
            "bigint);\n"
            "INSERT INTO t SELECT generate_series(1, 95);\n",
            backfill});
  up(p);
  EXPECT_EQ(value("SELECT string_agg(DISTINCT done::text, ',') FROM t WHERE id % 7 <> 0"), "1");
  EXPECT_EQ(value("SELECT count(DISTINCT tx) FROM t WHERE done > 0"), "10");
  EXPECT_EQ(value("SELECT sum(done) FROM t WHERE id % 7 = 0"), "0");
}

TEST_F(MigrationSteps, RepeatsAPlainStatementUntilItTouchesNoRow) {
  const auto p =
      pack({"-- migrate:up\nCREATE TABLE t AS SELECT generate_series(1, 25) AS id;\n",
            steps + "-- migrate:batches 10\n"
                    "DELETE FROM t WHERE id IN (SELECT id FROM t WHERE id <> 13 LIMIT $2);\n"
                    "INSERT INTO t VALUES (0);\n"});
  up(p);
  EXPECT_EQ(list("SELECT id FROM t ORDER BY 1"), "0,13");
}

TEST_F(MigrationSteps, GoesOnBehindTheLastBatchThatCommitted) {
  const std::string table =
      "-- migrate:up\nCREATE TABLE t (id integer PRIMARY KEY, done integer DEFAULT 0);\n"
      "INSERT INTO t (id) SELECT generate_series(1, 50);\n";
  const auto backfill = [](const std::string& value) {
    return steps +
           "SELECT 1;\n-- migrate:batches 10\nWITH batch AS (SELECT id FROM t WHERE ($1::int IS "
           "NULL OR "
           "id > $1::int) ORDER BY id LIMIT $2),\nchanged AS (UPDATE t SET done = done + " +
           value +
           " FROM batch b WHERE t.id = b.id)\nSELECT id FROM batch ORDER BY id;\nSELECT 2;\n";
  };
  const auto failing = pack({table, backfill("1 / (35 - t.id)")});
  const Error e = up_error(failing);
  EXPECT_TRUE(has(e.what(), "division by zero")) << e.what();
  EXPECT_EQ(recorded("position", 2), "30");
  EXPECT_EQ(states(failing), "applied,half-applied");
  query("UPDATE t SET done = 1 WHERE id <= 30");
  const auto corrected = pack({table, backfill("1")});
  up(corrected);
  EXPECT_EQ(value("SELECT string_agg(DISTINCT done::text, ',') FROM t"), "1")
      << "no batch ran twice, none was left out";
}

TEST_F(MigrationSteps, RefusesABatchThatDoesNotGetOn) {
  const std::string table =
      "-- migrate:up\nCREATE TABLE t AS SELECT generate_series(1, 50) AS id;\n";
  const Error same = up_error(
      pack({table, steps + "-- migrate:batches 10\nSELECT id FROM t WHERE $1::int IS NULL OR true "
                           "ORDER BY id LIMIT $2;\n"}));
  EXPECT_EQ(same.kind(), Exit::usage);
  EXPECT_TRUE(has(same.what(), "packs/mine/002_step.sql:4: the batched statement does not get on"))
      << same.what();
  const Error none = up_error(
      pack({table, steps + "-- migrate:batches 10\nDELETE FROM t WHERE $1::int IS NULL;\n"}));
  EXPECT_TRUE(has(none.what(), "must return rows")) << none.what();
  EXPECT_EQ(value("SELECT count(*) FROM t"), "50");
}

TEST_F(MigrationSteps, StopsBetweenBatchesAndGoesOn) {
  const auto p = pack(
      {"-- migrate:up\nCREATE TABLE t AS SELECT generate_series(1, 30) AS id, 0 AS done;\n",
       steps + "-- migrate:batches 1\nWITH b AS (SELECT id FROM t WHERE ($1::int IS NULL OR id > "
               "$1::int) ORDER BY id LIMIT $2), c AS (UPDATE t SET done = done + 1 FROM b WHERE "
               "t.id = b.id) SELECT id, pg_sleep(0.2) FROM b;\n"});
  std::stop_source stop;
  auto c = control();
  c.stop = stop.get_token();
  std::jthread later([&] {
    EXPECT_TRUE(
        wait_until("SELECT EXISTS (SELECT FROM arango2pg.migration_history WHERE pack = "
                   "'mine' AND position::integer >= 3)"));
    stop.request_stop();
  });
  const Error e = error_of([&] { pg::migrate_up(connection(), p, "public", {}, c); });
  EXPECT_EQ(e.kind(), Exit::interrupted);
  const std::string done = value("SELECT sum(done) FROM t");
  EXPECT_NE(done, "0");
  EXPECT_NE(done, "30");
  up(p);
  EXPECT_EQ(value("SELECT sum(done) || ' ' || max(done) FROM t"), "30 1");
}

TEST_F(MigrationSteps, RunsDownSectionsInBatchesToo) {
  const auto p = pack({"-- migrate:up\nCREATE TABLE t AS SELECT generate_series(1, 30) AS id;\n",
                       steps + "SELECT 1;\n-- migrate:down\n-- migrate:batches 7\n"
                               "DELETE FROM t WHERE id IN (SELECT id FROM t LIMIT $2);\n"});
  up(p);
  down(p, 1);
  EXPECT_EQ(value("SELECT count(*) FROM t"), "0");
}

}  // namespace
}  // namespace arango2pg::test
