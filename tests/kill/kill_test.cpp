// The promise the product stands on: killed with SIGKILL at any moment and run again, the target
// equals that of a run which nobody disturbed.
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdio>
#include <random>
#include <thread>

#include "e2e/harness.h"

namespace arango2pg::e2e {
namespace {

constexpr int kills_wanted = 50;

class Kill : public EndToEnd {
 protected:
  /// 12,000 documents in two collections, some of which must end in quarantine.
  std::string source() {
    std::string items, things;
    for (int i = 0; i < 6000; ++i) {
      const std::string n = std::to_string(i);
      items += R"({"_key":"k)" + n + R"(","_rev":"_jt3aKbe--_","i":)" + n + R"(,"pad":")" +
               std::string(200, 'x') + "\"}\n";
      things += i % 500 == 7 ? R"({"_key":"bad)" + n + R"(","s":"\u0000"})" + "\n"
                             : R"({"_key":"t)" + n + R"(","_rev":"_jt3aKbe--A","i":)" + n + "}\n";
    }
    dir_.write("in/items.jsonl", items);
    dir_.write("in/things.jsonl", things);
    return "jsonl:" + (dir_.path() / "in").string();
  }

  /// Everything a user can see, without ids and times.
  static std::vector<std::vector<std::string>> picture(Target& target) {
    std::vector<std::vector<std::string>> all;
    for (const char* sql :
         {"SELECT 'items', count(*)::text, md5(string_agg(key || revision || doc::text, ',' ORDER "
          "BY key)) FROM items",
          "SELECT 'things', count(*)::text, md5(string_agg(key || revision || doc::text, ',' ORDER "
          "BY key)) FROM things",
          "SELECT 'quarantine', count(*)::text, md5(string_agg(key || rule || document::text, ',' "
          "ORDER BY key)) "
          "FROM arango2pg.quarantine",
          "SELECT 'audit', action::text, sum(documents)::text FROM arango2pg.audit_log GROUP BY "
          "action ORDER BY action",
          "SELECT 'part', collection, concat_ws('/', sum(read), sum(written), sum(filtered), "
          "sum(quarantined), "
          "sum(bytes)) FROM arango2pg.part GROUP BY collection ORDER BY collection"})
      for (auto& row : target.query(sql)) all.push_back(std::move(row));
    return all;
  }
};

TEST_F(Kill, FiftyTimesAtRandomChangesNothingInTheEnd) {
  const std::vector<std::string> arguments = {
      "migrate", "--source",          source(), "--batch-size", "16KiB", "--progress",
      "none",    "--max-quarantined", "100",    "--jobs",       "3"};
  const auto command = [&](const Target& target) {
    auto all = arguments;
    all.insert(all.end(), {"--target", target.conninfo()});
    return all;
  };
  const auto begun = std::chrono::steady_clock::now();
  const auto undisturbed = run_tool(command(*target_));
  ASSERT_EQ(undisturbed.exit, 0) << undisturbed.all();
  const auto whole = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begun);
  const auto expected = picture(*target_);

  std::mt19937 random(std::random_device{}());
  const auto seed = random();
  RecordProperty("seed", std::to_string(seed));
  random.seed(seed);
  int kills = 0, rounds = 0;
  while (kills < kills_wanted && rounds < 200) {
    Target disturbed;
    ++rounds;
    while (true) {
      Process run(command(disturbed));
      const auto limit =
          kills < kills_wanted
              ? static_cast<long>(random() % static_cast<unsigned long>(whole.count() + 20))
              : 600'000L;
      const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(limit);
      while (run.running() && std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
      if (run.running()) {
        run.signal(SIGKILL);
        run.wait();
        ++kills;
        continue;
      }
      const auto outcome = run.wait();
      // The kill before may have come between the end of the work and that of the process.
      if (outcome.exit == 4 && outcome.err.find("holds rows already") != std::string::npos &&
          disturbed.value("SELECT status FROM arango2pg.run WHERE id = 1") == "done") {
        disturbed.query("DELETE FROM arango2pg.run WHERE id > 1");
        break;
      }
      ASSERT_EQ(outcome.exit, 0) << "seed " << seed << "\n" << outcome.all();
      break;
    }
    ASSERT_EQ(picture(disturbed), expected) << "seed " << seed << ", after " << kills << " kills";
  }
  EXPECT_GE(kills, kills_wanted);
  std::printf("%d kills in %d runs, seed %lu\n", kills, rounds, static_cast<unsigned long>(seed));
}

}  // namespace
}  // namespace arango2pg::e2e
