/// \file
/// Private to mapping/. A YAML file as a tree that remembers its lines, and the words for mistakes
/// in it. yaml_tree.cpp is the only file that includes yaml-cpp.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace arango2pg::mapping {

/// A node. Scalars keep their text and whether they were quoted: `1` is a number, `"1"` is not.
struct Yaml {
  enum class Kind { null, scalar, list, map };
  struct Member;

  Kind kind = Kind::null;
  std::string text;     ///< scalars
  bool quoted = false;  ///< scalars: written in quotes or as a block
  int line = 0;         ///< counts from 1
  std::vector<Yaml> items;
  std::vector<Member> members;  ///< in the order of the file; names are unique

  [[nodiscard]] bool is_null() const { return kind == Kind::null; }
  [[nodiscard]] bool is_scalar() const { return kind == Kind::scalar; }
  [[nodiscard]] bool is_list() const { return kind == Kind::list; }
  [[nodiscard]] bool is_map() const { return kind == Kind::map; }
  /// Nothing (null pointer) if there is no such member or this is no map.
  [[nodiscard]] const Yaml* find(std::string_view name) const;
};

struct Yaml::Member {
  std::string name;
  int line = 0;
  Yaml value;
};

/// Reads a file that holds one YAML document. Throws Error(usage) with "file:line: …": not
/// readable, not YAML, more than one document, a name that stands twice in one map.
Yaml read_yaml(const std::string& file);
/// The same for a text; `file` is for messages.
Yaml parse_yaml(const std::string& text, const std::string& file);

/// The value as JSON text. With `sorted`, maps are ordered by name: two files that say the same
/// have the same text. Plain scalars become null, booleans and numbers as in YAML 1.2's core schema
/// (decimal numbers only); everything else is a string.
std::string to_json(const Yaml& node, bool sorted = false);

/// Where a mistake stands, and the way to say so.
class Place {
 public:
  explicit Place(std::string file) : file_(std::move(file)) {}
  [[nodiscard]] const std::string& file() const { return file_; }

  /// "mappings/users.yaml:12: " (without the line if it is 0).
  [[nodiscard]] std::string at(int line) const;
  [[noreturn]] void fail(int line, const std::string& message, const std::string& hint = {}) const;

  /// Throws unless the value has the wanted shape; `what` names it in the message ("'columns'").
  const Yaml& want_map(const Yaml& node, std::string_view what) const;
  const Yaml& want_list(const Yaml& node, std::string_view what) const;
  const std::string& want_text(const Yaml& node, std::string_view what) const;
  [[nodiscard]] bool want_bool(const Yaml& node, std::string_view what) const;
  /// A whole number in [min, max].
  [[nodiscard]] std::int64_t want_integer(const Yaml& node, std::string_view what, std::int64_t min,
                                          std::int64_t max) const;
  /// A list of texts, or one text.
  [[nodiscard]] std::vector<std::string> want_texts(const Yaml& node, std::string_view what) const;
  /// One of `words`, else an error with a suggestion; returns its index.
  std::size_t want_word(const Yaml& node, std::string_view what,
                        std::initializer_list<std::string_view> words) const;
  /// Throws for a member of `map` that is not in `allowed`, with a suggestion.
  void only(const Yaml& map, std::string_view where,
            std::initializer_list<std::string_view> allowed) const;

 private:
  std::string file_;
};

}  // namespace arango2pg::mapping
