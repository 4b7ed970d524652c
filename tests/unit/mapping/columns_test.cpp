// Source words and modifiers, from a document to a COPY text field.
#include "doc/identity.h"
#include "unit/mapping/mapping_test_support.h"

using namespace arango2pg;
using namespace arango2pg::mapping;

namespace {

/// A mapping of collection `c` into table t (id text + one column), applied to one document.
std::string column(const std::string& rule, const std::string& type, const std::string& document,
                   const std::string& more = "") {
  const Spec spec = spec_of("version: 1\nfrom: c\ninto: t\nkey: id\n" + more +
                            "columns:\n  id: { meta: key }\n  v: " + rule + "\n");
  const auto plan = plan_of({spec}, lookup_of({table_of("t", "id text, v " + type)}));
  const Outcome out = apply(*plan, {document});
  if (!out.rejections.empty()) return out.rejection();
  const std::string& row = out.rows.at("t");
  return row.substr(row.find('\t') + 1, row.size() - row.find('\t') - 2);
}

}  // namespace

TEST(PathWord, ReadsAnAttribute) { EXPECT_EQ(mapped("{ path: a }", "text", R"("x")"), "x"); }

TEST(PathWord, ReadsBelowObjectsAndArrays) {
  EXPECT_EQ(mapped("{ path: 'a.b[1].c' }", "text", R"({"b":[0,{"c":"x"}]})"), "x");
  EXPECT_EQ(mapped("{ path: 'a.\"b.c\"' }", "text", R"({"b.c":"x"})"), "x");
  EXPECT_EQ(mapped("{ path: 'a.b' }", "text", R"([{"b":"x"}])"), "\\N");
  EXPECT_EQ(mapped("{ path: 'a[3]' }", "text", "[1]"), "\\N");
}

TEST(PathWord, FindsNamesWrittenWithEscapes) {
  EXPECT_EQ(column("{ path: příklad }", "text", R"({"_key":"k","p\u0159\u00edklad":"x"})"), "x");
}

TEST(PathWord, TheLastOfTwoEqualNamesWins) {
  EXPECT_EQ(column("{ path: a }", "text", R"({"_key":"k","a":1,"a":2})"), "2");
}

TEST(PathWord, OfNothingIsNull) { EXPECT_EQ(mapped("{ path: a }", "text", ""), "\\N"); }

TEST(PathWord, ToJsonbIsTheValueItself) {
  EXPECT_EQ(mapped("{ path: a }", "jsonb", R"({"b": 1.50})"), R"({"b": 1.50})");
  EXPECT_EQ(mapped("{ path: a }", "jsonb", R"("x")"), R"("x")");
  EXPECT_EQ(mapped("{ path: a }", "jsonb", "1e2"), "1e2");
}

TEST(PathWord, JsonNullIsSqlNullEvenInJsonb) {
  EXPECT_EQ(mapped("{ path: a }", "jsonb", "null"), "\\N");
  EXPECT_EQ(mapped("{ path: a, default: {} }", "jsonb", "null"), "{}");
}

TEST(FirstWord, TakesTheFirstThatIsThere) {
  EXPECT_EQ(column("{ first: [x, y.z, a] }", "text", R"({"_key":"k","a":"A","x":null})"), "A");
  EXPECT_EQ(column("{ first: [x, y] }", "text", R"({"_key":"k"})"), "\\N");
  EXPECT_EQ(column("{ first: [x, { const: none }] }", "text", R"({"_key":"k"})"), "none");
}

TEST(FirstWord, CanEndInTheRestOfTheDocument) {
  const char* rule = "{ first: [resume_data, { document: { omit: [user_id] } }] }";
  EXPECT_EQ(column(rule, "jsonb", R"({"_key":"k","user_id":"u","resume_data":{"s":1}})"),
            R"({"s":1})");
  EXPECT_EQ(column(rule, "jsonb", R"({"_key":"k","user_id":"u","name":"n"})"), R"({"name":"n"})");
  EXPECT_EQ(column("{ first: [a, { document: }] }", "jsonb", R"({"_key":"k","n":1})"),
            R"({"n":1})");
}

TEST(JoinWord, SkipsWhatIsAbsent) {
  const char* rule = "{ join: [city, province, country], with: \", \" }";
  EXPECT_EQ(column(rule, "text", R"({"_key":"k","city":"Brno","country":"CZ","province":null})"),
            "Brno, CZ");
  EXPECT_EQ(column(rule, "text", R"({"_key":"k"})"), "\\N");
  EXPECT_EQ(column(rule, "text", R"({"_key":"k","city":{"a":1}})"), "wrong_type city");
}

