// The log of the double: markers, headers, chunks, retention (protocol 6), and what real servers
// sent.
#include <filesystem>
#include <fstream>
#include <iterator>

#include "fake_arango/wal_log.h"
#include "source_dir.h"
#include "unit/support/double_fixture.h"

using namespace fake_arango;
using namespace fake_arango::test;

namespace {

const std::filesystem::path real_logs =
    std::filesystem::path(ARANGO2PG_SOURCE_DIR) / "../shared/real-data/wal";

std::vector<std::string> lines_of(const std::string& body) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t end = body.find('\n', at);
    out.push_back(body.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::uint64_t header(const Reply& r, const std::string& name) {
  return std::stoull(r.header("x-arango-replication-" + name));
}

class Wal : public testing::Test {
 protected:
  explicit Wal(Options options = {}) : arango(std::move(options)), db(arango.server.database()) {}

  Reply tail(std::uint64_t from, const std::string& more = {}) {
    return arango.get("/_api/wal/tail?from=" + std::to_string(from) + more);
  }
  /// Types of the markers since a tick: "2200 2300 2201".
  std::string types(std::uint64_t from) {
    std::string out;
    for (const std::string& line : lines_of(tail(from).body))
      out += (out.empty() ? "" : " ") + to_json(*parse_json(line).find("type"));
    return out;
  }
  /// All markers since a tick, as the client loop of protocol 6.5 collects them.
  std::vector<std::string> follow(std::uint64_t from, const std::string& more) {
    std::vector<std::string> out;
    std::uint64_t last_scanned = from;
    for (;;) {
      const Reply r = tail(from, "&lastScanned=" + std::to_string(last_scanned) + more);
      for (std::string& line : lines_of(r.body)) out.push_back(std::move(line));
      last_scanned = header(r, "lastscanned");
      if (header(r, "lastincluded") > 0) from = header(r, "lastincluded");
      if (r.header("x-arango-replication-checkmore") != "true") return out;
    }
  }
  std::uint64_t now() const { return arango.server.last_tick(); }

  Double arango;
  Database db;
};

TEST_F(Wal, SingleWritesAreMarkersOutsideOfTransactions) {
  auto c = db.create("c");
  const std::uint64_t from = now();
  const std::string rev = c.insert(R"({"_key":"a","v":1})").rev;
  c.update(R"({"_key":"a","w":"\u00e9"})");
  c.remove("a");
  const auto lines = lines_of(tail(from).body);
  ASSERT_EQ(lines.size(), 3U);
  const std::string cuid = member(arango.get("/_api/collection/c"), "globallyUniqueId");
  EXPECT_EQ(lines[0], R"({"tick":")" + std::to_string(from + 1) +
                          R"(","type":2300,"db":"_system","cuid":)" + cuid +
                          R"(,"tid":"0","data":{"_key":"a","_id":"c/a","_rev":")" + rev +
                          R"(","v":1}})");
  // An update is the whole new document, and its text is not escaped.
  EXPECT_NE(lines[1].find(R"("v":1,"w":"é"})"), std::string::npos) << lines[1];
  const Value removed = parse_json(lines[2]);
  EXPECT_EQ(to_json(*removed.find("type")), "2302");
  EXPECT_EQ(to_json(*removed.find("data")->find("_key")), R"("a")");
  EXPECT_EQ(to_json(*removed.find("data")->find("_rev")),
            to_json(*parse_json(lines[1]).find("data")->find("_rev")));
}

TEST_F(Wal, AnswersSayWhereTheLogStands) {
  auto c = db.create("c");
  const std::uint64_t from = now();
  const Reply none = tail(from);
  EXPECT_EQ(none.status, 204);
  EXPECT_EQ(none.header("content-type"), "application/x-arango-dump");
  EXPECT_EQ(none.header("x-arango-replication-checkmore"), "false");
  EXPECT_EQ(none.header("x-arango-replication-frompresent"), "true");
  EXPECT_EQ(header(none, "lastincluded"), 0U);
  EXPECT_LT(header(none, "lastscanned"), from);
  EXPECT_EQ(header(none, "lasttick"), from);
  c.insert(R"({"_key":"a"})");
  const Reply some = tail(from);
  EXPECT_EQ(some.status, 200);
  EXPECT_EQ(header(some, "lastincluded"), from + 1);
  EXPECT_EQ(header(some, "lasttick"), from + 2);
  // The index entry behind the document has a number too: there is more to check, and nothing
  // there.
  EXPECT_EQ(some.header("x-arango-replication-checkmore"), "true");
  EXPECT_EQ(tail(header(some, "lastincluded")).status, 204);
}

