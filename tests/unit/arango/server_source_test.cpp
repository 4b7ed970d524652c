// Reading a server, through everything that can go wrong on the way.
#include "arango/server_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "arango/open.h"
#include "base/error.h"
#include "fake_arango/fake_arango.h"
#include "source_contract.h"

using namespace arango2pg;
using namespace arango2pg::test;
using namespace std::chrono_literals;
using fake_arango::FakeArango;
using fake_arango::Fault;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

arango::SourceOptions options_for(const FakeArango& server, const std::string& database = "app") {
  arango::SourceOptions options;
  options.url = server.url() + "/" + database;
  options.page_bytes = 64U << 10;
  options.give_up_after = 5s;
  options.request_timeout = 20s;
  return options;
}

std::unique_ptr<doc::Source> open(const FakeArango& server, const std::string& database = "app") {
  return arango::open_source(options_for(server, database));
}

/// Keys of all kinds: mixed case, punctuation, digits of unequal length. Byte order and the
/// server's locale disagree on most of them.
std::string key(std::size_t i) {
  static const std::string alphabet = "!$%'()*+,-.0159:;=@AMZ_amz";
  std::string out;
  for (std::size_t n = i * 2654435761U % 1000003; n > 0; n /= alphabet.size())
    out += alphabet[n % alphabet.size()];
  return out + "k" + std::to_string(i);
}

void fill(fake_arango::Collection collection, std::size_t count, std::size_t bytes = 200) {
  std::vector<std::string> documents;
  for (std::size_t i = 0; i < count; ++i)
    documents.push_back("{\"_key\":\"" + key(i) + "\",\"n\":" + std::to_string(i) + ",\"x\":\"" +
                        std::string(bytes + i % 97, 'x') + "\"}");
  collection.insert_all(documents);
}

Documents documents_of(const fake_arango::Collection& collection) {
  Documents out;
  for (const auto& k : collection.keys()) out.push_back(collection.document(k));
  return sorted(out);
}

void expect_same(const Documents& got, const Documents& expected) {
  ASSERT_EQ(got.size(), expected.size());
  ASSERT_TRUE(got == expected);
}

/// What info() or a read says when it fails.
std::string failure(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), Exit::source);
    return std::string(e.what()) + " / " + e.hint();
  }
  return "";
}

fake_arango::Options cluster(unsigned shards, unsigned coordinators = 1) {
  fake_arango::Options options;
  options.shards = shards;
  options.coordinators = coordinators;
  return options;
}

}  // namespace

TEST(Server, DescribesItself) {
  FakeArango server;
  server.database("app").create("users");
  server.start();
  const auto source = open(server);
  EXPECT_EQ(source->info().kind, "server");
  EXPECT_EQ(source->info().version, "3.12.10");
  EXPECT_THAT(source->info().description,
              AllOf(HasSubstr("ArangoDB 3.12.10"), HasSubstr(server.url()), HasSubstr("'app'")));
  EXPECT_NE(source->info().start_tick, "");
  EXPECT_THAT(source->info().warnings, IsEmpty());
}

TEST(Server, KeepsItsIdentityWhenCollectionsComeAndGo) {
  FakeArango server;
  server.database("app").create("users");
  server.start();
  const std::string before = open(server)->info().identity;
  server.database("app").create("more");
  server.database("app").collection("users").drop();
  server.database("other").create("users");
  EXPECT_EQ(open(server)->info().identity, before);
  EXPECT_NE(open(server, "other")->info().identity, before);
}

TEST(Server, ListsCollectionsWithCounts) {
  FakeArango server;
  fill(server.database("app").create("users"), 25);
  fake_arango::CollectionSpec edges;
  edges.type = fake_arango::CollectionType::edge;
  server.database("app").create("knows", edges);
  server.start();
  const auto source = open(server);
  EXPECT_EQ(find_collection(*source, "users").count, 25U);
  EXPECT_FALSE(find_collection(*source, "users").edge);
  EXPECT_TRUE(find_collection(*source, "knows").edge);
  EXPECT_TRUE(find_collection(*source, "_graphs").system);
  EXPECT_EQ(source->count("users"), 25U);
  EXPECT_EQ(source->count("nobody"), std::nullopt);
}

