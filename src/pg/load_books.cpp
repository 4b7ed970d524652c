#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <tuple>

#include "doc/copy_rows.h"
#include "pg/load_books_internal.h"
#include "pg/sqlstate_internal.h"
#include "pg/text_internal.h"

namespace arango2pg::pg {
namespace {

/// Rows are handed to libpq when this much has gathered.
constexpr std::size_t flush_bytes = 256U << 10U;

/// PostgreSQL allocates at most 1 GiB − 1 for a value, headers included.
constexpr std::size_t largest_bytea = (1U << 30U) - 1024;

/// A binary COPY of our own few columns, row by row.
class BookCopy {
 public:
  BookCopy(CopySession& session, const std::string& table, const char* columns, std::uint16_t n,
           const std::atomic<bool>& stop)
      : copy_(session, "COPY arango2pg." + table + " (" + columns + ") FROM STDIN (FORMAT binary)",
              stop),
        writer_(doc::CopyFormat::binary, n) {
    writer_.attach(rows_);
    copy_.write(doc::RowWriter::header(doc::CopyFormat::binary));
  }
  doc::RowWriter& row() {
    writer_.begin_row();
    return writer_;
  }
  void end_row() {
    writer_.end_row(0);
    if (rows_.bytes.size() >= flush_bytes) flush();
  }
  void finish() {
    flush();
    copy_.write(doc::RowWriter::trailer(doc::CopyFormat::binary));
    copy_.finish();
  }

