// The sums that prove equality, and the state that survives a kill.
#include <gtest/gtest.h>

#include <random>

#include "run/verify.h"
#include "run/verify_state.h"
#include "run/verify_sums.h"

namespace arango2pg::run {
namespace {

doc::Digest random_digest(std::mt19937_64& random) { return {random(), random()}; }

TEST(BucketSums, AreZeroWhereBothSidesHaveTheSameRowsInAnyOrder) {
  std::mt19937_64 random(1);
  std::vector<std::pair<doc::Digest, doc::Digest>> rows;
  for (int i = 0; i < 10'000; ++i) rows.emplace_back(random_digest(random), random_digest(random));
  BucketSums sums(1024, 0);
  for (const auto& [key, row] : rows) sums.add(key, row);
  std::shuffle(rows.begin(), rows.end(), random);
  for (const auto& [key, row] : rows) sums.subtract(key, row);
  for (std::size_t b = 0; b < sums.size(); ++b) EXPECT_FALSE(sums.differs(b));
}

TEST(BucketSums, SeeARowThatIsMissingChangedOrThereTwice) {
  std::mt19937_64 random(2);
  const auto key = random_digest(random), row = random_digest(random),
             other = random_digest(random);
  const auto differs = [&](auto&& change) {
    BucketSums sums(16, 0);
    sums.add(key, row);
    change(sums);
    return sums.differs(sums.bucket(key));
  };
  EXPECT_TRUE(differs([](BucketSums&) {}));
  EXPECT_TRUE(differs([&](BucketSums& s) { s.subtract(key, other); }));
  EXPECT_TRUE(differs([&](BucketSums& s) { s.subtract(key, row), s.subtract(key, row); }));
  EXPECT_FALSE(differs([&](BucketSums& s) { s.subtract(key, row); }));
}

TEST(Suspects, AreFewerWithEachRound) {
  std::mt19937_64 random(3);
  std::vector<doc::Digest> keys;
  for (int i = 0; i < 20'000; ++i) keys.push_back(random_digest(random));
  const auto bad = [&](std::size_t i) { return i % 400 == 0; };  // 50 of them
  Suspects suspects;
  const auto suspected = [&] {
    return std::count_if(keys.begin(), keys.end(),
                         [&](const auto& k) { return suspects.contains(k); });
  };
  EXPECT_EQ(suspected(), 20'000) << "before the first sums, every row is";
  long before = 20'001;
  for (std::uint64_t round = 0; round < 3; ++round) {
    BucketSums sums(1024, round);
    for (std::size_t i = 0; i < keys.size(); ++i)
      if (suspects.contains(keys[i]) && bad(i)) sums.add(keys[i], {1, 1});
    suspects.narrow(sums);
    const long now = suspected();
    EXPECT_LT(now, before);
    before = now;
    for (std::size_t i = 0; i < keys.size(); ++i)
      if (bad(i)) {
        EXPECT_TRUE(suspects.contains(keys[i]));
      }
  }
  EXPECT_LE(before, 60) << "about two of the good ones share all three buckets with bad ones";
  EXPECT_TRUE(suspects.complete());
  suspects.keep_only(10);
  EXPECT_FALSE(suspects.complete());
  EXPECT_EQ(suspects.buckets(), 10U);
  EXPECT_GE(suspected(), 10);
}

TEST(VerifyState, ComesBackAsItWas) {
  VerifyState state;
  state.seed = 0xfedcba9876543210;
  state.buckets = 4096;
  pg::RowRange range;
  range.table = 1;
  range.heap = {"public", "od\"d \\ name"};
  range.begin = 7;
  range.bytes = 99;
  range.file = "1234";
  state.ranges = {range, {}};
  state.ranges[1].end = 7;
  state.done = {true, false};
  state.tables = {{1, 2, ~std::uint64_t{0}, 4}, {}};
  state.lost = {0, 5};
  const auto back = VerifyState::parse(state.json());
  ASSERT_TRUE(back);
  EXPECT_EQ(back->json(), state.json());
  EXPECT_EQ(back->ranges[0].heap.name, "od\"d \\ name");
  EXPECT_EQ(back->ranges[0].begin, 7U);
  EXPECT_FALSE(back->ranges[0].end);
  EXPECT_EQ(back->tables[0].a, ~std::uint64_t{0});
  EXPECT_FALSE(VerifyState::parse("{}"));
  EXPECT_FALSE(VerifyState::parse("nonsense"));
}

TEST(VerifyReport, SaysAtOnceWhetherAllIsEqual) {
  VerifySummary s;
  s.run = 3;
  s.status = "done";
  s.collections.push_back({});
  s.collections[0].name = "users";
  s.collections[0].tables = {"public.users"};
  s.collections[0].read = 5;
  s.collections[0].filtered = 1;
  EXPECT_NE(to_text(s).find("equal: every document has its rows"), std::string::npos);
  EXPECT_NE(to_json(s).find(R"("read":5,"equal":4,"different":0)"), std::string::npos)
      << to_json(s);
  s.sample = 5;
  EXPECT_NE(to_text(s).find("says nothing about the other documents"), std::string::npos);
  s.sample = 0;
  s.exit = Exit::differences;
  s.found = 1;
  s.collections[0].different = 1;
  pg::Difference d;
  d.collection = "users";
  d.key = "ada";
  d.table = "public.users";
  d.kind = "different";
  d.path = "doc.name";
  d.what = "text differs";
  s.differences = {d};
  const std::string text = to_text(s);
  EXPECT_NE(text.find("different  users/ada  public.users  doc.name: text differs"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("1 difference\n"), std::string::npos) << text;
}

TEST(VerifyReport, NamesTheRowWhereTheKeyDoesNot) {
  VerifySummary s;
  s.status = "done";
  s.exit = Exit::differences;
  s.found = 2;
  s.collections.push_back({});
  pg::Difference d;
  d.collection = "users";
  d.key = "ada";
  d.kind = "different";
  d.table = "public.users";
  d.row = "id = ada";
  d.what = "the row is missing";
  s.differences.push_back(d);
  d.table = "public.lines";
  d.row = "user_id = ada, position = 2";
  s.differences.push_back(d);
  const std::string text = to_text(s);
  EXPECT_NE(text.find("users/ada  public.users: the row is missing"), std::string::npos) << text;
  EXPECT_NE(text.find("users/ada  public.lines (user_id = ada, position = 2): the row is missing"),
            std::string::npos)
      << text;
}

TEST(VerifyReport, DoesNotSayThatFilteredAndQuarantinedDocumentsHaveRows) {
  VerifySummary s;
  s.status = "done";
  s.collections.push_back({});
  s.collections[0].read = 5;
  const auto says = [&](const char* what) { return to_text(s).find(what) != std::string::npos; };
  EXPECT_TRUE(says("equal: every document has its rows, and every row its document"));
  s.collections[0].filtered = 1;
  EXPECT_TRUE(says("every document has its rows or is filtered; every row has its document"));
  s.collections[0].quarantined = 1;
  EXPECT_TRUE(says("has its rows, is filtered or is in quarantine; every row has its document"));
}

}  // namespace
}  // namespace arango2pg::run
