// The transport, and all the ways in which it can be told to fail.
#include <thread>

#include "unit/support/double_fixture.h"

using namespace fake_arango;
using namespace fake_arango::test;

namespace {

using Kind = Fault::Kind;
const std::string five = R"({"query":"FOR i IN 1..5 RETURN i","batchSize":2})";

}  // namespace

TEST(Http, SendsTheRecordedHeaderSet) {
  Double arango;
  const Reply r = arango.get("/_api/version");
  EXPECT_EQ(r.header("content-type"), "application/json");
  EXPECT_EQ(
      r.header("cache-control"),
      "no-cache, no-store, must-revalidate, pre-check=0, post-check=0, max-age=0, s-maxage=0");
  EXPECT_EQ(r.header("connection"), "Keep-Alive");
  EXPECT_EQ(r.header("content-length"), std::to_string(r.body.size()));
  EXPECT_EQ(r.header("content-security-policy"), "frame-ancestors 'self'; form-action 'self';");
  EXPECT_EQ(r.header("expires"), "0");
  EXPECT_EQ(r.header("pragma"), "no-cache");
  EXPECT_EQ(r.header("server"), "ArangoDB");
  EXPECT_EQ(r.header("strict-transport-security"), "max-age=31536000 ; includeSubDomains");
  EXPECT_EQ(r.header("x-arango-queue-time-seconds"), "0.000000");
  EXPECT_EQ(r.header("x-content-type-options"), "nosniff");
}

