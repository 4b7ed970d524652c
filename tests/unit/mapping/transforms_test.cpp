// Every step of `then`, from the document's value to the COPY text field.
#include "unit/mapping/mapping_test_support.h"

using namespace arango2pg;
using namespace arango2pg::mapping;

namespace {

std::string text(const std::string& step, const std::string& value) {
  return mapped("{ path: a, then: [" + step + "] }", "text", value);
}
std::string json(const std::string& step, const std::string& value) {
  return mapped("{ path: a, then: [" + step + "] }", "jsonb", value);
}
std::string number(const std::string& step, const std::string& value) {
  return mapped("{ path: a, then: [" + step + "] }", "numeric", value);
}
std::string time(const std::string& step, const std::string& value) {
  return mapped("{ path: a, then: [" + step + "] }", "timestamptz", value);
}

}  // namespace

TEST(Steps, OnText) {
  EXPECT_EQ(text("trim", R"("  x y ")"), "x y");
  EXPECT_EQ(text("lower", R"("ŽOFIE")"), "žofie");
  EXPECT_EQ(text("upper", R"("straße")"), "STRASSE");
  EXPECT_EQ(text("collapse_space", R"(" a \n b ")"), "a b");
  EXPECT_EQ(text("truncate: 3", R"("Žofie")"), "Žof");
  EXPECT_EQ(text("substring: { from: 1, length: 2 }", R"("Žofie")"), "of");
  EXPECT_EQ(text("substring: { from: 9 }", R"("abc")"), "");
  EXPECT_EQ(text("replace: { from: \"-\", to: \"\" }", R"("1-2-3")"), "123");
  EXPECT_EQ(text(R"(replace: { pattern: '(\d+)\s*€', to: 'EUR \1' })", R"("80 €, 95€")"),
            "EUR 80, EUR 95");
}

TEST(Steps, RunInOrder) { EXPECT_EQ(text("trim, upper, truncate: 1", R"(" žo ")"), "Ž"); }

TEST(Steps, TakeScalarsAsTheirLiteral) {
  EXPECT_EQ(text("trim", "1.50"), "1.50");
  EXPECT_EQ(text("upper", "true"), "TRUE");
  EXPECT_EQ(text("trim", "[1]"), "wrong_type a");
}

TEST(Steps, AreSkippedForAbsentValues) {
  EXPECT_EQ(text("upper", ""), "\\N");
  EXPECT_EQ(text("upper", "null"), "\\N");
}

TEST(Steps, SplitMakesAnArray) {
  EXPECT_EQ(mapped("{ path: a, then: [{ split: \",\" }] }", "text[]", R"("x,y,,z")"),
            R"({"x","y","","z"})");
  EXPECT_EQ(json("split: \", \"", R"("a, b")"), R"(["a","b"])");
  EXPECT_EQ(json("split: \",\"", R"("")"), "[]");
}

TEST(Steps, NullIfMakesAValueAbsent) {
  EXPECT_EQ(text("null_if: \"\"", R"("")"), "\\N");
  EXPECT_EQ(text("null_if: [n/a, '-']", R"("-")"), "\\N");
  EXPECT_EQ(text("null_if: [n/a, '-']", R"("x")"), "x");
  EXPECT_EQ(mapped("{ path: a, then: [{ null_if: \"\" }], default: none }", "text", R"("")"),
            "none");
}

TEST(Steps, IntegerWantsAWholeNumber) {
  EXPECT_EQ(number("integer", R"("42")"), "42");
  EXPECT_EQ(number("integer", "42.0"), "42");
  EXPECT_EQ(number("integer", "42.5"), "bad_integer a");
  EXPECT_EQ(number("integer", R"("4x")"), "bad_integer a");
  EXPECT_EQ(number("integer", "true"), "bad_integer a");
  EXPECT_EQ(number("integer", R"("1e2000")"), "out_of_range a");
}

TEST(Steps, NumberKeepsTheDigits) {
  EXPECT_EQ(number("number", R"("12345678901234567890.10")"), "12345678901234567890.10");
  EXPECT_EQ(number("number", R"("+1.5")"), "1.5");
  EXPECT_EQ(json("number", R"(".5")"), "0.5");
  EXPECT_EQ(json("number", R"("007")"), "7");
  EXPECT_EQ(json("number", R"("5.")"), "5");
  EXPECT_EQ(json("number", R"("-.5")"), "-0.5");
  EXPECT_EQ(number("number", R"("1,5")"), "bad_number a");
  EXPECT_EQ(number("number", R"("")"), "bad_number a");
}

