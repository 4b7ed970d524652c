// Members in jsonb's order: shorter names first, then by bytes.
#include "mapping/sorted_json.h"

#include <random>

#include "mapping/literal.h"
#include "unit/mapping/mapping_test_support.h"

using namespace arango2pg;
using namespace arango2pg::mapping;

namespace {

std::string sorted(const std::string& json) {
  const Literal value(json);
  JsonSorter sorter;
  std::string out;
  sorter.append(out, value.value());
  return out;
}

}  // namespace

TEST(SortedJson, OrdersMembersOfAllObjects) {
  EXPECT_EQ(sorted(R"({"bb":1,"a":{"d":1,"c":2},"aa":[{"y":1,"x":2},3],"B":null})"),
            R"({"B":null,"a":{"c":2,"d":1},"aa":[{"x":2,"y":1},3],"bb":1})");
  EXPECT_EQ(sorted(R"({"ž":1,"zz":2,"é":3})"), R"({"zz":2,"é":3,"ž":1})");
}

TEST(SortedJson, CopiesEverythingElse) {
  for (const char* same :
       {"1.50", "null", R"("x\u0041")", "[]", "{}", "[1, [2 ,3]]", R"([[ 1 ],"x"])"})
    EXPECT_EQ(sorted(same), std::string(same) == R"([[ 1 ],"x"])" ? R"([[ 1 ],"x"])"
                            : std::string(same) == "[1, [2 ,3]]"  ? "[1,[2 ,3]]"
                                                                  : same);
}

TEST(SortedJson, OfEqualNamesTheLastStaysTheLast) {
  EXPECT_EQ(sorted(R"({"b":1,"a":2,"b":3,"a":4})"), R"({"a":2,"a":4,"b":1,"b":3})");
}

TEST(SortedJson, LeavesNamesWithEscapesAlone) {
  EXPECT_EQ(sorted(R"({"b":1,"\u0061":2,"a":3})"), R"({"b":1,"\u0061":2,"a":3})");
}

TEST(SortedJson, ManyMembersAndDeepValues) {
  std::string json = "{", wanted = "{";
  for (int i = 99; i >= 10; --i) json += (i < 99 ? ",\"k" : "\"k") + std::to_string(i) + "\":0";
  for (int i = 10; i <= 99; ++i) wanted += (i > 10 ? ",\"k" : "\"k") + std::to_string(i) + "\":0";
  EXPECT_EQ(sorted(json + "}"), wanted + "}");
  std::string deep = R"({"b":1,"a":2})";
  for (int i = 0; i < 10'000; ++i) deep = "[" + deep + "]";
  EXPECT_EQ(sorted(deep), deep);
}

TEST(SortedJson, IsTheSameValue) {
  std::mt19937 random(7);
  const auto number = [&](unsigned below) { return static_cast<unsigned>(random()) % below; };
  const auto make = [&](auto&& self, int depth) -> std::string {
    const unsigned kind = depth > 4 ? number(3) : number(6);
    if (kind < 2) return std::to_string(number(1000)) + ".5";
    if (kind == 2) return "\"" + std::string(number(4), 'x') + "\"";
    const bool object = kind > 3;
    std::string out(1, object ? '{' : '[');
    for (unsigned i = 0, n = number(20); i < n; ++i) {
      if (i > 0) out += ", ";
      if (object)
        out += "\"" + std::string(1 + number(2), static_cast<char>('a' + number(3))) + "\" : ";
      out += self(self, depth + 1);
    }
    return out + (object ? '}' : ']');
  };
  for (int i = 0; i < 200; ++i) {
    const std::string json = make(make, 0);
    EXPECT_TRUE(equal(Literal(json).value(), Literal(sorted(json)).value())) << json;
  }
}

TEST(SortedJson, IsHowPlansWriteJsonb) {
  const auto specs = automatic({{"c", false, false, {}, 0}}, "public");
  CompileOptions options;
  options.format = doc::CopyFormat::text;
  const auto plan = CollectionPlan::compile({"c", false, false, {}, 0}, specs, {}, options);
  Scratch scratch(1);
  EXPECT_EQ(plan->apply(batch_of({R"({"bb":{"d":1,"c":2},"_key":"k","a":3,"_rev":null})"}), scratch)
                .tables[0]
                .bytes,
            "k\t\\N\t{\"a\":3,\"bb\":{\"c\":2,\"d\":1}}\n");
}
