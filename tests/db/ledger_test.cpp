#include "pg/ledger.h"

#include <thread>

#include "support/temp_db.h"

namespace arango2pg::test {
namespace {

using namespace std::chrono_literals;

class LedgerTest : public WithDb {
 protected:
  std::unique_ptr<pg::Ledger> ledger(const std::string& worker) {
    return std::make_unique<pg::Ledger>(db().conninfo(), worker);
  }
  static pg::NewRun new_run(const std::string& source = "dump:a") {
    pg::NewRun run;
    run.command = "migrate";
    run.source = "dump " + source;
    run.source_identity = source;
    run.target = "database 'app'";
    run.start_tick = "12345";
    run.plan = {{"mapping \"a\".yaml", "digest\n1"}, {"table t", "id, v"}, {"table t", "again"}};
    run.version = "0.1.0";
    return run;
  }
  static doc::PartSpec part(const std::string& collection, std::uint32_t stream,
                            std::uint64_t bytes) {
    doc::PartSpec p;
    p.collection = collection;
    p.stream = stream;
    p.kind = "range";
    p.spec = R"({"from":"a","n":1e400})";  // only the source reads it: must stay as it is
    p.documents = 10;
    p.bytes = bytes;
    return p;
  }
  /// Streams of a claim as "collection/stream:parts".
  static std::string text(const std::optional<pg::Claim>& claim) {
    if (!claim) return "nothing";
    return claim->parts[0].spec.collection + "/" + std::to_string(claim->parts[0].spec.stream) +
           ":" + std::to_string(claim->parts.size());
  }
  template <class F>
  static std::string error_of(F&& call) {
    try {
      call();
      return "none";
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), Exit::target);
      return e.what();
    }
  }
  void terminate(const std::string& purpose) {
    query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
        "'arango2pg/" +
        purpose + "' AND datname = current_database()");
  }
};

TEST_F(LedgerTest, CreatesTheControlSchemaOnceForManyProcesses) {
  std::vector<std::jthread> processes;
  std::atomic<int> failures = 0;
  for (int i = 0; i < 6; ++i)
    processes.emplace_back([&] {
      try {
        ledger("w");
      } catch (const Error& e) {
        ++failures;
        ADD_FAILURE() << e.what();
      }
    });
  processes.clear();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(value("SELECT count(*) FROM arango2pg.migration_history WHERE state = 'applied'"), "6");
}

TEST_F(LedgerTest, RefusesTheSchemaOfANewerProgram) {
  ledger("w");
  query(
      "INSERT INTO arango2pg.migration_history (pack, schema_name, number, name, checksum, state)"
      " VALUES ('arango2pg', 'arango2pg', 999, '999_future', 'x', 'applied')");
  EXPECT_EQ(error_of([&] { ledger("w"); }), "the control schema in " + connection().description() +
                                                " was made by a newer arango2pg");
}

TEST_F(LedgerTest, FindsTheUnfinishedRunWithItsPlan) {
  const auto l = ledger("w");
  EXPECT_FALSE(l->unfinished("migrate", "dump:a"));
  const RunId id = l->start(new_run());
  const auto found = l->unfinished("migrate", "dump:a");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, id);
  EXPECT_EQ(found->status, "running");
  EXPECT_EQ(found->correlation_id, "migrate:dump:a");
  EXPECT_EQ(found->plan, new_run().plan);
  EXPECT_FALSE(l->unfinished("migrate", "dump:b"));
  EXPECT_FALSE(l->unfinished("resync", "dump:a"));
  l->finish(id, "interrupted", "signal 15");
  EXPECT_EQ(l->unfinished("migrate", "dump:a")->status, "interrupted");
  l->finish(id, "done");
  EXPECT_FALSE(l->unfinished("migrate", "dump:a"));
}

TEST_F(LedgerTest, ANewRunReplacesUnfinishedOnes) {
  const auto l = ledger("w");
  const RunId old = l->start(new_run());
  const RunId fresh = l->start(new_run());
  EXPECT_NE(old, fresh);
  EXPECT_EQ(list("SELECT status FROM arango2pg.run ORDER BY id"), "abandoned,running");
  l->finish(fresh, "done");
  EXPECT_FALSE(l->unfinished("migrate", "dump:a"));
}

TEST_F(LedgerTest, ARunThatWasKilledInAStageCanBeGivenUp) {
  const auto l = ledger("w");
  const RunId id = l->start(new_run());
  l->begin_stage(id, "compare");
  l->finish(id, "abandoned", "superseded");
  EXPECT_EQ(value("SELECT status FROM arango2pg.run"), "abandoned");
  EXPECT_EQ(value("SELECT status FROM arango2pg.run_stage"), "interrupted");
}

