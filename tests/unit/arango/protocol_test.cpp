// The words of the protocol: queries, answers, tokens, retries, page sizes. No server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "arango/ahead.h"
#include "arango/cursor.h"
#include "arango/page_size.h"
#include "arango/range_reader.h"
#include "arango/retry.h"
#include "arango/session.h"
#include "base/error.h"

using namespace arango2pg;
using namespace arango2pg::arango;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

std::vector<std::string> rows_of(const std::string& text, CursorState* state = nullptr) {
  doc::PaddedBuffer body;
  body.append(text);
  std::vector<doc::DocRef> rows;
  const CursorState read = read_cursor_answer(body, 0, rows);
  if (state != nullptr) *state = read;
  std::vector<std::string> out;
  for (const auto& row : rows) out.emplace_back(body.view().substr(row.begin, row.size));
  return out;
}

/// A token as the server makes it (HS256; the signature is none of our business).
std::string jwt(const std::string& payload_base64) {
  return "eyJhbGciOiJIUzI1NiJ9." + payload_base64 + ".c2lnbmF0dXJl";
}

}  // namespace

TEST(KeyQuery, HasTheFormThatTheIndexServes) {
  Query query = key_query("users", {"a", "m", "s123"}, true);
  query.text += "LIMIT @n RETURN d";
  query.n = 10;
  query.batch_size = 10;
  EXPECT_EQ(query.json(),
            R"({"query":"FOR d IN @@c OPTIONS { indexHint: \"primary\", forceIndexHint: true } )"
            R"(FILTER d._key > @lo AND d._key <= @hi SORT d._key LIMIT @n RETURN d",)"
            R"("bindVars":{"@c":"users","lo":"a","hi":"m","n":10},"batchSize":10,)"
            R"("options":{"fillBlockCache":false,"stream":false,"shardIds":["s123"]}})");
}

TEST(KeyQuery, LeavesOutAnUpperBoundThatIsNone) {
  const Query query = key_query("users", {}, false);
  EXPECT_EQ(query.text, "FOR d IN @@c FILTER d._key > @lo SORT d._key ");
  EXPECT_EQ(query.lo, "");
}

TEST(KeyRange, SurvivesTheControlSchema) {
  const KeyRange range{"a'b", "z@", "s1"};
  const KeyRange back = KeyRange::parse(range.json());
  EXPECT_EQ(back.lo, range.lo);
  EXPECT_EQ(back.hi, range.hi);
  EXPECT_EQ(back.shard, "s1");
  EXPECT_EQ(KeyRange{}.json(), "{}");
  EXPECT_EQ(KeyRange::parse("{}").hi, std::nullopt);
  EXPECT_THROW(KeyRange::parse("x"), Error);
}

TEST(CursorAnswer, IsReadInTheServersOrder) {
  CursorState state;
  EXPECT_THAT(rows_of(R"({"result":[{"_key":"1"},{"_key":"2"}],"hasMore":true,"id":"72100",)"
                      R"("count":5,"extra":{"warnings":[]},"nextBatchId":"2","code":201})",
                      &state),
              ElementsAre(R"({"_key":"1"})", R"({"_key":"2"})"));
  EXPECT_TRUE(state.has_more);
  EXPECT_EQ(state.id, "72100");
  EXPECT_EQ(state.next_batch, "2");
}

TEST(CursorAnswer, IsReadInAnyOrderAndSpacing) {
  CursorState state;
  EXPECT_THAT(
      rows_of("{ \"hasMore\" : false , \"nextBatchId\" : 2, \"result\" : [ 1 , \"x\" ]}", &state),
      ElementsAre("1", "\"x\""));
  EXPECT_FALSE(state.has_more);
  EXPECT_EQ(state.next_batch, "2");
  EXPECT_THAT(rows_of(R"({"result":[]})"), ElementsAre());
}

