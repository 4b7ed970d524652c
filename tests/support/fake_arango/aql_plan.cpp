// The optimizer: which filters and sorts the primary index serves (protocol 4.1).
#include <algorithm>

#include "fake_arango/api_error.h"
#include "fake_arango/aql_run.h"

namespace fake_arango {
namespace {

using Op = Expr::Op;

bool rule_enabled(const QueryOptions& options, const std::string& rule) {
  bool on = true;
  for (const std::string& r : options.rules) {
    if (r == "-all") on = false;
    if (r == "+all" || r == "all") on = true;
    if (r == "-" + rule) on = false;
    if (r == "+" + rule || r == rule) on = true;
  }
  return on;
}

bool uses_slot(const Expr* e, unsigned slot);

bool block_uses_slot(const Block& b, unsigned slot) {
  for (const Clause& c : b.clauses) {
    const std::vector<const Expr*> parts = {c.expression.get(), c.offset.get(), c.count.get(),
                                            c.into_expression.get()};
    for (const Expr* e : parts)
      if (uses_slot(e, slot)) return true;
    for (const auto& [e, _] : c.sort)
      if (uses_slot(e.get(), slot)) return true;
    for (const auto& [_, e] : c.keys)
      if (uses_slot(e.get(), slot)) return true;
    for (const auto& a : c.aggregates)
      if (uses_slot(a.argument.get(), slot)) return true;
    for (const auto& [_, s] : c.visible)
      if (c.into && s == slot) return true;
  }
  return false;
}

bool uses_slot(const Expr* e, unsigned slot) {
  if (e == nullptr) return false;
  if (e->op == Op::variable && e->slot == slot) return true;
  if (e->block && block_uses_slot(*e->block, slot)) return true;
  return std::any_of(e->kids.begin(), e->kids.end(),
                     [&](const ExprPtr& k) { return uses_slot(k.get(), slot); });
}

// Is it <variable>.<name>?
bool is_attribute(const Expr& e, unsigned slot, std::string_view name) {
  if (e.op == Op::attribute)
    return e.name == name && e.kids[0]->op == Op::variable && e.kids[0]->slot == slot;
  return e.op == Op::subscript && e.kids[0]->op == Op::variable && e.kids[0]->slot == slot &&
         e.kids[1]->op == Op::literal && e.kids[1]->value.is_string() &&
         e.kids[1]->value.string() == name;
}

Op mirrored(Op op) {
  switch (op) {
    case Op::less:
      return Op::greater;
    case Op::less_equal:
      return Op::greater_equal;
    case Op::greater:
      return Op::less;
    case Op::greater_equal:
      return Op::less_equal;
    default:
      return op;
  }
}

void split_conjuncts(const ExprPtr& e, std::vector<ExprPtr>& out) {
  if (e->op == Op::logical_and) {
    split_conjuncts(e->kids[0], out);
    split_conjuncts(e->kids[1], out);
  } else {
    out.push_back(e);
  }
}

std::optional<ScanPlan::Condition> condition_on(const Expr& e, unsigned slot,
                                                std::string_view attribute) {
  const bool comparison = e.op == Op::equal || e.op == Op::less || e.op == Op::less_equal ||
                          e.op == Op::greater || e.op == Op::greater_equal;
  if ((comparison || e.op == Op::in) && is_attribute(*e.kids[0], slot, attribute) &&
      !uses_slot(e.kids[1].get(), slot))
    return ScanPlan::Condition{e.op, e.kids[1]};
  if (comparison && is_attribute(*e.kids[1], slot, attribute) && !uses_slot(e.kids[0].get(), slot))
    return ScanPlan::Condition{mirrored(e.op), e.kids[0]};
  return std::nullopt;
}

struct Hint {
  std::vector<std::string> names;
  bool forced = false;
  bool no_index = false;
};

Hint hint_of(const Clause& c) {
  Hint h;
  if (!c.options_expression) return h;
  const Expr& o = *c.options_expression;
  for (std::size_t i = 0; i + 1 < o.kids.size(); i += 2) {
    if (o.kids[i]->op != Op::literal || !o.kids[i]->value.is_string()) continue;
    const std::string& name = o.kids[i]->value.string();
    const Expr& value = *o.kids[i + 1];
    if (name == "indexHint") {
      if (value.op == Op::literal && value.value.is_string()) h.names = {value.value.string()};
      if (value.op == Op::literal && value.value.is_array())
        for (const Value& v : value.value.items())
          if (v.is_string()) h.names.push_back(v.string());
      for (const ExprPtr& k : value.kids)
        if (k->op == Op::literal && k->value.is_string()) h.names.push_back(k->value.string());
    }
    if (name == "forceIndexHint") h.forced = value.value.truthy();
    if (name == "disableIndex") h.no_index = value.value.truthy();
  }
  return h;
}

std::string text_of(const Hint& hint) {
  Array names;
  for (const std::string& n : hint.names) names.emplace_back(n);
  return to_json(Object{{"indexHint", Object{{"forced", hint.forced},
                                             {"lookahead", 1},
                                             {"type", "simple"},
                                             {"hint", std::move(names)}}}});
}

class Planner {
 public:
  Planner(const Block& block, const QueryOptions& options) : options_(options) {
    plan_.clauses = block.clauses;
  }