TEST_F(LedgerTest, LogsEveryStatusChange) {
  const auto l = ledger("host1");
  const RunId id = l->start(new_run());
  l->begin_stage(id, "plan");
  l->end_stage(id, "plan", "done");
  l->begin_stage(id, "load");
  l->event(id, "warning", "slow source", R"({"seconds": 9})");
  l->finish(id, "failed", "source gone");
  l->resume(id, new_run());
  l->begin_stage(id, "load");
  EXPECT_EQ(list("SELECT severity || ' ' || message FROM arango2pg.run_event ORDER BY id"),
            "info run running,info stage plan running,info stage plan done,info stage load running,"
            "warn slow source,error stage load failed,error run failed,info run running,"
            "info run resumed,info stage load running");
  EXPECT_EQ(
      value("SELECT detail ->> 'message' FROM arango2pg.run_event WHERE message = 'run failed'"),
      "source gone");
  EXPECT_EQ(list("SELECT name || attempts FROM arango2pg.run_stage ORDER BY id"), "plan1,load2");
  EXPECT_TRUE(l->stage_done(id, "plan"));
  EXPECT_FALSE(l->stage_done(id, "load"));
  EXPECT_FALSE(l->stage_done(id, "finalise"));
}

TEST_F(LedgerTest, OneRunOneHolder) {
  const auto first = ledger("host1 pid 17, started 2026-11-21 01:02:03");
  first->lock("migrate:dump:a");
  first->lock("migrate:dump:a");  // ours already
  const auto second = ledger("host2 pid 4");
  const std::string refused = error_of([&] { second->lock("migrate:dump:a"); });
  EXPECT_EQ(refused.find("this run is under way already: host1 pid 17, started 2026-11-21 01:02:03,"
                         " since 20"),
            0U)
      << refused;
  second->lock("migrate:dump:b");
}

TEST_F(LedgerTest, ALockEndsWithItsProcess) {
  auto first = ledger("host1");
  first->lock("migrate:dump:a");
  std::jthread killed([&] {
    std::this_thread::sleep_for(300ms);
    first.reset();
  });
  const auto second = ledger("host2");
  EXPECT_EQ(error_of([&] { second->lock("migrate:dump:a"); }), "none");
}

TEST_F(LedgerTest, TakesItsLockAgainAfterALostConnection) {
  const auto l = ledger("host1");
  l->lock("migrate:dump:a");
  const RunId id = l->start(new_run());
  terminate("ledger");
  l->event(id, "info", "still here");
  EXPECT_EQ(value("SELECT count(*) FROM arango2pg.run_event WHERE message = 'still here'"), "1");
  const auto other = ledger("host2");
  EXPECT_NE(error_of([&] { other->lock("migrate:dump:a"); }), "none");
}

TEST_F(LedgerTest, NoticesThatItLostTheRunMeanwhile) {
  const auto l = ledger("host1");
  l->lock("migrate:dump:a");
  const RunId id = l->start(new_run());
  // The server ends our session, and somebody else is quicker than our next call.
  terminate("ledger");
  auto thief = db().connect("thief");
  thief.exec("SELECT pg_advisory_lock(hashtextextended('arango2pg run migrate:dump:a', 0))");
  const std::string lost = error_of([&] { l->event(id, "info", "still here"); });
  EXPECT_EQ(lost.find("lost the run to another process while the connection was down: "
                      "'arango2pg/thief' from "),
            0U)
      << lost;
}

TEST_F(LedgerTest, ClaimsTheBiggestStreamFirstAndWhole) {
  const auto l = ledger("w");
  const RunId id = l->start(new_run());
  l->add_parts(id, {part("small", 0, 10), part("big", 0, 400), part("big", 1, 300),
                    part("big", 1, 300), part("other", 0, 9999)});
  const std::map<std::string, std::uint32_t> wanted = {{"small", 0}, {"big", 1}};
  const auto claim = l->claim(id, wanted, 60s);
  EXPECT_EQ(text(claim), "big/1:2");
  EXPECT_EQ(claim->parts[0].collection, 1U);
  EXPECT_EQ(claim->parts[0].spec.spec, R"({"from":"a","n":1e400})");
  EXPECT_EQ(claim->parts[0].spec.documents, 10U);
  EXPECT_EQ(claim->epoch, 1);
  EXPECT_EQ(text(l->claim(id, wanted, 60s)), "big/0:1");
  EXPECT_EQ(text(l->claim(id, wanted, 60s)), "small/0:1");
  EXPECT_EQ(text(l->claim(id, wanted, 60s)), "nothing");
}

