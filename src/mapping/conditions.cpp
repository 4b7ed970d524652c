#include "mapping/conditions.h"

#include <re2/re2.h>

#include <algorithm>

#include "mapping/decimal.h"
#include "mapping/formats.h"
#include "mapping/schema_check.h"
#include "mapping/unicode.h"

namespace arango2pg::mapping {
namespace {

using OptionalValue = std::optional<doc::Value>;

bool is_one_of(const OptionalValue& value, const std::vector<Literal>& literals) {
  return std::any_of(literals.begin(), literals.end(), [&](const Literal& l) {
    return value ? equal(*value, l.value()) : l.is_null();
  });
}

bool is_any_type(const OptionalValue& value, const std::vector<std::string>& types) {
  return std::any_of(types.begin(), types.end(), [&](const std::string& t) {
    return value ? is_type(*value, t) : t == "null";
  });
}

/// A scalar's text for patterns; false for containers.
bool scalar_text(doc::Value value, std::string& scratch, std::string_view& out) {
  if (value.kind() == doc::Kind::string) {
    out = value.string(scratch);
    return true;
  }
  out = value.raw();
  return value.kind() == doc::Kind::number || value.kind() == doc::Kind::boolean;
}

bool found(const re2::RE2& pattern, std::string_view text) {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), pattern);
}

bool holds(const Test& test, const OptionalValue& value) {
  const auto compared = [&] {
    return value ? compare(*value, test.values[0].value()) : std::nullopt;
  };
  switch (test.kind) {
    case Test::Kind::equals:
    case Test::Kind::in:
      return is_one_of(value, test.values);
    case Test::Kind::differs:
    case Test::Kind::not_in:
      return !is_one_of(value, test.values);
    case Test::Kind::exists:
      return value.has_value();
    case Test::Kind::missing:
      return !value;
    case Test::Kind::type:
      return is_any_type(value, test.types);
    case Test::Kind::greater:
      return compared().value_or(0) > 0;
    case Test::Kind::greater_or_equal:
      return compared().value_or(-1) >= 0;
    case Test::Kind::less:
      return compared().value_or(0) < 0;
    case Test::Kind::less_or_equal:
      return compared().value_or(1) <= 0;
    case Test::Kind::matches: {
      std::string scratch;
      std::string_view text;
      return value && scalar_text(*value, scratch, text) && found(*test.pattern, text);
    }
  }
  return false;
}

OptionalValue without_null(OptionalValue value) {
  return value && value->is_null() ? std::nullopt : value;
}

std::string length_violation(const CheckRule& rule, doc::Value value) {
  if (value.kind() != doc::Kind::string) return "is no text";
  std::string scratch;
  const std::size_t n = count_characters(value.string(scratch));
  const std::string bound = std::to_string(rule.count) + " characters";
  if (rule.kind == CheckRule::Kind::min_length)
    return n < rule.count ? "is shorter than " + bound : "";
  return n > rule.count ? "is longer than " + bound : "";
}

std::string items_violation(const CheckRule& rule, doc::Value value) {
  if (value.kind() != doc::Kind::array) return "is no array";
  const std::string bound = std::to_string(rule.count) + " elements";
  if (rule.kind == CheckRule::Kind::min_items)
    return value.count() < rule.count ? "has fewer than " + bound : "";
  if (rule.kind == CheckRule::Kind::max_items)
    return value.count() > rule.count ? "has more than " + bound : "";
  if (too_deep(value)) return "is nested more than 400 levels deep";
  return has_duplicates(value) ? "holds an element twice" : "";
}

