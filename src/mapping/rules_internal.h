/// \file
/// Private to mapping/. What a mapping file says, after every key was checked. read_*.cpp fill it
/// in, compile.cpp copies it into the plan and adds what only the target's catalog can tell.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "doc/json.h"
#include "mapping/literal.h"
#include "mapping/path.h"
#include "mapping/spec.h"
#include "mapping/time.h"
#include "mapping/yaml_tree.h"

namespace re2 {
class RE2;
}

namespace arango2pg::mapping {

struct Step;
struct Transform;
class SchemaCheck;

/// The source words (design 5.1).
enum class Word : std::uint8_t {
  path,
  first,
  join,
  object,
  array,
  constant,
  document,
  uuid,
  reference,
  meta,
  parent,
};

enum class Meta : std::uint8_t {
  key,
  id,
  revision,
  revision_time,
  collection,
  from_collection,
  from_key,
  to_collection,
  to_key,
  index,
  run_id,
};

/// Which members of an object are taken, and under which names.
struct ObjectShape {
  bool has_only = false;
  std::vector<std::string> only;
  std::vector<std::string> omit;
  std::vector<std::pair<std::string, std::string>> rename;
};

/// An ObjectShape by slot; made by compile.cpp.
struct ShapePlan {
  enum class Use : std::uint8_t { omit, take, rename };
  std::vector<Use> by_slot;
  std::vector<std::string> names;  ///< by slot, of renamed members: `"new":`
  /// Slots whose names are taken by a renamed member: both in one document would lose one of them.
  std::vector<std::pair<int, int>> clashes;  ///< (slot of the old name, slot of the new name)
  bool others = true;                        ///< members without a slot
};

/// A path and the slot of its first name (see slots.h), filled in by compile.cpp. The path without
/// steps is the element itself.
struct SlotPath {
  Path path;
  int slot = -1;
  std::string text;  ///< for messages
};

/// An expression: one source word with its argument, then its modifiers.
struct Source {
  Word word = Word::constant;
  int line = 0;
  SlotPath at;                     ///< path
  std::vector<Source> parts;       ///< first, join, object, array; one for uuid and reference
  std::vector<std::string> names;  ///< object: of its parts
  std::string text;                ///< join: separator; reference: collection; parent: column
  Literal literal;                 ///< const
  ObjectShape shape;               ///< document
  std::shared_ptr<const ShapePlan> shape_plan;
  Meta meta = Meta::key;
  int parent_column = -1;  ///< parent: filled in by compile.cpp