TEST_F(LedgerTest, AddsThePartsOfACollectionOnce) {
  const auto l = ledger("w");
  const RunId id = l->start(new_run());
  l->add_parts(id, {part("a", 0, 1), part("a", 1, 1)});
  l->add_parts(id, {part("a", 0, 1), part("a", 1, 1), part("b", 0, 1)});
  EXPECT_EQ(list("SELECT collection || stream FROM arango2pg.part ORDER BY id"), "a0,a1,b0");
}

TEST_F(LedgerTest, NeverGivesOneStreamToTwo) {
  const auto setup = ledger("setup");
  const RunId id = setup->start(new_run());
  std::vector<doc::PartSpec> specs;
  for (std::uint32_t s = 0; s < 40; ++s)
    for (int stripe = 0; stripe < 3; ++stripe) specs.push_back(part("c", s, 100));
  setup->add_parts(id, specs);
  std::mutex mutex;
  std::map<PartId, int> claimed;
  {
    std::vector<std::jthread> workers;
    for (int w = 0; w < 6; ++w)
      workers.emplace_back([&, w] {
        const auto l = ledger("worker " + std::to_string(w));
        while (const auto claim = l->claim(id, {{"c", 0}}, 60s)) {
          EXPECT_EQ(claim->parts.size(), 3U);
          const std::lock_guard guard(mutex);
          for (const auto& p : claim->parts) ++claimed[p.id];
        }
      });
  }
  EXPECT_EQ(claimed.size(), 120U);
  for (const auto& [p, times] : claimed) EXPECT_EQ(times, 1) << p;
}

TEST_F(LedgerTest, TakesOverLeasesThatRanOut) {
  const auto first = ledger("host1");
  const auto second = ledger("host2");
  const RunId id = first->start(new_run());
  first->add_parts(id, {part("c", 0, 1)});
  EXPECT_EQ(text(first->claim(id, {{"c", 0}}, 60s)), "c/0:1");
  EXPECT_EQ(text(second->claim(id, {{"c", 0}}, 60s)), "nothing");
  query("UPDATE arango2pg.part SET lease_until = clock_timestamp() - interval '1 second'");
  // Not by its own worker: another of its lanes may still be busy with it.
  EXPECT_EQ(text(first->claim(id, {{"c", 0}}, 60s)), "nothing");
  first->renew(id, 60s);
  EXPECT_EQ(text(second->claim(id, {{"c", 0}}, 60s)), "nothing");
  query("UPDATE arango2pg.part SET lease_until = clock_timestamp() - interval '1 second'");
  const auto taken = second->claim(id, {{"c", 0}}, 60s);
  EXPECT_EQ(text(taken), "c/0:1");
  EXPECT_EQ(taken->epoch, 2);
}

TEST_F(LedgerTest, GivesPartsBack) {
  const auto first = ledger("host1");
  const RunId id = first->start(new_run());
  first->add_parts(id, {part("c", 0, 1), part("c", 1, 1)});
  first->claim(id, {{"c", 0}}, 60s);
  query("UPDATE arango2pg.part SET position = 'k9', seq = 3 WHERE stream = 0");
  first->release(id);
  EXPECT_EQ(list("SELECT state FROM arango2pg.part"), "pending,pending");
  const auto second = ledger("host2");
  const auto claim = second->claim(id, {{"c", 0}}, 60s);
  EXPECT_EQ(claim->parts[0].position, "k9");
  EXPECT_EQ(value("SELECT seq FROM arango2pg.part WHERE stream = 0"), "");
}

TEST_F(LedgerTest, ResumeTakesBackWhatADeadProcessHeld) {
  auto killed = ledger("host1");
  const auto helper = ledger("host3");
  const RunId id = killed->start(new_run());
  killed->add_parts(id, {part("c", 0, 1), part("d", 0, 1)});
  killed->claim(id, {{"c", 0}}, std::chrono::hours(1));
  helper->claim(id, {{"d", 0}}, std::chrono::hours(1));
  const auto next = ledger("host2");
  killed.reset();
  while (value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock' "
               "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())") !=
         "2")
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  auto changed = new_run();
  changed.plan = {{"mapping", "2"}};
  next->resume(id, changed);
  EXPECT_EQ(text(next->claim(id, {{"c", 0}, {"d", 1}}, 60s)), "c/0:1");
  EXPECT_EQ(text(next->claim(id, {{"c", 0}, {"d", 1}}, 60s)), "nothing");  // the helper lives
  EXPECT_EQ(next->unfinished("migrate", "dump:a")->plan, changed.plan);
  EXPECT_EQ(value("SELECT attempts || ' ' || worker FROM arango2pg.run"), "2 host2");
  EXPECT_EQ(value("SELECT detail ->> 'parts_taken_back' FROM arango2pg.run_event"
                  " WHERE message = 'run resumed'"),
            "1");
}