TEST_F(Wal, TransactionsAreFramedAndTicksAreSharedWithTheFrame) {
  db.create("a");
  db.create("b");
  const std::uint64_t from = now();
  db.transaction()
      .insert("a", R"({"_key":"1"})")
      .update("a", R"({"_key":"1","v":2})")
      .insert("b", R"({"_key":"x"})")
      .remove("b", "x")
      .commit();
  EXPECT_EQ(types(from), "2200 2300 2300 2300 2302 2201");
  const auto lines = lines_of(tail(from).body);
  const auto tick = [&](std::size_t i) { return to_json(*parse_json(lines[i]).find("tick")); };
  EXPECT_EQ(tick(0), tick(1));
  EXPECT_EQ(tick(4), tick(5));
  for (const std::string& line : lines)
    EXPECT_EQ(to_json(*parse_json(line).find("tid")), to_json(*parse_json(lines[0]).find("tid")));
  // Refused as a whole: nothing in the store, nothing in the log.
  const std::uint64_t before = now();
  EXPECT_THROW(
      db.transaction().insert("a", R"({"_key":"2"})").replace("b", R"({"_key":"no"})").commit(),
      std::invalid_argument);
  EXPECT_EQ(now(), before);
  EXPECT_EQ(db.collection("a").count(), 1U);
}

TEST_F(Wal, SeveralDocumentsInOneRequestAreOneTransaction) {
  db.create("c");
  const std::uint64_t from = now();
  arango.send("POST", "/_api/document/c", R"([{"_key":"1"},{"_key":"1"},{"_key":"2"}])");
  EXPECT_EQ(types(from), "2200 2300 2300 2201");
  const Reply r = arango.send("DELETE", "/_api/document/c", R"(["1",{"_key":"2"},"3"])");
  EXPECT_EQ(to_json(*parsed(r).items()[2].find("errorNum")), "1202");
  EXPECT_EQ(types(from), "2200 2300 2300 2201 2200 2302 2302 2201");
}

struct WalOfSmallCommits : Wal {
  static Options options() {
    Options o;
    o.intermediate_commit_count = 2;
    o.truncate_limit = 4;
    return o;
  }
  WalOfSmallCommits() : Wal(options()) {}
};

TEST_F(WalOfSmallCommits, LargeTransactionsAreCommittedInPartsWithOneId) {
  auto c = db.create("c");
  const std::uint64_t from = now();
  c.insert_all({"{}", "{}", "{}"});
  EXPECT_EQ(types(from), "2200 2300 2300 2201 2200 2300 2201");
  const auto lines = lines_of(tail(from).body);
  EXPECT_EQ(to_json(*parse_json(lines[0]).find("tid")), to_json(*parse_json(lines[4]).find("tid")));
}

TEST_F(WalOfSmallCommits, TruncateIsOneMarkerOfLargeCollectionsAndRemovesOfSmallOnes) {
  auto c = db.create("c");
  c.insert_all({"{}", "{}", "{}", "{}"});
  std::uint64_t from = now();
  c.truncate();
  EXPECT_EQ(types(from), "2004");
  c.insert(R"({"_key":"a"})");
  from = now();
  c.truncate();
  EXPECT_EQ(types(from), "2200 2302 2201");
}

TEST_F(Wal, ACollectionThatIsGoneLeavesOnlyItsDropMarker) {
  const std::uint64_t from = now();
  auto c = db.create("c");
  const Value cuid = *parsed(arango.get("/_api/collection/c")).find("globallyUniqueId");
  c.insert(R"({"_key":"a"})");
  c.drop();
  const auto lines = lines_of(tail(from).body);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].substr(lines[0].find(",\"type\"")),
            R"(,"type":2001,"db":"_system","cuid":)" + to_json(cuid) + "}");
}

TEST_F(Wal, RenamesShowThePresentNameEverywhere) {
  const std::uint64_t from = now();
  auto c = db.create("c");
  c.insert(R"({"_key":"a"})");
  c.rename("d");
  c.rename("e");
  const auto lines = lines_of(tail(from).body);
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_NE(lines[0].find(R"("type":2000,"data":{"allowUserKeys":true)"), std::string::npos);
  EXPECT_NE(lines[1].find(R"("_id":"e/a")"), std::string::npos);
  EXPECT_NE(lines[2].find(R"("type":2002,"data":{"name":"e"}})"), std::string::npos);
  EXPECT_NE(lines[3].find(R"("type":2002,"data":{"name":"e"}})"), std::string::npos);
}