TEST(Server, KeepsTheSourceContract) {
  FakeArango server;
  auto users = server.database("app").create("users");
  fill(users, 3000, 3000);
  server.start();
  expect_contract(*open(server), "users", documents_of(users));
  EXPECT_EQ(server.counters().open_cursors, 0U);
}

TEST(Server, CutsALargeCollectionIntoRanges) {
  FakeArango server;
  auto users = server.database("app").create("users");
  fill(users, 8000, 3000);
  server.start();
  const auto source = open(server);
  const auto parts = source->split(find_collection(*source, "users"), {4, 256U << 20});
  // Eight for each lane were wanted, but below 4 MiB a part costs more than it gains.
  ASSERT_EQ(parts.size(), 5U);
  for (const auto& part : parts) {
    EXPECT_EQ(part.kind, "range");
    EXPECT_EQ(part.documents, 1600U);
    EXPECT_TRUE(part.resumable);
  }
  ByteBudget budget(64U << 20);
  for (const auto& [stream, tasks] : tasks_of(*source, "users", {4, 256U << 20})) {
    std::size_t documents = 0;
    for (const auto& batch : read_stream(*source, tasks, budget)) documents += batch.docs.size();
    EXPECT_EQ(documents, 1600U);
  }
  EXPECT_EQ(source->split(find_collection(*source, "users"), {1, 256U << 20}).size(), 5U);
}

TEST(Server, ReadsAnEmptyCollection) {
  FakeArango server;
  server.database("app").create("empty");
  server.start();
  EXPECT_THAT(read_all(*open(server), "empty", {4}), IsEmpty());
}

TEST(Server, ReadsNamesOfAllKinds) {
  FakeArango server;
  auto users = server.database("mein geschäft").create("größe & mehr");
  fill(users, 10);
  server.start();
  expect_same(read_all(*open(server, "mein%20gesch%C3%A4ft"), "größe & mehr"), documents_of(users));
}

TEST(Server, PagesByBytesWhateverTheDocuments) {
  FakeArango server;
  auto mixed = server.database("app").create("mixed");
  fill(mixed, 300, 20);
  for (int i = 0; i < 3; ++i)
    mixed.insert("{\"_key\":\"big" + std::to_string(i) + "\",\"x\":\"" +
                 std::string(2'000'000, 'b') + "\"}");
  server.start();
  // The budget is smaller than the large documents: they must pass all the same.
  expect_same(read_all(*open(server), "mixed", {1, 256U << 20, 1U << 20}), documents_of(mixed));
}

TEST(Server, TakesSmallerPagesWhenTheServerRunsOutOfMemory) {
  FakeArango server;
  auto users = server.database("app").create("users");
  fill(users, 500);
  server.start();
  const auto source = open(server);
  const auto tasks = tasks_of(*source, "users", {});
  server.faults().add(Fault::reply(500, 32, "/_api/cursor", 3));
  ByteBudget budget(64U << 20);
  Documents got;
  for (const auto& batch : read_stream(*source, tasks.begin()->second, budget)) append(got, batch);
  expect_same(sorted(got), documents_of(users));
}

TEST(Server, ReadsOnWithoutTheHintWhereItIsRefused) {
  FakeArango server;
  auto users = server.database("app").create("users");
  fill(users, 500);
  server.start();
  const auto source = open(server);
  const auto tasks = tasks_of(*source, "users", {});
  server.faults().add(Fault::reply(500, 1577, "/_api/cursor"));
  ByteBudget budget(64U << 20);
  Documents got;
  for (const auto& batch : read_stream(*source, tasks.begin()->second, budget)) append(got, batch);
  expect_same(sorted(got), documents_of(users));
}

