/// \file
/// A database per test on the server that the PG* variables name. Header only; needs arango2pg_pg.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <string>

#include "pg/connection.h"

namespace arango2pg::test {

/// Creates a database and drops it in the destructor (or keeps it and prints its name when
/// ARANGO2PG_KEEP_TEST_DB is set). Names are unique over processes.
class TempDb {
 public:
  explicit TempDb(const std::string& options = "ENCODING 'UTF8' TEMPLATE template0") {
    static std::atomic<int> next = 0;
    name_ = "arango2pg_test_" + std::to_string(getpid()) + "_" + std::to_string(next++);
    admin().exec("CREATE DATABASE " + pg::quote(name_) + " " + options);
  }
  ~TempDb() {
    if (std::getenv("ARANGO2PG_KEEP_TEST_DB") != nullptr) {
      std::cerr << "kept database " << name_ << "\n";
      return;
    }
    try {
      auto connection = admin();
      connection.exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1",
                      {name_});
      connection.exec("DROP DATABASE IF EXISTS " + pg::quote(name_));
    } catch (const Error& e) {
      std::cerr << "cannot drop " << name_ << ": " << e.what() << "\n";
    }
  }
  TempDb(const TempDb&) = delete;
  TempDb& operator=(const TempDb&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::string conninfo() const { return "dbname=" + name_; }
  [[nodiscard]] pg::Connection connect(const std::string& purpose = "test") const {
    return {conninfo(), purpose};
  }

  /// Why there is no server to test with; empty if there is one.
  static const std::string& problem() {
    static const std::string text = [] {
      try {
        admin();
        return std::string();
      } catch (const Error& e) {
        return std::string(e.what());
      }
    }();
    return text;
  }

 private:
  static pg::Connection admin() { return {"dbname=postgres", "test admin"}; }
  std::string name_;
};

/// Fixture: an empty database and a connection to it; the test is skipped where there is no server.
class WithDb : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!TempDb::problem().empty())
      GTEST_SKIP() << "no PostgreSQL server (" << TempDb::problem()
                   << "): run `pg_virtualenv ctest`";
    db_.emplace(database_options());
    connection_.emplace(db_->connect());
  }
  /// What stands behind CREATE DATABASE; called only where there is a server.
  virtual std::string database_options() { return "ENCODING 'UTF8' TEMPLATE template0"; }
  void TearDown() override {
    connection_.reset();
    db_.reset();
  }

  TempDb& db() { return *db_; }
  pg::Connection& connection() { return *connection_; }
  pg::Rows query(const std::string& sql) { return connection_->exec(sql); }
  /// The first value as text, "" for NULL or no row.
  std::string value(const std::string& sql) {
    const pg::Rows rows = connection_->exec(sql);
    return rows.empty() ? "" : rows.text(0, 0);
  }
  /// All values of the first column, joined by ','.
  std::string list(const std::string& sql) {
    const pg::Rows rows = connection_->exec(sql);
    std::string out;
    for (std::size_t i = 0; i < rows.size(); ++i)
      out += (i == 0 ? "" : ",") + rows[i][0].value_or("NULL");
    return out;
  }

 private:
  std::optional<TempDb> db_;
  std::optional<pg::Connection> connection_;
};

}  // namespace arango2pg::test
