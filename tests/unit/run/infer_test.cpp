// What `infer` decides by the documents it saw, and what it writes about it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "run/infer_decide.h"
#include "run/infer_write.h"

namespace arango2pg::run {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

SurveyedCollection collection(const std::string& name, const std::vector<std::string>& documents,
                              bool edge = false) {
  SurveyedCollection c;
  c.info.name = name;
  c.info.edge = edge;
  doc::Document document;
  for (const std::string& text : documents) {
    doc::PaddedBuffer bytes;
    bytes.append(text);
    if (document.parse(bytes.view())) {
      ADD_FAILURE() << "no JSON: " << text;
      continue;
    }
    c.profile.add(document);
    c.facts.add(document);
  }
  return c;
}

/// One collection `c`, its indexes and properties as the server lists them.
struct Case {
  std::vector<std::string> documents;
  std::string indexes = "[]";
  std::string properties = "{}";
  bool sampled = false;
  bool edge = false;
  DecideOptions options = {};
};

InferredSchema decide(const Case& with) {
  Surveyed seen;
  seen.collections.push_back(collection("c", with.documents, with.edge));
  seen.collections[0].sampled = with.sampled;
  seen.ends_known = !with.sampled;
  doc::SourceDetails details;
  details.collections.push_back({"c", with.properties, with.indexes});
  InferredSchema out = decide(seen, details, with.options);
  out.pack = "test";
  return out;
}

/// "name type", with " copy" where `doc` keeps the attribute.
std::vector<std::string> columns(const InferredSchema& schema) {
  std::vector<std::string> out;
  for (const InferredColumn& c : schema.tables[0].columns)
    out.push_back(c.name + " " + c.type + (c.moved ? "" : " copy"));
  return out;
}

/// "terms", with method, UNIQUE and WHERE where there are.
std::vector<std::string> indexes(const InferredSchema& schema) {
  std::vector<std::string> out;
  for (const InferredIndex& i : schema.indexes) {
    std::string text = i.unique ? "UNIQUE " : "";
    if (!i.method.empty()) text += i.method + " ";
    for (std::size_t t = 0; t < i.terms.size(); ++t) text += (t > 0 ? ", " : "") + i.terms[t];
    out.push_back(text + (i.where.empty() ? "" : " WHERE " + i.where));
  }
  return out;
}

std::string file(const InferredSchema& schema, const std::string& path) {
  for (const InferredFile& f : write_files(schema))
    if (f.path == path) return f.text;
  return "(no file " + path + ")";
}

std::string all_of(const std::vector<InferredNote>& notes) {
  std::string out;
  for (const InferredNote& n : notes) out += n.where + ": " + n.text + "\n";
  return out;
}

// -- columns

TEST(InferColumns, HaveATypeThatHoldsEveryValueSeen) {
  const auto schema = decide({{
      R"({"_key":"1","s":"a","n":1,"f":1.5,"b":true,"t":"2024-01-01T10:00:00.000Z","d":"2024-02-29","u":"0b8ed7a4-9a5b-4d4e-8f0a-0123456789ab"})",
      R"({"_key":"2","s":"","n":9223372036854775807,"f":2,"b":false,"t":"2024-01-01T10:00:01.120Z","d":"2024-03-01","u":"0b8ed7a4-9a5b-4d4e-8f0a-0123456789ac"})",
  }});
  EXPECT_THAT(columns(schema), ElementsAre("s text", "n bigint", "f numeric", "b boolean",
                                           "t timestamptz", "d date", "u uuid"));
}

TEST(InferColumns, KeepTheDigitsOfNumbers) {
  EXPECT_THAT(
      columns(decide({{R"({"_key":"1","n":9223372036854775808,"m":0.12345678901234567})"}})),
      ElementsAre("n numeric", "m numeric"));
}

TEST(InferColumns, AreTextsWhereOneValueIsNoTimeDayOrUuid) {
  const auto schema = decide({{
      R"({"_key":"1","t":"2024-01-01T10:00:00Z","d":"2024-02-28","u":"0b8ed7a4-9a5b-4d4e-8f0a-0123456789ab","ns":"2024-01-01T10:00:00.1234567Z"})",
      R"({"_key":"2","t":"soon","d":"2024-02-30","u":"0B8ED7A4-9A5B-4D4E-8F0A-0123456789AB","ns":"2024-01-01T10:00:00.1234560Z"})",
  }});
  EXPECT_THAT(columns(schema), ElementsAre("t text", "d text", "u text", "ns text"));
}

TEST(InferColumns, LeaveMixedNestedAndRareAttributesInDoc) {
  std::vector<std::string> documents = {R"({"_key":"x","mixed":"1","o":{},"a":[],"rare":1})"};
  for (int i = 0; i < 99; ++i)
    documents.push_back(R"({"_key":"k)" + std::to_string(i) + R"(","mixed":1,"o":{},"a":[]})");
  const auto schema = decide({documents});
  EXPECT_THAT(columns(schema), IsEmpty());
  EXPECT_THAT(
      schema.tables[0].stays,
      ElementsAre("mixed: several types (number 99, text 1)", "o: objects in all 100 documents",
                  "a: arrays in all 100 documents", "rare: only in 1 of 100 documents"));
}

TEST(InferColumns, OfARareAttributeThatIsIndexedAreMade) {
  std::vector<std::string> documents = {R"({"_key":"x","rare":1})"};
  for (int i = 0; i < 99; ++i) documents.push_back(R"({"_key":"k)" + std::to_string(i) + R"("})");
  const auto schema =
      decide({documents, R"([{"type":"persistent","name":"i","fields":["rare"],"sparse":true}])"});
  EXPECT_THAT(columns(schema), ElementsAre("rare bigint"));
  EXPECT_THAT(indexes(schema), ElementsAre(R"("rare" WHERE "rare" IS NOT NULL)"));
}

TEST(InferColumns, TakeTheAttributeOnlyIfItCanBeToldAgain) {
  const auto schema = decide({{
      R"({"_key":"1","null_or_absent":null,"never_absent":null,"offsets":"2024-01-01T10:00:00+02:00","twice":"2024-01-01T10:00:00Z"})",
      R"({"_key":"2","null_or_absent":"x","never_absent":"y","offsets":"2024-01-01T10:00:00Z","twice":"2024-01-01T10:00:00.5Z"})",
      R"({"_key":"3","never_absent":"z"})",
  }});
  EXPECT_THAT(columns(schema), ElementsAre("null_or_absent text copy", "never_absent text",
                                           "offsets timestamptz copy", "twice timestamptz copy"));
  EXPECT_TRUE(schema.tables[0].columns[1].is_null) << "NULL there is JSON's null";
}

TEST(InferColumns, AreCopiesAndBearWrongGuessesWhereOnlyASampleWasSeen) {
  Case with{{R"({"_key":"1","n":1,"t":"2024-01-01T10:00:00Z"})"}};
  with.sampled = true;
  const auto schema = decide(with);
  EXPECT_THAT(columns(schema), ElementsAre("n numeric copy", "t text copy"))
      << "one value is no evidence for a narrow type";
  EXPECT_THAT(file(schema, "mappings/c.yaml"),
              HasSubstr("t: { path: t, default: null, on_error: default }"));
  EXPECT_THAT(file(schema, "mappings/c.yaml"), HasSubstr("doc: { document: }"));
}

TEST(InferColumns, GetNamesThatPostgreSqlTakes) {
  const std::string longest(70, 'x');
  const auto schema = decide({{R"({"_key":"1","key":1,"doc":2,"ctid":3,"A":4,"a":5,")" + longest +
                               R"(1":6,")" + longest + R"(2":7,"":8,"x\ny":9,"nul\u0000":10})"}});
  const auto& all = schema.tables[0].columns;
  ASSERT_EQ(all.size(), 7U);
  EXPECT_EQ(all[0].name, "key_2");
  EXPECT_EQ(all[1].name, "doc_2");
  EXPECT_EQ(all[2].name, "ctid_");
  EXPECT_EQ(all[3].name, "A");
  EXPECT_EQ(all[4].name, "a");
  EXPECT_EQ(all[5].name.size(), 63U);
  EXPECT_NE(all[5].name, all[6].name);
  EXPECT_THAT(all_of(schema.changes), HasSubstr("attribute `key` is column `key_2`"));
}

TEST(InferColumns, CanHaveNamesThatNeedNoQuotes) {
  Case with{{R"({"_key":"1","officeCity":1,"HTTPServer":2,"select":3,"a b":4,"office_city":5})"}};
  with.options.names = NameStyle::plain;
  EXPECT_THAT(columns(decide(with)),
              ElementsAre("office_city bigint", "http_server bigint", "select_ bigint",
                          "a_b bigint", "office_city_2 bigint"));
}

TEST(InferColumns, AreNotNullOnlyWhereArangoDbRequiresIt) {
  Case with{{R"({"_key":"1","a":1,"b":2,"c":3})"}};
  with.properties =
      R"({"schema":{"rule":{"properties":{"a":{"type":"number"},"b":{"type":["number","null"]}},)"
      R"("required":["a","b","c","d"]},"level":"strict"}})";
  const auto schema = decide(with);
  EXPECT_TRUE(schema.tables[0].columns[0].not_null);
  EXPECT_FALSE(schema.tables[0].columns[1].not_null) << "null is allowed";
  EXPECT_FALSE(schema.tables[0].columns[2].not_null) << "any value is allowed, so null is";
}

TEST(InferTables, ReplaceWhatPostgreSqlCantStoreAndSaySo) {
  const auto schema =
      decide({{R"({"_key":"1","a":"x\u0000y"})", R"({"_key":"2","o":["\ud800"]})"}});
  EXPECT_THAT(file(schema, "mappings/c.yaml"),
              HasSubstr("strings: { nul: replace, surrogate: replace }"));
  EXPECT_THAT(all_of(schema.person), HasSubstr("c: 1 document: \\u0000 inside"));
}

TEST(InferTables, LeaveOutTheRevisionWhereItIsNone) {
  EXPECT_TRUE(decide({{R"({"_key":"1","_rev":"_kQ1W2e---_"})"}}).tables[0].revision);
  const auto schema = decide({{R"({"_key":"1","_rev":"version 2"})"}});
  EXPECT_FALSE(schema.tables[0].revision);
  EXPECT_THAT(file(schema, "mappings/c.yaml"), Not(HasSubstr("\nrevision:")));
}

TEST(InferTables, OfEdgesBearDocumentsWithoutEnds) {
  Case with{{R"({"_key":"1","_from":"a/1","_to":"b/2"})", R"({"_key":"2","_from":"none"})"}};
  with.edge = true;
  const auto schema = decide(with);
  EXPECT_EQ(schema.tables[0].ends, Ends::lenient);
  EXPECT_THAT(columns(schema), ElementsAre("_from text", "_to text"));
  EXPECT_THAT(file(schema, "mappings/c.yaml"),
              HasSubstr("from_key: { meta: from_key, default: null, on_error: default }"));
}

TEST(InferTables, TakeNoColumnsWhereNamesAreData) {
  std::string document = R"({"_key":"1")";
  for (int i = 0; i < 3000; ++i) document += ",\"id" + std::to_string(i) + "\":1";
  const auto schema = decide({{document + "}"}});
  EXPECT_THAT(columns(schema), IsEmpty());
  EXPECT_THAT(schema.tables[0].stays[0], HasSubstr("their names are data"));
}

// -- indexes

TEST(InferIndexes, AreOnColumnsOrExpressions) {
  Case with{{R"({"_key":"1","a":"x","o":{"city":"y","n":1},"m":[]})"}};
  with.indexes = R"([
    {"type":"primary","name":"primary","fields":["_key"],"unique":true},
    {"type":"persistent","name":"i1","fields":["a","o.city"],"unique":false,"sparse":false},
    {"type":"hash","name":"i2","fields":["o.n"],"unique":true,"sparse":true},
    {"type":"skiplist","name":"i3","fields":["nowhere"],"unique":false,"sparse":false},
    {"type":"persistent","name":"i4","fields":["m[*].sku"],"unique":false,"sparse":false}])";
  EXPECT_THAT(indexes(decide(with)),
              ElementsAre(R"("a", (doc #>> '{o,city}'))",
                          R"(UNIQUE (doc #> '{o,n}') WHERE (doc #>> '{o,n}') IS NOT NULL)",
                          R"((doc -> 'nowhere'))", R"(gin (doc -> 'm') jsonb_path_ops)"));
}