TEST(Steps, RoundAndScaleAreExact) {
  EXPECT_EQ(number("round: 2", "1.005"), "1.01");
  EXPECT_EQ(number("round", "2.5"), "3");
  EXPECT_EQ(number("round: 2", R"("78.333333")"), "78.33");
  EXPECT_EQ(number("scale: 100", "0.29"), "29");
  EXPECT_EQ(number("scale: 0.01, round: 1", "1995"), "20");
  EXPECT_EQ(number("scale: 1000", R"("x")"), "bad_number a");
}

TEST(Steps, BooleanTakesTheUsualWords) {
  for (const char* yes : {"true", "1", R"("Yes")", R"("t")", R"("ON")"})
    EXPECT_EQ(mapped("{ path: a, then: [boolean] }", "boolean", yes), "t") << yes;
  for (const char* no : {"false", "0", R"("no")", R"("F")", R"("off")"})
    EXPECT_EQ(mapped("{ path: a, then: [boolean] }", "boolean", no), "f") << no;
  for (const char* bad : {"2", R"("")", R"("ja")", R"("truely")"})
    EXPECT_EQ(mapped("{ path: a, then: [boolean] }", "boolean", bad), "bad_boolean a") << bad;
}

TEST(Steps, TimestampTriesItsFormatsInOrder) {
  EXPECT_EQ(time("timestamp", R"("2025-08-17T09:12:31.004211")"), "2025-08-17 09:12:31.004211+00");
  EXPECT_EQ(time("timestamp: [iso8601, epoch_ms]", "1755421951004"),
            "2025-08-17 09:12:31.004000+00");
  EXPECT_EQ(time("timestamp: \"%d.%m.%Y\"", R"("17.08.2025")"), "2025-08-17 00:00:00+00");
  EXPECT_EQ(time("timestamp: [iso8601, \"%d.%m.%Y\"]", R"("31.02.2025")"), "bad_timestamp a");
  EXPECT_EQ(time("timestamp: [iso8601]", "1755421951004"), "bad_timestamp a");
  EXPECT_EQ(time("timestamp: [iso8601, epoch_s]", "true"), "bad_timestamp a");
}

TEST(Steps, TimestampRefusesSubMicrosecondsUnlessToldToCutThem) {
  EXPECT_EQ(time("timestamp", R"("2025-08-17T09:12:31.1234567Z")"), "bad_timestamp a");
  EXPECT_EQ(
      time("timestamp: { formats: [iso8601], truncate: us }", R"("2025-08-17T09:12:31.1234567Z")"),
      "2025-08-17 09:12:31.123456+00");
  EXPECT_EQ(mapped("{ path: a, then: [{ timestamp: { truncate: day } }] }", "date",
                   R"("2025-08-17T09:12:31Z")"),
            "2025-08-17");
}

TEST(Steps, TimezoneMovesOnlyTextsWithoutAZone) {
  EXPECT_EQ(time("timestamp: [iso8601], timezone: Europe/Prague", R"("2025-08-17T09:12:31")"),
            "2025-08-17 07:12:31+00");
  EXPECT_EQ(time("timezone: Europe/Prague", R"("2025-08-17T09:12:31")"), "2025-08-17 07:12:31+00");
  EXPECT_EQ(time("timezone: Europe/Prague, timestamp: \"%d.%m.%Y\"", R"("17.01.2025")"),
            "2025-01-16 23:00:00+00");
  EXPECT_EQ(time("timezone: Europe/Prague", R"("2025-08-17T09:12:31Z")"), "2025-08-17 09:12:31+00");
  EXPECT_EQ(time("timezone: Europe/Prague", R"("2025-03-30T02:30:00")"), "bad_timestamp a");
}

