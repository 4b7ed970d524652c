// `resync`: a target that follows its source, seen by a user.
#include "e2e/resync_fixture.h"

#include <gmock/gmock.h>
#include <signal.h>

namespace arango2pg::e2e {
namespace {

using namespace std::chrono_literals;
using fake_arango::FakeArango;
using fake_arango::Fault;
using fake_arango::Options;
using testing::HasSubstr;
using testing::Not;
using Table = std::vector<std::vector<std::string>>;

class Resync : public ResyncTest {
 protected:
  void start(Options options = {}) {
    arango_.emplace(std::move(options));
    db_.emplace(arango_->database("app"));
  }
  std::string source() { return arango_->url() + "/app"; }
  /// A loaded target of a source with `documents` documents, both equal.
  void load(unsigned documents = 500, Options options = {}) {
    start(std::move(options));
    Writers::create(*db_, documents);
    arango_->start();
    const Outcome outcome = migrate(source(), {"--progress", "none"});
    ASSERT_EQ(outcome.exit, 0) << outcome.all();
  }
  std::string rows(const std::string& table) {
    std::string out;
    for (const auto& row :
         target_->query("SELECT key || ' ' || doc::text FROM " + table + " ORDER BY key"))
      out += row[0] + "\n";
    return out;
  }
  /// By a program that shares nothing with the tool, and by the tool's own judge.
  void expect_equal() {
    EXPECT_EQ(differences(*db_, *target_), "");
    const Outcome verdict = verify(source());
    EXPECT_EQ(verdict.exit, 0) << verdict.all();
  }
  Outcome expect_resync(std::vector<std::string> more = {}) {
    Outcome outcome = resync(source(), std::move(more));
    EXPECT_EQ(outcome.exit, 0) << outcome.all();
    return outcome;
  }
  /// Until the follower says that it is where the source is.
  bool wait_until_followed(const std::string& tick) {
    for (int i = 0; i < 600; ++i) {
      if (target_->value("SELECT coalesce(min(tick::numeric) >= " + tick +
                         ", false) AND bool_and(lag_ticks = 0) FROM arango2pg.sync_lag "
                         "WHERE strategy = 'wal'") == "t")
        return true;
      std::this_thread::sleep_for(50ms);
    }
    return false;
  }

  /// A write that the follower must see, behind all that came before it.
  bool has_followed() {
    db_->collection("links").insert(R"({"_from":"docs/a","_to":"docs/b"})");
    return wait_until_followed(std::to_string(arango_->last_tick() - 1));
  }

