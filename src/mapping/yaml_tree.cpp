#include "mapping/yaml_tree.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <set>
#include <sstream>

#include "base/error.h"
#include "doc/json.h"
#include "mapping/decimal.h"

namespace arango2pg::mapping {
namespace {

/// Deeper nesting is a mistake (or an anchor that holds itself).
constexpr int max_depth = 100;
/// A mapping file is written by hand; aliases must not multiply it without end.
constexpr std::size_t max_nodes = 200'000;

class Builder {
 public:
  explicit Builder(const Place& place) : place_(place) {}

  Yaml build(const YAML::Node& node, int depth) {
    Yaml out;
    out.line = node.Mark().line + 1;
    if (depth > max_depth) place_.fail(out.line, "nested more than 100 levels deep");
    if (++nodes_ > max_nodes) place_.fail(out.line, "more than 200,000 values");
    if (node.IsScalar()) {
      out.kind = Yaml::Kind::scalar;
      out.text = node.Scalar();
      out.quoted = node.Tag() == "!";
    } else if (node.IsSequence()) {
      out.kind = Yaml::Kind::list;
      for (const auto& item : node) out.items.push_back(build(item, depth + 1));
    } else if (node.IsMap()) {
      out.kind = Yaml::Kind::map;
      add_members(out, node, depth);
    }
    return out;
  }

 private:
  void add_members(Yaml& out, const YAML::Node& node, int depth) {
    std::set<std::string> seen;
    for (const auto& pair : node) {
      const int line = pair.first.Mark().line + 1;
      if (!pair.first.IsScalar() && !pair.first.IsNull())
        place_.fail(line, "a key must be plain text");
      std::string name = pair.first.IsNull() ? "null" : pair.first.Scalar();
      if (!seen.insert(name).second) place_.fail(line, "key '" + name + "' stands twice");
      out.members.push_back({std::move(name), line, build(pair.second, depth + 1)});
    }
  }

  const Place& place_;
  std::size_t nodes_ = 0;
};

/// "01" and "1_000" are texts; "+1", ".5" and "5." are numbers, brought into JSON's spelling.
std::string json_number(const std::string& text) {
  const auto number = Decimal::parse(text);
  if (!number) return {};
  std::string s = text[0] == '+' ? text.substr(1) : text;
  const std::size_t sign = s[0] == '-' ? 1 : 0;
  if (s[sign] == '.') s.insert(sign, "0");
  if (const std::size_t dot = s.find('.'); dot != std::string::npos)
    if (dot + 1 == s.size() || s[dot + 1] == 'e' || s[dot + 1] == 'E') s.insert(dot + 1, "0");
  if (s[sign] == '0' && s.size() > sign + 1 && s[sign + 1] >= '0' && s[sign + 1] <= '9') return {};
  return s;
}

void append_scalar(std::string& out, const Yaml& node) {
  const std::string& t = node.text;
  if (!node.quoted) {
    if (t.empty() || t == "~" || t == "null" || t == "Null" || t == "NULL") {
      out += "null";
      return;
    }
    if (t == "true" || t == "True" || t == "TRUE") {
      out += "true";
      return;
    }
    if (t == "false" || t == "False" || t == "FALSE") {
      out += "false";
      return;
    }
    if (const std::string number = json_number(t); !number.empty()) {
      out += number;
      return;
    }
  }
  doc::append_json_string(out, t);
}

void append_json(std::string& out, const Yaml& node, bool sorted) {
  switch (node.kind) {
    case Yaml::Kind::null:
      out += "null";
      return;
    case Yaml::Kind::scalar:
      append_scalar(out, node);
      return;
    case Yaml::Kind::list:
      out += '[';
      for (std::size_t i = 0; i < node.items.size(); ++i) {
        if (i > 0) out += ',';
        append_json(out, node.items[i], sorted);
      }
      out += ']';
      return;
    case Yaml::Kind::map:
      break;
  }
  std::vector<const Yaml::Member*> members;
  for (const auto& m : node.members) members.push_back(&m);
  if (sorted)
    std::sort(members.begin(), members.end(),
              [](const auto* a, const auto* b) { return a->name < b->name; });
  out += '{';
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (i > 0) out += ',';
    doc::append_json_string(out, members[i]->name);
    out += ':';
    append_json(out, members[i]->value, sorted);
  }
  out += '}';
}

}  // namespace