TEST(InferIndexes, HoldNoEntryThatABtreeRefuses) {
  Case with{{R"({"_key":"1","long":")" + std::string(5000, 'x') + R"(","short":"y"})"}};
  with.indexes = R"([
    {"type":"persistent","name":"i1","fields":["long"],"unique":false,"sparse":false},
    {"type":"persistent","name":"i2","fields":["long"],"unique":true,"sparse":true},
    {"type":"persistent","name":"i3","fields":["short","long"],"unique":false,"sparse":false}])";
  EXPECT_THAT(indexes(decide(with)),
              ElementsAre(R"(hash "long")", R"(UNIQUE md5("long") WHERE "long" IS NOT NULL)",
                          R"("short", md5("long"))"));
}

TEST(InferIndexes, OfASampleTrustNoLength) {
  Case with{{R"({"_key":"1","s":"x","b":true})"}};
  with.sampled = true;
  with.indexes = R"([
    {"type":"persistent","name":"i1","fields":["s"],"unique":false,"sparse":false},
    {"type":"persistent","name":"i2","fields":["b"],"unique":false,"sparse":false},
    {"type":"fulltext","name":"i3","fields":["s"]}])";
  EXPECT_THAT(indexes(decide(with)), ElementsAre(R"(hash "s")", R"("b")",
                                                 R"(gin to_tsvector('simple', left("s", 65536)))"));
}