TEST(Server, SurvivesWhateverCanBeRetried) {
  const std::vector<std::pair<const char*, Fault>> faults = {
      {"queue full", Fault::queue_full(3)},
      {"queue time", Fault::queue_time(2)},
      {"starting up", Fault::starting_up(2)},
      {"reset before", Fault::of(Fault::Kind::reset_before, "/_api/cursor", 2)},
      {"reset after", Fault::of(Fault::Kind::reset_after, "/_api/cursor", 2)},
      {"close idle", Fault::of(Fault::Kind::close_idle, "", 5)},
      {"lost leader", Fault::reply(503, 1478, "/_api/cursor", 2)},
      {"killed", Fault::reply(410, 1500, "/_api/cursor", 1)},
  };
  FakeArango server;
  auto users = server.database("app").create("users");
  fill(users, 2000);
  server.start();
  const Documents expected = documents_of(users);
  for (const auto& [name, fault] : faults) {
    const std::uint64_t fired = server.faults().fired();
    const auto source = open(server);
    const auto streams = tasks_of(*source, "users", {});
    Fault later = fault;
    later.skip = 2;
    server.faults().add(later);
    ByteBudget budget(8U << 20);
    Documents got;
    for (const auto& [stream, tasks] : streams)
      for (const auto& batch : read_stream(*source, tasks, budget)) append(got, batch);
    EXPECT_GT(server.faults().fired(), fired) << name;
    EXPECT_TRUE(sorted(got) == expected) << name;
    server.faults().clear();
  }
  EXPECT_EQ(server.counters().open_cursors, 0U);
}

TEST(Server, ReadsABodyAgainThatWasCutOff) {
  FakeArango server;
  auto users = server.database("app").create("users");
  fill(users, 2000);
  server.start();
  Fault cut = Fault::of(Fault::Kind::truncate, "/_api/cursor", 3);
  cut.bytes = 1000;
  cut.skip = 1;
  server.faults().add(cut);
  expect_same(read_all(*open(server), "users"), documents_of(users));
  EXPECT_EQ(server.faults().fired(), 3U);
}

TEST(Server, WaitsForASlowServer) {
  FakeArango server;
  auto users = server.database("app").create("users");
  fill(users, 100);
  server.start();
  Fault slow = Fault::of(Fault::Kind::slow, "/_api/cursor", 1);
  slow.bytes = 100'000;
  server.faults().add(slow);
  expect_same(read_all(*open(server), "users"), documents_of(users));
}

TEST(Server, SaysThatAProxyAnswers) {
  FakeArango server;
  server.database("app").create("users");
  server.start();
  Fault html = Fault::of(Fault::Kind::html, "", 0);
  html.status = 200;
  server.faults().add(html);
  EXPECT_THAT(failure([&] { open(server)->info(); }), HasSubstr("text/html"));
}

TEST(Server, NoticesPagesInAnotherOrder) {
  // Hint refused and the shards merged by locale: paging on would lose documents, silently.
  FakeArango server(cluster(3));
  auto users = server.database("app").create("users");
  fill(users, 500);
  server.start();
  const auto source = open(server);
  doc::PartTask task;
  task.spec.collection = "users";
  task.spec.kind = "range";
  task.spec.spec = "{}";
  ByteBudget budget(8U << 20);
  const auto reader = source->open({task}, budget);
  EXPECT_THAT(failure([&] {
                while (reader->next({})) {
                }
              }),
              HasSubstr("does not come in the order of its keys"));
}

TEST(Server, TellsADroppedCollection) {
  FakeArango server;
  auto users = server.database("app").create("users");
  fill(users, 500);
  server.start();
  const auto source = open(server);
  const auto tasks = tasks_of(*source, "users", {});
  users.drop();
  ByteBudget budget(8U << 20);
  const auto reader = source->open(tasks.begin()->second, budget);
  EXPECT_THAT(failure([&] { reader->next({}); }),
              AllOf(HasSubstr("collection 'users'"), HasSubstr("dropped")));
}

