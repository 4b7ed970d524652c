// The double's own JSON: print forms of protocol section 11.
#include "fake_arango/json.h"

#include <gtest/gtest.h>

#include "fake_arango/json_internal.h"

using namespace fake_arango;

namespace {

std::string printed(double v) { return to_json(Value(v)); }

std::string rewritten(std::string_view text, bool normalise = false) {
  std::string out;
  std::vector<MemberSpan> members;
  rewrite_object(text, normalise, out, members);
  return out;
}

}  // namespace

TEST(Json, PrintsDoublesAsTheServerDoes) {
  EXPECT_EQ(printed(0.0), "0");
  EXPECT_EQ(printed(-0.0), "-0");
  EXPECT_EQ(printed(1.0), "1");
  EXPECT_EQ(printed(100.0), "100");
  EXPECT_EQ(printed(123456789.0), "123456789");
  EXPECT_EQ(printed(1e15), "1e+15");
  EXPECT_EQ(printed(9007199254740992.0), "9007199254740992.0");
  EXPECT_EQ(printed(12345678901234567890.0), "12345678901234567168.0");
  EXPECT_EQ(printed(18446744073709551616.0), "18446744073709552000");
  EXPECT_EQ(printed(1e20), "1e+20");
  EXPECT_EQ(printed(1e100), "1e+100");
  EXPECT_EQ(printed(1e-5), "0.00001");
  EXPECT_EQ(printed(2.5e-5), "0.000025");
  EXPECT_EQ(printed(1e-7), "1e-7");
  EXPECT_EQ(printed(1.5e-7), "1.5e-7");
  EXPECT_EQ(printed(5e-324), "5e-324");
  EXPECT_EQ(printed(0.1), "0.1");
  EXPECT_EQ(printed(1.0 / 3), "0.3333333333333333");
  EXPECT_EQ(printed(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(printed(-1.5), "-1.5");
  EXPECT_EQ(printed(1.7976931348623157e308), "1.7976931348623157e+308");
}

TEST(Json, PrintsIntegersExactly) {
  EXPECT_EQ(to_json(Value(std::uint64_t{18446744073709551615U})), "18446744073709551615");
  EXPECT_EQ(to_json(parse_json("-9223372036854775808")), "-9223372036854775808");
}

TEST(Json, KeepsTheTextOfGivenNumbers) {
  EXPECT_EQ(rewritten(R"({"a": [1.0, 1e3, -0, 0.10, 12345678901234567890123]})"),
            R"({"a":[1.0,1e3,-0,0.10,12345678901234567890123]})");
}

TEST(Json, NormalisesNumbersWhenAsked) {
  EXPECT_EQ(rewritten(R"({"a":[1.0,1e3,-0,-0.0,0.10,18446744073709551615]})", true),
            R"({"a":[1,1000,0,-0,0.1,18446744073709551615]})");
}

TEST(Json, EscapesNonAsciiInUpperCaseHex) {
  EXPECT_EQ(rewritten("{\"\xC3\xA9\":\"\xE2\x82\xAC \xF0\x9F\x98\x80\"}"),
            "{\"\\u00E9\":\"\\u20AC \\uD83D\\uDE00\"}");
}

TEST(Json, WritesEveryStringInOneForm) {
  // In: lower-case hex, escaped slash, an escape of a plain letter, a control character, DEL.
  EXPECT_EQ(rewritten("{\"a\":\"\\u00e9\\/\\u0041\\u001f\\u0000\\n\x7F\"}"),
            "{\"a\":\"\\u00E9/A\\u001F\\u0000\\n\x7F\"}");
}

TEST(Json, KeepsLoneSurrogatesAsOldServersDo) {
  EXPECT_EQ(rewritten(R"({"a":"x\ud800y"})"), R"({"a":"x\uD800y"})");
}

TEST(Json, RefusesWhatIsNoJson) {
  for (const char* bad :
       {"", "{", "[1,]", "{\"a\":01}", "{\"a\":1.}", "{a:1}", "\"\x01\"", "\"\xFF\"", "nul", "1 2",
        "\"\\x\"", "{\"a\" 1}", "\"\\u12G4\"", "-", "\"\xC0\x80\""})
    EXPECT_THROW(parse_json(bad), JsonError) << bad;
}

TEST(Json, RefusesMoreThan200Levels) {
  const std::string deep = std::string(200, '[') + std::string(200, ']');
  EXPECT_NO_THROW(parse_json(deep));
  EXPECT_THROW(parse_json("[" + deep + "]"), JsonError);
}

TEST(Json, RefusesNumbersBeyondADouble) { EXPECT_THROW(parse_json("1e400"), JsonError); }

TEST(Json, FindsAMemberWithoutParsing) {
  const std::string_view object = R"({"a":"x,\"}","b":{"c":[1,2,"}"]},"d":-1.5,"e":null})";
  EXPECT_EQ(find_raw(object, "a"), R"("x,\"}")");
  EXPECT_EQ(find_raw(object, "b"), R"({"c":[1,2,"}"]})");
  EXPECT_EQ(find_raw(object, "d"), "-1.5");
  EXPECT_EQ(find_raw(object, "e"), "null");
  EXPECT_EQ(find_raw(object, "c"), std::nullopt);
  EXPECT_EQ(find_raw(R"({"broken":)", "x"), std::nullopt);
}
