#include <algorithm>

#include "doc/copy_rows.h"
#include "pg/load_rows_internal.h"
#include "pg/sqlstate_internal.h"

namespace arango2pg::pg {
namespace {

std::string column_list(const std::vector<std::string>& columns) {
  std::string out;
  for (const std::string& c : columns) out += (out.empty() ? "" : ", ") + quote(c);
  return out;
}

std::string stage_name(std::size_t collection, std::size_t index) {
  return "pg_temp.arango2pg_stage_" + std::to_string(collection) + "_" + std::to_string(index);
}

/// "a.x = b.y AND …" for columns that belong together.
std::string joined(const std::string& a, const std::vector<std::string>& x, const std::string& b,
                   const std::vector<std::string>& y) {
  std::string out;
  for (std::size_t i = 0; i < x.size(); ++i)
    out += (i == 0 ? "" : " AND ") + a + "." + quote(x[i]) + " = " + b + "." + quote(y[i]);
  return out;
}

/// INSERT … ON CONFLICT from the staging table. Of several rows with one key the newest wins, then
/// the last that was sent.
std::string merge_statement(const LoadTable& table, const std::string& stage) {
  const std::string revision = table.revision.empty() ? "" : quote(table.revision);
  std::string sets;
  for (const std::string& c : table.columns)
    if (std::find(table.key.begin(), table.key.end(), c) == table.key.end())
      sets += (sets.empty() ? "" : ", ") + quote(c) + " = excluded." + quote(c);
  std::string sql = "WITH merged AS (INSERT INTO " + quote(table.name) + " AS target (" +
                    column_list(table.columns) + ") SELECT " + column_list(table.columns) +
                    " FROM (SELECT DISTINCT ON (" + column_list(table.key) + ") * FROM " + stage +
                    " ORDER BY " + column_list(table.key) +
                    (revision.empty() ? "" : ", " + revision + " DESC NULLS LAST") +
                    ", ctid DESC) staged ON CONFLICT (" + column_list(table.key) + ") DO ";
  sql += sets.empty() ? "NOTHING" : "UPDATE SET " + sets;
  if (!sets.empty() && !revision.empty())
    sql +=
        " WHERE target." + revision + " IS NULL OR excluded." + revision + " >= target." + revision;
  // What was there before is counted by the statement's own snapshot: the usual look at xmax does
  // not work for partitioned tables.
  return sql +
         " RETURNING 1) SELECT (SELECT count(*) FROM merged), (SELECT count(*) FROM (SELECT "
         "DISTINCT " +
         column_list(table.key) + " FROM " + stage + ") s WHERE NOT EXISTS (SELECT FROM " +
         quote(table.name) + " t WHERE " + joined("t", table.key, "s", table.key) + "))";
}

/// The row that a COPY error is about: "COPY t, line 3, column c: …". The sentence is in the
/// server's language, so the first number behind the table's name is taken. A name that holds ", 7"
/// misleads this; the isolation only uses it to choose where to look first.
struct CopyPosition {
  std::size_t line = 0;    ///< 0 = not known
  bool in_column = false;  ///< while one value was read, not the whole row
  bool innermost = false;  ///< no function or trigger in between
};

CopyPosition position_of(const Failure& failure) {
  const std::string& context = failure.context;
  CopyPosition out;
  const std::size_t copy = context.find("COPY ");
  if (copy == std::string::npos) return out;
  std::size_t at = context.find(", ", copy);
  if (at == std::string::npos) return out;
  at = context.find_first_of("0123456789", at);
  if (at == std::string::npos) return out;
  for (; at < context.size() && context[at] >= '0' && context[at] <= '9'; ++at)
    out.line = out.line * 10 + static_cast<std::size_t>(context[at] - '0');
  out.in_column = at < context.size() && context[at] == ',';
  out.innermost = copy == 0;
  return out;
}

/// A row's fault. Types of extensions report texts that they can't read by codes that elsewhere
/// mean a broken program: ltree a syntax error, PostGIS an internal error.
bool is_rows_fault(const Failure& failure) {
  if (failure.lost) return false;
  if (is_data_error(failure.sqlstate)) return true;
  const CopyPosition at = position_of(failure);
  return (failure.sqlstate == "42601" || failure.sqlstate == "XX000") && at.in_column &&
         at.innermost;
}

}  // namespace

TableSql table_sql(const LoadCollection& collection, std::size_t number, std::size_t index) {
  const LoadTable& table = collection.tables[index];
  const std::string format =
      table.format == doc::CopyFormat::binary ? " FROM STDIN (FORMAT binary)" : " FROM STDIN";
  const std::string columns = " (" + column_list(table.columns) + ")";
  TableSql sql;
  if (!table.merge) {
    sql.copy = "COPY " + quote(table.name) + columns + format;
    return sql;
  }
  const std::string stage = stage_name(number, index);
  sql.copy = "COPY " + stage + columns + format;
  // Types only: constraints are the target's business, and generated columns don't come.
  sql.create_stage = "CREATE TEMPORARY TABLE " + stage.substr(stage.find('.') + 1) +
                     " ON COMMIT DELETE ROWS AS SELECT " + column_list(table.columns) + " FROM " +
                     quote(table.name) + " WITH NO DATA";
  sql.clear_stage = "TRUNCATE " + stage;
  sql.merge = merge_statement(table, stage);
  if (table.parent < 0) return sql;
  // The parents are merged already: the target holds the newest revision there is.
  const LoadTable& parent = collection.tables[static_cast<std::size_t>(table.parent)];
  const std::string staged_parent = stage_name(number, static_cast<std::size_t>(table.parent));
  const std::string newer =
      parent.revision.empty() ? "false"
                              : "EXISTS (SELECT FROM " + quote(parent.name) + " t WHERE " +
                                    joined("t", parent.key, "p", parent.key) + " AND t." +
                                    quote(parent.revision) + " > p." + quote(parent.revision) + ")";
  sql.skip_outdated = "DELETE FROM " + stage + " s USING " + staged_parent + " p WHERE " +
                      joined("s", table.parent_key, "p", parent.key) + " AND " + newer;
  sql.delete_absent = "DELETE FROM " + quote(table.name) + " c USING " + staged_parent +
                      " p WHERE " + joined("c", table.parent_key, "p", parent.key) + " AND NOT " +
                      newer + " AND NOT EXISTS (SELECT FROM " + stage + " s WHERE " +
                      joined("s", table.key, "c", table.key) + ")";
  return sql;
}

RowLoader::RowLoader(CopySession& session, const LoaderConfig& config,
                     const std::vector<std::vector<TableSql>>& sql,
                     std::span<const doc::RowBatch> batches, const std::atomic<bool>& stop)
    : session_(session), config_(config), sql_(sql), batches_(batches), stop_(stop) {}

std::uint64_t RowLoader::updated(std::uint32_t collection) const {
  const auto found = updated_.find(collection);
  return found == updated_.end() ? 0 : found->second;
}

std::vector<DocAt> RowLoader::documents_of(std::uint32_t collection) const {
  std::vector<DocAt> out;
  for (std::uint32_t b = 0; b < batches_.size(); ++b)
    if (batches_[b].collection == collection)
      for (std::uint32_t d = 0; d < batches_[b].docs.size(); ++d) out.push_back({b, d});
  return out;
}

std::vector<RowLoader::Slice> RowLoader::slices(std::size_t table, Documents documents) const {
  std::vector<Slice> out;
  for (std::size_t i = 0; i < documents.size();) {
    // Neighbours in one batch go out together.
    std::size_t end = i + 1;
    while (end < documents.size() && documents[end].batch == documents[i].batch &&
           documents[end].doc == documents[end - 1].doc + 1)
      ++end;
    const doc::TableRows& rows = batches_[documents[i].batch].tables[table];
    const auto& of = rows.row_doc;
    const auto first = std::lower_bound(of.begin(), of.end(), documents[i].doc);
    const auto last = std::upper_bound(first, of.end(), documents[end - 1].doc);
    if (first != last)
      out.push_back({&rows, documents[i].batch, static_cast<std::size_t>(first - of.begin()),
                     static_cast<std::size_t>(last - of.begin())});
    i = end;
  }
  return out;
}

void RowLoader::copy(std::uint32_t collection, std::size_t table,
                     const std::vector<Slice>& slices) {
  const LoadTable& target = config_.collections[collection].tables[table];
  try {
    CopyIn in(session_, sql_[collection][table].copy, stop_);
    in.write(doc::RowWriter::header(target.format));
    for (const Slice& s : slices) {
      const std::size_t begin = s.rows->row_begin(s.first);
      in.write(std::string_view(s.rows->bytes).substr(begin, s.rows->row_end[s.end - 1] - begin));
    }
    in.write(doc::RowWriter::trailer(target.format));
    in.finish();
  } catch (Refused& e) {
    if (!is_rows_fault(e.failure)) throw;
    std::optional<DocAt> suspect;
    if (std::size_t line = position_of(e.failure).line; line > 0) {
      for (const Slice& s : slices) {
        const std::size_t n = s.end - s.first;
        if (line <= n) {
          suspect = DocAt{s.batch, s.rows->row_doc[s.first + line - 1]};
          break;
        }
        line -= n;
      }
    }
    throw RowsRefused{std::move(e.failure), suspect};
  }
}

std::uint64_t RowLoader::merge(std::uint32_t collection, std::size_t table) {
  const TableSql& sql = sql_[collection][table];
  try {
    if (!sql.skip_outdated.empty()) session_.exec(sql.skip_outdated);
    if (!sql.delete_absent.empty()) session_.exec(sql.delete_absent);
    const Rows done = session_.exec(sql.merge);
    return static_cast<std::uint64_t>(
        std::max<std::int64_t>(done.number(0, 0) - done.number(0, 1), 0));
  } catch (Refused& e) {
    if (e.failure.lost || !is_data_error(e.failure.sqlstate)) throw;
    throw RowsRefused{std::move(e.failure), std::nullopt};
  }
}

RowLoader::Totals RowLoader::load(std::uint32_t collection, Documents documents, bool again) {
  const auto& tables = config_.collections[collection].tables;
  Totals totals;
  // A document counts as updated by its own table: the first one it has a row in. Further tables
  // are its children.
  std::vector<std::vector<bool>> seen(batches_.size());
  for (std::size_t t = 0; t < tables.size(); ++t) {
    const std::vector<Slice> part = slices(t, documents);
    if (!part.empty()) copy(collection, t, part);
    // Documents that have no children any more are a reason to merge, too.
    if (part.empty() && tables[t].parent < 0) continue;
    bool own = false;
    for (const Slice& s : part) {
      totals.rows += s.end - s.first;
      totals.bytes += s.rows->row_end[s.end - 1] - s.rows->row_begin(s.first);
      if (!tables[t].merge) continue;
      seen[s.batch].resize(batches_[s.batch].docs.size());
      for (std::size_t r = s.first; r < s.end; ++r) {
        own = own || !seen[s.batch][s.rows->row_doc[r]];
        seen[s.batch][s.rows->row_doc[r]] = true;
      }
    }
    if (!tables[t].merge) continue;
    const std::uint64_t updated = merge(collection, t);
    if (own) totals.updated += updated;
  }
  if (again)
    for (std::size_t t = 0; t < tables.size(); ++t)
      if (tables[t].merge) session_.exec(sql_[collection][t].clear_stage);
  return totals;
}

void RowLoader::add(std::uint32_t collection, const Totals& totals) {
  rows_ += totals.rows;
  bytes_ += totals.bytes;
  updated_[collection] += totals.updated;
}

void RowLoader::set_constraints_immediate() {
  try {
    session_.exec("SET CONSTRAINTS ALL IMMEDIATE");
  } catch (Refused& e) {
    if (e.failure.lost || !is_data_error(e.failure.sqlstate)) throw;
    throw RowsRefused{std::move(e.failure), std::nullopt};
  }
}

void RowLoader::load_all() {
  for (std::uint32_t c = 0; c < config_.collections.size(); ++c) {
    const std::vector<DocAt> documents = documents_of(c);
    if (!documents.empty()) add(c, load(c, documents, false));
  }
  // Deferred constraints are checked here, where a refusal can still be isolated; not by COMMIT.
  set_constraints_immediate();
}

}  // namespace arango2pg::pg
