#include "pg/connection.h"

#include <map>

#include "pg/copy_session_internal.h"
#include "support/temp_db.h"

namespace arango2pg::test {
namespace {

class ConnectionTest : public WithDb {
 protected:
  template <class F>
  static Error error_of(F&& call) {
    try {
      call();
    } catch (const Error& e) {
      return e;
    }
    return {Exit::done, "no error"};
  }
};

TEST_F(ConnectionTest, PassesValuesAsTheyAre) {
  const std::string odd = "it's \"odd\" \\ \n\t ü 😀 $1 %s";
  const pg::Rows rows = connection().exec(
      "SELECT $1::text AS a, $2::bigint + 1 AS b, $3::text AS c", {odd, "41", std::nullopt});
  EXPECT_EQ(rows.columns, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(rows.text(0, 0), odd);
  EXPECT_EQ(rows.number(0, 1), 42);
  EXPECT_FALSE(rows[0][2].has_value());
  EXPECT_EQ(rows.text(0, 2), "");
  EXPECT_EQ(value("SELECT " + pg::quote_literal(odd)), odd);
}

TEST_F(ConnectionTest, RefusesANulRatherThanCuttingTheText) {
  EXPECT_EQ(
      error_of([&] { connection().exec("SELECT $1::text", {std::string("a\0b", 3)}); }).kind(),
      Exit::unexpected);
}

TEST_F(ConnectionTest, CountsAffectedRows) {
  query("CREATE TABLE t (a integer)");
  EXPECT_EQ(query("INSERT INTO t SELECT generate_series(1, 7)").affected, 7U);
}

TEST_F(ConnectionTest, SetsWhatTheToolNeedsAndNothingElse) {
  const auto c = db().connect("run 7 lane 2");
  EXPECT_EQ(list("SELECT application_name FROM pg_stat_activity WHERE datname = current_database()"
                 " ORDER BY 1"),
            "arango2pg/run 7 lane 2,arango2pg/test");
  query("ALTER DATABASE " + pg::quote(db().name()) + " SET statement_timeout = '1s'");
  query("ALTER DATABASE " + pg::quote(db().name()) + " SET search_path = app, public");
  query("ALTER DATABASE " + pg::quote(db().name()) + " SET DateStyle = 'German'");
  auto fresh = db().connect();
  for (const auto& [setting, expected] :
       std::map<std::string, std::string>{{"statement_timeout", "0"},
                                          {"lock_timeout", "0"},
                                          {"idle_in_transaction_session_timeout", "0"},
                                          {"client_encoding", "UTF8"},
                                          {"client_min_messages", "warning"},
                                          {"standard_conforming_strings", "on"},
                                          {"DateStyle", "ISO, YMD"},
                                          {"search_path", "app, public"}})
    EXPECT_EQ(fresh.exec("SHOW " + setting).text(0, 0), expected) << setting;
}

TEST_F(ConnectionTest, ReportsWhereAndWhy) {
  const Error e = error_of([&] { query("SELECT *\nFROM no_such_table"); });
  EXPECT_STREQ(e.what(), "relation \"no_such_table\" does not exist");
  EXPECT_EQ(e.kind(), Exit::target);
  EXPECT_FALSE(e.retryable());
  EXPECT_EQ(connection().last_sqlstate(), "42P01");
  EXPECT_EQ(connection().last_error_line(), 2);
  EXPECT_EQ(value("SELECT 1"), "1");  // the session goes on
  EXPECT_EQ(connection().last_sqlstate(), "");
}

TEST_F(ConnectionTest, ErrorsShowNoData) {
  query("CREATE TABLE t (a integer PRIMARY KEY, b text)");
  query("INSERT INTO t VALUES (123456789, 'secret')");
  for (const char* sql : {"SELECT 'secret'::integer", "INSERT INTO t VALUES (123456789, 'x')",
                          "SELECT 'secret'::jsonb"}) {
    const Error e = error_of([&] { query(sql); });
    EXPECT_EQ((e.what() + e.hint()).find("secret"), std::string::npos) << e.what();
    EXPECT_EQ((e.what() + e.hint()).find("123456789"), std::string::npos) << e.what();
  }
}

TEST_F(ConnectionTest, TransactionsRollBackUnlessCommitted) {
  query("CREATE TABLE t (a integer)");
  {
    const pg::Transaction transaction(connection());
    query("INSERT INTO t VALUES (1)");
  }
  EXPECT_EQ(value("SELECT count(*) FROM t"), "0");
  EXPECT_FALSE(connection().in_transaction());
  try {
    pg::Transaction transaction(connection());
    query("INSERT INTO t VALUES (1)");
    query("SELECT 1 / 0");
    transaction.commit();
  } catch (const Error&) {
    EXPECT_EQ(connection().last_sqlstate(), "22012");
  }
  EXPECT_EQ(value("SELECT count(*) FROM t"), "0");
  {
    pg::Transaction transaction(connection());
    query("INSERT INTO t VALUES (1)");
    transaction.commit();
  }
  EXPECT_EQ(value("SELECT count(*) FROM t"), "1");
}

TEST_F(ConnectionTest, RunsScripts) {
  connection().script(
      "CREATE TABLE t (a integer); INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)");
  EXPECT_EQ(value("SELECT sum(a) FROM t"), "3");
}

TEST_F(ConnectionTest, KnowsALostConnection) {
  auto doomed = db().connect("doomed");
  query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
      "'arango2pg/doomed'");
  for (int i = 0; i < 2; ++i)
    EXPECT_TRUE(error_of([&] { doomed.exec("SELECT 1"); }).retryable()) << i;
  EXPECT_EQ(doomed.last_sqlstate(), "08006");
}

TEST_F(ConnectionTest, ExplainsWhyItCannotConnect) {
  const Error absent = error_of([] { pg::Connection("dbname=no_such_database_here", "x"); });
  EXPECT_NE(std::string(absent.what()).find("no_such_database_here"), std::string::npos);
  EXPECT_FALSE(absent.retryable());
  EXPECT_EQ(absent.hint(), "Create the database first, encoding UTF8.");
  const Error refused =
      error_of([] { pg::Connection("host=127.0.0.1 port=1 connect_timeout=2", "x"); });
  EXPECT_TRUE(refused.retryable());
  const Error password =
      error_of([] { pg::Connection("dbname=postgres user=nobody password=hunter2", "x"); });
  EXPECT_FALSE(password.retryable());
  EXPECT_EQ((password.what() + password.hint()).find("hunter2"), std::string::npos);
}

TEST_F(ConnectionTest, DescribesItself) {
  EXPECT_EQ(connection().description().find("database '" + db().name() + "' at "), 0U);
  EXPECT_GE(connection().server_version(), 120000);
}

class CopySessionTest : public ConnectionTest {
 protected:
  void SetUp() override {
    ConnectionTest::SetUp();
    if (IsSkipped()) return;
    query("CREATE TABLE t (a integer)");
    session_.emplace(db().conninfo(), "copy");
  }
  template <class F>
  static pg::Failure failure_of(F&& call) {
    try {
      call();
    } catch (const pg::Refused& e) {
      return e.failure;
    }
    return {};
  }
  std::optional<pg::CopySession> session_;
  std::atomic<bool> stop_ = false;
};

TEST_F(CopySessionTest, OnlyFinishMakesRows) {
  {
    pg::CopyIn copy(*session_, "COPY t FROM STDIN", stop_);
    copy.write("1\n2\n");
  }  // aborted
  EXPECT_EQ(value("SELECT count(*) FROM t"), "0");
  pg::CopyIn copy(*session_, "COPY t FROM STDIN", stop_);
  copy.write("1\n");
  copy.write("2\n3\n");
  EXPECT_EQ(copy.finish(), 3U);
  EXPECT_EQ(value("SELECT count(*) FROM t"), "3");
}

TEST_F(CopySessionTest, SessionsGoOnAfterARefusedCopy) {
  const pg::Failure f = failure_of([&] {
    pg::CopyIn copy(*session_, "COPY t FROM STDIN", stop_);
    copy.write("1\nx\n");
    copy.finish();
  });
  EXPECT_EQ(f.sqlstate, "22P02");
  EXPECT_EQ(f.context, "COPY t, line 2, column a: \"x\"");
  EXPECT_FALSE(f.lost);
  EXPECT_EQ(session_->exec("SELECT 1").text(0, 0), "1");
}

TEST_F(CopySessionTest, ACopyThatCannotBeginSaysSo) {
  EXPECT_EQ(failure_of([&] { pg::CopyIn(*session_, "COPY nothing FROM STDIN", stop_); }).sqlstate,
            "42P01");
  EXPECT_EQ(error_of([&] { pg::CopyIn(*session_, "SELECT 1", stop_); }).kind(), Exit::unexpected);
  EXPECT_EQ(session_->exec("SELECT 1").text(0, 0), "1");
}

TEST_F(CopySessionTest, StopsWhenAsked) {
  stop_ = true;
  const pg::Failure f = failure_of([&] {
    pg::CopyIn copy(*session_, "COPY t FROM STDIN", stop_);
    copy.write("1\n");
  });
  EXPECT_EQ(f.sqlstate, "57014");
  EXPECT_EQ(session_->exec("SELECT 1").text(0, 0), "1");
}

TEST_F(CopySessionTest, ABrokenConnectionHasAReason) {
  // duckdb-postgres f9f9e1a: a null result was asked for its error, and the reason came out empty.
  const pg::Failure f = failure_of([&] {
    pg::CopyIn copy(*session_, "COPY t FROM STDIN", stop_);
    query("SELECT pg_terminate_backend(" + session_->backend_pid() + ")");
    for (int i = 0; i < 100; ++i) copy.write(std::string(100000, '1') + "\n");
    copy.finish();
  });
  EXPECT_TRUE(f.lost);
  EXPECT_FALSE(f.primary.empty());
  EXPECT_TRUE(failure_of([&] { session_->exec("SELECT 1"); }).lost);
}

TEST_F(CopySessionTest, CommitOfAFailedTransactionIsAFailure) {
  session_->exec("BEGIN");
  failure_of([&] { session_->exec("SELECT 1 / 0"); });
  EXPECT_EQ(failure_of([&] { session_->commit(); }).sqlstate, "25P02");
}

}  // namespace
}  // namespace arango2pg::test
