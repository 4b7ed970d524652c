#include "samples/pack_sample.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "samples/parsed.h"

namespace arango2pg::samples {
namespace {

class PackSamples : public ::testing::TestWithParam<PackMaker> {};

TEST_P(PackSamples, GivesTheSameBytesForTheSameSeedAndOthersForAnother) {
  PackOptions options;
  options.odd = true;
  const auto one = GetParam().make(options), two = GetParam().make(options);
  for (std::size_t i = 0; i < one.collections.size(); ++i)
    EXPECT_EQ(one.collections[i].documents, two.collections[i].documents);
  options.seed = 2;
  EXPECT_NE(one.collections[0].documents, GetParam().make(options).collections[0].documents);
}

TEST_P(PackSamples, HoldsOnlyDocumentsThatAServerCouldSend) {
  for (const bool ascii : {false, true}) {
    PackOptions options;
    options.odd = true;
    options.ascii = ascii;
    for (const auto& c : GetParam().make(options).collections) expect_sendable(c, ascii);
  }
}

TEST_P(PackSamples, GrowsWithItsScale) {
  PackOptions options;
  const auto documents = [&] {
    std::size_t all = 0;
    for (const auto& c : GetParam().make(options).collections) all += c.documents.size();
    return all;
  };
  const std::size_t small = documents();
  options.scale = 4;
  EXPECT_GT(documents(), 3 * small);
}

TEST_P(PackSamples, OddDocumentsComeOnTopAndAreNamedInTheManifest) {
  PackOptions options;
  const auto plain = GetParam().make(options);
  EXPECT_TRUE(plain.quarantined.empty());
  options.odd = true;
  const auto odd = GetParam().make(options);
  std::map<std::string, std::size_t> more;
  for (const auto& e : odd.quarantined) ++more[e.collection];
  EXPECT_GE(odd.quarantined.size(), 10U);
  for (std::size_t i = 0; i < plain.collections.size(); ++i)
    EXPECT_GE(odd.collections[i].documents.size(),  // some odd ones load all the same
              plain.collections[i].documents.size() + more[plain.collections[i].name])
        << plain.collections[i].name;
  const std::string text = manifest(1, odd.collections, odd.quarantined, odd.figures);
  for (const auto& e : odd.quarantined)
    EXPECT_NE(text.find(R"("key":")" + e.key + R"(","rule":")" + e.rule + "\""), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(EachPack, PackSamples, ::testing::ValuesIn(pack_makers()),
                         [](const auto& made) { return std::string(made.param.pack); });

}  // namespace
}  // namespace arango2pg::samples
