#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "doc/json.h"
#include "source_dir.h"

namespace arango2pg::doc {
namespace {

using std::string_literals::operator""s;

/// The rule that refuses `text`, or "ok".
std::string verdict(std::string_view text) {
  Document document;
  const auto error = document.parse(text);
  EXPECT_EQ(error.has_value(), document.empty());
  return error ? std::string(error->rule) : "ok";
}

JsonError error_of(std::string_view text) {
  Document document;
  return document.parse(text).value_or(JsonError{"ok", "", 0});
}

std::uint8_t flags_of(std::string_view text) {
  Document document;
  EXPECT_FALSE(document.parse(text));
  return document.root().flags();
}

std::string repeated(std::string_view piece, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += piece;
  return out;
}

TEST(JsonParse, KeepsEachTokenAsItStandsInTheSource) {
  Document document;
  ASSERT_FALSE(document.parse(R"( {"a" : [1, -2.50e+3 ,"x\ty"], "b":{ } , "c":null,"d":true} )"));
  const Value root = document.root();

  EXPECT_EQ(root.kind(), Kind::object);
  EXPECT_EQ(root.count(), 4U);
  EXPECT_EQ(root.raw(), R"({"a" : [1, -2.50e+3 ,"x\ty"], "b":{ } , "c":null,"d":true})");
  const Value list = *root.find("a");
  EXPECT_EQ(list.raw(), R"([1, -2.50e+3 ,"x\ty"])");
  EXPECT_EQ(list.count(), 3U);
  EXPECT_EQ(list.at(0)->raw(), "1");
  EXPECT_EQ(list.at(0)->flags(), 0);
  EXPECT_EQ(list.at(1)->raw(), "-2.50e+3");
  EXPECT_EQ(list.at(1)->flags(), Node::fraction);
  EXPECT_EQ(list.at(2)->raw(), R"(x\ty)");
  EXPECT_EQ(list.at(2)->json(), R"("x\ty")");
  EXPECT_EQ(root.find("b")->raw(), "{ }");
  EXPECT_EQ(root.find("b")->count(), 0U);
  EXPECT_TRUE(root.find("c")->is_null());
  EXPECT_TRUE(root.find("d")->boolean());
}

TEST(JsonParse, TakesEachKindOfValueAtTheTop) {
  EXPECT_EQ(verdict("null"), "ok");
  EXPECT_EQ(verdict(" false\n"), "ok");
  EXPECT_EQ(verdict("\t-0\r\n"), "ok");
  EXPECT_EQ(verdict(R"("")"), "ok");
  EXPECT_EQ(verdict("[]"), "ok");
  EXPECT_EQ(verdict("{}"), "ok");
}

TEST(JsonParse, RefusesBrokenGrammar) {
  for (const char* text : {"",
                           " ",
                           "\n",
                           "{",
                           "}",
                           "[",
                           "]",
                           "[1",
                           "[1,",
                           "[,1]",
                           "[1,]",
                           "[1 2]",
                           "[1:2]",
                           "{]",
                           "[}",
                           R"({"a"})",
                           R"({"a":})",
                           R"({"a" 1})",
                           R"({"a":1,})",
                           R"({"a":1 "b":2})",
                           R"({a:1})",
                           R"({1:1})",
                           R"({"a":1]})",
                           R"({,"a":1})",
                           R"({"a"::1})",
                           "1 2",
                           R"("a""b")",
                           R"("a"b)",
                           R"(1"a")",
                           R"(a"b")",
                           R"("a" \"b")",
                           R"(\"a")",
                           R"([\"a"])",
                           R"({"a":1}})",
                           "[]]",
                           "nul",
                           "nulll",
                           "null1",
                           "truefalse",
                           "tru",
                           "fals",
                           "False",
                           "None",
                           "'a'",
                           "[1]x",
                           ":",
                           ",",
                           "\xEF\xBB\xBF{}",
                           "\f1",
                           "1\v",
                           "[1,\x1A",
                           "//",
                           "/**/1",
                           "{}#"})
    EXPECT_EQ(verdict(text), "json_syntax") << text;
}

TEST(JsonParse, KnowsTheGrammarOfNumbers) {
  for (const char* text : {"0", "-0", "10", "0.0", "0.10", "1e5", "1E-5", "-1.5e+05", "0e0",
                           "123456789012345678901234567890.12345678901234567890"})
    EXPECT_EQ(verdict(text), "ok") << text;
  for (const char* text : {"01",       "-01",       "00",  "-",     "+1",  ".5",   "5.",     "-.5",
                           "1.e5",     "1e",        "1e+", "1.5.5", "1-1", "0x10", "1_000",  "1a",
                           "Infinity", "-Infinity", "NaN", "1e5.5", "--1", "1 .5", "1.\"5\""})
    EXPECT_EQ(verdict(text), "json_syntax") << text;
}