TEST(JoinWord, JoinsTheElementsOfAnArrayAndLeavesAScalarAsItIs) {
  const char* rule = "{ join: location, with: \"; \" }";
  EXPECT_EQ(column(rule, "text", R"x({"_key":"k","location":["Brno","Remote (EU)",null,7]})x"),
            "Brno; Remote (EU); 7");
  EXPECT_EQ(column(rule, "text", R"({"_key":"k","location":"Brno"})"), "Brno");
  EXPECT_EQ(column(rule, "text", R"({"_key":"k","location":[]})"), "\\N");
}

TEST(ObjectWord, LeavesOutWhatIsAbsent) {
  const char* rule = "{ object: { content: content, data: optimized_data, kind: { const: x } } }";
  EXPECT_EQ(column(rule, "jsonb", R"({"_key":"k","content":"# Ž","optimized_data":{"a":1}})"),
            R"({"content":"# Ž","data":{"a":1},"kind":"x"})");
  EXPECT_EQ(column(rule, "jsonb", R"({"_key":"k"})"), R"({"kind":"x"})");
}

TEST(ArrayWord, KeepsThePlacesOfWhatIsAbsent) {
  EXPECT_EQ(column("{ array: [a, b, { meta: key }] }", "jsonb", R"({"_key":"k","b":2})"),
            R"([null,2,"k"])");
  EXPECT_EQ(column("{ array: [a, b] }", "integer[]", R"({"_key":"k","a":1})"), "{1,NULL}");
}

TEST(ConstWord, IsTheSameForAll) {
  EXPECT_EQ(column("{ const: 1 }", "integer", R"({"_key":"k"})"), "1");
  EXPECT_EQ(column("{ const: [a, {b: null}] }", "jsonb", R"({"_key":"k"})"), R"(["a",{"b":null}])");
  EXPECT_EQ(column("{ const: null }", "text", R"({"_key":"k"})"), "\\N");
}

TEST(DocumentWord, LeavesOutSystemAttributesUnlessNamed) {
  const char* d = R"({"_key":"k","_id":"c/k","_rev":"_bpq8a-----","a":1,"_own":2,"b":{"_key":3}})";
  EXPECT_EQ(column("{ document: {} }", "jsonb", d), R"({"a":1,"_own":2,"b":{"_key":3}})");
  EXPECT_EQ(column("{ document: }", "jsonb", d), R"({"a":1,"_own":2,"b":{"_key":3}})");
  EXPECT_EQ(column("{ document: { only: [_id, a] } }", "jsonb", d), R"({"_id":"c/k","a":1})");
  EXPECT_EQ(column("{ document: { omit: [a] } }", "jsonb", d), R"({"_own":2,"b":{"_key":3}})");
  EXPECT_EQ(column("{ document: { rename: { _key: key, a: z } } }", "jsonb", d),
            R"({"key":"k","z":1,"_own":2,"b":{"_key":3}})");
  EXPECT_EQ(column("{ document: { only: [zz] } }", "jsonb", d), "{}");
}

TEST(DocumentWord, CopiesRunsOfMembersAsTheyStand) {
  EXPECT_EQ(column("{ document: {} }", "jsonb",
                   R"({ "a" : 1, "_key":"k", "b" : [ 1 ,2 ] , "_rev":null, "c": "x"})"),
            R"({"a" : 1,"b" : [ 1 ,2 ],"c": "x"})");
  EXPECT_EQ(column("{ document: {} }", "jsonb", R"({"_key":"k"})"), "{}");
}

TEST(DocumentWord, RenamingMustNotOverwrite) {
  EXPECT_EQ(column("{ document: { rename: { a: b } } }", "jsonb", R"({"_key":"k","a":1,"b":2})"),
            "name_clash ");
  EXPECT_EQ(column("{ document: { rename: { a: b }, omit: [b] } }", "jsonb",
                   R"({"_key":"k","a":1,"b":2})"),
            R"({"b":1})");
}

TEST(UuidWord, KeepsAUuidKeyAndMakesOneOfAnyOther) {
  EXPECT_EQ(column("{ uuid: _key }", "uuid", R"({"_key":"6BA7B810-9DAD-11d1-80b4-00c04fd430c8"})"),
            "6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  EXPECT_EQ(column("{ uuid: _key }", "uuid", R"({"_key":"1048721"})"),
            doc::document_uuid("c", "1048721").text());
  EXPECT_EQ(column("{ uuid: { join: [_key, n], with: / } }", "uuid", R"({"_key":"1","n":2})"),
            doc::document_uuid("c", "1/2").text());
}

TEST(ReferenceWord, IsTheUuidOfTheDocumentPointedAt) {
  const std::string id = doc::document_uuid("resumes", "77").text();
  const char* rule = "{ reference: { path: r, collection: resumes } }";
  EXPECT_EQ(column(rule, "uuid", R"({"_key":"k","r":"77"})"), id);
  EXPECT_EQ(column(rule, "uuid", R"({"_key":"k","r":77})"), id);
  EXPECT_EQ(column(rule, "uuid", R"({"_key":"k","r":"resumes/77"})"), id);
  EXPECT_EQ(column("{ reference: { path: r } }", "uuid", R"({"_key":"k","r":"resumes/77"})"), id);
  EXPECT_EQ(column("{ reference: _from }", "uuid", R"({"_key":"k","_from":"resumes/77"})"), id);
  EXPECT_EQ(column(rule, "uuid", R"({"_key":"k"})"), "\\N");
  EXPECT_EQ(column(rule, "text", R"({"_key":"k","r":"77"})"), id);
  EXPECT_EQ(column("{ reference: { first: [x, r], collection: resumes } }", "uuid",
                   R"({"_key":"k","r":"77"})"),
            id);
}

TEST(ReferenceWord, RefusesWhatPointsNowhere) {
  EXPECT_EQ(column("{ reference: r }", "uuid", R"({"_key":"k","r":"77"})"), "bad_reference r");
  EXPECT_EQ(column("{ reference: r }", "uuid", R"({"_key":"k","r":"a/b/c"})"), "bad_reference r");
  EXPECT_EQ(column("{ reference: r }", "uuid", R"({"_key":"k","r":"/b"})"), "bad_reference r");
  EXPECT_EQ(column("{ reference: r }", "uuid", R"({"_key":"k","r":""})"), "bad_reference r");
  EXPECT_EQ(column("{ reference: r }", "uuid", R"({"_key":"k","r":{}})"), "wrong_type r");
  EXPECT_EQ(column("{ reference: r }", "uuid", R"({"_key":"k","r":1.5})"), "wrong_type r");
}

TEST(MetaWord, TellsWhatTheServerKnows) {
  const char* d = R"({"_key":"k","_id":"old/k","_rev":"_bpq8a-----","_from":"a/1","_to":"b/2"})";
  EXPECT_EQ(column("{ meta: key }", "text", d), "k");
  EXPECT_EQ(column("{ meta: id }", "text", d), "c/k");
  EXPECT_EQ(column("{ meta: revision }", "bigint", d), "1687640290099200000");
  EXPECT_EQ(column("{ meta: revision }", "text", d), "_bpq8a-----");
  EXPECT_EQ(column("{ meta: revision_time }", "timestamptz", d), "2021-01-01 00:00:00+00");
  EXPECT_EQ(column("{ meta: collection }", "text", d), "c");
  EXPECT_EQ(column("{ meta: from_collection }", "text", d), "a");
  EXPECT_EQ(column("{ meta: from_key }", "text", d), "1");
  EXPECT_EQ(column("{ meta: to_collection }", "text", d), "b");
  EXPECT_EQ(column("{ meta: to_key }", "text", d), "2");
  EXPECT_EQ(column("{ meta: run_id }", "bigint", d), "7");
}

TEST(MetaWord, OfWhatIsAbsentIsNull) {
  EXPECT_EQ(column("{ meta: revision }", "bigint", R"({"_key":"k"})"), "\\N");
  EXPECT_EQ(column("{ meta: to_key }", "text", R"({"_key":"k"})"), "\\N");
}

TEST(MetaWord, OldRevisionsAreNumbersWithoutATime) {
  EXPECT_EQ(column("{ meta: revision }", "bigint", R"({"_key":"k","_rev":1234})"), "1234");
  EXPECT_EQ(column("{ meta: revision }", "bigint", R"({"_key":"k","_rev":"54"})"), "54");
  EXPECT_EQ(column("{ meta: revision_time, default: '2020-01-01' }", "timestamptz",
                   R"({"_key":"k","_rev":"54"})"),
            "2020-01-01 00:00:00+00");
}

TEST(MetaWord, RefusesBrokenSystemAttributes) {
  EXPECT_EQ(column("{ meta: revision }", "bigint", R"({"_key":"k","_rev":"not a revision"})"),
            "bad_revision _rev");
  EXPECT_EQ(column("{ meta: from_key }", "text", R"({"_key":"k","_from":"nowhere"})"),
            "bad_reference _from");
  EXPECT_EQ(column("{ meta: to_key }", "text", R"({"_key":"k","_to":{"a":"b/c"}})"),
            "bad_reference _to");
}

TEST(RevisionKey, FillsItsColumnWithoutBeingListed) {
  const Spec spec = spec_of(
      "version: 1\nfrom: c\ninto: t\nkey: id\nrevision: rev\ncolumns: { id: { meta: key } }\n");
  const auto plan = plan_of({spec}, lookup_of({table_of("t", "id text, rev bigint")}));
  EXPECT_EQ(plan->tables()[0].columns, (std::vector<std::string>{"id", "rev"}));
  EXPECT_EQ(plan->tables()[0].revision, "rev");
  EXPECT_EQ(apply(*plan, {R"({"_key":"k","_rev":"_bpq8a-----"})"}).rows.at("t"),
            "k\t1687640290099200000\n");
}

TEST(Required, RefusesAbsentAndNull) {
  EXPECT_EQ(mapped("{ path: a, required: true }", "text", ""), "required a");
  EXPECT_EQ(mapped("{ path: a, required: true }", "text", "null"), "required a");
  EXPECT_EQ(mapped("{ path: a, required: true }", "text", R"("")"), "");
  EXPECT_EQ(mapped("{ first: [a, b], required: true }", "text", ""), "required a");
}

TEST(NotNullColumn, RefusesAbsentBeforeTheDatabaseDoes) {
  EXPECT_EQ(mapped("{ path: a }", "text not null", ""), "not_null a");
}

TEST(Default, StandsInForAbsentAndNull) {
  EXPECT_EQ(mapped("{ path: a, default: x }", "text", ""), "x");
  EXPECT_EQ(mapped("{ path: a, default: x }", "text", "null"), "x");
  EXPECT_EQ(mapped("{ path: a, default: x }", "text", R"("")"), "");
  EXPECT_EQ(mapped("{ path: a, default: 0, then: [{ round: 2 }] }", "numeric", ""), "0");
  EXPECT_EQ(mapped("{ path: a, default: { meta: key } }", "text", ""), "k");
  EXPECT_EQ(mapped("{ path: a, default: { path: b, default: { const: c } } }", "text", ""), "c");
}

TEST(Default, IsTheFinalValueButShapingStepsRunOnIt) {
  // Conversions are for what the document holds; a value table must not refuse the default.
  EXPECT_EQ(
      mapped("{ path: a, then: [{ map: { values: { x: y } } }], default: company }", "text", ""),
      "company");
  EXPECT_EQ(mapped("{ path: a, default: { b: 1 }, then: [{ merge: { c: 2 } }] }", "jsonb", ""),
            R"({"b":1,"c":2})");
}

TEST(Default, StandsInForAFailedConversionOnlyIfTold) {
  EXPECT_EQ(mapped("{ path: a, then: [integer], default: 0 }", "integer", R"("x")"),
            "bad_integer a");
  EXPECT_EQ(
      mapped("{ path: a, then: [integer], default: 0, on_error: default }", "integer", R"("x")"),
      "0");
  EXPECT_EQ(
      mapped("{ path: a, then: [integer], default: null, on_error: default }", "integer", R"("x")"),
      "\\N");
  EXPECT_EQ(mapped("{ path: a, default: 0, on_error: default }", "smallint", "70000"), "0");
  EXPECT_EQ(mapped("{ path: a, required: true, default: 0, on_error: default }", "smallint", ""),
            "required a");
}

TEST(Strings, AreRefusedStrippedOrReplaced) {
  const char* d = R"({"_key":"k","a":"x\u0000y\ud800z"})";
  EXPECT_EQ(column("{ path: a }", "text", d), "nul_character a");
  EXPECT_EQ(column("{ path: a }", "text", d, "strings: { nul: strip }\n"), "lone_surrogate a");
  EXPECT_EQ(column("{ path: a }", "text", d, "strings: { nul: strip, surrogate: replace }\n"),
            "xy\xEF\xBF\xBDz");
  EXPECT_EQ(column("{ path: a, strings: { nul: replace, surrogate: strip } }", "text", d),
            "x\xEF\xBF\xBDyz");
  EXPECT_EQ(column("{ path: a }", "jsonb", d, "strings: { nul: strip, surrogate: strip }\n"),
            R"("xyz")");
  EXPECT_EQ(column("{ path: a, then: [upper] }", "text", d), "nul_character a");
}

TEST(Strings, OnlyWhatIsLoadedMatters) {
  const char* d = R"({"_key":"k","a":"x","bad":"\u0000"})";
  EXPECT_EQ(column("{ path: a }", "text", d), "x");
  EXPECT_EQ(column("{ document: { omit: [bad] } }", "jsonb", d), R"({"a":"x"})");
  EXPECT_EQ(column("{ document: {} }", "jsonb", d), "nul_character bad");
  EXPECT_EQ(column("{ document: {} }", "jsonb", d, "strings: { nul: strip }\n"),
            R"({"a":"x","bad":""})");
}
