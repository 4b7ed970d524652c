#include "pg/read_rows.h"

#include <algorithm>
#include <mutex>

#include "pg/copy_session_internal.h"
#include "pg/key_join_internal.h"
#include "pg/row_stream_internal.h"
#include "pg/sqlstate_internal.h"
#include "pg/text_internal.h"

namespace arango2pg::pg {
namespace {

/// Without it, ctid conditions read the whole table (PostgreSQL 14 has TID range scans).
constexpr int version_with_tid_ranges = 140000;

std::string select_list(const ReadTable& table, const std::string& alias) {
  std::string out;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    out += (out.empty() ? "" : ", ") + alias + quote(table.columns[c]);
    if (table.types[c].kind == doc::TypeKind::other) out += "::text";
  }
  return out;
}

std::string range_query(const ReadTable& table, const RowRange& range) {
  std::string where;
  const auto condition = [&](const std::string& sql) {
    where += (where.empty() ? " WHERE " : " AND ") + sql;
  };
  const auto tid = [](std::uint64_t block) { return "'(" + std::to_string(block) + ",0)'::tid"; };
  if (range.begin) condition("ctid >= " + tid(*range.begin));
  if (range.end) condition("ctid < " + tid(*range.end));
  if (!table.deleted.empty()) condition(quote(table.deleted) + " IS NULL");
  return "SELECT " + select_list(table, "") + " FROM " + (range.with_partitions ? "" : "ONLY ") +
         quote(range.heap) + where;
}

}  // namespace

void check_readable(Connection& connection, const TableName& table) {
  const Rows found = connection.exec(
      "SELECT has_table_privilege(c, 'SELECT'), row_security_active(c), current_user "
      "FROM (SELECT pg_catalog.to_regclass($1)::oid AS c) t",
      {quote(table)});
  const std::string role = found.text(0, 2);
  if (!found[0][0])
    throw Error(Exit::target, "no table '" + table.text() + "' in " + connection.description(),
                "Run `arango2pg migrate` first, or check --target and --mapping.");
  if (!found.is_true(0, 0))
    throw Error(Exit::target,
                "role '" + role + "' has no SELECT privilege on table '" + table.text() + "'",
                "GRANT SELECT ON " + quote(table) + " TO " + quote(role) + ".");
  if (found.is_true(0, 1))
    throw Error(
        Exit::target, "row security of table '" + table.text() + "' applies to role '" + role + "'",
        "Read as the table's owner or as a role with BYPASSRLS: rows would be missing otherwise.");
}

std::vector<RowRange> row_ranges(Connection& connection, const TableName& table, std::size_t number,
                                 std::uint64_t piece_bytes) {
  const Rows heaps = connection.exec(
      statement("verify/heaps.sql"),
      {connection.exec("SELECT pg_catalog.to_regclass($1)::oid", {quote(table)})[0][0]});
  std::vector<RowRange> out;
  for (std::size_t i = 0; i < heaps.size(); ++i) {
    RowRange range;
    range.table = number;
    range.heap = {heaps.text(i, 0), heaps.text(i, 1)};
    range.bytes = static_cast<std::uint64_t>(heaps.number(i, 5));
    range.file = heaps.text(i, 6);
    if (!heaps.is_true(i, 3)) {  // only the table as a whole may be read
      range.heap = table;
      range.with_partitions = true;
      return {range};
    }
    const auto blocks = static_cast<std::uint64_t>(heaps.number(i, 4));
    const std::uint64_t pieces =
        !heaps.is_true(i, 2) || connection.server_version() < version_with_tid_ranges
            ? 1
            : std::clamp<std::uint64_t>(range.bytes / std::max<std::uint64_t>(piece_bytes, 1), 1,
                                        std::max<std::uint64_t>(blocks, 1));
    range.bytes /= pieces;
    for (std::uint64_t p = 0; p < pieces; ++p) {
      range.begin = p == 0 ? std::nullopt : std::optional(blocks * p / pieces);
      range.end = p + 1 == pieces ? std::nullopt : std::optional(blocks * (p + 1) / pieces);
      out.push_back(range);
    }
  }
  return out;
}

std::uint64_t estimated_rows(Connection& connection, const TableName& table) {
  const Rows rows = connection.exec(
      statement("verify/rows.sql"),
      {connection.exec("SELECT pg_catalog.to_regclass($1)::oid", {quote(table)})[0][0]});
  return static_cast<std::uint64_t>(std::max<std::int64_t>(rows.number(0, 0), 0));
}

// -- the snapshot

struct RowSnapshot::Impl {
  explicit Impl(const std::string& conninfo) : session(conninfo, "verify snapshot") {}
  CopySession session;
};

