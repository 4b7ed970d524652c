// Exactly once (promise P1), whatever the network, the server or another process does.
#include <thread>

#include "cut_proxy.h"
#include "load_fixture.h"
#include "pg/loader.h"

namespace arango2pg::test {
namespace {

using namespace std::chrono_literals;

class LoaderRetryTest : public LoaderTest {
 protected:
  void SetUp() override {
    LoaderTest::SetUp();
    if (IsSkipped()) return;
    // No key: a batch that is written twice shows.
    connection().exec("CREATE TABLE t (id text, v text)");
    part_ = add_collection("things", {table("t", {"id", "v"})});
    conninfo_ = proxy_.conninfo(db().name());
  }
  /// One commit of two documents through the proxy; what is there then.
  std::string commit_and_look(pg::Loader& loader, std::uint64_t seq) {
    const std::string n = std::to_string(seq);
    auto work = batches(batch(0, part_, seq, {doc("a" + n, "1"), doc("b" + n, "2")}));
    last_ = commit(loader, work);
    return list("SELECT id FROM t ORDER BY id") + " | " +
           list("SELECT concat_ws(' ', seq, read, written) FROM arango2pg.part") + " | " +
           list("SELECT documents FROM arango2pg.audit_log ORDER BY id");
  }
  CutProxy proxy_;
  PartId part_ = 0;
  pg::CommitResult last_;
};

TEST_F(LoaderRetryTest, RepeatsAfterTheConnectionBrokeInTheMiddleOfCopy) {
  pg::Loader loader(config());
  proxy_.cut(CutProxy::Cut::before, "COPY \"t\"");
  EXPECT_EQ(commit_and_look(loader, 0), "a0,b0 | 0 2 2 | 2");
  EXPECT_EQ(proxy_.cuts(), 1);
  EXPECT_EQ(last_.retries, 1U);
}

TEST_F(LoaderRetryTest, RepeatsACommitThatTheServerNeverSaw) {
  pg::Loader loader(config());
  proxy_.cut(CutProxy::Cut::before, "COMMIT");
  EXPECT_EQ(commit_and_look(loader, 0), "a0,b0 | 0 2 2 | 2");
  EXPECT_EQ(proxy_.cuts(), 1);
}

TEST_F(LoaderRetryTest, NeverRepeatsACommitWhoseAnswerWasLost) {
  pg::Loader loader(config());
  proxy_.cut(CutProxy::Cut::after, "COMMIT");
  EXPECT_EQ(commit_and_look(loader, 0), "a0,b0 | 0 2 2 | 2");
  EXPECT_EQ(proxy_.cuts(), 1);
  EXPECT_EQ(last_.rows, 2U);
  EXPECT_EQ(last_.retries, 1U);
  // The next one goes on behind it.
  EXPECT_EQ(commit_and_look(loader, 1), "a0,a1,b0,b1 | 1 4 4 | 2,2");
}

TEST_F(LoaderRetryTest, SettlesADoubtEvenWhenThePartIsDone) {
  pg::Loader loader(config());
  proxy_.cut(CutProxy::Cut::after, "COMMIT");
  auto work = batches(batch(0, part_, 0, {doc("a", "1")}, true));
  commit(loader, work);
  EXPECT_EQ(list("SELECT id FROM t"), "a");
  EXPECT_EQ(value("SELECT state FROM arango2pg.part"), "done");
}

TEST_F(LoaderRetryTest, EndsItsOldSessionWhenTheServerDidNotNotice) {
  // The old session sits idle in its transaction, holding the part's row lock.
  pg::Loader loader(config());
  proxy_.cut(CutProxy::Cut::silent, "COMMIT");
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(commit_and_look(loader, 0), "a0,b0 | 0 2 2 | 2");
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
}

TEST_F(LoaderRetryTest, WaitsForAServerThatIsAway) {
  pg::Loader loader(config());
  EXPECT_EQ(commit_and_look(loader, 0), "a0,b0 | 0 2 2 | 2");
  proxy_.refuse(true);
  proxy_.cut(CutProxy::Cut::after, "COMMIT");
  std::jthread back([&] {
    std::this_thread::sleep_for(1s);
    proxy_.refuse(false);
  });
  EXPECT_EQ(commit_and_look(loader, 1), "a0,a1,b0,b1 | 1 4 4 | 2,2");
  EXPECT_GE(last_.retries, 2U);
}

TEST_F(LoaderRetryTest, GivesUpInTheEnd) {
  auto c = config();
  c.give_up_after = 1s;
  pg::Loader loader(c);
  EXPECT_EQ(commit_and_look(loader, 0), "a0,b0 | 0 2 2 | 2");
  proxy_.refuse(true);
  proxy_.cut(CutProxy::Cut::before, "COPY");
  try {
    commit_and_look(loader, 1);
    FAIL() << "committed without a server";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), Exit::target);
    EXPECT_TRUE(e.retryable());
  }
  proxy_.refuse(false);
  EXPECT_EQ(commit_and_look(loader, 1), "a0,a1,b0,b1 | 1 4 4 | 2,2");
}

