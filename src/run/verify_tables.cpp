#include "run/verify_tables.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/log.h"
#include "base/text.h"
#include "pg/catalog.h"

namespace arango2pg::run {
namespace {

constexpr const char* deleted_column = "deleted_at";

bool marks_deleted(const doc::Column* column) {
  return column != nullptr && !column->type.array &&
         (column->type.kind == doc::TypeKind::timestamptz ||
          column->type.kind == doc::TypeKind::timestamp ||
          column->type.kind == doc::TypeKind::date);
}

/// Collects the tables of a plan.
class TableCollector {
 public:
  explicit TableCollector(VerifyPlan& plan) : plan_(plan) {}

  void run() {
    for (std::uint32_t c = 0; c < plan_.run.plans.size(); ++c) {
      plan_.rows.emplace_back();
      for (const auto& target : plan_.run.plans[c]->tables()) add(c, target);
    }
    for (std::size_t t = 0; t < plan_.tables.size(); ++t) finish(t);
    for (std::uint32_t c = 0; c < plan_.run.plans.size(); ++c) place(c);
  }

 private:
  /// What all targets of one table say.
  struct Facts {
    const mapping::TargetTable* first = nullptr;
    std::uint32_t collection = 0;
    std::map<std::string, unsigned> filled;  ///< column → by how many targets
    unsigned targets = 0;
    std::set<std::string> run_columns;
  };

  void add(std::uint32_t collection, const mapping::TargetTable& target) {
    if (target.is_audit) return;
    const auto [at, is_new] = number_.emplace(target.table.name, plan_.tables.size());
    if (is_new) {
      plan_.tables.emplace_back();
      facts_.emplace_back();
      plan_.tables.back().read.name = target.table.name;
      facts_.back().first = &target;
      facts_.back().collection = collection;
    }
    VerifiedTable& table = plan_.tables[at->second];
    Facts& facts = facts_[at->second];
    ++facts.targets;
    for (const std::string& column : target.columns) {
      if (facts.filled[column]++ == 0) {
        table.read.columns.push_back(column);
        table.read.types.push_back(target.table.column(column)->type);
      }
    }
    facts.run_columns.insert(target.run_columns.begin(), target.run_columns.end());
    if (!contains(table.collections, collection)) table.collections.push_back(collection);
    if (target.key.size() != facts.first->key.size() ||
        !std::is_permutation(target.key.begin(), target.key.end(), facts.first->key.begin()))
      throw Error(
          Exit::usage,
          fmt::format("the mappings of table '{}' name different keys", target.table.name.text()),
          "Rows can only be compared by one key: give these mappings the same `key`.");
  }

  void finish(std::size_t number) {
    VerifiedTable& table = plan_.tables[number];
    const Facts& facts = facts_[number];
    const mapping::TargetTable& target = *facts.first;
    table.key = target.key;
    table.key_column = target.key_column;
    table.on_delete = target.on_delete;
    table.keep_before = target.keep_before;
    table.compared.types = table.read.types;
    table.compared.number = number;
    for (const std::string& column : table.read.columns) {
      // Where one of several mappings says nothing and the column has a default, nobody can tell
      // what stands in a row.
      const bool unsure =
          facts.filled.at(column) < facts.targets && target.table.column(column)->has_default;
      const bool skip = unsure || facts.run_columns.contains(column);
      table.compared.compared.push_back(!skip);
      if (skip) table.left_out.push_back(column);
    }
    for (const std::string& key : table.key) {
      table.compared.key.push_back(table.column(key));
      if (contains(table.left_out, key))
        throw Error(Exit::usage,
                    fmt::format("key column '{}' of table '{}' depends on the run that wrote it",
                                key, table.read.name.text()),
                    "Such rows can't be found again; use a key that follows from the document.");
    }
    if (target.on_delete == mapping::OnDelete::soft &&
        !contains(table.read.columns, deleted_column) &&
        marks_deleted(target.table.column(deleted_column)))
      table.read.deleted = deleted_column;
    for (const auto& type : table.read.types)
      table.printed = table.printed || type.kind == doc::TypeKind::other;
    if (target.parent < 0) return;
    const auto& parent =
        plan_.run.plans[facts.collection]->tables()[static_cast<std::size_t>(target.parent)];
    table.parent = static_cast<int>(number_.at(parent.table.name));
    table.parent_key = target.parent_key;
  }