TEST(InferIndexes, OfEdgesGoBothWays) {
  Case with{{R"({"_key":"1","_from":"a/1","_to":"b/2"})"}};
  with.edge = true;
  with.indexes = R"([{"type":"persistent","name":"u","fields":["_from","_to"],"unique":true}])";
  EXPECT_THAT(indexes(decide(with)),
              ElementsAre("from_key, from_collection", "to_key, to_collection",
                          "UNIQUE from_collection, from_key, to_collection, to_key"));
}

TEST(InferIndexes, ForExpiryAreOnTimesAndComeWithACleanUpFunction) {
  struct Expected {
    const char* values[2];
    const char* index;
    const char* condition;
  };
  for (const Expected& e : {
           Expected{{"1700000000", "1700000000.5"},
                    R"("e")",
                    R"("e" <= $1 - make_interval(secs => 60))"},
           Expected{{R"("2024-01-01T00:00:00Z")", R"("2024-01-02T00:00:00Z")"},
                    R"("e")",
                    R"("e" <= $1 - make_interval(secs => 60))"},
           Expected{{R"("2024-01-01")", R"("2024-01-02")"},
                    R"((("e"::timestamp) AT TIME ZONE 'UTC'))",
                    R"((("e"::timestamp) AT TIME ZONE 'UTC') <= $1 - make_interval(secs => 60))"},
           Expected{{"1e300", "5"}, R"("e")", R"("e" <= extract(epoch FROM $1) - 60)"},
           Expected{{"5", R"("2024-01-01")"},
                    R"(((doc ->> 'e')::numeric) WHERE jsonb_typeof((doc -> 'e')) = 'number')",
                    R"(CASE WHEN jsonb_typeof((doc -> 'e')) = 'number' THEN )"
                    R"(((doc ->> 'e')::numeric) <= extract(epoch FROM $1) - 60 ELSE false END)"},
       }) {
    Case with;
    for (const char* value : e.values)
      with.documents.push_back(R"({"_key":"1","e":)" + std::string(value) + "}");
    with.indexes = R"([{"type":"ttl","name":"t","fields":["e"],"expireAfter":60}])";
    const auto schema = decide(with);
    EXPECT_THAT(indexes(schema), ElementsAre(e.index)) << e.values[0];
    ASSERT_EQ(schema.expiries.size(), 1U) << e.values[0];
    EXPECT_EQ(schema.expiries[0].condition, e.condition);
  }
}

