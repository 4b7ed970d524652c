#include "fake_arango/aql_run.h"

#include <cmath>
#include <set>

#include "fake_arango/api_error.h"
#include "fake_arango/aql_functions.h"
#include "fake_arango/collation.h"

namespace fake_arango {
namespace {

using Op = Expr::Op;

bool like(std::string_view text, std::string_view pattern) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '%') {
    for (std::size_t i = 0; i <= text.size(); ++i)
      if (like(text.substr(i), pattern.substr(1))) return true;
    return false;
  }
  if (pattern[0] == '\\' && pattern.size() > 1)
    pattern.remove_prefix(1);
  else if (pattern[0] == '_')
    return !text.empty() && like(text.substr(1), pattern.substr(1));
  return !text.empty() && text[0] == pattern[0] && like(text.substr(1), pattern.substr(1));
}

double number_of(const Value& v) {
  switch (v.kind()) {
    case Value::Kind::boolean:
      return v.boolean() ? 1 : 0;
    case Value::Kind::number:
      return v.number().real;
    case Value::Kind::string: {
      const auto n = Number::parse(v.string());
      return n ? n->real : 0;
    }
    case Value::Kind::array:
      return v.items().size() == 1 ? number_of(v.items()[0]) : 0;
    default:
      return 0;
  }
}

bool is_integer(const Value& v) {
  return v.is_number() && v.number().kind == Number::Kind::integer;
}

Value in_array(const Value& needle, const Value& hay) {
  if (!hay.is_array()) return false;
  for (const Value& v : hay.items())
    if (compare_values(needle, v) == 0) return true;
  return false;
}

Value element(const Value& base, const Value& index) {
  if (index.is_string()) return base.find(index.string()).value_or(Value());
  if (!base.is_array() || !index.is_number()) return {};
  const auto n = static_cast<std::int64_t>(base.items().size());
  const std::int64_t i = index.as_integer() < 0 ? n + index.as_integer() : index.as_integer();
  return i >= 0 && i < n ? base.items()[static_cast<std::size_t>(i)] : Value();
}

}  // namespace

// The steps of a block and what makes rows of their slots.
struct Evaluation::Pipeline {
  std::unique_ptr<Step> last;
  const Clause* result = nullptr;
  std::set<std::string> seen;  // DISTINCT

  Pipeline(const PlannedBlock& plan, bool full_count) {
    std::size_t last_limit = plan.clauses.size();
    for (std::size_t i = 0; i < plan.clauses.size(); ++i)
      if (plan.clauses[i].kind == Clause::Kind::limit) last_limit = i;
    for (std::size_t i = 0; i + 1 < plan.clauses.size(); ++i) {
      const Clause& c = plan.clauses[i];
      if (c.kind != Clause::Kind::for_in) {
        last = make_step(std::move(last), c, full_count && i == last_limit);
        continue;
      }
      const auto scan = plan.scans.find(i);
      last = make_scan(std::move(last), c, scan == plan.scans.end() ? nullptr : &scan->second);
    }
    result = &plan.clauses.back();
    if (!last) last = make_step(nullptr, *result, false);
  }

  std::optional<Value> next(Evaluation& run) {
    while (last->next(run)) {
      Value v = run.evaluate(*result->expression);
      if (result->distinct && !seen.insert(to_json(v)).second) continue;
      return v;
    }
    return std::nullopt;
  }
};

Evaluation::Evaluation(Query query, QueryOptions options, QueryContext context)
    : slots(query.slots),
      query_(std::move(query)),
      options_(std::move(options)),
      context_(std::move(context)),
      random_(std::random_device{}()) {
  for (const std::string& name : query_.collections) {
    auto s = context_.store->snapshot(context_.database, name);
    if (!s) throw ApiError{404, 1203, "collection or view not found: " + name};
    if (!context_.may_read(name)) throw api_error(403, 11);
    snapshots_.emplace(name, std::move(*s));
  }
  plan_ = plan_block(*query_.block, options_,
                     [&](const std::string& name) { return collection(name).info.indexes; });
  pipeline_ = std::make_unique<Pipeline>(plan_, options_.full_count);
}

