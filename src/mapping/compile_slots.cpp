#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "mapping/compile_internal.h"
#include "mapping/convert.h"
#include "mapping/evaluate.h"
#include "mapping/transforms.h"

namespace arango2pg::mapping {
namespace {

/// Calls `visit` for the source and all sources below it.
template <class Visit>
void for_each_source(Source& source, Visit&& visit) {
  visit(source);
  for (Source& part : source.parts) for_each_source(part, visit);
  if (source.fallback) {
    source.fallback = std::make_shared<Source>(*source.fallback);  // the rules stay as they are
    for_each_source(*source.fallback, visit);
  }
  for (Step& step : source.then) {
    if (step.otherwise) {
      step.otherwise = std::make_shared<Source>(*step.otherwise);
      for_each_source(*step.otherwise, visit);
    }
    for (auto& [name, merged] : step.merged) for_each_source(merged, visit);
  }
}

template <class Test>
bool any_source(const Source& source, const Test& test) {
  if (test(source)) return true;
  const auto below = [&](const Source& s) { return any_source(s, test); };
  if (std::any_of(source.parts.begin(), source.parts.end(), below)) return true;
  if (source.fallback && below(*source.fallback)) return true;
  return std::any_of(source.then.begin(), source.then.end(), [&](const Step& step) {
    return (step.otherwise && below(*step.otherwise)) ||
           std::any_of(step.merged.begin(), step.merged.end(),
                       [&](const auto& m) { return below(m.second); });
  });
}

std::shared_ptr<const ShapePlan> plan_of(const ObjectShape& shape, const SlotTable& slots,
                                         bool system_apart) {
  auto plan = std::make_shared<ShapePlan>();
  plan->others = !shape.has_only;
  plan->by_slot.resize(slots.size());
  plan->names.resize(slots.size());
  for (std::size_t slot = 0; slot < slots.size(); ++slot) {
    const std::string& name = slots.name(slot);
    const auto renamed = std::find_if(shape.rename.begin(), shape.rename.end(),
                                      [&](const auto& r) { return r.first == name; });
    const bool named = contains(shape.only, name) || renamed != shape.rename.end();
    auto use = shape.has_only ? ShapePlan::Use::omit : ShapePlan::Use::take;
    if (system_apart && is_system_attribute(name)) use = ShapePlan::Use::omit;
    if (named) use = ShapePlan::Use::take;
    if (contains(shape.omit, name)) use = ShapePlan::Use::omit;
    if (use == ShapePlan::Use::take && renamed != shape.rename.end()) {
      use = ShapePlan::Use::rename;
      doc::append_json_string(plan->names[slot], renamed->second);
      plan->names[slot] += ':';
    }
    plan->by_slot[slot] = use;
  }
  for (const auto& [from, to] : shape.rename) {
    const int target = slots.find(to);
    const auto use = plan->by_slot[static_cast<std::size_t>(target)];
    if (use == ShapePlan::Use::take) plan->clashes.emplace_back(slots.find(from), target);
  }
  return plan;
}

}  // namespace

void assign_slot(SlotPath& path, SlotTable& slots) {
  const auto& steps = path.path.steps;
  if (!steps.empty() && !steps[0].is_index) path.slot = slots.add(steps[0].name);
}

void assign_slots(Source& source, SlotTable& slots) {
  for_each_source(source, [&](Source& s) {
    if (s.word == Word::path) assign_slot(s.at, slots);
    if (s.word != Word::document) return;
    for (const std::string& name : s.shape.only) slots.add(name);
    for (const std::string& name : s.shape.omit) slots.add(name);
    for (const auto& [from, to] : s.shape.rename) {
      slots.add(from);
      slots.add(to);
    }
  });
}

void shape_documents(PlanTable& table, const SlotTable& slots, bool system_apart) {
  for (PlanColumn& c : table.columns)
    for_each_source(c.source, [&](Source& s) {
      if (s.word == Word::document) s.shape_plan = plan_of(s.shape, slots, system_apart);
    });
}

void resolve_parents(const Place& place, Source& source, const PlanTable& parent) {
  for_each_source(source, [&](Source& s) {
    if (s.word != Word::parent) return;
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < parent.columns.size(); ++i) {
      names.push_back(parent.columns[i].name);
      if (parent.columns[i].name == s.text) s.parent_column = static_cast<int>(i);
    }
    if (s.parent_column < 0)
      place.fail(s.line,
                 "the parent row has no column '" + s.text + "'" + suggestion(s.text, names));
  });
}

bool uses_revision(const Source& source) {
  return any_source(source, [](const Source& s) {
    return s.word == Word::meta && (s.meta == Meta::revision || s.meta == Meta::revision_time);
  });
}

bool uses_run(const Source& source) {
  return any_source(source,
                    [](const Source& s) { return s.word == Word::meta && s.meta == Meta::run_id; });
}

bool is_text_like_column(const doc::ColumnType& type) {
  return is_text_like(type.kind) && !type.array;
}

void write_revisions_as_text(Source& source) {
  for_each_source(source, [](Source& s) {
    if (s.word == Word::meta && s.meta == Meta::revision) s.text = "text";
  });
}

}  // namespace arango2pg::mapping
