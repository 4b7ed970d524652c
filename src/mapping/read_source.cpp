// RuleReader: source words, modifiers, steps.
#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "mapping/rules_internal.h"
#include "mapping/transforms.h"

namespace arango2pg::mapping {
namespace {

struct WordName {
  std::string_view name;
  Word word;
};
constexpr std::array<WordName, 11> words = {{{"path", Word::path},
                                             {"first", Word::first},
                                             {"join", Word::join},
                                             {"object", Word::object},
                                             {"array", Word::array},
                                             {"const", Word::constant},
                                             {"document", Word::document},
                                             {"uuid", Word::uuid},
                                             {"reference", Word::reference},
                                             {"meta", Word::meta},
                                             {"parent", Word::parent}}};
constexpr std::array<std::string_view, 3> modifiers = {"default", "then", "on_error"};
constexpr std::array<std::string_view, 3> column_modifiers = {"required", "type", "strings"};

const WordName* find_word(std::string_view name) {
  const auto* found =
      std::find_if(words.begin(), words.end(), [&](const WordName& w) { return w.name == name; });
  return found == words.end() ? nullptr : found;
}

/// Words and modifiers, for suggestions.
std::vector<std::string_view> known_names(bool column) {
  std::vector<std::string_view> names;
  for (const WordName& w : words) names.push_back(w.name);
  names.insert(names.end(), modifiers.begin(), modifiers.end());
  if (column) names.insert(names.end(), column_modifiers.begin(), column_modifiers.end());
  return names;
}

std::string list_of(const std::vector<std::string_view>& names) {
  std::string out;
  for (const auto n : names) out += (out.empty() ? "" : ", ") + std::string(n);
  return out;
}

/// A source word, a modifier, or `with` beside `join`.
bool is_known(std::string_view name, const Yaml& node) {
  return find_word(name) != nullptr ||
         std::find(modifiers.begin(), modifiers.end(), name) != modifiers.end() ||
         (name == "with" && node.find("join") != nullptr);
}

[[noreturn]] void fail_unknown(const Place& place, const Yaml::Member& m, const std::string& what,
                               bool column) {
  if (m.name == "with") place.fail(m.line, "'with' of " + what + " belongs to 'join'");
  const auto known = known_names(column);
  place.fail(m.line, "unknown word '" + m.name + "' in " + what + suggestion(m.name, known),
             "Known: " + list_of(known) + ".");
}

/// True if a map is meant as a source: one of its keys is a source word, and all others are
/// modifiers.
bool looks_like_source(const Yaml& node) {
  if (!node.is_map()) return false;
  return std::any_of(node.members.begin(), node.members.end(),
                     [](const auto& m) { return find_word(m.name) != nullptr; }) &&
         std::all_of(node.members.begin(), node.members.end(),
                     [&](const auto& m) { return is_known(m.name, node); });
}

/// A zone must be known when the text is read, so `timezone` goes behind the step that reads it.
void order_zones(std::vector<Step>& steps) {
  for (std::size_t i = 0; i + 1 < steps.size(); ++i)
    if (steps[i].transform->name == "timezone" && steps[i + 1].transform->name == "timestamp")
      std::swap(steps[i], steps[i + 1]);
}

}  // namespace

SlotPath RuleReader::path(const Yaml& node, const std::string& what, bool child) const {
  const std::string& text = place_.want_text(node, what);
  SlotPath out;
  if (text == "." && child) return out;
  std::string why;
  auto path = Path::parse(text, why);
  if (!path)
    place_.fail(
        node.line, "path '" + text + "' " + why,
        "Write paths as a.b[0].c; put names with special characters in quotes: 'a.\"b.c\"'.");
  out.path = std::move(*path);
  out.text = out.path.text();
  return out;
}

std::shared_ptr<const re2::RE2> RuleReader::pattern(const Yaml& node,
                                                    const std::string& what) const {
  const std::string& text = place_.want_text(node, what);
  auto pattern = std::make_shared<const re2::RE2>(text, re2::RE2::Quiet);
  if (!pattern->ok())
    place_.fail(node.line, "pattern '" + text + "': " + pattern->error(),
                "Patterns follow RE2: no back-references and no look-around.");
  return pattern;
}

std::vector<Literal> RuleReader::literals(const Yaml& node, const std::string& what) const {
  std::vector<Literal> out;
  if (node.is_list()) {
    for (const Yaml& item : node.items) out.emplace_back(to_json(item));
    if (out.empty()) place_.fail(node.line, what + " is an empty list");
  } else {
    out.emplace_back(to_json(node));
  }
  return out;
}

ObjectShape RuleReader::shape(const Yaml& node, const std::string& what) const {
  ObjectShape shape;
  if (node.is_null() || (node.is_scalar() && to_json(node) == "true")) return shape;
  place_.only(place_.want_map(node, what), what, {"only", "omit", "rename"});
  if (const Yaml* only = node.find("only")) {
    shape.has_only = true;
    shape.only = place_.want_texts(*only, "'only'");
  }
  if (const Yaml* omit = node.find("omit")) shape.omit = place_.want_texts(*omit, "'omit'");
  if (shape.has_only && !shape.omit.empty())
    place_.fail(node.line, "'only' and 'omit' exclude each other");
  if (const Yaml* rename = node.find("rename"))
    for (const auto& m : place_.want_map(*rename, "'rename'").members) {
      const std::string& to = place_.want_text(m.value, "new name");
      for (const auto& other : shape.rename)
        if (other.second == to) place_.fail(m.line, "two attributes are renamed to '" + to + "'");
      shape.rename.emplace_back(m.name, to);
    }
  return shape;
}

std::vector<Source> RuleReader::sources(const Yaml& node, const std::string& what,
                                        bool child) const {
  std::vector<Source> out;
  for (const Yaml& item : place_.want_list(node, what).items)
    out.push_back(source(item, what, child));
  if (out.empty()) place_.fail(node.line, what + " is an empty list");
  return out;
}

Source RuleReader::source(const Yaml& node, const std::string& what, bool child) const {
  Source out;
  out.line = node.line;
  if (node.is_scalar()) {
    out.word = Word::path;
    out.at = path(node, what, child);
    return out;
  }
  place_.want_map(node, what);
  const Yaml::Member* word = nullptr;
  for (const auto& m : node.members) {
    if (find_word(m.name) == nullptr) continue;
    if (word != nullptr)
      place_.fail(m.line,
                  what + " has two source words, '" + word->name + "' and '" + m.name + "'");
    word = &m;
  }
  for (const auto& m : node.members)
    if (!is_known(m.name, node)) fail_unknown(place_, m, what, false);
  if (word == nullptr)
    place_.fail(node.line, what + " has no source word",
                "Say where the value comes from: { path: … }, { const: … }, { meta: key } ….");
  out.line = word->line;
  read_word(out, word->name, word->value, what, child);
  read_modifiers(out, node, what, child);
  return out;
}

Source RuleReader::value(const Yaml& node, const std::string& what, bool child) const {
  if (looks_like_source(node)) return source(node, what, child);
  Source out;
  out.word = Word::constant;
  out.line = node.line;
  out.literal = Literal(to_json(node));
  return out;
}

void RuleReader::read_word(Source& out, std::string_view name, const Yaml& argument,
                           const std::string& what, bool child) const {
  out.word = find_word(name)->word;
  const std::string inside = "'" + std::string(name) + "' of " + what;
  switch (out.word) {
    case Word::path:
      out.at = path(argument, inside, child);
      return;
    case Word::first:
      out.parts = sources(argument, inside, child);
      return;
    case Word::join:
      if (argument.is_list()) {
        out.parts = sources(argument, inside, child);
      } else {
        out.parts.push_back(source(argument, inside, child));
      }
      return;
    case Word::object:
      for (const auto& m : place_.want_map(argument, inside).members) {
        out.names.push_back(m.name);
        out.parts.push_back(source(m.value, "member '" + m.name + "' of " + what, child));
      }
      return;
    case Word::array:
      out.parts = sources(argument, inside, child);
      return;
    case Word::constant:
      out.literal = Literal(to_json(argument));
      return;
    case Word::document:
      out.shape = shape(argument, inside);
      return;
    case Word::uuid:
      out.parts.push_back(source(argument, inside, child));
      return;
    case Word::reference: {
      Yaml inner = argument;
      if (inner.is_map()) {
        for (const auto& m : argument.members)
          if (m.name == "collection") out.text = place_.want_text(m.value, "'collection'");
        std::erase_if(inner.members, [](const auto& m) { return m.name == "collection"; });
      }
      out.parts.push_back(source(inner, inside, child));
      return;
    }
    case Word::meta:
      out.meta = static_cast<Meta>(place_.want_word(
          argument, "meta word",
          {"key", "id", "revision", "revision_time", "collection", "from_collection", "from_key",
           "to_collection", "to_key", "index", "run_id"}));
      if (out.meta == Meta::index && !child)
        place_.fail(argument.line, "'meta: index' is the number of an array's element",
                    "Use it in `children`.");
      return;
    case Word::parent:
      out.text = place_.want_text(argument, inside);
      if (!child)
        place_.fail(argument.line, "'parent' names a column of the parent row",
                    "Use it in `children`.");
      return;
  }
}

void RuleReader::read_modifiers(Source& out, const Yaml& node, const std::string& what,
                                bool child) const {
  if (const Yaml* with = node.find("with"); with != nullptr && out.word == Word::join)
    out.text = place_.want_text(*with, "'with'");
  if (const Yaml* then = node.find("then")) out.then = steps(*then, what, child);
  if (const Yaml* fallback = node.find("default"))
    out.fallback = std::make_shared<Source>(value(*fallback, "'default' of " + what, child));
  if (const Yaml* on_error = node.find("on_error")) {
    out.default_on_error = place_.want_word(*on_error, "on_error", {"reject", "default"}) == 1;
    if (out.default_on_error && !out.fallback)
      place_.fail(on_error->line, "'on_error: default' of " + what + " needs a 'default'",
                  "Write `default: null` if a failed conversion shall be NULL.");
  }
}

std::vector<Step> RuleReader::steps(const Yaml& node, const std::string& what, bool child) const {
  std::vector<Step> out;
  for (const Yaml& item : place_.want_list(node, "'then' of " + what).items) {
    const Yaml* argument = nullptr;
    std::string name;
    Step step;
    step.line = item.line;
    if (item.is_scalar()) {
      name = item.text;
    } else if (item.is_map() && item.members.size() == 1) {
      name = item.members[0].name;
      step.line = item.members[0].line;
      argument = &item.members[0].value;
    } else {
      place_.fail(item.line, "a step of " + what + " is a name or one 'name: argument'");
    }
    step.transform = find_transform(name);
    if (step.transform == nullptr)
      place_.fail(step.line,
                  "unknown transform '" + name + "'" + suggestion(name, transform_names()),
                  "Known: " + list_of(transform_names()) + ".");
    step.transform->read(*this, argument, "'" + name + "'", child, step);
    out.push_back(std::move(step));
  }
  order_zones(out);
  return out;
}

ColumnRule RuleReader::column(const std::string& name, int line, const Yaml& node,
                              bool child) const {
  const std::string what = "column '" + name + "'";
  ColumnRule out;
  out.name = name;
  out.line = line;
  if (!node.is_map())
    place_.fail(line, what + " must be a map with a source word",
                "Write " + name + ": { path: … }.");
  Yaml inner = node;
  std::erase_if(inner.members, [](const auto& m) {
    return std::find(column_modifiers.begin(), column_modifiers.end(), m.name) !=
           column_modifiers.end();
  });
  if (inner.members.empty()) inner.line = line;
  for (const auto& m : inner.members)
    if (!is_known(m.name, inner)) fail_unknown(place_, m, what, true);
  out.source = source(inner, what, child);
  if (const Yaml* required = node.find("required"))
    out.required = place_.want_bool(*required, "'required'");
  out.source.default_if_absent = !out.required;
  if (out.required && out.source.fallback && !out.source.default_on_error)
    place_.fail(line, "the 'default' of required " + what + " would never be used",
                "Leave one of them out, or add `on_error: default`.");
  if (const Yaml* type = node.find("type")) out.type = place_.want_text(*type, "'type'");
  if (const Yaml* strings = node.find("strings")) out.strings = this->strings(*strings, {});
  return out;
}

doc::StringPolicy RuleReader::strings(const Yaml& node, doc::StringPolicy base) const {
  place_.only(place_.want_map(node, "'strings'"), "'strings'", {"nul", "surrogate"});
  const auto policy = [&](const Yaml& n) {
    return static_cast<doc::CharPolicy>(
        place_.want_word(n, "policy", {"reject", "strip", "replace"}));
  };
  if (const Yaml* nul = node.find("nul")) base.nul = policy(*nul);
  if (const Yaml* surrogate = node.find("surrogate")) base.surrogate = policy(*surrogate);
  return base;
}

}  // namespace arango2pg::mapping
