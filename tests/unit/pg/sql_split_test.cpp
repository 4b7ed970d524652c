#include <gtest/gtest.h>

#include "pg/sql_split_internal.h"

namespace arango2pg::pg {
namespace {

/// "line: text" of each statement, one per line.
std::string split(std::string_view script) {
  std::string out;
  for (const Statement& s : split_statements(script))
    out += (out.empty() ? "" : "\n") + std::to_string(s.line) + ": " + s.text;
  return out;
}

TEST(SqlSplit, EndsStatementsAtSemicolonsAndKnowsTheirLines) {
  EXPECT_EQ(split("SELECT 1;\n\nSELECT\n2 ;SELECT 3"), "1: SELECT 1\n3: SELECT\n2\n4: SELECT 3");
  EXPECT_EQ(split(""), "");
  EXPECT_EQ(split(" ;; \n; "), "");
}

TEST(SqlSplit, LeavesOutStatementsThatAreOnlyComments) {
  EXPECT_EQ(split("-- a; b\nSELECT 1; /* c; */ -- d\n"), "2: SELECT 1");
  EXPECT_EQ(split("SELECT 1 -- to the end"), "1: SELECT 1");
  EXPECT_EQ(split("SELECT -- why\n 1 /* x */ ; -- y"), "1: SELECT -- why\n 1");
}

TEST(SqlSplit, KeepsQuotedSemicolons) {
  EXPECT_EQ(split("SELECT 'a;''b;' ; SELECT \"c;\"\"d;\""),
            "1: SELECT 'a;''b;'\n1: SELECT \"c;\"\"d;\"");
  // A backslash is plain in '…' and escapes in E'…'.
  EXPECT_EQ(split(R"(SELECT '\'; SELECT 2)"), "1: SELECT '\\'\n1: SELECT 2");
  EXPECT_EQ(split(R"(SELECT E'\';'; SELECT e'\\'; SELECT 3)"),
            "1: SELECT E'\\';'\n1: SELECT e'\\\\'\n1: SELECT 3");
  EXPECT_EQ(split("SELECT note'x;'"), "1: SELECT note'x;'");
}

TEST(SqlSplit, KeepsDollarQuotes) {
  EXPECT_EQ(split("DO $$ BEGIN; END $$; SELECT $a$ ; $$ ; $b$ ; $a$; SELECT 2"),
            "1: DO $$ BEGIN; END $$\n1: SELECT $a$ ; $$ ; $b$ ; $a$\n1: SELECT 2");
  EXPECT_EQ(split("EXECUTE p($1); SELECT a$b; SELECT $2"),
            "1: EXECUTE p($1)\n1: SELECT a$b\n1: SELECT $2");
}

TEST(SqlSplit, KnowsNestedComments) {
  EXPECT_EQ(split("SELECT /* a; /* b; */ c; */ 1; SELECT 2"),
            "1: SELECT /* a; /* b; */ c; */ 1\n1: SELECT 2");
}

TEST(SqlSplit, KeepsParenthesesAndAtomicBodiesWhole) {
  EXPECT_EQ(split("CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); SELECT 3"),
            "1: CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)\n1: SELECT 3");
  EXPECT_EQ(split("CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1;"
                  " SELECT CASE WHEN true THEN 2 END; END; SELECT 3"),
            "1: CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1;"
            " SELECT CASE WHEN true THEN 2 END; END\n1: SELECT 3");
  EXPECT_EQ(split("BEGIN; SELECT 1; END; SELECT 2"), "1: BEGIN\n1: SELECT 1\n1: END\n1: SELECT 2");
}

TEST(SqlSplit, SurvivesWhatIsNeverClosed) {
  EXPECT_EQ(split("SELECT 'a; b"), "1: SELECT 'a; b");
  EXPECT_EQ(split("SELECT $x$ a; b"), "1: SELECT $x$ a; b");
  EXPECT_EQ(split("SELECT /* a; b"), "1: SELECT");
  EXPECT_EQ(split("SELECT E'a\\"), "1: SELECT E'a\\");
}

TEST(SqlSplit, ReadsTheFirstWord) {
  EXPECT_EQ(first_word("begin work"), "BEGIN");
  EXPECT_EQ(first_word("(select 1)"), "");
}

}  // namespace
}  // namespace arango2pg::pg
