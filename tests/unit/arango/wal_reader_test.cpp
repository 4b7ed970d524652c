// The log as a stream of changes: whole transactions, whatever the answers' sizes; and what is said
// when it is not there.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "arango/live.h"
#include "arango/wal.h"
#include "fake_arango/fake_arango.h"
#include "source_dir.h"
#include "unit/arango/scripted_server.h"

namespace arango2pg::arango {
namespace {

using fake_arango::FakeArango;
using fake_arango::Fault;

SourceOptions source_options(const std::string& url) {
  SourceOptions o;
  o.url = url;
  o.give_up_after = std::chrono::seconds(5);
  return o;
}

/// What reading a log leaves: collection (by guid) and key → document; and where it ended.
struct State {
  std::map<std::string, std::string> documents;
  std::string others;  ///< changes that are not about documents: "create c;drop;"

  void apply(const WalChunk& chunk) {
    for (const WalEvent& e : chunk.events) {
      const std::string& guid = chunk.collections[e.collection];
      const std::string name = guid + " " + std::string(chunk.text(e.key));
      switch (e.kind) {
        case WalEvent::Kind::write:
          documents[name] = chunk.text(e.document);
          break;
        case WalEvent::Kind::remove:
          documents.erase(name);
          break;
        case WalEvent::Kind::truncate:
          std::erase_if(documents, [&](const auto& d) { return d.first.starts_with(guid + " "); });
          others += "truncate;";
          break;
        case WalEvent::Kind::create:
          others += "create " + e.name + ";";
          break;
        case WalEvent::Kind::drop:
          others += "drop;";
          break;
        case WalEvent::Kind::rename:
          others += "rename " + e.name + ";";
      }
    }
  }
};

class WalReaderTest : public testing::Test {
 protected:
  explicit WalReaderTest(fake_arango::Options options = {}) : server(std::move(options)) {
    server.start();
    db.emplace(server.database("app"));
  }
  std::unique_ptr<WalReader> reader(std::uint64_t from, WalOptions options = {}) {
    options.from = from;
    return std::make_unique<WalReader>(
        std::make_shared<Session>(source_options(server.url() + "/app")), options);
  }
  /// Reads until the log holds no more; `chunks` gets what came.
  State read_all(WalReader& r, std::vector<WalChunk>* chunks = nullptr) {
    State state;
    for (;;) {
      WalChunk chunk = r.next({});
      EXPECT_EQ(chunk.lost, "");
      state.apply(chunk);
      const bool end = chunk.caught_up || !chunk.lost.empty();
      if (chunks != nullptr) chunks->push_back(std::move(chunk));
      if (end) return state;
    }
  }
  std::uint64_t now() const { return server.last_tick(); }

