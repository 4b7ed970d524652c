// Going up, down and stamping: what is recorded, what is refused, and with which way out.
#include "pg/migrations.h"

#include <atomic>
#include <chrono>
#include <thread>

#include "db/migrations_fixture.h"

namespace arango2pg::test {
namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;

TEST_F(MigrationsTest, AppliesWhatIsPendingAndRemembers) {
  const auto p = pack({first_, second_});
  EXPECT_EQ(states(p), "pending,pending");
  EXPECT_EQ(up(p, 1), (Names{"001_step"}));
  EXPECT_EQ(states(p), "applied,pending");
  EXPECT_EQ(up(p), (Names{"002_step"}));
  EXPECT_TRUE(up(p).empty());
  EXPECT_EQ(
      list("SELECT column_name FROM information_schema.columns WHERE table_name = 'a' ORDER BY 1"),
      "x,y");
  const auto s = pg::migration_status(connection(), p, "public").front();
  EXPECT_FALSE(s.applied_at.empty());
  EXPECT_FALSE(s.seconds.empty());
  EXPECT_EQ(s.applied_by, value("SELECT current_user"));
}

TEST_F(MigrationsTest, GoesByNumberOrByStepsAndNoFurtherThanThereAreMigrations) {
  const auto p = pack({first_, second_, "-- migrate:up\nSELECT 1;\n-- migrate:down\n"});
  EXPECT_EQ(up(p, pg::Goal::by(2)), (Names{"001_step", "002_step"}));
  EXPECT_EQ(up(p, pg::Goal::by(9)), (Names{"003_step"}));
  EXPECT_EQ(down(p, pg::Goal::by(1)), (Names{"003_step"}));
  EXPECT_EQ(down(p, 1), (Names{"002_step"}));
  EXPECT_STREQ(error_of([&] { up(p, 4); }).what(),
               "schema pack 'mine' has no migration 4, the last one is 3");
  EXPECT_STREQ(down_error(p, 2).what(), "cannot go down to 2: pack 'mine' is at 1");
  EXPECT_EQ(down(p, 0), (Names{"001_step"}));
  EXPECT_TRUE(down(p, 0).empty());
}

TEST_F(MigrationsTest, TellsEachMigrationAsSoonAsItIsDurable) {
  std::string told;
  auto c = control();
  c.done = [&](const pg::Migration& m, std::chrono::milliseconds) {
    told += m.name + (db().connect().exec("SELECT to_regclass('a')").text(0, 0) + ";");
  };
  pg::migrate_up(connection(), pack({first_}), "public", {}, c);
  EXPECT_EQ(told, "001_stepa;");
}

TEST_F(MigrationsTest, PrintsTheSqlAndTouchesNothing) {
  const auto p = pack({first_,
                       "-- migrate:no-transaction\n-- migrate:up\n"
                       "CREATE INDEX CONCURRENTLY i ON a (x);\n-- migrate:down\n"});
  EXPECT_EQ(pg::up_sql(connection(), p, "public"),
            "-- pack mine in schema public: what `schema up` would run; the history is not written "
            "here\n\n"
            "-- 001_step (packs/mine/001_step.sql)\n"
            "BEGIN;\nSET LOCAL search_path = \"public\";\nCREATE TABLE a (x integer);\nCOMMIT;\n\n"
            "-- 002_step (packs/mine/002_step.sql)\n"
            "-- each statement in a transaction of its own; behind migrate:batches, one for each "
            "batch\nSET search_path = \"public\";\n"
            "CREATE INDEX CONCURRENTLY i ON a (x);\n");
  EXPECT_FALSE(exists("a"));
  EXPECT_EQ(value("SELECT to_regnamespace('arango2pg')"), "");
  up(p, 1);
  const std::string sql = pg::down_sql(connection(), p, "public", 0);
  EXPECT_TRUE(has(sql, "DROP TABLE a;")) << sql;
  EXPECT_TRUE(exists("a"));
  // What is printed is what psql can run.
  connection().script(sql);
  EXPECT_FALSE(exists("a"));
}

TEST_F(MigrationsTest, OnePackInTwoSchemas) {
  const auto p = pack({first_});
  pg::migrate_up(connection(), p, "app");
  pg::migrate_up(connection(), p, "Odd \"name\"");
  EXPECT_EQ(states(p), "pending");
  EXPECT_EQ(states(p, "app"), "applied");
  EXPECT_EQ(list("SELECT schemaname FROM pg_tables WHERE tablename = 'a' ORDER BY 1"),
            "Odd \"name\",app");
  pg::migrate_down(connection(), p, "Odd \"name\"", 0);
  EXPECT_EQ(list("SELECT schemaname FROM pg_tables WHERE tablename = 'a'"), "app");
}

TEST_F(MigrationsTest, TakesAwayTheSchemaItMadeButNotOneThatHoldsSomething) {
  const auto p = pack({first_});
  pg::migrate_up(connection(), p, "app");
  pg::migrate_down(connection(), p, "app", 0);
  EXPECT_EQ(value("SELECT to_regnamespace('app')"), "");
  query("CREATE SCHEMA app");
  pg::migrate_up(connection(), p, "app");
  pg::migrate_down(connection(), p, "app", 0);
  EXPECT_EQ(value("SELECT to_regnamespace('app')"), "app") << "it was there before";
  pg::migrate_up(connection(), p, "other");
  query("CREATE TABLE other.mine ()");
  pg::migrate_down(connection(), p, "other", 0);
  EXPECT_TRUE(exists("other.mine"));
}

TEST_F(MigrationsTest, NamesLineAndSqlstateOfTheFailingStatement) {
  const auto p = pack({first_,
                       "-- a comment\n-- migrate:up\nCREATE TABLE c (x integer);\n\n"
                       "CREATE TABLE b (\n  x integer,\n  y no_such_type\n);\n"});
  const Error e = up_error(p);
  EXPECT_EQ(e.kind(), Exit::target);
  EXPECT_STREQ(e.what(),
               "migration '002_step' failed at packs/mine/002_step.sql:7: type \"no_such_type\" "
               "does not exist (SQLSTATE 42704)");
  EXPECT_EQ(e.hint(), "Nothing of it remains: correct it, then run `arango2pg schema up` again.");
  // All or nothing, but not without a record.
  EXPECT_FALSE(exists("c"));
  EXPECT_EQ(states(p), "applied,failed");
  EXPECT_TRUE(has(message(p, 1), "no_such_type"));
  const auto corrected = pack({first_, "-- migrate:up\nCREATE TABLE c (x integer);\n"});
  EXPECT_EQ(up(corrected), (Names{"002_step"}));
  EXPECT_EQ(states(corrected), "applied,applied");
  EXPECT_EQ(message(corrected, 1), "");
}

TEST_F(MigrationsTest, NamesTheLineOfAFailureAtRunTime) {
  const auto p =
      pack({"-- migrate:up\nSELECT 1;\nDO $$\nBEGIN\n  RAISE EXCEPTION 'no way';\nEND $$;\n"});
  EXPECT_STREQ(up_error(p).what(),
               "migration '001_step' failed at packs/mine/001_step.sql:3: no way (SQLSTATE P0001)");
}

TEST_F(MigrationsTest, NamesACommitThatFails) {
  const auto p =
      pack({"-- migrate:up\nCREATE TABLE p (id integer PRIMARY KEY);\n"
            "CREATE TABLE c (p integer REFERENCES p DEFERRABLE INITIALLY DEFERRED);\n"
            "INSERT INTO c VALUES (4711);\n"});
  const std::string what = up_error(p).what();
  EXPECT_TRUE(has(what, "failed at packs/mine/001_step.sql (COMMIT): ")) << what;
  EXPECT_FALSE(has(what, "4711")) << "no values in messages";
  EXPECT_FALSE(exists("p"));
}

TEST_F(MigrationsTest, SaysWhatDependsOnWhatItCannotDrop) {
  const auto p = pack({first_});
  up(p);
  query("CREATE VIEW v AS SELECT x FROM a");
  const Error e = down_error(p, 0);
  EXPECT_EQ(e.kind(), Exit::target);
  EXPECT_TRUE(has(e.what(), "view v depends on table a")) << e.what();
  EXPECT_EQ(states(p), "applied");
  EXPECT_TRUE(has(message(p, 0), "view v depends")) << "the failure is on record";
  query("DROP VIEW v");
  down(p, 0);
  EXPECT_FALSE(exists("a"));
}

TEST_F(MigrationsTest, LogsWhoDidWhatAndWhatFailed) {
  const auto p = pack({first_});
  up(p);
  down(p, 0);
  up_error(pack({"-- migrate:up\nSELECT no_such_function();\n"}));
  EXPECT_EQ(list("SELECT state || ' ' || success || ' ' || (by = current_user) FROM "
                 "arango2pg.migration_log WHERE pack = 'mine' ORDER BY id"),
            "applied true true,reverted true true,failed false true");
}

TEST_F(MigrationsTest, RefusesEditedHistory) {
  up(pack({first_, second_}));
  const auto edited = pack({first_, "-- migrate:up\nALTER TABLE a ADD z integer;\n", first_});
  const Error e = up_error(edited);
  EXPECT_EQ(e.kind(), Exit::usage);
  EXPECT_EQ(std::string(e.what()).find("migration '002_step' was changed after it was applied ("),
            0U);
  EXPECT_TRUE(has(e.hint(), "schema stamp --to 2")) << e.hint();
  EXPECT_EQ(states(edited), "applied,edited,pending");
  EXPECT_EQ(down_error(edited, 1).kind(), Exit::usage) << "its down section may not fit";
}

TEST_F(MigrationsTest, TakesCommentsLineEndsAndOtherSectionsForNoEdit) {
  up(pack({first_}));
  const auto same =
      pack({"-- why: it's needed\n-- migrate:up\r\n-- a table\r\nCREATE TABLE a (x "
            "integer) ;\r\n-- migrate:down\r\nDROP TABLE IF EXISTS a;\r\n"});
  EXPECT_TRUE(up(same).empty());
  EXPECT_EQ(states(same), "applied");
  down(same, 0);
  EXPECT_FALSE(exists("a"));
}

TEST_F(MigrationsTest, SaysThatAnAppliedFileHasVanished) {
  up(pack({first_, second_}));
  const auto shorter = pack({first_});
  const Error e = up_error(shorter);
  EXPECT_EQ(e.kind(), Exit::usage);
  EXPECT_TRUE(has(e.what(), "migration '002_step' was applied here (")) << e.what();
  EXPECT_TRUE(has(e.what(), "but pack 'mine' has no such file")) << e.what();
  EXPECT_FALSE(e.hint().empty());
  EXPECT_EQ(states(shorter), "applied,vanished");
  EXPECT_EQ(down_error(shorter, 0).kind(), Exit::usage);
}

TEST_F(MigrationsTest, SaysThatAnotherFileTookTheNumberOfAnAppliedOne) {
  up(pack({first_, second_}));
  auto p = pack({first_, "-- migrate:up\nSELECT 1;\n"});
  p.migrations[1].name = "002_other";
  const Error e = up_error(p);
  EXPECT_TRUE(has(e.what(), "number 2 was applied as '002_step' (")) << e.what();
  EXPECT_TRUE(has(e.what(), "the pack now has '002_other' in its place")) << e.what();
}

TEST_F(MigrationsTest, RefusesAGapInTheHistory) {
  const auto p = pack({first_, second_});
  up(p);
  query("DELETE FROM arango2pg.migration_history WHERE pack = 'mine' AND number = 1");
  const Error e = up_error(p);
  EXPECT_STREQ(e.what(), "migration '002_step' is applied, but an earlier one is not recorded");
  EXPECT_TRUE(has(e.hint(), "stamp --to 2")) << e.hint();
  pg::stamp(connection(), p, "public", 2);
  EXPECT_TRUE(up(p).empty());
}

TEST_F(MigrationsTest, RefusesToGoDownWhereNoWayIsWritten) {
  const auto p = pack({"-- migrate:up\nCREATE TABLE z ();\n", first_, second_});
  up(p);
  const Error e = down_error(p, 0);
  EXPECT_EQ(e.kind(), Exit::usage);
  EXPECT_STREQ(e.what(),
               "migration '001_step' can't be reversed: packs/mine/001_step.sql has no section "
               "'-- migrate:down'");
  EXPECT_EQ(states(p), "applied,applied,applied") << "nothing was begun";
  EXPECT_EQ(down(p, 1), (Names{"003_step", "002_step"}));
}

TEST_F(MigrationsTest, KnowsWhatDownWouldLose) {
  const auto p = pack(
      {first_, second_,
       "-- migrate:up\nCREATE TABLE b (); CREATE TABLE \"C d\" ();\n"
       "-- migrate:down\nDROP TABLE IF EXISTS b, \"C d\" CASCADE; DROP TABLE IF EXISTS gone;\n"});
  up(p);
  query("INSERT INTO a SELECT generate_series(1, 7)");
  const auto losses = pg::what_down_loses(connection(), p, "public", 0);
  ASSERT_EQ(losses.size(), 3U);
  EXPECT_EQ(losses[0].migration, "003_step");
  ASSERT_EQ(losses[0].tables.size(), 2U);
  EXPECT_EQ(losses[0].tables[1].table, "\"C d\"");
  EXPECT_TRUE(losses[1].tables.empty());
  ASSERT_EQ(losses[2].tables.size(), 1U);
  EXPECT_EQ(losses[2].tables[0].rows, 7);
  EXPECT_FALSE(losses[2].tables[0].estimated);
  EXPECT_EQ(states(p), "applied,applied,applied");
}

TEST_F(MigrationsTest, StampsABaselineWithoutRunningIt) {
  const auto p = pack({first_, second_});
  query("CREATE TABLE a (x integer)");
  EXPECT_EQ(pg::stamp(connection(), p, "public", 1), (Names{"stamped 001_step"}));
  EXPECT_EQ(states(p), "stamped,pending");
  EXPECT_EQ(up(p), (Names{"002_step"}));
  EXPECT_TRUE(pg::stamp(connection(), p, "public", 2).empty()) << "it stays applied";
  EXPECT_EQ(states(p), "stamped,applied");
  query("INSERT INTO a VALUES (7)");
  const Error e = error_of([&] { down(p, 0); });
  EXPECT_EQ(e.kind(), Exit::usage);
  EXPECT_STREQ(e.what(),
               "migration '001_step' was stamped, not run: what it stands for was there before the "
               "pack, and down would drop it");
  EXPECT_NE(e.hint().find("Stop at `--to 1`"), std::string::npos) << e.hint();
  EXPECT_EQ(states(p), "stamped,applied") << "refused before anything is reverted";
  EXPECT_EQ(down(p, 1), (Names{"002_step"}));
  EXPECT_EQ(value("SELECT x FROM a"), "7");
}

TEST_F(MigrationsTest, StampForgetsAppliedOnesOnlyWhenTold) {
  const auto p = pack({first_, second_});
  up(p);
  const Error e = error_of([&] { pg::stamp(connection(), p, "public", 0); });
  EXPECT_EQ(e.kind(), Exit::usage);
  EXPECT_STREQ(e.what(), "stamp would forget that these are applied: 002_step, 001_step");
  EXPECT_EQ(pg::stamp(connection(), p, "public", 1, true), (Names{"forgot 002_step"}));
  EXPECT_EQ(states(p), "applied,pending");
  EXPECT_EQ(value("SELECT state FROM arango2pg.migration_log ORDER BY id DESC LIMIT 1"),
            "forgotten");
  EXPECT_EQ(error_of([&] { pg::stamp(connection(), p, "public", 3); }).kind(), Exit::usage);
}

TEST_F(MigrationsTest, StampAcceptsAnEdit) {
  up(pack({first_}));
  const auto edited = pack({"-- migrate:up\nCREATE TABLE a (x bigint);\n"});
  EXPECT_EQ(pg::stamp(connection(), edited, "public", 1), (Names{"stamped 001_step"}));
  EXPECT_TRUE(up(edited).empty());
  EXPECT_EQ(states(edited), "applied") << "the engine ran it: down may revert it";
}

TEST_F(MigrationsTest, StepsBackFromALockAndTriesAgain) {
  up(pack({first_}));
  auto application = db().connect("application");
  application.begin();
  application.exec("SELECT FROM a");
  std::jthread ends([&] {
    std::this_thread::sleep_for(500ms);
    application.rollback();
  });
  EXPECT_EQ(pg::migrate_up(connection(), pack({first_, second_}), "public", {}, control(200ms, 50))
                .size(),
            1U);
}

TEST_F(MigrationsTest, NamesWhoIsInTheWayWhenItGivesUp) {
  up(pack({first_}));
  auto application = db().connect("application");
  application.begin();
  application.exec("SELECT FROM a");
  const std::string pid = application.exec("SELECT pg_backend_pid()").text(0, 0);
  const auto p = pack({first_, second_});
  const Error e = up_error(p);
  EXPECT_EQ(e.kind(), Exit::target);
  EXPECT_TRUE(e.retryable());
  EXPECT_TRUE(has(e.what(), "packs/mine/002_step.sql:2")) << e.what();
  EXPECT_TRUE(has(e.what(), "SQLSTATE 55P03")) << e.what();
  EXPECT_TRUE(has(e.what(), "in the way: pid " + pid + " (application 'arango2pg/application'"))
      << e.what();
  EXPECT_TRUE(has(e.what(), "idle in transaction since")) << e.what();
  EXPECT_TRUE(has(e.hint(), "pg_terminate_backend")) << e.hint();
  application.rollback();
  EXPECT_EQ(up(p).size(), 1U);
}

TEST_F(MigrationsTest, ManyProcessesApplyEachMigrationOnce) {
  std::vector<std::string> texts;
  for (int i = 0; i < 5; ++i)
    texts.push_back("-- migrate:up\nCREATE TABLE t" + std::to_string(i) + " ();\n");
  const auto p = pack(texts);
  std::atomic<int> applied = 0;
  {
    std::vector<std::jthread> processes;
    for (int i = 0; i < 5; ++i)
      processes.emplace_back([&] {
        auto c = db().connect();
        applied += static_cast<int>(pg::migrate_up(c, p, "app").size());
      });
  }
  EXPECT_EQ(applied, 5);
}

TEST_F(MigrationsTest, NamesWhoMigratesAlready) {
  auto other = db().connect("other");
  other.exec("SELECT pg_advisory_lock(hashtextextended('arango2pg migrations', 0))");
  const std::string pid = other.exec("SELECT pg_backend_pid()").text(0, 0);
  for (const Error& e : {up_error(pack({first_})), down_error(pack({first_}), 0), error_of([&] {
                           pg::stamp(connection(), pack({first_}), "public", 1, false, control());
                         })}) {
    EXPECT_EQ(e.kind(), Exit::target);
    EXPECT_TRUE(e.retryable());
    EXPECT_TRUE(has(e.what(), "another process migrates this database: pid " + pid +
                                  " (application 'arango2pg/other', user '"))
        << e.what();
    EXPECT_TRUE(has(e.what(), ", since 20")) << e.what();
  }
}

TEST_F(MigrationsTest, StopsBetweenMigrationsAndInTheMiddleOfOne) {
  const auto p = pack({first_, "-- migrate:up\nCREATE TABLE b (); SELECT pg_sleep(600);\n"});
  std::stop_source stop;
  auto c = control();
  c.stop = stop.get_token();
  std::jthread later([&] {
    EXPECT_TRUE(
        wait_until("SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE "
                   "'SELECT pg_sleep(600)%' AND datname = current_database()"));
    stop.request_stop();
  });
  const Error e = error_of([&] { pg::migrate_up(connection(), p, "public", {}, c); });
  EXPECT_EQ(e.kind(), Exit::interrupted);
  EXPECT_STREQ(e.what(), "interrupted in migration '002_step' at packs/mine/002_step.sql:2");
  EXPECT_EQ(states(p), "applied,failed");
  EXPECT_FALSE(exists("b"));
  // Whoever is told to stop begins nothing, and blames nothing.
  query("DELETE FROM arango2pg.migration_history WHERE pack = 'mine'");
  query("DROP TABLE a");
  EXPECT_EQ(error_of([&] { pg::migrate_up(connection(), p, "public", {}, c); }).kind(),
            Exit::interrupted);
  EXPECT_EQ(states(p), "pending,pending");
}

TEST_F(MigrationsTest, ChecksServerVersionAndExtensionsBeforeAnythingRuns) {
  auto p = pack({first_});
  p.postgres_minimum = 990000;
  EXPECT_EQ(std::string(up_error(p).what()).find("schema pack 'mine' needs PostgreSQL 99, "), 0U);
  p.postgres_minimum = 120000;
  p.extensions = {"no_such_extension"};
  const Error e = up_error(p);
  EXPECT_EQ(e.kind(), Exit::target);
  EXPECT_EQ(std::string(e.what()).find(
                "schema pack 'mine' needs extension 'no_such_extension', which is not on the "),
            0U)
      << e.what();
  EXPECT_EQ(states(p), "pending");
  p.extensions = {"plpgsql"};
  EXPECT_EQ(up(p).size(), 1U);
}

TEST_F(MigrationsTest, BringsExtensionsAndTakesAwayOnlyItsOwn) {
  if (value("SELECT count(*) FROM pg_available_extensions WHERE name IN ('ltree', 'cube')") != "2")
    GTEST_SKIP() << "the contrib modules are not on this server";
  query("CREATE EXTENSION cube");
  auto p =
      pack({first_, "-- migrate:up\nCREATE TABLE t (p ltree);\n-- migrate:down\nDROP TABLE t;"});
  p.extensions = {"ltree", "cube"};
  pg::migrate_up(connection(), p, "app");
  EXPECT_TRUE(exists("app.t"));
  pg::migrate_down(connection(), p, "app", 1);
  const char* ours = "SELECT extname FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1";
  EXPECT_EQ(list(ours), "cube,ltree") << "the first migration came with them";
  pg::migrate_down(connection(), p, "app", 0);
  EXPECT_EQ(list(ours), "cube");
  pg::migrate_up(connection(), p, "app", 1);
  query("CREATE TABLE foreign_to_it (p ltree)");
  pg::migrate_down(connection(), p, "app", 0);
  EXPECT_EQ(list(ours), "cube,ltree") << "somebody else depends on it";
}

TEST_F(MigrationsTest, HandsOverWhatAnotherPackMayStillUse) {
  if (value("SELECT count(*) FROM pg_available_extensions WHERE name = 'ltree'") != "1")
    GTEST_SKIP() << "the contrib modules are not on this server";
  auto one = pack({first_});
  one.extensions = {"ltree"};
  auto two = pack({"-- migrate:up\nCREATE TABLE b ();\n-- migrate:down\nDROP TABLE b;\n"});
  two.name = "yours";
  pg::migrate_up(connection(), one, "app");
  pg::migrate_up(connection(), two, "app");
  pg::migrate_down(connection(), one, "app", 0);
  EXPECT_EQ(list("SELECT extname FROM pg_extension WHERE extname = 'ltree'"), "ltree");
  pg::migrate_down(connection(), two, "app", 0);
  EXPECT_EQ(list("SELECT extname FROM pg_extension WHERE extname = 'ltree'"), "");
  EXPECT_EQ(value("SELECT to_regnamespace('app')"), "");
}

TEST_F(MigrationsTest, NamesTheMissingPrivilege) {
  pg::ensure_control_schema(connection());
  query("DROP ROLE IF EXISTS poor_migrator");
  query("CREATE ROLE poor_migrator");
  query("GRANT ALL ON SCHEMA arango2pg TO poor_migrator");
  query("GRANT ALL ON ALL TABLES IN SCHEMA arango2pg TO poor_migrator");
  query("REVOKE CREATE ON SCHEMA public FROM public");
  query("SET ROLE poor_migrator");
  auto p = pack({first_});
  const Error in_public = up_error(p);
  const Error in_new = error_of([&] { pg::migrate_up(connection(), p, "app"); });
  query("RESET ROLE");
  query("GRANT ALL ON SCHEMA public TO poor_migrator");
  query("SET ROLE poor_migrator");
  p.extensions = {"bloom"};
  const Error extension = up_error(p);
  query("RESET ROLE");
  query("DROP OWNED BY poor_migrator");
  query("DROP ROLE poor_migrator");
  EXPECT_EQ(in_public.kind(), Exit::target);
  EXPECT_TRUE(has(in_public.what(),
                  "role 'poor_migrator' may not create anything in schema "
                  "'public'"))
      << in_public.what();
  EXPECT_TRUE(has(in_public.hint(), "GRANT USAGE, CREATE ON SCHEMA \"public\""))
      << in_public.hint();
  EXPECT_TRUE(has(in_new.what(), "schema 'app' does not exist")) << in_new.what();
  EXPECT_TRUE(has(in_new.hint(), "GRANT CREATE ON DATABASE")) << in_new.hint();
  EXPECT_TRUE(has(extension.what(), "needs extension 'bloom', which")) << extension.what();
  EXPECT_FALSE(extension.hint().empty());
}

TEST_F(MigrationsTest, TheControlPackGoesUpAndDown) {
  const auto p = pg::control_pack();
  pg::ensure_control_schema(connection());
  EXPECT_TRUE(pg::verify_pack(connection(), p, "arango2pg").empty());
  for (auto m = p.migrations.rbegin(); m != p.migrations.rend(); ++m)
    EXPECT_NO_THROW(connection().script(m->down)) << m->name;
  EXPECT_EQ(list("SELECT relname FROM pg_class WHERE relnamespace = 'arango2pg'::regnamespace"
                 " AND relkind = 'r'"),
            "migration_history");
  EXPECT_EQ(list("SELECT typname FROM pg_type WHERE typnamespace = 'arango2pg'::regnamespace"
                 " AND typtype = 'e'"),
            "");
  EXPECT_EQ(list("SELECT proname FROM pg_proc WHERE pronamespace = 'arango2pg'::regnamespace"), "");
}

TEST_F(MigrationsTest, TheControlPackIsNotForHandsOfUsers) {
  const auto p = pg::control_pack();
  EXPECT_EQ(error_of([&] { pg::migrate_down(connection(), p, "arango2pg", 0); }).kind(),
            Exit::usage);
  EXPECT_EQ(error_of([&] { pg::stamp(connection(), p, "arango2pg", 1); }).kind(), Exit::usage);
}

TEST_F(MigrationsTest, UpgradesAControlSchemaOfBeforeTheLog) {
  auto old = pg::control_pack();
  old.migrations.resize(3);
  pg::migrate_up(connection(), old, "arango2pg");
  EXPECT_FALSE(exists("arango2pg.migration_log"));
  up(pack({first_}));
  EXPECT_EQ(list("SELECT DISTINCT pack FROM arango2pg.migration_log ORDER BY 1"), "arango2pg,mine");
  EXPECT_EQ(value("SELECT count(*) FROM arango2pg.migration_log WHERE pack = 'arango2pg'"), "6");
}

}  // namespace
}  // namespace arango2pg::test
