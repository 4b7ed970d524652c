// `where` and `check`.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "mapping/schema_check.h"
#include "unit/mapping/mapping_test_support.h"

using namespace arango2pg;
using namespace arango2pg::mapping;

namespace {

const std::string head =
    "version: 1\nfrom: c\ninto: t\nkey: id\ncolumns: { id: { meta: key } }\nunmapped: ignore\n";

Outcome with(const std::string& more, const std::string& value,
             const std::string& file = "users.yaml") {
  const auto plan =
      plan_of({spec_of(head + more + "\n", file)}, lookup_of({table_of("t", "id text")}));
  return apply(*plan, {value.empty() ? R"({"_key":"k"})" : R"({"_key":"k","a":)" + value + "}"});
}

bool taken(const std::string& condition, const std::string& value) {
  const Outcome out = with("where: [{ path: a, " + condition + " }]", value);
  EXPECT_EQ(out.filtered + out.batch.written(), 1U);
  return out.filtered == 0;
}

/// "", or the rule that was violated.
std::string checked(const std::string& rule, const std::string& value) {
  const Outcome out = with("check: [{ path: a, " + rule + " }]", value);
  return out.rejections.empty() ? "" : out.rejection();
}

/// A JSON Schema in a file, for one test.
class SchemaFile {
 public:
  explicit SchemaFile(const std::string& text) { write(name_, text); }
  ~SchemaFile() { std::filesystem::remove_all(dir_); }
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((dir_ / name).parent_path());
    std::ofstream(dir_ / name) << text;
  }
  [[nodiscard]] std::string path() const { return (dir_ / name_).string(); }
  [[nodiscard]] std::string mapping() const { return (dir_ / "m.yaml").string(); }
  /// "path: phrase", or "" if the value fits.
  [[nodiscard]] std::string check(const std::string& json) const {
    const auto schema = SchemaCheck::load(path());
    const Literal value(json);
    std::string at;
    const std::string phrase = schema->check(value.value(), at);
    return phrase.empty() ? "" : at + ": " + phrase;
  }
  [[nodiscard]] std::string load_error() const {
    try {
      static_cast<void>(SchemaCheck::load(path()));
    } catch (const Error& e) {
      const std::string what = e.what();
      return what.substr(what.find(": ") + 2);
    }
    return "no error";
  }

 private:
  std::filesystem::path dir_ =
      std::filesystem::temp_directory_path() / ("schema_test_" + std::to_string(::getpid()));
  std::string name_ = "main.json";
};

}  // namespace

TEST(Where, ComparesByValue) {
  EXPECT_TRUE(taken("equals: x", R"("x")"));
  EXPECT_TRUE(taken("eq: 1", "1.0"));
  EXPECT_FALSE(taken("equals: 1", R"("1")"));
  EXPECT_TRUE(taken("equals: \"1\"", R"("1")"));
  EXPECT_TRUE(taken("equals: [1, { b: 2 }]", R"([1,{"b":2}])"));
  EXPECT_TRUE(taken("not: x", R"("y")"));
  EXPECT_TRUE(taken("not: x", ""));
  EXPECT_FALSE(taken("not: x", R"("x")"));
  EXPECT_TRUE(taken("in: [a, b]", R"("b")"));
  EXPECT_FALSE(taken("in: [a, b]", ""));
  EXPECT_TRUE(taken("in: [a, null]", ""));
  EXPECT_TRUE(taken("not_in: [draft]", ""));
  EXPECT_FALSE(taken("not_in: [draft]", R"("draft")"));
}

TEST(Where, CountsNullAsAbsent) {
  EXPECT_FALSE(taken("exists: true", "null"));
  EXPECT_TRUE(taken("exists: true", "0"));
  EXPECT_TRUE(taken("missing: true", "null"));
  EXPECT_TRUE(taken("missing: true", ""));
  EXPECT_TRUE(taken("exists: false", ""));
  EXPECT_TRUE(taken("equals: null", ""));
}

TEST(Where, ComparesOrderedValues) {
  EXPECT_TRUE(taken("gt: 9", "10"));
  EXPECT_FALSE(taken("gt: 10", "10"));
  EXPECT_TRUE(taken("gte: 10", "10.0"));
  EXPECT_TRUE(taken("lt: b", R"("a")"));
  EXPECT_TRUE(taken("lte: 0.1", "0.1"));
  EXPECT_FALSE(taken("gt: 1", R"("2")"));
  EXPECT_FALSE(taken("lte: 1", ""));
  EXPECT_TRUE(taken("gte: '2025-01-01', lt: '2026-01-01'", R"("2025-08-17T00:00:00")"));
}

TEST(Where, KnowsTypesAndPatterns) {
  EXPECT_TRUE(taken("type: object", "{}"));
  EXPECT_TRUE(taken("type: [array, string]", R"("x")"));
  EXPECT_TRUE(taken("type: integer", "3.0"));
  EXPECT_FALSE(taken("type: integer", "3.5"));
  EXPECT_TRUE(taken("matches: '^user_[0-9]+$'", R"("user_42")"));
  EXPECT_FALSE(taken("matches: '^user_'", "{}"));
  EXPECT_TRUE(taken("matches: '^4'", "42"));
}