/// A phrase that says what is wrong with a value, or empty. A value of a type that the rule can't
/// be asked about violates it.
std::string violation(const CheckRule& rule, doc::Value value) {
  std::string scratch;
  switch (rule.kind) {
    case CheckRule::Kind::type:
      return is_any_type(value, rule.types) ? "" : "has another type than allowed";
    case CheckRule::Kind::format:
      return value.kind() == doc::Kind::string && has_format(value.string(scratch), rule.format)
                 ? ""
                 : "is no " + rule.format;
    case CheckRule::Kind::enumeration:
      return is_one_of(value, rule.values) ? "" : "is none of the allowed values";
    case CheckRule::Kind::min:
      return compare(value, rule.bound.value()).value_or(-1) >= 0
                 ? ""
                 : "is not at least " + rule.bound.json();
    case CheckRule::Kind::max:
      return compare(value, rule.bound.value()).value_or(1) <= 0
                 ? ""
                 : "is not at most " + rule.bound.json();
    case CheckRule::Kind::min_length:
    case CheckRule::Kind::max_length:
      return length_violation(rule, value);
    case CheckRule::Kind::min_items:
    case CheckRule::Kind::max_items:
    case CheckRule::Kind::unique_items:
      return items_violation(rule, value);
    case CheckRule::Kind::pattern: {
      std::string_view text;
      return scalar_text(value, scratch, text) && found(*rule.pattern, text)
                 ? ""
                 : "does not match the pattern";
    }
    default:
      return "";
  }
}

/// Path and phrase of the first violation; an empty phrase if there is none.
std::string violated(const CheckRule& rule, const Evaluator& e, std::string& path) {
  path = rule.at.text;
  const OptionalValue there =
      rule.whole ? doc::Value(e.workspace().document, e.frame().root) : e.find(rule.at);
  const OptionalValue value = without_null(there);
  switch (rule.kind) {
    case CheckRule::Kind::required:
      return value ? "" : "is missing";
    case CheckRule::Kind::not_null:
      return there && there->is_null() ? "is null" : "";
    case CheckRule::Kind::schema: {
      if (!value) return "";
      std::string below;
      std::string phrase = rule.schema->check(*value, below);
      path = join_paths(path, below);
      return phrase;
    }
    default:
      return value ? violation(rule, *value) : "";
  }
}

}  // namespace

bool holds(const std::vector<Condition>& conditions, const Evaluator& e) {
  return std::all_of(conditions.begin(), conditions.end(), [&](const Condition& c) {
    const OptionalValue value = without_null(e.find(c.at));
    return std::all_of(c.tests.begin(), c.tests.end(),
                       [&](const Test& t) { return holds(t, value); });
  });
}

const std::vector<std::string_view>& type_words() {
  static const std::vector<std::string_view> words = {"string", "number", "integer", "boolean",
                                                      "object", "array",  "null"};
  return words;
}

bool is_type(doc::Value value, const std::string& type) {
  switch (value.kind()) {
    case doc::Kind::null:
      return type == "null";
    case doc::Kind::boolean:
      return type == "boolean";
    case doc::Kind::string:
      return type == "string";
    case doc::Kind::array:
      return type == "array";
    case doc::Kind::object:
      return type == "object";
    case doc::Kind::number:
      break;
  }
  if (type == "number") return true;
  if (type != "integer") return false;
  const auto number = Decimal::parse(value.raw());
  return number && number->is_integer();
}

std::string_view rule_code(CheckRule::Kind kind) {
  switch (kind) {
    case CheckRule::Kind::required:
      return "check_required";
    case CheckRule::Kind::type:
      return "check_type";
    case CheckRule::Kind::format:
      return "check_format";
    case CheckRule::Kind::enumeration:
      return "check_enum";
    case CheckRule::Kind::min:
      return "check_min";
    case CheckRule::Kind::max:
      return "check_max";
    case CheckRule::Kind::min_length:
      return "check_min_length";
    case CheckRule::Kind::max_length:
      return "check_max_length";
    case CheckRule::Kind::min_items:
      return "check_min_items";
    case CheckRule::Kind::max_items:
      return "check_max_items";
    case CheckRule::Kind::pattern:
      return "check_pattern";
    case CheckRule::Kind::unique_items:
      return "check_unique_items";
    case CheckRule::Kind::not_null:
      return "check_not_null";
    case CheckRule::Kind::schema:
      return "check_schema";
  }
  return "check";
}

bool check(const std::vector<CheckRule>& rules, Evaluator& e) {
  std::string path;
  for (const CheckRule& rule : rules) {
    const std::string phrase = violated(rule, e, path);
    if (phrase.empty()) continue;
    if (rule.reject) return e.fail_at(rule_code(rule.kind), path, phrase);
    // Without element numbers: what is counted are places in the mapping, not in documents.
    ++e.workspace()
          .warnings[std::string(rule_code(rule.kind)) + (rule.whole ? "" : " " + rule.at.text)];
  }
  return true;
}

}  // namespace arango2pg::mapping
