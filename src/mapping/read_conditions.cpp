// RuleReader: `where` and `check`.
#include <algorithm>
#include <array>
#include <filesystem>

#include "base/error.h"
#include "mapping/conditions.h"
#include "mapping/formats.h"
#include "mapping/rules_internal.h"
#include "mapping/schema_check.h"

namespace arango2pg::mapping {
namespace {

struct TestName {
  std::string_view name;
  Test::Kind kind;
};
constexpr std::array<TestName, 14> tests = {{{"equals", Test::Kind::equals},
                                             {"eq", Test::Kind::equals},
                                             {"not", Test::Kind::differs},
                                             {"in", Test::Kind::in},
                                             {"not_in", Test::Kind::not_in},
                                             {"exists", Test::Kind::exists},
                                             {"missing", Test::Kind::missing},
                                             {"type", Test::Kind::type},
                                             {"gt", Test::Kind::greater},
                                             {"gte", Test::Kind::greater_or_equal},
                                             {"lt", Test::Kind::less},
                                             {"lte", Test::Kind::less_or_equal},
                                             {"matches", Test::Kind::matches},
                                             {"path", Test::Kind::exists}}};

struct RuleName {
  std::string_view name;
  CheckRule::Kind kind;
};
constexpr std::array<RuleName, 14> rules = {{{"required", CheckRule::Kind::required},
                                             {"type", CheckRule::Kind::type},
                                             {"format", CheckRule::Kind::format},
                                             {"enum", CheckRule::Kind::enumeration},
                                             {"min", CheckRule::Kind::min},
                                             {"max", CheckRule::Kind::max},
                                             {"min_length", CheckRule::Kind::min_length},
                                             {"max_length", CheckRule::Kind::max_length},
                                             {"min_items", CheckRule::Kind::min_items},
                                             {"max_items", CheckRule::Kind::max_items},
                                             {"pattern", CheckRule::Kind::pattern},
                                             {"unique_items", CheckRule::Kind::unique_items},
                                             {"not_null", CheckRule::Kind::not_null},
                                             {"schema", CheckRule::Kind::schema}}};

template <class Table>
std::vector<std::string_view> names_of(const Table& table) {
  std::vector<std::string_view> names;
  for (const auto& row : table) names.push_back(row.name);
  return names;
}

std::vector<std::string> read_types(const Place& place, const Yaml& node) {
  std::vector<std::string> types = place.want_texts(node, "'type'");
  for (const std::string& t : types)
    if (std::find(type_words().begin(), type_words().end(), t) == type_words().end())
      place.fail(node.line, "unknown type '" + t + "'" + suggestion(t, type_words()),
                 "Known: string, number, integer, boolean, object, array, null.");
  return types;
}

/// Numbers and texts have an order.
void want_ordered(const Place& place, const Literal& literal, const Yaml& node,
                  std::string_view what) {
  if (literal.kind() != doc::Kind::number && literal.kind() != doc::Kind::string)
    place.fail(node.line, "'" + std::string(what) + "' compares numbers or texts");
}

}  // namespace

std::vector<Condition> RuleReader::conditions(const Yaml& node, bool child) const {
  std::vector<Condition> out;
  for (const Yaml& item : place_.want_list(node, "'where'").items) {
    Condition c;
    c.line = place_.want_map(item, "an entry of 'where'").line;
    const Yaml* at = item.find("path");
    if (at == nullptr) place_.fail(item.line, "an entry of 'where' needs a 'path'");
    c.at = path(*at, "'path'", child);
    for (const auto& m : item.members) {
      if (m.name == "path") continue;
      const auto* found = std::find_if(tests.begin(), tests.end(),
                                       [&](const TestName& t) { return t.name == m.name; });
      if (found == tests.end())
        place_.fail(m.line,
                    "unknown condition '" + m.name + "'" + suggestion(m.name, names_of(tests)),
                    "Known: equals, not, in, not_in, exists, missing, type, gt, gte, lt, lte, "
                    "matches.");
      Test t;
      t.kind = found->kind;
      switch (t.kind) {
        case Test::Kind::exists:
        case Test::Kind::missing:
          if (!place_.want_bool(m.value, "'" + m.name + "'"))
            t.kind = t.kind == Test::Kind::exists ? Test::Kind::missing : Test::Kind::exists;
          break;
        case Test::Kind::type:
          t.types = read_types(place_, m.value);
          break;
        case Test::Kind::matches:
          t.pattern = pattern(m.value, "'matches'");
          break;
        case Test::Kind::in:
        case Test::Kind::not_in:
          place_.want_list(m.value, "'" + m.name + "'");
          t.values = literals(m.value, "'" + m.name + "'");
          break;
        case Test::Kind::equals:
        case Test::Kind::differs:
          t.values.emplace_back(to_json(m.value));
          break;
        default:
          t.values.emplace_back(to_json(m.value));
          want_ordered(place_, t.values[0], m.value, m.name);
      }
      c.tests.push_back(std::move(t));
    }
    if (c.tests.empty()) place_.fail(item.line, "an entry of 'where' needs a condition");
    out.push_back(std::move(c));
  }
  return out;
}

std::vector<CheckRule> RuleReader::checks(const Yaml& node, bool child) const {
  std::vector<CheckRule> out;
  for (const Yaml& item : place_.want_list(node, "'check'").items) read_check(out, item, child);
  return out;
}

void RuleReader::read_check(std::vector<CheckRule>& out, const Yaml& item, bool child) const {
  place_.want_map(item, "an entry of 'check'");
  CheckRule common;
  const Yaml* at = item.find("path");
  if (at != nullptr) common.at = path(*at, "'path'", child);
  common.whole = at == nullptr;
  if (const Yaml* severity = item.find("severity"))
    common.reject = place_.want_word(*severity, "severity", {"reject", "warn"}) == 0;
  const std::size_t before = out.size();
  for (const auto& m : item.members) {
    if (m.name == "path" || m.name == "severity") continue;
    const auto* found = std::find_if(rules.begin(), rules.end(),
                                     [&](const RuleName& r) { return r.name == m.name; });
    if (found == rules.end()) {
      auto known = names_of(rules);
      known.insert(known.end(), {"path", "severity"});
      place_.fail(m.line, "unknown check '" + m.name + "'" + suggestion(m.name, known),
                  "Known: required, type, format, enum, min, max, min_length, max_length, "
                  "min_items, max_items, pattern, unique_items, not_null, schema.");
    }
    CheckRule rule = common;
    rule.kind = found->kind;
    rule.line = m.line;
    if (rule.whole && rule.kind != CheckRule::Kind::schema)
      place_.fail(m.line, "check '" + m.name + "' needs a 'path'");
    const std::string what = "'" + m.name + "'";
    const bool is_switch = rule.kind == CheckRule::Kind::required ||
                           rule.kind == CheckRule::Kind::not_null ||
                           rule.kind == CheckRule::Kind::unique_items;
    if (is_switch) {
      if (!place_.want_bool(m.value, what)) continue;
    } else {
      read_check_argument(rule, m.value, what);
    }
    out.push_back(std::move(rule));
  }
  if (out.size() == before && item.members.size() <= 2 &&
      std::all_of(item.members.begin(), item.members.end(),
                  [](const auto& m) { return m.name == "path" || m.name == "severity"; }))
    place_.fail(item.line, "an entry of 'check' needs a rule");
}

void RuleReader::read_check_argument(CheckRule& rule, const Yaml& node,
                                     const std::string& what) const {
  switch (rule.kind) {
    case CheckRule::Kind::type:
      rule.types = read_types(place_, node);
      return;
    case CheckRule::Kind::format: {
      rule.format = place_.want_text(node, what);
      const auto& known = format_names();
      if (std::find(known.begin(), known.end(), rule.format) == known.end())
        place_.fail(node.line,
                    "unknown format '" + rule.format + "'" + suggestion(rule.format, known),
                    "Known: email, url, uri, uuid, date, date-time, ipv4, ipv6, hostname.");
      return;
    }
    case CheckRule::Kind::enumeration:
      place_.want_list(node, what);
      rule.values = literals(node, what);
      return;
    case CheckRule::Kind::min:
    case CheckRule::Kind::max:
      rule.bound = Literal(to_json(node));
      want_ordered(place_, rule.bound, node, what.substr(1, what.size() - 2));
      return;
    case CheckRule::Kind::pattern:
      rule.pattern = pattern(node, what);
      return;
    case CheckRule::Kind::schema: {
      const std::filesystem::path file = place_.want_text(node, what);
      const auto full =
          file.is_absolute() ? file : std::filesystem::path(place_.file()).parent_path() / file;
      try {
        rule.schema = SchemaCheck::load(full.lexically_normal().string());
      } catch (const Error& e) {
        place_.fail(node.line, e.what(), "Paths of schemas are relative to the mapping file.");
      }
      return;
    }
    default:
      rule.count = static_cast<std::uint64_t>(place_.want_integer(node, what, 0, 4'000'000'000));
  }
}

}  // namespace arango2pg::mapping