TEST(Server, RespectsTheNumberOfRequests) {
  FakeArango server([] {
    fake_arango::Options options;
    options.latency = 2ms;
    return options;
  }());
  auto users = server.database("app").create("users");
  fill(users, 8000, 3000);
  server.start();
  auto options = options_for(server);
  options.max_requests = 2;
  const auto source = arango::open_source(options);
  const auto streams = tasks_of(*source, "users", {6, 256U << 20});
  ASSERT_GE(streams.size(), 5U);
  ByteBudget budget(64U << 20);
  std::vector<std::jthread> threads;
  std::atomic<std::size_t> documents{0};
  for (const auto& [stream, tasks] : streams)
    threads.emplace_back([&, tasks = tasks] {
      for (const auto& batch : read_stream(*source, tasks, budget)) documents += batch.docs.size();
    });
  threads.clear();
  EXPECT_EQ(documents, 8000U);
  EXPECT_LE(server.counters().peak_requests, 2U);
}

TEST(Server, StopsInTheMiddleOfAPage) {
  FakeArango server;
  auto users = server.database("app").create("users");
  fill(users, 500);
  server.start();
  const auto source = open(server);
  const auto tasks = tasks_of(*source, "users", {});
  Fault stuck = Fault::of(Fault::Kind::delay, "/_api/cursor", 0);
  stuck.delay = 1s;
  server.faults().add(stuck);
  ByteBudget budget(8U << 20);
  std::stop_source stop;
  const auto begin = std::chrono::steady_clock::now();
  {
    const auto reader = source->open(tasks.begin()->second, budget);
    std::jthread later([&] {
      std::this_thread::sleep_for(100ms);
      stop.request_stop();
    });
    EXPECT_FALSE(reader->next(stop.get_token()));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 600ms);
  EXPECT_EQ(budget.in_use(), 0U);
}

TEST(Server, StopsWhileItWaitsForTheBudget) {
  FakeArango server;
  fill(server.database("app").create("users"), 500);
  server.start();
  const auto source = open(server);
  const auto tasks = tasks_of(*source, "users", {});
  ByteBudget budget(1U << 20);
  const Lease all = budget.acquire(1U << 20, {});
  std::stop_source stop;
  const auto reader = source->open(tasks.begin()->second, budget);
  std::jthread later([&] {
    std::this_thread::sleep_for(50ms);
    stop.request_stop();
  });
  EXPECT_FALSE(reader->next(stop.get_token()));
}

TEST(Server, IsReadBySeveralReadersThroughASmallBudget) {
  // Each page waits for the bytes of those before it: nobody may hold one page and wait for
  // another.
  FakeArango server;
  auto users = server.database("app").create("users");
  fill(users, 6000, 3000);
  server.start();
  const auto source = open(server);
  ByteBudget budget(256U << 10);
  std::vector<std::jthread> threads;
  std::atomic<std::size_t> documents{0};
  for (const auto& [stream, tasks] : tasks_of(*source, "users", {4, 256U << 20}))
    threads.emplace_back([&, tasks = tasks] {
      const auto reader = source->open(tasks, budget);
      while (const auto batch = reader->next({})) {
        documents += batch->docs.size();
        std::this_thread::sleep_for(1ms);
      }
    });
  threads.clear();
  EXPECT_EQ(documents, 6000U);
}

namespace {

fake_arango::Options guarded() {
  fake_arango::Options options;
  fake_arango::User reader;
  reader.name = "reader";
  reader.password = "s3cret";
  reader.databases = {{"app", fake_arango::Access::read}};
  options.users = {reader};
  return options;
}

std::string with_user(const FakeArango& server, const std::string& user,
                      const std::string& database) {
  return "http://" + user + "@" + server.url().substr(7) + "/" + database;
}

}  // namespace