  PlannedBlock plan(const std::function<std::vector<Value>(const std::string&)>& indexes_of) {
    // From the back: removing clauses must not move FORs that are planned already.
    for (std::size_t i = plan_.clauses.size(); i-- > 0;) {
      const Clause& c = plan_.clauses[i];
      if (c.kind == Clause::Kind::for_in && c.expression->op == Op::collection)
        plan_for(i, indexes_of(c.expression->name));
    }
    return std::move(plan_);
  }

 private:
  void use(const char* rule) {
    if (std::find(plan_.rules.begin(), plan_.rules.end(), rule) == plan_.rules.end())
      plan_.rules.emplace_back(rule);
  }

  void plan_for(std::size_t at, const std::vector<Value>& indexes) {
    const Clause loop = plan_.clauses[at];
    const Hint hint = hint_of(loop);
    const bool hinted_elsewhere =
        !hint.names.empty() &&
        std::find(hint.names.begin(), hint.names.end(), "primary") == hint.names.end() &&
        (hint.forced || serves(hint, indexes, at));
    ScanPlan scan;
    if (!hinted_elsewhere && !hint.no_index) {
      cover_filters(at, scan);
      cover_sort(at, scan);
    }
    if (hint.forced && !hint.names.empty() && !scan.primary && !serves(hint, indexes, at))
      throw ApiError{500, 1577, "could not use index hint to serve query; " + text_of(hint)};
    shift_scans();
    plan_.scans[at] = std::move(scan);
  }

  // Clauses behind `at` that still belong to its loop alone.
  [[nodiscard]] std::size_t end_of_loop(std::size_t at) const {
    std::size_t i = at + 1;
    while (i < plan_.clauses.size() && (plan_.clauses[i].kind == Clause::Kind::filter ||
                                        plan_.clauses[i].kind == Clause::Kind::let ||
                                        plan_.clauses[i].kind == Clause::Kind::sort))
      ++i;
    return i;
  }

  // Would one of the hinted secondary indexes do for a filter or sort on its first attribute?
  [[nodiscard]] bool serves(const Hint& hint, const std::vector<Value>& indexes,
                            std::size_t at) const {
    for (const Value& index : indexes) {
      const Value name = index.find("name").value_or(Value());
      const Value fields = index.find("fields").value_or(Value());
      if (!name.is_string() || !fields.is_array() || fields.items().empty() ||
          !fields.items()[0].is_string() ||
          std::find(hint.names.begin(), hint.names.end(), name.string()) == hint.names.end())
        continue;
      for (std::size_t i = at + 1; i < end_of_loop(at); ++i) {
        const Clause& c = plan_.clauses[i];
        const std::string& field = fields.items()[0].string();
        if (c.kind == Clause::Kind::sort &&
            is_attribute(*c.sort[0].first, plan_.clauses[at].slot, field))
          return true;
        if (c.kind != Clause::Kind::filter) continue;
        std::vector<ExprPtr> parts;
        split_conjuncts(c.expression, parts);
        for (const ExprPtr& p : parts)
          if (condition_on(*p, plan_.clauses[at].slot, field)) return true;
      }
    }
    return false;
  }

