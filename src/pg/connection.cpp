#include "pg/connection.h"

#include <charconv>
#include <cstdlib>

#include "pg/pqxx_compat.h"
#include "pg/session_internal.h"
#include "pg/sqlstate_internal.h"

namespace arango2pg::pg {

std::string quote(std::string_view identifier) {
  if (identifier.empty() || identifier.find('\0') != std::string_view::npos)
    throw Error(Exit::usage, identifier.empty()
                                 ? "a name in PostgreSQL can't be empty"
                                 : "a name in PostgreSQL can't hold a NUL character");
  std::string out = "\"";
  for (const char c : identifier) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string quote(const TableName& table) {
  return (table.schema.empty() ? std::string() : quote(table.schema) + ".") + quote(table.name);
}

std::string quote_literal(std::string_view text) {
  // The E'' form is read the same whatever standard_conforming_strings says.
  std::string out = text.find('\\') == std::string_view::npos ? "'" : "E'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += c;
    out += c;
  }
  return out + "'";
}

std::int64_t Rows::number(std::size_t i, std::size_t c) const {
  const std::string& value = rows[i][c].value_or("0");
  std::int64_t n = 0;
  const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), n);
  if (problem != std::errc() || end != value.data() + value.size())
    throw Error(Exit::unexpected,
                "column '" + columns[c] + "' of a control query is no whole number");
  return n;
}

namespace {

Rows to_rows(const pqxx::result& result) {
  Rows out;
  const auto columns = result.columns();
  for (auto c = decltype(columns){0}; c < columns; ++c)
    out.columns.emplace_back(result.column_name(c));
  out.affected = static_cast<std::uint64_t>(result.affected_rows());
  for (auto row : result) {
    auto& values = out.rows.emplace_back();
    for (auto field : row) {
      if (field.is_null())
        values.emplace_back(std::nullopt);
      else
        values.emplace_back(std::string(field.c_str(), static_cast<std::size_t>(field.size())));
    }
  }
  return out;
}

/// The primary message without what it may quote from data: PostgreSQL puts refused values behind a
/// colon ('invalid input syntax for type integer: "abc"').
std::string without_values(const std::string& message, std::string_view sqlstate) {
  if (sqlstate.substr(0, 2) != "22") return message;
  const std::size_t colon = message.find(": \"");
  return message.substr(0, colon);
}

/// " (view v depends on table t)": the detail, where its class speaks of objects and never of rows.
std::string detail_of(const std::string& text, std::string_view sqlstate) {
  const std::string_view kind = sqlstate.substr(0, 2);
  if (kind != "2B" && kind != "42" && kind != "0A" && kind != "55") return {};
  const std::string detail = message_part(text, "DETAIL:  ");
  return detail.empty() ? detail : " (" + detail + ")";
}

}  // namespace

struct Connection::Impl {
  Impl(const std::string& conninfo, const std::string& purpose) {
    try {
      connection = std::make_unique<pqxx::connection>(Conninfo(conninfo, purpose).text());
      compat::forbid_reconnect(*connection);
      session = std::make_unique<pqxx::nontransaction>(*connection);
      version = connection->server_version();
      session->exec(session_settings(version, purpose));
    } catch (const pqxx::sql_error& e) {
      throw Error(Exit::target, "cannot set up the session: " + primary_message(e.what()));
    } catch (const pqxx::failure& e) {
      throw connect_error(e.what());
    }
    for (const std::string& sql : optional_settings(version)) {
      try {
        session->exec(sql);
      } catch (const pqxx::sql_error&) {
        continue;  // not known to this server or platform; only makes a dead peer noticed later
      }
    }
    where = describe(connection->dbname(), connection->hostname(), connection->port(),
                     connection->username());
  }

  /// Runs `call`, keeps book of the SQLSTATE and turns libpqxx's exceptions into Error.
  template <class F>
  auto translated(F&& call) {
    sqlstate.clear();
    error_line = 0;
    try {
      return call();
    } catch (const pqxx::deadlock_detected& e) {
      throw refused(e.what(), "40P01");
    } catch (const pqxx::transaction_rollback& e) {
      // No sql_error in libpqxx 6, hence without its code there; all of the class may be repeated.
      throw refused(e.what(), "40001");
    } catch (const pqxx::sql_error& e) {
      throw refused(e.what(), e.sqlstate());
    } catch (const pqxx::failure& e) {  // broken_connection, in_doubt_error
      sqlstate = "08006";
      throw Error(Exit::target, "connection to PostgreSQL lost: " + primary_message(e.what()), {},
                  true);
    }
  }

  Error refused(const std::string& text, const std::string& code) {
    sqlstate = code;
    error_line = std::atoi(message_part(text, "LINE ").c_str());
    const std::string server_hint = message_part(text, "HINT:  ");
    return {Exit::target, without_values(primary_message(text), code) + detail_of(text, code),
            server_hint.empty() ? hint_for(code) : server_hint, is_transient(code)};
  }

  std::unique_ptr<pqxx::connection> connection;
  std::unique_ptr<pqxx::nontransaction> session;  // after the connection: destroyed before it
  int version = 0;
  bool transaction = false;
  std::string where;
  std::string sqlstate;
  int error_line = 0;
};

Connection::Connection(const std::string& conninfo, const std::string& purpose)
    : impl_(std::make_unique<Impl>(conninfo, purpose)) {}
Connection::~Connection() = default;
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;

Rows Connection::exec(const std::string& sql, const std::vector<Param>& params) {
  for (const Param& p : params)
    if (p && p->find('\0') != std::string::npos)
      throw Error(Exit::unexpected, "a parameter of a control statement holds a NUL character");
  return impl_->translated([&] {
    return to_rows(params.empty() ? impl_->session->exec(sql)
                                  : compat::exec_params(*impl_->session, sql, params));
  });
}

void Connection::script(const std::string& sql) {
  impl_->translated([&] { impl_->session->exec(sql); });
}

void Connection::begin() {
  exec("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
  impl_->transaction = true;
}

void Connection::commit() {
  impl_->transaction = false;
  exec("COMMIT");
}

void Connection::rollback() noexcept {
  if (!impl_->transaction) return;
  impl_->transaction = false;
  try {
    impl_->session->exec("ROLLBACK");
  } catch (const std::exception&) {
    return;  // the connection is gone, and the transaction with it
  }
}

bool Connection::in_transaction() const { return impl_->transaction; }
int Connection::server_version() const { return impl_->version; }
std::string Connection::description() const { return impl_->where; }
const std::string& Connection::last_sqlstate() const { return impl_->sqlstate; }
int Connection::last_error_line() const { return impl_->error_line; }

}  // namespace arango2pg::pg