TEST(CursorAnswer, IsRefusedIfItIsCut) {
  for (const char* bad : {R"({"result":[{"a":1})", R"({"error":true})", R"({"result":[])", "[]"})
    EXPECT_THROW(rows_of(bad), Error) << bad;
}

TEST(NextBatch, NamesTheBatchSoThatItCanBeAskedForAgain) {
  const Call named = next_batch({true, "12", "3"}, true);
  EXPECT_EQ(named.path, "/_api/cursor/12/3");
  EXPECT_TRUE(named.repeatable);
  const Call old = next_batch({true, "12", ""}, true);
  EXPECT_EQ(old.path, "/_api/cursor/12");
  EXPECT_FALSE(old.repeatable);
}

TEST(Token, IsRenewedBeforeItExpires) {
  const auto now = std::chrono::steady_clock::now();
  // {"iss":"arangodb","iat":1700000000,"exp":1700003600}
  const Token token =
      planned(jwt("eyJpc3MiOiJhcmFuZ29kYiIsImlhdCI6MTcwMDAwMDAwMCwiZXhwIjoxNzAwMDAzNjAwfQ"), now);
  ASSERT_TRUE(token.renew_at);
  EXPECT_EQ(*token.renew_at - now, 2880s);
}

TEST(Token, WithoutTimesIsUsedUntilRefused) {
  const auto now = std::chrono::steady_clock::now();
  for (const char* text : {"opaque", "a.b.c", "a..c"}) EXPECT_FALSE(planned(text, now).renew_at);
}

TEST(Advice, FollowsTheProtocol) {
  EXPECT_EQ(advice_for(201, 0), Advice::take);
  EXPECT_EQ(advice_for(401, 11), Advice::renew);
  EXPECT_EQ(advice_for(403, 11), Advice::take);
  EXPECT_EQ(advice_for(404, 1203), Advice::take);
  EXPECT_EQ(advice_for(404, 1600), Advice::take);
  EXPECT_EQ(advice_for(409, 1601), Advice::again);
  EXPECT_EQ(advice_for(412, 21004), Advice::again);
  EXPECT_EQ(advice_for(429, 0), Advice::again);
  EXPECT_EQ(advice_for(421, 1491), Advice::elsewhere);
  EXPECT_EQ(advice_for(503, 21003), Advice::elsewhere);
  EXPECT_EQ(advice_for(500, 32), Advice::take);
  for (const int busy : {18, 28, 29, 1302, 1303, 1457, 1464, 1474, 1481, 1492, 1521})
    EXPECT_EQ(advice_for(500, busy), Advice::again) << busy;
}

TEST(BackOff, DoublesWithJitterAndGivesUp) {
  BackOff back_off(1h);
  for (const auto full : {100ms, 200ms, 400ms, 800ms}) {
    const auto delay = back_off.next();
    ASSERT_TRUE(delay);
    EXPECT_GE(*delay, full / 2);
    EXPECT_LE(*delay, full);
  }
  for (int i = 0; i < 20; ++i) EXPECT_LE(*back_off.next(), 10s);
  EXPECT_EQ(*back_off.next(60s), 60s);
  back_off.limit(0ms);
  EXPECT_EQ(back_off.next(), std::nullopt);
}

TEST(SleepFor, EndsWhenStopped) {
  std::stop_source stop;
  std::jthread later([&] { stop.request_stop(); });
  EXPECT_FALSE(sleep_for(1h, stop.get_token()));
  EXPECT_TRUE(sleep_for(1ms, {}));
}

TEST(Gate, LetsNoMoreInThanAllowed) {
  Gate gate(1);
  auto first = std::make_unique<Gate::Pass>(gate.enter({}));
  EXPECT_TRUE(*first);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(gate.enter(stop.get_token()));
  std::jthread later([&] { first.reset(); });
  EXPECT_TRUE(gate.enter({}));
}