  std::optional<FakeArango> arango_;
  std::optional<fake_arango::Database> db_;
};

// -- the promise: whatever is written, at any time, the end is equal

TEST_F(Resync, CatchesUpByLogWithWritersDuringTheLoadAndAfterIt) {
  start();
  Writers::create(*db_, 4000);
  arango_->start();
  Writers writers(*db_, {});
  const Outcome loaded =
      migrate(source(), {"--progress", "none", "--page-size", "64KiB", "--batch-size", "64KiB"});
  ASSERT_EQ(loaded.exit, 0) << loaded.all();
  std::this_thread::sleep_for(500ms);
  const Outcome under_way = expect_resync({"--strategy", "wal"});
  std::this_thread::sleep_for(300ms);
  writers.stop();
  EXPECT_GT(writers.written(), 1000U);
  expect_resync();
  expect_equal();
  // Nothing happened since: nothing is done.
  const Outcome idle = expect_resync();
  EXPECT_THAT(idle.err, HasSubstr("strategy: wal"));
  EXPECT_EQ(target_->value("SELECT count(*) FROM arango2pg.audit_log WHERE run_id = "
                           "(SELECT max(id) FROM arango2pg.run)"),
            "0");
  expect_equal();
}

TEST_F(Resync, CatchesUpByRevisionsWithWritersDuringTheLoadAndAfterIt) {
  start();
  Writers::create(*db_, 4000);
  arango_->start();
  Writers writers(*db_, {});
  ASSERT_EQ(migrate(source(), {"--progress", "none", "--page-size", "64KiB"}).exit, 0);
  expect_resync({"--strategy", "revisions"});
  writers.stop();
  expect_resync({"--strategy", "revisions"});
  expect_equal();
}

TEST_F(Resync, AComparisonThatWasInterruptedAlsoSeesWhatChangedBeforeItsPosition) {
  load(3000);
  auto docs = db_->collection("docs");
  for (const std::string& key : docs.keys())
    if (!key.starts_with('K')) docs.update("{\"_key\":\"" + key + "\",\"again\":true}");
  Fault slow = Fault::of(Fault::Kind::delay, "/_api/cursor", 0);
  slow.delay = 100ms;
  arango_->faults().add(slow);
  const std::vector<std::string> by_revisions = {"--strategy", "revisions", "--batch-size",
                                                 "32KiB",      "--jobs",    "1"};
  Process pass(resync_arguments(*target_, source(), by_revisions));
  const auto half = [&] {
    return target_->value(
               "SELECT count(*) > 0 FROM arango2pg.part WHERE run_id = 2 AND collection = 'docs' "
               "AND state = 'running' AND position > '@c'") == "t";
  };
  for (int i = 0; i < 1000 && pass.running() && !half(); ++i) std::this_thread::sleep_for(5ms);
  ASSERT_TRUE(half());
  pass.signal(SIGKILL);
  pass.wait();
  arango_->faults().clear();
  docs.remove(docs.keys().front());
  const Outcome outcome = expect_resync(by_revisions);
  EXPECT_THAT(outcome.err, HasSubstr("going on with the comparison that was interrupted"));
  expect_equal();
}

TEST_F(Resync, CatchesUpAClusterOfFiveShards) {
  Options options;
  options.shards = 5;
  start(options);
  Writers::create(*db_, 4000);
  arango_->start();
  Writers writers(*db_, {});
  ASSERT_EQ(migrate(source(), {"--progress", "none"}).exit, 0);
  expect_resync();
  writers.stop();
  const Outcome outcome = expect_resync();
  EXPECT_THAT(outcome.err, HasSubstr("strategy: revisions (a cluster has no common log)"));
  expect_equal();
}

TEST_F(Resync, CatchesUpAClusterThatHidesItsShards) {
  Options options;
  options.shards = 5;
  start(options);
  Writers::create(*db_, 1000);
  arango_->start();
  arango_->faults().add(Fault::of(Fault::Kind::refuse_shard_ids, "/_api/cursor", 0));
  Writers writers(*db_, {});
  ASSERT_EQ(migrate(source(), {"--progress", "none"}).exit, 0);
  std::this_thread::sleep_for(200ms);
  writers.stop();
  expect_resync();
  expect_equal();
}

TEST_F(Resync, FollowsUntilItIsToldToStop) {
  load();
  Process follower(resync_arguments(*target_, source(), {"--follow", "--poll", "50ms"}));
  Writers writers(*db_, {});
  std::this_thread::sleep_for(1500ms);
  writers.stop();
  auto docs = db_->collection("docs");
  docs.insert(R"({"_key":"last"})");
  ASSERT_TRUE(wait_until_followed(std::to_string(arango_->last_tick() - 1)));
  expect_equal();
  EXPECT_TRUE(follower.running());
  const Outcome status = run_tool({"status", "--target", target_->conninfo()});
  EXPECT_THAT(status.out, HasSubstr("following by wal, lag "));
  EXPECT_THAT(run_tool({"status", "--target", target_->conninfo(), "--json"}).out,
              HasSubstr("\"lag_ticks\":0"));
  follower.signal(SIGTERM);
  const Outcome outcome = follower.wait();
  EXPECT_EQ(outcome.exit, 0) << outcome.all();
  // It starts where it was.
  docs.remove("last");
  const Outcome next = expect_resync();
  EXPECT_EQ(target_->value("SELECT count(*) FROM docs WHERE key = 'last'"), "0");
  EXPECT_THAT(next.err, Not(HasSubstr("following the log from 0 ")));
}

// -- what is done to rows, and what is said about it

TEST_F(Resync, SaysWhatWasDoneToWhichDocument) {
  load(3);
  auto docs = db_->collection("docs");
  const std::string old = target_->value("SELECT revision FROM docs WHERE key = 'k0'");
  docs.update(R"({"_key":"k0","n":"changed"})");
  docs.remove("K1");
  docs.insert(R"({"_key":"new"})");
  const Outcome outcome = expect_resync({"--summary", (dir_.path() / "s.json").string()});
  EXPECT_EQ(
      target_->query("SELECT action::text, key, old_revision IS NOT NULL, new_revision IS NOT "
                     "NULL FROM arango2pg.audit_log WHERE run_id = 2 ORDER BY key"),
      (Table{{"delete", "K1", "t", "f"}, {"update", "k0", "t", "t"}, {"insert", "new", "f", "t"}}));
  EXPECT_EQ(target_->value("SELECT old_revision FROM arango2pg.audit_log WHERE key = 'k0' AND "
                           "run_id = 2"),
            old);
  std::ifstream in(dir_.path() / "s.json");
  const std::string summary{std::istreambuf_iterator<char>(in), {}};
  EXPECT_THAT(summary, HasSubstr(R"("command":"resync")"));
  EXPECT_THAT(summary,
              HasSubstr(R"("collection":"docs","table":"public.docs","tables":["public.docs"])"
                        R"(,"read":2,"written":2,"updated":1,"deleted":1)"));
}

constexpr const char* mapped_people = R"(version: 1
from: people
into: persons
create: true
key: id
revision: rev
columns:
  id: { uuid: _key }
  source_key: { meta: key }
  rev: { meta: revision }
  name: { path: name, required: true }
where:
  - { path: draft, missing: true }
children:
  - { each: jobs, into: person_jobs, key: [person_id, n],
      columns: { person_id: { parent: id }, n: { meta: index }, title: { path: title } } }
on_delete: soft
)";

class MappedResync : public Resync {
 protected:
  void SetUp() override {
    Resync::SetUp();
    if (IsSkipped()) return;
    mapping_ = dir_.write("people.yaml", mapped_people);
    start();
    people_.emplace(db_->create("people"));
    people_->insert(R"({"_key":"ada","name":"Ada","jobs":[{"title":"a"},{"title":"b"}]})");
    people_->insert(R"({"_key":"bob","name":"Bob","jobs":[{"title":"c"}]})");
    people_->insert(R"({"_key":"eve","name":7.5e999})");
    people_->insert(R"({"_key":"nobody"})");
    people_->insert(R"({"_key":"draft","name":"D","draft":true})");
    arango_->start();
  }
  std::string persons() {
    std::string out;
    for (const auto& row : target_->query(
             "SELECT p.source_key || CASE WHEN p.deleted_at IS NULL THEN '' ELSE '-' END || ' ' || "
             "name || ' ' || coalesce(string_agg(title, '' ORDER BY n), '') FROM persons p LEFT "
             "JOIN "
             "person_jobs j ON j.person_id = p.id GROUP BY p.id ORDER BY p.source_key"))
      out += row[0] + ";";
    return out;
  }
  std::optional<fake_arango::Collection> people_;
  std::string mapping_;
};

TEST_F(MappedResync, RowsAndTheirChildrenFollowTheirDocuments) {
  people_->remove("eve");
  const Outcome loaded =
      migrate(source(), {"--mapping", mapping_, "--max-quarantined", "1", "--progress", "none"});
  ASSERT_EQ(loaded.exit, 0) << loaded.all();
  ASSERT_EQ(persons(), "ada Ada ab;bob Bob c;");
  for (const char* strategy : {"wal", "revisions"}) {
    const auto sync = [&] {
      expect_resync({"--mapping", mapping_, "--max-quarantined", "1", "--strategy", strategy});
      const Outcome verdict = verify(source(), {"--mapping", mapping_, "--max-quarantined", "1"});
      EXPECT_EQ(verdict.exit, 0) << strategy << verdict.all();
      return persons();
    };
    people_->update(R"({"_key":"ada","jobs":[{"title":"x"}]})");
    people_->remove("bob");
    EXPECT_EQ(sync(), "ada Ada x;bob- Bob c;") << strategy;
    people_->insert(R"({"_key":"bob","name":"Robert"})");
    EXPECT_EQ(sync(), "ada Ada x;bob Robert ;") << strategy;
    // The mapping's condition no longer takes it.
    people_->update(R"({"_key":"bob","draft":true})");
    EXPECT_EQ(sync(), "ada Ada x;bob- Robert ;") << strategy;
    people_->replace(R"({"_key":"bob","name":"Bob","jobs":[{"title":"c"}]})");
    people_->update(R"({"_key":"ada","jobs":[{"title":"a"},{"title":"b"}]})");
    EXPECT_EQ(sync(), "ada Ada ab;bob Bob c;") << strategy;
  }
}

TEST_F(MappedResync, QuarantinedDocumentsAreTriedAgainWhenTheyChange) {
  people_->remove("eve");
  ASSERT_EQ(
      migrate(source(), {"--mapping", mapping_, "--max-quarantined", "9", "--progress", "none"})
          .exit,
      0);
  const auto quarantine = [&] {
    std::string out;
    for (const auto& row :
         target_->query("SELECT key || ' ' || status FROM arango2pg.quarantine ORDER BY id"))
      out += row[0] + ";";
    return out;
  };
  ASSERT_EQ(quarantine(), "nobody open;");
  // Unchanged, it is not looked at again, and still counts.
  const Outcome same = resync(source(), {"--mapping", mapping_, "--strategy", "revisions"});
  EXPECT_EQ(same.exit, 5) << same.all();
  EXPECT_EQ(quarantine(), "nobody open;");
  people_->update(R"({"_key":"nobody","also":"no name"})");
  EXPECT_EQ(resync(source(), {"--mapping", mapping_}).exit, 5);
  EXPECT_EQ(quarantine(), "nobody retried;nobody open;");
  people_->update(R"({"_key":"nobody","name":"Somebody"})");
  expect_resync({"--mapping", mapping_});
  EXPECT_EQ(quarantine(), "nobody retried;nobody retried;");
  EXPECT_THAT(persons(), HasSubstr("nobody Somebody"));
}

TEST_F(MappedResync, TellsAtPlanTimeWhatCanNotBeDone) {
  people_->remove("eve");
  const std::string keyless = dir_.write("k/people.yaml", R"(version: 1
from: people
into: names
create: true
key: name
columns:
  name: { path: name, default: { path: _key } }
)");
  ASSERT_EQ(migrate(source(), {"--mapping", keyless, "--progress", "none"}).exit, 0);
  const Outcome outcome = resync(source(), {"--mapping", keyless});
  EXPECT_EQ(outcome.exit, 2);
  EXPECT_THAT(outcome.err,
              HasSubstr("people.yaml:5: nothing in a row of table 'public.names' tells "
                        "which document it came from"));
  EXPECT_THAT(outcome.err, HasSubstr("hint: Give the table a column with `{ meta: key }`"));
  target_->query("CREATE TABLE plain (id text PRIMARY KEY)");
  const std::string soft = dir_.write("s/people.yaml",
                                      "version: 1\nfrom: people\ninto: plain\nkey: id\ncolumns: { "
                                      "id: { meta: key } }\non_delete: soft\n");
  const Outcome no_column = resync(source(), {"--mapping", soft});
  EXPECT_EQ(no_column.exit, 2);
  EXPECT_THAT(no_column.err,
              HasSubstr("`on_delete: soft` needs a column deleted_at (timestamptz) in "
                        "table 'public.plain'"));
}

// -- references

TEST_F(Resync, DocumentsThatComeBeforeWhatTheyPointAtAreTriedAgain) {
  start();
  auto parents = db_->create("parents");
  auto kids = db_->create("kids");
  parents.insert(R"({"_key":"p0"})");
  arango_->start();
  target_->query(
      "CREATE TABLE parents (id text PRIMARY KEY, rev bigint);"
      "CREATE TABLE kids (id text PRIMARY KEY, rev bigint, parent text REFERENCES parents)");
  dir_.write("m/parents.yaml",
             "version: 1\nfrom: parents\ninto: parents\nkey: id\nrevision: rev\n"
             "columns: { id: { meta: key } }\n");
  dir_.write("m/kids.yaml",
             "version: 1\nfrom: kids\ninto: kids\nkey: id\nrevision: rev\n"
             "columns: { id: { meta: key }, parent: { path: parent } }\n");
  const std::string mapping = (dir_.path() / "m").string();
  ASSERT_EQ(migrate(source(), {"--mapping", mapping, "--progress", "none"}).exit, 0);
  // In the log the kid comes first; small transactions make sure it is tried alone.
  kids.insert(R"({"_key":"k1","parent":"p1"})");
  for (int i = 0; i < 40; ++i) kids.insert("{\"pad\":\"" + std::string(1000, 'p') + "\"}");
  parents.insert(R"({"_key":"p1"})");
  expect_resync({"--mapping", mapping, "--batch-size", "16KiB"});
  EXPECT_EQ(target_->value("SELECT parent FROM kids WHERE id = 'k1'"), "p1");
  // Gone in the other order: first the one that is pointed at.
  parents.remove("p1");
  for (int i = 0; i < 40; ++i) kids.insert("{\"pad\":\"" + std::string(1000, 'p') + "\"}");
  kids.remove("k1");
  expect_resync({"--mapping", mapping, "--batch-size", "16KiB"});
  EXPECT_EQ(target_->query("SELECT id FROM parents"), (Table{{"p0"}}));
  EXPECT_EQ(target_->value("SELECT count(*) FROM kids"), "80");
}

// -- large changes

TEST_F(Resync, TruncatesOfBothKindsAndCollectionsMadeAnew) {
  Options options;
  options.truncate_limit = 200;
  load(500, options);
  db_->collection("docs").truncate();  // one marker
  db_->collection("more").truncate();  // removals
  db_->collection("docs").insert(R"({"_key":"after"})");
  expect_resync({"--strategy", "wal"});
  expect_equal();
  EXPECT_EQ(target_->value("SELECT documents FROM arango2pg.audit_log WHERE detail ? 'truncated'"),
            "500");
  db_->collection("docs").drop();
  auto again = db_->create("docs");
  again.insert(R"({"_key":"after","of":"another collection"})");
  again.insert(R"({"_key":"b"})");
  const Outcome outcome = expect_resync({"--strategy", "wal"});
  expect_equal();
}

TEST_F(Resync, ATransactionLargerThanTheMemoryAllowsIsAppliedInPieces) {
  load(10);
  std::vector<std::string> documents;
  for (int i = 0; i < 6000; ++i)
    documents.push_back(R"({"_key":"big)" + std::to_string(i) + R"(","pad":")" +
                        std::string(1000, 'p') + "\"}");
  db_->collection("docs").insert_all(documents);
  const Outcome outcome = expect_resync({"--memory", "16MiB", "--batch-size", "256KiB"});
  EXPECT_THAT(outcome.err, HasSubstr("is applied in pieces"));
  expect_equal();
}

