#include "run/plan_run.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <set>

#include "pg/catalog.h"

namespace arango2pg::run {
namespace {

bool wanted(const MigrateOptions& options, const std::string& name) {
  return options.collections.empty() ||
         std::find(options.collections.begin(), options.collections.end(), name) !=
             options.collections.end();
}

std::vector<std::string> names_of(const std::vector<doc::CollectionInfo>& collections) {
  std::vector<std::string> names;
  for (const auto& c : collections)
    if (!c.system) names.push_back(c.name);
  return names;
}

const doc::CollectionInfo* find(const std::vector<doc::CollectionInfo>& collections,
                                const std::string& name) {
  for (const auto& c : collections)
    if (c.name == name) return &c;
  return nullptr;
}

void refuse_unknown_names(const MigrateOptions& options,
                          const std::vector<doc::CollectionInfo>& there,
                          const doc::SourceInfo& info) {
  const auto names = names_of(there);
  for (const auto& name : options.collections)
    if (find(there, name) == nullptr)
      throw Error(Exit::source,
                  fmt::format("collection '{}' does not exist in {}{}", name, info.description,
                              suggestion(name, names)),
                  "Check --collection; names are case-sensitive.");
}

/// Collections as the mapping files name them, in the source's order.
std::map<std::string, std::vector<mapping::Spec>> mapped(
    const MigrateOptions& options, const std::vector<doc::CollectionInfo>& there,
    const doc::SourceInfo& info) {
  std::map<std::string, std::vector<mapping::Spec>> by_collection;
  const auto names = names_of(there);
  for (auto& spec : mapping::load(options.mapping)) {
    if (!wanted(options, spec.from)) continue;
    if (find(there, spec.from) == nullptr) {
      if (spec.optional || info.kind == partial_source) continue;
      throw Error(Exit::source,
                  fmt::format("collection '{}' of mapping '{}' does not exist in {}{}", spec.from,
                              spec.file, info.description, suggestion(spec.from, names)),
                  "Correct `from`, or write `optional: true` if the collection may be absent.");
    }
    by_collection[spec.from].push_back(std::move(spec));
  }
  for (const auto& name : options.collections)
    if (!by_collection.contains(name))
      throw Error(Exit::usage,
                  fmt::format("no mapping in '{}' reads collection '{}'", options.mapping, name),
                  "Add a mapping with `from: " + name + "`, or leave --collection out.");
  return by_collection;
}

std::map<std::string, std::vector<mapping::Spec>> automatic(
    const MigrateOptions& options, const std::vector<doc::CollectionInfo>& there) {
  std::vector<doc::CollectionInfo> chosen;
  for (const auto& c : there)
    if ((!c.system || options.source.include_system || !options.collections.empty()) &&
        wanted(options, c.name))
      chosen.push_back(c);
  std::map<std::string, std::vector<mapping::Spec>> by_collection;
  for (auto& spec : mapping::automatic(chosen, options.target.schema))
    by_collection[spec.from].push_back(std::move(spec));
  return by_collection;
}

mapping::CompileOptions compile_options(const MigrateOptions& options) {
  mapping::CompileOptions compile;
  compile.target_schema = options.target.schema;
  compile.follow = options.changes;
  if (options.copy_format == "text") compile.format = doc::CopyFormat::text;
  if (options.copy_format == "binary") compile.format = doc::CopyFormat::binary;
  compile.compare = options.compare;
  compile.jsonb_order = options.jsonb_order;
  return compile;
}

}  // namespace

RunPlan make_plan(const MigrateOptions& options, doc::Source& source, pg::Connection* target) {
  const auto there = source.collections();
  const auto& info = source.info();
  refuse_unknown_names(options, there, info);
  const auto specs =
      options.mapping.empty() ? automatic(options, there) : mapped(options, there, info);
  if (specs.empty())
    throw Error(
        Exit::source,
        "there is nothing to migrate: no collection of " + info.description + " is chosen",
        "Check the database name in --source; system collections are left out unless asked for.");
  mapping::TableLookup lookup;
  if (target != nullptr)
    lookup = [target](const TableName& name) { return pg::read_table(*target, name); };
  RunPlan plan;
  for (const auto& collection : there) {
    const auto it = specs.find(collection.name);
    if (it == specs.end()) {
      if (!collection.system && wanted(options, collection.name))
        plan.unmapped.push_back(collection.name);
      continue;
    }
    plan.index[collection.name] = static_cast<std::uint32_t>(plan.collections.size());
    plan.collections.push_back(collection);
    plan.plans.push_back(
        mapping::CollectionPlan::compile(collection, it->second, lookup, compile_options(options)));
  }
  return plan;
}

std::vector<std::pair<std::string, std::string>> RunPlan::description() const {
  std::vector<std::pair<std::string, std::string>> out;
  for (std::size_t i = 0; i < plans.size(); ++i)
    for (const auto& [what, value] : plans[i]->description())
      out.emplace_back("collection " + collections[i].name + ": " + what, value);
  return out;
}

std::vector<std::vector<std::uint32_t>> waves_of(
    const std::vector<std::set<std::uint32_t>>& waits_for) {
  std::vector<std::vector<std::uint32_t>> waves;
  std::set<std::uint32_t> placed;
  const auto below = [&](std::uint32_t from) {
    std::set<std::uint32_t> seen;
    std::vector<std::uint32_t> todo{from};
    while (!todo.empty()) {
      const std::uint32_t at = todo.back();
      todo.pop_back();
      for (const std::uint32_t next : waits_for[at])
        if (!placed.contains(next) && seen.insert(next).second) todo.push_back(next);
    }
    return seen;
  };
  while (placed.size() < waits_for.size()) {
    std::vector<std::uint32_t> wave;
    for (std::uint32_t i = 0; i < waits_for.size(); ++i) {
      if (placed.contains(i)) continue;
      const auto needed = below(i);
      // Nothing but itself, or a circle that waits for nothing outside.
      if (std::all_of(needed.begin(), needed.end(),
                      [&](std::uint32_t n) { return n == i || below(n).contains(i); }))
        wave.push_back(i);
    }
    placed.insert(wave.begin(), wave.end());
    waves.push_back(std::move(wave));
  }
  return waves;
}

std::vector<std::vector<std::uint32_t>> RunPlan::waves() const {
  std::map<TableName, std::set<std::uint32_t>> writers;
  for (std::uint32_t i = 0; i < plans.size(); ++i)
    for (const auto& table : plans[i]->tables()) writers[table.table.name].insert(i);
  std::vector<std::set<std::uint32_t>> waits_for(plans.size());
  for (std::uint32_t i = 0; i < plans.size(); ++i)
    for (const auto& table : plans[i]->tables())
      for (const auto& referenced : table.table.references)
        if (const auto it = writers.find(referenced); it != writers.end())
          for (const std::uint32_t writer : it->second)
            if (writer != i) waits_for[i].insert(writer);
  return waves_of(waits_for);
}

std::vector<const mapping::TargetTable*> RunPlan::tables() const {
  std::vector<const mapping::TargetTable*> all;
  std::set<TableName> seen;
  for (const auto& plan : plans)
    for (const auto& table : plan->tables())
      if (seen.insert(table.table.name).second) all.push_back(&table);
  return all;
}

std::vector<std::string> plan_differences(
    const std::vector<std::pair<std::string, std::string>>& before,
    const std::vector<std::pair<std::string, std::string>>& now) {
  const std::map<std::string, std::string> old_plan(before.begin(), before.end()),
      new_plan(now.begin(), now.end());
  std::vector<std::string> lines;
  const auto shown = [](const std::string& value) {
    return value.size() > 60 ? value.substr(0, 57) + "..." : value;
  };
  for (const auto& [what, value] : new_plan) {
    const auto it = old_plan.find(what);
    if (it == old_plan.end())
      lines.push_back(fmt::format("{}: new ({})", what, shown(value)));
    else if (it->second != value)
      lines.push_back(fmt::format("{}: was {}, is {}", what, shown(it->second), shown(value)));
  }
  for (const auto& [what, value] : old_plan)
    if (!new_plan.contains(what))
      lines.push_back(fmt::format("{}: gone (was {})", what, shown(value)));
  return lines;
}

}  // namespace arango2pg::run
