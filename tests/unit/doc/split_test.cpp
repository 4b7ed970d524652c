#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "doc/json.h"
#include "unit/doc/random_json.h"

namespace arango2pg::doc {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Split {
  std::vector<std::string> pieces;
  std::optional<std::size_t> end;
};

std::vector<std::string> cut(std::string_view text, const std::vector<DocRef>& docs) {
  std::vector<std::string> pieces;
  for (const DocRef d : docs) pieces.emplace_back(text.substr(d.begin, d.size));
  return pieces;
}

Split array(std::string_view text, std::size_t begin = 0) {
  std::vector<DocRef> docs;
  const auto end = split_array(text, begin, docs);
  return {cut(text, docs), end};
}

Split lines(std::string_view text, std::size_t begin = 0) {
  std::vector<DocRef> docs;
  const std::size_t end = split_lines(text, begin, docs);
  return {cut(text, docs), end};
}

TEST(SplitArray, CutsAPageIntoItsDocuments) {
  const Split s = array(R"([{"a":1},{"b":[{},[1,2]]},{}])");
  EXPECT_THAT(s.pieces, ElementsAre(R"({"a":1})", R"({"b":[{},[1,2]]})", "{}"));
  EXPECT_EQ(s.end, 29U);
}

TEST(SplitArray, BeginsAndEndsInsideAResponse) {
  const std::string body = R"({"result":[{"a":1},2],"hasMore":false})";
  const Split s = array(body, 10);
  EXPECT_THAT(s.pieces, ElementsAre(R"({"a":1})", "2"));
  EXPECT_EQ(body.substr(*s.end), R"(,"hasMore":false})");
}

TEST(SplitArray, TakesScalarsAndNestedArrays) {
  EXPECT_THAT(array(R"([1,"x",null,[2,[3,4]],-1e5])").pieces,
              ElementsAre("1", R"("x")", "null", "[2,[3,4]]", "-1e5"));
}

TEST(SplitArray, LeavesOutWhiteSpaceAroundElements) {
  EXPECT_THAT(array("[ {} ,\r\n\t{ \"a\" : 1 }\n]").pieces, ElementsAre("{}", "{ \"a\" : 1 }"));
  EXPECT_THAT(array("[ \n ]").pieces, IsEmpty());
  EXPECT_EQ(array("[]").end, 2U);
}

TEST(SplitArray, IsNotMisledByStrings) {
  EXPECT_THAT(array(R"(["],[","\"],[\"","\\",{"}":"{"},"\\\""])").pieces,
              ElementsAre(R"("],[")", R"("\"],[\"")", R"("\\")", R"({"}":"{"})", R"("\\\"")"));
}

TEST(SplitArray, KeepsABrokenDocumentAsOneElement) {
  EXPECT_THAT(array(R"([{"a":tru},{"b" 1},nonsense,{"c":3}])").pieces,
              ElementsAre(R"({"a":tru})", R"({"b" 1})", "nonsense", R"({"c":3})"));
}

TEST(SplitArray, LosesNoElementThatACommaAnnounces) {
  EXPECT_THAT(array("[1,]").pieces, ElementsAre("1", ""));
  EXPECT_THAT(array("[,1]").pieces, ElementsAre("", "1"));
  EXPECT_THAT(array("[,]").pieces, ElementsAre("", ""));
}

TEST(SplitArray, FindsNothingInATruncatedPage) {
  for (const char* text :
       {"[", "[{}", "[{},", R"([{"a":"])", R"([{"a":"\"}])", "[[]", "", "x", "{}"})
    EXPECT_EQ(array(text).end, std::nullopt) << text;
  std::vector<DocRef> docs = {{7, 7}};
  EXPECT_FALSE(split_array("[1,2,3", 0, docs));
  EXPECT_EQ(docs.size(), 1U) << "what was there before stays, nothing is added";
}

TEST(SplitArray, FindsItsWayAcrossBlockBorders) {
  // Quotes, backslashes and brackets at every distance from the 64 byte blocks it works in.
  for (std::size_t pad = 0; pad < 200; ++pad) {
    const std::string first = '"' + std::string(pad, 'x') + R"(\\\"]},[{")";
    const std::string second = R"({"k":"\\","l":[)" + std::string(pad % 67, ' ') + "{}]}";
    const std::string text = "[" + first + "," + second + "," + std::string(pad, ' ') + "3]tail";
    const Split s = array(text);
    EXPECT_THAT(s.pieces, ElementsAre(first, second, "3")) << pad;
    EXPECT_EQ(s.end, text.size() - 4) << pad;
  }
}

TEST(SplitArray, CountsLongRunsOfBackslashes) {
  for (std::size_t n = 0; n < 140; ++n) {
    const std::string text = "[\"" + std::string(n, '\\') + "\",\"]\"]";
    EXPECT_EQ(array(text).end.has_value(), true) << n;
    EXPECT_EQ(array(text).pieces.size(), n % 2 == 0 ? 2U : 1U) << n;
  }
}

TEST(SplitArray, AgreesWithTheParserOnRandomArrays) {
  SCOPED_TRACE(seed_note());
  RandomJson random("AgreesWithTheParserOnRandomArrays");
  for (int i = 0; i < 3000 && !testing::Test::HasFailure(); ++i) {
    std::string text = "[";
    for (std::size_t n = random.below(6); n > 0; --n) text += random.value(4) + (n > 1 ? "," : "");
    text += "]";
    Document document;
    ASSERT_FALSE(document.parse(text));
    std::vector<std::string> elements;
    for (const Value v : Elements(document.root())) elements.emplace_back(v.json());
    const Split s = array(text + "]]\"");
    EXPECT_EQ(s.pieces, elements) << text;
    EXPECT_EQ(s.end, text.size());
  }
}

TEST(SplitLines, CutsAtLineEnds) {
  const Split s = lines("{\"a\":1}\n{\"b\":2}\r\n{}\n");
  EXPECT_THAT(s.pieces, ElementsAre(R"({"a":1})", R"({"b":2})", "{}"));
  EXPECT_EQ(s.end, 20U);
}

TEST(SplitLines, LeavesBlankLinesOut) {
  EXPECT_THAT(lines("\n\r\n  \t\r\n1\n \n\n2\n").pieces, ElementsAre("1", "2"));
}

TEST(SplitLines, StopsBehindTheLastCompleteLine) {
  const Split s = lines("1\n22\n33");
  EXPECT_THAT(s.pieces, ElementsAre("1", "22"));
  EXPECT_EQ(s.end, 5U);
  EXPECT_EQ(lines("no end").end, 0U);
  EXPECT_EQ(lines("").end, 0U);
}

TEST(SplitLines, GoesOnWhereItWasLeft) {
  const Split s = lines("1\n22\n333\n", 2);
  EXPECT_THAT(s.pieces, ElementsAre("22", "333"));
  EXPECT_EQ(s.end, 9U);
}

TEST(SplitLines, KeepsWhatStandsInsideALine) {
  EXPECT_THAT(lines(" {} \n\"a\rb\"\n\r1\n").pieces, ElementsAre(" {} ", "\"a\rb\"", "\r1"));
}

}  // namespace
}  // namespace arango2pg::doc
