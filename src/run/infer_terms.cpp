#include "run/infer_terms.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "pg/connection.h"

namespace arango2pg::run {
namespace {

using doc::Kind;

/// Names of a dotted path; "[*]" is left out.
std::vector<std::string> names_of(std::string field) {
  for (std::size_t at = 0; (at = field.find("[*]")) != std::string::npos;) field.erase(at, 3);
  std::vector<std::string> out;
  while (true) {
    const std::size_t dot = field.find('.');
    out.push_back(field.substr(0, dot));
    if (dot == std::string::npos) return out;
    field.erase(0, dot + 1);
  }
}

std::string before_elements(const std::string& field) { return field.substr(0, field.find("[*]")); }

/// As text[]: '{a,b}', or ARRAY[…] where that would read a name as something else.
std::string sql_path(const std::vector<std::string>& names) {
  const auto plain = [](const std::string& name) {
    return !name.empty() && name != "null" && name != "NULL" && name != "Null" &&
           std::all_of(name.begin(), name.end(), [](char c) {
             return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '_';
           });
  };
  const bool all_plain = std::all_of(names.begin(), names.end(), plain);
  std::string out;
  for (const std::string& name : names)
    out += (out.empty() ? "" : ",") + (all_plain ? name : pg::quote_literal(name));
  return all_plain ? pg::quote_literal("{" + out + "}") : "ARRAY[" + out + "]";
}

std::string member(const std::string& field, bool as_text) {
  const auto names = names_of(field);
  if (names.size() == 1)
    return fmt::format("(doc {} {})", as_text ? "->>" : "->", pg::quote_literal(names[0]));
  return fmt::format("(doc {} {})", as_text ? "#>>" : "#>", sql_path(names));
}

bool only(const doc::PathStats* stats, Kind kind) {
  return stats != nullptr && stats->of(kind) > 0 &&
         stats->of(kind) + stats->of(Kind::null) == stats->values();
}

}  // namespace

const InferredColumn* Terms::column_of(const std::string& field) const {
  const std::string top = before_elements(field);
  for (const InferredColumn& c : table_.columns)
    if (c.attribute == top && (field == top || c.moved)) return &c;
  return nullptr;
}

const doc::PathStats* Terms::stats(const std::string& field) const {
  std::uint32_t at = 0;
  for (const std::string& name : names_of(field)) {
    bool found = false;
    for (const std::uint32_t id : seen_.profile.in_order()) {
      const auto& path = seen_.profile.path(id);
      if (path.step != doc::Profile::Step::member || path.parent != at || path.name != name)
        continue;
      at = id;
      found = true;
      break;
    }
    if (!found) return nullptr;
  }
  return &seen_.profile.path(at).stats;
}

bool Terms::is_list(const std::string& field) const {
  return field.find("[*]") != std::string::npos && column_of(field) == nullptr;
}

std::uint64_t Terms::largest(const std::string& field) const {
  if (table_.sampled) return UINT32_MAX;  // of what was not seen, nothing is known
  const auto facts = seen_.facts.attributes.find(names_of(field)[0]);
  if (facts != seen_.facts.attributes.end()) return facts->second.largest;
  return seen_.facts.too_many ? seen_.profile.largest() : 0;
}

std::string Terms::json(const std::string& field) const { return member(field, false); }
std::string Terms::text(const std::string& field) const { return member(field, true); }
std::string Terms::container(const std::string& field) const {
  return member(before_elements(field), false);
}

std::string Terms::contained(const std::string& field) {
  const std::size_t elements = field.find("[*]");
  std::string out = "\"…\"";
  if (elements == std::string::npos) return out;
  if (elements + 4 < field.size()) {  // behind "[*]."
    const auto names = names_of(field.substr(elements + 4));
    for (auto name = names.rbegin(); name != names.rend(); ++name)
      out = fmt::format("{{\"{}\": {}}}", *name, out);
  }
  return "[" + out + "]";
}

void Terms::scalar(const std::string& field, std::vector<Term>& out) const {
  const auto add = [&](const std::string& sql, std::uint64_t bytes) {
    out.push_back({sql, "", "md5(" + sql + "::text)", bytes});
  };
  if (field == "_key" || field == "_id") return add("key", 254);
  if (field == "_rev" && table_.revision) return add("revision", 8);
  if ((field == "_from" || field == "_to") && table_.ends != Ends::none) {
    add(field == "_from" ? "from_collection" : "to_collection", 256);
    return add(field == "_from" ? "from_key" : "to_key", 254);
  }
  if (const InferredColumn* column = column_of(field)) {
    const std::string name = pg::quote(column->name);
    const bool text = column->type == "text", json = column->type == "jsonb";
    out.push_back({name, "",
                   text   ? "md5(" + name + ")"
                   : json ? "md5(" + name + "::text)"
                          : name,
                   text || json ? largest(field) : 16});
    return;
  }
  // Texts as text; anything else as JSON, which keeps 1 and "1" apart and orders numbers.
  const std::string as_text = text(field);
  const doc::PathStats* seen = stats(field);
  const bool is_text = only(seen, Kind::string);
  const std::string sql = is_text ? as_text : json(field);
  const std::uint64_t bytes = is_text && !table_.sampled ? seen->longest : largest(field);
  out.push_back({sql, as_text, "md5(" + sql + (is_text ? ")" : "::text)"), bytes});
}

std::string Terms::words(const std::string& field) const {
  // A tsvector holds 1 MB; words and their places can take four times their text.
  constexpr std::uint64_t most = 100'000;
  const auto bounded = [&](const std::string& sql) {
    return largest(field) > most ? fmt::format("left({}, 65536)", sql) : sql;
  };
  if (const InferredColumn* column = column_of(field))
    return column->type == "text" ? bounded(pg::quote(column->name)) : "";
  const std::string top = before_elements(field);
  if (only(stats(top), Kind::string) || largest(field) > most) return bounded(text(top));
  return json(top);
}

}  // namespace arango2pg::run