TEST(ServerLogin, UsesATokenAndRenewsIt) {
  FakeArango server(guarded());
  auto users = server.database("app").create("users");
  fill(users, 2000);
  server.start();
  auto options = options_for(server);
  options.url = with_user(server, "reader:s3cret", "app");
  const auto source = arango::open_source(options);
  source->info();
  EXPECT_EQ(server.counters().logins, 1U);
  Fault expired = Fault::of(Fault::Kind::expire_tokens, "/_api/cursor", 1);
  expired.skip = 2;
  server.faults().add(expired);
  expect_same(read_all(*source, "users"), documents_of(users));
  EXPECT_EQ(server.counters().logins, 2U);
}

TEST(ServerLogin, RenewsATokenBeforeItExpires) {
  auto with_short_tokens = guarded();
  with_short_tokens.jwt_lifetime = 1s;
  FakeArango server(with_short_tokens);
  server.database("app").create("users");
  server.start();
  auto options = options_for(server);
  options.url = with_user(server, "reader:s3cret", "app");
  const auto source = arango::open_source(options);
  source->info();
  std::this_thread::sleep_for(1700ms);
  server.forget_requests();
  EXPECT_EQ(source->count("users"), 0U);
  EXPECT_EQ(server.requests().front().path, "/_open/auth");
}

TEST(ServerLogin, TellsAWrongPasswordWithoutShowingIt) {
  FakeArango server(guarded());
  server.database("app").create("users");
  server.start();
  auto options = options_for(server);
  options.url = with_user(server, "reader:wr0ng", "app");
  const std::string text = failure([&] { arango::open_source(options)->info(); });
  EXPECT_THAT(text, AllOf(HasSubstr("refuses user and password"), Not(HasSubstr("wr0ng"))));
}

TEST(ServerLogin, TellsThatCredentialsAreMissing) {
  FakeArango server(guarded());
  server.database("app").create("users");
  server.start();
  EXPECT_THAT(failure([&] { open(server)->info(); }), HasSubstr("asks for user and password"));
}

TEST(ServerLogin, TellsADatabaseThatTheUserMayNotSee) {
  FakeArango server(guarded());
  server.database("app").create("users");
  server.database("hidden").create("users");
  server.start();
  for (const char* database : {"hidden", "absent"}) {
    auto options = options_for(server);
    options.url = with_user(server, "reader:s3cret", database);
    EXPECT_THAT(failure([&] { arango::open_source(options)->info(); }),
                HasSubstr(std::string("database '") + database + "'"));
  }
}

TEST(ServerLogin, WarnsWithoutTheRightToTheLog) {
  FakeArango server(guarded());
  server.database("app").create("users");
  server.start();
  auto options = options_for(server);
  options.url = with_user(server, "reader:s3cret", "app");
  const auto source = arango::open_source(options);
  EXPECT_EQ(source->info().start_tick, "");
  EXPECT_THAT(source->info().warnings, testing::Contains(HasSubstr("resync by WAL")));
}

TEST(ServerLogin, TakesAToken) {
  FakeArango server(guarded());
  auto users = server.database("app").create("users");
  fill(users, 10);
  server.start();
  auto options = options_for(server);
  options.jwt = server.superuser_jwt();
  expect_same(read_all(*arango::open_source(options), "users"), documents_of(users));
}

TEST(Server, SuggestsTheDatabaseThatWasMeant) {
  FakeArango server;
  server.database("application").create("users");
  server.start();
  EXPECT_THAT(failure([&] { open(server, "aplication")->info(); }),
              HasSubstr("did you mean 'application'?"));
}