// -- the log is not there

TEST_F(Resync, ALostLogIsSaidAndReplacedByAComparison) {
  load();
  db_->collection("docs").remove("k0");
  db_->collection("docs").insert(R"({"_key":"x"})");
  arango_->lose_wal();
  db_->collection("docs").insert(R"({"_key":"y"})");
  const Outcome refused = resync(source(), {"--strategy", "wal"});
  EXPECT_EQ(refused.exit, 3);
  EXPECT_THAT(refused.err, HasSubstr("the log can't be followed: the server has dropped its log"));
  EXPECT_THAT(refused.err, HasSubstr("hint: Use `--strategy revisions`"));
  const Outcome outcome = expect_resync();
  EXPECT_THAT(outcome.err, HasSubstr("strategy: revisions (the server has dropped its log before"));
  expect_equal();
  // From there the log is good again.
  db_->collection("docs").remove("x");
  EXPECT_THAT(expect_resync().err, HasSubstr("strategy: wal"));
  expect_equal();
}

TEST_F(Resync, ALogThatIsLostOnTheWayIsReplacedByAComparisonToo) {
  load();
  Process follower(resync_arguments(*target_, source(), {"--follow", "--poll", "300ms"}));
  ASSERT_TRUE(wait_until_followed(std::to_string(arango_->last_tick() - 1)));
  db_->collection("docs").remove("k0");
  arango_->lose_wal();
  db_->collection("docs").insert(R"({"_key":"y"})");
  for (int i = 0; i < 200 && target_->value("SELECT count(*) FROM docs WHERE key = 'y'") != "1";
       ++i)
    std::this_thread::sleep_for(50ms);
  db_->collection("docs").insert(R"({"_key":"z"})");
  ASSERT_TRUE(wait_until_followed(std::to_string(arango_->last_tick() - 1)));
  expect_equal();
  follower.signal(SIGINT);
  const Outcome outcome = follower.wait();
  EXPECT_EQ(outcome.exit, 0) << outcome.all();
  EXPECT_THAT(outcome.err, HasSubstr("comparing keys and revisions instead"));
}

