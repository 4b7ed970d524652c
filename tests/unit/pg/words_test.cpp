#include <gtest/gtest.h>

#include "pg/connection.h"
#include "pg/copy_session_internal.h"
#include "pg/migrations_internal.h"
#include "pg/session_internal.h"
#include "pg/sqlstate_internal.h"
#include "pg/text_internal.h"

namespace arango2pg::pg {
namespace {

using namespace std::string_literals;

TEST(Quote, TakesAnyName) {
  EXPECT_EQ(quote("plain"), R"("plain")");
  EXPECT_EQ(quote("a\"b;\n'"), "\"a\"\"b;\n'\"");
  EXPECT_EQ(quote(TableName{"my schema", "t"}), R"("my schema"."t")");
  EXPECT_EQ(quote(TableName{"", "t"}), R"("t")");
  EXPECT_THROW(quote("a\0b"s), Error);
  EXPECT_THROW(quote(""), Error);
}

TEST(QuoteLiteral, DoublesQuotesAndBackslashes) {
  EXPECT_EQ(quote_literal("it's"), "'it''s'");
  EXPECT_EQ(quote_literal(R"(a\'b)"), R"(E'a\\''b')");
}

TEST(ValidText, ReplacesWhatPostgresRefuses) {
  EXPECT_EQ(valid_text("plain ü € 😀"), "plain ü € 😀");
  EXPECT_EQ(valid_text("a\0b"s),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(valid_text("\xC3"), "\xEF\xBF\xBD");                                  // cut off
  EXPECT_EQ(valid_text("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD");                  // overlong
  EXPECT_EQ(valid_text("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // surrogate
  EXPECT_EQ(valid_text("\xF4\x90\x80\x80").substr(0, 3), "\xEF\xBF\xBD");         // beyond U+10FFFF
}

TEST(JsonString, EscapesWhatJsonMust) {
  EXPECT_EQ(json_string("a\"b\\c\n\x01"), R"("a\"b\\c\u000a\u0001")");
}

TEST(JsonOf, WritesNotes) {
  EXPECT_EQ(json_of({}), "{}");
  doc::MappingNotes notes;
  notes.defaults_used["t.c"] = 3;
  notes.unmapped["x"] = {2, 40};
  EXPECT_EQ(json_of(notes),
            R"({"defaults_used":{"t.c":3},"unmapped":{"x":{"count":2,"bytes":40}}})");
}

TEST(ArrayLiteral, QuotesEveryItem) {
  EXPECT_EQ(array_literal({}), "{}");
  EXPECT_EQ(array_literal({"a", "", "b,\"c\\"}), R"({"a","","b,\"c\\"})");
}

TEST(RandomToken, NeverComesTwice) {
  EXPECT_EQ(random_token().size(), 32U);
  EXPECT_NE(random_token(), random_token());
}

TEST(SqlState, TellsWhoseFaultItIs) {
  for (const char* code : {"22P02", "23505", "23514", "54000", "P0001", "44000"}) {
    EXPECT_TRUE(is_data_error(code)) << code;
    EXPECT_FALSE(is_transient(code)) << code;
  }
  for (const char* code : {"08006", "57P01", "40001", "40P01", "53300", "53100", "25006", ""}) {
    EXPECT_TRUE(is_transient(code)) << code;
    EXPECT_FALSE(is_data_error(code)) << code;
  }
  for (const char* code : {"42501", "42P01", "0A000", "57014", "XX000"}) {
    EXPECT_FALSE(is_transient(code)) << code;
    EXPECT_FALSE(is_data_error(code)) << code;
  }
}

TEST(SqlState, NamesConditions) {
  EXPECT_EQ(condition_name("23505"), "unique_violation");
  EXPECT_EQ(condition_name("22XYZ"), "22XYZ");
}

TEST(Failure, IsDescribedWithoutData) {
  Failure f;
  f.sqlstate = "23505";
  f.primary = "duplicate key value violates unique constraint";
  f.constraint = "t_pkey";
  f.table = "t";
  EXPECT_EQ(f.describe(), "unique violation of constraint 't_pkey' in table 't'");
  EXPECT_EQ(Failure{}.describe(), "connection to PostgreSQL lost");
}

TEST(Conninfo, CompletesWhatTheUserWrote) {
  const std::string text =
      Conninfo("postgresql://me:p%27w@db.example:5433/app?application_name=mine", "lane 1").text();
  for (const char* part :
       {"host='db.example'", "port='5433'", "dbname='app'", "user='me'", R"(password='p\'w')",
        "application_name='arango2pg/lane 1'", "client_encoding='UTF8'", "keepalives_idle='5'"})
    EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
  EXPECT_EQ(text.find("'mine'"), std::string::npos);
}

TEST(Conninfo, KeepsTheUsersOwnSettings) {
  const std::string text = Conninfo("keepalives_idle=60 connect_timeout=3", "x").text();
  EXPECT_NE(text.find("keepalives_idle='60'"), std::string::npos);
  EXPECT_EQ(text.find("keepalives_idle='5'"), std::string::npos);
  EXPECT_EQ(text.find("connect_timeout='10'"), std::string::npos);
}

TEST(Conninfo, WantsThePrimaryOfSeveralHosts) {
  EXPECT_NE(Conninfo("host=a,b", "x").text().find("target_session_attrs='read-write'"),
            std::string::npos);
  EXPECT_EQ(Conninfo("host=a", "x").text().find("read-write"), std::string::npos);
}

TEST(Conninfo, NeverShowsATextItCannotRead) {
  for (const char* text :
       {"host=a password=my secret", "postgresql://u:secret@h:port:1/x?secret=1"}) {
    try {
      Conninfo(text, "x");
      ADD_FAILURE() << "read " << text;
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), Exit::usage);
      EXPECT_EQ((e.what() + e.hint()).find("secret"), std::string::npos);
    }
  }
}

TEST(ConnectError, RetriesWhatMayPass) {
  EXPECT_TRUE(connect_error("connection refused").retryable());
  EXPECT_TRUE(connect_error("FATAL:  the database system is starting up").retryable());
  EXPECT_TRUE(connect_error("FATAL:  sorry, too many clients already").retryable());
  EXPECT_FALSE(
      connect_error("FATAL:  password authentication failed for user \"me\"\n").retryable());
  EXPECT_FALSE(connect_error("FATAL:  database \"x\" does not exist\n").retryable());
  EXPECT_STREQ(connect_error("a\n\tb\n").what(), "cannot connect to PostgreSQL: a b");
}

TEST(Messages, AreCutIntoTheirParts) {
  const std::string text =
      "ERROR:  relation \"x\" does not exist\nLINE 3:  FROM x\n          ^\nHINT:  Look again.\n";
  EXPECT_EQ(primary_message(text), "relation \"x\" does not exist");
  EXPECT_EQ(message_part(text, "LINE "), "3:  FROM x");
  EXPECT_EQ(message_part(text, "HINT:  "), "Look again.");
  EXPECT_EQ(message_part(text, "DETAIL:  "), "");
  EXPECT_EQ(primary_message("could not receive data: timeout"), "could not receive data: timeout");
}

TEST(ControlPack, IsCompiledIn) {
  const Pack pack = control_pack();
  EXPECT_EQ(pack.name, "arango2pg");
  ASSERT_GE(pack.migrations.size(), 3U);
  for (const Migration& m : pack.migrations) {
    EXPECT_FALSE(m.down.empty()) << m.name;
    EXPECT_FALSE(m.verify.empty()) << m.name;
  }
}

}  // namespace
}  // namespace arango2pg::pg
