// What the collections' own properties say: validation rules, computed values, key generators.
#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "doc/parsed_json.h"
#include "pg/connection.h"
#include "run/infer_decide.h"
#include "run/json_text.h"

namespace arango2pg::run {
namespace {

using doc::Kind;
using doc::text_of;
using doc::texts_of;

/// The properties of a rule that allows no others: ArangoDB leaves system attributes out of its
/// checks.
std::string with_system(const std::optional<doc::Value>& properties) {
  std::string out = "{";
  const auto add = [&](const std::string& name, const std::string& json) {
    out += (out.size() > 1 ? "," : "") + json_text(name) + ":" + json;
  };
  for (const char* name : {"_key", "_id", "_rev", "_from", "_to"})
    if (!properties || !properties->find(name)) add(name, "{}");
  if (properties && properties->kind() == Kind::object)
    for (const auto m : doc::Members(*properties))
      add(text_of(m.name), std::string(m.value.json()));
  return out + "}";
}

/// True if the rule lets the attribute be null.
bool may_be_null(const doc::Value& rule, const std::string& name) {
  const auto properties = rule.find("properties");
  const auto property = properties ? properties->find(name) : std::nullopt;
  const auto type = property ? property->find("type") : std::nullopt;
  if (!type) return true;
  if (type->kind() == Kind::string) return text_of(type) == "null";
  const auto types = texts_of(type);
  return types.empty() || std::find(types.begin(), types.end(), "null") != types.end();
}

class Rules {
 public:
  Rules(const SurveyedCollection& seen, NameBook& relations, InferredSchema& out,
        InferredTable& table)
      : seen_(seen), relations_(relations), out_(out), table_(table) {}

  void run(const doc::ParsedJson& properties) {
    if (const auto schema = properties.find("schema"); schema && schema->kind() == Kind::object)
      rule(*schema);
    if (const auto computed = properties.find("computedValues");
        computed && computed->kind() == Kind::array)
      for (const doc::Value value : doc::Elements(*computed)) computed_value(value);
    keys(properties.find("keyOptions"));
  }

 private:
  void person(std::string text) const {
    out_.person.push_back({table_.collection, std::move(text)});
  }

  void rule(const doc::Value& schema) {
    const auto rule = schema.find("rule");
    if (!rule || rule->kind() != Kind::object) return;
    table_.rule_level = text_of(schema.find("level"));
    table_.rule_checked = true;
    std::string& json = table_.rule;
    json = "{";
    const auto member = [&](std::string_view name, const std::string& value) {
      json += (json.size() > 1 ? "," : "") + json_text(name) + ":" + value;
    };
    if (!rule->find("$schema")) member("$schema", "\"http://json-schema.org/draft-04/schema#\"");
    if (!rule->find("description"))
      member("description", json_text(fmt::format(
                                "ArangoDB's own validation rule of the collection '{}', level {}",
                                one_line(table_.collection), table_.rule_level)));
    const auto closed = rule->find("additionalProperties");
    const bool name_system = closed && (closed->kind() == Kind::object || !closed->boolean());
    if (name_system && !rule->find("properties")) member("properties", with_system({}));
    for (const auto m : doc::Members(*rule)) {
      const std::string name = text_of(m.name);
      const bool properties = name_system && name == "properties";
      member(name, properties ? with_system(m.value) : std::string(m.value.json()));
    }
    json += "}";
    const bool enforced = table_.rule_level == "strict" || table_.rule_level == "moderate";
    if (enforced && !table_.sampled && seen_.facts.no_document == 0) not_null(*rule);
  }

  /// What the rule requires, and every document has.
  void not_null(const doc::Value& rule) {
    for (const std::string& name : texts_of(rule.find("required"))) {
      const auto facts = seen_.facts.attributes.find(name);
      if (facts == seen_.facts.attributes.end() || may_be_null(rule, name)) continue;
      if (facts->second.documents != seen_.facts.documents || facts->second.of(Kind::null) > 0)
        continue;
      for (InferredColumn& c : table_.columns)
        if (c.attribute == name) {
          c.not_null = true;
          c.because += "; ArangoDB's validation rule requires it";
        }
    }
  }

  void computed_value(const doc::Value& value) const {
    person(fmt::format(
        "the computed value `{}` is migrated as it is stored; for new rows write a generated "
        "column, a default or a trigger (its AQL expression is in the collection's properties)",
        one_line(text_of(value.find("name")))));
  }

  void keys(const std::optional<doc::Value>& options) {
    const std::string type = options ? text_of(options->find("type")) : "";
    table_.key_default = "gen_random_uuid()::text";
    if (type == "autoincrement") {
      const std::uint64_t step =
          std::max<std::uint64_t>(doc::count_of(options->find("increment")), 1);
      table_.sequence = relations_.take(table_.name + "_key_seq");
      table_.sequence_start = doc::count_of(options->find("lastValue")) + step;
      table_.key_note = fmt::format("new rows count on from {}, as ArangoDB's autoincrement did",
                                    table_.sequence_start);
      return;
    }
    table_.key_note = type.empty() || type == "uuid"
                          ? "new rows get a UUID"
                          : fmt::format("new rows get a UUID; ArangoDB made '{}' keys", type);
  }

  const SurveyedCollection& seen_;
  NameBook& relations_;
  InferredSchema& out_;
  InferredTable& table_;
};

}  // namespace

void decide_rules(const Surveyed& seen, const doc::SourceDetails& details, NameBook& relations,
                  InferredSchema& out) {
  for (std::size_t t = 0; t < out.tables.size(); ++t) {
    std::string properties;
    for (const auto& c : details.collections)
      if (c.name == out.tables[t].collection) properties = c.properties;
    const SurveyedCollection& c = seen.collections[t];
    InferredTable& table = out.tables[t];
    Rules(c, relations, out, table).run(doc::ParsedJson(properties));
    table.observed = observed_schema(c.profile, table.collection, c.sampled);
    table.schema_file = table.file + ".schema.json";
    table.observed_file =
        table.rule.empty() ? table.schema_file : table.file + ".observed.schema.json";
  }
}

}  // namespace arango2pg::run
