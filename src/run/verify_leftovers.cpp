// DifferenceFinder: rows of the target that no document answers for.
#include <algorithm>

#include "run/verify_find.h"

namespace arango2pg::run {
void DifferenceFinder::collect_leftovers() {
  for (std::size_t i = 0; i < candidates_.size();) {
    std::size_t end = i;
    std::uint64_t answered = 0;
    while (end < candidates_.size() && candidates_[end].key == candidates_[i].key)
      answered += candidates_[end++].settled ? 1U : 0U;
    for (; i < end; ++i)
      if (!candidates_[i].settled)
        leftovers_.push_back({candidates_[i].table, std::move(candidates_[i].packed),
                              candidates_[i].key, candidates_[i].row, answered});
  }
  candidates_ = {};
}

void DifferenceFinder::judge_leftovers(const std::stop_token& stop) {
  if (live() && !leftovers_.empty()) {
    if (again_.empty()) settle(stop);
    drop_gone();
    hunt(stop);
  }
  // Parents before children: a child row may belong to a row that is extra itself.
  for (std::size_t t = 0; t < plan_.tables.size(); ++t) {
    std::vector<Leftover*> rows;
    for (Leftover& l : leftovers_)
      if (l.table == t) rows.push_back(&l);
    for (std::size_t at = 0; at < rows.size(); at += rows_at_once) {
      if (stop.stop_requested()) return;
      judge_rows(t, {rows.begin() + static_cast<std::ptrdiff_t>(at),
                     rows.begin() +
                         static_cast<std::ptrdiff_t>(std::min(rows.size(), at + rows_at_once))});
    }
  }
}

/// Leaves out the rows that have gone since.
void DifferenceFinder::drop_gone() {
  std::set<doc::Digest> there;
  doc::RowDigester digester(config_.scan.seed);
  std::map<std::size_t, std::vector<std::vector<doc::Field>>> keys;
  const auto ask = [&](std::size_t t) {
    checker_.reader().find(plan_.tables[t].read, plan_.tables[t].key, keys[t], false,
                           [&](const std::vector<doc::Field>& row) {
                             there.insert(digester.digest(plan_.tables[t].compared, row).key);
                           });
    keys[t].clear();
  };
  for (const Leftover& l : leftovers_) {
    keys[l.table].push_back(unpack_fields(l.packed));
    if (keys[l.table].size() == rows_at_once) ask(l.table);
  }
  for (auto& [t, some] : keys) ask(t);
  std::erase_if(leftovers_, [&](const Leftover& l) { return !there.contains(l.key); });
}

/// Are they still there, and meant to be gone?
void DifferenceFinder::judge_rows(std::size_t t, const std::vector<Leftover*>& rows) {
  const VerifiedTable& table = plan_.tables[t];
  std::vector<std::vector<doc::Field>> keys;
  for (const Leftover* l : rows) keys.push_back(unpack_fields(l->packed));
  struct Now {
    std::string packed;
    bool deleted;
    doc::Digest row;
  };
  std::map<doc::Digest, std::vector<Now>> now;
  doc::RowDigester digester(config_.scan.seed);
  const std::size_t mark = table.column("deleted_at");
  const bool mark_is_mapped =
      table.on_delete == mapping::OnDelete::soft && mark < table.read.columns.size();
  checker_.reader().find(
      table.read, table.key, keys, true, [&](const std::vector<doc::Field>& found) {
        std::vector<doc::Field> fields(found.begin(), found.end() - 1);
        const bool deleted = found.back() == doc::Field(std::string_view("\1", 1)) ||
                             (mark_is_mapped && fields[mark]);
        const auto digest = digester.digest(table.compared, fields);
        now[digest.key].push_back({pack_fields(fields), deleted, digest.row});
      });
  for (const Leftover* l : rows) {
    auto& there = now[l->key];
    std::erase_if(there, [](const Now& n) { return n.deleted; });
    if (there.size() <= l->answered) continue;
    // The one that was seen, if it is still as it was.
    auto at =
        std::find_if(there.begin(), there.end(), [&](const Now& n) { return n.row == l->row; });
    if (at == there.end()) at = there.begin();
    const std::string packed = std::move(at->packed);
    there.erase(at);
    const auto fields = unpack_fields(packed);
    if (table.parent >= 0)
      extra_child(t, *l, fields);
    else
      extra_row(t, *l, fields);
  }
}

std::string DifferenceFinder::document_key(const VerifiedTable& table,
                                           const std::vector<doc::Field>& row) const {
  if (table.key_column.empty()) return {};
  const doc::Field& key = row[table.column(table.key_column)];
  return key ? std::string(*key) : std::string();
}

void DifferenceFinder::extra_row(std::size_t t, const Leftover& row,
                                 const std::vector<doc::Field>& fields) {
  const VerifiedTable& table = plan_.tables[t];
  if (table.on_delete == mapping::OnDelete::keep && row.answered == 0) {
    ++tables_[t].kept;
    kept_roots_.insert(row.key);
    return;
  }
  ++tables_[t].extra;
  ++collections_[table.collections.front()].extra;
  if (row.answered == 0) {
    extra_roots_.insert(row.key);
    extra_rows_[t].push_back(row.packed);
  }
  pg::Difference d;
  d.collection = plan_.run.collections[table.collections.front()].name;
  d.key = document_key(table, fields);
  d.table = table.read.name.text();
  d.row = DocumentChecker::row_text(table, unpack_fields(row.packed));
  d.kind = "extra";
  d.what = row.answered > 0 ? "a further row with this key" : "no document has this row";
  report_(d);
}

/// A child row without an element. It belongs to a document (which then differs), or to a row that
/// is extra, kept or deleted itself, or to nothing.
void DifferenceFinder::extra_child(std::size_t t, const Leftover& row,
                                   const std::vector<doc::Field>& fields) {
  const VerifiedTable& table = plan_.tables[t];
  std::size_t at = t;
  std::vector<doc::Field> here = fields;
  std::string packed;
  bool orphan = false;
  while (plan_.tables[at].parent >= 0 && !orphan) {
    const VerifiedTable& child = plan_.tables[at];
    const auto parent = static_cast<std::size_t>(child.parent);
    bool found = false, deleted = false;
    if (!child.parent_key.empty())
      checker_.reader().find(plan_.tables[parent].read, plan_.tables[parent].key,
                             {child.pick(here, child.parent_key)}, true,
                             [&](const std::vector<doc::Field>& up) {
                               found = true;
                               deleted = up.back() == doc::Field(std::string_view("\1", 1));
                               packed = pack_fields({up.begin(), up.end() - 1});
                             });
    if (deleted) return;
    orphan = !found;
    if (found) here = unpack_fields(packed);
    at = parent;
  }
  const VerifiedTable& root = plan_.tables[at];
  const std::uint32_t collection = table.collections.front();
  doc::Digest root_key;
  if (!orphan) root_key = doc::RowDigester(config_.scan.seed).digest(root.compared, here).key;
  if (!orphan && kept_roots_.contains(root_key)) {
    ++tables_[t].kept;
    return;
  }
  ++tables_[t].extra;
  if (row.answered == 0) extra_rows_[t].push_back(row.packed);
  if (!orphan && extra_roots_.contains(root_key)) return;  // told with the row it belongs to
  if (orphan)
    ++collections_[collection].extra;
  else if (differing_roots_.insert(root_key).second)
    ++collections_[collection].different;
  pg::Difference d;
  d.collection = plan_.run.collections[collection].name;
  d.key = orphan ? std::string() : document_key(root, here);
  d.table = table.read.name.text();
  d.row = DocumentChecker::row_text(table, unpack_fields(row.packed));
  d.kind = "extra";
  d.what = row.answered > 0 ? "a further row with this key"
           : orphan         ? "no document has this row"
                            : "the document has no such element";
  report_(d);
}

/// On a live source a document may have come after its part was read. Whoever has one of the rows
/// that are left over is looked at; the row is no leftover then.
void DifferenceFinder::hunt(const std::stop_token& stop) {
  if (leftovers_.empty()) return;
  std::set<doc::Digest> wanted, found;
  for (const Leftover& l : leftovers_) wanted.insert(l.key);
  VerifyScanConfig config = config_.scan;
  config.keep_rows = true;
  ScanHandlers handlers;
  handlers.source = [&](DigestedBatch&& batch) {
    std::set<std::uint32_t> docs;
    for (std::size_t t = 0; t < batch.digests.size(); ++t)
      for (std::size_t r = 0; r < batch.digests[t].size(); ++r)
        if (wanted.contains(batch.digests[t][r].key)) {
          found.insert(batch.digests[t][r].key);
          docs.insert(batch.rows.tables[t].row_doc[r]);
        }
    if (docs.empty()) return;
    for (const Verdict& verdict : checker_.check(batch, {docs.begin(), docs.end()}))
      if (verdict.kind != Verdict::Kind::equal) conclude(batch.rows.collection, verdict);
  };
  scan(config, plan_, source_, source_work(), handlers, stop);
  std::erase_if(leftovers_,
                [&](const Leftover& l) { return l.answered == 0 && found.contains(l.key); });
}

}  // namespace arango2pg::run
