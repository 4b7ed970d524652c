// What happens when a run does not end by itself: signals, a second run, a changed plan, lost
// connections.
#include <gtest/gtest.h>
#include <signal.h>

#include <random>
#include <thread>

#include "e2e/harness.h"

namespace arango2pg::e2e {
namespace {

using namespace std::chrono_literals;

class Interruption : public EndToEnd {
 protected:
  static constexpr int documents = 20'000;

  void SetUp() override {
    EndToEnd::SetUp();
    if (IsSkipped()) return;
    auto c = arango_.database("app").create("items");
    std::vector<std::string> all;
    for (int i = 0; i < documents; ++i)
      all.push_back(R"({"_key":"k)" + std::to_string(i) + R"(","i":)" + std::to_string(i) +
                    R"(,"pad":")" + std::string(300, 'p') + "\"}");
    c.insert_all(all);
    arango_.start();
  }

  /// Small pages and transactions, and a source that takes its time: long enough to be interrupted.
  std::vector<std::string> slowly(std::vector<std::string> more = {}) {
    for (const char* word : {"--page-size", "32KiB", "--batch-size", "32KiB", "--progress", "none"})
      more.emplace_back(word);
    return migrate_arguments(arango_.url() + "/app", more);
  }
  void slow_down() {
    fake_arango::Fault delay =
        fake_arango::Fault::of(fake_arango::Fault::Kind::delay, "/_api/cursor", 0);
    delay.delay = 40ms;
    arango_.faults().add(delay);
  }
  /// Waits until some, not all, rows are there.
  void wait_for_rows() {
    for (int i = 0; i < 1000; ++i) {
      if (target_->value("SELECT to_regclass('public.items') IS NOT NULL") == "t" &&
          target_->value("SELECT count(*) > 0 FROM items") == "t")
        return;
      std::this_thread::sleep_for(10ms);
    }
    FAIL() << "no rows appeared";
  }
  void expect_complete() {
    EXPECT_EQ(target_->query("SELECT count(*), count(DISTINCT doc->>'i') FROM items"),
              (std::vector<std::vector<std::string>>{
                  {std::to_string(documents), std::to_string(documents)}}));
    EXPECT_EQ(
        target_->query("SELECT sum(read), sum(written), sum(quarantined) FROM arango2pg.part"),
        (std::vector<std::vector<std::string>>{
            {std::to_string(documents), std::to_string(documents), "0"}}));
    EXPECT_EQ(
        target_->value("SELECT sum(documents) FROM arango2pg.audit_log WHERE action = 'load'"),
        std::to_string(documents));
    EXPECT_EQ(arango_.counters().open_cursors, 0U);
  }

  fake_arango::FakeArango arango_;
};

TEST_F(Interruption, ASignalSavesTheStateAndTheSameCommandGoesOn) {
  slow_down();
  Process first(slowly());
  wait_for_rows();
  first.signal(SIGTERM);
  const auto stopped = first.wait();
  EXPECT_EQ(stopped.exit, 7) << stopped.all();
  EXPECT_NE(target_->value("SELECT count(*) FROM items"), std::to_string(documents));

  arango_.faults().clear();
  const auto second = run_tool(slowly());
  EXPECT_EQ(second.exit, 0) << second.all();
  EXPECT_NE(second.err.find("goes on where it was interrupted"), std::string::npos) << second.err;
  expect_complete();
}

TEST_F(Interruption, ASecondRunIsRefusedAndNamesTheHolder) {
  slow_down();
  Process first(slowly());
  wait_for_rows();
  const auto second = run_tool(slowly());
  EXPECT_EQ(second.exit, 4) << second.all();
  EXPECT_NE(second.err.find(std::to_string(first.pid())), std::string::npos) << second.err;
  arango_.faults().clear();
  EXPECT_EQ(first.wait().exit, 0);
  expect_complete();
}

TEST_F(Interruption, AChangedPlanIsExplainedAndRefused) {
  const std::string one =
      "version: 1\nfrom: items\ninto: items\ncreate: true\nkey: id\ncolumns:\n  id: { meta: key "
      "}\n";
  const auto mapping = dir_.write("m.yaml", one);
  slow_down();
  Process first(slowly({"--mapping", mapping}));
  wait_for_rows();
  first.signal(SIGTERM);
  ASSERT_EQ(first.wait().exit, 7);

  dir_.write("m.yaml", one + "where:\n  - { path: i, lt: 10 }\n");
  const auto refused = run_tool(slowly({"--mapping", mapping}));
  EXPECT_EQ(refused.exit, 2) << refused.all();
  EXPECT_NE(refused.err.find("the plan differs"), std::string::npos) << refused.err;
  EXPECT_NE(refused.err.find("m.yaml"), std::string::npos) << refused.err;
  EXPECT_NE(refused.err.find("--accept-plan-change"), std::string::npos) << refused.err;

  arango_.faults().clear();
  EXPECT_EQ(run_tool(slowly({"--mapping", mapping, "--accept-plan-change"})).exit, 0);
}

TEST_F(Interruption, KilledConnectionsToTheTargetLoseAndDoubleNothing) {
  slow_down();
  Process run(slowly());
  std::mt19937 random(20261121);
  for (int i = 0; i < 15 && run.running(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 120));
    target_->query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
        "AND application_name LIKE 'arango2pg/%lane%'");
  }
  const auto outcome = run.wait();
  EXPECT_EQ(outcome.exit, 0) << outcome.all();
  expect_complete();
}

TEST_F(Interruption, ASourceThatStumblesIsRetried) {
  using fake_arango::Fault;
  arango_.faults().seed(7);
  for (auto fault : {Fault::queue_full(0), Fault::of(Fault::Kind::reset_before, "/_api/cursor", 0),
                     Fault::of(Fault::Kind::reset_after, "/_api/cursor", 0)}) {
    fault.probability = 0.05;
    fault.path = "/_api/cursor";
    arango_.faults().add(fault);
  }
  Fault cut = Fault::of(Fault::Kind::truncate, "/_api/cursor", 3);
  cut.bytes = 1000;
  cut.skip = 3;
  arango_.faults().add(cut);
  const auto outcome = run_tool(slowly());
  EXPECT_EQ(outcome.exit, 0) << outcome.all();
  EXPECT_GT(arango_.faults().fired(), 3U);
  expect_complete();
}

}  // namespace
}  // namespace arango2pg::e2e
