/// \file
/// Private to mapping/. The compiled plan.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mapping/plan.h"
#include "mapping/rules_internal.h"
#include "mapping/slots.h"
#include "mapping/unmapped.h"

namespace arango2pg::mapping {

/// A column in COPY order.
struct PlanColumn {
  std::string name;
  std::string label;  ///< "table.column", for messages and counters
  Source source;
  doc::ColumnType type;
  bool not_null = false;
  bool required = false;
  doc::StringPolicy policy;
  std::vector<std::size_t> not_before;  ///< columns this one must not lie before
  std::size_t counter = 0;              ///< of defaults and constants used
};

/// What fills one target table from one kind of frame.
struct PlanTable {
  std::size_t target = 0;  ///< index into CollectionPlan::tables()
  std::vector<PlanColumn> columns;
  std::vector<std::size_t> order;  ///< of evaluation
  std::vector<Condition> where;
  std::vector<CheckRule> checks;
  SlotPath each;    ///< children: the array in the parent's frame
  SlotTable slots;  ///< children: of their own frame
  std::vector<PlanTable> children;
  std::vector<PlanColumn> identity;  ///< root tables of a plan that follows: see TargetTable
};

/// One mapping file.
struct PlanSpec {
  PlanTable root;
  std::optional<PlanTable> audit;
  Unmapped unmapped = Unmapped::warn;
  Taken taken;
};

struct Plan final : CollectionPlan {
  std::string name;
  std::vector<TargetTable> targets;
  AuditLevel audit_level = AuditLevel::batch;
  std::vector<std::pair<std::string, std::string>> texts;
  std::vector<PlanSpec> specs;
  SlotTable slots;  ///< of documents
  std::vector<std::string> counters;
  bool jsonb_order = true;
  bool needs_revision = false;  ///< a column holds the revision
  bool follow = false;          ///< see CompileOptions

  [[nodiscard]] const std::string& collection() const override { return name; }
  [[nodiscard]] const std::vector<TargetTable>& tables() const override { return targets; }
  [[nodiscard]] AuditLevel audit() const override { return audit_level; }
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> description() const override {
    return texts;
  }
  [[nodiscard]] std::vector<ColumnUse> uses() const override;
  using CollectionPlan::apply;
  [[nodiscard]] doc::RowBatch apply(doc::DocBatch batch, Scratch& scratch,
                                    DocumentWatcher* watcher) const override;

  /// What several mappings of one document take together; `mask` has bit i for specs[i].
  [[nodiscard]] const Taken& taken_by(std::uint64_t mask) const;
  /// Merges the names of a batch into its notes. Over all threads, at most `max_unmapped` names are
  /// told apart; the others are counted together.
  void note_unmapped(const UnmappedNames& names, doc::MappingNotes& notes) const;

 private:
  mutable std::mutex mutex_;
  mutable std::map<std::uint64_t, Taken> unions_;
  mutable std::set<std::string, std::less<>> known_;
};

constexpr std::size_t max_unmapped = 1000;

}  // namespace arango2pg::mapping
