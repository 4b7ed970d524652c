// Several processes on one run: they share its parts, and each may die.
#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

#include "e2e/harness.h"

namespace arango2pg::e2e {
namespace {

using namespace std::chrono_literals;
using Table = std::vector<std::vector<std::string>>;

class Join : public EndToEnd {
 protected:
  static constexpr int collections = 6, documents = 1500;

  void SetUp() override {
    EndToEnd::SetUp();
    if (IsSkipped()) return;
    for (int c = 0; c < collections; ++c) {
      std::vector<std::string> all;
      for (int i = 0; i < documents; ++i)
        all.push_back(R"({"_key":"k)" + std::to_string(i) + R"(","pad":")" + std::string(300, 'p') +
                      "\"}");
      arango_.database("app").create("c" + std::to_string(c)).insert_all(all);
    }
    arango_.start();
    fake_arango::Fault delay =
        fake_arango::Fault::of(fake_arango::Fault::Kind::delay, "/_api/cursor", 0);
    delay.delay = 250ms;  // until cleared: the others come in time on a busy machine, too
    arango_.faults().add(delay);
  }
  std::vector<std::string> command(std::vector<std::string> more = {}) {
    for (const char* word : {"--page-size", "32KiB", "--batch-size", "32KiB", "--progress", "none",
                             "--jobs", "1", "--max-source-requests", "1"})
      more.emplace_back(word);
    return migrate_arguments(arango_.url() + "/app", more);
  }
  void wait_until(const std::string& sql) {
    for (int i = 0; i < 2000; ++i) {
      if (target_->value("SELECT to_regclass('arango2pg.part') IS NOT NULL") == "t" &&
          target_->value(sql) == "t")
        return;
      std::this_thread::sleep_for(10ms);
    }
    FAIL() << "never true: " << sql;
  }
  void expect_complete() {
    for (int c = 0; c < collections; ++c)
      EXPECT_EQ(target_->value("SELECT count(*) FROM c" + std::to_string(c)),
                std::to_string(documents));
    EXPECT_EQ(target_->query("SELECT sum(read), sum(written) FROM arango2pg.part"),
              (Table{{std::to_string(documents * collections),
                      std::to_string(documents * collections)}}));
    EXPECT_EQ(target_->query("SELECT status, count(*) FROM arango2pg.run GROUP BY 1"),
              (Table{{"done", "1"}}));
  }

  fake_arango::FakeArango arango_;
};

TEST_F(Join, ProcessesShareTheParts) {
  Process first(command({"--join"}));
  Process second(command({"--join"}));
  Process third(command({"--join"}));
  wait_until("SELECT count(DISTINCT lease_owner) > 1 FROM arango2pg.part WHERE state = 'running'");
  arango_.faults().clear();
  for (Process* p : {&first, &second, &third}) {
    const auto outcome = p->wait();
    EXPECT_EQ(outcome.exit, 0) << outcome.all();
    EXPECT_NE(outcome.out.find("9,000"), std::string::npos) << outcome.out;
  }
  expect_complete();
}

TEST_F(Join, AHelperLeadsWhenTheLeaderIsKilled) {
  Process leader(command());
  wait_until("SELECT count(*) > 0 FROM arango2pg.part WHERE state = 'running'");
  Process helper(command({"--join"}));
  wait_until("SELECT count(DISTINCT lease_owner) > 1 FROM arango2pg.part WHERE state = 'running'");
  leader.signal(SIGKILL);
  leader.wait();
  arango_.faults().clear();
  const auto outcome = helper.wait();
  EXPECT_EQ(outcome.exit, 0) << outcome.all();
  expect_complete();
}

TEST_F(Join, AKilledHelpersPartsGoToTheOthers) {
  Process leader(command());
  wait_until("SELECT count(*) > 0 FROM arango2pg.part WHERE state = 'running'");
  Process helper(command({"--join"}));
  wait_until("SELECT count(DISTINCT lease_owner) > 1 FROM arango2pg.part WHERE state = 'running'");
  const std::string pid = std::to_string(helper.pid());
  helper.signal(SIGKILL);
  helper.wait();
  // Its leases end by themselves; half a minute is too long for a test.
  target_->query(
      "UPDATE arango2pg.part SET lease_until = now() WHERE state = 'running' AND "
      "lease_owner LIKE '%:" +
      pid + ":%'");
  arango_.faults().clear();
  const auto outcome = leader.wait();
  EXPECT_EQ(outcome.exit, 0) << outcome.all();
  expect_complete();
}

TEST_F(Join, AnotherPlanIsRefused) {
  Process leader(command());
  wait_until("SELECT count(*) > 0 FROM arango2pg.part WHERE state = 'running'");
  const auto helper = run_tool(command({"--join", "--merge"}));
  EXPECT_EQ(helper.exit, 2) << helper.all();
  EXPECT_NE(helper.err.find("load: was insert, is upsert by key"), std::string::npos) << helper.err;
  arango_.faults().clear();
  EXPECT_EQ(leader.wait().exit, 0);
  expect_complete();
}

}  // namespace
}  // namespace arango2pg::e2e