TEST(Steps, MapIsAValueTable) {
  const std::string table =
      "map: { values: { company_research: company, '1': one, 'true': yes, gone: null }, otherwise: "
      "other }";
  EXPECT_EQ(text(table, R"("company_research")"), "company");
  EXPECT_EQ(text(table, "1"), "one");
  EXPECT_EQ(text(table, "true"), "yes");
  EXPECT_EQ(text(table, R"("x")"), "other");
  EXPECT_EQ(text(table, R"("gone")"), "\\N");
  EXPECT_EQ(text("map: { values: { a: b } }", R"("x")"), "unmapped_value a");
  EXPECT_EQ(text("map: { values: { a: b }, otherwise: { path: a } }", R"("x")"), "x");
  EXPECT_EQ(text("map: { values: { a: b }, otherwise: null }", R"("x")"), "\\N");
}

TEST(Steps, OnJson) {
  const std::string value = R"({"a":1,"b":{"c":2},"d":null})";
  EXPECT_EQ(json("pick: [b, x]", value), R"({"b":{"c":2}})");
  EXPECT_EQ(json("omit: [b]", value), R"({"a":1,"d":null})");
  EXPECT_EQ(json("rename: { a: z }", value), R"({"z":1,"b":{"c":2},"d":null})");
  EXPECT_EQ(json("rename: { a: d }", value), "name_clash a");
  EXPECT_EQ(json("rename: { a: d, d: a }", value), R"({"d":1,"b":{"c":2},"a":null})");
  EXPECT_EQ(json("merge: { a: 9, src: arangodb }", value),
            R"({"b":{"c":2},"d":null,"a":9,"src":"arangodb"})");
  EXPECT_EQ(json("omit: [a], merge: { e: [1, {f: true}] }", value),
            R"({"b":{"c":2},"d":null,"e":[1,{"f":true}]})");
  EXPECT_EQ(json("pick: [a]", "[1]"), "wrong_type a");
  EXPECT_EQ(json("pick: [a]", R"("x")"), "wrong_type a");
}

TEST(Steps, MergeTakesSourceWordsToo) {
  EXPECT_EQ(json("merge: { arango_id: { meta: id }, run_id: { meta: run_id }, t: { path: _key }, "
                 "no: { path: x } }",
                 "{}"),
            R"({"arango_id":"c/k","run_id":7,"t":"k"})");
  EXPECT_EQ(json("merge: { at: { meta: revision_time } }", "{}"), "{}");
}

TEST(Steps, JsonTurnsAnythingIntoText) {
  EXPECT_EQ(text("json", R"({"a": [1]})"), R"({"a": [1]})");
  EXPECT_EQ(text("json", R"("x")"), R"("x")");
}

TEST(Steps, Pseudonymise) {
  EXPECT_EQ(text("sha256", R"("abc")"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(text("sha256: { salt: a }", R"("bc")"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(text("mask", R"("žofie")"), "*****");
  EXPECT_EQ(text("mask: { first: 1, last: 2, with: x }", R"("žofie")"), "žxxie");
  EXPECT_EQ(text("mask: { first: 3, last: 3 }", R"("žofie")"), "*****");
}

TEST(Steps, NotBeforeTakesTheLaterOfTwoColumns) {
  const Spec spec = spec_of(R"(
version: 1
from: c
into: t
key: id
columns:
  id: { meta: key }
  updated_at: { path: u, then: [timestamp, { not_before: created_at }], default: { meta: revision_time } }
  created_at: { path: c, then: [timestamp] }
)");
  const auto plan = plan_of(
      {spec},
      lookup_of({table_of("t", "id text, updated_at timestamptz, created_at timestamptz")}));
  const Outcome out =
      apply(*plan, {R"({"_key":"1","c":"2025-01-02T00:00:00","u":"2025-01-01T00:00:00"})",
                    R"({"_key":"2","c":"2025-01-02T00:00:00","u":"2025-01-03T00:00:00"})",
                    // A default is not exempt: 2021-01-01 lies before.
                    R"({"_key":"3","_rev":"_bpq8a-----","c":"2025-01-02T00:00:00"})",
                    R"({"_key":"4","u":"2025-01-03T00:00:00"})"});
  EXPECT_EQ(out.rows.at("t"),
            "1\t2025-01-02 00:00:00+00\t2025-01-02 00:00:00+00\n"
            "2\t2025-01-03 00:00:00+00\t2025-01-02 00:00:00+00\n"
            "3\t2025-01-02 00:00:00+00\t2025-01-02 00:00:00+00\n"
            "4\t2025-01-03 00:00:00+00\t\\N\n");
}
