#include <gtest/gtest.h>

#include "run/plan_run.h"

namespace arango2pg::run {
namespace {

using Waves = std::vector<std::vector<std::uint32_t>>;

TEST(Waves, PutEachBehindWhatItWaitsFor) {
  EXPECT_EQ(waves_of({{1, 2}, {2}, {}, {}}), (Waves{{2, 3}, {1}, {0}}));
}

// Once, one circle anywhere put all that was left into one wave: rows came before what they point
// at.
TEST(Waves, KeepTheOrderAroundACircle) {
  // 0 → 1 ⇄ 2 → 3
  EXPECT_EQ(waves_of({{1}, {2}, {1, 3}, {}}), (Waves{{3}, {1, 2}, {0}}));
}

TEST(Waves, TakeNoNoticeOfWhatPointsAtItself) {
  EXPECT_EQ(waves_of({{0}, {0}}), (Waves{{0}, {1}}));
}

TEST(Waves, AreNoneForNothing) { EXPECT_TRUE(waves_of({}).empty()); }

}  // namespace
}  // namespace arango2pg::run
