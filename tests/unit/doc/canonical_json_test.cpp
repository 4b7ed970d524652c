// Two JSON texts have one canonical form exactly if jsonb calls them equal (the db tests ask
// PostgreSQL itself about random ones).
#include "doc/canonical_json.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

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

std::string printed(std::string_view json) {
  CanonicalJson form;
  PaddedBuffer out;
  EXPECT_TRUE(form.append(out, json, JsonNumbers::as_printed)) << json;
  return std::string(out.view());
}

TEST(CanonicalJson, PrintsAsJsonbDoes) {
  EXPECT_EQ(printed(R"({"b":1,"a":[1,2,{}],"cc":[]})"), R"({"a": [1, 2, {}], "b": 1, "cc": []})");
  EXPECT_EQ(printed(R"({"a":1,"b":{"y":1,"x":[]},"a":2})"), R"({"a": 2, "b": {"x": [], "y": 1}})");
  EXPECT_EQ(printed(R"({"bb":1,"\u0061":2,"c\/d":3})"), R"({"a": 2, "bb": 1, "c/d": 3})");
  EXPECT_EQ(printed(R"("\u00e9\/\uD83D\uDE00\n\t\"\\\u0001\u000a\u001F\u0022\u005c\u007f")"),
            "\"é/😀\\n\\t\\\"\\\\\\u0001\\n\\u001f\\\"\\\\\x7f\"");
  EXPECT_EQ(printed(R"( [ true , false,null ] )"), "[true, false, null]");
}

TEST(CanonicalJson, PrintsNumbersWithTheirDigits) {
  const std::pair<const char*, const char*> numbers[] = {
      {"1", "1"},
      {"-0", "0"},
      {"1.50", "1.50"},
      {"-0.00", "0.00"},
      {"1e2", "100"},
      {"1.5e1", "15"},
      {"1.50e1", "15.0"},
      {"5e-3", "0.005"},
      {"-5e-3", "-0.005"},
      {"123.45e1", "1234.5"},
      {"0.05e1", "0.5"},
      {"0.05E+3", "50"},
      {"0e5", "0"},
      {"0e-5", "0.00000"},
      {"-0.000e1", "0.00"},
      {"100e-1", "10.0"},
      {"10E-1", "1.0"},
      {"0.0e0", "0.0"},
      {"12345678901234567890", "12345678901234567890"}};
  for (const auto& [literal, text] : numbers) EXPECT_EQ(printed(literal), text);
  EXPECT_EQ(printed("[1e500]"), "[1" + std::string(500, '0') + "]") << "longer than its source";
  EXPECT_EQ(printed("[1e-500,2]"), "[0." + std::string(499, '0') + "1, 2]");
  CanonicalJson form;
  PaddedBuffer out;
  EXPECT_FALSE(form.append(out, "1e200000", JsonNumbers::as_printed)) << "beyond numeric";
  EXPECT_TRUE(form.append(out, "1e200000", JsonNumbers::by_value));
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
