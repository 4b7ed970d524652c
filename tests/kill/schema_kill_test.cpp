// Killed with SIGKILL at any moment on its way up or down, a schema pack ends as if nobody had
// disturbed it.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <random>
#include <thread>

#include "e2e/harness.h"

namespace arango2pg::e2e {
namespace {

constexpr int kills_at_most = 12;  // each way, as long as it runs

class SchemaKill : public EndToEnd {
 protected:
  void SetUp() override {
    EndToEnd::SetUp();
    if (IsSkipped()) return;
    dir_.write("p/pack.yaml", "name: p\nschema: p\n");
    dir_.write("p/001_tables.sql",
               "-- migrate:up\nCREATE TABLE t (id integer PRIMARY KEY, times integer DEFAULT 0);\n"
               "INSERT INTO t SELECT generate_series(1, 20000);\nSELECT pg_sleep(0.1);\n"
               "-- migrate:down\nSELECT pg_sleep(0.1);\nDROP TABLE t;\n");
    dir_.write("p/002_indexes.sql",
               "-- migrate:no-transaction\n-- migrate:up\n"
               "CREATE INDEX CONCURRENTLY t_times ON t (times);\n"
               "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS t_both ON t (id, times);\n"
               "-- migrate:down\nDROP INDEX CONCURRENTLY IF EXISTS t_both;\n"
               "DROP INDEX CONCURRENTLY t_times;\n");
    dir_.write("p/003_backfill.sql",
               "-- migrate:no-transaction\n-- migrate:up\nALTER TABLE t ADD note text;\n"
               "-- migrate:batches 500\n"
               "WITH b AS (\n"
               "  SELECT id FROM t WHERE ($1::integer IS NULL OR id > $1::integer)\n"
               "  ORDER BY id LIMIT $2\n"
               "), c AS (\n  UPDATE t SET times = times + 1 FROM b WHERE t.id = b.id\n)\n"
               "SELECT id FROM b ORDER BY id;\n"
               "CREATE INDEX CONCURRENTLY t_note ON t (note);\n"
               "-- migrate:down\nDROP INDEX CONCURRENTLY IF EXISTS t_note;\n"
               "-- migrate:batches 500\n"
               "WITH b AS (\n"
               "  SELECT id FROM t WHERE ($1::integer IS NULL OR id > $1::integer)\n"
               "  ORDER BY id LIMIT $2\n"
               "), c AS (\n  UPDATE t SET times = times - 1 FROM b WHERE t.id = b.id\n)\n"
               "SELECT id FROM b ORDER BY id;\n"
               "ALTER TABLE t ADD CHECK (times = 0);\n"
               "ALTER TABLE t DROP COLUMN note;\n");
  }
  [[nodiscard]] std::vector<std::string> command(std::vector<std::string> words) const {
    words.insert(words.begin(), "schema");
    words.insert(words.end(),
                 {"--pack", (dir_.path() / "p").string(), "--target", target_->conninfo()});
    return words;
  }
  /// Runs a command until it ends by itself, killing it up to `kills` times.
  void run_killed(const std::vector<std::string>& words, std::mt19937& random) {
    for (int kills = 0; kills < kills_at_most; ++kills) {
      Process run(command(words));
      std::this_thread::sleep_for(std::chrono::milliseconds(random() % 800));
      if (!run.running()) break;
      run.signal(SIGKILL);
      if (run.wait().exit == -SIGKILL) ++kills_;
    }
    const Outcome last = run_tool(command(words));
    ASSERT_EQ(last.exit, 0) << last.all();
  }
  int kills_ = 0;
};

TEST_F(SchemaKill, AtRandomOnTheWayUpAndDownChangesNothingInTheEnd) {
  std::mt19937 random(std::random_device{}());
  const auto seed = random();
  RecordProperty("seed", std::to_string(seed));
  random.seed(seed);
  SCOPED_TRACE("seed " + std::to_string(seed));
  // On a fast machine most runs end before they are killed.
  for (int round = 0; round < 3 || (kills_ < 6 && round < 30); ++round) {
    run_killed({"up"}, random);
    EXPECT_EQ(target_->value("SELECT min(times) || ' ' || max(times) || ' ' || count(*) FROM p.t"),
              "1 1 20000");
    EXPECT_EQ(target_->value("SELECT string_agg(indexrelid::regclass || ' ' || indisvalid, ', ' "
                             "ORDER BY indexrelid::regclass::text) FROM pg_index WHERE indrelid = "
                             "'p.t'::regclass"),
              "p.t_both true, p.t_note true, p.t_pkey true, p.t_times true");
    EXPECT_EQ(target_->value("SELECT string_agg(state, ',' ORDER BY number) FROM "
                             "arango2pg.migration_history WHERE pack = 'p'"),
              "applied,applied,applied");
    run_killed({"down", "--to", "0", "--yes"}, random);
    EXPECT_EQ(target_->value("SELECT to_regnamespace('p')::text"), "∅");
    EXPECT_EQ(target_->value("SELECT count(*) FROM arango2pg.migration_history WHERE pack = 'p'"),
              "0");
  }
  RecordProperty("kills", kills_);
  EXPECT_GE(kills_, 6) << "too few to mean anything";
}

}  // namespace
}  // namespace arango2pg::e2e
