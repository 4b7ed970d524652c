/// \file
/// A lane's connection: raw libpq, because COPY needs what libpqxx hides - already encoded bytes,
/// an explicit abort, and the fields of an error.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doc/row_fields.h"
#include "pg/connection.h"

struct pg_conn;
struct pg_cancel;
struct pg_result;

namespace arango2pg::pg {

/// Why PostgreSQL refused something, field by field. `primary` may quote data: not for people.
struct Failure {
  std::string sqlstate;  ///< empty if the connection broke without a word
  std::string primary, context, hint;
  std::string schema, table, column, constraint, data_type;
  bool lost = false;  ///< the session is over

  /// For people and logs: condition and names, no data.
  [[nodiscard]] std::string describe() const;
};

/// Stays inside pg/: a Failure on its way to whoever decides what becomes of it.
class Refused : public std::exception {
 public:
  explicit Refused(Failure why) : failure(std::move(why)), text_(failure.describe()) {}
  [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }
  Failure failure;

 private:
  std::string text_;
};

/// Asks the server from another thread to give up what a session does now.
class CancelHandle {
 public:
  explicit CancelHandle(pg_conn* connection);
  /// Opens a short connection of its own; silent if that fails.
  void cancel() const noexcept;

 private:
  std::shared_ptr<pg_cancel> handle_;
};

/// One thread at a time. Throws Error from the constructor, Refused from everything else.
class CopySession {
 public:
  CopySession(const std::string& conninfo, const std::string& purpose);

  /// One statement with parameters (as text), or several without. The last one's rows.
  Rows exec(const std::string& sql, const std::vector<Param>& params = {});
  /// COMMIT, and sure of it: PostgreSQL answers a COMMIT of a failed transaction with ROLLBACK and
  /// no error.
  void commit();

  [[nodiscard]] bool lost() const;
  [[nodiscard]] CancelHandle cancel_handle() const { return CancelHandle(connection_.get()); }
  [[nodiscard]] pg_conn* raw() const { return connection_.get(); }
  /// Process id and start time of the server process, to tell it from a later one of the same id.
  [[nodiscard]] const std::string& backend_pid() const { return backend_pid_; }
  [[nodiscard]] const std::string& backend_start() const { return backend_start_; }

 private:
  pg_result* last_result(const std::string& sql, const std::vector<Param>& params);
  struct Close {
    void operator()(pg_conn* connection) const;
  };
  std::unique_ptr<pg_conn, Close> connection_;
  std::string backend_pid_, backend_start_;
};

/// A COPY … FROM STDIN under way. Without finish(), the destructor aborts it, and with it the
/// transaction or savepoint it is in.
class CopyIn {
 public:
  /// `stop` makes write() and finish() give up (Refused 57014) once it is true.
  CopyIn(CopySession& session, const std::string& sql, const std::atomic<bool>& stop);
  ~CopyIn();
  CopyIn(const CopyIn&) = delete;
  CopyIn& operator=(const CopyIn&) = delete;

  void write(std::string_view bytes);
  /// The only way to success; the number of rows.
  std::uint64_t finish();

 private:
  [[noreturn]] void give_up();

  CopySession& session_;
  const std::atomic<bool>& stop_;
  bool open_ = false;
};

/// A COPY … TO STDOUT (FORMAT binary) under way, or being read to its end by the destructor: cancel
/// first if that may take long.
class CopyOut {
 public:
  CopyOut(CopySession& session, const std::string& sql);
  ~CopyOut();
  CopyOut(const CopyOut&) = delete;
  CopyOut& operator=(const CopyOut&) = delete;

  /// The next piece of the stream (a row, or several, or a part of one), valid until the next call;
  /// nothing at the end.
  std::optional<std::string_view> next();

 private:
  CopySession& session_;
  char* piece_ = nullptr;
  bool open_ = false;
};

/// A parameter in binary form.
struct BinaryParam {
  std::uint32_t type = 0;  ///< pg_type oid
  std::string bytes;
};

/// One statement with binary parameters; its rows in binary form, valid during the call of `row`.
void binary_query(CopySession& session, const std::string& sql,
                  const std::vector<BinaryParam>& params,
                  const std::function<void(const std::vector<doc::Field>&)>& row);

}  // namespace arango2pg::pg
