#include "pg/migrations.h"

#include <chrono>
#include <thread>

#include "pg/migrations_internal.h"
#include "support/temp_db.h"

namespace arango2pg::test {
namespace {

using namespace std::chrono_literals;

class MigrationsTest : public WithDb {
 protected:
  /// A pack of migrations with these texts, numbered from 1.
  static pg::Pack pack(const std::vector<std::string>& texts) {
    pg::Pack p;
    p.name = "mine";
    int n = 1;
    for (const std::string& text : texts) {
      const std::string number = "00" + std::to_string(n++);
      p.migrations.push_back(pg::parse_migration("packs/mine/" + number + "_step.sql", text));
    }
    return p;
  }
  std::vector<std::string> up(const pg::Pack& p, const std::string& schema = "public", int to = 0) {
    return pg::migrate_up(connection(), p, schema, to);
  }
  std::string states(const pg::Pack& p, const std::string& schema = "public") {
    std::string out;
    for (const auto& s : pg::migration_status(connection(), p, schema))
      out += (out.empty() ? "" : ",") + s.state + (s.applied_at.empty() ? "" : "!");
    return out;
  }
  Error error_of(const pg::Pack& p, int to = 0) {
    try {
      up(p, "public", to);
    } catch (const Error& e) {
      return e;
    }
    return {Exit::done, "no error"};
  }
  const std::string first_ = "-- migrate:up\nCREATE TABLE a (x integer);\n";
  const std::string second_ = "-- migrate:up\nALTER TABLE a ADD y integer;\n";
};

TEST_F(MigrationsTest, AppliesWhatIsPendingAndRemembers) {
  const auto p = pack({first_, second_});
  EXPECT_EQ(states(p), "pending,pending");
  EXPECT_EQ(up(p, "public", 1), (std::vector<std::string>{"001_step"}));
  EXPECT_EQ(states(p), "applied!,pending");
  EXPECT_EQ(up(p), (std::vector<std::string>{"002_step"}));
  EXPECT_TRUE(up(p).empty());
  EXPECT_EQ(
      list("SELECT column_name FROM information_schema.columns WHERE table_name = 'a' ORDER BY 1"),
      "x,y");
  EXPECT_EQ(error_of(p, 3).kind(), Exit::usage);
}

TEST_F(MigrationsTest, DryRunReturnsTheSqlAndTouchesNothing) {
  const auto sql = pg::migrate_up(connection(), pack({first_, second_}), "public", 0, true);
  EXPECT_EQ(sql, (std::vector<std::string>{"CREATE TABLE a (x integer);\n",
                                           "ALTER TABLE a ADD y integer;\n"}));
  EXPECT_EQ(value("SELECT to_regclass('a')"), "");
  EXPECT_EQ(value("SELECT to_regnamespace('arango2pg')"), "");
}

TEST_F(MigrationsTest, OnePackInTwoSchemas) {
  const auto p = pack({first_});
  up(p, "app");
  up(p, "Odd \"name\"");
  EXPECT_EQ(states(p), "pending");
  EXPECT_EQ(states(p, "app"), "applied!");
  EXPECT_EQ(list("SELECT schemaname FROM pg_tables WHERE tablename = 'a' ORDER BY 1"),
            "Odd \"name\",app");
}

TEST_F(MigrationsTest, NamesTheLineOfTheFailingStatement) {
  const auto p =
      pack({"-- a comment\n-- migrate:up\nCREATE TABLE a (x integer);\n\n"
            "CREATE TABLE b (\n  x integer,\n  y no_such_type\n);\n"});
  const Error e = error_of(p);
  EXPECT_EQ(e.kind(), Exit::target);
  EXPECT_STREQ(
      e.what(),
      "migration '001_step' failed at packs/mine/001_step.sql:7: type \"no_such_type\" does"
      " not exist");
  // All or nothing.
  EXPECT_EQ(value("SELECT to_regclass('a')"), "");
  EXPECT_EQ(states(p), "pending");
}

TEST_F(MigrationsTest, NamesTheLineOfAFailureAtRunTime) {
  const auto p =
      pack({"-- migrate:up\nSELECT 1;\nDO $$\nBEGIN\n  RAISE EXCEPTION 'no way';\nEND $$;\n"});
  EXPECT_STREQ(error_of(p).what(),
               "migration '001_step' failed at packs/mine/001_step.sql:3: no way");
}

TEST_F(MigrationsTest, RefusesEditedHistory) {
  up(pack({first_, second_}));
  const auto edited = pack({first_, "-- migrate:up\nALTER TABLE a ADD z integer;\n", first_});
  const Error e = error_of(edited);
  EXPECT_EQ(e.kind(), Exit::usage);
  EXPECT_EQ(std::string(e.what()).find("migration '002_step' was changed after it was applied ("),
            0U);
  EXPECT_NE(e.hint().find("stamp"), std::string::npos);
  EXPECT_EQ(states(edited), "applied!,edited!,pending");
}

TEST_F(MigrationsTest, RefusesAShorterPackThanTheHistory) {
  up(pack({first_, second_}));
  EXPECT_STREQ(error_of(pack({first_})).what(),
               "migration '002_step' was applied here, but pack 'mine' ends at 1");
}

TEST_F(MigrationsTest, RefusesAGapInTheHistory) {
  const auto p = pack({first_, second_});
  up(p);
  query("DELETE FROM arango2pg.migration_history WHERE pack = 'mine' AND number = 1");
  EXPECT_STREQ(error_of(p).what(), "migration '002_step' is applied, but an earlier one is not");
}

TEST_F(MigrationsTest, RunsWithoutTransactionWhereTheFileSaysSo) {
  const auto p = pack({first_,
                       "-- migrate:no-transaction\n-- migrate:up\n"
                       "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON a (x);\n"
                       "CREATE INDEX CONCURRENTLY IF NOT EXISTS j ON a (x);\n"});
  up(p, "app");
  EXPECT_EQ(
      list(
          "SELECT schemaname || '.' || indexname FROM pg_indexes WHERE tablename = 'a' ORDER BY 1"),
      "app.i,app.j");
  EXPECT_EQ(value("SHOW search_path"), "\"$user\", public");
}

TEST_F(MigrationsTest, SaysWhatToDoAboutAHalfAppliedStep) {
  const auto p = pack({first_,
                       "-- migrate:no-transaction\n-- migrate:up\n"
                       "CREATE INDEX CONCURRENTLY i ON a (x);\nSELECT no_such_function();\n"});
  EXPECT_EQ(std::string(error_of(p).what()).find("migration '002_step' failed at"), 0U);
  EXPECT_EQ(states(p), "applied!,failed!");
  const Error again = error_of(p);
  EXPECT_EQ(again.kind(), Exit::target);
  EXPECT_EQ(std::string(again.what()).find("migration '002_step' is half applied"), 0U);
  EXPECT_FALSE(again.hint().empty());
}

TEST_F(MigrationsTest, RefusesTransactionControlInAMigration) {
  const Error e = error_of(pack({"-- migrate:up\nCREATE TABLE a ();\ncommit;\n"}));
  EXPECT_EQ(e.kind(), Exit::usage);
  EXPECT_STREQ(e.what(),
               "packs/mine/001_step.sql:3: 'COMMIT' in a migration that runs in a transaction");
  EXPECT_EQ(value("SELECT to_regclass('a')"), "");
}

TEST_F(MigrationsTest, StepsBackFromALockAndTriesAgain) {
  up(pack({first_}));
  auto application = db().connect("application");
  application.begin();
  application.exec("SELECT FROM a");
  std::jthread ends([&] {
    std::this_thread::sleep_for(5500ms);
    application.rollback();
  });
  EXPECT_EQ(up(pack({first_, second_})).size(), 1U);
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

TEST_F(MigrationsTest, ChecksServerVersionAndExtensions) {
  auto p = pack({first_});
  p.postgres_minimum = 990000;
  EXPECT_EQ(std::string(error_of(p).what()).find("schema pack 'mine' needs PostgreSQL 99, "), 0U);
  p.postgres_minimum = 120000;
  p.extensions = {"no_such_extension"};
  EXPECT_EQ(std::string(error_of(p).what())
                .find("schema pack 'mine' needs extension 'no_such_extension': "),
            0U);
  p.extensions = {"plpgsql"};
  EXPECT_EQ(up(p).size(), 1U);
}

TEST_F(MigrationsTest, TheControlPackGoesUpAndDown) {
  const auto p = pg::control_pack();
  pg::ensure_control_schema(connection());
  for (const auto& m : p.migrations) EXPECT_NO_THROW(connection().script(m.verify)) << m.name;
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

}  // namespace
}  // namespace arango2pg::test