TEST(Where, AllEntriesMustHold) {
  EXPECT_EQ(with("where: [{ path: a, gt: 1 }, { path: _key, equals: k }]", "2").filtered, 0U);
  EXPECT_EQ(with("where: [{ path: a, gt: 1 }, { path: _key, equals: x }]", "2").filtered, 1U);
}

TEST(Check, EveryRuleHasItsCode) {
  EXPECT_EQ(checked("required: true", "null"), "check_required a");
  EXPECT_EQ(checked("not_null: true", "null"), "check_not_null a");
  EXPECT_EQ(checked("type: array", "{}"), "check_type a");
  EXPECT_EQ(checked("format: email", R"("x")"), "check_format a");
  EXPECT_EQ(checked("enum: [a, b]", R"("c")"), "check_enum a");
  EXPECT_EQ(checked("min: 1", "0.9"), "check_min a");
  EXPECT_EQ(checked("max: 1", "1.1"), "check_max a");
  EXPECT_EQ(checked("min_length: 2", R"("Ž")"), "check_min_length a");
  EXPECT_EQ(checked("max_length: 1", R"("ŽŽ")"), "check_max_length a");
  EXPECT_EQ(checked("min_items: 1", "[]"), "check_min_items a");
  EXPECT_EQ(checked("max_items: 1", "[1,2]"), "check_max_items a");
  EXPECT_EQ(checked("pattern: '^x'", R"("y")"), "check_pattern a");
  EXPECT_EQ(checked("unique_items: true", "[1,1.0]"), "check_unique_items a");
}

TEST(Check, GoodValuesPass) {
  EXPECT_EQ(checked("required: true, type: string, format: email, max_length: 50", R"("a@b.cz")"),
            "");
  EXPECT_EQ(checked("enum: [a, 1]", "1.0"), "");
  EXPECT_EQ(checked("min: 1, max: 1", "1"), "");
  EXPECT_EQ(checked("max_length: 2", R"("ŽŽ")"), "");
  EXPECT_EQ(checked("min_items: 2, max_items: 2, unique_items: true", R"([1,"1"])"), "");
  EXPECT_EQ(checked("type: integer", "3.0"), "");
}

TEST(Check, AbsentValuesViolateOnlyRequired) {
  for (const char* rule :
       {"type: array", "format: email", "min: 1", "max_items: 1", "not_null: true", "pattern: x"})
    EXPECT_EQ(checked(rule, ""), "") << rule;
  EXPECT_EQ(checked("type: array, max_items: 500", "null"), "");
  EXPECT_EQ(checked("required: true", ""), "check_required a");
  EXPECT_EQ(checked("required: false", ""), "");
}

TEST(Check, AValueOfAnotherTypeViolatesTheRule) {
  for (const char* rule :
       {"format: email", "min: 1", "max: 1", "min_length: 0", "min_items: 0", "unique_items: true"})
    EXPECT_NE(checked(rule, "{}"), "") << rule;
}

TEST(Check, WarningsAreCountedAndTheDocumentIsLoaded) {
  const Outcome out = with(
      "check: [{ path: a, format: email, severity: warn }, { path: a, min_length: 3, severity: "
      "warn }]",
      R"("x")");
  EXPECT_EQ(out.rows.at("t"), "k\n");
  EXPECT_EQ(out.notes.warnings.at("check_format a"), 1U);
  EXPECT_EQ(out.notes.warnings.at("check_min_length a"), 1U);
}

TEST(Check, AgainstAJsonSchemaNamesThePlace) {
  const SchemaFile file(
      R"({"type":"object","properties":{"a":{"type":"array","items":{"type":"object","required":["x"]}}}})");
  const std::string rule = "check: [{ schema: main.json }]";
  EXPECT_EQ(with(rule, R"([{"x":1},{}])", file.mapping()).rejection(), "check_schema a[1]");
  EXPECT_EQ(with(rule, R"([{"x":1}])", file.mapping()).rows.at("t"), "k\n");
  EXPECT_EQ(with("check: [{ schema: main.json, severity: warn }]", "1", file.mapping())
                .notes.warnings.size(),
            1U);
}

TEST(Check, AJsonSchemaCanBeAskedAboutOneAttribute) {
  const SchemaFile file(R"({"type":"string"})");
  EXPECT_EQ(with("check: [{ path: a, schema: main.json }]", "1", file.mapping()).rejection(),
            "check_schema a");
  EXPECT_EQ(with("check: [{ path: a, schema: main.json }]", "", file.mapping()).rejections.size(),
            0U);
}

