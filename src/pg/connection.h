/// \file
/// The control connection: libpqxx behind meaningful calls. The only files that include libpqxx are
/// connection.cpp and (for version differences between 6.4 and 7) pqxx_compat.h.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/ids.h"

namespace arango2pg::pg {

/// Quotes an identifier; the one function for names in SQL. Any name is legal. Throws Error(usage)
/// for NUL inside.
std::string quote(std::string_view identifier);
std::string quote(const TableName& table);
/// Quotes a string literal (for the few statements that take no parameters: SET, NOTIFY, COMMENT).
std::string quote_literal(std::string_view text);

/// A parameter; nothing = NULL. Always sent as text with an unknown type: cast in SQL ($1::bigint).
using Param = std::optional<std::string>;

/// A result in memory, all values as text.
class Rows {
 public:
  using Row = std::vector<std::optional<std::string>>;
  std::vector<std::string> columns;
  std::vector<Row> rows;
  std::uint64_t affected = 0;

  [[nodiscard]] bool empty() const { return rows.empty(); }
  [[nodiscard]] std::size_t size() const { return rows.size(); }
  [[nodiscard]] const Row& operator[](std::size_t i) const { return rows[i]; }
  /// The text at row i, column c; empty for NULL.
  [[nodiscard]] std::string text(std::size_t i, std::size_t c) const {
    return rows[i][c].value_or("");
  }
  [[nodiscard]] std::int64_t number(std::size_t i, std::size_t c) const;
  [[nodiscard]] bool is_true(std::size_t i, std::size_t c) const { return rows[i][c] == "t"; }
};

/// A connection to the target with the session settings the tool needs (application_name, time-outs
/// 0, client_encoding UTF8, search_path as the server has it). Not thread-safe. Errors become
/// Error(target), with retryable() for lost connections, deadlocks and serialization failures;
/// secrets never in the text.
class Connection {
 public:
  /// `purpose` is shown as application_name "arango2pg/<purpose>".
  Connection(const std::string& conninfo, const std::string& purpose);
  ~Connection();
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;

  /// One statement, in the open transaction or on its own.
  Rows exec(const std::string& sql, const std::vector<Param>& params = {});
  /// Several statements separated by ';', no parameters, in the open transaction or as one implicit
  /// one.
  void script(const std::string& sql);

  void begin();
  void commit();
  void rollback() noexcept;
  [[nodiscard]] bool in_transaction() const;

  [[nodiscard]] int server_version() const;  ///< 150018 for 15.18
  /// "database 'app' at localhost:5432 as 'me'", for messages.
  [[nodiscard]] std::string description() const;
  /// SQLSTATE of the last failed statement, "" if none.
  [[nodiscard]] const std::string& last_sqlstate() const;
  /// Line of the last failed statement that PostgreSQL points at, counted from 1; 0 if none.
  [[nodiscard]] int last_error_line() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// begin() now, rollback() in the destructor unless commit() was called.
class Transaction {
 public:
  explicit Transaction(Connection& connection) : connection_(connection) { connection_.begin(); }
  ~Transaction() {
    if (!done_) connection_.rollback();
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit() {
    connection_.commit();
    done_ = true;
  }

 private:
  Connection& connection_;
  bool done_ = false;
};

}  // namespace arango2pg::pg