  FakeArango server;
  std::optional<fake_arango::Database> db;
};

TEST_F(WalReaderTest, TellsWritesRemovalsAndWhatHappensToCollections) {
  const std::uint64_t from = now();
  auto c = db->create("c");
  c.insert(R"({"_key":"a","v":1})");
  c.update(R"({"_key":"a","v":"ü"})");
  c.insert(R"({"_key":"b"})");
  c.remove("b");
  auto r = reader(from);
  const State state = read_all(*r);
  ASSERT_EQ(state.documents.size(), 1U);
  EXPECT_NE(state.documents.begin()->second.find(R"("v":"ü")"), std::string::npos);
  EXPECT_EQ(state.others, "create c;");
  c.rename("d");
  EXPECT_EQ(read_all(*r).others, "rename d;");
  c.drop();
  EXPECT_EQ(read_all(*r).others, "drop;");
}

TEST_F(WalReaderTest, SaysWhichRevisionWasRemoved) {
  auto c = db->create("c");
  const auto written = c.insert(R"({"_key":"a"})");
  const std::uint64_t from = now();
  c.remove("a");
  const WalChunk chunk = reader(from)->next({});
  ASSERT_EQ(chunk.events.size(), 1U);
  EXPECT_EQ(chunk.text(chunk.events[0].revision), written.rev);
  EXPECT_EQ(chunk.text(chunk.events[0].key), "a");
}

TEST_F(WalReaderTest, APositionGoesOnWhereTheLastChunkEnded) {
  auto c = db->create("c");
  std::uint64_t position = now();
  for (int i = 0; i < 5; ++i) {
    c.insert("{\"_key\":\"k" + std::to_string(i) + "\"}");
    State state;
    const WalChunk chunk = reader(position)->next({});
    state.apply(chunk);
    EXPECT_EQ(state.documents.size(), 1U) << i;
    EXPECT_TRUE(chunk.tick > position);
    position = chunk.tick;
  }
  const WalChunk chunk = reader(position)->next({});
  EXPECT_TRUE(chunk.events.empty());
  EXPECT_TRUE(chunk.caught_up);
}

TEST_F(WalReaderTest, AnIdleDatabasesPositionFollowsThoseThatAreBusy) {
  auto other = server.database("other").create("c");
  auto r = reader(now());
  const std::uint64_t before = r->next({}).tick;
  for (int i = 0; i < 10; ++i) other.insert("{}");
  const WalChunk chunk = r->next({});
  EXPECT_TRUE(chunk.events.empty());
  EXPECT_GT(chunk.tick, before);
}

std::string padded(int i, std::size_t bytes) {
  return R"({"_key":"k)" + std::to_string(i) + R"(","pad":")" + std::string(bytes, 'p') + "\"}";
}

TEST_F(WalReaderTest, ChunksEndWithWholeTransactionsHoweverTheAnswersAreCut) {
  auto c = db->create("c");
  const std::uint64_t from = now();
  for (int t = 0; t < 20; ++t) {
    auto transaction = db->transaction();
    for (int i = 0; i < 10; ++i) transaction.insert("c", padded(t * 10 + i, 1000));
    transaction.commit();
  }
  WalOptions small;
  small.chunk_bytes = 16384;
  std::vector<WalChunk> chunks;
  auto r = reader(from, small);
  EXPECT_EQ(read_all(*r, &chunks).documents.size(), 200U);
  EXPECT_GT(chunks.size(), 5U);
  for (const WalChunk& chunk : chunks) {
    EXPECT_TRUE(chunk.whole);
    EXPECT_EQ(chunk.events.size() % 10, 0U);
  }
}

TEST_F(WalReaderTest, ATransactionBeyondTheLimitComesInPieces) {
  auto c = db->create("c");
  const std::uint64_t from = now();
  std::vector<std::string> documents;
  for (int i = 0; i < 500; ++i) documents.push_back(padded(i, 1000));
  c.insert_all(documents);
  WalOptions small;
  small.chunk_bytes = 16384;
  small.transaction_bytes = 100'000;
  std::vector<WalChunk> chunks;
  auto r = reader(from, small);
  EXPECT_EQ(read_all(*r, &chunks).documents.size(), 500U);
  EXPECT_GT(chunks.size(), 3U);
  std::size_t pieces = 0;
  for (const WalChunk& chunk : chunks) {
    EXPECT_LT(chunk.bytes.size(), 200'000U);
    pieces += chunk.whole ? 0 : 1;
  }
  EXPECT_EQ(pieces, chunks.size() - 1);
  // From the end of any piece another reader goes on.
  State state;
  state.apply(chunks[0]);
  auto second = reader(chunks[0].tick, small);
  for (const auto& [key, text] : read_all(*second).documents) state.documents[key] = text;
  EXPECT_EQ(state.documents.size(), 500U);
}

TEST_F(WalReaderTest, LostConnectionsAndBusyServersAreRetried) {
  auto c = db->create("c");
  const std::uint64_t from = now();
  c.insert(R"({"_key":"a"})");
  server.faults().add(Fault::queue_full(2));
  server.faults().add(Fault::of(Fault::Kind::reset_after, "/_api/wal", 2));
  Fault cut = Fault::of(Fault::Kind::truncate, "/_api/wal", 1);
  cut.bytes = 20;
  server.faults().add(cut);
  auto r = reader(from);
  EXPECT_EQ(read_all(*r).documents.size(), 1U);
}

TEST_F(WalReaderTest, ANamedReaderKeepsItsLog) {
  auto c = db->create("c");
  WalOptions named;
  named.syncer_id = 42;
  named.client_info = "arango2pg";
  auto r = reader(now(), named);
  read_all(*r);
  c.insert(R"({"_key":"a"})");
  server.purge_wal();
  EXPECT_EQ(read_all(*r).documents.size(), 1U);
}

TEST_F(WalReaderTest, SaysThatTheLogIsGone) {
  auto c = db->create("c");
  auto r = reader(now());
  r->next({});
  c.insert(R"({"_key":"a"})");
  c.insert(R"({"_key":"b"})");
  server.lose_wal();
  c.insert(R"({"_key":"c"})");
  const WalChunk chunk = r->next({});
  EXPECT_NE(chunk.lost.find("has dropped its log before"), std::string::npos) << chunk.lost;
  EXPECT_TRUE(chunk.events.empty());
}

TEST_F(WalReaderTest, ADroppedLogThatHoldsAllThatIsNeededIsNotGone) {
  auto c = db->create("c");
  const std::uint64_t from = now();
  server.lose_wal();  // the position's own batch goes, nothing behind it
  c.insert(R"({"_key":"a"})");
  auto r = reader(from);
  EXPECT_EQ(read_all(*r).documents.size(), 1U);
}

TEST_F(WalReaderTest, AServerThatWasSetBackIsNoticed) {
  const WalChunk chunk = reader(now() + 1000)->next({});
  EXPECT_NE(chunk.lost.find("restored from an older copy"), std::string::npos) << chunk.lost;
}

TEST_F(WalReaderTest, StopsAtOnce) {
  auto r = reader(now());
  Fault slow = Fault::of(Fault::Kind::delay, "/_api/wal", 1);
  slow.delay = std::chrono::milliseconds(2000);
  server.faults().add(slow);
  std::stop_source stop;
  const auto begun = std::chrono::steady_clock::now();
  std::jthread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    stop.request_stop();
  });
  const WalChunk chunk = r->next(stop.get_token());
  EXPECT_TRUE(chunk.events.empty());
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(1500));
}

