// Steps on JSON objects, and from JSON to text.
#include <algorithm>

#include "base/text.h"
#include "mapping/evaluate.h"
#include "mapping/transforms.h"

namespace arango2pg::mapping {
namespace {

bool want_object(Cell& cell, Evaluator& e) {
  if (!e.open(cell)) return false;
  if (cell.value().kind() != doc::Kind::object) return e.fail("wrong_type", "needs an object");
  return e.clean(cell.value(), cell.origin);
}

/// Appends `"name":value` of each member that `name_of` gives a name; an empty view leaves it out.
/// The writer decides what to leave out before it asks for a name, so "" is a legal name: it comes
/// as a view that is not null.
template <class NameOf>
void append_members(std::string& json, doc::Value object, const doc::StringPolicy& policy,
                    Workspace& workspace, NameOf&& name_of) {
  TextBuffer scratch(workspace);
  for (const auto member : doc::Members(object)) {
    const std::string_view name = name_of(member.name.string(*scratch));
    if (name.data() == nullptr) continue;
    if (json.size() > 1) json += ',';
    doc::append_json_string(json, name);
    json += ':';
    doc::append_json(json, member.value, policy);
  }
}

/// Builds an object from another one, member by member.
template <class NameOf>
bool reshape(Cell& cell, Evaluator& e, NameOf&& name_of) {
  if (!want_object(cell, e)) return false;
  TextBuffer json(e.workspace());
  json->push_back('{');
  append_members(*json, cell.value(), e.policy, e.workspace(), name_of);
  json->push_back('}');
  cell.become_text(Cell::Kind::json, e.keep(*json));
  return true;
}

void read_names(const RuleReader& r, const Yaml* node, const std::string& what, bool, Step& out) {
  out.names = r.place().want_texts(argument(r, node, what, out, "pick: [name, url]"), what);
}

bool pick(Cell& cell, const Step& step, Evaluator& e) {
  return reshape(cell, e, [&](std::string_view name) {
    return contains(step.names, name) ? name : std::string_view();
  });
}

bool omit(Cell& cell, const Step& step, Evaluator& e) {
  return reshape(cell, e, [&](std::string_view name) {
    return contains(step.names, name) ? std::string_view() : name;
  });
}

void read_rename(const RuleReader& r, const Yaml* node, const std::string& what, bool, Step& out) {
  const Yaml& map = r.place().want_map(argument(r, node, what, out, "rename: { old: new }"), what);
  for (const auto& m : map.members)
    out.renames.emplace_back(m.name, r.place().want_text(m.value, "new name"));
}

bool rename(Cell& cell, const Step& step, Evaluator& e) {
  if (!want_object(cell, e)) return false;
  for (const auto& [from, to] : step.renames) {
    const bool also_renamed =
        std::any_of(step.renames.begin(), step.renames.end(),
                    [&target = to](const auto& other) { return other.first == target; });
    if (!also_renamed && cell.value().find(from) && cell.value().find(to))
      return e.fail("name_clash", "renaming would overwrite an attribute of the document");
  }
  return reshape(cell, e, [&](std::string_view name) -> std::string_view {
    for (const auto& [from, to] : step.renames)
      if (from == name) return to;
    return name;
  });
}

void read_merge(const RuleReader& r, const Yaml* node, const std::string& what, bool child,
                Step& out) {
  const Yaml& map =
      r.place().want_map(argument(r, node, what, out, "merge: { source: arangodb }"), what);
  for (const auto& m : map.members)
    out.merged.emplace_back(m.name, r.value(m.value, what + " member '" + m.name + "'", child));
  if (out.merged.size() > 64) r.place().fail(map.line, what + " takes at most 64 members");
}

/// The given members win over the object's own; a given value that is absent changes nothing.
bool merge(Cell& cell, const Step& step, Evaluator& e) {
  if (!want_object(cell, e)) return false;
  TextBuffer json(e.workspace()), given(e.workspace());
  const bool used = e.workspace().constant_used;
  std::uint64_t present = 0;
  for (std::size_t i = 0; i < step.merged.size(); ++i) {
    const auto& [name, source] = step.merged[i];
    Cell value;
    if (!e.evaluate(source, value)) return false;
    if (value.absent() && source.word != Word::constant) continue;
    present |= std::uint64_t{1} << i;
    given->push_back(',');
    doc::append_json_string(*given, name);
    given->push_back(':');
    if (!e.append_json_of(value, *given)) return false;
  }
  e.workspace().constant_used = used;
  json->push_back('{');
  append_members(*json, cell.value(), e.policy, e.workspace(), [&](std::string_view name) {
    for (std::size_t i = 0; i < step.merged.size(); ++i)
      if ((present >> i & 1) != 0 && step.merged[i].first == name) return std::string_view();
    return name;
  });
  json->append(*given, json->size() == 1 && !given->empty() ? 1 : 0);
  json->push_back('}');
  cell.become_text(Cell::Kind::json, e.keep(*json));
  return true;
}

bool json_text(Cell& cell, const Step&, Evaluator& e) {
  TextBuffer json(e.workspace());
  if (!e.append_json_of(cell, *json)) return false;
  cell.become_text(Cell::Kind::text, e.keep(*json));
  return true;
}

}  // namespace

const std::vector<Transform> json_transforms = {
    {"pick", read_names, pick, Shape::object, true},
    {"omit", read_names, omit, Shape::object, true},
    {"rename", read_rename, rename, Shape::object, true},
    {"merge", read_merge, merge, Shape::object, true},
    {"json", no_argument, json_text, Shape::text},
};

}  // namespace arango2pg::mapping
