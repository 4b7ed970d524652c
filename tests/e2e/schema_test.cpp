// `arango2pg schema` as a user types it: a pack from its first file to nothing again, what is
// refused, two at once, and a program that is killed in the middle.
#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

#include "e2e/harness.h"

namespace arango2pg::e2e {
namespace {

using namespace std::chrono_literals;

class Schema : public EndToEnd {
 protected:
  void SetUp() override {
    EndToEnd::SetUp();
    if (IsSkipped()) return;
    write("pack.yaml", "name: shop\ndescription: test\nschema: shop\npostgres: 12\n");
    write("001_orders.sql",
          "-- migrate:up\nCREATE TABLE orders (id integer PRIMARY KEY, amount numeric);\n"
          "-- migrate:down\nDROP TABLE orders;\n"
          "-- migrate:verify\nSELECT to_regclass('orders') IS NOT NULL, 'no orders';\n");
    write("002_amounts.sql",
          "-- migrate:up\nALTER TABLE orders ADD CHECK (amount >= 0);\n"
          "-- migrate:down\nALTER TABLE orders DROP CONSTRAINT orders_amount_check;\n"
          "-- migrate:verify\nSELECT count(*) = 1, 'the check is missing' FROM pg_constraint\n"
          "WHERE conname = 'orders_amount_check';\n");
  }
  void write(const std::string& name, const std::string& text) const {
    dir_.write("shop/" + name, text);
  }
  [[nodiscard]] std::vector<std::string> words(std::vector<std::string> more) const {
    more.insert(more.begin(), "schema");
    more.insert(more.end(), {"--pack", (dir_.path() / "shop").string()});
    if (more[1] != "new") more.insert(more.end(), {"--target", target_->conninfo()});
    return more;
  }
  [[nodiscard]] Outcome schema(std::vector<std::string> more) const {
    return run_tool(words(std::move(more)));
  }
  /// Everything in the catalog but the tool's own schema.
  std::vector<std::vector<std::string>> catalog() {
    return target_->query(
        "SELECT n.nspname, c.relname, c.relkind::text, pg_get_constraintdef(k.oid), e.extname "
        "FROM pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid "
        "LEFT JOIN pg_constraint k ON k.conrelid = c.oid "
        "LEFT JOIN pg_extension e ON e.extnamespace = n.oid "
        "WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('arango2pg', 'information_schema') "
        "ORDER BY 1, 2, 4");
  }
  bool wait_until(const std::string& sql) {
    for (int i = 0; i < 600; ++i) {
      target_->query("SELECT pg_stat_clear_snapshot()");  // we may be in a transaction
      if (target_->value(sql) == "t") return true;
      std::this_thread::sleep_for(50ms);
    }
    return false;
  }
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(Schema, GoesUpIsVerifiedAndGoesDownToWhatWasThere) {
  const auto before = catalog();
  Outcome o = schema({"up"});
  EXPECT_EQ(o.exit, 0) << o.all();
  EXPECT_TRUE(has(o.out, "applied 001_orders in ")) << o.out;
  EXPECT_TRUE(has(o.out, "pack 'shop' in schema 'shop': 2 of 2 applied\n")) << o.out;
  o = schema({"up"});
  EXPECT_EQ(o.out, "pack 'shop' in schema 'shop': nothing to do, 2 of 2 applied\n") << o.all();
  o = schema({"verify"});
  EXPECT_EQ(o.exit, 0) << o.all();
  EXPECT_EQ(o.out, "pack 'shop' in schema 'shop': 2 of 2 applied, everything holds\n");
  o = schema({"down", "--to", "0", "--yes"});
  EXPECT_EQ(o.exit, 0) << o.all();
  EXPECT_TRUE(has(o.out, "reverted 001_orders in ")) << o.out;
  EXPECT_EQ(catalog(), before);
}

TEST_F(Schema, SaysWhatDownWouldLoseAndDoesItOnlyWithYes) {
  ASSERT_EQ(schema({"up"}).exit, 0);
  target_->query("INSERT INTO shop.orders SELECT generate_series(1, 1200)");
  const Outcome o = schema({"down", "--to", "0"});
  EXPECT_EQ(o.exit, 2);
  EXPECT_EQ(o.out,
            "would revert 002_amounts\n"
            "would revert 001_orders: drops orders (1,200 rows)\n");
  EXPECT_TRUE(has(o.err, "2 migrations would be reverted")) << o.err;
  EXPECT_TRUE(has(o.err, "--yes")) << o.err;
  EXPECT_EQ(target_->value("SELECT count(*) FROM shop.orders"), "1200");
  EXPECT_TRUE(has(schema({"down", "--to", "0", "--dry-run"}).out, "DROP TABLE orders;"));
  EXPECT_EQ(schema({"down", "--yes"}).exit, 0);
  EXPECT_EQ(target_->value("SELECT count(*) FROM shop.orders"), "1200") << "one step by default";
  EXPECT_EQ(schema({"down", "1", "--yes"}).exit, 0);
  EXPECT_EQ(target_->value("SELECT to_regclass('shop.orders')::text"), "∅");
}

TEST_F(Schema, GoesAsFarAsItIsTold) {
  EXPECT_TRUE(has(schema({"up", "1"}).out, "1 of 2 applied"));
  EXPECT_TRUE(has(schema({"up", "--to", "2"}).out, "2 of 2 applied"));
  const Outcome both = schema({"up", "1", "--to", "2"});
  EXPECT_EQ(both.exit, 2) << both.all();
  EXPECT_EQ(schema({"up", "--to", "7"}).exit, 2);
  EXPECT_EQ(schema({"up", "0"}).exit, 2);
  EXPECT_EQ(schema({"down", "--to", "-1", "--yes"}).exit, 2);
}

TEST_F(Schema, TakesAnotherSchemaThanThePacks) {
  EXPECT_EQ(schema({"up", "--schema", "tenant"}).exit, 0);
  EXPECT_EQ(target_->value("SELECT to_regclass('tenant.orders')::text"), "tenant.orders");
  EXPECT_TRUE(has(schema({"status"}).out, "0 of 2 applied"));
  EXPECT_TRUE(has(schema({"status", "--schema", "tenant"}).out, "2 of 2 applied"));
}

TEST_F(Schema, ShowsWhoAppliedWhatAndWhen) {
  ASSERT_EQ(schema({"up", "1"}).exit, 0);
  const Outcome text = schema({"status"});
  EXPECT_TRUE(has(text.out, "pack 'shop' in schema 'shop': 1 of 2 applied\n")) << text.out;
  EXPECT_TRUE(has(text.out, "  001_orders   applied        20")) << text.out;
  EXPECT_TRUE(has(text.out, "  002_amounts  pending\n")) << text.out;
  const Outcome json = schema({"status", "--json"});
  EXPECT_EQ(target_->value("SELECT '" + json.out + "'::jsonb -> 'migrations' -> 1 ->> 'state'"),
            "pending");
  EXPECT_EQ(target_->value("SELECT '" + json.out +
                           "'::jsonb -> 'migrations' -> 0 ->> 'applied_by' = current_user"),
            "t");
  EXPECT_EQ(target_->value("SELECT ('" + json.out + "'::jsonb ->> 'pending')"), "1");
}

TEST_F(Schema, VerifyNamesWhatDoesNotHoldAndEndsWithSix) {
  ASSERT_EQ(schema({"up"}).exit, 0);
  target_->query("ALTER TABLE shop.orders DROP CONSTRAINT orders_amount_check");
  const Outcome o = schema({"verify"});
  EXPECT_EQ(o.exit, 6);
  EXPECT_TRUE(has(o.out, "FAIL " + (dir_.path() / "shop/002_amounts.sql").string() +
                             ":6: is false: the check is missing\n"))
      << o.out;
  EXPECT_TRUE(has(o.out, "1 failed")) << o.out;
  const Outcome json = schema({"verify", "--json"});
  EXPECT_EQ(json.exit, 6);
  EXPECT_EQ(target_->value("SELECT '" + json.out + "'::jsonb -> 'failures' -> 0 ->> 'what'"),
            "is false: the check is missing");
}

TEST_F(Schema, StampsABaseline) {
  target_->query("CREATE SCHEMA shop; CREATE TABLE shop.orders (id integer, amount numeric)");
  const Outcome o = schema({"stamp", "--to", "1"});
  EXPECT_EQ(o.exit, 0) << o.all();
  EXPECT_TRUE(has(o.out, "stamped 001_orders\n")) << o.out;
  EXPECT_EQ(schema({"up"}).exit, 0);
  EXPECT_EQ(schema({"verify"}).exit, 0);
  EXPECT_EQ(schema({"stamp"}).exit, 2);
  EXPECT_EQ(schema({"stamp", "--to", "0"}).exit, 2);
  EXPECT_EQ(schema({"stamp", "--to", "0", "--yes"}).exit, 0);
}

TEST_F(Schema, WritesATemplateThatGoesUpOnceItIsFilled) {
  const Outcome o = schema({"new", "Order notes"});
  EXPECT_EQ(o.exit, 0) << o.all();
  EXPECT_EQ(o.out, "wrote " + (dir_.path() / "shop/003_order_notes.sql").string() + "\n");
  const Outcome empty = schema({"up"});
  EXPECT_EQ(empty.exit, 2);
  EXPECT_TRUE(has(empty.err, "003_order_notes.sql:1: section 'up' holds no statement"))
      << empty.err;
  write("003_order_notes.sql", "-- migrate:up\nALTER TABLE orders ADD note text;\n");
  EXPECT_EQ(schema({"up"}).exit, 0);
}

TEST_F(Schema, RefusesTheFaultOfSeed004NamingBothFiles) {
  write("002_more_ROLLBACK.sql", "-- migrate:up\nSELECT 1;\n");
  const Outcome o = schema({"up"});
  EXPECT_EQ(o.exit, 2);
  EXPECT_TRUE(has(o.err, "002_amounts.sql'")) << o.err;
  EXPECT_TRUE(has(o.err, "002_more_ROLLBACK.sql'")) << o.err;
  EXPECT_TRUE(has(o.err, "migrate:down")) << o.err;
  EXPECT_EQ(target_->value("SELECT to_regnamespace('arango2pg')::text"), "∅");
}

TEST_F(Schema, ReportsAFailureWithFileLineSqlstateAndKeepsWhatWasDone) {
  write("003_wrong.sql", "-- migrate:up\nSELECT 1;\n\nALTER TABLE no_table ADD x text;\n");
  const Outcome o = schema({"up"});
  EXPECT_EQ(o.exit, 4);
  EXPECT_TRUE(has(o.out, "applied 002_amounts")) << o.out;
  EXPECT_TRUE(has(o.err, "003_wrong.sql:4: relation \"no_table\" does not exist (SQLSTATE 42P01)"))
      << o.err;
  EXPECT_TRUE(has(o.err, "Nothing of it remains")) << o.err;
  const Outcome status = schema({"status"});
  EXPECT_TRUE(has(status.out, "003_wrong    failed")) << status.out;
}

TEST_F(Schema, RefusesAMissingExtensionWithThePackageToInstall) {
  write("pack.yaml", "name: shop\nschema: shop\nextensions: [no_such_extension]\n");
  const Outcome o = schema({"up"});
  EXPECT_EQ(o.exit, 4);
  EXPECT_TRUE(has(o.err, "needs extension 'no_such_extension', which is not on the server"))
      << o.err;
  EXPECT_TRUE(has(o.err, "Install the package")) << o.err;
}

TEST_F(Schema, TwoAtOnceApplyEachMigrationOnce) {
  write("003_slow.sql", "-- migrate:up\nSELECT pg_sleep(2);\nCREATE TABLE slow ();\n");
  Process first(words({"up"}));
  ASSERT_TRUE(wait_until("SELECT to_regclass('arango2pg.migration_history') IS NOT NULL"));
  Process second(words({"up"}));
  const Outcome a = first.wait();
  const Outcome b = second.wait();
  EXPECT_EQ(a.exit, 0) << a.all();
  EXPECT_EQ(b.exit, 0) << b.all();
  EXPECT_EQ(target_->value("SELECT count(*) FROM arango2pg.migration_log WHERE pack = 'shop'"),
            "3");
}

TEST_F(Schema, SaysWhoMigratesWhenItDoesNotWantToWait) {
  write("003_slow.sql", "-- migrate:up\nSELECT pg_sleep(60);\n");
  Process first(words({"up"}));
  ASSERT_TRUE(wait_until(
      "SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> "
      "pg_backend_pid() AND datname = current_database()"));
  const std::string pid = target_->value(
      "SELECT pid FROM pg_stat_activity WHERE application_name = 'arango2pg/schema shop' AND "
      "datname = current_database()");
  const Outcome o = schema({"up", "--wait", "1s"});
  EXPECT_EQ(o.exit, 4) << o.all();
  EXPECT_TRUE(has(o.err, "pid " + pid + " (application 'arango2pg/schema shop', user '")) << o.err;
  // A signal ends the first one in good order.
  first.signal(SIGTERM);
  const Outcome stopped = first.wait();
  EXPECT_EQ(stopped.exit, 7) << stopped.all();
  EXPECT_TRUE(has(stopped.err, "interrupted in migration '003_slow'")) << stopped.err;
}

TEST_F(Schema, KilledInTheMiddleOfATransactionItEndsWholeTheNextTime) {
  write("003_slow.sql",
        "-- migrate:up\nCREATE TABLE slow (x integer);\nINSERT INTO slow VALUES (1);\n"
        "SELECT CASE WHEN to_regclass('public.fast') IS NULL THEN pg_sleep(60) END;\n");
  Process run(words({"up"}));
  ASSERT_TRUE(wait_until(
      "SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> "
      "pg_backend_pid() AND datname = current_database()"));
  run.signal(SIGKILL);
  EXPECT_EQ(run.wait().exit, -SIGKILL);
  target_->query("CREATE TABLE public.fast ()");
  const Outcome o = schema({"up"});
  EXPECT_EQ(o.exit, 0) << o.all();
  EXPECT_EQ(target_->value("SELECT count(*) FROM shop.slow"), "1");
  EXPECT_EQ(schema({"verify"}).exit, 0);
}

TEST_F(Schema, KilledInTheMiddleOfAConcurrentIndexItEndsWholeTheNextTime) {
  write("003_index.sql",
        "-- migrate:no-transaction\n-- migrate:up\n"
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_by_amount ON orders (amount);\n"
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_by_both ON orders (amount, id);\n"
        "-- migrate:verify\nSELECT bool_and(indisvalid), 'an index is not usable' FROM pg_index\n"
        "WHERE indrelid = 'orders'::regclass;\n");
  ASSERT_EQ(schema({"up", "2"}).exit, 0);
  // An open transaction of an application holds the build up.
  target_->query("BEGIN");
  target_->query("INSERT INTO shop.orders VALUES (1, 1)");
  Process run(words({"up"}));
  ASSERT_TRUE(wait_until(
      "SELECT count(*) = 1 FROM pg_stat_progress_create_index WHERE datname = current_database() "
      "AND phase = 'waiting for writers before build'"));
  run.signal(SIGKILL);
  EXPECT_EQ(run.wait().exit, -SIGKILL);
  // The server notices that the client is gone; what it had built so far stays, INVALID.
  ASSERT_TRUE(wait_until(
      "SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'arango2pg/schema shop' "
      "AND datname = current_database()"));
  target_->query("COMMIT");
  EXPECT_EQ(target_->value("SELECT count(*) FROM pg_index WHERE NOT indisvalid"), "1");
  EXPECT_TRUE(has(schema({"status"}).out, "half-applied")) << schema({"status"}).out;
  const Outcome o = schema({"up"});
  EXPECT_EQ(o.exit, 0) << o.all();
  EXPECT_EQ(target_->value("SELECT count(*) FROM pg_index WHERE NOT indisvalid"), "0");
  const Outcome verified = schema({"verify"});
  EXPECT_EQ(verified.exit, 0) << verified.all();
}

TEST_F(Schema, KilledBetweenBatchesItGoesOnBehindTheLastOne) {
  write("003_backfill.sql",
        "-- migrate:no-transaction\n-- migrate:up\n"
        "ALTER TABLE orders ADD times integer DEFAULT 0;\n"
        "INSERT INTO orders (id) SELECT generate_series(1, 200);\n"
        "-- migrate:batches 5\n"
        "WITH b AS (\n"
        "  SELECT id FROM orders WHERE ($1::integer IS NULL OR id > $1::integer) ORDER BY id LIMIT "
        "$2\n"
        "), c AS (\n  UPDATE orders o SET times = times + 1 FROM b WHERE o.id = b.id\n)\n"
        "SELECT max(id), pg_sleep(0.05) FROM b HAVING count(*) > 0;\n");
  Process run(words({"up"}));
  ASSERT_TRUE(wait_until("SELECT to_regclass('arango2pg.migration_log') IS NOT NULL"));
  ASSERT_TRUE(wait_until(
      "SELECT count(*) = 1 FROM arango2pg.migration_history WHERE position::integer > 20"));
  run.signal(SIGKILL);
  EXPECT_EQ(run.wait().exit, -SIGKILL);
  const Outcome o = schema({"up"});
  EXPECT_EQ(o.exit, 0) << o.all();
  EXPECT_TRUE(has(o.err, "goes on at statement 3 of 3")) << o.err;
  EXPECT_EQ(target_->value("SELECT min(times) || ' ' || max(times) || ' ' || count(*) FROM "
                           "shop.orders"),
            "1 1 200");
}

TEST_F(Schema, RefusesToTouchItsOwnStateByHand) {
  ASSERT_EQ(schema({"up"}).exit, 0);
  const auto own = [&](std::vector<std::string> more) {
    more.insert(more.begin(), "schema");
    more.insert(more.end(), {"--pack", "arango2pg", "--target", target_->conninfo()});
    return run_tool(more);
  };
  EXPECT_EQ(own({"status"}).exit, 0);
  EXPECT_EQ(own({"verify"}).exit, 0) << own({"verify"}).all();
  EXPECT_EQ(own({"down", "--to", "0", "--yes"}).exit, 2);
  EXPECT_EQ(own({"stamp", "--to", "0", "--yes"}).exit, 2);
}

}  // namespace
}  // namespace arango2pg::e2e
