#include "fake_arango/aql_functions.h"

#include <unicode/unistr.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <functional>
#include <thread>

#include "fake_arango/api_error.h"
#include "fake_arango/aql_run.h"
#include "fake_arango/collation.h"
#include "fake_arango/revision.h"

namespace fake_arango {
namespace {

using Args = const Array&;

constexpr std::size_t any = 1000;

Value wrong_type(Evaluation& run, const char* name) {
  run.warn(1542, std::string("invalid argument type in call to function '") + name + "()'");
  return {};
}

// What a value is as text: strings as they are, null nothing, others as JSON.
std::string text_of(const Value& v) {
  if (v.is_null()) return {};
  return v.is_string() ? v.string() : to_json(v);
}

std::string iso_date(std::int64_t millis) {
  const std::time_t seconds = static_cast<std::time_t>(millis / 1000);
  std::tm t{};
  ::gmtime_r(&seconds, &t);
  char buffer[40];
  const std::size_t n = std::strftime(buffer, sizeof buffer, "%Y-%m-%dT%H:%M:%S", &t);
  char fraction[8];
  std::snprintf(fraction, sizeof fraction, ".%03dZ", static_cast<int>(millis % 1000));
  return std::string(buffer, n) + fraction;
}

std::int64_t unix_millis() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::int64_t code_points(const std::string& s) {
  return std::count_if(s.begin(), s.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
}

Value length(Evaluation&, Args a) {
  switch (a[0].kind()) {
    case Value::Kind::null:
      return 0;
    case Value::Kind::boolean:
      return a[0].boolean() ? 1 : 0;
    case Value::Kind::number:
      return static_cast<std::int64_t>(a[0].number().printed().size());
    case Value::Kind::string:
      return code_points(a[0].string());
    case Value::Kind::array:
      return static_cast<std::uint64_t>(a[0].items().size());
    case Value::Kind::object:
      break;
  }
  return static_cast<std::uint64_t>(a[0].members()->size());
}

Value decode_rev(Evaluation& run, Args a) {
  const auto rev = a[0].is_string() ? decode_revision(a[0].string()) : std::nullopt;
  if (!rev) return wrong_type(run, "DECODE_REV");
  return Object{{"date", iso_date(static_cast<std::int64_t>(*rev >> 20))},
                {"count", static_cast<std::int64_t>(*rev & 0xFFFFF)}};
}

Value concat(Evaluation&, Args a) {
  std::string out;
  const Array& parts = a.size() == 1 && a[0].is_array() ? a[0].items() : a;
  for (const Value& v : parts) out += text_of(v);
  return out;
}

Value concat_separator(Evaluation&, Args a) {
  std::string out;
  const Array rest(a.begin() + 1, a.end());
  const Array& parts = rest.size() == 1 && rest[0].is_array() ? rest[0].items() : rest;
  bool first = true;
  for (const Value& v : parts) {
    if (v.is_null()) continue;
    if (!first) out += text_of(a[0]);
    first = false;
    out += text_of(v);
  }
  return out;
}

Value hash(Evaluation&, Args a) {
  std::uint64_t h = 14695981039346656037U;
  for (char c : to_json(a[0])) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return static_cast<std::int64_t>(h & 0x1FFFFFFFFFFFFFU);  // exact in a double
}

Value changed_case(Args a, bool upper) {
  icu::UnicodeString s = icu::UnicodeString::fromUTF8(text_of(a[0]));
  if (upper)
    s.toUpper();
  else
    s.toLower();
  std::string out;
  s.toUTF8String(out);
  return out;
}

Value substring(Evaluation&, Args a) {
  const icu::UnicodeString s = icu::UnicodeString::fromUTF8(text_of(a[0]));
  const std::int32_t n = s.countChar32();
  auto from = static_cast<std::int32_t>(a[1].as_integer());
  if (from < 0) from = std::max(0, n + from);
  from = std::min(from, n);
  auto count = a.size() > 2 ? static_cast<std::int32_t>(a[2].as_integer()) : n - from;
  count = std::clamp(count, 0, n - from);
  const std::int32_t begin = s.moveIndex32(0, from);
  std::string out;
  s.tempSubStringBetween(begin, s.moveIndex32(begin, count)).toUTF8String(out);
  return out;
}

Value contains(Evaluation&, Args a) {
  const std::size_t at = text_of(a[0]).find(text_of(a[1]));
  const bool index = a.size() > 2 && a[2].truthy();
  if (index) return at == std::string::npos ? Value(-1) : Value(static_cast<std::uint64_t>(at));
  return at != std::string::npos;
}

Value to_number(Evaluation&, Args a) {
  if (a[0].is_number()) return a[0];
  if (a[0].is_bool()) return a[0].boolean() ? 1 : 0;
  if (a[0].is_string()) {
    try {
      const Value v = parse_json(a[0].string());
      if (v.is_number()) return v;
    } catch (const JsonError&) {
      return 0;  // as the server: no number at all
    }
  }
  return 0;
}

Value rounded(Args a, double (*f)(double)) {
  if (!a[0].is_number()) return {};
  if (a[0].number().kind == Number::Kind::integer) return a[0];
  const double r = f(a[0].number().real);
  return std::abs(r) < 9007199254740992.0 ? Value(static_cast<std::int64_t>(r)) : Value(r);
}

Value absolute(Evaluation&, Args a) {
  if (!a[0].is_number()) return {};
  if (a[0].number().kind == Number::Kind::integer) return std::abs(a[0].number().integer);
  return std::abs(a[0].number().real);
}

Value first_not_null(Evaluation&, Args a) {
  for (const Value& v : a)
    if (!v.is_null()) return v;
  return {};
}

const char* type_name(const Value& v) {
  switch (v.kind()) {
    case Value::Kind::null:
      return "null";
    case Value::Kind::boolean:
      return "bool";
    case Value::Kind::number:
      return "number";
    case Value::Kind::string:
      return "string";
    case Value::Kind::array:
      return "array";
    case Value::Kind::object:
      break;
  }
  return "object";
}

Value attributes(Evaluation& run, Args a) {
  if (!a[0].is_object()) return wrong_type(run, "ATTRIBUTES");
  Array out;
  const bool without_system = a.size() > 1 && a[1].truthy();
  for (const auto& [name, _] : a[0].members())
    if (!without_system || !name.starts_with('_')) out.emplace_back(name);
  if (a.size() > 2 && a[2].truthy())
    std::sort(out.begin(), out.end(),
              [](const Value& x, const Value& y) { return compare_values(x, y) < 0; });
  return out;
}

Value values(Evaluation& run, Args a) {
  if (!a[0].is_object()) return wrong_type(run, "VALUES");
  Array out;
  const bool without_system = a.size() > 1 && a[1].truthy();
  for (const auto& [name, v] : a[0].members())
    if (!without_system || !name.starts_with('_')) out.push_back(v);
  return out;
}

// KEEP and UNSET: the named attributes, or all others.
Value selected(Evaluation& run, Args a, bool keep, const char* name) {
  if (!a[0].is_object()) return wrong_type(run, name);
  Array names;
  for (std::size_t i = 1; i < a.size(); ++i) {
    if (a[i].is_array())
      names.insert(names.end(), a[i].items().begin(), a[i].items().end());
    else
      names.push_back(a[i]);
  }
  Object out;
  for (const Member& m : a[0].members()) {
    const bool named = std::any_of(names.begin(), names.end(), [&](const Value& n) {
      return n.is_string() && n.string() == m.first;
    });
    if (named == keep) out.push_back(m);
  }
  return out;
}

Value merge(Evaluation& run, Args a) {
  Object out;
  const Array& parts = a.size() == 1 && a[0].is_array() ? a[0].items() : a;
  for (const Value& v : parts) {
    if (!v.is_object()) return wrong_type(run, "MERGE");
    for (const Member& m : v.members()) {
      const auto it =
          std::find_if(out.begin(), out.end(), [&](const Member& o) { return o.first == m.first; });
      if (it == out.end())
        out.push_back(m);
      else
        it->second = m.second;
    }
  }
  return out;
}

Value find_document(Evaluation& run, Args a) {
  std::string id = a.size() > 1 ? text_of(a[0]) + "/" + text_of(a[1]) : text_of(a[0]);
  const std::size_t slash = id.find('/');
  if (slash == std::string::npos) return {};
  const auto s = run.context().store->snapshot(run.context().database, id.substr(0, slash));
  if (!s || !run.context().may_read(id.substr(0, slash))) return {};
  for (const auto& shard : s->shards)
    if (const auto p = shard->find(id.substr(slash + 1)))
      return parse_json(shard->chunks[p->chunk]->text(p->index));
  return {};
}

Value parse_identifier(Evaluation& run, Args a) {
  const Value id = a[0].is_object() ? a[0].find("_id").value_or(Value()) : a[0];
  const std::size_t slash = id.is_string() ? id.string().find('/') : std::string::npos;
  if (slash == std::string::npos) return wrong_type(run, "PARSE_IDENTIFIER");
  return Object{{"collection", id.string().substr(0, slash)},
                {"key", id.string().substr(slash + 1)}};
}

Value sorted(Evaluation& run, Args a, bool unique) {
  if (!a[0].is_array()) return wrong_type(run, unique ? "SORTED_UNIQUE" : "SORTED");
  Array out = a[0].items();
  std::stable_sort(out.begin(), out.end(),
                   [](const Value& x, const Value& y) { return compare_values(x, y) < 0; });
  if (unique)
    out.erase(std::unique(out.begin(), out.end(),
                          [](const Value& x, const Value& y) { return compare_values(x, y) == 0; }),
              out.end());
  return out;
}

Value sleep(Evaluation& run, Args a) {
  if (!a[0].is_number()) return wrong_type(run, "SLEEP");
  const std::chrono::duration<double> wait(a[0].number().real);
  const auto end = std::chrono::steady_clock::now() + wait;
  while (std::chrono::steady_clock::now() < end) {
    run.check_runtime();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return {};
}

struct Function {
  const char* name;
  std::size_t least, most;
  Value (*call)(Evaluation&, Args);
};

constexpr Function functions[] = {
    {"ABS", 1, 1, absolute},
    {"ATTRIBUTES", 1, 3, attributes},
    {"CEIL", 1, 1, [](Evaluation&, Args a) { return rounded(a, std::ceil); }},
    {"CONCAT", 1, any, concat},
    {"CONCAT_SEPARATOR", 2, any, concat_separator},
    {"CONTAINS", 2, 3, contains},
    {"COUNT", 1, 1, length},
    {"CURRENT_DATABASE", 0, 0, [](Evaluation& r, Args) { return Value(r.context().database); }},
    {"CURRENT_USER", 0, 0,
     [](Evaluation& r, Args) {
       return r.context().user.empty() ? Value() : Value(r.context().user);
     }},
    {"DATE_ISO8601", 1, 1,
     [](Evaluation& r, Args a) {
       return a[0].is_number() ? Value(iso_date(a[0].as_integer())) : wrong_type(r, "DATE_ISO8601");
     }},
    {"DATE_NOW", 0, 0, [](Evaluation&, Args) { return Value(unix_millis()); }},
    {"DECODE_REV", 1, 1, decode_rev},
    {"DOCUMENT", 1, 2, find_document},
    {"FIRST", 1, 1,
     [](Evaluation& r, Args a) {
       if (!a[0].is_array()) return wrong_type(r, "FIRST");
       return a[0].items().empty() ? Value() : a[0].items().front();
     }},
    {"FLOOR", 1, 1, [](Evaluation&, Args a) { return rounded(a, std::floor); }},
    {"HAS", 2, 2, [](Evaluation&, Args a) { return Value(a[0].find(text_of(a[1])).has_value()); }},
    {"HASH", 1, 1, hash},
    {"IS_ARRAY", 1, 1, [](Evaluation&, Args a) { return Value(a[0].is_array()); }},
    {"IS_BOOL", 1, 1, [](Evaluation&, Args a) { return Value(a[0].is_bool()); }},
    {"IS_DOCUMENT", 1, 1, [](Evaluation&, Args a) { return Value(a[0].is_object()); }},
    {"IS_LIST", 1, 1, [](Evaluation&, Args a) { return Value(a[0].is_array()); }},
    {"IS_NULL", 1, 1, [](Evaluation&, Args a) { return Value(a[0].is_null()); }},
    {"IS_NUMBER", 1, 1, [](Evaluation&, Args a) { return Value(a[0].is_number()); }},
    {"IS_OBJECT", 1, 1, [](Evaluation&, Args a) { return Value(a[0].is_object()); }},
    {"IS_STRING", 1, 1, [](Evaluation&, Args a) { return Value(a[0].is_string()); }},
    {"KEEP", 2, any, [](Evaluation& r, Args a) { return selected(r, a, true, "KEEP"); }},
    {"LAST", 1, 1,
     [](Evaluation& r, Args a) {
       if (!a[0].is_array()) return wrong_type(r, "LAST");
       return a[0].items().empty() ? Value() : a[0].items().back();
     }},
    {"LENGTH", 1, 1, length},
    {"LOWER", 1, 1, [](Evaluation&, Args a) { return changed_case(a, false); }},
    {"MAX", 1, 1,
     [](Evaluation& r, Args a) {
       return a[0].is_array() ? aggregate("MAX", a[0].items()) : wrong_type(r, "MAX");
     }},
    {"MERGE", 1, any, merge},
    {"MIN", 1, 1,
     [](Evaluation& r, Args a) {
       return a[0].is_array() ? aggregate("MIN", a[0].items()) : wrong_type(r, "MIN");
     }},
    {"NOEVAL", 1, 1, [](Evaluation&, Args a) { return a[0]; }},
    {"NOOPT", 1, 1, [](Evaluation&, Args a) { return a[0]; }},
    {"NOT_NULL", 1, any, first_not_null},
    {"PARSE_IDENTIFIER", 1, 1, parse_identifier},
    {"RAND", 0, 0, [](Evaluation& r, Args) { return Value(r.random()); }},
    {"ROUND", 1, 1, [](Evaluation&, Args a) { return rounded(a, std::round); }},
    {"SLEEP", 1, 1, sleep},
    {"SORTED", 1, 1, [](Evaluation& r, Args a) { return sorted(r, a, false); }},
    {"SORTED_UNIQUE", 1, 1, [](Evaluation& r, Args a) { return sorted(r, a, true); }},
    {"STARTS_WITH", 2, 2,
     [](Evaluation&, Args a) { return Value(text_of(a[0]).starts_with(text_of(a[1]))); }},
    {"SUBSTRING", 2, 3, substring},
    {"SUM", 1, 1,
     [](Evaluation& r, Args a) {
       return a[0].is_array() ? aggregate("SUM", a[0].items()) : wrong_type(r, "SUM");
     }},
    {"TO_BOOL", 1, 1, [](Evaluation&, Args a) { return Value(a[0].truthy()); }},
    {"TO_NUMBER", 1, 1, to_number},
    {"TO_STRING", 1, 1, [](Evaluation&, Args a) { return Value(text_of(a[0])); }},
    {"TYPENAME", 1, 1, [](Evaluation&, Args a) { return Value(type_name(a[0])); }},
    {"UNIQUE", 1, 1, [](Evaluation& r, Args a) { return sorted(r, a, true); }},
    {"UNSET", 2, any, [](Evaluation& r, Args a) { return selected(r, a, false, "UNSET"); }},
    {"UPPER", 1, 1, [](Evaluation&, Args a) { return changed_case(a, true); }},
    {"VALUES", 1, 2, values},
    {"VERSION", 0, 0, [](Evaluation& r, Args) { return Value(r.context().version); }},
};

const Function* find(std::string_view name) {
  const auto it = std::lower_bound(
      std::begin(functions), std::end(functions), name,
      [](const Function& f, std::string_view n) { return std::string_view(f.name) < n; });
  return it != std::end(functions) && it->name == name ? it : nullptr;
}

}  // namespace

void check_call(const std::string& name, std::size_t arguments) {
  const Function* f = find(name);
  // Aggregate functions are also legal as calls in COLLECT.
  if (f == nullptr && is_aggregate(name)) return;
  if (f == nullptr) throw ApiError{400, 1540, "usage of unknown function '" + name + "()'"};
  if (arguments < f->least || arguments > f->most)
    throw ApiError{400, 1541,
                   "invalid number of arguments for function '" + name +
                       "()', expected number of arguments: minimum: " + std::to_string(f->least) +
                       ", maximum: " + std::to_string(f->most)};
}

Value call_function(Evaluation& run, const std::string& name, const Array& arguments) {
  const Function* f = find(name);
  if (f == nullptr && arguments.size() == 1 && arguments[0].is_array())
    return aggregate(name, arguments[0].items());
  return f == nullptr ? wrong_type(run, name.c_str()) : f->call(run, arguments);
}

bool is_aggregate(std::string_view name) {
  for (const char* a : {"AVERAGE", "AVG", "COUNT", "LENGTH", "MAX", "MIN", "SUM"})
    if (name == a) return true;
  return false;
}

Value aggregate(const std::string& name, const Array& all) {
  if (name == "COUNT" || name == "LENGTH") return static_cast<std::uint64_t>(all.size());
  if (name == "MIN" || name == "MAX") {
    Value best;
    for (const Value& v : all) {
      if (v.is_null()) continue;
      const int c = best.is_null() ? 0 : compare_values(v, best);
      if (best.is_null() || (name == "MIN" ? c < 0 : c > 0)) best = v;
    }
    return best;
  }
  double sum = 0;
  std::int64_t integer_sum = 0;
  bool integers = true;
  std::size_t n = 0;
  for (const Value& v : all) {
    if (!v.is_number()) continue;
    ++n;
    sum += v.number().real;
    integers = integers && v.number().kind == Number::Kind::integer &&
               !__builtin_add_overflow(integer_sum, v.number().integer, &integer_sum);
  }
  if (name == "SUM") return integers ? Value(integer_sum) : Value(sum);
  return n == 0 ? Value() : Value(sum / static_cast<double>(n));
}

}  // namespace fake_arango
