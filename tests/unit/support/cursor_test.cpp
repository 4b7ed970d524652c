// The rules of protocol section 3.
#include <thread>

#include "unit/support/double_fixture.h"

using namespace fake_arango;
using namespace fake_arango::test;

namespace {

const std::string five = R"({"query":"FOR i IN 1..5 RETURN i","count":true,"batchSize":2)";

std::string id_of(const Reply& r) { return parsed(r).find("id")->string(); }

}  // namespace

TEST(Cursor, AnswersASmallResultAtOnce) {
  Double arango;
  const Reply r = arango.cursor(R"({"query":"FOR i IN 1..3 RETURN i","count":true})");
  EXPECT_EQ(r.status, 201);
  EXPECT_EQ(member_names(r), "result hasMore count cached extra error code");
  EXPECT_EQ(member(r, "hasMore"), "false");
  EXPECT_EQ(arango.server.counters().open_cursors, 0U);
}

TEST(Cursor, GoesOnByPostAndPut) {
  Double arango;
  const Reply first = arango.cursor(five + "}");
  EXPECT_EQ(member_names(first), "result hasMore id count extra cached nextBatchId error code");
  EXPECT_EQ(member(first, "nextBatchId"), "\"2\"");
  const Reply second = arango.send("POST", "/_api/cursor/" + id_of(first));
  EXPECT_EQ(second.status, 200);
  EXPECT_EQ(member(second, "result"), "[3,4]");
  EXPECT_EQ(member(second, "nextBatchId"), "\"3\"");
  const Reply third = arango.send("PUT", "/_api/cursor/" + id_of(first));
  EXPECT_EQ(member(third, "result"), "[5]");
  EXPECT_EQ(member_names(third), "result hasMore count extra cached error code");
  // Without allowRetry the last batch ends the cursor.
  EXPECT_EQ(status_and_num(arango.send("POST", "/_api/cursor/" + id_of(first))), "404/1600");
}

TEST(Cursor, AdvancesByBatchIdWithoutAllowRetry) {
  Double arango;
  const std::string path = "/_api/cursor/" + id_of(arango.cursor(five + "}"));
  EXPECT_EQ(status_and_num(arango.send("POST", path + "/1")), "400/400");
  EXPECT_EQ(status_and_num(arango.send("POST", path + "/3")), "404/1600");
  EXPECT_EQ(status_and_num(arango.send("POST", path + "/x")), "404/1600");
  EXPECT_EQ(member(arango.send("POST", path + "/2"), "result"), "[3,4]");
}

TEST(Cursor, ResendsABatchByteForByte) {
  Double arango;
  const Reply first = arango.cursor(five + R"(,"options":{"allowRetry":true}})");
  const std::string path = "/_api/cursor/" + id_of(first);
  const Reply again = arango.send("POST", path + "/1");
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.body, first.body);  // with "code":201 inside
  const Reply second = arango.send("POST", path + "/2");
  EXPECT_EQ(arango.send("POST", path + "/2").body, second.body);
  EXPECT_EQ(status_and_num(arango.send("POST", path + "/1")), "404/1600");
  const Reply last = arango.send("POST", path + "/3");
  EXPECT_EQ(member_names(last), "result hasMore id count extra cached error code");
  EXPECT_EQ(arango.send("POST", path + "/3").body, last.body);
  EXPECT_EQ(arango.server.counters().open_cursors, 1U);
  EXPECT_EQ(arango.send("DELETE", path).status, 202);
  EXPECT_EQ(arango.server.counters().open_cursors, 0U);
}

TEST(Cursor, ReadsOneMomentWhateverIsWrittenMeanwhile) {
  Double arango;
  auto db = arango.server.database("_system");
  auto c = db.create("c");
  for (const char* key : {"a", "b", "c", "d", "e", "f"})
    c.insert(R"({"_key":")" + std::string(key) + "\"}");
  const Reply first = arango.cursor(
      R"({"query":"FOR d IN c SORT d._key RETURN d._key","batchSize":3,"stream":true})");
  EXPECT_EQ(member(first, "result"), R"(["a","b","c"])");
  // A transaction that is refused half-way puts back what it took: the same shards that are read.
  EXPECT_THROW(db.transaction().remove("c", "a").remove("c", "not there").commit(),
               std::invalid_argument);
  c.remove("a");
  c.insert(R"({"_key":"bb"})");
  c.remove("e");
  const Reply second = arango.send("POST", "/_api/cursor/" + id_of(first));
  EXPECT_EQ(member(second, "result"), R"(["d","e","f"])");
}

TEST(Cursor, StreamsWithExtraOnlyAtTheEnd) {
  Double arango;
  const Reply first = arango.cursor(
      R"({"query":"FOR i IN 1..5 RETURN i","count":true,"batchSize":3,"stream":true})");
  EXPECT_EQ(member_names(first), "result hasMore id cached nextBatchId error code");
  const Reply last = arango.send("POST", "/_api/cursor/" + id_of(first));
  EXPECT_EQ(member_names(last), "result hasMore extra cached error code");
  // `stream` is also taken inside options.
  EXPECT_EQ(member(arango.cursor(R"({"query":"RETURN 1","count":true,"options":{"stream":true}})"),
                   "count"),
            "absent");
}

