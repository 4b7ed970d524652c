// The first look at documents before a JSON Schema: never "fits" where the validator objects.
#include "mapping/schema_screen.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "mapping/literal.h"
#include "mapping/schema_bundle.h"
#include "mapping/schema_check.h"
#include "unit/doc/random_json.h"

namespace arango2pg::mapping {
namespace {

std::string written(const std::string& schema) {
  const auto path = std::filesystem::temp_directory_path() /
                    ("schema_screen_test_" + std::to_string(::getpid()) + ".json");
  std::ofstream(path) << schema;
  return path.string();
}

std::unique_ptr<const SchemaScreen> screen(const std::string& schema) {
  const std::string path = written(schema);
  const Literal bundle(bundle_schema(path).json);
  std::filesystem::remove(path);
  return SchemaScreen::compile(bundle.value());
}

bool fits(const std::string& schema, const std::string& json) {
  const auto compiled = screen(schema);
  const Literal value(json);
  return compiled != nullptr && compiled->fits(value.value());
}

TEST(SchemaScreen, TellsDocumentsThatFit) {
  const std::string schema = R"({"type":"object","required":["_key","name"],"properties":{
      "name":{"type":["string","null"],"minLength":2,"maxLength":4,"pattern":"^[a-zé]+$"},
      "age":{"type":"integer","minimum":0,"exclusiveMaximum":150},
      "state":{"enum":["new","old",7]},
      "mail":{"type":"string","format":"email"},
      "tags":{"type":"array","items":{"type":"string"},"maxItems":2},
      "more":{"additionalProperties":{"type":"number"}}}})";
  for (const char* good : {R"({"_key":"1","name":"ada"})", R"({"_key":"1","name":null,"else":[1]})",
                           R"({"_key":"1","name":"éééé","age":0,"state":"old","mail":"a@b.org"})",
                           R"({"name":"abc","_key":1,"tags":["a","b"],"more":{"a":1.5,"b":-2}})"})
    EXPECT_TRUE(fits(schema, good)) << good;
  for (const char* bad :
       {R"([])", R"({"_key":"1"})", R"({"_key":"1","name":"a"})", R"({"_key":"1","name":"abcde"})",
        R"({"_key":"1","name":"ABC"})", R"({"_key":"1","name":"abc","age":150})",
        R"({"_key":"1","name":"abc","age":-1})", R"({"_key":"1","name":"abc","age":1.5})",
        R"({"_key":"1","name":"abc","state":"gone"})", R"({"_key":"1","name":"abc","mail":"a"})",
        R"({"_key":"1","name":"abc","tags":["a",1]})",
        R"({"_key":"1","name":"abc","tags":["a","b","c"]})",
        R"({"_key":"1","name":"abc","more":{"a":"1"}})"})
    EXPECT_FALSE(fits(schema, bad)) << bad;
}

TEST(SchemaScreen, LeavesToTheValidatorWhatItCannotTell) {
  EXPECT_EQ(screen(R"({"allOf":[{}]})"), nullptr);
  EXPECT_EQ(screen("false"), nullptr);
  EXPECT_TRUE(fits("true", "1"));
  EXPECT_TRUE(fits(R"({"properties":{"a":{"not":{}}}})", R"({"b":1})"));
  EXPECT_FALSE(fits(R"({"properties":{"a":{"not":{"type":"null"}}}})", R"({"a":1})"));
  EXPECT_FALSE(fits(R"({"type":"integer"})", "1.0")) << "which is one";
  EXPECT_FALSE(fits(R"({"additionalProperties":false,"required":["a"]})", R"({"a":1})"));
  EXPECT_FALSE(fits(R"({"properties":{"a":{"type":"null"}}})", R"({"a":null,"a":null})"));
  EXPECT_FALSE(fits(R"({"properties":{"a":{"type":"null"}}})", R"({"\u0061":1})"));
}

