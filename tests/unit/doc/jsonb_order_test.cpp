#include "doc/jsonb_order.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/doc/random_json.h"

namespace arango2pg::doc {
namespace {

std::string in_order(const std::string& text) {
  Document document;
  EXPECT_FALSE(document.parse(text)) << text;
  JsonbOrder order;
  std::string out = "kept";
  order.append(out, document.root());
  return out.substr(4);
}

TEST(JsonbOrder, SortsByLengthThenBytes) {
  EXPECT_EQ(in_order(R"({"bb":1,"a":2,"B":3,"aa":4,"":5,"c":6})"),
            R"({"":5,"B":3,"a":2,"c":6,"aa":4,"bb":1})");
  EXPECT_EQ(in_order("{\"\xC3\xA9\":1,\"zz\":2,\"zzz\":3}"), "{\"zz\":2,\"\xC3\xA9\":1,\"zzz\":3}");
}

TEST(JsonbOrder, ComparesLongNamesToTheirEnd) {
  EXPECT_EQ(in_order(R"({"abcdefgz":1,"abcdefga":2,"abcdefg":3,"abcdef":4})"),
            R"({"abcdef":4,"abcdefg":3,"abcdefga":2,"abcdefgz":1})");
  const std::string x(300, 'x'), y(299, 'y'), z(300, 'z');
  EXPECT_EQ(in_order("{\"" + z + "\":1,\"" + x + "\":2,\"" + y + "\":3}"),
            "{\"" + y + "\":3,\"" + x + "\":2,\"" + z + "\":1}");
}

TEST(JsonbOrder, SortsAtEveryLevel) {
  EXPECT_EQ(in_order(R"({"l":[{"b":1,"a":{"d":[],"c":{}}},[{"y":1,"x":2}]],"a":"x"})"),
            R"({"a":"x","l":[{"a":{"c":{},"d":[]},"b":1},[{"x":2,"y":1}]]})");
}

TEST(JsonbOrder, KeepsEqualNamesInTheirOrderSoThatTheLastWins) {
  EXPECT_EQ(in_order(R"({"b":1,"a":1,"b":2,"a":2,"b":3})"), R"({"a":1,"a":2,"b":1,"b":2,"b":3})");
}

TEST(JsonbOrder, WritesWhiteSpaceNoMoreThanTheSourceHas) {
  EXPECT_EQ(in_order("{ \"b\" : 1 ,\n \"a\" : [ 1, 2 ] , \"c\" : \"x\" }"),
            "{\"a\":[ 1, 2 ],\"b\":1,\"c\":\"x\"}");
}

TEST(JsonbOrder, LeavesWhatIsInOrderAsItStands) {
  for (const char* text : {"{}", "[]", "1", R"("x")", R"({"a":1, "b":"n"})", "[1, 2]"})
    EXPECT_EQ(in_order(text), text);
}

TEST(JsonbOrder, LeavesObjectsWithEscapedNamesInTheirOrder) {
  EXPECT_EQ(in_order(R"({"b":{"d":1,"c":2},"\u0061":1})"), R"({"b":{"c":2,"d":1},"\u0061":1})");
}

TEST(JsonbOrder, WritesEscapedCharactersAsTheyAre) {
  EXPECT_EQ(in_order(R"({"b":"\u00E9\u20AC\uD83D\uDE00","a":["\u00fc",1]})"),
            "{\"a\":[\"\u00fc\",1],\"b\":\"\u00e9\u20ac\U0001F600\"}");
  EXPECT_EQ(in_order(R"("Stra\u00dfe")"), "\"Stra\u00dfe\"");
  // What must be escaped, and what is plain ASCII, stays as it stands.
  for (const char* text : {R"({"a":"\"\\\/\b\n\u0001\u0041"})", R"(["\u0022\u005c"])"})
    EXPECT_EQ(in_order(text), text);
}

TEST(JsonbOrder, SortsObjectsOfManyMembers) {
  std::string text = "{", expected = "{";
  for (int i = 999; i >= 0; --i) text += "\"" + std::to_string(i) + "\":0" + (i > 0 ? "," : "}");
  for (int i = 0; i < 1000; ++i)
    expected += "\"" + std::to_string(i) + "\":0" + (i < 999 ? "," : "}");
  EXPECT_EQ(in_order(text), expected);
}

TEST(JsonbOrder, CopiesWhatIsNestedDeeperThanItGoes) {
  std::string text = R"({"b":1,"a":2})";
  for (int i = 0; i < 50'000; ++i) text = "[" + text + "]";
  EXPECT_EQ(in_order(text), text);
}

TEST(JsonbOrder, BuildsAnObjectOfChosenMembers) {
  const std::string text =
      R"({"long":{"z":1,"y":2},"drop":0,"b":"\u00e9","list" : [{"q":1,"p":2}]})";
  Document document;
  ASSERT_FALSE(document.parse(text));
  std::vector<std::uint32_t> names;
  for (const char* name : {"long", "b", "list"})
    names.push_back(document.root().find(name)->index() - 1);
  JsonbOrder order;
  std::string out;
  order.append_members(out, document, names);
  EXPECT_EQ(out, "{\"b\":\"\u00e9\",\"list\":[{\"p\":2,\"q\":1}],\"long\":{\"y\":2,\"z\":1}}");
  out.clear();
  order.append_members(out, document, {});
  EXPECT_EQ(out, "{}");
}

TEST(JsonbOrder, IsDoneAfterOnePassAndLosesNothing) {
  SCOPED_TRACE(seed_note());
  RandomJson random("IsDoneAfterOnePassAndLosesNothing");
  random.impossible = false;
  for (int i = 0; i < 3000 && !testing::Test::HasFailure(); ++i) {
    const std::string text = random.value(5);
    const std::string once = in_order(text);
    EXPECT_EQ(in_order(once), once) << text;
    EXPECT_LE(once.size(), text.size());
    Document before, after;
    ASSERT_FALSE(before.parse(text));
    ASSERT_FALSE(after.parse(once)) << once;
    EXPECT_EQ(before.nodes().size(), after.nodes().size());
  }
}

}  // namespace
}  // namespace arango2pg::doc