TEST_F(Resync, TheServerKeepsTheLogWhileItIsMigratedAndFollowed) {
  start();
  Writers::create(*db_, 2000);
  arango_->start();
  Fault slow = Fault::of(Fault::Kind::delay, "/_api/cursor", 0);
  slow.delay = 30ms;
  arango_->faults().add(slow);
  Process load(migrate_arguments(source(), {"--progress", "none", "--page-size", "32KiB"}));
  for (int i = 0; i < 30 && load.running(); ++i) {
    db_->transaction().upsert("docs", "{\"_key\":\"w" + std::to_string(i) + "\"}").commit();
    arango_->purge_wal();
    std::this_thread::sleep_for(20ms);
  }
  ASSERT_EQ(load.wait().exit, 0);
  arango_->faults().clear();
  arango_->purge_wal();
  EXPECT_THAT(expect_resync({"--strategy", "wal"}).err, HasSubstr("strategy: wal"));
  expect_equal();
}

// -- before the first

TEST_F(Resync, NeedsAFinishedMigrate) {
  start();
  Writers::create(*db_, 2000);
  arango_->start();
  const Outcome nothing = resync(source());
  EXPECT_EQ(nothing.exit, 2);
  EXPECT_THAT(nothing.err,
              HasSubstr("nothing of this source has been loaded into this target yet"));
  Fault broken = Fault::reply(500, 4, "/_api/cursor", 0);
  broken.skip = 8;
  arango_->faults().add(broken);
  ASSERT_NE(migrate(source(), {"--progress", "none", "--page-size", "32KiB"}).exit, 0);
  arango_->faults().clear();
  const Outcome half = resync(source());
  EXPECT_EQ(half.exit, 2);
  EXPECT_THAT(half.err, HasSubstr("migrate run 1 of this source is not finished"));
}

