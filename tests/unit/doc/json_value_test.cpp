#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "doc/json.h"
#include "unit/doc/random_json.h"

namespace arango2pg::doc {
namespace {

using std::string_literals::operator""s;
using testing::ElementsAre;

constexpr StringPolicy strip = {CharPolicy::strip, CharPolicy::strip};
constexpr StringPolicy replace = {CharPolicy::replace, CharPolicy::replace};

/// A document with its text, for one line of a test.
struct Parsed {
  explicit Parsed(std::string source) : text(std::move(source)) {
    EXPECT_FALSE(document.parse(text)) << text;
  }
  Value root() { return document.root(); }
  std::string text;
  Document document;
};

std::string found(Value object, std::string_view name) {
  const auto value = object.find(name);
  return value ? std::string(value->json()) : "nothing";
}

std::string unescaped(const std::string& json) {
  Parsed p(json);
  std::string scratch;
  return std::string(p.root().string(scratch));
}

std::string rewritten(const std::string& json, const StringPolicy& policy) {
  Parsed p(json);
  std::string out;
  append_json(out, p.root(), policy);
  return out;
}

std::string as_text(const std::string& json, const StringPolicy& policy) {
  Parsed p(json);
  std::string out;
  append_text(out, p.root(), policy);
  return out;
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(JsonFind, TakesTheLastOfEqualNamesAsJsonbDoes) {
  Parsed p(R"({"a":1,"b":2,"a":3,"\u0061":4,"b ":5})");
  EXPECT_EQ(found(p.root(), "a"), "4");
  EXPECT_EQ(found(p.root(), "b"), "2");
  EXPECT_EQ(found(p.root(), "c"), "nothing");
}

TEST(JsonFind, ComparesUnescapedNames) {
  Parsed p(R"({"\u00e9t\u00e9":1,"q\"":2,"\uD83D\uDE00":3,"":4,"a\\b":5,"\ud800":6})");
  EXPECT_EQ(found(p.root(), "\xC3\xA9t\xC3\xA9"), "1");
  EXPECT_EQ(found(p.root(), "q\""), "2");
  EXPECT_EQ(found(p.root(), "\xF0\x9F\x98\x80"), "3");
  EXPECT_EQ(found(p.root(), ""), "4");
  EXPECT_EQ(found(p.root(), "a\\b"), "5");
  EXPECT_EQ(found(p.root(), "a\\\\b"), "nothing");
  EXPECT_EQ(found(p.root(), "\\u00e9t\\u00e9"), "nothing");
  EXPECT_EQ(found(p.root(), "\xC3\xA9t"), "nothing");
  EXPECT_EQ(found(p.root(), "\xC3\xA9t\xC3\xA9s"), "nothing");
}

TEST(JsonFind, LooksAtMembersOfThisObjectOnly) {
  Parsed p(R"({"outer":{"x":1,"y":[{"x":2}]},"last":"x"})");
  EXPECT_EQ(found(p.root(), "x"), "nothing");
  EXPECT_EQ(found(*p.root().find("outer"), "x"), "1");
}

TEST(JsonFind, IsNothingForWhatIsNoObject) {
  for (const char* text : {"[]", "1", "\"a\"", "null", "{}", "[{\"a\":1}]"}) {
    Parsed p(text);
    EXPECT_EQ(found(p.root(), "a"), "nothing") << text;
  }
}

TEST(JsonAt, StepsOverNestedElements) {
  Parsed p(R"([[1,[2]],{"a":[3]},"x",4])");
  EXPECT_EQ(p.root().at(0)->json(), "[1,[2]]");
  EXPECT_EQ(p.root().at(1)->json(), R"({"a":[3]})");
  EXPECT_EQ(p.root().at(2)->json(), R"("x")");
  EXPECT_EQ(p.root().at(3)->json(), "4");
  EXPECT_FALSE(p.root().at(4));
  EXPECT_FALSE(p.root().at(1)->at(0));
}

TEST(JsonWalk, GoesOverMembersAndElementsInTheSourcesOrder) {
  Parsed p(R"({"b":[1,{"z":0},[]],"a\n":{},"b":null})");
  std::vector<std::string> names, values;
  std::string scratch;
  for (const auto [name, value] : Members(p.root())) {
    names.emplace_back(name.string(scratch));
    values.emplace_back(value.json());
  }
  EXPECT_THAT(names, ElementsAre("b", "a\n", "b"));
  EXPECT_THAT(values, ElementsAre(R"([1,{"z":0},[]])", "{}", "null"));

  std::vector<std::string> elements;
  const auto first = *Members(p.root()).begin();
  for (const Value v : Elements(first.value)) elements.emplace_back(v.json());
  EXPECT_THAT(elements, ElementsAre("1", R"({"z":0})", "[]"));
}

TEST(JsonWalk, FindsNothingInEmptyContainers) {
  Parsed object("{ }"), array("[\n]");
  for (const auto member : Members(object.root())) ADD_FAILURE() << member.name.raw();
  for (const auto element : Elements(array.root())) ADD_FAILURE() << element.raw();
}

TEST(JsonString, Unescapes) {
  EXPECT_EQ(unescaped(R"("plain")"), "plain");
  EXPECT_EQ(unescaped(R"("")"), "");
  EXPECT_EQ(unescaped(R"("\"\\\/\b\f\n\r\t")"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(unescaped(R"("a\u0041\u00e9\u20AC\uD83D\uDE00z")"),
            "aA\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z");
  EXPECT_EQ(unescaped(R"("\uDBFF\uDFFF\uFFFF\u07FF\u0800")"),
            "\xF4\x8F\xBF\xBF\xEF\xBF\xBF\xDF\xBF\xE0\xA0\x80");
  EXPECT_EQ(unescaped(R"("\u0000x")"), "\0x"s);
  EXPECT_EQ(unescaped(R"("\\u0041")"), "\\u0041");
}

TEST(JsonString, GivesLoneSurrogatesAsWtf8) {
  EXPECT_EQ(unescaped(R"("\uD800")"), "\xED\xA0\x80");
  EXPECT_EQ(unescaped(R"("\uDC00\uD800")"), "\xED\xB0\x80\xED\xA0\x80");
  EXPECT_EQ(unescaped(R"("\uD800\uD83D\uDE00")"), "\xED\xA0\x80\xF0\x9F\x98\x80");
  EXPECT_EQ(unescaped(R"("\uD83D\n")"), "\xED\xA0\xBD\n");
}

TEST(JsonString, IsAViewOfTheSourceIfNothingIsEscaped) {
  Parsed p(R"("plain")");
  std::string scratch = "untouched";
  EXPECT_EQ(p.root().string(scratch).data(), p.text.data() + 1);
  EXPECT_EQ(scratch, "untouched");
}

TEST(JsonAppend, CopiesTheSourceIfNothingHasToChange) {
  const std::string text = R"({"a" : [1.50, "\u00e9\n\\u0000" ] , "b":"\uD83D\uDE00"})";
  EXPECT_EQ(rewritten(text, strip), text);
  EXPECT_EQ(rewritten(R"("a")", replace), R"("a")");
}

TEST(JsonAppend, RepairsJustTheStringsThatNeedIt) {
  const std::string text =
      R"({"a\u0000b" : ["x\u0000\ny", "\uD800" ], "ok":"\u00e9","n":{"m":"\uDC00\uD83D\uDE00"}, "z": 1.0 })";
  EXPECT_EQ(rewritten(text, strip),
            R"({"ab" : ["x\ny", "" ], "ok":"\u00e9","n":{"m":"\uD83D\uDE00"}, "z": 1.0 })");
  EXPECT_EQ(rewritten(text, replace),
            "{\"a\xEF\xBF\xBD"
            "b\" : [\"x\xEF\xBF\xBD\\ny\", \"\xEF\xBF\xBD\" ], \"ok\":\"\\u00e9\",\"n\":{\"m\":"
            "\"\xEF\xBF\xBD\\uD83D\\uDE00\"}, \"z\": 1.0 }");
}

TEST(JsonAppend, FollowsEachPolicyForItself) {
  const std::string text = R"("\u0000|\uD800")";
  EXPECT_EQ(rewritten(text, {CharPolicy::strip, CharPolicy::replace}), "\"|\xEF\xBF\xBD\"");
  EXPECT_EQ(rewritten(text, {CharPolicy::replace, CharPolicy::strip}), "\"\xEF\xBF\xBD|\"");
}

TEST(JsonAppend, WritesAPartOfADocument) {
  Parsed p(R"({"a":"\u0000","b":["\u0000",{"c":"x"}],"d":1})");
  std::string out = "b=";
  append_json(out, *p.root().find("b"), strip);
  EXPECT_EQ(out, R"(b=["",{"c":"x"}])");
}

TEST(JsonAppend, DoesNotMakePairsOfWhatStoodApart) {
  // Without the NUL between them the two lone surrogates would be a character nobody wrote.
  EXPECT_EQ(rewritten(R"("\uD83D\u0000\uDE00")", strip), R"("")");
  EXPECT_EQ(as_text(R"("\uD83D\u0000\uDE00")", strip), "");
}

TEST(JsonAppendText, UnescapesAndRepairs) {
  EXPECT_EQ(as_text(R"("plain")", {}), "plain");
  EXPECT_EQ(as_text(R"("a\tb\u00e9")", {}), "a\tb\xC3\xA9");
  EXPECT_EQ(as_text(R"("\u0000a\uD800\\")", strip), "a\\");
  EXPECT_EQ(as_text(R"("\u0000a\uD800\\")", replace),
            "\xEF\xBF\xBD"
            "a\xEF\xBF\xBD\\");
}

TEST(JsonAppendString, EscapesWhatMustBeEscaped) {
  EXPECT_EQ(json_string(""), R"("")");
  EXPECT_EQ(json_string("plain \xC3\xA9 / \x7f"), "\"plain \xC3\xA9 / \x7f\"");
  EXPECT_EQ(json_string("\"\\\b\f\n\r\t"), R"("\"\\\b\f\n\r\t")");
  EXPECT_EQ(json_string("\x01\x1f\0"s), R"("\u0001\u001f\u0000")");
}

TEST(JsonProperty, WritingAndReadingAStringGivesItBack) {
  SCOPED_TRACE(seed_note());
  RandomJson random("WritingAndReadingAStringGivesItBack");
  random.impossible = false;
  for (int i = 0; i < 2000 && !testing::Test::HasFailure(); ++i) {
    const std::string text = unescaped('"' + random.string_body() + '"');
    EXPECT_EQ(unescaped(json_string(text)), text);
  }
}

TEST(JsonProperty, NodesCoverTheDocumentWithoutGapsOrOverlap) {
  SCOPED_TRACE(seed_note());
  RandomJson random("NodesCoverTheDocumentWithoutGapsOrOverlap");
  for (int i = 0; i < 2000 && !testing::Test::HasFailure(); ++i) {
    Parsed p(random.value(5));
    const auto nodes = p.document.nodes();
    ASSERT_EQ(nodes[0].next, nodes.size());
    for (std::uint32_t k = 0; k < nodes.size(); ++k) {
      const Value value(p.document, k);
      std::uint32_t children = 0, behind = k + 1;
      if (value.kind() == Kind::array)
        for (const Value v : Elements(value)) {
          behind = v.node().next;
          ++children;
        }
      if (value.kind() == Kind::object)
        for (const auto m : Members(value)) {
          behind = m.value.node().next;
          ++children;
        }
      ASSERT_EQ(behind, nodes[k].next);
      ASSERT_EQ(children, nodes[k].count);
      // Each value is a document of its own, with the same flags.
      if ((nodes[k].flags & Node::is_name) != 0) continue;
      Parsed alone{std::string(value.json())};
      ASSERT_EQ(alone.root().flags(), value.flags());
      ASSERT_EQ(alone.document.nodes().size(), nodes[k].next - k);
    }
  }
}

}  // namespace
}  // namespace arango2pg::doc