TEST(Cursor, LooksAheadSoThatTheLastBatchIsNotEmpty) {
  Double arango;
  const std::string four = R"({"query":"FOR i IN 1..4 RETURN i","batchSize":2,"stream":true})";
  const Reply first = arango.cursor(four);
  EXPECT_EQ(member(arango.send("POST", "/_api/cursor/" + id_of(first)), "hasMore"), "false");
  Double promising({.empty_last_batch = true});
  const Reply a = promising.cursor(four);
  const Reply b = promising.send("POST", "/_api/cursor/" + id_of(a));
  EXPECT_EQ(member(b, "hasMore"), "true");
  const Reply c = promising.send("POST", "/_api/cursor/" + id_of(a));
  EXPECT_EQ(member(c, "result"), "[]");
  EXPECT_EQ(member(c, "hasMore"), "false");
}

TEST(Cursor, ReadsASnapshot) {
  Double arango;
  auto c = arango.server.database().collection("c");
  for (int i = 0; i < 200; ++i) c.insert("{\"_key\":\"" + std::to_string(1000 + i) + "\"}");
  for (const char* stream : {"true", "false"}) {
    const Reply first = arango.cursor(
        std::string(
            R"({"query":"FOR d IN c SORT d._key RETURN d._key","batchSize":150,"stream":)") +
        stream + "}");
    c.remove("1199");
    c.insert(R"({"_key":"1150b"})");
    const Reply rest = arango.send("POST", "/_api/cursor/" + id_of(first));
    EXPECT_EQ(parsed(rest).find("result")->items().size(), 50U);
    c.remove("1150b");
    c.insert(R"({"_key":"1199"})");
  }
}

TEST(Cursor, ExpiresAndLivesAnewWithEachRequest) {
  Double arango;
  const Reply r = arango.cursor(R"({"query":"FOR i IN 1..9 RETURN i","batchSize":1,"ttl":0.3})");
  const std::string path = "/_api/cursor/" + id_of(r);
  for (int i = 0; i < 3; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    EXPECT_EQ(arango.send("POST", path).status, 200);
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(400));
  EXPECT_EQ(status_and_num(arango.send("POST", path)), "404/1600");
}

TEST(Cursor, IsBusyForASecondRequest) {
  Double arango;
  const Reply r = arango.cursor(
      R"({"query":"FOR i IN 1..3 LET x = i > 2 ? SLEEP(0.5) : 0 RETURN i","batchSize":1,"stream":true})");
  const std::string path = "/_api/cursor/" + id_of(r);
  std::thread slow([&] { EXPECT_EQ(arango.send("POST", path).status, 200); });
  std::this_thread::sleep_for(std::chrono::milliseconds(150));
  EXPECT_EQ(status_and_num(arango.send("POST", path)), "409/1601");
  EXPECT_EQ(arango.send("DELETE", path).status, 202);  // does not disturb the other one
  slow.join();
  EXPECT_EQ(arango.server.counters().open_cursors, 0U);
}

TEST(Cursor, BelongsToItsDatabase) {
  Double arango;
  arango.server.database("other");
  const std::string id = id_of(arango.cursor(five + "}"));
  EXPECT_EQ(status_and_num(arango.send("POST", "/_db/other/_api/cursor/" + id)), "404/1600");
  EXPECT_EQ(arango.send("POST", "/_db/_system/_api/cursor/" + id).status, 200);
}

TEST(Cursor, ChecksItsRequest) {
  Double arango;
  const auto outcome = [&](std::string_view body) { return status_and_num(arango.cursor(body)); };
  EXPECT_EQ(outcome(""), "400/1502");
  EXPECT_EQ(outcome("{}"), "400/600");
  EXPECT_EQ(outcome("{"), "400/600");
  EXPECT_EQ(outcome(R"({"query":""})"), "400/1502");
  EXPECT_EQ(outcome(R"({"query":7})"), "400/1502");
  EXPECT_EQ(outcome(R"({"query":"  "})"), "400/1502");
  EXPECT_EQ(outcome(R"({"query":"RETURN 1","batchSize":0})"), "400/17");
  EXPECT_EQ(outcome(R"({"query":"RETURN 1","batchSize":-5})"), "400/17");
  EXPECT_EQ(outcome(R"({"query":"RETURN 1","bindVars":[]})"), "400/17");
  EXPECT_EQ(status_and_num(arango.send("PUT", "/_api/cursor")), "400/400");
  EXPECT_EQ(status_and_num(arango.send("GET", "/_api/cursor/1")), "405/405");
  EXPECT_EQ(status_and_num(arango.send("DELETE", "/_api/cursor/1")), "404/1600");
}

TEST(Cursor, CountsAllRowsOnRequest) {
  Double arango;
  const Reply r = arango.cursor(
      R"({"query":"FOR i IN 1..1000 FILTER i > 500 LIMIT 10 RETURN i","options":{"fullCount":true}})");
  const Value stats = *parsed(r).find("extra")->find("stats");
  EXPECT_EQ(to_json(*stats.find("fullCount")), "500");
  EXPECT_EQ(to_json(*stats.find("filtered")), "500");
}

TEST(Cursor, Version310KnowsNoBatchIds) {
  Double arango({.version = "3.10.14"});
  const Reply r = arango.cursor(five + R"(,"options":{"allowRetry":true}})");
  EXPECT_EQ(member_names(r), "result hasMore id count extra cached error code");
  EXPECT_EQ(status_and_num(arango.send("POST", "/_api/cursor/" + id_of(r) + "/2")), "404/404");
}

TEST(Cursor, ServesVerbatimTextAmongDocuments) {
  Double arango;
  auto c = arango.server.database().collection("c");
  c.insert(R"({"_key":"a"})");
  c.insert_verbatim("b", R"({"_key":"b","broken":tru})");
  c.insert(R"({"_key":"c"})");
  const Reply r = arango.cursor(R"({"query":"FOR d IN c SORT d._key RETURN d"})");
  EXPECT_NE(r.body.find(R"(},{"_key":"b","broken":tru},{)"), std::string::npos);
}
