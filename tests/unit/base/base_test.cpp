// The ground floor: revisions, UUIDs, sizes, channel, budget.
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "base/budget.h"
#include "base/channel.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/units.h"

using namespace arango2pg;

TEST(Rev, DecodesTheServersBase64) {
  EXPECT_EQ(Rev::parse("_jt3aKbe--_")->value, 1832936199539392513U);
  EXPECT_EQ(Rev::parse("_jt3aKbe--A")->value, 1832936199539392514U);
  EXPECT_EQ(Rev::parse("_XUJFD3C---")->value, 1609522782705549312U);
  EXPECT_EQ(Rev{1872607109328142336U}.text(), "_l6zh4RW---");
}

TEST(Rev, ComparesAsANumberNotAsText) {
  // Byte order says "0" < "A" < "_"; the alphabet says the opposite.
  EXPECT_GT(*Rev::parse("_mdX-t----0"), *Rev::parse("_mdX-t----A"));
  EXPECT_GT(*Rev::parse("_mdX-t----A"), *Rev::parse("_mdX-t----_"));
}

TEST(Rev, TakesDecimalRevisionsOfOldServers) { EXPECT_EQ(Rev::parse("54")->value, 54U); }

TEST(Rev, RefusesWhatIsNoRevision) {
  for (const char* bad : {"", "_jt3aKbe--_x", "_jt3 Kbe--_", "99999999999999999999", "12x"})
    EXPECT_FALSE(Rev::parse(bad)) << bad;
}

TEST(Rev, KnowsItsTime) { EXPECT_EQ(Rev::parse("_bpq8a-----")->unix_micros(), 1609459200000000); }

TEST(Uuid, ReadsEitherCaseAndWritesLower) {
  EXPECT_EQ(Uuid::parse("6BA7B810-9DAD-11d1-80b4-00C04FD430C8")->text(),
            "6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  EXPECT_FALSE(Uuid::parse("6ba7b8109dad11d180b400c04fd430c8"));
  EXPECT_FALSE(Uuid::parse("6ba7b810-9dad-11d1-80b4-00c04fd430cg"));
}

TEST(Units, ReadSizesAsPeopleWriteThem) {
  EXPECT_EQ(parse_size("256MiB", "--memory"), 256U << 20);
  EXPECT_EQ(parse_size("1.5K", "--memory"), 1536U);
  EXPECT_EQ(parse_size("2MB", "--memory"), 2'000'000U);
  EXPECT_THROW(parse_size("lots", "--memory"), Error);
  EXPECT_THROW(parse_size("-1", "--memory"), Error);
  EXPECT_EQ(parse_duration("5s", "--x").count(), 5000);
  EXPECT_EQ(parse_duration("2", "--x").count(), 2000);
}

TEST(Units, PrintForPeople) {
  EXPECT_EQ(format_size(16882073), "16.1 MiB");
  EXPECT_EQ(format_count(1234567), "1,234,567");
  EXPECT_EQ(format_duration(std::chrono::milliseconds(245'000)), "4m 05s");
}

TEST(Error, SuggestsTheNearestWord) {
  const std::vector<std::string_view> words = {"lower", "upper", "trim"};
  EXPECT_EQ(suggestion("lowr", words), " (did you mean 'lower'?)");
  EXPECT_EQ(suggestion("frobnicate", words), "");
}

TEST(Channel, HandsOutWhatIsLeftAfterClose) {
  Channel<int> c;
  c.push(1);
  c.close();
  EXPECT_FALSE(c.push(2));
  EXPECT_EQ(c.pop(), 1);
  EXPECT_EQ(c.pop(), std::nullopt);
}

TEST(Channel, AbortWakesAWaitingThreadAndDropsTheRest) {
  Channel<int> c;
  std::jthread waiting([&] { EXPECT_EQ(c.pop(), std::nullopt); });
  c.abort();
}

TEST(ByteBudget, LetsAGiantThroughAlone) {
  ByteBudget budget(100);
  const Lease giant = budget.acquire(1000, {});
  EXPECT_EQ(giant.bytes(), 1000U);
}

TEST(ByteBudget, WaitsUntilBytesComeBack) {
  ByteBudget budget(100);
  Lease first = budget.acquire(80, {});
  std::jthread later([&] { first.release(); });
  const Lease second = budget.acquire(80, {});
  EXPECT_EQ(second.bytes(), 80U);
  EXPECT_LE(budget.peak(), 100U);
}

TEST(ByteBudget, AStopEndsTheWait) {
  ByteBudget budget(100);
  const Lease all = budget.acquire(100, {});
  std::stop_source stop;
  std::jthread later([&] { stop.request_stop(); });
  EXPECT_EQ(budget.acquire(1, stop.get_token()).bytes(), 0U);
}
