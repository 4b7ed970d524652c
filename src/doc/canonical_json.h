/// \file
/// JSON as jsonb prints it: members sorted and the last of equal names kept, ", " and ": " between
/// them, no escapes but the needed ones. For comparing: two values have the same bytes exactly if
/// PostgreSQL's jsonb calls them equal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "doc/batch.h"

namespace arango2pg::doc {

enum class JsonNumbers : std::uint8_t {
  by_value,    ///< 1, 1.0 and 10e-1 are one, in a form of our own
  as_printed,  ///< with all their digits behind the point: the bytes are those of `value::text`
};

/// Keeps its memory from value to value; one thread at a time.
class CanonicalJson {
 public:
  /// Appends the canonical form of `json`, which somebody else has checked: PostgreSQL, or the
  /// parser in json.h. One pass, no tree; members that come in jsonb's order need no sorting. False
  /// for what is no JSON (`out` is then as before), and for numbers that numeric can't hold if they
  /// are to be printed.
  bool append(PaddedBuffer& out, std::string_view json,
              JsonNumbers numbers = JsonNumbers::by_value);

 private:
  struct Open {
    bool object;
    bool sorted;        ///< so far
    std::size_t first;  ///< index of its first member
  };
  struct Member {
    std::size_t begin;      ///< in the output, from append()'s beginning
    std::string_view name;  ///< unescaped: of the input, or of `names_`
  };

  bool value();
  bool name();
  bool string(std::string_view* name);
  bool escaped(const char* begin, const char* backslash, std::string_view* name);
  bool number();
  bool unusual_number(const char* literal);
  bool word(std::string_view text);
  void open(bool object);
  void close();
  void sort_members(std::size_t first);

  void room(std::size_t bytes);
  void put(char c) { *to_++ = c; }
  void put(std::string_view text);
  void put_by_value(bool negative, std::string_view digits, std::int64_t exponent);
  void put_printed(bool negative, std::string_view digits, std::int64_t before_point);
  void put_escaped(std::uint32_t code);
  void skip_space();
  [[nodiscard]] char peek() const { return at_ < end_ ? *at_ : '\0'; }
  [[nodiscard]] std::size_t written() const;

  PaddedBuffer* out_ = nullptr;
  std::size_t begin_ = 0;  ///< of this value in the output
  char* to_ = nullptr;     ///< where writing goes on
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  JsonNumbers numbers_ = JsonNumbers::by_value;
  std::vector<Open> open_;
  std::vector<Member> members_;                                  ///< of all objects that are open
  std::vector<std::pair<std::string_view, std::size_t>> spans_;  ///< for sorting
  std::deque<std::string> names_;                                ///< those that had escapes
  std::string scratch_;
};

}  // namespace arango2pg::doc