TEST_F(Wal, EachDatabaseSeesItsOwnUnlessGlobal) {
  arango.server.database("other").create("c").insert("{}");
  const std::uint64_t from = now();
  arango.server.database("other").collection("c").insert(R"({"_key":"o"})");
  db.create("mine").insert(R"({"_key":"m"})");
  EXPECT_EQ(types(from), "2000 2300");
  EXPECT_EQ(lines_of(tail(from, "&global=true").body).size(), 3U);
  EXPECT_EQ(
      lines_of(arango.get("/_db/other/_api/wal/tail?from=" + std::to_string(from)).body).size(),
      1U);
  EXPECT_EQ(status_and_num(arango.get("/_db/other/_api/wal/tail?global=true")), "403/11");
  EXPECT_EQ(lines_of(tail(from, "&collection=mine").body).size(), 2U);
  EXPECT_EQ(status_and_num(tail(from, "&collection=no")), "404/1203");
}

TEST_F(Wal, SystemCollectionsAreLeftOutWhenAskedFor) {
  const std::uint64_t from = now();
  db.collection("_graphs").insert("{}");
  db.collection("_statistics").insert("{}");
  db.collection("_jobs").insert("{}");
  EXPECT_EQ(lines_of(tail(from).body).size(), 1U);
  EXPECT_EQ(tail(from, "&includeSystem=false").status, 204);
  EXPECT_EQ(lines_of(tail(from, "&includeFoxxQueues=true").body).size(), 2U);
}

TEST_F(Wal, ChunksCutTransactionsOnlyForWhoSaysWhereItStands) {
  auto c = db.create("c");
  const std::uint64_t from = now();
  std::vector<std::string> documents;
  for (int i = 0; i < 400; ++i)
    documents.push_back(R"({"_key":"k)" + std::to_string(i) + R"(","pad":")" +
                        std::string(200, 'p') + "\"}");
  c.insert_all(documents);
  c.insert(R"({"_key":"last"})");
  const Reply whole = tail(from, "&chunkSize=1");
  EXPECT_EQ(lines_of(whole.body).size(), 402U);
  const Reply part = tail(from, "&chunkSize=1&lastScanned=" + std::to_string(from));
  EXPECT_LT(lines_of(part.body).size(), 100U);
  EXPECT_GE(part.body.size(), 16384U);
  // Asked for on and on, nothing is missing and nothing comes twice.
  EXPECT_EQ(follow(from, "&chunkSize=1"), lines_of(tail(from, "&chunkSize=134217728").body));
}

TEST_F(Wal, AFullAnswerStillTakesTheOperationThatSharesItsTransactionsFirstTick) {
  db.create("c");
  const std::uint64_t from = now();
  // The begin line fills the answer, wherever the limit lies: each pad moves it by one byte.
  for (int pad = 0; pad < 300; ++pad)
    db.transaction()
        .insert("c", R"({"_key":"a)" + std::to_string(pad) + R"(","pad":")" +
                         std::string(static_cast<std::size_t>(pad), 'p') + "\"}")
        .insert("c", R"({"_key":"b)" + std::to_string(pad) + "\"}")
        .commit();
  const std::vector<std::string> all = follow(from, "&chunkSize=1");
  EXPECT_EQ(std::count_if(
                all.begin(), all.end(),
                [](const std::string& line) { return line.find("\"type\":2300") != line.npos; }),
            600);
}

TEST_F(Wal, AnswersEndAtTheUpperBound) {
  auto c = db.create("c");
  const std::uint64_t from = now();
  c.insert(R"({"_key":"a"})");
  const std::uint64_t to = now();
  c.insert(R"({"_key":"b"})");
  EXPECT_EQ(lines_of(tail(from, "&to=" + std::to_string(to)).body).size(), 1U);
  EXPECT_EQ(status_and_num(tail(from, "&to=0")), "400/400");
  EXPECT_EQ(status_and_num(tail(from + 5, "&to=" + std::to_string(from))), "400/400");
}

TEST_F(Wal, PurgedLogIsMissedByAnonymousReadersOnly) {
  auto c = db.create("c");
  const std::uint64_t from = now();
  tail(from, "&syncerId=17&serverId=18&clientInfo=me");
  c.insert(R"({"_key":"a"})");
  const std::uint64_t between = now();
  c.insert(R"({"_key":"b"})");
  arango.server.purge_wal();
  EXPECT_EQ(tail(from).header("x-arango-replication-frompresent"), "true");
  const Reply state = arango.get("/_api/replication/logger-state");
  EXPECT_EQ(to_json(*parsed(state).find("clients")->items()[0].find("lastServedTick")),
            "\"" + std::to_string(from) + "\"");
  tail(between, "&syncerId=17&serverId=18");
  arango.server.purge_wal();
  const Reply late = tail(from);
  EXPECT_EQ(late.header("x-arango-replication-frompresent"), "false");
  EXPECT_EQ(lines_of(late.body).size(), 2U);  // the batch that the reader stands in is still there
  EXPECT_NE(member(arango.get("/_api/wal/range"), "tickMin"), "\"1\"");
  arango.server.lose_wal();
  EXPECT_EQ(tail(between).status, 204);
  EXPECT_EQ(tail(between).header("x-arango-replication-frompresent"), "false");
}

