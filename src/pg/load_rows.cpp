#include <algorithm>

#include "doc/copy_rows.h"
#include "pg/load_rows_internal.h"
#include "pg/sqlstate_internal.h"

namespace arango2pg::pg {
namespace {

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

RowLoader::RowLoader(CopySession& session, const LoaderConfig& config,
                     const std::vector<std::vector<TableSql>>& sql,
                     std::span<const doc::RowBatch> batches, const std::atomic<bool>& stop)
    : session_(session), config_(config), sql_(sql), batches_(batches), stop_(stop) {}

std::uint64_t RowLoader::updated(std::uint32_t collection) const {
  const auto found = updated_.find(collection);
  return found == updated_.end() ? 0 : found->second;
}

std::uint64_t RowLoader::emptied(std::uint32_t collection) const {
  const auto found = emptied_.find(collection);
  return found == emptied_.end() ? 0 : found->second;
}

std::vector<DocAt> RowLoader::documents_of(std::uint32_t collection) const {
  std::vector<DocAt> out;
  for (std::uint32_t b = 0; b < batches_.size(); ++b)
    if (batches_[b].collection == collection)
      for (std::uint32_t d = 0; d < batches_[b].docs.size(); ++d) out.push_back({b, d});
  return out;
}

std::vector<DocAt> RowLoader::removals_of(std::uint32_t collection) const {
  std::vector<DocAt> out;
  for (std::uint32_t b = 0; b < batches_.size(); ++b) {
    if (batches_[b].collection != collection) continue;
    const auto first = static_cast<std::uint32_t>(batches_[b].docs.size());
    const auto end = first + static_cast<std::uint32_t>(batches_[b].removed.size()) +
                     (batches_[b].emptied || batches_[b].unseen ? 1U : 0U);
    for (std::uint32_t d = first; d < end; ++d) out.push_back({b, d});
  }
  return out;
}

std::vector<RowLoader::Slice> RowLoader::slices(bool identities, std::size_t table,
                                                Documents documents) const {
  std::vector<Slice> out;
  for (std::size_t i = 0; i < documents.size();) {
    // Neighbours in one batch go out together.
    std::size_t end = i + 1;
    while (end < documents.size() && documents[end].batch == documents[i].batch &&
           documents[end].doc == documents[end - 1].doc + 1)
      ++end;
    const doc::RowBatch& batch = batches_[documents[i].batch];
    const doc::TableRows& rows = identities ? batch.identities[table] : batch.tables[table];
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

RowLoader::Share RowLoader::share(std::uint32_t collection, Documents documents) const {
  Share share{collection, documents, {}, false, false};
  for (std::size_t t = 0; t < config_.collections[collection].tables.size(); ++t)
    share.tables.push_back(slices(false, t, documents));
  for (const DocAt& at : documents) {
    const doc::RowBatch& batch = batches_[at.batch];
    if (at.doc != batch.docs.size() + batch.removed.size()) continue;
    share.emptied = share.emptied || batch.emptied;
    share.unseen = share.unseen || batch.unseen;
  }
  return share;
}

Rows RowLoader::run(const std::string& sql) {
  try {
    return session_.exec(sql);
  } catch (Refused& e) {
    if (!is_rows_fault(e.failure)) throw;
    throw RowsRefused{std::move(e.failure), std::nullopt};
  }
}

void RowLoader::copy(const std::string& sql, doc::CopyFormat format,
                     const std::vector<Slice>& slices) {
  try {
    CopyIn in(session_, sql, stop_);
    in.write(doc::RowWriter::header(format));
    for (const Slice& s : slices) {
      const std::size_t begin = s.rows->row_begin(s.first);
      in.write(std::string_view(s.rows->bytes).substr(begin, s.rows->row_end[s.end - 1] - begin));
    }
    in.write(doc::RowWriter::trailer(format));
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

void RowLoader::stage(const Share& share, Totals& totals) {
  const LoadCollection& collection = config_.collections[share.collection];
  for (std::size_t t = 0; t < collection.tables.size(); ++t) {
    const LoadTable& table = collection.tables[t];
    for (const Slice& s : share.tables[t]) {
      totals.rows += s.end - s.first;
      totals.bytes += s.rows->row_end[s.end - 1] - s.rows->row_begin(s.first);
    }
    const TableSql& sql = sql_[share.collection][t];
    if (table.merge && !share.tables[t].empty()) copy(sql.copy, table.format, share.tables[t]);
    if (sql.copy_seen.empty()) continue;
    const auto seen = slices(true, t, share.documents);
    if (!seen.empty()) copy(sql.copy_seen, table.format, seen);
  }
}

/// False if every document at hand is staged for the table under the key that it always had.
bool RowLoader::may_lose_rows(const Share& share, std::size_t table) const {
  const LoadTable& of = config_.collections[share.collection].tables[table];
  if (of.identity != of.key) return true;
  std::size_t seen = 0, staged = 0;
  for (const Slice& s : slices(true, table, share.documents)) seen += s.end - s.first;
  for (const Slice& s : share.tables[table]) staged += s.end - s.first;
  return seen != staged;
}

void RowLoader::remove(const Share& share, Totals& totals) {
  const auto& tables = config_.collections[share.collection].tables;
  const auto& sql = sql_[share.collection];
  std::vector<bool> doomed(tables.size(), false);
  for (std::size_t t = 0; t < tables.size(); ++t) {
    if (!tables[t].merge || tables[t].parent >= 0 || sql[t].doom.empty()) continue;
    if (share.emptied)
      totals.emptied += run(sql[t].doom_all).affected;
    else if (may_lose_rows(share, t))
      run(sql[t].doom);
    else if (!share.unseen)
      continue;
    if (share.unseen && !sql[t].doom_unseen.empty()) {
      run(sql[t].doom_unseen);
      run(sql[t].note_unseen);
    }
    doomed[t] = true;
  }
  for (std::size_t t = 0; t < tables.size(); ++t)
    if (!sql[t].skip_outdated.empty()) run(sql[t].skip_outdated);
  for (std::size_t t = 0; t < tables.size(); ++t) {
    // Documents that have no children any more are a reason to look, too.
    if (!tables[t].merge || tables[t].parent < 0) continue;
    doomed[t] = run(sql[t].doom).affected > 0;
  }
  for (std::size_t t = 0; t < tables.size(); ++t)
    if (!sql[t].note.empty()) run(sql[t].note);
  for (std::size_t t = tables.size(); t-- > 0;)
    if (doomed[t]) run(sql[t].remove);
}

void RowLoader::prepare(const Share& share, Totals& totals) {
  const auto& tables = config_.collections[share.collection].tables;
  if (std::none_of(tables.begin(), tables.end(), [](const LoadTable& t) { return t.merge; }))
    return stage(share, totals);  // only counts: nothing is staged
  stage(share, totals);
  remove(share, totals);
}

void RowLoader::write(const Share& share, Totals& totals) {
  const LoadCollection& collection = config_.collections[share.collection];
  // A document counts as updated by its own table: the first one it has a row in. Further tables
  // are its children.
  std::vector<std::vector<bool>> counted(batches_.size());
  for (std::size_t t = 0; t < collection.tables.size(); ++t) {
    const auto& slices = share.tables[t];
    if (slices.empty()) continue;
    const LoadTable& table = collection.tables[t];
    const TableSql& sql = sql_[share.collection][t];
    if (!table.merge) {
      copy(sql.copy, table.format, slices);
      continue;
    }
    const Rows done = run(sql.merge);
    if (collection.changes) continue;
    bool own = false;
    for (const Slice& s : slices) {
      counted[s.batch].resize(batches_[s.batch].docs.size());
      for (std::size_t r = s.first; r < s.end; ++r) {
        own = own || !counted[s.batch][s.rows->row_doc[r]];
        counted[s.batch][s.rows->row_doc[r]] = true;
      }
    }
    if (own)
      totals.updated += static_cast<std::uint64_t>(
          std::max<std::int64_t>(done.number(0, 0) - done.number(0, 1), 0));
  }
}

/// More documents follow in this transaction: staging tables must be left empty.
void RowLoader::clear(std::uint32_t collection) {
  for (const TableSql& sql : sql_[collection])
    if (!sql.clear.empty()) session_.exec(sql.clear);
}

void RowLoader::add(std::uint32_t collection, const Totals& totals) {
  rows_ += totals.rows;
  bytes_ += totals.bytes;
  updated_[collection] += totals.updated;
  emptied_[collection] += totals.emptied;
}

void RowLoader::set_constraints_immediate() { run("SET CONSTRAINTS ALL IMMEDIATE"); }

void RowLoader::load_all() {
  const auto count = static_cast<std::uint32_t>(config_.collections.size());
  std::vector<std::vector<DocAt>> documents(count);
  std::vector<std::optional<Share>> shares(count);
  std::vector<Totals> totals(count);
  // What goes, goes in the reverse order of what comes: rows that point at others first.
  for (std::uint32_t c = count; c-- > 0;) {
    documents[c] = documents_of(c);
    const auto removals = removals_of(c);
    documents[c].insert(documents[c].end(), removals.begin(), removals.end());
    std::sort(documents[c].begin(), documents[c].end());
    if (documents[c].empty()) continue;
    shares[c] = share(c, documents[c]);
    prepare(*shares[c], totals[c]);
  }
  for (std::uint32_t c = 0; c < count; ++c) {
    if (!shares[c]) continue;
    write(*shares[c], totals[c]);
    add(c, totals[c]);
  }
  // Deferred constraints are checked here, where a refusal can still be isolated; not by COMMIT.
  set_constraints_immediate();
}

}  // namespace arango2pg::pg