TEST(Http, KeepsConnectionsAndPipelines) {
  Double arango;
  RawClient client(arango.server.port());
  EXPECT_EQ(client.send("GET", "/_api/version").status, 200);
  EXPECT_EQ(client.send("GET", "/_api/engine").status, 200);
  const Reply first = client.send_bytes(
      "GET /_api/version HTTP/1.1\r\n\r\nGET /_api/nothing HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(first.status, 200);
  const Reply second = client.send_bytes("");
  EXPECT_EQ(second.status, 404);
  EXPECT_TRUE(client.closed_within(std::chrono::seconds(2)));
  EXPECT_EQ(arango.server.counters().connections, 1U);
}

TEST(Http, ClosesIdleConnections) {
  Double arango({.keep_alive = std::chrono::milliseconds(100)});
  RawClient client(arango.server.port());
  EXPECT_EQ(client.send("GET", "/_api/version").status, 200);
  EXPECT_TRUE(client.closed_within(std::chrono::seconds(2)));
}

TEST(Http, DecodesPathsSegmentBySegment) {
  Double arango;
  auto c = arango.server.database("caf\xC3\xA9").collection("c");
  c.insert(R"json({"_key":"50%:@(x)"})json");
  const Reply r = arango.get("/_db/caf%C3%A9/_api/document/c/50%25%3A%40%28x%29");
  EXPECT_EQ(r.status, 200);
  EXPECT_EQ(member(r, "_key"), R"json("50%:@(x)")json");
}

TEST(Http, AnswersHeadWithTheLengthOnly) {
  Double arango;
  arango.server.database().collection("c").insert(R"({"_key":"a","_rev":"_jt3aKbe--_"})");
  RawClient client(arango.server.port());
  const Reply r = client.send("HEAD", "/_api/document/c/a");
  EXPECT_EQ(r.status, 200);
  EXPECT_EQ(r.header("content-length"), "45");
  EXPECT_EQ(client.send("GET", "/_api/document/c/a").body.size(), 45U);
}

TEST(Http, RefusesWhatTheServerRefuses) {
  Double arango;
  const auto status = [&](const std::string& bytes) {
    return RawClient(arango.server.port()).send_bytes(bytes).status;
  };
  EXPECT_EQ(status("nonsense\r\n\r\n"), 400);
  EXPECT_EQ(status("GET /" + std::string(17000, 'x') + " HTTP/1.1\r\n\r\n"), 414);
  EXPECT_EQ(status("POST /_api/cursor HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"), 411);
  EXPECT_EQ(status("POST /_api/cursor HTTP/1.1\r\nContent-Length: 2000000000\r\n\r\n"), 413);
  EXPECT_EQ(status_and_num(arango.get("/_api/nowhere")), "404/404");
}

TEST(Faults, AnswerOverloadInTheEarlyOrder) {
  Double arango;
  arango.server.faults().add(Fault::queue_full(2));
  for (int i = 0; i < 2; ++i) {
    const Reply r = arango.cursor(five);
    EXPECT_EQ(r.status, 503);
    EXPECT_EQ(r.body,
              R"({"error":true,"errorNum":21003,"errorMessage":"queue is full","code":503})");
  }
  EXPECT_EQ(arango.cursor(five).status, 201);
  EXPECT_EQ(arango.server.faults().fired(), 2U);
}

TEST(Faults, NameTheLeader) {
  Double arango;
  arango.server.faults().add(Fault::not_leader("http://[::1]:8531"));
  const Reply r = arango.get("/_api/version");
  EXPECT_EQ(status_and_num(r), "503/1496");
  EXPECT_EQ(r.header("X-Arango-Endpoint"), "http://[::1]:8531");
  EXPECT_EQ(member_names(r), "code error errorMessage errorNum");
}

TEST(Faults, HitWhatTheyNameAndLetOthersPass) {
  Double arango;
  Fault f = Fault::reply(503, 1478, "/_api/cursor", 1);
  f.method = "POST";
  f.skip = 1;
  arango.server.faults().add(f);
  EXPECT_EQ(arango.get("/_api/version").status, 200);
  EXPECT_EQ(arango.cursor(five).status, 201);
  EXPECT_EQ(status_and_num(arango.cursor(five)), "503/1478");
  EXPECT_EQ(arango.cursor(five).status, 201);
}

TEST(Faults, HappenByProbabilityWithASeed) {
  const auto pattern = [](std::uint64_t seed) {
    Double arango;
    Fault f = Fault::reply(503, 30, "", 0);
    f.probability = 0.5;
    arango.server.faults().seed(seed);
    arango.server.faults().add(f);
    RawClient client(arango.server.port());
    std::string s;
    for (int i = 0; i < 40; ++i) s += client.send("GET", "/_api/version").status == 200 ? '.' : 'x';
    return s;
  };
  EXPECT_EQ(pattern(3), pattern(3));
  EXPECT_NE(pattern(3), pattern(4));
  EXPECT_NE(pattern(3).find('x'), std::string::npos);
  EXPECT_NE(pattern(3).find('.'), std::string::npos);
}

TEST(Faults, ResetBeforeTheWork) {
  Double arango;
  arango.server.faults().add(Fault::of(Kind::reset_before, "/_api/cursor"));
  try {
    arango.cursor(five);
    FAIL() << "an answer came";
  } catch (const ConnectionLost& e) {
    EXPECT_TRUE(e.reset);
  }
  EXPECT_EQ(arango.server.counters().cursors_created, 0U);
}

TEST(Faults, ResetAfterTheBatchWasComputedCanBeRetried) {
  Double arango;
  const Reply first = arango.cursor(
      R"({"query":"FOR i IN 1..5 RETURN i","batchSize":2,"options":{"allowRetry":true}})");
  const std::string path = "/_api/cursor/" + parsed(first).find("id")->string();
  arango.server.faults().add(Fault::of(Kind::reset_after, path));
  EXPECT_THROW(arango.send("POST", path + "/2"), ConnectionLost);
  EXPECT_EQ(member(arango.send("POST", path + "/2"), "result"), "[3,4]");
  EXPECT_EQ(member(arango.send("POST", path + "/3"), "result"), "[5]");
}

TEST(Faults, CutBodies) {
  Double arango;
  Fault f = Fault::of(Kind::truncate);
  f.bytes = 20;
  arango.server.faults().add(f);
  const Reply r = arango.get("/_api/version");
  EXPECT_EQ(r.status, 200);
  EXPECT_FALSE(r.complete);
  EXPECT_EQ(r.body, R"({"server":"arango",")");
}

TEST(Faults, SlowBodies) {
  Double arango;
  Fault f = Fault::of(Kind::slow);
  f.bytes = 1000;
  arango.server.faults().add(f);
  const auto begin = std::chrono::steady_clock::now();
  const Reply r = arango.get("/_api/analyzer");
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  EXPECT_TRUE(r.complete);
  EXPECT_GT(r.body.size(), 1500U);
  EXPECT_GT(took.count(), 1.2);
}

TEST(Faults, ProxyPages) {
  Double arango;
  Fault f = Fault::of(Kind::html);
  f.status = 502;
  arango.server.faults().add(f);
  const Reply r = arango.get("/_api/version");
  EXPECT_EQ(r.status, 502);
  EXPECT_EQ(r.header("content-type"), "text/html");
  EXPECT_NE(r.body.find("<html>"), std::string::npos);
}

TEST(Faults, LoseCursors) {
  Double arango;
  const Reply first = arango.cursor(five);
  const std::string path = "/_api/cursor/" + parsed(first).find("id")->string();
  arango.server.faults().add(Fault::of(Kind::lose_cursor, "/_api/cursor/"));
  EXPECT_EQ(arango.send("POST", path).body,
            R"({"code":404,"error":true,"errorMessage":"cursor not found","errorNum":1600})");
}

TEST(Faults, ExpireTokens) {
  Double arango({.users = {{"root", "secret", {{"*", Access::write}}, {}}}});
  const auto bearer = [&] {
    const Reply r =
        arango.send("POST", "/_open/auth", R"({"username":"root","password":"secret"})");
    return RawClient::Headers{{"Authorization", "bearer " + parsed(r).find("jwt")->string()}};
  };
  const auto old = bearer();
  arango.server.faults().add(Fault::of(Kind::expire_tokens));
  EXPECT_EQ(arango.get("/_api/version", old).status, 401);
  EXPECT_EQ(arango.get("/_api/version", bearer()).status, 200);
}

TEST(Faults, CloseReusedConnections) {
  Double arango;
  arango.server.faults().add(Fault::of(Kind::close_idle));
  RawClient client(arango.server.port());
  EXPECT_EQ(client.send("GET", "/_api/version").header("connection"), "Keep-Alive");
  EXPECT_THROW(client.send("GET", "/_api/version"), ConnectionLost);
}

TEST(Faults, WrongRowsMakeCountAndResultDisagree) {
  Double arango;
  arango.server.faults().add(Fault::of(Kind::wrong_rows));
  const Reply r = arango.cursor(R"({"query":"FOR i IN 1..3 RETURN i","count":true})");
  EXPECT_EQ(member(r, "result"), "[2,3]");
  EXPECT_EQ(member(r, "count"), "3");
}

TEST(Faults, ComeOverHttpToo) {
  Double arango;
  EXPECT_EQ(arango
                .send("POST", "/_fake/faults",
                      R"({"kind":"status","path":"/_api/version","times":0,"status":503,)"
                      R"("error_num":21003,"headers":{"Retry-After":"1"}})")
                .status,
            201);
  const Reply r = arango.get("/_api/version");
  EXPECT_EQ(status_and_num(r), "503/21003");
  EXPECT_EQ(r.header("Retry-After"), "1");
  EXPECT_EQ(arango.send("DELETE", "/_fake/faults").status, 200);
  EXPECT_EQ(arango.get("/_api/version").status, 200);
  EXPECT_EQ(arango.send("POST", "/_fake/faults", R"({"kind":"nonsense"})").status, 400);
  EXPECT_EQ(arango.send("POST", "/_fake/faults", R"({"king":"status"})").status, 400);
}

TEST(Counters, TellRoutesAndPeaks) {
  Double arango({.latency = std::chrono::milliseconds(200)});
  const Reply first = arango.cursor(five);
  const std::string path = "/_api/cursor/" + parsed(first).find("id")->string();
  std::thread other([&] { arango.get("/_api/version"); });
  arango.send("POST", path);
  other.join();
  const Counters k = arango.server.counters();
  EXPECT_EQ(k.count("POST /_api/cursor/{id}"), 1U);
  EXPECT_EQ(k.count("POST /_api/cursor"), 2U);
  EXPECT_EQ(k.count("GET /_api/version"), 1U);
  EXPECT_EQ(k.total_requests, 3U);
  EXPECT_EQ(k.peak_requests, 2U);
  EXPECT_EQ(k.open_cursors, 1U);
  EXPECT_EQ(k.requests_now, 0U);
  ASSERT_EQ(arango.server.requests().size(), 3U);
  EXPECT_EQ(arango.server.requests()[0].body, five);
}
