// Two JSON texts have one canonical form exactly if jsonb calls them equal (the db tests ask
// PostgreSQL itself about random ones).
#include "doc/canonical_json.h"

#include <gtest/gtest.h>

#include <string>

namespace arango2pg::doc {
namespace {

std::string canonical(std::string_view json) {
  CanonicalJson form;
  PaddedBuffer out;
  EXPECT_TRUE(form.append(out, json)) << json;
  return std::string(out.view());
}

TEST(CanonicalJson, DoesNotSeeHowAValueIsWritten) {
  EXPECT_EQ(canonical(R"({"b":1,"a":[1,2]})"), canonical(R"(  { "a" : [ 1 , 2 ], "b" : 1 } )"));
  EXPECT_EQ(canonical(R"("\u00e9\/\uD83D\uDE00\n")"), canonical("\"é/😀\\u000a\""));
  EXPECT_EQ(canonical(R"({"a":1,"a":2})"), canonical(R"({"a":2})")) << "the last name wins";
  EXPECT_EQ(canonical(R"({"\u0061":1,"bb":0,"a":3})"), canonical(R"({"bb":0,"a":3})"));
  EXPECT_EQ(canonical(R"({"x":{"b":1,"a":{"d":1,"c":2}},"a":0})"),
            canonical(R"({"a":0,"x":{"a":{"c":2,"d":1},"b":1}})"));
}

TEST(CanonicalJson, KnowsNumbersByTheirValue) {
  for (const char* one : {"1", "1.0", "1.00", "1e0", "10e-1", "0.1E+1", "1.0e0"})
    EXPECT_EQ(canonical(one), canonical("1")) << one;
  for (const char* zero : {"-0", "0.00", "-0.0e5", "0e-7"})
    EXPECT_EQ(canonical(zero), canonical("0")) << zero;
  EXPECT_EQ(canonical("1500"), canonical("15e2"));
  EXPECT_EQ(canonical("0.0015"), canonical("15e-4"));
  EXPECT_NE(canonical("15"), canonical("1.5"));
  EXPECT_NE(canonical("-1"), canonical("1"));
  EXPECT_NE(canonical("12345678901234567"), canonical("12345678901234568"));
  EXPECT_NE(canonical("0.1"), canonical("0.1000000000000000055511151231257827"));
}

TEST(CanonicalJson, TellsDifferentValuesApart) {
  const char* const values[] = {"null",
                                "true",
                                "false",
                                R"("")",
                                R"("true")",
                                "0",
                                "1",
                                R"("1")",
                                "[]",
                                "{}",
                                "[[]]",
                                "[{}]",
                                "[1,2]",
                                "[2,1]",
                                "[[1],2]",
                                "[[1,2]]",
                                "[1,[2]]",
                                "[12]",
                                R"(["a"])",
                                R"(["a","b"])",
                                R"(["ab"])",
                                R"({"a":1})",
                                R"({"a":"1"})",
                                R"({"A":1})",
                                R"({"a":{"b":1,"c":2}})",
                                R"({"a":{"b":1},"c":2})",
                                R"({"a":null})",
                                R"({"a":[]})",
                                R"({"a":{}})",
                                R"("a\\")",
                                R"("a")",
                                R"("\u0000")",
                                R"("a ")",
                                R"({"":0})"};
  for (const char* a : values)
    for (const char* b : values)
      if (a != b) {
        EXPECT_NE(canonical(a), canonical(b)) << a << " " << b;
      }
}

TEST(CanonicalJson, RefusesWhatIsNoJsonAndLeavesTheOutputAsItWas) {
  CanonicalJson form;
  for (const char* bad : {"", "{", "[1", "\"a", "\"a\\", "{\"a\"}", "{\"a\":}", "[1,]", "tru",
                          "1 2", "nul", "{a:1}", "]", "\"\\q\"", "[1}", "-", "--1", "1e", "+"}) {
    PaddedBuffer out;
    out.append("before");
    EXPECT_FALSE(form.append(out, bad)) << bad;
    EXPECT_EQ(out.view(), "before") << bad;
  }
}

TEST(CanonicalJson, TakesAnyDepth) {
  constexpr std::size_t levels = 200'000;
  EXPECT_EQ(canonical(std::string(levels, '[') + std::string(levels, ']')).size(), 2 * levels);
}

}  // namespace
}  // namespace arango2pg::doc