TEST_F(Resync, ExplainsWrongWords) {
  start();
  arango_->start();
  const auto error = [&](std::vector<std::string> more) {
    const Outcome outcome = resync(source(), std::move(more));
    EXPECT_EQ(outcome.exit, 2) << outcome.all();
    return outcome.err;
  };
  EXPECT_THAT(error({"--strategy", "wall"}),
              HasSubstr("unknown strategy 'wall' (did you mean 'wal'?)"));
  EXPECT_THAT(error({"--drift", "x"}), HasSubstr("Use one of report, follow, ignore, refuse."));
  EXPECT_THAT(error({"--strategy", "watermark"}), HasSubstr("needs an attribute"));
  EXPECT_THAT(error({"--watermark", "at"}), HasSubstr("goes with `--strategy watermark` only"));
}

// -- files

/// A dump as arangodump writes it.
void write_dump(fake_arango::Database db, const std::filesystem::path& dir, std::uint64_t tick) {
  std::filesystem::create_directories(dir);
  std::ofstream(dir / "dump.json") << R"({"database":"app","lastTickAtDumpStart":")" << tick
                                   << R"(","properties":{"name":"app"},"useEnvelope":false})";
  for (const std::string& name : db.collections()) {
    auto c = db.collection(name);
    const bool edges = name == "links";
    std::ofstream(dir / (name + ".structure.json"))
        << R"({"indexes":[],"parameters":{"name":")" << name << R"(","type":)" << (edges ? 3 : 2)
        << "}}";
    std::ofstream data(dir / (name + ".data.json"), std::ios::binary);
    for (const std::string& key : c.keys()) data << c.document(key) << "\n";
  }
}