TEST_F(Wal, BeyondTheEndNothingIsPresent) {
  const Reply r = tail(now() + 1000);
  EXPECT_EQ(r.status, 204);
  EXPECT_EQ(r.header("x-arango-replication-frompresent"), "false");
  EXPECT_LT(header(r, "lasttick"), now() + 1000);
}

TEST(WalAccess, IsForAdminsOfSingleServers) {
  Options options;
  options.users = {{"root", "secret"}, {"reader", "r", {{"app", Access::read}}}};
  Double arango(options);
  arango.server.database("app");
  const auto as = [](const char* basic) {
    return RawClient::Headers{{"Authorization", std::string("Basic ") + basic}};
  };
  EXPECT_EQ(arango.get("/_db/app/_api/wal/tail?from=0", as("cm9vdDpzZWNyZXQ=")).status, 204);
  EXPECT_EQ(status_and_num(arango.get("/_db/app/_api/wal/tail?from=0", as("cmVhZGVyOnI="))),
            "403/11");
  Options cluster;
  cluster.shards = 2;
  Double coordinator(cluster);
  EXPECT_EQ(status_and_num(coordinator.get("/_api/wal/tail?from=0")), "501/1470");
  EXPECT_EQ(status_and_num(coordinator.get("/_api/replication/logger-state")), "501/1470");
}

TEST_F(Wal, OtherMethodsAndPathsAreBadParameters) {
  EXPECT_EQ(status_and_num(arango.send("POST", "/_api/wal/tail")), "400/400");
  EXPECT_EQ(status_and_num(arango.get("/_api/wal")), "400/400");
  EXPECT_EQ(status_and_num(arango.send("PUT", "/_api/wal/tail?from=0", "{}")), "400/400");
  EXPECT_EQ(arango.send("PUT", "/_api/wal/tail?from=" + std::to_string(now()), "[]").status, 204);
}

TEST(WalVersions, OldServersAnswerMoreOfReplication) {
  Options options;
  options.version = "3.11.14";
  Double old(options);
  EXPECT_EQ(old.get("/_api/replication/logger-first-tick").status, 200);
  EXPECT_EQ(old.get("/_api/replication/applier-state").status, 200);
  Double present;
  EXPECT_EQ(present.get("/_api/replication/logger-first-tick").status, 404);
}

TEST(WalText, IsUtf8WithLoneSurrogatesEscaped) {
  EXPECT_EQ(raw_utf8(R"("\u00E9\uD83D\uDE00\uD83D\u0001\\u00e9\"")"),
            "\"é😀\\uD83D\\u0001\\\\u00e9\\\"\"");
}

class RealWal : public Wal, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(real_logs)) GTEST_SKIP() << "the recorded logs are not here";
    std::ifstream in(real_logs / GetParam(), std::ios::binary);
    log_.assign(std::istreambuf_iterator<char>(in), {});
    database().adopt_wal(log_);
  }
  Database database() { return arango.server.database("rwRegister"); }
  std::string log_;
};

TEST_P(RealWal, ComesBackAsTheRealServerSentIt) {
  const Reply r = arango.get("/_db/rwRegister/_api/wal/tail?from=0&chunkSize=134217728");
  EXPECT_EQ(r.body.substr(0, 300), log_.substr(0, 300));
  EXPECT_EQ(r.body, log_);
  std::map<std::string, std::string> last;
  for (const std::string& line : lines_of(log_)) {
    const Value marker = parse_json(line);
    if (to_json(*marker.find("type")) == "2300")
      last[marker.find("data")->find("_key")->string()] = to_json(*marker.find("data"));
  }
  auto c = database().collection("rwCol");
  EXPECT_EQ(c.count(), last.size());
  for (const auto& [key, text] : last) EXPECT_EQ(c.document(key), text);
}

INSTANTIATE_TEST_SUITE_P(Logs, RealWal,
                         testing::Values("rwregister-10.wal-tail.jsonl",
                                         "rwregister-20.wal-tail.jsonl"));

}  // namespace