RowSnapshot::RowSnapshot(const std::string& conninfo) : impl_(std::make_unique<Impl>(conninfo)) {
  try {
    impl_->session.exec("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    id_ = impl_->session.exec("SELECT pg_catalog.pg_export_snapshot()").text(0, 0);
  } catch (const Refused& e) {
    throw comparison_error(e.failure, "read the target as of one moment");
  }
}

RowSnapshot::~RowSnapshot() = default;

bool RowSnapshot::alive() const {
  try {
    impl_->session.exec("SELECT 1");
    return true;
  } catch (const Refused&) {
    return false;
  }
}

// -- reading

struct RowReader::Impl {
  Impl(std::string c, std::string p) : conninfo(std::move(c)), purpose(std::move(p)) {}

  CopySession& connected();
  /// Runs `body(session)`; failures become Errors, and a session that was left in doubt is dropped.
  template <class F>
  void guarded(const std::string& what, F&& body);
  void leave_snapshot(CopySession& session);

  const std::string conninfo, purpose;
  std::optional<CopySession> session;
  std::string in_snapshot;
  KeyJoiner joiner;
  std::mutex mutex;  ///< guards what follows
  std::optional<CancelHandle> cancel_handle;
};

CopySession& RowReader::Impl::connected() {
  if (session) return *session;
  session.emplace(conninfo, purpose);
  in_snapshot.clear();
  // Several readers are parallel enough, and a row that is hidden must be an error.
  session->exec("SET max_parallel_workers_per_gather = 0; SET row_security = off");
  const std::lock_guard lock(mutex);
  cancel_handle = session->cancel_handle();
  return *session;
}

template <class F>
void RowReader::Impl::guarded(const std::string& what, F&& body) {
  try {
    body(connected());
  } catch (const Refused& e) {
    // Whatever it was: a new session has no half of anything in it.
    {
      const std::lock_guard lock(mutex);
      cancel_handle.reset();
    }
    session.reset();
    throw comparison_error(e.failure, "read " + what);
  }
}

/// Rows as they are now.
void RowReader::Impl::leave_snapshot(CopySession& s) {
  if (in_snapshot.empty()) return;
  s.exec("ROLLBACK");
  in_snapshot.clear();
}

RowReader::RowReader(std::string conninfo, std::string purpose)
    : impl_(std::make_unique<Impl>(std::move(conninfo), std::move(purpose))) {}
RowReader::~RowReader() = default;

void RowReader::read(const ReadTable& table, const RowRange& range, const std::string& snapshot,
                     const RowHandler& row) {
  impl_->guarded("table '" + table.name.text() + "'", [&](CopySession& session) {
    if (impl_->in_snapshot != snapshot) {
      impl_->leave_snapshot(session);
      session.exec("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
      session.exec("SET TRANSACTION SNAPSHOT " + quote_literal(snapshot));
      impl_->in_snapshot = snapshot;
    }
    RowStream rows(session, range_query(table, range), table.columns.size());
    std::vector<doc::Field> fields;
    while (rows.next(fields)) row(fields);
  });
}

void RowReader::find(const ReadTable& table, const std::vector<std::string>& columns,
                     const std::vector<std::vector<doc::Field>>& keys, bool deleted_too,
                     const RowHandler& row) {
  if (keys.empty()) return;
  impl_->guarded("table '" + table.name.text() + "'", [&](CopySession& session) {
    impl_->leave_snapshot(session);
    // Each row once, however often its key is asked for.
    std::vector<std::vector<doc::Field>> once = keys;
    std::sort(once.begin(), once.end());
    once.erase(std::unique(once.begin(), once.end()), once.end());
    const KeyJoin keyed = impl_->joiner.join(session, table, columns, once);
    std::string sql = "SELECT " + select_list(table, "t.");
    if (deleted_too)
      sql += table.deleted.empty() ? ", false" : ", t." + quote(table.deleted) + " IS NOT NULL";
    sql += " FROM " + keyed.from + " JOIN " + quote(table.name) + " t ON " + keyed.on;
    if (!deleted_too && !table.deleted.empty())
      sql += " AND t." + quote(table.deleted) + " IS NULL";
    binary_query(session, sql, keyed.params, row);
  });
}

std::vector<std::optional<std::string>> RowReader::as_printed(
    const doc::ColumnType& type, const std::vector<std::optional<std::string>>& texts) {
  std::vector<std::optional<std::string>> out(texts.size());
  const std::string sql = "SELECT (u.v::" + type.name +
                          ")::text FROM unnest($1) WITH ORDINALITY AS u(v, n) ORDER BY u.n";
  // Halved until a refused text stands alone.
  const std::function<void(std::size_t, std::size_t)> print = [&](std::size_t begin,
                                                                  std::size_t end) {
    std::vector<doc::Field> values;
    for (std::size_t i = begin; i < end; ++i)
      values.push_back(texts[i] ? doc::Field(*texts[i]) : std::nullopt);
    bool refused = false;
    impl_->guarded("values of type '" + type.name + "'", [&](CopySession& session) {
      impl_->leave_snapshot(session);
      std::size_t i = begin;
      try {
        binary_query(session, sql, {{text_array_oid, array_bytes(text_oid, values)}},
                     [&](const std::vector<doc::Field>& row) {
                       if (row[0]) out[i] = std::string(*row[0]);
                       ++i;
                     });
      } catch (const Refused& e) {
        if (e.failure.lost || !is_data_error(e.failure.sqlstate)) throw;
        refused = true;
      }
    });
    if (!refused) return;
    for (std::size_t i = begin; i < end; ++i) out[i].reset();
    if (end - begin == 1) return;
    print(begin, begin + (end - begin) / 2);
    print(begin + (end - begin) / 2, end);
  };
  if (!texts.empty()) print(0, texts.size());
  return out;
}

void RowReader::cancel() noexcept {
  std::optional<CancelHandle> handle;
  {
    const std::lock_guard lock(impl_->mutex);
    handle = impl_->cancel_handle;
  }
  if (handle) handle->cancel();
}

}  // namespace arango2pg::pg
