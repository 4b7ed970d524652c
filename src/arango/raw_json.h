/// \file
/// Looks into JSON without parsing it: just deep enough to find where a member's value stands.
/// What it can't make sense of it leaves alone; the mapping parses every document in full later.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace arango2pg::arango {

/// Walks the members of the object that `text` begins with (white space before it is skipped).
/// Names and values are views of `text`; names without quotes and still escaped.
class RawMembers {
 public:
  struct Member {
    std::string_view name;
    std::string_view value;
  };

  explicit RawMembers(std::string_view text);
  /// The next member; nothing behind the last one and where the text is no JSON any more.
  std::optional<Member> next();
  /// True once the closing bracket has been met.
  [[nodiscard]] bool complete() const { return complete_; }
  /// Offset in the text behind what has been read.
  [[nodiscard]] std::size_t offset() const { return at_; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  bool first_ = true;
  bool open_ = false;
  bool complete_ = false;
};

/// Offset behind the value that begins at `at` (no white space there); npos if the text ends first.
std::size_t skip_value(std::string_view text, std::size_t at);

/// Offset of the first character from `at` on that is no white space.
std::size_t skip_space(std::string_view text, std::size_t at);

/// What is between the quotes of a string; of anything else the value as it is.
std::string_view unquoted(std::string_view value);
/// What is between the quotes of a string; empty if the value is none.
std::string_view string_text(std::string_view value);

/// The text of a top-level string member; nothing if it is absent, no string, or holds escapes
/// (keys never do: the server's key alphabet has neither quotes nor backslashes).
std::optional<std::string_view> plain_string_member(std::string_view object, std::string_view name);

}  // namespace arango2pg::arango