template <class F>
Error failure_of(F&& f) {
  try {
    f();
  } catch (const Error& e) {
    return e;
  }
  return {Exit::done, "no failure"};
}

TEST(WalAccess, IsExplainedWhereThereIsNone) {
  fake_arango::Options cluster;
  cluster.shards = 2;
  FakeArango coordinator(cluster);
  coordinator.start();
  const Error no_log = failure_of([&] {
    WalReader(std::make_shared<Session>(source_options(coordinator.url())), {}).next({});
  });
  EXPECT_EQ(no_log.kind(), Exit::source);
  EXPECT_STREQ(no_log.what(), "a cluster has no common log to read changes from");
  EXPECT_NE(no_log.hint().find("--strategy revisions"), std::string::npos);

  fake_arango::Options users;
  users.users = {{"reader", "r", {{"app", fake_arango::Access::read}}, {}}};
  FakeArango single(users);
  single.database("app");
  single.start();
  SourceOptions options = source_options(single.url() + "/app");
  options.username = "reader";
  options.password = "r";
  const Error no_right =
      failure_of([&] { WalReader(std::make_shared<Session>(options), {}).next({}); });
  EXPECT_STREQ(no_right.what(), "the user may not read the server's log");
}

// -- what a real server sent

const std::filesystem::path real_logs =
    std::filesystem::path(ARANGO2PG_SOURCE_DIR) / "../shared/real-data/wal";

struct RecordedLog {
  std::vector<std::string> lines;
  std::vector<std::uint64_t> ticks;
  State expected;

  explicit RecordedLog(const char* file) {
    std::ifstream in(real_logs / file, std::ios::binary);
    for (std::string line; std::getline(in, line);) {
      lines.push_back(line);
      ticks.push_back(std::stoull(line.substr(9)));
      const std::size_t data = line.find("\"data\":{\"_key\":\"");
      const std::size_t cuid = line.find("\"cuid\":\"");
      if (line.find("\"type\":2300") == std::string::npos) continue;
      const std::size_t key = data + 16;
      const std::string guid = line.substr(cuid + 8, line.find('"', cuid + 8) - cuid - 8);
      expected.documents[guid + " " + line.substr(key, line.find('"', key) - key)] =
          line.substr(data + 7, line.size() - data - 8);
    }
  }
  /// Tick of the last document of the transaction that the document with `tick` is of; `tick` if
  /// there is none.
  [[nodiscard]] std::uint64_t end_of_transaction(std::uint64_t tick) const {
    const auto is = [&](std::size_t i, const char* what) {
      return lines[i].find(what) != std::string::npos;
    };
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (ticks[i] != tick || !is(i, "\"type\":23") || is(i, "\"tid\":\"0\"")) continue;
      std::uint64_t end = tick;
      for (; !is(i, "\"type\":2201"); ++i) end = ticks[i];
      return end;
    }
    return tick;
  }
  /// The server's answer to `from`, cut before line `end`.
  [[nodiscard]] std::string answer(std::uint64_t from, std::size_t end) const {
    std::string body;
    std::uint64_t included = 0;
    for (std::size_t i = 0; i < end; ++i) {
      if (ticks[i] <= from) continue;
      body += lines[i] + "\n";
      included = ticks[i];
    }
    const bool more = included != 0 && included < ticks.back();
    const auto header = [](const char* name, const std::string& value) {
      return std::string("X-Arango-Replication-") + name + ": " + value + "\r\n";
    };
    return std::string("HTTP/1.1 ") + (body.empty() ? "204 No Content" : "200 OK") +
           "\r\nContent-Type: application/x-arango-dump\r\n" +
           header("Checkmore", more ? "true" : "false") + header("Frompresent", "true") +
           header("Lastincluded", std::to_string(included)) +
           header("Lastscanned", std::to_string(included)) +
           header("Lasttick", std::to_string(ticks.back())) +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
};