Evaluation::~Evaluation() = default;

std::optional<Value> Evaluation::next() {
  check_runtime();
  return pipeline_->next(*this);
}

Array Evaluation::run_block(const Block& block) {
  auto it = subplans_.find(&block);
  if (it == subplans_.end())
    it = subplans_
             .emplace(&block, plan_block(block, options_,
                                         [&](const std::string& name) {
                                           return collection(name).info.indexes;
                                         }))
             .first;
  Pipeline pipeline(it->second, false);
  // A Sort gives back all slots: those of outer rows must survive it.
  const std::vector<Value> outer = slots;
  Array rows;
  while (auto v = pipeline.next(*this)) rows.push_back(std::move(*v));
  slots = outer;
  return rows;
}

bool Evaluation::uses_shard(const std::string& name) const {
  // A single server knows no shards and ignores the option.
  if (options_.shard_ids.empty() || name.empty()) return true;
  for (const std::string& s : options_.shard_ids)
    if (s == name) return true;
  return false;
}

void Evaluation::warn(int code, const std::string& message) {
  constexpr std::size_t max_warnings = 10;
  if (warnings_.size() < max_warnings)
    warnings_.emplace_back(Object{{"code", code}, {"message", message}});
}

double Evaluation::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
}

void Evaluation::check_runtime() const {
  if (options_.max_runtime.count() > 0 && seconds() > options_.max_runtime.count())
    throw api_error(410, 1500);
}

double Evaluation::random() { return std::uniform_real_distribution<>(0, 1)(random_); }

Value Evaluation::expand(const Expr& e) {
  const Value base = evaluate(*e.kids[0]);
  Array out;
  if (base.is_array())
    for (const Value& v : base.items()) {
      slots[e.slot] = v;
      out.push_back(evaluate(*e.kids[1]));
    }
  return out;
}

Value Evaluation::object(const Expr& e) {
  Object o;
  for (std::size_t i = 0; i + 1 < e.kids.size(); i += 2) {
    const Value name = evaluate(*e.kids[i]);
    std::string text = name.is_string() ? name.string() : to_json(name);
    Value v = evaluate(*e.kids[i + 1]);
    bool known = false;
    for (Member& m : o)
      if (m.first == text) {
        m.second = v;
        known = true;
      }
    if (!known) o.emplace_back(std::move(text), std::move(v));
  }
  return o;
}

Value Evaluation::arithmetic(Op op, const Value& a, const Value& b) {
  if (is_integer(a) && is_integer(b)) {
    const std::int64_t x = a.number().integer;
    const std::int64_t y = b.number().integer;
    std::int64_t r = 0;
    if (op == Op::add && !__builtin_add_overflow(x, y, &r)) return r;
    if (op == Op::subtract && !__builtin_sub_overflow(x, y, &r)) return r;
    if (op == Op::multiply && !__builtin_mul_overflow(x, y, &r)) return r;
    if (op == Op::modulo && y != 0 && y != -1) return x % y;
    if (op == Op::divide && y != 0 && y != -1 && x % y == 0) return x / y;
  }
  const double x = number_of(a);
  const double y = number_of(b);
  if ((op == Op::divide || op == Op::modulo) && y == 0) {
    warn(1562, "division by zero");
    return {};
  }
  double r = 0;
  switch (op) {
    case Op::add:
      r = x + y;
      break;
    case Op::subtract:
      r = x - y;
      break;
    case Op::multiply:
      r = x * y;
      break;
    case Op::divide:
      r = x / y;
      break;
    default:
      r = std::fmod(x, y);
  }
  if (!std::isfinite(r)) {
    warn(1504, "number out of range");
    return {};
  }
  return r;
}

