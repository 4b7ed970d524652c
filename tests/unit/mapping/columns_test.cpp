// Source words and modifiers, from a document to a COPY text field.
#include "unit/mapping/mapping_test_support.h"

using namespace arango2pg;
using namespace arango2pg::mapping;

TEST(Path, ReadsAnAttribute) { EXPECT_EQ(mapped("{ path: a }", "text", R"("x")"), "x"); }
TEST(Path, ReadsBelowObjectsAndArrays) {
  EXPECT_EQ(mapped("{ path: 'a.b[1].c' }", "text", R"({"b":[0,{"c":"x"}]})"), "x");
  EXPECT_EQ(mapped("{ path: 'a.\"b.c\"' }", "text", R"({"b.c":"x"})"), "x");
}
TEST(Path, OfNothingIsNull) { EXPECT_EQ(mapped("{ path: a }", "text", ""), "\\N"); }
TEST(Path, ToJsonbIsTheValueItself) {
  EXPECT_EQ(mapped("{ path: a }", "jsonb", R"({"b": 1.50})"), R"({"b": 1.50})");
}
TEST(Path, JsonNullIsSqlNullEvenInJsonb) {
  EXPECT_EQ(mapped("{ path: a }", "jsonb", "null"), "\\N");
}