TEST(InferIndexes, OfSecondsTurnTheColumnIntoATime) {
  Case with{{R"({"_key":"1","e":1700000000})"}};
  with.indexes = R"([{"type":"ttl","name":"t","fields":["e"],"expireAfter":60}])";
  const auto schema = decide(with);
  EXPECT_THAT(columns(schema), ElementsAre("e timestamptz"));
  EXPECT_THAT(file(schema, "mappings/c.yaml"),
              HasSubstr("e: { path: e, then: [{ timestamp: [epoch_s] }] }"));
  EXPECT_THAT(file(schema, "schemas/002_indexes.sql"),
              HasSubstr(R"(CREATE FUNCTION "c_expire"(at timestamptz DEFAULT now()))"));
}

TEST(InferIndexes, OfPositionsAreGistOverPointOrPostGis) {
  Case with{
      {R"({"_key":"1","lat":52.5,"lon":13.4,"pair":[52.5,13.4],"json":{"type":"Point","coordinates":[13.4,52.5]}})"}};
  with.indexes = R"([
    {"type":"geo","name":"g1","fields":["lat","lon"],"geoJson":false},
    {"type":"geo","name":"g2","fields":["pair"],"geoJson":false},
    {"type":"geo","name":"g3","fields":["json"],"geoJson":true}])";
  EXPECT_THAT(
      indexes(decide(with)),
      ElementsAre(
          R"(gist point("lon"::float8, "lat"::float8))",
          HasSubstr("gist point((doc #>> '{pair,1}')::float8, (doc #>> '{pair,0}')::float8)"),
          HasSubstr("gist point((doc #>> '{json,coordinates,0}')::float8")));
  with.options.postgis = true;
  const auto schema = decide(with);
  EXPECT_THAT(indexes(schema)[0], HasSubstr("ST_MakePoint(\"lon\"::float8, \"lat\"::float8)"));
  EXPECT_THAT(file(schema, "schemas/pack.yaml"), HasSubstr("extensions: [postgis]"));
}

