#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "mapping/compile_internal.h"
#include "mapping/types.h"

namespace arango2pg::mapping {
namespace {

doc::Column derive_column(const Spec& spec, const TableRules& rules, const ColumnRule& rule,
                          const doc::Table* parent, bool strict) {
  doc::Column out;
  out.name = rule.name;
  const doc::Column* inherited = parent != nullptr && rule.source.word == Word::parent
                                     ? parent->column(rule.source.text)
                                     : nullptr;
  if (rule.type.empty() && inherited != nullptr && rule.source.then.empty()) {
    out.type = inherited->type;
  } else if (rule.type.empty()) {
    out.type = type_for(shape_of(rule.source, strict),
                        strict ? doc::TypeKind::text : doc::TypeKind::jsonb);
  } else {
    const auto type = parse_type(rule.type);
    if (!type) spec.rules->place.fail(rule.line, "'" + rule.type + "' is no type");
    out.type = *type;
    if (spec.create && out.type.kind == doc::TypeKind::enumeration)
      spec.rules->place.fail(rule.line, "an enumeration can't be created by a mapping",
                             "Create the type and the table in a schema pack.");
  }
  out.not_null =
      strict && (contains(rules.key, rule.name) || (rule.required && !spec.rules->automatic));
  return out;
}

bool same_table(const TableName& a, const TableName& b) {
  return a.name == b.name && (a.schema == b.schema || a.schema.empty() || b.schema.empty());
}

/// True if `a` must stand before `b`.
bool comes_before(const Plan& plan, std::size_t a, std::size_t b) {
  const TargetTable &first = plan.targets[a], &second = plan.targets[b];
  if (second.parent == static_cast<int>(a)) return true;
  return std::any_of(second.table.references.begin(), second.table.references.end(),
                     [&](const TableName& r) {
                       return same_table(r, first.table.name) && !same_table(r, second.table.name);
                     });
}

void renumber(PlanTable& table, const std::vector<std::size_t>& place_of) {
  table.target = place_of[table.target];
  for (PlanTable& child : table.children) renumber(child, place_of);
}

}  // namespace

doc::Table derive_table(const Spec& spec, const TableRules& rules, const doc::Table* parent,
                        bool strict) {
  doc::Table table;
  table.name = rules.into;
  for (const ColumnRule& rule : rules.columns)
    table.columns.push_back(derive_column(spec, rules, rule, parent, strict));
  table.primary_key = rules.key;
  for (const std::string& key : rules.key)
    if (table.column(key) == nullptr) {
      std::vector<std::string_view> names;
      for (const doc::Column& c : table.columns) names.push_back(c.name);
      spec.rules->place.fail(
          rules.key_line, "key column '" + key + "' is not in 'columns'" + suggestion(key, names));
    }
  return table;
}

std::vector<ColumnRule> usual_audit_columns(const doc::Table* table, int line) {
  std::vector<ColumnRule> out;
  const auto add = [&](const char* name, Word word, Meta meta, const char* literal) {
    if (table != nullptr && table->column(name) == nullptr) return;
    ColumnRule rule;
    rule.name = name;
    rule.line = line;
    rule.source.word = word;
    rule.source.meta = meta;
    rule.source.line = line;
    rule.source.literal = Literal(literal);
    out.push_back(std::move(rule));
  };
  add("run_id", Word::meta, Meta::run_id, "null");
  add("collection", Word::meta, Meta::collection, "null");
  add("key", Word::meta, Meta::key, "null");
  add("action", Word::constant, Meta::key, "\"load\"");
  add("new_revision", Word::meta, Meta::revision, "null");
  add("documents", Word::constant, Meta::key, "1");
  return out;
}

void sort_tables(Plan& plan) {
  const std::size_t count = plan.targets.size();
  std::vector<std::size_t> sorted;
  std::vector<bool> done(count, false);
  while (sorted.size() < count) {
    // The first table that waits for none of the others; among circles, the first one.
    std::size_t next = count, any = count;
    for (std::size_t b = 0; b < count && next == count; ++b) {
      if (done[b]) continue;
      const bool audit_waits =
          plan.targets[b].is_audit &&
          std::any_of(plan.targets.begin(), plan.targets.end(), [&](const TargetTable& t) {
            return !t.is_audit && !done[static_cast<std::size_t>(&t - plan.targets.data())];
          });
      if (audit_waits) continue;
      if (any == count) any = b;
      bool waits = false;
      for (std::size_t a = 0; a < count && !waits; ++a)
        waits = !done[a] && a != b && comes_before(plan, a, b);
      if (!waits) next = b;
    }
    if (next == count) next = any;
    done[next] = true;
    sorted.push_back(next);
  }
  std::vector<std::size_t> place_of(count);
  std::vector<TargetTable> targets;
  for (std::size_t i = 0; i < count; ++i) place_of[sorted[i]] = i;
  for (const std::size_t from : sorted) targets.push_back(std::move(plan.targets[from]));
  for (TargetTable& t : targets)
    if (t.parent >= 0) t.parent = static_cast<int>(place_of[static_cast<std::size_t>(t.parent)]);
  plan.targets = std::move(targets);
  for (PlanSpec& spec : plan.specs) {
    renumber(spec.root, place_of);
    if (spec.audit) renumber(*spec.audit, place_of);
  }
}

}  // namespace arango2pg::mapping