class RealLog : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(real_logs)) GTEST_SKIP() << "the recorded logs are not here";
  }
};

TEST_P(RealLog, CutAtAnyLineAndReplayedTwiceEndsInItsLastState) {
  const RecordedLog log(GetParam());
  // "Per _key, the last 2300 line wins (80 keys in file 10, 171 in file 20)."
  ASSERT_EQ(log.expected.documents.size(),
            std::string(GetParam()).find("-10") != std::string::npos ? 80U : 171U);
  std::size_t cut = 0;  // of the next answer; 0 = none
  test::ScriptedServer server([&](const std::string& request) -> test::ScriptedServer::Answer {
    if (request.find("/_api/wal/tail") == std::string::npos)
      return {test::ScriptedServer::json(R"({"jwt":"x"})")};
    const std::size_t end = cut != 0 ? std::exchange(cut, 0) : log.lines.size();
    return {log.answer(std::stoull(request.substr(request.find("from=") + 5)), end)};
  });
  const auto session = std::make_shared<Session>(source_options(server.url() + "/rwRegister"));
  // Every cut for the shorter log, every seventh for the longer: it is the same story.
  const std::size_t step = log.lines.size() > 500 ? 7 : 1;
  for (std::size_t at = 0; at < log.lines.size(); at += step) {
    State state;
    for (const bool killed : {false, true}) {
      cut = at;
      auto reader = std::make_unique<WalReader>(session, WalOptions{});
      WalChunk chunk;
      do {
        chunk = reader->next({});
        state.apply(chunk);
        // A transaction is never torn.
        const std::uint64_t last = chunk.events.empty() ? 0 : chunk.events.back().tick;
        ASSERT_LE(log.end_of_transaction(last), chunk.tick) << "cut at " << at;
        WalOptions on;
        on.from = chunk.tick;
        if (killed) reader = std::make_unique<WalReader>(session, on);
      } while (!chunk.caught_up);
      ASSERT_EQ(chunk.tick, log.ticks.back());
      ASSERT_EQ(state.documents, log.expected.documents) << "cut at " << at;
      if (!killed) state = {};
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Logs, RealLog,
                         testing::Values("rwregister-10.wal-tail.jsonl",
                                         "rwregister-20.wal-tail.jsonl"));

// -- keys

TEST(Keys, OfShardsComeMergedInByteOrder) {
  fake_arango::Options options;
  options.shards = 5;
  FakeArango server(options);
  auto c = server.database("app").create("c");
  std::vector<std::string> documents;
  for (int i = 0; i < 3000; ++i) {
    const char* forms[] = {"k", "K", "_", "a:", "Z-", "@"};
    documents.push_back(std::string(R"({"_key":")") + forms[i % 6] + std::to_string(i) + "\"}");
  }
  c.insert_all(documents);
  server.start();
  LiveServer live(source_options(server.url() + "/app"));
  const auto keys = live.keys("c", {}, c.shards(), "");
  std::vector<std::string> got;
  while (const auto page = keys->next({}))
    for (const auto& item : page->items) {
      got.emplace_back(item.key);
      EXPECT_TRUE(Rev::parse(item.revision).has_value());
    }
  EXPECT_EQ(got, c.keys());
  const auto rest = live.keys("c", {}, c.shards(), got[1999]);
  EXPECT_EQ(rest->next({})->items.size(), 1000U);
}

TEST(Keys, DocumentsAreFetchedByKeyAndMissingOnesAreLeftOut) {
  FakeArango server;
  auto c = server.database("app").create("c");
  std::vector<std::string> keys;
  for (int i = 0; i < 2500; ++i) {
    c.insert(padded(i, 100));
    keys.push_back("k" + std::to_string(i));
  }
  keys.emplace_back("gone");
  server.start();
  LiveServer live(source_options(server.url() + "/app"));
  doc::DocBatch batch;
  ASSERT_TRUE(live.fetcher()->fetch("c", keys, batch, {}));
  EXPECT_EQ(batch.docs.size(), 2500U);
  // Answers that are too large are asked for in halves.
  SourceOptions small = source_options(server.url() + "/app");
  small.page_bytes = 5000;
  LiveServer careful(small);
  doc::DocBatch again;
  ASSERT_TRUE(careful.fetcher()->fetch("c", keys, again, {}));
  EXPECT_EQ(again.docs.size(), 2500U);
}

}  // namespace
}  // namespace arango2pg::arango