TEST(InferIndexes, OfWordsAreGin) {
  Case with{{R"({"_key":"1","text":"hello","o":{"x":"y"},"tags":["a"]})"}};
  with.indexes = R"([
    {"type":"fulltext","name":"f","fields":["text"],"minLength":2},
    {"type":"inverted","name":"i","fields":[{"name":"text","analyzer":"text_de"},{"name":"o.x"},{"name":"tags[*]"}],"analyzer":"identity"}])";
  EXPECT_THAT(indexes(decide(with)), ElementsAre(R"(gin to_tsvector('simple', "text"))",
                                                 R"(gin to_tsvector('german', "text"))",
                                                 R"(gin (doc #> '{o,x}') jsonb_path_ops)",
                                                 R"(gin (doc -> 'tags') jsonb_path_ops)"));
}

TEST(InferIndexes, ThatHaveNoCounterpartAreLeftToAPerson) {
  Case with{{R"({"_key":"1"})"}};
  with.indexes =
      R"([{"type":"vector","name":"v","fields":["e"]},{"type":"new","name":"n","fields":["e"]}])";
  const auto schema = decide(with);
  EXPECT_THAT(indexes(schema), IsEmpty());
  EXPECT_THAT(all_of(schema.person), HasSubstr("vector index v on e: not translated"));
  EXPECT_THAT(all_of(schema.person),
              HasSubstr("new index n on e: a type that this program does not"));
}

// -- graphs

Surveyed friends(std::uint64_t dangling) {
  Surveyed seen;
  seen.collections.push_back(collection("people", {R"({"_key":"a"})", R"({"_key":"b"})"}));
  seen.collections.push_back(
      collection("knows", {R"({"_key":"1","_from":"people/a","_to":"people/b"})"}, true));
  seen.collections[1].dangling_to = dangling;
  seen.ends_known = true;
  return seen;
}

TEST(InferGraphs, HaveForeignKeysWhereAllEdgesPointAtDocuments) {
  const auto sound = decide(friends(0), {}, {});
  ASSERT_EQ(sound.references.size(), 2U);
  EXPECT_THAT(file(sound, "schemas/004_foreign_keys.sql"),
              HasSubstr("FOREIGN KEY (to_key) REFERENCES \"people\" (key) ON DELETE CASCADE"));
  const auto dangling = decide(friends(1), {}, {});
  ASSERT_EQ(dangling.references.size(), 1U);
  EXPECT_EQ(dangling.references[0].column, "from_key");
  Surveyed sample = friends(0);
  sample.ends_known = false;
  EXPECT_THAT(decide(sample, {}, {}).references, IsEmpty());
}

TEST(InferGraphs, BecomeViewsThatWalk) {
  doc::SourceDetails details;
  details.graphs = {
      R"({"_key":"social","edgeDefinitions":[{"collection":"knows","from":["people"],"to":["people","gone"]}]})",
      R"({"_key":"empty","edgeDefinitions":[{"collection":"nix","from":["a"],"to":["b"]}]})"};
  const auto schema = decide(friends(0), details, {});
  ASSERT_EQ(schema.graphs.size(), 1U);
  const std::string sql = file(schema, "schemas/004_graphs.sql");
  EXPECT_THAT(sql, HasSubstr("CREATE VIEW \"social_walk\" AS"));
  EXPECT_THAT(sql, HasSubstr("CREATE FUNCTION \"social_walk_from\"("));
  EXPECT_THAT(all_of(schema.person), HasSubstr("social: the named graph has collections that are "
                                               "not migrated: gone"));
  EXPECT_THAT(all_of(schema.person), HasSubstr("empty: the named graph has no views"));
}

