// What each column type takes and refuses.
#include "unit/mapping/mapping_test_support.h"

using namespace arango2pg;
using namespace arango2pg::mapping;

namespace {

std::string into(const std::string& type, const std::string& value) {
  return mapped("{ path: a }", type, value);
}

}  // namespace

TEST(TextColumn, TakesScalarsButNoContainers) {
  EXPECT_EQ(into("text", R"("a\tb\\c\nd")"), R"(a\tb\\c\nd)");
  EXPECT_EQ(into("text", "1.50"), "1.50");
  EXPECT_EQ(into("text", "true"), "true");
  EXPECT_EQ(into("text", "{}"), "wrong_type a");
  EXPECT_EQ(into("text", "[1]"), "wrong_type a");
}

TEST(VarcharColumn, CountsCharacters) {
  EXPECT_EQ(into("varchar(5)", R"("Žofie")"), "Žofie");
  EXPECT_EQ(into("varchar(4)", R"("Žofie")"), "too_long a");
  EXPECT_EQ(into("varchar(2)", "123"), "too_long a");
  EXPECT_EQ(into("char(2)", R"("CZ")"), "CZ");
}

TEST(IntegerColumn, TakesWholeNumbersInRange) {
  EXPECT_EQ(into("integer", "42"), "42");
  EXPECT_EQ(into("integer", "42.0"), "42");
  EXPECT_EQ(into("integer", "1e3"), "1000");
  EXPECT_EQ(into("bigint", "9007199254740992.0"), "9007199254740992");
  EXPECT_EQ(into("bigint", "9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(into("bigint", "9223372036854775808"), "out_of_range a");
  EXPECT_EQ(into("integer", "2147483648"), "out_of_range a");
  EXPECT_EQ(into("smallint", "-32769"), "out_of_range a");
  EXPECT_EQ(into("integer", "1.5"), "bad_integer a");
  EXPECT_EQ(into("integer", R"("42")"), "wrong_type a");
  EXPECT_EQ(into("integer", "true"), "wrong_type a");
}

TEST(NumericColumn, NeverRoundsSilently) {
  EXPECT_EQ(into("numeric", "12345678901234567890.123456789"), "12345678901234567890.123456789");
  EXPECT_EQ(into("numeric(5,2)", "123.45"), "123.45");
  EXPECT_EQ(into("numeric(5,2)", "123.450"), "123.450");
  EXPECT_EQ(into("numeric(5,2)", "123.456"), "inexact a");
  EXPECT_EQ(into("numeric(5,2)", "1234"), "out_of_range a");
  EXPECT_EQ(into("numeric(3)", "999"), "999");
  EXPECT_EQ(into("numeric(3)", "1e3"), "out_of_range a");
}

TEST(FloatColumn, TakesNumbersInRange) {
  EXPECT_EQ(into("double precision", "0.1"), "0.1");
  EXPECT_EQ(into("double precision", "1e400"), "out_of_range a");
  EXPECT_EQ(into("real", "1e39"), "out_of_range a");
  EXPECT_EQ(into("double precision", R"("0.1")"), "wrong_type a");
}

TEST(BooleanColumn, TakesBooleansOnly) {
  EXPECT_EQ(into("boolean", "true"), "t");
  EXPECT_EQ(into("boolean", "1"), "wrong_type a");
  EXPECT_EQ(into("boolean", R"("true")"), "wrong_type a");
}

TEST(TimestampColumn, TakesIso8601AsUtc) {
  EXPECT_EQ(into("timestamptz", R"("2025-08-17T09:12:31")"), "2025-08-17 09:12:31+00");
  EXPECT_EQ(into("timestamp", R"("2025-08-17T09:12:31+02:00")"), "2025-08-17 07:12:31+00");
  EXPECT_EQ(into("timestamptz", R"("2025-02-30T00:00:00")"), "bad_timestamp a");
  EXPECT_EQ(into("timestamptz", R"("2025-08-17T09:12:31.1234567")"), "bad_timestamp a");
  EXPECT_EQ(into("timestamptz", "1755421951"), "wrong_type a");
}

TEST(DateColumn, TakesDatesWithoutATimeOfDay) {
  EXPECT_EQ(into("date", R"("2025-08-17")"), "2025-08-17");
  EXPECT_EQ(into("date", R"("2025-08-17T00:00:00Z")"), "2025-08-17");
  EXPECT_EQ(into("date", R"("2025-08-17T09:12:31Z")"), "bad_date a");
  EXPECT_EQ(into("date", R"("17.8.2025")"), "bad_date a");
}

TEST(UuidColumn, TakesUuids) {
  EXPECT_EQ(into("uuid", R"("6BA7B810-9dad-11d1-80b4-00c04fd430c8")"),
            "6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  EXPECT_EQ(into("uuid", R"("1048721")"), "bad_uuid a");
  EXPECT_EQ(into("uuid", "1048721"), "wrong_type a");
}

TEST(BytesColumn, TakesBase64) {
  EXPECT_EQ(into("bytea", R"("AAEC/w==")"), R"(\\x000102ff)");
  EXPECT_EQ(into("bytea", R"("")"), R"(\\x)");
  for (const char* bad : {R"("AAE")", R"("AA=A")", R"("A===")", R"("AAB=")", R"("A A=")"})
    EXPECT_EQ(into("bytea", bad), "bad_base64 a") << bad;
}

TEST(EnumColumn, TakesItsLabels) {
  EXPECT_EQ(into("enum('a','b c')", R"("b c")"), "b c");
  EXPECT_EQ(into("enum('a','b c')", R"("c")"), "unknown_label a");
}

TEST(JsonColumns, TakeAnything) {
  EXPECT_EQ(into("json", R"({"a":[1, null]})"), R"({"a":[1, null]})");
  EXPECT_EQ(mapped("{ path: a, then: [timestamp] }", "jsonb", R"("2025-08-17T09:12:31")"),
            R"("2025-08-17T09:12:31Z")");
  EXPECT_EQ(mapped("{ meta: run_id }", "jsonb", ""), "7");
}

TEST(ArrayColumns, TakeArraysOfTheirElementType) {
  EXPECT_EQ(into("text[]", R"(["x",null,1.50])"), R"({"x",NULL,"1.50"})");
  EXPECT_EQ(into("integer[]", "[1,2]"), "{1,2}");
  EXPECT_EQ(into("integer[]", "[]"), "{}");
  EXPECT_EQ(into("integer[]", R"([1,"2"])"), "wrong_type a");
  EXPECT_EQ(into("integer[]", "[[1]]"), "wrong_type a");
  EXPECT_EQ(into("text[]", R"("x")"), "wrong_type a");
  EXPECT_EQ(into("timestamptz[]", R"(["2025-08-17"])"), R"({"2025-08-17 00:00:00+00"})");
}

TEST(OtherTypes, AreLoadedThroughTheirText) {
  EXPECT_EQ(into("ltree", R"("a.b")"), "a.b");
  EXPECT_EQ(into("ltree", "{}"), "wrong_type a");
  const Spec spec = spec_of(
      "version: 1\nfrom: c\ninto: t\nkey: id\ncolumns: { id: { meta: key }, p: { path: p } }\n");
  const auto plan = CollectionPlan::compile({"c", false, false, {}, 0}, {spec},
                                            lookup_of({table_of("t", "id text, p ltree")}), {});
  EXPECT_EQ(plan->tables()[0].format, doc::CopyFormat::text);
}

TEST(Binary, IsUsedWhereEveryColumnAllowsIt) {
  const Spec spec = spec_of(
      "version: 1\nfrom: c\ninto: t\nkey: id\ncolumns: { id: { meta: key }, n: { path: n } }\n");
  const auto plan = CollectionPlan::compile({"c", false, false, {}, 0}, {spec},
                                            lookup_of({table_of("t", "id text, n integer")}), {});
  EXPECT_EQ(plan->tables()[0].format, doc::CopyFormat::binary);
  Scratch scratch(1);
  const doc::RowBatch rows = plan->apply(batch_of({R"({"_key":"k","n":258})"}), scratch);
  EXPECT_EQ(rows.tables[0].bytes, std::string("\0\2\0\0\0\1k\0\0\0\4\0\0\1\2", 15));
}

TEST(Rejections, NameTheColumnAndNoContents) {
  const Outcome out = map_value("{ path: a }", "varchar(3)", R"("secret")");
  ASSERT_EQ(out.rejections.size(), 1U);
  EXPECT_EQ(out.rejections[0].message, "t.v: is longer than 3 characters");
  EXPECT_EQ(out.rejections[0].key, "k");
}
