#include <libpq-fe.h>

#include <algorithm>
#include <charconv>

#include "pg/copy_session_internal.h"
#include "pg/session_internal.h"
#include "pg/sqlstate_internal.h"

namespace arango2pg::pg {
namespace {

/// 256 KiB: enough to keep the server busy, small enough to notice a cancellation soon; libpq
/// copies each piece into its send buffer, which grows with it.
constexpr std::size_t piece_bytes = 256U << 10U;

struct Clear {
  void operator()(pg_result* result) const { PQclear(result); }
};
using Result = std::unique_ptr<pg_result, Clear>;

std::string text_of(const char* text) { return text == nullptr ? "" : text; }

/// `result` may be null: then only the connection knows what happened.
Failure failure_of(pg_conn* connection, const pg_result* result) {
  const auto field = [&](int code) { return text_of(PQresultErrorField(result, code)); };
  Failure f;
  if (result != nullptr) {
    f.sqlstate = field(PG_DIAG_SQLSTATE);
    f.primary = field(PG_DIAG_MESSAGE_PRIMARY);
    f.context = field(PG_DIAG_CONTEXT);
    f.hint = field(PG_DIAG_MESSAGE_HINT);
    f.schema = field(PG_DIAG_SCHEMA_NAME);
    f.table = field(PG_DIAG_TABLE_NAME);
    f.column = field(PG_DIAG_COLUMN_NAME);
    f.constraint = field(PG_DIAG_CONSTRAINT_NAME);
    f.data_type = field(PG_DIAG_DATATYPE_NAME);
  }
  const std::string severity = field(PG_DIAG_SEVERITY_NONLOCALIZED);
  f.lost = PQstatus(connection) == CONNECTION_BAD || f.sqlstate.empty() || severity == "FATAL" ||
           severity == "PANIC";
  if (f.primary.empty()) f.primary = primary_message(text_of(PQerrorMessage(connection)));
  return f;
}

/// Reads results until null and returns the first failure, if any. `last` gets the last good one.
std::optional<Failure> drain(pg_conn* connection, Result* last = nullptr) {
  std::optional<Failure> failure;
  while (Result result{PQgetResult(connection)}) {
    const ExecStatusType status = PQresultStatus(result.get());
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY) {
      if (last != nullptr) *last = std::move(result);
      continue;
    }
    if (!failure) failure = failure_of(connection, result.get());
    if (status == PGRES_COPY_IN) {
      // Not ours to be in: only possible if a statement was no COPY of CopyIn's. End it, or this
      // loop would never end.
      PQputCopyEnd(connection, "unexpected COPY");
    } else if (PQstatus(connection) == CONNECTION_BAD) {
      break;
    }
  }
  return failure;
}

Rows rows_of(const pg_result* result) {
  Rows out;
  if (result == nullptr) return out;
  const int columns = PQnfields(result);
  for (int c = 0; c < columns; ++c) out.columns.emplace_back(PQfname(result, c));
  for (int r = 0; r < PQntuples(result); ++r) {
    auto& row = out.rows.emplace_back();
    for (int c = 0; c < columns; ++c) {
      if (PQgetisnull(result, r, c) != 0)
        row.emplace_back(std::nullopt);
      else
        row.emplace_back(std::string(PQgetvalue(result, r, c),
                                     static_cast<std::size_t>(PQgetlength(result, r, c))));
    }
  }
  const std::string affected = text_of(PQcmdTuples(const_cast<pg_result*>(result)));
  std::from_chars(affected.data(), affected.data() + affected.size(), out.affected);
  return out;
}

void ignore_notice(void*, const pg_result*) {}

}  // namespace

std::string Failure::describe() const {
  if (sqlstate.empty()) return "connection to PostgreSQL lost";
  std::string text = condition_name(sqlstate);
  std::replace(text.begin(), text.end(), '_', ' ');
  const auto name = [&](const char* what, const std::string& value) {
    if (!value.empty()) text += std::string(" ") + what + " '" + value + "'";
  };
  name("of constraint", constraint);
  name("in column", column);
  name("of type", data_type);
  name("in table", table);
  return text;
}

