// AQL's order of strings against the byte order of keys (protocol 4.3).
#include "fake_arango/collation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace fake_arango;

namespace {

std::vector<std::string> by_icu(std::vector<std::string> all) {
  std::sort(all.begin(), all.end(),
            [](const std::string& a, const std::string& b) { return compare_text(a, b) < 0; });
  return all;
}

}  // namespace

TEST(Collation, OrdersTheKeyAlphabetAsTheServersCollator) {
  const std::vector<std::string> expected = {"_", "-", ",", ";", ":", "!", ".", "'", "(", ")", "@",
                                             "*", "%", "+", "=", "$", "0", "9", "A", "a", "B", "b"};
  std::vector<std::string> bytes = expected;
  std::sort(bytes.begin(), bytes.end());
  EXPECT_NE(bytes, expected);
  EXPECT_EQ(by_icu(bytes), expected);
}

TEST(Collation, OrdersAsUsersReported) {
  // Issues 14645 and 22072.
  EXPECT_EQ(by_icu({"c", "B", "a"}), (std::vector<std::string>{"a", "B", "c"}));
  EXPECT_EQ(by_icu({"P", "a", "A", "j", "c", "C"}),
            (std::vector<std::string>{"A", "a", "C", "c", "j", "P"}));
}

TEST(Collation, AgreesWithBytesForKeysOfOneClass) {
  for (std::vector<std::string> keys :
       {std::vector<std::string>{"10", "9", "100", "0"},
        std::vector<std::string>{"ff", "0a", "a0", "99"},
        std::vector<std::string>{"6ba7b810-9dad-11d1-80b4-00c04fd430c8",
                                 "0ba7b810-9dad-11d1-80b4-00c04fd430c8",
                                 "6ba7b810-9dad-11d1-80b4-00c04fd430c9"}}) {
    std::vector<std::string> bytes = keys;
    std::sort(bytes.begin(), bytes.end());
    EXPECT_EQ(by_icu(keys), bytes);
  }
}

TEST(Collation, OrdersTypesBeforeValues) {
  const std::vector<Value> rising = {Value(),         Value(false),
                                     Value(true),     Value(-1),
                                     Value(2.5),      Value("a"),
                                     Value(Array{}),  Value(Array{Value(1)}),
                                     Value(Object{}), Value(Object{{"a", 1}})};
  for (std::size_t i = 0; i < rising.size(); ++i)
    for (std::size_t k = 0; k < rising.size(); ++k) {
      const int c = compare_values(rising[i], rising[k]);
      EXPECT_EQ(c < 0, i < k) << i << " " << k;
      EXPECT_EQ(c > 0, i > k) << i << " " << k;
    }
}
