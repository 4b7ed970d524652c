// What the double's AQL takes, refuses and answers.
#include "unit/support/double_fixture.h"

using namespace fake_arango;
using namespace fake_arango::test;

namespace {

struct Aql : testing::Test {
  Double arango;
  Aql() {
    arango.server.database().collection("c").insert_all(
        {R"({"_key":"a","n":1,"tags":["x","y"],"o":{"p":"q"}})", R"({"_key":"B","n":3})",
         R"({"_key":"b","n":2,"text":"Gr\u00fcn"})"});
  }
  std::string rows(std::string_view query, std::string_view binds = "{}",
                   std::string_view more = {}) {
    return arango.rows(query, binds, more);
  }
  // Queries as a table: each says which error it gets.
  void refuses(std::string_view expected, const std::vector<const char*>& queries) {
    for (const char* q : queries) EXPECT_EQ(rows(q).substr(0, expected.size()), expected) << q;
  }
};

}  // namespace

TEST_F(Aql, TakesTheReadersQueries) {
  EXPECT_EQ(rows("FOR d IN @@c FILTER d._key > @lo AND d._key <= @hi SORT d._key LIMIT @n "
                 "RETURN d._key",
                 R"({"@c":"c","lo":"A","hi":"a","n":9})"),
            R"(["B","a"])");
  EXPECT_EQ(rows("FOR d IN c SORT d._key LIMIT 1,1 RETURN d._key"), R"(["a"])");
  EXPECT_EQ(rows("for d in c OPTIONS { indexHint: 'primary', forceIndexHint: true } "
                 "filter d._key > '' sort d._key return d._key"),
            R"(["B","a","b"])");
  EXPECT_EQ(rows("FOR d IN c FILTER d[\"_key\"] == 'b' RETURN d.text"), R"(["Gr\u00FCn"])");
  EXPECT_EQ(rows("FOR d IN c FILTER d._key IN ['b','B','zz'] SORT d._key DESC RETURN d._key"),
            R"(["b","B"])");
  EXPECT_EQ(rows("RETURN LENGTH(c)"), "[3]");
  EXPECT_EQ(rows("FOR d IN c COLLECT WITH COUNT INTO n RETURN n"), "[3]");
  EXPECT_EQ(rows("RETURN DECODE_REV('_YU0HOEG---')"),
            R"([{"date":"2019-03-11T16:15:05.314Z","count":0}])");
}

TEST_F(Aql, ReadsInWritingOrderWithoutASort) {
  EXPECT_EQ(rows("FOR d IN c RETURN d._key"), R"(["a","B","b"])");
}

TEST_F(Aql, Evaluates) {
  EXPECT_EQ(rows("RETURN 1 + 2 * 3 - 4 % 3"), "[6]");
  EXPECT_EQ(rows("RETURN 7 / 2"), "[3.5]");
  EXPECT_EQ(rows("RETURN NOT 1 == 2"), "[false]");  // NOT binds tighter
  EXPECT_EQ(rows("RETURN 1 IN [1,2] AND 3 NOT IN [1,2]"), "[true]");
  EXPECT_EQ(rows("RETURN 1 ? 'y' : 'n'"), R"(["y"])");
  EXPECT_EQ(rows("RETURN null || 'x'"), R"(["x"])");
  EXPECT_EQ(rows("FOR i IN 3..1 RETURN i"), "[3,2,1]");
  EXPECT_EQ(rows("LET x = 2 FOR i IN 1..3 FILTER i >= x RETURN {i, [CONCAT('k',i)]: x}"),
            R"([{"i":2,"k2":2},{"i":3,"k3":2}])");
  EXPECT_EQ(rows("FOR d IN c FILTER d._key == 'a' RETURN [d.tags[*], d.tags[-1], d.o.p, d.zz]"),
            R"([[["x","y"],"y","q",null]])");
  EXPECT_EQ(rows("FOR d IN c SORT d.n DESC RETURN d.n"), "[3,2,1]");
  EXPECT_EQ(rows("RETURN (FOR d IN c FILTER d.n > 1 SORT d.n RETURN d.n)"), "[[2,3]]");
  EXPECT_EQ(rows("FOR i IN [1,1,2] RETURN DISTINCT i"), "[1,2]");
  EXPECT_EQ(rows("FOR i IN [1,2,3] COLLECT odd = i % 2 WITH COUNT INTO n RETURN [odd, n]"),
            "[[0,1],[1,2]]");
  EXPECT_EQ(rows("FOR d IN c COLLECT AGGREGATE lo = MIN(d.n), hi = MAX(d.n) RETURN [lo,hi]"),
            "[[1,3]]");
  EXPECT_EQ(rows("RETURN [LOWER('ÄX'), LENGTH('äx'), SUBSTRING('abc',1,1), TYPENAME({})]"),
            R"([["\u00E4x",2,"b","object"]])");
  EXPECT_EQ(rows("FOR d IN c FILTER LENGTH(d.tags) > 0 /* only a */ RETURN KEEP(d,'n')"),
            R"([{"n":1}])");
  EXPECT_EQ(rows("RETURN @x.y", R"({"x":{"y":[1,{"z":null}]}})"), R"([[1,{"z":null}]])");
  EXPECT_EQ(rows("FOR d IN c FILTER d._key == @k RETURN d.@a", R"({"k":"a","a":"n"})"), "[1]");
}