TEST(JsonParse, RefusesNumbersThatNumericCannotHold) {
  const auto n = [](std::string_view text) { return verdict(text); };
  EXPECT_EQ(n("1e131071"), "ok");
  EXPECT_EQ(n("1e131072"), "json_number_range");
  EXPECT_EQ(n("0.1e131072"), "ok");
  EXPECT_EQ(n("1e-16383"), "ok");
  EXPECT_EQ(n("1e-16384"), "json_number_range");
  EXPECT_EQ(n("1.0e-16383"), "json_number_range");
  EXPECT_EQ(n("0e-16384"), "json_number_range");
  EXPECT_EQ(n("0e1073741822"), "ok");
  EXPECT_EQ(n("0e1073741823"), "json_number_range");
  EXPECT_EQ(n("1e99999999999999999999999999"), "json_number_range");
  EXPECT_EQ(n("1e-99999999999999999999999999"), "json_number_range");
  EXPECT_EQ(n(std::string(131072, '9')), "ok");
  EXPECT_EQ(n(std::string(131073, '9')), "json_number_range");
  EXPECT_EQ(n("0." + std::string(16383, '0')), "ok");
  EXPECT_EQ(n("0." + std::string(16384, '0')), "json_number_range");
  EXPECT_EQ(n("[1e1, 0." + std::string(16384, '9') + "]"), "json_number_range");
}

