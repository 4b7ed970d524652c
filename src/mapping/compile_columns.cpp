#include <algorithm>

#include "base/error.h"
#include "mapping/compile_internal.h"
#include "mapping/convert.h"
#include "mapping/evaluate.h"
#include "mapping/transforms.h"
#include "mapping/types.h"

namespace arango2pg::mapping {
namespace {

/// Checks the sources that can end up in one column.
class FitCheck {
 public:
  FitCheck(const Place& place, const PlanColumn& column, const PlanTable* parent)
      : place_(place), column_(column), parent_(parent) {}

  void check(const Source& source) {
    if (source.fallback) check(*source.fallback);
    const Step* last = nullptr;
    for (const Step& step : source.then)
      if (step.transform->result != Shape::any || step.transform->name == "map") last = &step;
    if (last != nullptr) {
      if (last->transform->name == "map") {
        for (const MapEntry& m : last->values) literal(m.to, last->line);
        if (last->otherwise) check(*last->otherwise);
      } else {
        shape(last->transform->result, last->line);
      }
      return;
    }
    switch (source.word) {
      case Word::first:
        for (const Source& part : source.parts) check(part);
        return;
      case Word::constant:
        literal(source.literal, source.line);
        return;
      case Word::parent:
        shape(shape_of(parent_->columns[static_cast<std::size_t>(source.parent_column)].type),
              source.line);
        return;
      case Word::meta:
        if (source.meta == Meta::revision && is_text_like_column(column_.type)) return;
        break;
      default:
        break;
    }
    shape(shape_of_bare(source), source.line);
  }

 private:
  static Shape shape_of_bare(const Source& source) {
    Source bare;
    bare.word = source.word;
    bare.meta = source.meta;
    return shape_of(bare);
  }

  void shape(Shape shape, int line) const {
    const std::string why = misfit(shape, column_.type);
    if (!why.empty())
      place_.fail(line, "column '" + column_.label + "': " + why,
                  "Change the column's type or the steps in `then`.");
  }

  /// Converts it as if it came from a document.
  void literal(const Literal& literal, int line) const {
    if (literal.is_null()) return;
    Workspace workspace(0);
    const Frame frame;
    const std::string collection;
    Evaluator evaluator(workspace, frame, collection);
    evaluator.policy = column_.policy;
    Cell cell = Cell::of(literal.value(), {});
    if (convert(cell, column_.type, evaluator)) return;
    place_.fail(line, "column '" + column_.label + "': the value " + literal.json() +
                          " can't be stored: " + workspace.fault.message);
  }

  const Place& place_;
  const PlanColumn& column_;
  const PlanTable* parent_;
};

int find_column(const PlanTable& table, const std::string& name) {
  for (std::size_t i = 0; i < table.columns.size(); ++i)
    if (table.columns[i].name == name) return static_cast<int>(i);
  return -1;
}

/// The columns that the steps of a column name.
void resolve_not_before(const Place& place, PlanTable& table, std::size_t at) {
  PlanColumn& column = table.columns[at];
  for (const Step& step : column.source.then) {
    if (step.transform->name != "not_before") continue;
    const int other = find_column(table, step.text);
    if (other < 0) {
      std::vector<std::string_view> names;
      for (const PlanColumn& c : table.columns) names.push_back(c.name);
      place.fail(step.line, "'not_before' names '" + step.text +
                                "', which the mapping does not fill" +
                                suggestion(step.text, names));
    }
    const auto index = static_cast<std::size_t>(other);
    const doc::ColumnType& type = table.columns[index].type;
    const bool ordered =
        type.kind == column.type.kind && !type.array && !column.type.array &&
        (is_number_type(type.kind) || type.kind == doc::TypeKind::timestamptz ||
         type.kind == doc::TypeKind::timestamp || type.kind == doc::TypeKind::date);
    if (!ordered)
      place.fail(step.line, "'not_before' needs two times or two numbers of one type, not '" +
                                column.type.name + "' and '" + type.name + "'");
    column.not_before.push_back(index);
  }
}

}  // namespace

void check_fit(const Place& place, const ColumnRule&, const PlanColumn& column,
               const PlanTable* parent) {
  FitCheck(place, column, parent).check(column.source);
}

void check_columns(const Place& place, const TableRules& rules, const TargetTable& target,
                   const PlanTable& table) {
  const std::string in = "' of table '" + target.table.name.text() + "'";
  for (const std::string& key : rules.key) {
    if (target.table.column(key) == nullptr)
      place.fail(rules.key_line, "key column '" + key + in + " does not exist");
    if (find_column(table, key) < 0)
      place.fail(rules.key_line, "key column '" + key + in + " is not filled by the mapping",
                 "Add it to `columns`.");
  }
  for (const doc::Column& c : target.table.columns)
    if (c.not_null && !c.has_default && !c.generated && find_column(table, c.name) < 0)
      place.fail(rules.line,
                 "column '" + c.name + in + " is NOT NULL without default, and nothing fills it",
                 "Add it to `columns`.");
}

void note_columns(TargetTable& target, const PlanTable& table) {
  for (const PlanColumn& c : table.columns) {
    if (uses_run(c.source)) target.run_columns.push_back(c.name);
  }
}

void order_columns(const Place& place, PlanTable& table) {
  for (std::size_t i = 0; i < table.columns.size(); ++i) resolve_not_before(place, table, i);
  std::vector<bool> done(table.columns.size(), false);
  while (table.order.size() < table.columns.size()) {
    const std::size_t before = table.order.size();
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      const auto& others = table.columns[i].not_before;
      if (done[i] ||
          !std::all_of(others.begin(), others.end(), [&](std::size_t o) { return done[o]; }))
        continue;
      done[i] = true;
      table.order.push_back(i);
    }
    if (table.order.size() == before)
      place.fail(table
                     .columns[static_cast<std::size_t>(std::find(done.begin(), done.end(), false) -
                                                       done.begin())]
                     .source.line,
                 "'not_before' goes round in a circle");
  }
}

}  // namespace arango2pg::mapping