Value Evaluation::evaluate(const Expr& e) {
  const auto kid = [&](std::size_t i) { return evaluate(*e.kids[i]); };
  switch (e.op) {
    case Op::literal:
      return e.value;
    case Op::variable:
      return slots[e.slot];
    case Op::attribute: {
      if (e.kids[0]->op == Op::variable)  // without copying the document
        return slots[e.kids[0]->slot].find(e.name).value_or(Value());
      return kid(0).find(e.name).value_or(Value());
    }
    case Op::subscript:
      return element(kid(0), kid(1));
    case Op::expansion:
      return expand(e);
    case Op::object:
      return object(e);
    case Op::subquery:
      return run_block(*e.block);
    case Op::negate:
      return arithmetic(Op::subtract, Value(0), kid(0));
    case Op::plus:
      return arithmetic(Op::add, Value(0), kid(0));
    case Op::logical_not:
      return !kid(0).truthy();
    case Op::add:
    case Op::subtract:
    case Op::multiply:
    case Op::divide:
    case Op::modulo:
      return arithmetic(e.op, kid(0), kid(1));
    case Op::equal:
      return compare_values(kid(0), kid(1)) == 0;
    case Op::unequal:
      return compare_values(kid(0), kid(1)) != 0;
    case Op::less:
      return compare_values(kid(0), kid(1)) < 0;
    case Op::less_equal:
      return compare_values(kid(0), kid(1)) <= 0;
    case Op::greater:
      return compare_values(kid(0), kid(1)) > 0;
    case Op::greater_equal:
      return compare_values(kid(0), kid(1)) >= 0;
    case Op::in:
      return in_array(kid(0), kid(1));
    case Op::not_in:
      return !in_array(kid(0), kid(1)).truthy();
    case Op::like:
    case Op::not_like: {
      const Value text = kid(0);
      const Value pattern = kid(1);
      const bool match =
          text.is_string() && pattern.is_string() && like(text.string(), pattern.string());
      return match == (e.op == Op::like);
    }
    // The operand that decided is the value, as in JavaScript.
    case Op::logical_and: {
      Value a = kid(0);
      return a.truthy() ? kid(1) : a;
    }
    case Op::logical_or: {
      Value a = kid(0);
      return a.truthy() ? a : kid(1);
    }
    case Op::ternary: {
      Value condition = kid(0);
      if (!e.kids[1]) return condition.truthy() ? condition : kid(2);
      return condition.truthy() ? kid(1) : kid(2);
    }
    case Op::array: {
      Array a;
      for (const ExprPtr& k : e.kids) a.push_back(evaluate(*k));
      return a;
    }
    case Op::range: {
      const std::int64_t first = kid(0).as_integer();
      const std::int64_t last = kid(1).as_integer();
      Array a;
      for (std::int64_t i = first;; i += last >= first ? 1 : -1) {
        a.emplace_back(i);
        if (i == last) return a;
      }
    }
    case Op::collection: {
      Array all;
      for (const auto& shard : collection(e.name).shards)
        for (const auto& c : shard->chunks)
          for (std::size_t i = 0; i < c->entries.size(); ++i)
            all.emplace_back(DocRef{c.get(), static_cast<std::uint32_t>(i)});
      return all;
    }
    case Op::call:
      break;
  }
  // The collection itself is not built for its length.
  if ((e.name == "LENGTH" || e.name == "COUNT") && e.kids[0]->op == Op::collection) {
    const Snapshot& s = collection(e.kids[0]->name);
    std::uint64_t n = 0;
    for (std::size_t i = 0; i < s.shards.size(); ++i)
      if (uses_shard(s.info.shard_names[i])) n += s.shards[i]->count;
    return n;
  }
  Array arguments;
  for (const ExprPtr& k : e.kids) arguments.push_back(evaluate(*k));
  return call_function(*this, e.name, arguments);
}

}  // namespace fake_arango