TEST(Cluster, IsReadShardByShard) {
  FakeArango server(cluster(3));
  auto users = server.database("app").create("users");
  fill(users, 3000, 3000);
  server.start();
  const auto source = open(server);
  EXPECT_EQ(source->info().kind, "cluster");
  EXPECT_EQ(source->info().start_tick, "");
  const auto parts = source->split(find_collection(*source, "users"), {1, 256U << 20});
  ASSERT_EQ(parts.size(), 3U);
  for (const auto& part : parts) EXPECT_EQ(part.kind, "shard");
  expect_contract(*source, "users", documents_of(users));
}

TEST(Cluster, CutsLargeShardsIntoRanges) {
  FakeArango server(cluster(2));
  auto users = server.database("app").create("users");
  fill(users, 8000, 3000);
  server.start();
  const auto source = open(server);
  EXPECT_GT(source->split(find_collection(*source, "users"), {4, 256U << 20}).size(), 2U);
  expect_same(read_all(*source, "users", {4}), documents_of(users));
}

TEST(Cluster, PagesACollectionOfOneShardDirectly) {
  FakeArango server(cluster(1));
  auto users = server.database("app").create("users");
  fill(users, 500);
  server.start();
  const auto source = open(server);
  const auto parts = source->split(find_collection(*source, "users"), {});
  ASSERT_EQ(parts.size(), 1U);
  EXPECT_EQ(parts[0].kind, "range");
  expect_same(read_all(*source, "users"), documents_of(users));
}

TEST(Cluster, FallsBackToACursorWhereShardsCantBeReadAlone) {
  for (const auto kind : {Fault::Kind::refuse_shard_ids, Fault::Kind::ignore_shard_ids}) {
    FakeArango server(cluster(3));
    auto users = server.database("app").create("users");
    fill(users, 3000);
    server.start();
    server.faults().add(Fault::of(kind, "/_api/cursor", 0));
    const auto source = open(server);
    const auto parts = source->split(find_collection(*source, "users"), {4});
    ASSERT_EQ(parts.size(), 1U);
    EXPECT_EQ(parts[0].kind, "cursor");
    EXPECT_FALSE(parts[0].resumable);
    expect_same(read_all(*source, "users"), documents_of(users));
    EXPECT_EQ(server.counters().open_cursors, 0U);
  }
}

TEST(Cluster, NoticesIgnoredShardIdsWhereOneShardHoldsAll) {
  FakeArango server(cluster(3));
  fake_arango::CollectionSpec spec;
  spec.shard_of = [](std::string_view) { return std::size_t{1}; };
  auto users = server.database("app").create("users", spec);
  fill(users, 100);
  server.start();
  server.faults().add(Fault::of(Fault::Kind::ignore_shard_ids, "/_api/cursor", 0));
  const auto source = open(server);
  EXPECT_EQ(source->split(find_collection(*source, "users"), {})[0].kind, "cursor");
  expect_same(read_all(*source, "users"), documents_of(users));
}

TEST(Cluster, ReadsASmartEdgeCollectionByCursor) {
  FakeArango server(cluster(2));
  fake_arango::CollectionSpec spec;
  spec.type = fake_arango::CollectionType::edge;
  spec.properties = R"({"isSmart":true})";
  auto edges = server.database("app").create("knows", spec);
  for (int i = 0; i < 50; ++i)
    edges.insert("{\"_key\":\"" + std::to_string(i) + "\",\"_from\":\"a/1\",\"_to\":\"a/2\"}");
  server.start();
  const auto source = open(server);
  EXPECT_EQ(source->split(find_collection(*source, "knows"), {})[0].kind, "cursor");
  expect_same(read_all(*source, "knows"), documents_of(edges));
}

