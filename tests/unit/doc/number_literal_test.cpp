#include "doc/number_literal.h"

#include <gtest/gtest.h>

#include <string>

namespace arango2pg::doc {
namespace {

TEST(NumberLiteral, IsTakenApartAsWritten) {
  const auto n = NumberLiteral::parse("-012.340e-05");
  ASSERT_TRUE(n);
  EXPECT_TRUE(n->negative);
  EXPECT_EQ(n->integer, "012");
  EXPECT_EQ(n->fraction, "340");
  EXPECT_EQ(n->exponent, -5);
  EXPECT_EQ(n->scale(), 8);
}

TEST(NumberLiteral, TakesPostgresFormsToo) {
  for (const char* text : {"+1", ".5", "5.", "1E5", "00", "-.5e+3"})
    EXPECT_TRUE(NumberLiteral::parse(text)) << text;
}

TEST(NumberLiteral, RefusesEverythingElse) {
  for (const char* text :
       {"",   "-",  "+",   ".",   "e5",  ".e5",      "1e",  "1e+", "1e5.5", "1.2.3",
        " 1", "1 ", "1_0", "0x1", "NaN", "Infinity", "--1", "+-1", "1e--5", "\xC3\xA9"})
    EXPECT_FALSE(NumberLiteral::parse(text)) << text;
}

TEST(NumberLiteral, KeepsAbsurdExponentsWithinBounds) {
  const std::string huge = "1e" + std::string(1000, '9');
  EXPECT_GT(NumberLiteral::parse(huge)->exponent, 1'000'000'000);
  EXPECT_FALSE(NumberLiteral::parse(huge)->fits_numeric());
  EXPECT_FALSE(NumberLiteral::parse("1e-" + std::string(1000, '9'))->fits_numeric());
}

TEST(NumberLiteral, LooksThroughLeadingZerosWhenItMeasures) {
  EXPECT_TRUE(NumberLiteral::parse("0.001e131074")->fits_numeric());
  EXPECT_FALSE(NumberLiteral::parse("0.001e131075")->fits_numeric());
  EXPECT_TRUE(NumberLiteral::parse("000001e131071")->fits_numeric());
}

}  // namespace
}  // namespace arango2pg::doc
