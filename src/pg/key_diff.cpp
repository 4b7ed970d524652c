#include "pg/key_diff.h"

#include <atomic>
#include <thread>

#include "doc/copy_rows.h"
#include "pg/copy_session_internal.h"
#include "pg/load_rows_internal.h"
#include "pg/sqlstate_internal.h"

namespace arango2pg::pg {
namespace {

std::string columns(const std::vector<std::string>& names, const std::string& of = {}) {
  std::string out;
  for (const std::string& n : names) out += (out.empty() ? "" : ", ") + of + quote(n);
  return out;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& n : names)
    out += (out.empty() ? "t." : " AND t.") + quote(n) + " = n." + quote(n);
  return out;
}

std::string seen_stage(std::size_t table) {
  return "pg_temp.arango2pg_seen_0_" + std::to_string(table);
}

/// One row a document: is there a row as it should be, one that is not, one that is later?
std::string comparison(const LoadCollection& collection) {
  std::string parts;
  for (std::size_t i = 0; i < collection.tables.size(); ++i) {
    const LoadTable& t = collection.tables[i];
    if (!t.merge || t.parent >= 0) continue;
    const std::string live = t.gone == Gone::soft ? " AND t.deleted_at IS NULL" : "";
    const std::string there = "t." + quote(t.key.front()) + " IS NOT NULL" + live;
    // Without a revision nothing tells whether the row is up to date.
    const std::string same = t.revision.empty() ? "false"
                                                : "t." + quote(t.revision) +
                                                      " IS NOT DISTINCT FROM n.arango2pg_revision";
    const std::string later =
        t.revision.empty() ? "false" : "t." + quote(t.revision) + " > n.arango2pg_revision";
    parts += (parts.empty() ? "" : " UNION ALL ") +
             ("SELECT n.arango2pg_key AS key, n.arango2pg_revision AS revision, " + there +
              " AND " + same + " AS same, " + there + " AND NOT (" + same + ") AS other, " + there +
              " AND " + later + " AS later FROM " + seen_stage(i) + " n LEFT JOIN " +
              quote(t.name) + " t ON " + joined(t.identity));
  }
  return "SELECT d.key, bool_or(d.later) FROM (" + parts +
         ") d WHERE NOT EXISTS (SELECT FROM arango2pg.quarantine q WHERE q.status = 'open' AND "
         "q.collection = " +
         quote_literal(collection.name) +
         " AND q.key = d.key AND q.revision = d.revision AND q.document IS NOT NULL) "
         "GROUP BY d.key HAVING NOT bool_or(d.same) OR bool_or(d.other)";
}

}  // namespace

struct KeyDiff::Impl {
  std::string conninfo, purpose;
  LoadCollection collection;
  std::vector<SeenTable> seen;
  std::chrono::seconds give_up_after;
  std::vector<TableSql> sql;
  std::string compare_sql;
  std::optional<CopySession> session;

  CopySession& connected() {
    if (session) return *session;
    session.emplace(conninfo, purpose);
    for (const TableSql& t : sql)
      if (!t.copy_seen.empty()) session->exec(t.create);
    // The page is small beside the tables: look each key up.
    session->exec("SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off");
    return *session;
  }

  std::vector<Difference> attempt(const std::vector<doc::TableRows>& identities) {
    CopySession& s = connected();
    const std::atomic<bool> never{false};
    s.exec("BEGIN");
    for (std::size_t t = 0; t < sql.size(); ++t) {
      if (sql[t].copy_seen.empty() || identities[t].rows() == 0) continue;
      const doc::CopyFormat format = collection.tables[t].format;
      CopyIn in(s, sql[t].copy_seen, never);
      in.write(doc::RowWriter::header(format));
      in.write(identities[t].bytes);
      in.write(doc::RowWriter::trailer(format));
      in.finish();
    }
    const Rows rows = s.exec(compare_sql);
    for (const SeenTable& table : seen)
      s.exec("INSERT INTO " + quote(table.name) + " SELECT " +
             columns(collection.tables[table.table].identity) + " FROM " + seen_stage(table.table));
    s.commit();
    std::vector<Difference> out;
    for (std::size_t i = 0; i < rows.size(); ++i)
      out.push_back({rows.text(i, 0), rows.is_true(i, 1)});
    return out;
  }
};

KeyDiff::KeyDiff(const std::string& conninfo, const std::string& purpose,
                 const LoadCollection& collection, std::vector<SeenTable> seen,
                 std::chrono::seconds give_up_after)
    : impl_(std::make_unique<Impl>()) {
  impl_->conninfo = conninfo;
  impl_->purpose = purpose;
  impl_->collection = collection;
  impl_->seen = std::move(seen);
  impl_->give_up_after = give_up_after;
  for (std::size_t t = 0; t < collection.tables.size(); ++t)
    impl_->sql.push_back(table_sql(impl_->collection, 0, t));
  impl_->compare_sql = comparison(impl_->collection);
}

KeyDiff::~KeyDiff() = default;

std::vector<KeyDiff::Difference> KeyDiff::compare(const std::vector<doc::TableRows>& identities) {
  const auto deadline = std::chrono::steady_clock::now() + impl_->give_up_after;
  for (std::chrono::milliseconds wait{100};;
       wait = std::min(wait * 2, std::chrono::milliseconds(2000))) {
    const bool connecting = !impl_->session;
    try {
      return impl_->attempt(identities);
    } catch (const Refused& e) {
      impl_->session.reset();
      const bool again = e.failure.lost || is_transient(e.failure.sqlstate);
      if (!again || std::chrono::steady_clock::now() > deadline)
        throw Error(Exit::target,
                    "cannot compare keys of collection '" + impl_->collection.name +
                        "' with the target: " + e.failure.describe(),
                    hint_for(e.failure.sqlstate), again);
    } catch (const Error& e) {
      impl_->session.reset();
      if (!connecting || !e.retryable() || std::chrono::steady_clock::now() > deadline) throw;
    }
    std::this_thread::sleep_for(wait);
  }
}

void create_seen_tables(Connection& connection, const LoadCollection& collection,
                        const std::vector<SeenTable>& seen) {
  for (const SeenTable& s : seen) {
    const LoadTable& table = collection.tables[s.table];
    connection.exec("CREATE TABLE IF NOT EXISTS " + quote(s.name) + " AS SELECT " +
                    columns(table.identity) + " FROM " + quote(table.name) + " WITH NO DATA");
  }
}

void drop_seen_tables(Connection& connection, RunId run) {
  const Rows rows = connection.exec(
      "SELECT c.relname FROM pg_catalog.pg_class c WHERE c.relkind = 'r' AND c.relnamespace = "
      "(SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'arango2pg') "
      "AND c.relname ~ '^seen_[0-9]+_[0-9]+_[0-9]+$' AND NOT EXISTS (SELECT FROM arango2pg.run r "
      "WHERE r.id <> $1::bigint AND r.status = 'running' AND r.id::text = split_part(c.relname, "
      "'_', 2))",
      {std::to_string(run)});
  for (std::size_t i = 0; i < rows.size(); ++i)
    connection.exec("DROP TABLE IF EXISTS " + quote(TableName{"arango2pg", rows.text(i, 0)}));
}

}  // namespace arango2pg::pg
