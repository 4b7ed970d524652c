/// \file
/// Names for what `infer` creates: as near to ArangoDB's as PostgreSQL allows.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace arango2pg::run {

enum class NameStyle : std::uint8_t {
  keep,   ///< as they are; SQL must quote what is not plain
  plain,  ///< lower case with underscores: SQL needs no quotes
};

/// The names of one scope (relations of a schema, columns of a table): each is given out once.
class NameBook {
 public:
  explicit NameBook(NameStyle style) : style_(style) {}
  /// A name nobody has, as near to `wanted` as possible: at most 63 bytes, no control characters.
  std::string take(std::string_view wanted);

 private:
  NameStyle style_;
  std::set<std::string, std::less<>> taken_;
};

/// True if a column, a path and a comment can carry the name at all.
bool is_nameable(std::string_view attribute);

/// `text` for a file's name: letters, digits, '-', '_' and '.'; never empty, never hidden.
std::string file_word(std::string_view text);

/// `text` in one line, for comments.
std::string one_line(std::string_view text);

}  // namespace arango2pg::run