TEST(Cluster, ResendsALostCursorBatch) {
  for (const char* version : {"3.11.14", "3.12.10"}) {
    auto options = cluster(3);
    options.version = version;
    FakeArango server(options);
    auto users = server.database("app").create("users");
    fill(users, 5000);
    server.start();
    server.faults().add(Fault::of(Fault::Kind::refuse_shard_ids, "/_api/cursor", 0));
    const auto source = open(server);
    const auto tasks = tasks_of(*source, "users", {});
    Fault lost = Fault::of(Fault::Kind::reset_after, "/_api/cursor/", 3);
    lost.skip = 1;
    server.faults().add(lost);
    ByteBudget budget(8U << 20);
    Documents got;
    for (const auto& batch : read_stream(*source, tasks.begin()->second, budget))
      append(got, batch);
    expect_same(sorted(got), documents_of(users));
    EXPECT_EQ(server.counters().open_cursors, 0U) << version;
  }
}

TEST(Cluster, SaysThatALostCursorCanBeReadAgain) {
  auto options = cluster(3);
  options.version = "3.10.9";  // can't resend
  FakeArango server(options);
  fill(server.database("app").create("users"), 5000);
  server.start();
  server.faults().add(Fault::of(Fault::Kind::refuse_shard_ids, "/_api/cursor", 0));
  const auto source = open(server);
  const auto tasks = tasks_of(*source, "users", {});
  for (const auto kind : {Fault::Kind::reset_after, Fault::Kind::lose_cursor}) {
    server.faults().add(Fault::of(kind, "/_api/cursor/", 1));
    ByteBudget budget(8U << 20);
    const auto reader = source->open(tasks.begin()->second, budget);
    try {
      while (reader->next({})) {
      }
      FAIL() << "nobody noticed";
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), Exit::source);
      EXPECT_TRUE(e.retryable());
    }
  }
}

TEST(Cluster, LeavesNoCursorBehindWhenItIsStopped) {
  FakeArango server(cluster(3));
  fill(server.database("app").create("users"), 5000);
  server.start();
  server.faults().add(Fault::of(Fault::Kind::refuse_shard_ids, "/_api/cursor", 0));
  const auto source = open(server);
  const auto tasks = tasks_of(*source, "users", {});
  ByteBudget budget(8U << 20);
  {
    const auto reader = source->open(tasks.begin()->second, budget);
    EXPECT_TRUE(reader->next({}));
    EXPECT_EQ(server.counters().open_cursors, 1U);
  }
  EXPECT_EQ(server.counters().open_cursors, 0U);
}

TEST(Cluster, IsReadThroughSeveralCoordinators) {
  FakeArango server(cluster(4, 2));
  auto users = server.database("app").create("users");
  fill(users, 2000);
  server.start();
  auto options = options_for(server);
  options.url = server.url(0) + ",127.0.0.1:" + std::to_string(server.port(1)) + "/app";
  const auto source = arango::open_source(options);
  const std::string identity = source->info().identity;
  expect_same(read_all(*source, "users"), documents_of(users));
  bool first = false, second = false;
  for (const auto& r : server.requests())
    if (r.path == "/_api/cursor") (r.coordinator == 0 ? first : second) = true;
  EXPECT_TRUE(first && second) << "the work is not shared";
  options.url = server.url(1) + "/app";
  EXPECT_EQ(arango::open_source(options)->info().identity, identity);
}

TEST(Cluster, GoesOnWhenACoordinatorDies) {
  FakeArango server(cluster(2, 2));
  auto users = server.database("app").create("users");
  fill(users, 3000);
  server.start();
  auto options = options_for(server);
  options.url = server.url(0) + ",127.0.0.1:" + std::to_string(server.port(1)) + "/app";
  const auto source = arango::open_source(options);
  ByteBudget budget(8U << 20);
  Documents got;
  bool stopped = false;
  for (const auto& [stream, tasks] : tasks_of(*source, "users", {})) {
    const auto reader = source->open(tasks, budget);
    while (const auto batch = reader->next({})) {
      append(got, *batch);
      if (!std::exchange(stopped, true)) server.stop_coordinator(0);
    }
  }
  expect_same(sorted(got), documents_of(users));
}