TEST(JsonSchema, KnowsTheUsualKeywords) {
  const SchemaFile file(
      R"({"type":"object","required":["n"],"additionalProperties":false,"properties":{
    "n":{"type":"integer","minimum":1,"multipleOf":2},
    "s":{"type":"string","minLength":2,"pattern":"^a","format":"email"},
    "u":{"uniqueItems":true}, "pattern":{"type":"string"}, "format":{"enum":["x",1.0]}, "id":{"type":"string"}}})");
  EXPECT_EQ(file.check(R"({"n":2})"), "");
  EXPECT_EQ(file.check(R"({"n":2.0,"s":"ab@c.cz","u":[1,2],"pattern":"p","format":1,"id":"i"})"),
            "");
  EXPECT_EQ(file.check(R"({})"), ": missing required property 'n'");
  EXPECT_EQ(file.check(R"({"n":3})"), "n: value should be a multiple of 2");
  EXPECT_EQ(file.check(R"({"n":2.5})").substr(0, 2), "n:");
  EXPECT_EQ(file.check(R"({"n":2,"s":"b@c.cz"})"), "s: does not match the pattern");
  EXPECT_EQ(file.check(R"({"n":2,"s":"ab"})"), "s: is no email");
  EXPECT_EQ(file.check(R"({"n":2,"u":[1,1.0]})"), "u: holds an element twice");
  EXPECT_EQ(file.check(R"({"n":2,"pattern":1})"),
            "pattern: value type not permitted by 'type' constraint");
  EXPECT_NE(file.check(R"({"n":2,"x":1})"), "");
}

TEST(JsonSchema, NumbersBeyond64BitsStayIntegers) {
  const SchemaFile file(R"({"type":"integer","maximum":10})");
  EXPECT_NE(file.check("18446744073709551615"), "");
  EXPECT_EQ(file.check("-18446744073709551615"), "");
}

TEST(JsonSchema, FollowsReferencesInsideAndToOtherFiles) {
  const SchemaFile file(R"({"definitions":{"s":{"type":"string"}},"properties":{
    "a":{"$ref":"#/definitions/s"},"b":{"$ref":"sub/other.json#/definitions/s"},"c":{"$ref":"sub/other.json"}}})");
  file.write("sub/other.json", R"({"definitions":{"s":{"type":"number"}},"type":"object",
    "properties":{"up":{"$ref":"../main.json#/definitions/s"},"own":{"$ref":"#/definitions/s"}}})");
  EXPECT_EQ(file.check(R"({"a":"x","b":1,"c":{"up":"x","own":1}})"), "");
  EXPECT_EQ(file.check(R"({"a":1})").substr(0, 2), "a:");
  EXPECT_EQ(file.check(R"({"b":"x"})").substr(0, 2), "b:");
  EXPECT_EQ(file.check(R"({"c":{"up":1}})").substr(0, 5), "c.up:");
  EXPECT_EQ(file.check(R"({"c":{"own":"x"}})").substr(0, 6), "c.own:");
}

TEST(JsonSchema, RecursesWithTheDocument) {
  const SchemaFile file(
      R"({"type":"object","properties":{"child":{"$ref":"#"}},"additionalProperties":false})");
  EXPECT_EQ(file.check(R"({"child":{"child":{}}})"), "");
  EXPECT_NE(file.check(R"({"child":{"child":{"x":1}}})"), "");
}

TEST(JsonSchema, DraftFourHasItsOwnBounds) {
  const SchemaFile file(
      R"({"$schema":"http://json-schema.org/draft-04/schema#","minimum":1,"exclusiveMinimum":true})");
  EXPECT_NE(file.check("1"), "");
  EXPECT_EQ(file.check("2"), "");
}

TEST(JsonSchema, RefusesWhatItWouldIgnore) {
  EXPECT_EQ(SchemaFile(R"({"prefixItems":[]})").load_error(),
            "the keyword 'prefixItems' is not supported");
  EXPECT_EQ(
      SchemaFile(R"({"$ref":"https://example.com/x.json"})").load_error(),
      "the reference 'https://example.com/x.json' is no file; nothing is fetched from the net");
  EXPECT_EQ(SchemaFile(R"({"properties":{"a":{"pattern":"("}}})").load_error().substr(0, 35),
            "no usable JSON Schema: pattern '(':");
  EXPECT_EQ(SchemaFile(R"({"type":)").load_error().substr(0, 8), "no JSON:");
  EXPECT_NE(SchemaFile(R"({"$ref":"#/definitions/none"})").load_error(), "no error");
}

// A pattern on a long text: std::regex, which valijson would use, recurses once per character and
// ends the program.
TEST(JsonSchema, LongTextsDoNotOverflowTheStack) {
  const SchemaFile file(R"({"type":"string","pattern":"^(a|b)*$"})");
  EXPECT_EQ(file.check("\"" + std::string(1'000'000, 'a') + "\""), "");
}

// valijson and our comparisons recurse; a document nested without end must not end the program.
TEST(Check, RefusesBottomlessDocuments) {
  const std::string deep = std::string(50'000, '[') + std::string(50'000, ']');
  const SchemaFile file(R"({"items":{"$ref":"#"}})");
  EXPECT_EQ(file.check(deep), ": is nested more than 400 levels deep");
  EXPECT_EQ(checked("unique_items: true", deep), "check_unique_items a");
  EXPECT_EQ(file.check(std::string(400, '[') + std::string(400, ']')), "");
}