  void place(std::uint32_t collection) {
    for (const auto& target : plan_.run.plans[collection]->tables()) {
      VerifiedRows& rows = plan_.rows[collection].emplace_back();
      rows.width = target.columns.size();
      const auto at = number_.find(target.table.name);
      if (target.is_audit || at == number_.end()) continue;
      rows.table = static_cast<int>(at->second);
      rows.root = target.parent < 0;
      for (const std::string& column : plan_.tables[at->second].read.columns) {
        const auto own = std::find(target.columns.begin(), target.columns.end(), column);
        rows.columns.push_back(
            own == target.columns.end() ? -1 : static_cast<int>(own - target.columns.begin()));
      }
    }
  }

  VerifyPlan& plan_;
  std::map<TableName, std::size_t> number_;
  std::vector<Facts> facts_;
};

/// Names of all collections that fill a table which one of `chosen` fills too.
std::vector<std::string> with_sharers(const MigrateOptions& options, doc::Source& source,
                                      pg::Connection& target) {
  MigrateOptions all = options;
  all.collections.clear();
  RunPlan plan;
  try {
    plan = make_plan(all, source, &target);
  } catch (const Error& e) {
    spdlog::debug("the mappings of other collections can't be looked at: {}", e.what());
    return options.collections;
  }
  std::vector<std::string> chosen = options.collections;
  std::set<TableName> tables;
  for (bool grows = true; grows;) {
    grows = false;
    for (std::size_t c = 0; c < plan.plans.size(); ++c) {
      const auto& targets = plan.plans[c]->tables();
      const bool is_chosen = contains(chosen, plan.collections[c].name);
      const bool shares = std::any_of(targets.begin(), targets.end(), [&](const auto& t) {
        return !t.is_audit && tables.contains(t.table.name);
      });
      if (!is_chosen && !shares) continue;
      if (!is_chosen) chosen.push_back(plan.collections[c].name);
      for (const auto& t : targets)
        if (!t.is_audit) grows = tables.insert(t.table.name).second || grows;
      grows = grows || !is_chosen;
    }
  }
  return chosen;
}

}  // namespace

std::size_t VerifiedTable::column(const std::string& name) const {
  return static_cast<std::size_t>(std::find(read.columns.begin(), read.columns.end(), name) -
                                  read.columns.begin());
}

std::vector<doc::Field> VerifiedTable::pick(const std::vector<doc::Field>& row,
                                            const std::vector<std::string>& columns) const {
  std::vector<doc::Field> out;
  for (const std::string& name : columns) out.push_back(row[column(name)]);
  return out;
}

void VerifyPlan::arrange(const VerifiedRows& rows, const std::vector<doc::Field>& own,
                         std::vector<doc::Field>& out) {
  out.clear();
  for (const int c : rows.columns)
    out.push_back(c < 0 ? std::nullopt : own[static_cast<std::size_t>(c)]);
}

VerifyPlan make_verify_plan(MigrateOptions options, doc::Source& source, pg::Connection& target,
                            std::vector<std::string>& added) {
  options.compare = true;
  if (!options.collections.empty() && !options.mapping.empty()) {
    const auto chosen = options.collections;
    options.collections = with_sharers(options, source, target);
    for (const std::string& name : options.collections)
      if (!contains(chosen, name)) added.push_back(name);
  }
  VerifyPlan plan;
  plan.run = make_plan(options, source, &target);
  TableCollector(plan).run();
  for (const VerifiedTable& table : plan.tables) {
    pg::check_readable(target, table.read.name);
    if (!table.left_out.empty())
      spdlog::info("not compared in table '{}', because it depends on the run or on a default: {}",
                   table.read.name.text(), fmt::join(table.left_out, ", "));
  }
  return plan;
}

}  // namespace arango2pg::run