const Yaml* Yaml::find(std::string_view name) const {
  for (const Member& m : members)
    if (m.name == name) return &m.value;
  return nullptr;
}

Yaml read_yaml(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf()).good())
    if (!in || in.peek() != std::ifstream::traits_type::eof())
      throw Error(Exit::usage, file + ": can't be read");
  return parse_yaml(text.str(), file);
}

Yaml parse_yaml(const std::string& text, const std::string& file) {
  const Place place(file);
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.size() > 1)
      place.fail(documents[1].Mark().line + 1, "holds more than one YAML document",
                 "Write one mapping per file.");
    if (documents.empty()) return {};
    return Builder(place).build(documents[0], 0);
  } catch (const YAML::Exception& e) {
    place.fail(e.mark.is_null() ? 0 : e.mark.line + 1, "not YAML: " + e.msg);
  }
}

std::string to_json(const Yaml& node, bool sorted) {
  std::string out;
  append_json(out, node, sorted);
  return out;
}

std::string Place::at(int line) const {
  return line > 0 ? file_ + ":" + std::to_string(line) + ": " : file_ + ": ";
}

void Place::fail(int line, const std::string& message, const std::string& hint) const {
  throw Error(Exit::usage, at(line) + message, hint);
}

const Yaml& Place::want_map(const Yaml& node, std::string_view what) const {
  if (!node.is_map()) fail(node.line, std::string(what) + " must be a map (name: value)");
  return node;
}

const Yaml& Place::want_list(const Yaml& node, std::string_view what) const {
  if (!node.is_list()) fail(node.line, std::string(what) + " must be a list");
  return node;
}

const std::string& Place::want_text(const Yaml& node, std::string_view what) const {
  if (!node.is_scalar() || (node.text.empty() && !node.quoted))
    fail(node.line, std::string(what) + " must be a text");
  return node.text;
}

bool Place::want_bool(const Yaml& node, std::string_view what) const {
  const std::string json = node.is_scalar() ? to_json(node) : "";
  if (json != "true" && json != "false")
    fail(node.line, std::string(what) + " must be true or false");
  return json == "true";
}

std::int64_t Place::want_integer(const Yaml& node, std::string_view what, std::int64_t min,
                                 std::int64_t max) const {
  std::int64_t v = 0;
  const char* end = node.text.data() + node.text.size();
  const auto [stop, ec] = std::from_chars(node.text.data(), end, v);
  if (!node.is_scalar() || ec != std::errc() || stop != end || v < min || v > max)
    fail(node.line, std::string(what) + " must be a whole number from " + std::to_string(min) +
                        " to " + std::to_string(max));
  return v;
}

std::vector<std::string> Place::want_texts(const Yaml& node, std::string_view what) const {
  if (node.is_scalar()) return {want_text(node, what)};
  if (!node.is_list()) fail(node.line, std::string(what) + " must be a text or a list of texts");
  std::vector<std::string> out;
  for (const Yaml& item : node.items) out.push_back(want_text(item, std::string(what) + " item"));
  return out;
}

std::size_t Place::want_word(const Yaml& node, std::string_view what,
                             std::initializer_list<std::string_view> words) const {
  const std::string& word = want_text(node, what);
  const auto found = std::find(words.begin(), words.end(), word);
  if (found == words.end()) {
    std::string list;
    for (const auto w : words) list += (list.empty() ? "" : ", ") + std::string(w);
    fail(node.line, "unknown " + std::string(what) + " '" + word + "'" + suggestion(word, words),
         "Known: " + list + ".");
  }
  return static_cast<std::size_t>(found - words.begin());
}

void Place::only(const Yaml& map, std::string_view where,
                 std::initializer_list<std::string_view> allowed) const {
  for (const auto& m : map.members)
    if (std::find(allowed.begin(), allowed.end(), m.name) == allowed.end())
      fail(m.line, "unknown key '" + m.name + "'" +
                       (where.empty() ? "" : " in " + std::string(where)) +
                       suggestion(m.name, allowed));
}

}  // namespace arango2pg::mapping
