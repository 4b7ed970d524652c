// What tells the rows of a document when nothing but its key is left, and what becomes of them.
#include <algorithm>

#include "base/error.h"
#include "mapping/compile_internal.h"
#include "mapping/types.h"

namespace arango2pg::mapping {
namespace {

bool is_attribute(const Source& source, std::string_view name) {
  const auto& steps = source.at.path.steps;
  return source.word == Word::path && steps.size() == 1 && !steps[0].is_index &&
         steps[0].name == name;
}

/// The key as it is, "collection/key", or the UUID made of them: two documents never share one.
bool tells_document(const Source& source) {
  if (!source.then.empty() || source.fallback) return false;
  if (source.word == Word::meta) return source.meta == Meta::key || source.meta == Meta::id;
  if (source.word == Word::uuid) return tells_document(source.parts[0]);
  return is_attribute(source, "_key") || is_attribute(source, "_id");
}

/// Equal keys give equal values, whatever else the document holds.
bool follows_from_key(const Source& source) {
  const auto all = [](const std::vector<Source>& sources) {
    return std::all_of(sources.begin(), sources.end(), follows_from_key);
  };
  if (source.fallback && !follows_from_key(*source.fallback)) return false;
  for (const Step& step : source.then) {
    if (step.otherwise && !follows_from_key(*step.otherwise)) return false;
    for (const auto& [name, merged] : step.merged)
      if (!follows_from_key(merged)) return false;
  }
  switch (source.word) {
    case Word::constant:
      return true;
    case Word::path:
      return is_attribute(source, "_key") || is_attribute(source, "_id");
    case Word::meta:
      return source.meta == Meta::key || source.meta == Meta::id || source.meta == Meta::collection;
    case Word::first:
    case Word::join:
    case Word::object:
    case Word::array:
    case Word::uuid:
    case Word::reference:
      return all(source.parts);
    case Word::document:
    case Word::parent:
      return false;
  }
  return false;
}

bool holds_key(const PlanColumn& column) {
  const doc::TypeKind kind = column.type.kind;
  const Source& source = column.source;
  return (kind == doc::TypeKind::text || kind == doc::TypeKind::varchar) && !column.type.array &&
         source.then.empty() && !source.fallback &&
         ((source.word == Word::meta && source.meta == Meta::key) || is_attribute(source, "_key"));
}

const PlanColumn& column_of(const PlanTable& table, const std::string& name) {
  return *std::find_if(table.columns.begin(), table.columns.end(),
                       [&](const PlanColumn& c) { return c.name == name; });
}

/// The column that identifies documents best: one that is unique over all collections first.
const PlanColumn* telling_column(const PlanTable& table) {
  const PlanColumn* best = nullptr;
  for (const PlanColumn& c : table.columns) {
    if (!tells_document(c.source)) continue;
    const bool key_alone = holds_key(c);
    if (best == nullptr || (holds_key(*best) && !key_alone)) best = &c;
  }
  return best;
}

}  // namespace

void find_identity(TargetTable& target, PlanTable& table) {
  for (const PlanColumn& c : table.columns)
    if (target.key_column.empty() && holds_key(c)) target.key_column = c.name;
  const bool key_tells =
      std::all_of(
          target.key.begin(), target.key.end(),
          [&](const std::string& k) { return follows_from_key(column_of(table, k).source); }) &&
      std::any_of(target.key.begin(), target.key.end(),
                  [&](const std::string& k) { return tells_document(column_of(table, k).source); });
  if (key_tells) {
    target.identity = target.key;
  } else if (const PlanColumn* column = telling_column(table)) {
    target.identity = {column->name};
    // Several collections in one table may share keys.
    if (holds_key(*column))
      for (const PlanColumn& c : table.columns)
        if (c.source.word == Word::meta && c.source.meta == Meta::collection &&
            c.source.then.empty())
          target.identity.push_back(c.name);
  }
  for (const std::string& name : target.identity) table.identity.push_back(column_of(table, name));
}

OnDelete resolve_on_delete(const Spec& spec, const TargetTable& target, bool follow) {
  const doc::Column* deleted = target.table.column("deleted_at");
  const bool can_be_soft = deleted != nullptr && !deleted->generated && !deleted->type.array &&
                           (deleted->type.kind == doc::TypeKind::timestamptz ||
                            deleted->type.kind == doc::TypeKind::timestamp);
  if (!spec.on_delete) return can_be_soft ? OnDelete::soft : OnDelete::hard;
  if (follow && *spec.on_delete == OnDelete::soft && !can_be_soft)
    throw Error(Exit::usage,
                spec.file +
                    ": `on_delete: soft` needs a column deleted_at (timestamptz) in table '" +
                    target.table.name.text() + "'",
                "Add the column, or write `on_delete: hard` or `on_delete: keep`.");
  return *spec.on_delete;
}

void check_identity(const Place& place, const TableRules& rules, const TargetTable& target) {
  const doc::Column* revision = target.table.column(target.revision);
  if (revision != nullptr && (revision->type.kind != doc::TypeKind::int8 || revision->type.array))
    place.fail(rules.line,
               "the revision column '" + target.revision + "' of table '" +
                   target.table.name.text() + "' is " + revision->type.name +
                   ": revisions in any other form than bigint have no order",
               "Make it bigint, or leave `revision` out (a resync then writes every document "
               "anew).");
  if (!target.identity.empty()) return;
  place.fail(
      rules.key_line,
      "nothing in a row of table '" + target.table.name.text() +
          "' tells which document it came from: a resync could not find the row of a deleted "
          "or changed document",
      "Give the table a column with `{ meta: key }` (and an index on it), or make its key of "
      "`{ uuid: _key }`.");
}

}  // namespace arango2pg::mapping