  std::vector<Step> then;
  std::shared_ptr<Source> fallback;  ///< `default`
  bool default_if_absent = true;     ///< false for `required`, whose default is for errors only
  bool default_on_error = false;
};

/// `map`: what a text becomes. A null literal is "no value".
struct MapEntry {
  std::string from;
  Literal to;
};

/// One step of `then`. Which members are used depends on the transform.
struct Step {
  const Transform* transform = nullptr;
  int line = 0;
  std::string text, second;            ///< replace: from, to; split: separator; mask: character
  std::int64_t number = 0, other = 0;  ///< truncate, round; substring: from, length; mask: keep
  Literal literal;                     ///< scale: factor
  std::vector<std::string> names;      ///< pick, omit, null_if
  std::vector<std::pair<std::string, std::string>> renames;
  std::vector<TimeFormat> formats;
  Cut cut = Cut::refuse;
  std::shared_ptr<const Zone> zone;
  std::shared_ptr<const re2::RE2> pattern;
  std::vector<MapEntry> values;
  std::shared_ptr<Source> otherwise;
  std::vector<std::pair<std::string, Source>> merged;
};

struct ColumnRule {
  std::string name;
  int line = 0;
  Source source;
  bool required = false;
  std::string type;  ///< as written, "" = derived
  std::optional<doc::StringPolicy> strings;
};

/// One test of a `where` entry.
struct Test {
  enum class Kind : std::uint8_t {
    equals,
    differs,
    in,
    not_in,
    exists,
    missing,
    type,
    greater,
    greater_or_equal,
    less,
    less_or_equal,
    matches,
  };
  Kind kind = Kind::exists;
  std::vector<Literal> values;
  std::vector<std::string> types;
  std::shared_ptr<const re2::RE2> pattern;
};

struct Condition {
  SlotPath at;
  int line = 0;
  std::vector<Test> tests;  ///< all must hold
};

/// One rule of a `check` entry (an entry with three rules becomes three).
struct CheckRule {
  enum class Kind : std::uint8_t {
    required,
    type,
    format,
    enumeration,
    min,
    max,
    min_length,
    max_length,
    min_items,
    max_items,
    pattern,
    unique_items,
    not_null,
    schema,
  };
  Kind kind = Kind::required;
  int line = 0;
  bool reject = true;
  SlotPath at;
  bool whole = false;  ///< `schema` without path: the document
  std::vector<std::string> types;
  std::string format;
  std::vector<Literal> values;
  Literal bound;
  std::uint64_t count = 0;
  std::shared_ptr<const re2::RE2> pattern;
  std::shared_ptr<const SchemaCheck> schema;
};
/// "check_min_length".
std::string_view rule_code(CheckRule::Kind kind);

/// What fills one table: the mapping itself, or one of its `children`.
struct TableRules {
  int line = 0;
  TableName into;
  int into_line = 0;
  std::vector<std::string> key;
  int key_line = 0;
  SlotPath each;  ///< children only
  std::vector<ColumnRule> columns;
  std::vector<Condition> where;
  std::vector<CheckRule> checks;
  std::vector<TableRules> children;
};

enum class Unmapped : std::uint8_t { ignore, warn, reject };

struct Rules {
  Place place{""};
  TableRules root;
  int revision_line = 0;
  int audit_line = 0;
  doc::StringPolicy strings;
  Unmapped unmapped = Unmapped::warn;
  std::optional<std::vector<ColumnRule>> audit_columns;
  /// Automatic mapping only: columns with the SQL type as it is to be created, and the indexes.
  bool automatic = false;
  bool edge = false;
};

/// Reads the value of a column (or of anything that is a source with modifiers). `what` is for
/// messages: "column 'email'". `child`: parent and index are allowed.
class RuleReader {
 public:
  explicit RuleReader(const Place& place) : place_(place) {}

  [[nodiscard]] ColumnRule column(const std::string& name, int line, const Yaml& node,
                                  bool child) const;
  /// A map with one source word, or a text (a path).
  [[nodiscard]] Source source(const Yaml& node, const std::string& what, bool child) const;
  /// A source, or any other value as it stands (`default`, `merge`, `otherwise`). Texts are
  /// literals here.
  [[nodiscard]] Source value(const Yaml& node, const std::string& what, bool child) const;
  [[nodiscard]] std::vector<Step> steps(const Yaml& node, const std::string& what,
                                        bool child) const;
  [[nodiscard]] SlotPath path(const Yaml& node, const std::string& what, bool child) const;
  [[nodiscard]] std::vector<Condition> conditions(const Yaml& node, bool child) const;
  [[nodiscard]] std::vector<CheckRule> checks(const Yaml& node, bool child) const;
  [[nodiscard]] doc::StringPolicy strings(const Yaml& node, doc::StringPolicy base) const;
  [[nodiscard]] ObjectShape shape(const Yaml& node, const std::string& what) const;
  [[nodiscard]] std::shared_ptr<const re2::RE2> pattern(const Yaml& node,
                                                        const std::string& what) const;
  [[nodiscard]] std::vector<Literal> literals(const Yaml& node, const std::string& what) const;
  [[nodiscard]] const Place& place() const { return place_; }

 private:
  void read_word(Source& out, std::string_view word, const Yaml& argument, const std::string& what,
                 bool child) const;
  void read_modifiers(Source& out, const Yaml& node, const std::string& what, bool child) const;
  std::vector<Source> sources(const Yaml& node, const std::string& what, bool child) const;
  void read_check(std::vector<CheckRule>& out, const Yaml& node, bool child) const;
  void read_check_argument(CheckRule& rule, const Yaml& node, const std::string& what) const;

  const Place& place_;
};

}  // namespace arango2pg::mapping
