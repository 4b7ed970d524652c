/// \file
/// Private to mapping/. Values that stand in a mapping file, and comparing them with values of a
/// document.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doc/json.h"

namespace arango2pg::mapping {

/// A JSON value that owns its text. Immutable; copies share it. Readable from any thread.
class Literal {
 public:
  Literal();  ///< null
  /// Precondition: `json` is a JSON text that jsonb takes. Throws Error(unexpected) if not.
  explicit Literal(std::string_view json);

  [[nodiscard]] doc::Value value() const;
  [[nodiscard]] doc::Kind kind() const { return value().kind(); }
  [[nodiscard]] bool is_null() const { return value().is_null(); }
  [[nodiscard]] std::string json() const { return std::string(value().json()); }
  /// A string's text, a scalar's literal. Precondition: no container.
  [[nodiscard]] std::string text() const;

 private:
  struct Held;
  std::shared_ptr<const Held> held_;
};

/// Equal as jsonb sees it: numbers by value, objects without order, the last of equal names.
bool equal(doc::Value a, doc::Value b);

/// What walks down a whole value by recursion refuses deeper ones (the server stops at 200).
constexpr std::size_t max_walk_depth = 400;
/// True if arrays and objects are nested deeper than that below `value`.
bool too_deep(doc::Value value);

/// A text that is the same for equal values.
void append_canonical(std::string& out, doc::Value value);
/// True if two elements of the array are equal. Precondition: not too_deep().
bool has_duplicates(doc::Value array);

/// Order of two numbers or two strings (by bytes, which is code point order). Nothing for other
/// pairs.
std::optional<int> compare(doc::Value a, doc::Value b);

}  // namespace arango2pg::mapping