TEST_F(Aql, RefusesWhatTheGrammarRefuses) {
  refuses("400/1501", {
                          "FOR d IN c",
                          "FOR d IN c RETURN",
                          "FOR d c RETURN d",
                          "FOR d IN c FILTER d._key = 1 RETURN d",
                          "FOR d IN c RETURN d RETURN d",
                          "FOR d IN c LIMIT RETURN d",
                          "FOR d IN c SORT RETURN d",
                          "FOR d IN c RETURN d.limit",
                          "RETURN {limit: 1}",
                          "RETURN [1,2",
                          "RETURN 'abc",
                          "RETURN 1 +",
                          "RETURN 5x",
                          "SELECT * FROM c",
                          "LET x 1 RETURN x",
                          "FOR d IN c COLLECT RETURN 1",
                          "RETURN f(1",
                          "RETURN 1;",
                          "RETURN #",
                      });
}

TEST_F(Aql, SaysWhereTheSyntaxErrorIs) {
  // The second of these texts is a recorded answer of 3.12.10.
  EXPECT_EQ(rows("FOR d IN c"),
            "400/1501 syntax error, unexpected end of query string near 'c' at position 1:10");
  EXPECT_EQ(rows("FOR d IN c\n    "),
            "400/1501 syntax error, unexpected end of query string near '    ' at position 2:1");
  // As in issue 13165 of the server: 32 bytes and an ellipsis.
  EXPECT_EQ(
      rows("FOR d IN c PRUNE v._id == 'archive_assemble_core/1' RETURN d").substr(0, 110),
      "400/1501 syntax error, unexpected identifier near 'PRUNE v._id == 'archive_assemble...' at "
      "position 1:12");
  EXPECT_EQ(rows("FOR i IN 1..100 FILTER i = 1 LIMIT 2 RETURN i * 3"),
            "400/1501 syntax error, unexpected assignment near '= 1 LIMIT 2 RETURN i * 3' at "
            "position 1:26");
}

TEST_F(Aql, OlderVersionsNameThePhase) {
  Double old({.version = "3.11.14"});
  EXPECT_EQ(old.rows("FOR d IN"),
            "400/1501 AQL: syntax error, unexpected end of query string near 'IN' at position 1:7 "
            "(while parsing)");
  EXPECT_EQ(old.rows("FOR u IN unknowncoll RETURN u"),
            "404/1203 AQL: collection or view not found: unknowncoll (while parsing)");
}

TEST_F(Aql, ChecksBindParameters) {
  EXPECT_EQ(rows("RETURN @x").substr(0, 8), "400/1551");
  EXPECT_EQ(rows("RETURN 1", R"({"x":1})").substr(0, 8), "400/1552");
  EXPECT_EQ(rows("FOR d IN @@c RETURN d", R"({"@c":7})").substr(0, 8), "400/1553");
  // The grammar is checked before parameters are injected.
  EXPECT_EQ(rows("RETURN @x RETURN").substr(0, 8), "400/1501");
  EXPECT_EQ(rows("RETURN 1", "[]").substr(0, 6), "400/17");
}

TEST_F(Aql, ChecksNames) {
  EXPECT_EQ(rows("FOR d IN nowhere RETURN d"), "404/1203 collection or view not found: nowhere");
  EXPECT_EQ(rows("RETURN NOWHERE(1)"), "400/1540 usage of unknown function 'NOWHERE()'");
  EXPECT_EQ(rows("RETURN LENGTH(1,2)").substr(0, 8), "400/1541");
  EXPECT_EQ(rows("FOR d IN c FOR d IN c RETURN d").substr(0, 8), "400/1511");
  EXPECT_EQ(rows("FOR d IN c LIMIT -1 RETURN d").substr(0, 8), "400/1504");
}