CancelHandle::CancelHandle(pg_conn* connection)
    : handle_(PQgetCancel(connection), [](pg_cancel* c) { PQfreeCancel(c); }) {}

void CancelHandle::cancel() const noexcept {
  char reason[256];
  if (handle_) PQcancel(handle_.get(), reason, sizeof reason);
}

void CopySession::Close::operator()(pg_conn* connection) const { PQfinish(connection); }

CopySession::CopySession(const std::string& conninfo, const std::string& purpose)
    : connection_(PQconnectdb(Conninfo(conninfo, purpose).text().c_str())) {
  if (!connection_ || PQstatus(raw()) != CONNECTION_OK)
    throw connect_error(text_of(PQerrorMessage(raw())));
  PQsetNoticeReceiver(raw(), ignore_notice, nullptr);
  try {
    exec(session_settings(PQserverVersion(raw()), purpose));
    for (const std::string& sql : optional_settings(PQserverVersion(raw()))) {
      try {
        exec(sql);
      } catch (const Refused& e) {
        if (e.failure.lost) throw;  // else: unknown here, only makes a dead peer noticed later
      }
    }
    const Rows self = exec(
        "SELECT pid, backend_start FROM pg_catalog.pg_stat_activity "
        "WHERE pid = pg_catalog.pg_backend_pid()");
    backend_pid_ = self.text(0, 0);
    backend_start_ = self.text(0, 1);
  } catch (const Refused& e) {
    throw Error(Exit::target, std::string("cannot set up the session: ") + e.what(),
                hint_for(e.failure.sqlstate), is_transient(e.failure.sqlstate));
  }
}

bool CopySession::lost() const { return PQstatus(raw()) != CONNECTION_OK; }

pg_result* CopySession::last_result(const std::string& sql, const std::vector<Param>& params) {
  int sent = 0;
  if (params.empty()) {
    sent = PQsendQuery(raw(), sql.c_str());
  } else {
    std::vector<const char*> values;
    for (const Param& p : params) values.push_back(p ? p->c_str() : nullptr);
    sent = PQsendQueryParams(raw(), sql.c_str(), static_cast<int>(values.size()), nullptr,
                             values.data(), nullptr, nullptr, 0);
  }
  if (sent == 0) throw Refused(failure_of(raw(), nullptr));
  Result last;
  if (auto failure = drain(raw(), &last)) throw Refused(std::move(*failure));
  if (!last) throw Refused(failure_of(raw(), nullptr));
  return last.release();
}

Rows CopySession::exec(const std::string& sql, const std::vector<Param>& params) {
  return rows_of(Result(last_result(sql, params)).get());
}

void CopySession::commit() {
  const Result result(last_result("COMMIT", {}));
  if (text_of(PQcmdStatus(result.get())) == "COMMIT") return;
  Failure failure;
  failure.sqlstate = "25P02";
  failure.primary = "the transaction had failed before its COMMIT";
  throw Refused(std::move(failure));
}

CopyIn::CopyIn(CopySession& session, const std::string& sql, const std::atomic<bool>& stop)
    : session_(session), stop_(stop) {
  if (PQsendQuery(session.raw(), sql.c_str()) == 0)
    throw Refused(failure_of(session.raw(), nullptr));
  const Result first(PQgetResult(session.raw()));
  if (first && PQresultStatus(first.get()) == PGRES_COPY_IN) {
    open_ = true;
    return;
  }
  const bool refused = !first || PQresultStatus(first.get()) == PGRES_FATAL_ERROR;
  Failure failure = failure_of(session.raw(), first.get());
  drain(session.raw());
  if (!refused) throw Error(Exit::unexpected, "a statement for COPY does not read from the client");
  throw Refused(std::move(failure));
}

CopyIn::~CopyIn() {
  if (!open_) return;
  PQputCopyEnd(session_.raw(), "aborted by arango2pg");
  drain(session_.raw());
}

void CopyIn::write(std::string_view bytes) {
  while (!bytes.empty()) {
    if (stop_.load()) give_up();
    const std::size_t n = std::min(bytes.size(), piece_bytes);
    if (PQputCopyData(session_.raw(), bytes.data(), static_cast<int>(n)) != 1) give_up();
    bytes.remove_prefix(n);
  }
}