TEST_F(Resync, GoesOnFromADumpByTheLiveServersLog) {
  start();
  Writers::create(*db_, 800);
  arango_->start();
  Writers writers(*db_, {});
  std::this_thread::sleep_for(100ms);
  const std::uint64_t tick = arango_->last_tick();
  write_dump(*db_, dir_.path() / "dump", tick);  // not one moment: writers go on
  ASSERT_EQ(migrate("dump:" + (dir_.path() / "dump").string(), {"--progress", "none"}).exit, 0);
  std::this_thread::sleep_for(200ms);
  writers.stop();
  const Outcome outcome = expect_resync({"--strategy", "wal"});
  EXPECT_THAT(outcome.err, HasSubstr("following the log from " + std::to_string(tick) + " "));
  expect_equal();
}

TEST_F(Resync, ComparesWithANewerDump) {
  start();
  Writers::create(*db_, 800);
  arango_->start();
  write_dump(*db_, dir_.path() / "old", arango_->last_tick());
  const std::string dump = "dump:" + (dir_.path() / "old").string();
  ASSERT_EQ(migrate(dump, {"--progress", "none"}).exit, 0);
  Writers writers(*db_, {});
  std::this_thread::sleep_for(400ms);
  writers.stop();
  write_dump(*db_, dir_.path() / "new", arango_->last_tick());
  const std::string newer = "dump:" + (dir_.path() / "new").string();
  const Outcome refused = resync(newer, {"--strategy", "wal"});
  EXPECT_EQ(refused.exit, 2);
  EXPECT_THAT(refused.err, HasSubstr("files hold no log"));
  const Outcome outcome = resync(newer);
  ASSERT_EQ(outcome.exit, 0) << outcome.all();
  expect_equal();
  // And from there by the server's log.
  db_->collection("docs").insert(R"({"_key":"later"})");
  expect_resync({"--strategy", "wal"});
  expect_equal();
}