TEST_F(Aql, SaysWhatItLeavesOut) {
  refuses("501/9", {"FOR v IN 1..2 OUTBOUND 'c/a' GRAPH 'g' RETURN v", "INSERT {} INTO c",
                    "FOR d IN c UPDATE d WITH {} IN c", "FOR d IN c SEARCH d.a == 1 RETURN d"});
}

TEST_F(Aql, ForcedIndexHintsMustBeUsable) {
  const std::string hint = "OPTIONS { indexHint: 'primary', forceIndexHint: true } ";
  EXPECT_EQ(rows("FOR d IN c " + hint + "RETURN d").substr(0, 8), "500/1577");
  EXPECT_EQ(rows("FOR d IN c " + hint + "FILTER d.n > 1 RETURN d").substr(0, 8), "500/1577");
  EXPECT_EQ(rows("FOR d IN c " + hint + "FILTER d._key >= 'b' RETURN d.n"), "[2]");
  EXPECT_EQ(rows("FOR d IN c OPTIONS {indexHint:'by_n', forceIndexHint:true} FILTER d.n > 1 "
                 "SORT d.n RETURN d.n")
                .substr(0, 8),
            "500/1577");
  arango.server.database().collection("c").add_index(
      R"({"type":"persistent","fields":["n"],"name":"by_n"})");
  EXPECT_EQ(rows("FOR d IN c OPTIONS {indexHint:'by_n', forceIndexHint:true} FILTER d.n > 1 "
                 "SORT d.n RETURN d.n"),
            "[2,3]");
}

TEST_F(Aql, ComparesKeysByBytesInTheIndexAndByIcuElsewhere) {
  // Bytes: B < a < b. ICU: a < B < b.
  const std::string query = "FOR d IN c FILTER d._key > 'a' SORT d._key RETURN d._key";
  EXPECT_EQ(rows(query), R"(["b"])");
  EXPECT_EQ(rows(query, "{}", R"("options":{"optimizer":{"rules":["-all"]}})"), R"(["B","b"])");
  EXPECT_EQ(rows("FOR d IN c SORT d._key RETURN d._key", "{}",
                 R"("options":{"optimizer":{"rules":["-use-index-for-sort"]}})"),
            R"(["a","B","b"])");
}

TEST_F(Aql, BoundsThatAreNoStringsCompareByType) {
  EXPECT_EQ(rows("FOR d IN c FILTER d._key > null SORT d._key RETURN d._key"), R"(["B","a","b"])");
  EXPECT_EQ(rows("FOR d IN c FILTER d._key > 5 SORT d._key RETURN d._key"), R"(["B","a","b"])");
  EXPECT_EQ(rows("FOR d IN c FILTER d._key < 5 SORT d._key RETURN d._key"), "[]");
  EXPECT_EQ(rows("FOR d IN c FILTER d._key > [] SORT d._key RETURN d._key"), "[]");
  EXPECT_EQ(rows("FOR d IN c FILTER d._key > 1.5 SORT d._key RETURN d._key").substr(0, 5), "500/4");
}

TEST_F(Aql, ExplainsTheKeysetPlan) {
  const Reply r =
      arango.send("POST", "/_api/explain",
                  Double::request("FOR d IN @@c FILTER d._key > @a SORT d._key LIMIT @n RETURN d",
                                  R"({"@c":"c","a":"","n":10})"));
  ASSERT_EQ(r.status, 200);
  const Value plan = *parsed(r).find("plan");
  EXPECT_EQ(to_json(*plan.find("rules")),
            R"(["use-indexes","remove-filter-covered-by-index","use-index-for-sort"])");
  std::string nodes;
  for (const Value& n : plan.find("nodes")->items()) nodes += n.find("type")->string() + " ";
  EXPECT_EQ(nodes, "SingletonNode IndexNode LimitNode ReturnNode ");
}

TEST_F(Aql, WarnsInsteadOfFailing) {
  const Reply r = arango.cursor(Double::request("RETURN 1 / 0"));
  EXPECT_EQ(member(r, "result"), "[null]");
  const Value extra = *parsed(r).find("extra");
  EXPECT_EQ(to_json(*extra.find("warnings")), R"([{"code":1562,"message":"division by zero"}])");
}

TEST_F(Aql, StopsAtItsMaximalRuntimeAndMemory) {
  EXPECT_EQ(
      rows("FOR i IN 1..100 LET x = SLEEP(0.01) RETURN i", "{}", R"("options":{"maxRuntime":0.05})")
          .substr(0, 8),
      "410/1500");
  EXPECT_EQ(
      rows("FOR i IN 1..100000 RETURN CONCAT('some text ', i)", "{}", R"("memoryLimit":32768)"),
      "500/32 query would use more memory than allowed");
}
