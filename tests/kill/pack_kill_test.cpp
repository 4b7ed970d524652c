// Our own schema packs, killed with SIGKILL at any moment on their way up and down, end as if
// nobody had disturbed them.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <random>
#include <thread>

#include "e2e/pack_harness.h"

namespace arango2pg::e2e {
namespace {

constexpr unsigned kills_at_most = 8;  // each way, as long as it runs

class PackKill : public PackEndToEnd, public ::testing::WithParamInterface<const char*> {
 protected:
  PackKill() : PackEndToEnd(GetParam()) {}

  void SetUp() override {
    PackEndToEnd::SetUp();
    if (IsSkipped()) return;
    if (pack_ == "entities" &&
        target_->value("SELECT count(*) FROM pg_available_extensions WHERE name = 'postgis'") ==
            "0")
      GTEST_SKIP() << "the server has no extension postgis: scripts/install-deps";
  }
  /// Runs a command until it ends by itself, killing it again and again.
  void run_killed(std::vector<std::string> words, std::mt19937& random) {
    words.insert(words.begin(), "schema");
    words.insert(words.end(),
                 {"--pack", root_ + "/schemas/" + pack_, "--target", target_->conninfo()});
    for (unsigned kills = 0; kills < kills_at_most; ++kills) {
      Process run(words);
      // The first one soon, so that a fast machine is not done before it.
      std::this_thread::sleep_for(std::chrono::milliseconds(random() % (60 + 120 * kills)));
      if (!run.running()) break;
      run.signal(SIGKILL);
      if (run.wait().exit == -SIGKILL) ++kills_;
    }
    const Outcome last = run_tool(words);
    ASSERT_EQ(last.exit, 0) << last.all();
  }
  int kills_ = 0;
};

TEST_P(PackKill, AtRandomOnTheWayUpAndDownChangesNothingInTheEnd) {
  std::mt19937 random(std::random_device{}());
  const auto seed = random();
  random.seed(seed);
  SCOPED_TRACE("seed " + std::to_string(seed));
  const std::string empty = dumped(*target_);
  ASSERT_EQ(schema({"up"}).exit, 0);
  const std::string whole = dumped(*target_);
  target_ = std::make_unique<Target>();

  // On a fast machine most runs end before they are killed.
  for (int round = 0; round < 20 && kills_ == 0; ++round) {
    run_killed({"up"}, random);
    EXPECT_EQ(dumped(*target_), whole);
    const Outcome verified = schema({"verify"});
    EXPECT_EQ(verified.exit, 0) << verified.all();
    run_killed({"down", "--to", "0", "--yes"}, random);
    EXPECT_EQ(dumped(*target_), empty);
  }
  EXPECT_GE(kills_, 1) << "too few to mean anything";
}

INSTANTIATE_TEST_SUITE_P(EachPack, PackKill,
                         ::testing::Values("ats", "applications", "assets", "requests", "entities"),
                         [](const auto& pack) { return std::string(pack.param); });

}  // namespace
}  // namespace arango2pg::e2e