TEST(SchemaScreen, NeverChangesTheVerdictOfTheValidator) {
  SCOPED_TRACE(doc::seed_note());
  doc::RandomJson random("schema screen");
  const auto pick = [&](std::initializer_list<const char*> words) {
    return std::string(*(words.begin() + static_cast<std::ptrdiff_t>(random.below(words.size()))));
  };
  const auto name = [&] { return pick({"a", "b", "c", "é", "d d"}); };
  const auto scalar = [&] {
    return pick({"null", "true", "0", "1", "1.0", "-3", "2.5", "1e2", "99999999999999999999",
                 "\"\"", "\"x\"", "\"xy\"", "\"\\u0078\"", "\"é\"", "\"2024-01-31\"",
                 "\"a@b.org\""});
  };
  const auto value = [&](auto& self, int depth) -> std::string {
    const std::size_t kind = depth == 0 ? 0 : random.below(3);
    if (kind == 0) return scalar();
    std::string out;
    for (std::size_t i = random.below(4); i > 0; --i)
      out += (out.empty() ? "" : ",") + (kind == 1 ? "\"" + name() + "\":" : "") +
             self(self, depth - 1);
    return kind == 1 ? "{" + out + "}" : "[" + out + "]";
  };
  const auto schema = [&](auto& self, int depth) -> std::string {
    std::string out;
    const auto say = [&](const std::string& keyword) { out += (out.empty() ? "" : ",") + keyword; };
    for (std::size_t i = random.below(3); i > 0; --i)
      say(pick({R"("minLength":1)",
                R"("maxLength":1)",
                R"("minimum":1)",
                R"("maximum":1)",
                R"("exclusiveMinimum":1)",
                R"("exclusiveMaximum":2.5)",
                R"("minItems":1)",
                R"("maxItems":2)",
                R"("pattern":"x")",
                R"("format":"date")",
                R"("format":"odd")",
                R"("uniqueItems":true)",
                R"("uniqueItems":false)",
                R"("enum":["x","é",1])",
                R"("const":"xy")",
                R"("multipleOf":2)",
                R"("title":"t")",
                R"("not":{"type":"null"})",
                R"("required":["a"])",
                R"("additionalProperties":false)",
                R"("additionalProperties":{"type":"integer"})"}));
    if (random.below(2) == 0)
      say("\"type\":" + pick({R"("object")", R"("array")", R"("string")", R"("integer")",
                              R"("number")", R"(["integer","string"])", R"(["object","null"])",
                              R"(["number","integer","array","boolean"])"}));
    if (depth > 0 && random.below(2) == 0) say("\"items\":" + self(self, depth - 1));
    if (depth > 0 && random.below(3) > 0) {
      std::string members;
      for (const char* n : {"a", "b", "é"})
        if (random.below(2) == 0)
          members +=
              (members.empty() ? "\"" : ",\"") + std::string(n) + "\":" + self(self, depth - 1);
      say("\"properties\":{" + members + "}");
    }
    return "{" + out + "}";
  };
  std::size_t told = 0, fitting = 0;
  for (int i = 0; i < 400; ++i) {
    const std::string text = schema(schema, 3);
    const auto quick = screen(text);
    if (!quick) continue;
    // The same, in words that the screen leaves to the validator.
    const std::string path = written(R"({"allOf":[)" + text + "]}");
    const auto whole = SchemaCheck::load(path);
    std::filesystem::remove(path);
    for (int d = 0; d < 30; ++d) {
      const std::string json = value(value, 3);
      const Literal document(json);
      std::string at;
      const bool good = whole->check(document.value(), at).empty();
      const bool certain = quick->fits(document.value());
      fitting += good ? 1 : 0;
      told += certain ? 1 : 0;
      ASSERT_TRUE(good || !certain) << text << "\n" << json << "\n" << at;
    }
  }
  EXPECT_GT(told, fitting / 2) << "most of those that fit need no validator";
}

}  // namespace
}  // namespace arango2pg::mapping
