// A source under load, a target that follows it, and processes that die at any moment.
#include <signal.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "e2e/resync_fixture.h"

namespace arango2pg::e2e {
namespace {

using namespace std::chrono_literals;
using fake_arango::FakeArango;

/// Eight in each story keep the suite short; ARANGO2PG_TEST_KILLS=50 is for the doubtful.
int kills_wanted() {
  const char* wish = std::getenv("ARANGO2PG_TEST_KILLS");
  return wish == nullptr ? 8 : std::max(1, std::atoi(wish));
}

struct Story {
  const char* name;
  unsigned shards;
  std::vector<std::string> resync;
};

class ResyncKill : public ResyncTest, public testing::WithParamInterface<Story> {
 protected:
  /// Runs the command again and again, killing it after a random time, until `enough`; then lets it
  /// end. With --follow it never ends by itself.
  template <class Enough>
  void kill_at_random(const std::vector<std::string>& arguments, int longest_ms, Enough&& enough) {
    for (;;) {
      const auto limit = std::chrono::milliseconds(random_() % static_cast<unsigned>(longest_ms));
      Process run(arguments);
      const auto until = std::chrono::steady_clock::now() + limit;
      while (run.running() && std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(2ms);
      if (!run.running()) {
        Outcome outcome = run.wait();
        // The kill before may have come between the end of the work and that of the process.
        if (outcome.exit == 4 && outcome.err.find("holds rows already") != std::string::npos)
          outcome.exit = 0;
        ASSERT_EQ(outcome.exit, 0) << "seed " << seed_ << "\n" << outcome.all();
        ++ended_;
        if (enough(true)) return;
        continue;
      }
      run.signal(SIGKILL);
      run.wait();
      ++kills_;
      if (enough(false)) return;
    }
  }

  std::mt19937 random_;
  unsigned long seed_ = 0;
  int kills_ = 0, ended_ = 0;
};

TEST_P(ResyncKill, KillsAtRandomUnderWritersLoseNothing) {
  const Story& story = GetParam();
  seed_ = std::random_device{}();
  RecordProperty("seed", std::to_string(seed_));
  random_.seed(static_cast<unsigned>(seed_));
  fake_arango::Options options;
  options.shards = story.shards;
  FakeArango arango(options);
  auto db = arango.database("app");
  Writers::create(db, 3000);
  arango.start();
  const std::string source = arango.url() + "/app";
  Writers::Plan plan;
  plan.seed = seed_;
  Writers writers(db, plan);
  // The bulk load dies, too.
  kill_at_random(migrate_arguments(source, {"--progress", "none", "--page-size", "32KiB",
                                            "--batch-size", "32KiB"}),
                 1500, [&](bool ended) { return ended; });
  const int of_migrate = kills_;
  kills_ = 0;
  std::vector<std::string> arguments =
      resync_arguments(*target_, source, {"--batch-size", "32KiB", "--page-size", "32KiB"});
  arguments.insert(arguments.end(), story.resync.begin(), story.resync.end());
  // As long as a run takes on this machine, and longer: some kills come early, some runs end.
  auto once = arguments;
  std::erase(once, "--follow");
  const auto begun = std::chrono::steady_clock::now();
  ASSERT_EQ(run_tool(once).exit, 0) << "seed " << seed_;
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begun);
  const auto longest = std::clamp<std::int64_t>(2 * took.count(), 300, 3000);
  kill_at_random(arguments, static_cast<int>(longest),
                 [&](bool) { return kills_ >= kills_wanted(); });
  writers.stop();
  const Outcome last = run_tool(once);
  ASSERT_EQ(last.exit, 0) << "seed " << seed_ << "\n" << last.all();
  EXPECT_EQ(differences(db, *target_), "") << "seed " << seed_;
  const Outcome verdict = verify(source);
  EXPECT_EQ(verdict.exit, 0) << "seed " << seed_ << "\n" << verdict.all();
  // Each document's last audit entry tells its present state.
  EXPECT_EQ(
      target_->value(
          "SELECT count(*) FROM (SELECT DISTINCT ON (key) key, action, new_revision FROM "
          "arango2pg.audit_log WHERE collection = 'docs' AND key IS NOT NULL "
          "ORDER BY key, id DESC) a LEFT JOIN docs d USING (key) WHERE (action = 'delete') <> "
          "(d.key IS NULL) OR (action <> 'delete' AND new_revision <> d.revision)"),
      "0");
  std::printf("%s: %d kills of migrate, %d of resync, %d runs that ended, %lu writes, seed %lu\n",
              story.name, of_migrate, kills_, ended_, static_cast<unsigned long>(writers.written()),
              seed_);
}

INSTANTIATE_TEST_SUITE_P(
    Stories, ResyncKill,
    testing::Values(Story{"wal", 0, {"--strategy", "wal"}},
                    Story{"follow", 0, {"--strategy", "wal", "--follow", "--poll", "20ms"}},
                    Story{"revisions", 0, {"--strategy", "revisions"}},
                    Story{"shards", 5, {"--strategy", "revisions"}}),
    [](const auto& which) { return std::string(which.param.name); });

}  // namespace
}  // namespace arango2pg::e2e