// -- collections that come and go

TEST_F(Resync, NewCollectionsAreReportedIgnoredRefusedOrLoaded) {
  load(20);
  db_->create("fresh").insert(R"({"_key":"f"})");
  db_->collection("docs").insert(R"({"_key":"d"})");
  const Outcome refused = resync(source(), {"--drift", "refuse"});
  EXPECT_EQ(refused.exit, 3);
  EXPECT_THAT(refused.err, HasSubstr("collection 'fresh' is new in the source"));
  EXPECT_EQ(target_->value("SELECT count(*) FROM docs WHERE key = 'd'"), "0");
  const Outcome reported = resync(source());
  EXPECT_EQ(reported.exit, 3) << reported.all();
  EXPECT_THAT(reported.err, HasSubstr("collection 'fresh' is new in the source"));
  EXPECT_EQ(target_->value("SELECT count(*) FROM docs WHERE key = 'd'"), "1");
  expect_resync({"--drift", "ignore"});
  expect_resync({"--drift", "follow"});
  expect_equal();
  expect_resync();
}

TEST_F(Resync, DroppedAndRenamedCollectionsTakeTheirRowsAlongWhenFollowed) {
  load(20);
  expect_resync();  // remembers which collection is which
  db_->collection("more").drop();
  auto docs = db_->collection("docs");
  docs.rename("papers");
  const Outcome reported = resync(source());
  EXPECT_EQ(reported.exit, 3) << reported.all();
  EXPECT_THAT(reported.err, HasSubstr("collection 'docs' was renamed to 'papers'"));
  EXPECT_THAT(reported.err, HasSubstr("collection 'more' is no more in the source"));
  EXPECT_EQ(target_->value("SELECT count(*) FROM docs"), "20");
  expect_resync({"--drift", "follow"});
  EXPECT_EQ(target_->value("SELECT count(*) FROM docs"), "0");
  EXPECT_EQ(target_->value("SELECT count(*) FROM more"), "0");
  expect_equal();
  expect_resync();  // that is settled
}

TEST_F(Resync, AFollowerTakesANewCollectionAlong) {
  load(20);
  Process follower(
      resync_arguments(*target_, source(), {"--follow", "--poll", "50ms", "--drift", "follow"}));
  ASSERT_TRUE(wait_until_followed(std::to_string(arango_->last_tick() - 1)));
  auto fresh = db_->create("fresh");
  for (int i = 0; i < 50; ++i) fresh.insert("{}");
  for (int i = 0; i < 200 && target_->value("SELECT to_regclass('fresh') IS NOT NULL") != "t"; ++i)
    std::this_thread::sleep_for(50ms);
  fresh.insert(R"({"_key":"later"})");
  db_->collection("docs").insert(R"({"_key":"later"})");
  for (int i = 0; i < 200 && target_->value("SELECT count(*) FROM docs WHERE key = 'later'") != "1";
       ++i)
    std::this_thread::sleep_for(50ms);
  std::this_thread::sleep_for(300ms);
  follower.signal(SIGTERM);
  const Outcome outcome = follower.wait();
  EXPECT_EQ(outcome.exit, 0) << outcome.all();
  expect_equal();
}

TEST_F(Resync, ACollectionThatTookTheNameOfAnotherIsComparedWhole) {
  load(20);
  auto next = db_->create("next");
  next.insert_all({R"({"_key":"k0","of":"next"})", R"({"_key":"n"})"});
  expect_resync({"--drift", "ignore"});
  // The usual way to publish a collection that was built beside the old one.
  db_->collection("docs").drop();
  next.rename("docs");
  db_->collection("docs").insert(R"({"_key":"later"})");
  const Outcome outcome = expect_resync();
  EXPECT_THAT(outcome.err,
              HasSubstr("collection 'docs' is another one than that which was loaded"));
  expect_equal();
  EXPECT_THAT(expect_resync().err, HasSubstr("strategy: wal"));
}