TEST_F(LoaderRetryTest, StopsWaitingWhenAsked) {
  pg::Loader loader(config());
  proxy_.refuse(true);
  std::stop_source stop;
  std::jthread asks([&] {
    std::this_thread::sleep_for(300ms);
    stop.request_stop();
  });
  auto work = batches(batch(0, part_, 0, {doc("a", "1")}));
  try {
    loader.commit(work, stop.get_token());
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), Exit::interrupted);
  }
}

TEST_F(LoaderRetryTest, CancelEndsARunningCommit) {
  conninfo_.clear();
  pg::Loader loader(config());
  auto other = db().connect();
  other.begin();
  other.exec("LOCK TABLE t");
  std::jthread cancels([&] {
    std::this_thread::sleep_for(300ms);
    loader.cancel();
  });
  auto work = batches(batch(0, part_, 0, {doc("a", "1")}));
  try {
    commit(loader, work);
    FAIL() << "committed under another's lock";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), Exit::interrupted);
  }
  other.rollback();
  EXPECT_EQ(value("SELECT count(*) FROM t"), "0");
  commit(loader, work);  // the loader is as good as new
  EXPECT_EQ(value("SELECT count(*) FROM t"), "1");
}

TEST_F(LoaderRetryTest, SurvivesTerminationsAtAnyMoment) {
  conninfo_.clear();
  auto c = config();
  pg::Loader loader(c);
  const auto documents = [](std::uint64_t seq) {
    std::vector<Doc> docs;
    for (int i = 0; i < 200; ++i)
      docs.push_back(doc(std::to_string(seq) + "-" + std::to_string(i), std::string(300, 'x')));
    return docs;
  };
  // On a busy machine a commit takes longer; some must get through.
  const auto begun = std::chrono::steady_clock::now();
  auto first = batches(batch(0, part_, 0, documents(0)));
  commit(loader, first);
  const auto commit_time = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - begun);
  const auto longest = std::max<std::int64_t>(60000, 4 * commit_time.count());
  std::jthread terminator([&](const std::stop_token& done) {
    auto killer = db().connect("killer");
    std::int64_t wait = 1;
    while (!done.stop_requested()) {
      wait = (wait * 7919 + 311) % longest;
      std::this_thread::sleep_for(std::chrono::microseconds(wait));
      killer.exec(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
          " WHERE application_name = 'arango2pg/test lane'");
    }
  });
  constexpr std::uint64_t commits = 25;
  unsigned retries = 0;
  for (std::uint64_t seq = 1; seq < commits; ++seq) {
    auto work = batches(batch(0, part_, seq, documents(seq)));
    retries += commit(loader, work).retries;
  }
  terminator.request_stop();
  EXPECT_GT(retries, 0U);
  EXPECT_EQ(value("SELECT count(*) || ' ' || count(DISTINCT id) FROM t"), "5000 5000");
  EXPECT_EQ(list("SELECT concat_ws(' ', seq, read, written) FROM arango2pg.part"), "24 5000 5000");
  EXPECT_EQ(value("SELECT sum(documents) || ' ' || count(*) FROM arango2pg.audit_log"), "5000 25");
}

