/// \file
/// A plain libpq session for tests of encoders: nothing of ours between the test and the server.
#pragma once

#include <gtest/gtest.h>
#include <postgresql/libpq-fe.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "support/temp_db.h"

namespace arango2pg::test {

class ServerSession {
 public:
  explicit ServerSession(const std::string& database)
      : connection_(PQconnectdb(("dbname=" + database).c_str())) {
    if (PQstatus(connection_.get()) != CONNECTION_OK) throw std::runtime_error(message());
    run("SET timezone = 'UTC'; SET client_min_messages = warning");
    // Thousands of refusals are expected; only a superuser may keep them out of the server's log.
    ask("SET log_min_messages = panic");
  }

  struct Answer {
    std::string sqlstate;                           ///< empty = success
    std::vector<std::optional<std::string>> cells;  ///< row by row
  };

  /// Parameters go as bytes (binary text), so that NUL and broken UTF-8 reach the server.
  Answer ask(const std::string& sql, const std::vector<std::string_view>& parameters = {}) {
    constexpr Oid text_oid = 25;
    std::vector<const char*> values;
    std::vector<int> lengths;
    for (const std::string_view p : parameters) {
      values.push_back(p.data());
      lengths.push_back(static_cast<int>(p.size()));
    }
    const std::vector<Oid> types(parameters.size(), text_oid);
    const std::vector<int> formats(parameters.size(), 1);
    return read(PQexecParams(connection_.get(), sql.c_str(), static_cast<int>(parameters.size()),
                             types.data(), values.data(), lengths.data(), formats.data(), 0));
  }

  /// Several statements; throws if one fails.
  void run(const std::string& sql) {
    if (!read(PQexec(connection_.get(), sql.c_str())).sqlstate.empty())
      throw std::runtime_error(message());
  }

  /// Sends a complete COPY stream. The server's message if it refuses, else empty.
  std::string copy_in(const std::string& copy_statement, std::string_view stream) {
    const Result started(PQexec(connection_.get(), copy_statement.c_str()));
    if (PQresultStatus(started.get()) != PGRES_COPY_IN) return message();
    if (PQputCopyData(connection_.get(), stream.data(), static_cast<int>(stream.size())) != 1 ||
        PQputCopyEnd(connection_.get(), nullptr) != 1)
      return message();
    std::string refusal;
    while (const Result result{PQgetResult(connection_.get())})
      if (PQresultStatus(result.get()) != PGRES_COMMAND_OK)
        refusal = PQresultErrorMessage(result.get());
    return refusal;
  }

 private:
  struct Free {
    void operator()(PGconn* c) const { PQfinish(c); }
    void operator()(PGresult* r) const { PQclear(r); }
  };
  using Result = std::unique_ptr<PGresult, Free>;

  static Answer read(PGresult* raw) {
    const Result result(raw);
    Answer answer;
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
      const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
      answer.sqlstate = state == nullptr ? "lost" : state;
      return answer;
    }
    for (int row = 0; row < PQntuples(result.get()); ++row)
      for (int column = 0; column < PQnfields(result.get()); ++column)
        answer.cells.push_back(
            PQgetisnull(result.get(), row, column)
                ? std::nullopt
                : std::optional<std::string>(PQgetvalue(result.get(), row, column)));
    return answer;
  }

  std::string message() const { return PQerrorMessage(connection_.get()); }

  std::unique_ptr<PGconn, Free> connection_;
};

/// A session in an UTF-8 database that the tests of one suite share; they use temporary tables.
class ServerSuite : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (TempDb::problem().empty()) database_ = std::make_unique<TempDb>();
  }
  static void TearDownTestSuite() { database_.reset(); }

  void SetUp() override {
    if (!database_)
      GTEST_SKIP() << "no PostgreSQL server (" << TempDb::problem()
                   << "): run `pg_virtualenv ctest`";
    server = std::make_unique<ServerSession>(database_->name());
  }
  // The database can only be dropped when nobody is connected.
  void TearDown() override { server.reset(); }

  std::unique_ptr<ServerSession> server;

 private:
  static inline std::unique_ptr<TempDb> database_;
};

}  // namespace arango2pg::test