TEST(JsonParse, ChecksEscapes) {
  EXPECT_EQ(verdict(R"("\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00")"), "ok");
  for (const char* text : {R"("\x")", R"("\u12")", R"("\u12g4")", R"("\U0041")", R"("\u")",
                           R"("\ ")", R"("\'")", R"("\0")", R"("\u 123")", R"("\u+123")"})
    EXPECT_EQ(verdict(text), "json_syntax") << text;
}

TEST(JsonParse, RefusesControlCharactersInStrings) {
  for (char c = 0; c < 0x20; ++c) {
    EXPECT_EQ(verdict("[\"a"s + c + "b\"]"), "json_syntax") << static_cast<int>(c);
    EXPECT_EQ(verdict("{\"a"s + c + "b\":1}"), "json_syntax") << static_cast<int>(c);
  }
  EXPECT_EQ(verdict("\"\x7f\""), "ok");
}

TEST(JsonParse, RefusesBrokenUtf8) {
  for (const char* bytes : {"\x80", "\xC0\x80", "\xC3", "\xC3(", "\xE0\x80\x80", "\xED\xA0\x80",
                            "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\xFF"})
    EXPECT_EQ(verdict("[\""s + bytes + "\"]"), "json_utf8");
  EXPECT_EQ(verdict("\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xF4\x8F\xBF\xBF\""), "ok");
}

TEST(JsonParse, FlagsNulAndLoneSurrogatesInsteadOfRefusing) {
  EXPECT_EQ(flags_of(R"("\u0000")"), Node::escaped | Node::has_nul);
  EXPECT_EQ(flags_of(R"("\uD800")"), Node::escaped | Node::has_surrogate);
  EXPECT_EQ(flags_of(R"("\uDC00")"), Node::escaped | Node::has_surrogate);
  EXPECT_EQ(flags_of(R"("\uDC00\uD800")"), Node::escaped | Node::has_surrogate);
  EXPECT_EQ(flags_of(R"("\uD800\uD800\uDC00")"), Node::escaped | Node::has_surrogate);
  EXPECT_EQ(flags_of(R"("\uD800x\uDC00")"), Node::escaped | Node::has_surrogate);
  EXPECT_EQ(flags_of(R"("\uD800\n")"), Node::escaped | Node::has_surrogate);
  EXPECT_EQ(flags_of(R"("\uD83D\uDE00")"), Node::escaped);
  EXPECT_EQ(flags_of(R"("\\u0000")"), Node::escaped);
  EXPECT_EQ(flags_of(R"("\\\u0000")"), Node::escaped | Node::has_nul);
}

TEST(JsonParse, TellsAllContainersAboveOfImpossibleCharacters) {
  Document document;
  ASSERT_FALSE(document.parse(R"({"a":[{"b":["\u0000"]},1],"c":{"\ud800":1},"d":["\n"]})"));
  const Value root = document.root();
  EXPECT_EQ(root.flags(), Node::has_nul | Node::has_surrogate);
  EXPECT_EQ(root.find("a")->flags(), Node::has_nul);
  EXPECT_EQ(root.find("a")->at(0)->find("b")->flags(), Node::has_nul);
  EXPECT_EQ(root.find("c")->flags(), Node::has_surrogate);
  EXPECT_EQ(root.find("d")->flags(), 0);
}

TEST(JsonParse, MarksOnlyStringsWithABackslashAsEscaped) {
  Document document;
  ASSERT_FALSE(document.parse(R"({"plain":"a\\","a\u0062":"plain","x":["\"","",""]})"));
  const auto flags = [&](std::size_t node) { return int{document.nodes()[node].flags}; };
  EXPECT_EQ(flags(1), Node::is_name);
  EXPECT_EQ(flags(2), Node::escaped);
  EXPECT_EQ(flags(3), Node::is_name | Node::escaped);
  EXPECT_EQ(flags(4), 0);
  EXPECT_EQ(flags(7), Node::escaped);
  EXPECT_EQ(flags(8), 0);
  EXPECT_EQ(flags(9), 0);
}

TEST(JsonParse, FollowsDeepNestingToItsLimitAndNotBeyond) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(verdict(nested(100'000)), "ok");
  EXPECT_EQ(verdict(nested(100'001)), "json_nesting");
  EXPECT_EQ(verdict(repeated(R"({"a":)", 100'001)), "json_nesting");
  EXPECT_EQ(verdict(std::string(100'000, '[')), "json_syntax");
  EXPECT_EQ(verdict("[" + repeated("[],", 200'000) + "1]"), "ok") << "wide is not deep";
}

TEST(JsonParse, SaysWhereAnErrorStands) {
  EXPECT_EQ(error_of(R"({"a":tru})").offset, 5U);
  EXPECT_EQ(error_of(R"({"a":1,"b":"\q"})").offset, 12U);
  EXPECT_EQ(error_of("{\"a\":\"x\xFF\"}").offset, 7U);
  EXPECT_EQ(error_of("{\"a\\\"\":\"x\ny\"}").offset, 9U);
  EXPECT_EQ(error_of("[1e5, 1e999999]").offset, 6U);
  EXPECT_EQ(error_of("[1").offset, 2U);
}

TEST(JsonParse, NeverShowsContentsInItsMessages) {
  for (const char* text :
       {R"({"secret":secret})", R"(["secret)", R"("secret" "secret")", R"("secret\x")"})
    EXPECT_THAT(error_of(text).message, testing::Not(testing::HasSubstr("secret")));
}

TEST(JsonParse, IsEmptyAfterAnErrorAndUsableForTheNextDocument) {
  Document document;
  ASSERT_FALSE(document.parse(R"({"a":1})"));
  ASSERT_TRUE(document.parse(R"({"a":1)"));
  EXPECT_TRUE(document.empty());
  ASSERT_FALSE(document.parse("[2]"));
  EXPECT_EQ(document.root().at(0)->raw(), "2");
}

TEST(JsonParse, ReadsNothingBehindTheText) {
  // The neighbour's digits, quotes and letters must not become part of this document.
  const std::string page = R"(12345"x"nullnull)";
  const std::string_view view = page;
  Document document;
  ASSERT_FALSE(document.parse(view.substr(0, 3)));
  EXPECT_EQ(document.root().raw(), "123");
  ASSERT_FALSE(document.parse(view.substr(5, 3)));
  EXPECT_EQ(document.root().raw(), "x");
  ASSERT_FALSE(document.parse(view.substr(8, 4)));
  EXPECT_TRUE(document.root().is_null());
  EXPECT_TRUE(document.parse(view.substr(8, 3)));
  EXPECT_TRUE(document.parse(view.substr(5, 2)));
}

TEST(JsonParse, ReusesItsMemoryForTheNextDocument) {
  Document document;
  ASSERT_FALSE(document.parse("[" + repeated("1,", 10'000) + "1]"));
  const Node* nodes = document.nodes().data();
  for (const char* text : {"[1]", R"({"a":[1,2,3]})"}) {
    ASSERT_FALSE(document.parse(text));
    EXPECT_EQ(document.nodes().data(), nodes);
  }
}

TEST(JsonParse, GivesMemoryOfAHugeDocumentBackAndGoesOn) {
  Document document;
  const std::string huge = "[" + repeated("1,", 6'000'000) + "1]";
  for (int i = 0; i < 2; ++i) {
    ASSERT_FALSE(document.parse(huge));
    EXPECT_EQ(document.root().count(), 6'000'001U);
    ASSERT_FALSE(document.parse("[1,2]"));
    EXPECT_EQ(document.root().count(), 2U);
  }
}

TEST(JsonParse, MovesWithItsValues) {
  Document first;
  ASSERT_FALSE(first.parse(R"({"a":[1]})"));
  Document second = std::move(first);
  EXPECT_EQ(second.root().find("a")->raw(), "[1]");
}

/// Every y_ file passes, every n_ file is refused; i_ files, which readers may judge as they like,
/// just have to end.
TEST(JsonParse, AgreesWithTheJsonTestSuite) {
  const std::filesystem::path suite =
      ARANGO2PG_SOURCE_DIR "/../shared/real-data/json-corpus/JSONTestSuite";
  if (!std::filesystem::exists(suite)) GTEST_SKIP() << "the JSONTestSuite corpus is not here";
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(suite)) {
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const std::string name = entry.path().filename();
    const std::string result = verdict(text);
    if (!name.starts_with("y_") && !name.starts_with("n_")) continue;
    EXPECT_EQ(result == "ok", name.starts_with("y_")) << name;
    ++files;
  }
  EXPECT_GT(files, 50U);
}

}  // namespace
}  // namespace arango2pg::doc