 private:
  void flush() {
    copy_.write(rows_.bytes);
    rows_ = {};
  }
  CopyIn copy_;
  doc::RowWriter writer_;
  doc::TableRows rows_;
};

void write_revision(doc::RowWriter& row, const std::optional<Rev>& revision) {
  if (revision && revision->value <= std::numeric_limits<std::int64_t>::max())
    row.int8(static_cast<std::int64_t>(revision->value));
  else
    row.null();
}

void write_text(doc::RowWriter& row, const std::string& text) {
  if (text.empty())
    row.null();
  else
    row.text(valid_text(text));
}

/// Identity of a document, or of one that is removed.
doc::DocId identity_in(const doc::RowBatch& batch, std::uint32_t doc) {
  if (doc < batch.docs.size()) return doc::identity_of(batch, doc);
  const std::size_t i = doc - batch.docs.size();
  if (i >= batch.removed.size()) return {};  // all of the collection
  return {batch.removed[i].key, batch.removed[i].revision};
}

std::string seq_text(std::optional<std::int64_t> seq) {
  return seq ? std::to_string(*seq) : "none";
}

}  // namespace

Bookkeeper::Bookkeeper(const LoaderConfig& config, std::span<const doc::RowBatch> batches)
    : config_(config), batches_(batches) {
  for (std::uint32_t b = 0; b < batches.size(); ++b) {
    const doc::RowBatch& batch = batches[b];
    if (batch.collection >= config.collections.size() ||
        batch.tables.size() != config.collections[batch.collection].tables.size() ||
        (config.collections[batch.collection].changes &&
         batch.identities.size() != batch.tables.size()))
      throw Error(Exit::unexpected, "a batch does not fit the loader's collections");
    auto part = std::find_if(parts_.begin(), parts_.end(),
                             [&](const PartWork& p) { return p.id == batch.part; });
    if (part == parts_.end()) {
      parts_.push_back({batch.part, batch.collection, {}, batch.seq, batch.seq, {}, {}, false});
      part = parts_.end() - 1;
    } else if (batch.seq != part->last_seq + 1 || part->last) {
      throw Error(Exit::unexpected, "batch " + std::to_string(batch.seq) + " of part " +
                                        std::to_string(batch.part) + " does not follow batch " +
                                        std::to_string(part->last_seq));
    }
    part->batches.push_back(b);
    part->last_seq = batch.seq;
    part->position = batch.position_after;
    part->last = batch.last;
  }
  // Everybody locks parts in the same order.
  std::sort(parts_.begin(), parts_.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
}

void Bookkeeper::taken_over(PartId part, const std::string& state, const std::string& owner) const {
  throw Error(
      Exit::target,
      "part " + std::to_string(part) + " was taken over by " +
          (state == "running" ? "'" + owner + "'" : "another process (it is " + state + " now)"),
      "This process was too slow or cut off; let the other one go on, or run the same command "
      "again once it has ended.");
}

void Bookkeeper::check_leases(CopySession& session) {
  std::vector<std::string> ids;
  for (const PartWork& p : parts_) ids.push_back(std::to_string(p.id));
  const Rows rows = session.exec(statement("loader/parts.sql"), {array_literal(ids)});
  for (PartWork& p : parts_) {
    std::size_t i = 0;
    while (i < rows.size() && rows.number(i, 0) != p.id) ++i;
    if (i == rows.size())
      throw Error(Exit::target, "part " + std::to_string(p.id) + " is not in the control schema",
                  "Its run was removed meanwhile; start a new one.");
    if (rows.text(i, 1) != "running" || rows.text(i, 2) != config_.worker)
      taken_over(p.id, rows.text(i, 1), rows.text(i, 2));
    p.seq_before.reset();
    if (rows[i][3]) p.seq_before = rows.number(i, 3);
    // A reader that was opened anew counts from 0 again.
    if (p.first_seq != 0 &&
        (!p.seq_before || *p.seq_before + 1 != static_cast<std::int64_t>(p.first_seq)))
      throw Error(Exit::unexpected, "batch " + std::to_string(p.first_seq) + " of part " +
                                        std::to_string(p.id) + " does not follow durable batch " +
                                        seq_text(p.seq_before));
  }
}

void Bookkeeper::collect_rejected(const RowLoader& rows) {
  for (std::uint32_t b = 0; b < batches_.size(); ++b)
    for (const doc::Rejection& r : batches_[b].rejections)
      rejected_.push_back(
          {b, r.doc, batches_[b].part, r.key, r.revision, r.path, r.rule, r.message});
  for (const Refusal& r : rows.refusals()) {
    const doc::RowBatch& batch = batches_[r.at.batch];
    doc::DocId id = identity_in(batch, r.at.doc);
    const bool removal = r.at.doc >= batch.docs.size();
    rejected_.push_back(
        {r.at.batch, r.at.doc, batch.part, std::move(id.key), id.revision, "",
         "pg_" + condition_name(r.sqlstate),
         (removal ? "the document is gone, but its row can't be removed: " : "") + r.message});
    ++(removal ? kept_ : refused_)[r.at.batch];
  }
  std::sort(rejected_.begin(), rejected_.end(), [](const Rejected& a, const Rejected& b) {
    return std::tie(a.batch, a.doc) < std::tie(b.batch, b.doc);
  });
  for (const Rejected& r : rejected_)
    if (batches_[r.batch].quarantined.empty()) ++quarantined_[batches_[r.batch].collection];
}

void Bookkeeper::take_out_retried(CopySession& session) {
  std::vector<std::string> ids;
  for (const doc::RowBatch& batch : batches_)
    for (const std::int64_t id : batch.quarantined) ids.push_back(std::to_string(id));
  if (ids.empty()) return;
  session.exec("DELETE FROM arango2pg.quarantine WHERE id = ANY ($1::bigint[])",
               {array_literal(ids)});
}

void Bookkeeper::write_quarantine(CopySession& session, const std::atomic<bool>& stop) {
  if (rejected_.empty()) return;
  BookCopy copy(session, "quarantine",
                "run_id, part_id, collection, key, revision, rule, path, message, document", 9,
                stop);
  for (const Rejected& r : rejected_) {
    doc::RowWriter& row = copy.row();
    row.int8(config_.run);
    row.int8(r.part);
    row.text(valid_text(config_.collections[batches_[r.batch].collection].name));
    write_text(row, r.key);
    write_revision(row, r.revision);
    row.text(valid_text(r.rule));
    row.text(valid_text(r.path));
    const doc::RowBatch& batch = batches_[r.batch];
    if (r.doc >= batch.docs.size()) {
      row.text(valid_text(r.message));
      row.null();
      copy.end_row();
      continue;
    }
    const std::string_view document = batch.document(r.doc);
    if (document.size() <= largest_bytea) {
      row.text(valid_text(r.message));
      row.bytea(document);
    } else {
      row.text(valid_text(r.message) + " (the document's " + std::to_string(document.size()) +
               " bytes are more than a row can hold)");
      row.null();
    }
    copy.end_row();
  }
  copy.finish();
}

std::uint64_t Bookkeeper::written(const PartWork& part) const {
  std::uint64_t n = 0;
  for (const std::uint32_t b : part.batches) {
    const auto refused = refused_.find(b);
    n += batches_[b].written() - (refused == refused_.end() ? 0 : refused->second);
  }
  return n;
}

std::string Bookkeeper::notes_json(const PartWork& part, const doc::MappingNotes& notes) const {
  std::map<std::string, std::uint64_t> rows;
  for (const std::uint32_t b : part.batches) {
    std::set<std::uint32_t> refused;
    if (refused_.contains(b))
      for (const Rejected& r : rejected_)
        if (r.batch == b) refused.insert(r.doc);
    const auto& tables = config_.collections[part.collection].tables;
    for (std::size_t t = 0; t < tables.size(); ++t) {
      const auto& of = batches_[b].tables[t].row_doc;
      const auto gone =
          std::count_if(of.begin(), of.end(), [&](std::uint32_t d) { return refused.contains(d); });
      if (!of.empty()) rows[tables[t].name.text()] += of.size() - static_cast<std::uint64_t>(gone);
    }
  }
  std::string json = json_of(notes);
  if (rows.empty()) return json;
  std::string list;
  for (const auto& [table, n] : rows)
    list += (list.empty() ? "" : ",") + json_string(table) + ":" + std::to_string(n);
  json.pop_back();
  return json + (json.size() > 1 ? "," : "") + "\"rows\":{" + list + "}}";
}

std::string Bookkeeper::batch_detail(const PartWork& part) const {
  std::string json =
      "{\"batches\":[" + std::to_string(part.first_seq) + "," + std::to_string(part.last_seq) + "]";
  const auto key = [&](const char* name, std::uint32_t b, bool first) {
    const auto& ids = batches_[b].ids;
    if (!ids.empty())
      json +=
          std::string(",\"") + name + "\":" + json_string((first ? ids.front() : ids.back()).key);
  };
  for (const std::uint32_t b : part.batches)
    if (!batches_[b].docs.empty()) {
      key("first_key", b, true);
      break;
    }
  for (auto b = part.batches.rbegin(); b != part.batches.rend(); ++b)
    if (!batches_[*b].docs.empty()) {
      key("last_key", *b, false);
      break;
    }
  return json + "}";
}

void Bookkeeper::write_audit(CopySession& session, const RowLoader& rows,
                             const std::atomic<bool>& stop) {
  const auto level = [&](std::uint32_t batch) {
    return config_.collections[batches_[batch].collection].audit;
  };
  std::optional<BookCopy> copy;
  const auto entry = [&](const std::string& collection, PartId part, const std::string& key,
                         const char* action, const std::optional<Rev>& revision,
                         std::uint64_t documents, const std::string& detail) {
    if (!copy)
      copy.emplace(session, "audit_log",
                   "run_id, part_id, collection, key, action, new_revision, documents, detail", 8,
                   stop);
    doc::RowWriter& row = copy->row();
    row.int8(config_.run);
    row.int8(part);
    row.text(valid_text(collection));
    write_text(row, key);
    row.text(action);
    write_revision(row, revision);
    row.int8(static_cast<std::int64_t>(documents));
    if (detail.empty())
      row.null();
    else
      row.jsonb(detail);
    copy->end_row();
  };
  for (const PartWork& p : parts_) {
    const LoadCollection& collection = config_.collections[p.collection];
    if (collection.changes) {
      const std::uint64_t gone = rows.emptied(p.collection);
      if (gone > 0 && collection.audit != Audit::off)
        entry(collection.name, p.id, "", "delete", std::nullopt, gone, "{\"truncated\":true}");
      continue;
    }
    if (collection.audit == Audit::batch && written(p) > 0)
      entry(collection.name, p.id, "", "load", std::nullopt, written(p), batch_detail(p));
    if (collection.audit != Audit::document) continue;
    for (const std::uint32_t b : p.batches) {
      const doc::RowBatch& batch = batches_[b];
      if (batch.ids.size() != batch.docs.size())
        throw Error(Exit::unexpected, "document-level audit needs the identity of each document");
      // A document with rows was written, unless PostgreSQL refused it.
      std::vector<bool> has_rows(batch.docs.size());
      for (const doc::TableRows& table : batch.tables)
        for (const std::uint32_t d : table.row_doc) has_rows[d] = true;
      for (const Rejected& r : rejected_)
        if (r.batch == b) has_rows[r.doc] = false;
      for (std::size_t d = 0; d < batch.docs.size(); ++d)
        if (has_rows[d])
          entry(collection.name, p.id, batch.ids[d].key, "load", batch.ids[d].revision, 1, "");
    }
  }
  for (const Rejected& r : rejected_)
    if (level(r.batch) != Audit::off &&
        batches_[r.batch].quarantined.empty())  // else logged before
      entry(config_.collections[batches_[r.batch].collection].name, r.part, r.key, "reject",
            r.revision, 1, "{\"rule\":" + json_string(r.rule) + "}");
  if (copy) copy->finish();
}

void Bookkeeper::write_checkpoint(CopySession& session, const PartWork& part, const RowLoader& rows,
                                  const std::string& token) {
  Counters counters;
  std::uint64_t documents = 0, retried = 0;
  doc::MappingNotes notes;
  for (const std::uint32_t b : part.batches) {
    const doc::RowBatch& batch = batches_[b];
    documents += batch.docs.size();
    retried += batch.quarantined.size();
    counters.filtered += batch.filtered;
    if (!batch.quarantined.empty()) continue;  // noted and counted when they were read
    counters.read += batch.docs.size();
    for (const doc::DocRef& d : batch.docs) counters.bytes += d.size;
    notes.merge(batch.notes);
  }
  counters.written = written(part);
  // What left the quarantine counts against what came in: a difference, maybe below zero.
  auto quarantined = static_cast<std::int64_t>(documents - counters.filtered - counters.written) -
                     static_cast<std::int64_t>(retried);
  for (const std::uint32_t batch : part.batches) {
    const auto kept = kept_.find(batch);
    if (kept == kept_.end()) continue;
    counters.read += kept->second;  // a removal that must be looked at, like a document
    quarantined += static_cast<std::int64_t>(kept->second);
  }
  // The merge counts per collection; its first part here takes the number.
  const auto first = std::find_if(parts_.begin(), parts_.end(), [&](const PartWork& p) {
    return p.collection == part.collection;
  });
  if (first->id == part.id) {
    counters.updated = rows.updated(part.collection);
    counters.deleted = rows.emptied(part.collection);
  }
  if (const auto changed = changed_.find(part.id); changed != changed_.end()) {
    counters.updated += changed->second.updated;
    counters.deleted += changed->second.deleted;
  }
  const std::optional<std::string> seq_before =
      part.seq_before ? std::optional(std::to_string(*part.seq_before)) : std::nullopt;
  const Rows moved =
      session.exec(statement("loader/checkpoint.sql"),
                   {std::to_string(part.id), config_.worker, seq_before, part.position,
                    std::to_string(part.last_seq), token, std::to_string(counters.read),
                    std::to_string(counters.written), std::to_string(counters.updated),
                    std::to_string(counters.filtered), std::to_string(quarantined),
                    std::to_string(counters.bytes), notes_json(part, notes), part.last ? "t" : "f",
                    std::to_string(counters.deleted)});
  if (moved.affected == 1) return;
  const Rows now =
      session.exec(statement("loader/parts.sql"), {array_literal({std::to_string(part.id)})});
  taken_over(part.id, now.empty() ? "gone" : now.text(0, 1), now.empty() ? "" : now.text(0, 2));
}

void Bookkeeper::write(CopySession& session, const RowLoader& rows, const std::string& token,
                       const std::atomic<bool>& stop, const SyncState* sync) {
  rejected_.clear();
  refused_.clear();
  kept_.clear();
  quarantined_.clear();
  changed_.clear();
  total_changed_ = 0;
  collect_rejected(rows);
  take_out_retried(session);
  settle_quarantine(session);
  write_quarantine(session, stop);
  log_changes(session);
  write_audit(session, rows, stop);
  for (std::uint32_t c = 0; c < config_.collections.size(); ++c) total_changed_ += rows.emptied(c);
  for (const PartWork& p : parts_) write_checkpoint(session, p, rows, token);
  if (sync != nullptr) write_sync(session, *sync);
}

}  // namespace arango2pg::pg