TEST_F(LoaderRetryTest, RetriesDeadlocks) {
  conninfo_.clear();
  connection().exec("CREATE UNIQUE INDEX ON t (id)");
  // The other transaction holds 'b' and will wait for 'a'; ours holds 'a' and waits for 'b'. Ours
  // looks for a deadlock first, after 1 s, and is its victim.
  auto other = db().connect();
  other.begin();
  other.exec("SET LOCAL deadlock_timeout = '10s'");
  other.exec("INSERT INTO t VALUES ('b', 'theirs')");
  std::jthread theirs([&] {
    std::this_thread::sleep_for(300ms);
    other.exec("INSERT INTO t VALUES ('a', 'theirs')");
    other.rollback();
  });
  pg::Loader loader(config());
  auto work = batches(batch(0, part_, 0, {doc("a", "ours"), doc("b", "ours")}));
  const auto result = commit(loader, work);
  theirs.join();
  EXPECT_GE(result.retries, 1U);
  EXPECT_EQ(list("SELECT id || ' ' || v FROM t ORDER BY id"), "a ours,b ours");
}

TEST_F(LoaderRetryTest, RefusesAPartThatAnotherTookOver) {
  conninfo_.clear();
  pg::Loader loader(config());
  EXPECT_EQ(commit_and_look(loader, 0), "a0,b0 | 0 2 2 | 2");
  connection().exec("UPDATE arango2pg.part SET lease_owner = 'host2 pid 9'");
  try {
    commit_and_look(loader, 1);
    FAIL() << "wrote to another's part";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), Exit::target);
    EXPECT_FALSE(e.retryable());
    EXPECT_EQ(std::string(e.what()),
              "part " + std::to_string(part_) + " was taken over by 'host2 pid 9'");
  }
  EXPECT_EQ(list("SELECT id FROM t ORDER BY id"), "a0,b0");
}

TEST_F(LoaderRetryTest, IsFencedEvenWhenTakenOverDuringTheCopy) {
  pg::Loader loader(config());
  // The other process takes the part after our look at the lease and before our checkpoint.
  connection().exec(
      "CREATE FUNCTION steal() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
      " PERFORM pg_advisory_lock(1); PERFORM pg_advisory_unlock(1); RETURN NULL; END $$");
  connection().exec(
      "CREATE TRIGGER steal AFTER INSERT ON t FOR EACH STATEMENT EXECUTE FUNCTION steal()");
  connection().exec("SELECT pg_advisory_lock(1)");
  std::jthread thief([&] {
    std::this_thread::sleep_for(300ms);
    connection().exec(
        "UPDATE arango2pg.part SET state = 'pending', lease_owner = NULL, lease_until = NULL");
    connection().exec("SELECT pg_advisory_unlock(1)");
  });
  auto work = batches(batch(0, part_, 0, {doc("a", "1")}));
  EXPECT_THROW(commit(loader, work), Error);
  thief.join();
  EXPECT_EQ(value("SELECT count(*) FROM t"), "0");
}

TEST_F(LoaderRetryTest, RefusesBatchesThatDoNotFollow) {
  conninfo_.clear();
  pg::Loader loader(config());
  auto first = batches(batch(0, part_, 0, {doc("a", "1")}));
  commit(loader, first);
  auto gap = batches(batch(0, part_, 2, {doc("c", "1")}));
  EXPECT_THROW(commit(loader, gap), Error);
  auto inside = batches(batch(0, part_, 1, {doc("b", "1")}), batch(0, part_, 3, {doc("d", "1")}));
  EXPECT_THROW(commit(loader, inside), Error);
  EXPECT_EQ(list("SELECT id FROM t"), "a");
}

TEST_F(LoaderRetryTest, SaysWhatIsWrongWithTheTable) {
  conninfo_.clear();
  connection().exec("ALTER TABLE t RENAME COLUMN v TO w");
  pg::Loader loader(config());
  auto work = batches(batch(0, part_, 0, {doc("a", "1")}));
  try {
    commit(loader, work);
    FAIL();
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(),
                 "cannot load into PostgreSQL (test lane): column \"v\" of relation \"t\" does not"
                 " exist");
    EXPECT_FALSE(e.retryable());
  }
}

}  // namespace
}  // namespace arango2pg::test
