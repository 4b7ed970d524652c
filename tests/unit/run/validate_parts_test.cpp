// The parts of the dry run that need no server: keys, sizes, samples, intervals.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>

#include "doc/parsed_json.h"
#include "run/hash_set.h"
#include "run/validate_estimate.h"
#include "run/validate_paths.h"
#include "run/validate_sample.h"
#include "run/validate_size.h"

namespace arango2pg::run {
namespace {

TEST(HashSet, KnowsWhatWasPutIn) {
  HashSet set;
  EXPECT_FALSE(set.contains(0));
  for (std::uint64_t i = 0; i < 10000; ++i) EXPECT_TRUE(set.insert(i * 0x9e3779b97f4a7c15U)) << i;
  for (std::uint64_t i = 0; i < 10000; ++i) EXPECT_FALSE(set.insert(i * 0x9e3779b97f4a7c15U)) << i;
  EXPECT_FALSE(set.contains(12345));
  EXPECT_EQ(set.size(), 10000U);
}

TEST(JsonbSize, IsWhatPostgresqlSays) {
  // SELECT pg_column_size(json::jsonb) - 4, the varlena header left out.
  const auto size = [](const char* json) { return jsonb_size(doc::ParsedJson(json).root()); };
  EXPECT_EQ(size("{}"), 4U);
  EXPECT_EQ(size("[]"), 4U);
  EXPECT_EQ(size(R"({"a":"b"})"), 4U + 8 + 2);
  EXPECT_EQ(size("[true,null]"), 4U + 8);
  EXPECT_EQ(size(R"({"a":1})"), 4U + 8 + 1 + 3 + 8);
  EXPECT_EQ(size(R"("text")"), 4U + 4 + 4);
  EXPECT_EQ(size("[[1]]"), 4U + 4 + (4 + 4 + 8));
}

TEST(Lz4Size, SeesRepetition) {
  EXPECT_GE(lz4_size("abcdefgh"), 8U);
  const std::string same(100'000, 'x');
  EXPECT_LT(lz4_size(same), 1000U);
  std::string noise;
  std::uint64_t state = 1;
  for (int i = 0; i < 100'000; ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    noise += static_cast<char>(state >> 56U);
  }
  EXPECT_GT(lz4_size(noise), 99'000U);
}

TEST(ShareInterval, HoldsTheTruthAroundWhatWasSeen) {
  EXPECT_EQ(share_interval(0, 1000).first, 0);
  EXPECT_NEAR(share_interval(0, 1000).second, 0.0038, 0.0002);
  EXPECT_NEAR(share_interval(100, 1000).first, 0.083, 0.002);
  EXPECT_NEAR(share_interval(100, 1000).second, 0.120, 0.002);
  EXPECT_EQ(share_interval(0, 0).second, 1);
}

TEST(RoundedOutward, TellsTheSizeAndHidesTheValue) {
  EXPECT_EQ(rounded_outward(91234, true), 92000);
  EXPECT_EQ(rounded_outward(91234, false), 91000);
  EXPECT_EQ(rounded_outward(-91234, false), -92000);
  EXPECT_EQ(rounded_outward(0.3, true), 0.3);
  EXPECT_EQ(rounded_outward(100, true), 100);
  EXPECT_EQ(rounded_outward(0, false), 0);
}

TEST(ShownText, MakesVisibleWhatJsonbRefuses) {
  EXPECT_EQ(shown_text(std::string("a\0b", 3)), "a\\u0000b");
  EXPECT_EQ(shown_text("a\xed\xa0\xbd!"), "a\\ud83d!");
  EXPECT_EQ(shown_text("a\xff!"), "a\xEF\xBF\xBD!");
  EXPECT_EQ(shown_text("Łódź 😀"), "Łódź 😀");
}

/// `count` documents in batches of 100, in one part.
class Numbers : public doc::Reader {
 public:
  Numbers(std::uint64_t count, PartId part) : count_(count), part_(part) {}
  std::optional<doc::DocBatch> next(const std::stop_token&) override {
    if (next_ == count_) return std::nullopt;
    doc::DocBatch batch;
    batch.part = part_;
    for (int i = 0; i < 100 && next_ < count_; ++i, ++next_) {
      const std::string text = std::to_string(100000 + next_);
      batch.docs.push_back({static_cast<std::uint32_t>(batch.bytes.size()),
                            static_cast<std::uint32_t>(text.size())});
      batch.bytes.append(text);
    }
    batch.last = next_ == count_;
    ++batches;
    return batch;
  }
  int batches = 0;

 private:
  std::uint64_t count_, next_ = 0;
  PartId part_;
};

std::vector<std::uint64_t> sampled(std::uint64_t count, std::uint64_t expected,
                                   std::uint64_t wanted) {
  doc::PartTask task;
  task.id = 7;
  task.spec.documents = expected;
  SampleReader reader(std::make_unique<Numbers>(count, 7), {task}, {{7, wanted}}, 1);
  std::vector<std::uint64_t> out;
  while (const auto batch = reader.next({}))
    for (std::size_t i = 0; i < batch->docs.size(); ++i)
      out.push_back(std::stoull(std::string(batch->document(i))) - 100000);
  return out;
}

TEST(SampleReader, TakesTheWantedNumberSpreadOverThePart) {
  const auto few = sampled(10000, 10000, 20);
  ASSERT_EQ(few.size(), 20U);
  std::set<std::uint64_t> twentieths;
  for (const auto n : few) twentieths.insert(n / 500);
  EXPECT_EQ(twentieths.size(), 20U);
}

TEST(SampleReader, DoesNotFallInStepWithDataThatRepeats) {
  const auto some = sampled(30000, 30000, 2000);
  ASSERT_EQ(some.size(), 2000U);
  const auto tenth = std::count_if(some.begin(), some.end(), [](auto n) { return n % 10 == 0; });
  EXPECT_NEAR(static_cast<double>(tenth), 200, 60);
}

TEST(SampleReader, TakesTheWantedNumberThoughFilesDoNotSayHowManyTheyHold) {
  EXPECT_EQ(sampled(10000, 0, 20).size(), 20U);
}

TEST(SampleReader, TakesAllIfThereAreNotMore) {
  EXPECT_EQ(sampled(15, 15, 20).size(), 15U);
  EXPECT_EQ(sampled(20, 20, 20).size(), 20U);
}

TEST(SampleReader, IsNotMisledByAWrongCount) {
  EXPECT_EQ(sampled(10000, 100, 20).size(), 20U);
  EXPECT_GE(sampled(1000, 10000, 20).size(), 1U);
}

TEST(SampleReader, EndsOnceItHasEnough) {
  doc::PartTask task;
  task.id = 1;
  task.spec.documents = 200;
  auto source = std::make_unique<Numbers>(1'000'000, 1);
  const Numbers& numbers = *source;
  SampleReader reader(std::move(source), {task}, {{1, 10}}, 1);
  while (reader.next({})) {
  }
  EXPECT_LE(numbers.batches, 3);
}

}  // namespace
}  // namespace arango2pg::run