TEST_F(Resync, AFollowerComparesACollectionThatTookTheNameOfAnother) {
  load(20);
  Process follower(
      resync_arguments(*target_, source(), {"--follow", "--poll", "50ms", "--drift", "ignore"}));
  auto next = db_->create("next");
  next.insert_all({R"({"_key":"k0","of":"next"})", R"({"_key":"n"})"});
  ASSERT_TRUE(has_followed());
  db_->collection("docs").drop();
  ASSERT_TRUE(has_followed());
  next.rename("docs");
  for (int i = 0; i < 200 && target_->value("SELECT count(*) FROM docs WHERE key = 'n'") != "1";
       ++i)
    std::this_thread::sleep_for(50ms);
  db_->collection("docs").insert(R"({"_key":"later"})");
  ASSERT_TRUE(has_followed());
  follower.signal(SIGTERM);
  const Outcome outcome = follower.wait();
  EXPECT_EQ(outcome.exit, 0) << outcome.all();
  expect_equal();
}

TEST_F(Resync, AFollowerGoesOnWithACollectionThatIsMadeAnew) {
  for (const char* drift : {"report", "follow"}) {
    target_ = std::make_unique<Target>();
    load(20);
    Process follower(
        resync_arguments(*target_, source(), {"--follow", "--poll", "50ms", "--drift", drift}));
    ASSERT_TRUE(has_followed()) << drift;
    db_->collection("docs").drop();
    ASSERT_TRUE(has_followed()) << drift;
    db_->create("docs").insert(R"({"_key":"new"})");
    ASSERT_TRUE(has_followed()) << drift;
    follower.signal(SIGTERM);
    const Outcome outcome = follower.wait();
    EXPECT_EQ(outcome.exit, 0) << drift << outcome.all();
    expect_equal();
    db_->collection("docs").insert(R"({"_key":"later"})");
    EXPECT_THAT(expect_resync().err, HasSubstr("strategy: wal"));
    expect_equal();
  }
}

// -- watermark

TEST_F(Resync, AWatermarkBringsWhatIsNewAndSaysWhatItCanNot) {
  start();
  auto c = db_->create("c");
  for (int i = 0; i < 100; ++i)
    c.insert("{\"_key\":\"k" + std::to_string(i) + "\",\"at\":" + std::to_string(1000 + i) + "}");
  arango_->start();
  ASSERT_EQ(migrate(source(), {"--progress", "none"}).exit, 0);
  const std::vector<std::string> by_at = {"--strategy", "watermark", "--watermark", "at"};
  const Outcome unindexed = resync(source(), by_at);
  EXPECT_EQ(unindexed.exit, 2);
  EXPECT_THAT(unindexed.err, HasSubstr("no sorted index begins with 'at' in collection 'c'"));
  c.add_index(R"({"type":"persistent","fields":["at"]})");
  EXPECT_THAT(expect_resync(by_at).err, HasSubstr("has no watermark yet: it is read whole, once"));
  c.insert(R"({"_key":"new","at":2000})");
  c.update(R"({"_key":"k5","at":2001})");
  c.remove("k6");
  const Outcome outcome = expect_resync(by_at);
  EXPECT_THAT(outcome.err, HasSubstr("deletions leave no timestamp"));
  EXPECT_EQ(target_->value("SELECT count(*) FROM c"), "101");
  EXPECT_EQ(target_->value("SELECT doc->>'at' FROM c WHERE key = 'k5'"), "2001");
  EXPECT_EQ(
      target_->value("SELECT sum(read) FROM arango2pg.part WHERE run_id = (SELECT max(run_id) "
                     "FROM arango2pg.part)"),
      "3");  // two changed, and the newest of before
}

TEST_F(Resync, AWatermarkPassHidesNoDeletionFromTheLog) {
  start();
  auto c = db_->create("c");
  c.add_index(R"({"type":"persistent","fields":["at"]})");
  c.insert_all({R"({"_key":"a","at":1})", R"({"_key":"b","at":2})"});
  arango_->start();
  ASSERT_EQ(migrate(source(), {"--progress", "none"}).exit, 0);
  c.remove("a");
  expect_resync({"--strategy", "watermark", "--watermark", "at"});
  EXPECT_EQ(target_->value("SELECT count(*) FROM c"), "2");
  expect_resync({"--strategy", "wal"});
  expect_equal();
}

}  // namespace
}  // namespace arango2pg::e2e