std::uint64_t CopyIn::finish() {
  if (stop_.load()) give_up();
  open_ = false;
  if (PQputCopyEnd(session_.raw(), nullptr) != 1) {
    Failure failure = failure_of(session_.raw(), nullptr);
    drain(session_.raw());
    throw Refused(std::move(failure));
  }
  Result last;
  if (auto failure = drain(session_.raw(), &last)) throw Refused(std::move(*failure));
  if (!last) throw Refused(failure_of(session_.raw(), nullptr));
  return rows_of(last.get()).affected;
}

void CopyIn::give_up() {
  open_ = false;
  PQputCopyEnd(session_.raw(), "aborted by arango2pg");
  // What the server said before it hung up is the better reason, if it said anything.
  std::optional<Failure> failure = drain(session_.raw());
  throw Refused(failure ? std::move(*failure) : failure_of(session_.raw(), nullptr));
}

CopyOut::CopyOut(CopySession& session, const std::string& sql) : session_(session) {
  if (PQsendQuery(session.raw(), sql.c_str()) == 0)
    throw Refused(failure_of(session.raw(), nullptr));
  const Result first(PQgetResult(session.raw()));
  if (first && PQresultStatus(first.get()) == PGRES_COPY_OUT) {
    open_ = true;
    return;
  }
  Failure failure = failure_of(session.raw(), first.get());
  drain(session.raw());
  throw Refused(std::move(failure));
}

CopyOut::~CopyOut() {
  if (piece_ != nullptr) PQfreemem(piece_);
  if (!open_) return;
  char* rest = nullptr;
  while (PQgetCopyData(session_.raw(), &rest, 0) > 0) PQfreemem(rest);
  drain(session_.raw());
}

std::optional<std::string_view> CopyOut::next() {
  if (piece_ != nullptr) PQfreemem(piece_);
  piece_ = nullptr;
  const int size = PQgetCopyData(session_.raw(), &piece_, 0);
  if (size > 0) return std::string_view(piece_, static_cast<std::size_t>(size));
  open_ = false;
  if (size == -2) {
    Failure failure = failure_of(session_.raw(), nullptr);
    drain(session_.raw());
    throw Refused(std::move(failure));
  }
  if (auto failure = drain(session_.raw())) throw Refused(std::move(*failure));
  return std::nullopt;
}

void binary_query(CopySession& session, const std::string& sql,
                  const std::vector<BinaryParam>& params,
                  const std::function<void(const std::vector<doc::Field>&)>& row) {
  std::vector<Oid> types;
  std::vector<const char*> values;
  std::vector<int> lengths;
  for (const BinaryParam& p : params) {
    types.push_back(p.type);
    values.push_back(p.bytes.data());
    lengths.push_back(static_cast<int>(p.bytes.size()));
  }
  const std::vector<int> formats(params.size(), 1);
  if (PQsendQueryParams(session.raw(), sql.c_str(), static_cast<int>(params.size()), types.data(),
                        values.data(), lengths.data(), formats.data(), 1) == 0)
    throw Refused(failure_of(session.raw(), nullptr));
  PQsetSingleRowMode(session.raw());  // one huge row at a time is enough in memory
  std::vector<doc::Field> fields;
  while (const Result result{PQgetResult(session.raw())}) {
    const ExecStatusType status = PQresultStatus(result.get());
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) continue;
    if (status != PGRES_SINGLE_TUPLE) {
      Failure failure = failure_of(session.raw(), result.get());
      drain(session.raw());
      throw Refused(std::move(failure));
    }
    fields.clear();
    for (int c = 0; c < PQnfields(result.get()); ++c) {
      if (PQgetisnull(result.get(), 0, c) != 0)
        fields.emplace_back(std::nullopt);
      else
        fields.emplace_back(
            std::string_view(PQgetvalue(result.get(), 0, c),
                             static_cast<std::size_t>(PQgetlength(result.get(), 0, c))));
    }
    try {
      row(fields);
    } catch (...) {
      drain(session.raw());
      throw;
    }
  }
}

}  // namespace arango2pg::pg