// -- what is written

TEST(InferMapping, SaysWhyEachColumnIsWhatItIs) {
  EXPECT_EQ(file(decide({{R"({"_key":"1","name":"x","n":null,"o":{}})",
                          R"({"_key":"2","name":"y","n":5})"}}),
                 "mappings/c.yaml"),
            R"yaml(# Documents of c, written by arango2pg infer.
# 2 documents (68 B) were looked at, all there are: each of them fits.
version: 1
from: c
into: c
key: key
revision: revision
columns:
  key: { meta: key }
  # texts, in all 2 documents
  name: { path: name }
  # whole numbers, in all 2 documents, 1 of them null; NULL is its null
  "n": { path: "n" }
  # All other attributes, new ones too.
  # What stays in it:
  # - o: objects in 1 of 2 documents
  doc: { document: { omit: [name, "n"] } }
)yaml");
}

TEST(InferMapping, HoldsNoContentsOfDocuments) {
  Case with{{R"({"_key":"k1","name":"secret-name","o":{"p":"secret-text"},"n":424242})"}};
  for (const InferredFile& f : write_files(decide(with))) {
    EXPECT_THAT(f.text, Not(HasSubstr("secret"))) << f.path;
    EXPECT_THAT(f.text, Not(HasSubstr("424242"))) << f.path;
  }
}

TEST(InferMapping, CanNotBeBrokenByNames) {
  const auto schema =
      decide({{R"({"_key":"1","# no\u2028te":1,"a\"]} #":2,"x: {y}":3})"},
              R"([{"type":"persistent","name":"i\n-- migrate:down","fields":["x: {y}"]}])"});
  const std::string yaml = file(schema, "mappings/c.yaml");
  EXPECT_THAT(yaml, HasSubstr(R"("x: {y}": { path: "x: {y}" })"));
  EXPECT_THAT(yaml, HasSubstr(R"("# no\Lte": { path: "# no\Lte" })"));
  EXPECT_THAT(file(schema, "schemas/002_indexes.sql"), Not(HasSubstr("\n-- migrate:down\", ")));
  EXPECT_THAT(file(schema, "schemas/002_indexes.sql"), HasSubstr("index i -- migrate:down on"));
}

TEST(InferJsonSchema, DescribesWhatWasSeen) {
  const std::string json = file(decide({{R"({"_key":"1","a":1,"o":{"x":"y"},"l":[1,"z"]})",
                                         R"({"_key":"2","a":1.5,"o":{}})"}}),
                                "documents/c.schema.json");
  EXPECT_THAT(json, HasSubstr(R"("a": {
      "type": "number"
    })"));
  EXPECT_THAT(json, HasSubstr(R"("type": ["integer","string"])"));
  EXPECT_THAT(json, HasSubstr(R"("required": ["_key","a","o"])"));
}

TEST(InferJsonSchema, TakesOverArangoDbsOwnRule) {
  Case with{{R"({"_key":"1","a":1})"}};
  with.properties =
      R"({"schema":{"rule":{"properties":{"a":{"type":"number"}},"additionalProperties":false},"level":"moderate"}})";
  const auto schema = decide(with);
  const std::string rule = file(schema, "documents/c.schema.json");
  EXPECT_THAT(rule, HasSubstr("draft-04"));
  EXPECT_THAT(rule, HasSubstr("\"_key\": {}")) << "system attributes are not checked by ArangoDB";
  EXPECT_THAT(file(schema, "documents/c.observed.schema.json"), HasSubstr("draft-07"));
  EXPECT_THAT(file(schema, "mappings/c.yaml"),
              HasSubstr("check:\n  - { schema: \"../documents/c.schema.json\", severity: warn }"));
}

TEST(InferReadme, NamesWhatNeedsAPerson) {
  Case with{{R"({"_key":"1"})"}};
  with.properties =
      R"({"computedValues":[{"name":"slug","expression":"RETURN 1"}],"keyOptions":{"type":"autoincrement","lastValue":41,"increment":1}})";
  const auto schema = decide(with);
  EXPECT_THAT(file(schema, "README.md"), HasSubstr("- **c**: the computed value `slug`"));
  EXPECT_THAT(file(schema, "schemas/001_tables.sql"),
              HasSubstr("CREATE SEQUENCE \"c_key_seq\" START WITH 42;"));
}

}  // namespace
}  // namespace arango2pg::run