  void cover_filters(std::size_t at, ScanPlan& scan) {
    if (!rule_enabled(options_, "use-indexes")) return;
    const unsigned slot = plan_.clauses[at].slot;
    std::vector<unsigned> later;  // LETs of this loop: their values are not known before it
    for (std::size_t i = at + 1; i < end_of_loop(at); ++i) {
      Clause& c = plan_.clauses[i];
      if (c.kind == Clause::Kind::let) later.push_back(c.slot);
      if (c.kind != Clause::Kind::filter) continue;
      std::vector<ExprPtr> parts;
      split_conjuncts(c.expression, parts);
      ExprPtr rest;
      for (const ExprPtr& p : parts) {
        const auto condition = condition_on(*p, slot, "_key");
        const bool known = condition && std::none_of(later.begin(), later.end(), [&](unsigned s) {
                             return uses_slot(condition->value.get(), s);
                           });
        if (known) {
          scan.conditions.push_back(*condition);
          scan.primary = true;
          continue;
        }
        if (rest) {
          auto both = std::make_shared<Expr>();
          both->op = Op::logical_and;
          both->kids = {rest, p};
          rest = both;
        } else {
          rest = p;
        }
      }
      if (rest) {
        c.expression = rest;
      } else {
        c.expression = std::make_shared<Expr>();
        c.expression->value = true;
      }
    }
    if (!scan.primary) return;
    use("use-indexes");
    use("remove-filter-covered-by-index");
    remove_trivial_filters(at);
  }

  void remove_trivial_filters(std::size_t at) {
    for (std::size_t i = end_of_loop(at); i-- > at + 1;) {
      const Clause& c = plan_.clauses[i];
      if (c.kind == Clause::Kind::filter && c.expression->op == Op::literal &&
          c.expression->value.truthy())
        erase(i);
    }
  }

  void cover_sort(std::size_t at, ScanPlan& scan) {
    if (!rule_enabled(options_, "use-index-for-sort")) return;
    // The order of an inner loop is not the order of the rows.
    for (std::size_t i = 0; i < at; ++i)
      if (plan_.clauses[i].kind == Clause::Kind::for_in) return;
    for (std::size_t i = at + 1; i < end_of_loop(at); ++i) {
      const Clause& c = plan_.clauses[i];
      if (c.kind != Clause::Kind::sort) continue;
      if (!is_attribute(*c.sort[0].first, plan_.clauses[at].slot, "_key")) return;
      // Keys are unique: further sort criteria decide nothing.
      scan.primary = true;
      scan.sorted = true;
      scan.descending = c.sort[0].second;
      use("use-index-for-sort");
      erase(i);
      return;
    }
  }

  void erase(std::size_t i) {
    plan_.clauses.erase(plan_.clauses.begin() + static_cast<std::ptrdiff_t>(i));
    ++erased_;
  }

  // Scans behind `at` were planned before clauses between were removed.
  void shift_scans() {
    if (erased_ == 0) return;
    std::map<std::size_t, ScanPlan> moved;
    for (auto& [i, s] : plan_.scans) moved.emplace(i - erased_, std::move(s));
    plan_.scans = std::move(moved);
    erased_ = 0;
  }

  const QueryOptions& options_;
  PlannedBlock plan_;
  std::size_t erased_ = 0;
};

}  // namespace

PlannedBlock plan_block(const Block& block, const QueryOptions& options,
                        const std::function<std::vector<Value>(const std::string&)>& indexes_of) {
  return Planner(block, options).plan(indexes_of);
}

}  // namespace fake_arango