TEST_F(LedgerTest, RestartForgetsWhatAPartDid) {
  const auto l = ledger("w");
  const RunId id = l->start(new_run());
  l->add_parts(id, {part("c", 0, 1), part("c", 1, 1)});
  query("UPDATE arango2pg.part SET position = 'x', read = 5, written = 4, quarantined = 1");
  for (const char* table : {"quarantine (run_id, part_id, collection, key, rule)"})
    query("INSERT INTO arango2pg." + std::string(table) +
          " SELECT run_id, id, 'c', 'k', 'r' FROM arango2pg.part");
  query(
      "INSERT INTO arango2pg.audit_log (run_id, part_id, collection, action)"
      " SELECT run_id, id, 'c', 'load' FROM arango2pg.part");
  const PartId first = l->parts(id).at(0).id;
  l->restart_part(id, first);
  EXPECT_EQ(list("SELECT concat_ws(' ', position, read, written, quarantined) FROM arango2pg.part"
                 " ORDER BY id"),
            " 0 0 0,x 5 4 1");
  EXPECT_EQ(value("SELECT count(*) FROM arango2pg.quarantine"), "1");
  EXPECT_EQ(value("SELECT count(*) FROM arango2pg.audit_log"), "1");
  const auto parts = l->parts(id);
  EXPECT_EQ(parts[1].position, "x");
  EXPECT_EQ(parts[1].counters.read, 5U);
  EXPECT_EQ(l->counters(id).at("c").written, 4U);
}

TEST_F(LedgerTest, FillsMetricsAndViews) {
  const auto l = ledger("w");
  const RunId id = l->start(new_run());
  l->begin_stage(id, "load");
  l->add_parts(id, {part("c", 0, 100), part("c", 1, 300)});
  query(
      "UPDATE arango2pg.part SET read = 7, written = 6, quarantined = 1, bytes = 70 WHERE stream = "
      "0");
  query(
      "INSERT INTO arango2pg.run_metric (run_id, collection, hour, read, written)"
      " SELECT id, 'c', date_trunc('hour', now()) - interval '1 hour', 2, 2 FROM arango2pg.run");
  l->renew(id, 60s);
  EXPECT_EQ(list("SELECT concat_ws(' ', read, written, quarantined) FROM arango2pg.run_metric "
                 "ORDER BY hour"),
            "2 2 0,5 4 1");
  EXPECT_EQ(
      list("SELECT concat_ws(' ', command, collection, read) FROM arango2pg.run_metrics_summary"),
      "migrate c 5,migrate c 2");
  EXPECT_EQ(list("SELECT concat_ws(' ', command, status, stage, parts_done, parts, read, progress)"
                 " FROM arango2pg.active_runs_dashboard"),
            "migrate running load 0 2 7 17.50");
  l->finish(id, "done");
  EXPECT_EQ(value("SELECT count(*) FROM arango2pg.active_runs_dashboard"), "0");
}

TEST_F(LedgerTest, CallsSurviveATerminatedSession) {
  const auto l = ledger("w");
  const RunId id = l->start(new_run());
  l->add_parts(id, {part("c", 0, 1)});
  for (int i = 0; i < 5; ++i) {
    terminate("ledger");
    EXPECT_EQ(l->parts(id).size(), 1U);
    terminate("ledger");
    l->renew(id, 60s);
  }
  terminate("ledger");
  EXPECT_EQ(text(l->claim(id, {{"c", 0}}, 60s)), "c/0:1");
  terminate("ledger");
  EXPECT_NE(l->start(new_run("dump:b")), id);
  EXPECT_EQ(value("SELECT count(*) FROM arango2pg.run"), "2");
}

TEST_F(LedgerTest, GivesCommandsItsConnection) {
  const auto l = ledger("w");
  EXPECT_EQ(l->with_connection([](pg::Connection& c) { return c.exec("SELECT 42").text(0, 0); }),
            "42");
}

}  // namespace
}  // namespace arango2pg::test