TEST(PageSize, AimsAtBytes) {
  PageSize size(8'000'000, 0);
  EXPECT_EQ(size.documents(), 100U);
  size.learn(100, 100'000);  // 1 kB each: 8000 would fit, growth is eightfold
  EXPECT_EQ(size.documents(), 800U);
  size.learn(800, 800'000);
  EXPECT_EQ(size.documents(), 6400U);
  size.learn(6400, 6'400'000);
  EXPECT_EQ(size.documents(), 8000U);
  size.learn(8000, 80'000'000);  // they have become larger
  EXPECT_EQ(size.documents(), 800U);
}

TEST(PageSize, ShrinksToOneAndThenTakesAnything) {
  PageSize size(8'000'000, 1000);
  EXPECT_EQ(size.documents(), 8000U);
  EXPECT_EQ(size.limit(), 32'000'000U);
  size.shrink(800'000'000);
  EXPECT_EQ(size.documents(), 80U);
  size.shrink(0);  // out of memory: no length known
  EXPECT_EQ(size.documents(), 20U);
  for (int i = 0; i < 9; ++i) size.shrink(8'000'001);
  EXPECT_EQ(size.documents(), 1U);
  EXPECT_EQ(size.limit(), 0U);
}

TEST(Ahead, StaysOneItemAhead) {
  std::atomic<int> made{0};
  Ahead<int> ahead([&](const std::stop_token&) -> std::optional<int> {
    if (made == 3) return std::nullopt;
    return ++made;
  });
  EXPECT_EQ(made, 0);
  EXPECT_EQ(ahead.next({}), 1);
  std::this_thread::sleep_for(20ms);
  EXPECT_LE(made, 2);
  EXPECT_EQ(ahead.next({}), 2);
  EXPECT_EQ(ahead.next({}), 3);
  EXPECT_EQ(ahead.next({}), std::nullopt);
  EXPECT_EQ(ahead.next({}), std::nullopt);
}

TEST(Ahead, HandsOverWhatWasMadeBeforeAFailure) {
  int made = 0;
  Ahead<int> ahead([&](const std::stop_token&) -> std::optional<int> {
    if (made == 1) throw Error(Exit::source, "lost");
    return ++made;
  });
  EXPECT_EQ(ahead.next({}), 1);
  EXPECT_THROW(ahead.next({}), Error);
  EXPECT_EQ(ahead.next({}), std::nullopt);
}

TEST(Ahead, StopsAWaitingProducer) {
  Ahead<int> ahead([](const std::stop_token& own) -> std::optional<int> {
    sleep_for(1h, own);
    return std::nullopt;
  });
  std::stop_source stop;
  std::jthread later([&] { stop.request_stop(); });
  EXPECT_EQ(ahead.next(stop.get_token()), std::nullopt);
}

TEST(Session, TakesCredentialsFromTheUrlFirst) {
  SourceOptions options;
  options.url = "http://u:p@db/app";
  options.username = "other";
  options.password = "word";
  options.jwt = "token";
  Session session(options);
  EXPECT_EQ(session.username(), "u");
  EXPECT_EQ(session.password(), "p");
  EXPECT_EQ(session.mode(), Session::Mode::login);
  EXPECT_EQ(session.database(), "app");
  options.url = "http://u@db/app";
  EXPECT_EQ(Session(options).password(), "word");
  options.url = "http://db/app";
  options.database = "wins";
  EXPECT_EQ(Session(options).mode(), Session::Mode::fixed_token);
  EXPECT_EQ(Session(options).database(), "wins");
}

TEST(Session, GivesEachClientAnotherCoordinator) {
  SourceOptions options;
  options.url = "http://a,b,c/app";
  Session session(options);
  EXPECT_EQ(session.first_endpoint().host, "a");
  EXPECT_EQ(session.first_endpoint().host, "b");
  EXPECT_EQ(session.endpoint_after({false, "b", 8529}).host, "c");
  EXPECT_EQ(session.endpoint_after({false, "c", 8529}).host, "a");
  session.add_endpoint({false, "d", 8529});
  session.add_endpoint({false, "d", 8529});
  EXPECT_EQ(session.endpoints(), 4U);
}
