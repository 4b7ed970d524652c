/// \file
/// A database with the whole ats pack, per test; and words to fill it and to ask it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "pg/connection.h"
#include "pg/migrations.h"
#include "source_dir.h"
#include "support/temp_db.h"

namespace arango2pg::pg {

/// What the verify sections of a pack find wrong in the open transaction: "001_tasks: column …", a
/// line each; empty if nothing is. They hold plain queries only, so a ';' at the end of a line ends
/// one.
inline std::string verify_problems(Connection& connection, const Pack& pack) {
  std::string out;
  for (const Migration& m : pack.migrations)
    for (std::size_t begin = 0, end = 0; begin < m.verify.size(); begin = end + 2) {
      end = std::min(m.verify.find(";\n", begin), m.verify.size());
      const std::string query = m.verify.substr(begin, end - begin);
      if (query.find("SELECT") == std::string::npos) continue;
      const Rows rows = connection.exec(query);
      if (rows.empty()) out += m.name + ": a query says nothing\n";
      for (std::size_t i = 0; i < rows.size(); ++i)
        if (!rows.is_true(i, 0)) out += m.name + ": " + rows.text(i, 1) + "\n";
    }
  return out;
}
/// The same in a transaction of its own. `schema` is put before public in the search path.
inline std::string verify_problems(Connection& connection, const Pack& pack,
                                   const std::string& schema) {
  const Transaction never_committed(connection);
  connection.exec("SET LOCAL search_path = " + quote(schema) + ", public");
  return verify_problems(connection, pack);
}

/// The pack is applied once per suite; each test works in a copy of that database.
class AtsPackTest : public ::testing::Test {
 protected:
  static Pack load() { return load_pack(ARANGO2PG_SOURCE_DIR "/schemas/ats"); }

  static void SetUpTestSuite() {
    if (!test::TempDb::problem().empty()) return;
    model_ = std::make_unique<test::TempDb>();
    auto connection = model_->connect();
    connection.exec("SET client_min_messages = warning");
    migrate_up(connection, load(), "public");
  }
  static void TearDownTestSuite() { model_.reset(); }

  void SetUp() override {
    if (!model_)
      GTEST_SKIP() << "no PostgreSQL server (" << test::TempDb::problem()
                   << "): run `pg_virtualenv ctest`";
    db_.emplace("TEMPLATE " + quote(model_->name()));
    connection_.emplace(db_->connect());
    connection_->exec("SET timezone = 'UTC'");
    connection_->exec(R"(INSERT INTO "user" (id, name, email)
                         VALUES ('ada', 'Ada', 'ada@example.com'), ('bob', 'Bob', 'b@example.com'))");
  }
  void TearDown() override {
    connection_.reset();
    db_.reset();
  }

  test::TempDb& db() { return *db_; }
  Connection& connection() { return *connection_; }
  /// Several statements, as one transaction.
  void sql(const std::string& script) { connection_->script(script); }
  /// The first value as text, "" for NULL or no row.
  std::string value(const std::string& query) {
    const Rows rows = connection_->exec(query);
    return rows.empty() ? "" : rows.text(0, 0);
  }
  /// All rows, "a|b, c|d"; NULL as "-".
  std::string rows(const std::string& query) {
    const Rows rows = connection_->exec(query);
    std::string out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      out += i == 0 ? "" : ", ";
      for (std::size_t c = 0; c < rows.columns.size(); ++c)
        out += (c == 0 ? "" : "|") + rows[i][c].value_or("-");
    }
    return out;
  }
  /// "SQLSTATE message" of what is refused, "" if it is not; nothing of it stays.
  std::string refusal(const std::string& script) {
    try {
      const Transaction undone(*connection_);
      connection_->script(script);
      return {};
    } catch (const Error& error) {
      return connection_->last_sqlstate() + " " + error.what();
    }
  }
  /// Is the script refused for a reason that names all of this?
  ::testing::AssertionResult refuses(const std::string& script, const std::string& sqlstate,
                                     const std::string& reason) {
    const std::string said = refusal(script);
    if (said.substr(0, 5) == sqlstate && said.find(reason) != std::string::npos)
      return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure()
           << (said.empty() ? "accepted" : said) << "; expected " << sqlstate << " " << reason;
  }
  ::testing::AssertionResult accepts(const std::string& script) {
    const std::string said = refusal(script);
    if (said.empty()) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << said;
  }

 private:
  static inline std::unique_ptr<test::TempDb> model_;
  std::optional<test::TempDb> db_;
  std::optional<Connection> connection_;
};

}  // namespace arango2pg::pg
