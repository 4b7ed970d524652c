#include "arango/envelope.h"

#include <algorithm>
#include <array>

#include "arango/raw_json.h"

namespace arango2pg::arango {
namespace {

/// What an envelope's first member may be called. Documents begin with a system attribute, or with
/// a name that sorts before '_': never with one of these.
constexpr std::array<std::string_view, 9> envelope_names{"type", "data", "key",  "rev", "tick",
                                                         "tid",  "cid",  "cuid", "db"};

bool may_be_envelope(std::string_view line) {
  if (line.starts_with("{\"_")) return false;
  const std::size_t brace = skip_space(line, 0);
  if (brace >= line.size() || line[brace] != '{') return false;
  const std::size_t quote = skip_space(line, brace + 1);
  if (quote >= line.size() || line[quote] != '"') return false;
  const std::string_view rest = line.substr(quote + 1);
  return std::any_of(envelope_names.begin(), envelope_names.end(), [rest](std::string_view name) {
    return rest.size() > name.size() && rest.starts_with(name) && rest[name.size()] == '"';
  });
}

bool has_member(std::string_view object, std::string_view name) {
  RawMembers members(object);
  while (const auto member = members.next())
    if (member->name == name) return true;
  return false;
}

}  // namespace

DumpLine read_dump_line(std::string_view line) {
  DumpLine out;
  if (!may_be_envelope(line)) return out;
  std::string_view type, data, key, rev;
  RawMembers members(line);
  while (const auto member = members.next()) {
    if (member->name == "type") type = member->value;
    if (member->name == "data") data = member->value;
    if (member->name == "key") key = member->value;
    if (member->name == "rev") rev = member->value;
    if (member->name == "_key" || member->name == "_id") return out;  // a document that looks so
  }
  if (!members.complete()) return out;
  const bool object = data.starts_with('{');
  if ((type == "2300" || type == "2301") && object) {
    out.form = DumpLine::Form::document;
  } else if (type == "2302") {
    if (key.empty() && object) {
      RawMembers inner(data);
      while (const auto member = inner.next())
        if (member->name == "_key") key = member->value;
    }
    if (key.empty()) return out;
    out.form = DumpLine::Form::removal;
  } else {
    return out;
  }
  out.data = data;
  out.key = unquoted(key);
  out.rev = rev;
  return out;
}

std::string completed(const DumpLine& line) {
  std::string out;
  if (line.form != DumpLine::Form::document || line.key.empty()) return out;
  const bool key = has_member(line.data, "_key");
  const bool rev = line.rev.empty() || has_member(line.data, "_rev");
  if (key && rev) return out;
  out = "{";
  if (!key) out.append("\"_key\":\"").append(line.key).append("\"");
  if (!rev) out.append(key ? "" : ",").append("\"_rev\":").append(line.rev);
  const std::size_t inside = skip_space(line.data, 1);
  if (inside < line.data.size() && line.data[inside] != '}') out += ',';
  return out.append(line.data.substr(1));
}

}  // namespace arango2pg::arango
