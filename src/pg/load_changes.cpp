// The books of collections with changes: what happened to which document, and what it settles.
#include <algorithm>

#include "pg/load_books_internal.h"
#include "pg/text_internal.h"

namespace arango2pg::pg {
namespace {

/// Numbers and names of collections for a pair of array parameters.
struct Names {
  std::vector<std::string> numbers, names;
  void add(std::size_t number, const std::string& name) {
    numbers.push_back(std::to_string(number));
    names.push_back(valid_text(name));
  }
  [[nodiscard]] bool empty() const { return names.empty(); }
};

}  // namespace

bool Bookkeeper::with_changes(std::uint32_t batch) const {
  return config_.collections[batches_[batch].collection].changes;
}

void Bookkeeper::settle_quarantine(CopySession& session) {
  Names changing;
  for (std::size_t c = 0; c < config_.collections.size(); ++c)
    if (config_.collections[c].changes) changing.add(c, config_.collections[c].name);
  if (changing.empty()) return;
  std::map<std::string, std::vector<std::string>> again;
  for (std::uint32_t b = 0; b < batches_.size(); ++b)
    if (with_changes(b) && batches_[b].emptied)
      session.exec(statement("loader/settle_emptied.sql"),
                   {valid_text(config_.collections[batches_[b].collection].name)});
  session.exec(statement("loader/settle_quarantine.sql"),
               {array_literal(changing.numbers), array_literal(changing.names)});
  for (const Rejected& r : rejected_)
    if (with_changes(r.batch) && !r.key.empty())
      again[config_.collections[batches_[r.batch].collection].name].push_back(valid_text(r.key));
  for (const auto& [collection, keys] : again)
    session.exec(statement("loader/settle_rejected.sql"),
                 {valid_text(collection), array_literal(keys)});
}

void Bookkeeper::log_changes(CopySession& session) {
  Names audited;
  bool any = false;
  for (std::size_t c = 0; c < config_.collections.size(); ++c) {
    const LoadCollection& collection = config_.collections[c];
    any = any || collection.changes;
    if (collection.changes && collection.audit != Audit::off) audited.add(c, collection.name);
  }
  if (!any) return;
  const Rows rows = session.exec(
      statement("loader/log_changes.sql"),
      {std::to_string(config_.run), array_literal(audited.numbers), array_literal(audited.names)});
  const auto at = [&](std::size_t row, std::size_t column) {
    return static_cast<std::uint64_t>(rows.number(row, column));
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    // Rows that no document is left of belong to the collection, not to a part.
    const auto part = std::find_if(parts_.begin(), parts_.end(), [&](const PartWork& p) {
      return rows[i][0] ? p.id == rows.number(i, 0) : p.collection == at(i, 4);
    });
    if (part == parts_.end()) continue;
    changed_[part->id].updated += at(i, 1);
    changed_[part->id].deleted += at(i, 2);
    total_changed_ += at(i, 1) + at(i, 2) + at(i, 3);
  }
}

std::vector<Param> sync_parameters(RunId run, const SyncState& sync) {
  std::vector<std::string> collections, ticks, source_ticks;
  for (const SyncPoint& p : sync.points) {
    collections.push_back(valid_text(p.collection));
    ticks.push_back(p.tick);
    source_ticks.push_back(p.source_tick);
  }
  return {sync.source_identity,
          sync.strategy,
          std::to_string(run),
          array_literal(collections),
          array_literal(ticks),
          array_literal(source_ticks),
          sync.caught_up_at.empty() ? Param() : Param(sync.caught_up_at)};
}

void Bookkeeper::write_sync(CopySession& session, const SyncState& sync) const {
  session.exec(statement("loader/sync_state.sql"), sync_parameters(config_.run, sync));
}

}  // namespace arango2pg::pg
