/// \file
/// A form of JSON in which two values have the same bytes exactly if PostgreSQL's jsonb calls them
/// equal: members sorted and the last of equal names kept, texts unescaped, numbers by value
/// (1, 1.0 and 10e-1 are one). For comparing only, nobody reads it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "doc/batch.h"

namespace arango2pg::doc {

/// Keeps its memory from value to value; one thread at a time.
class CanonicalJson {
 public:
  /// Appends the canonical form of `json`, which somebody else has checked: PostgreSQL, or the
  /// parser in json.h. One pass, no tree; members that come in jsonb's order need no sorting. False
  /// for what is no JSON (`out` is then as before).
  bool append(PaddedBuffer& out, std::string_view json);

 private:
  struct Open {
    bool object;
    bool sorted;        ///< so far
    std::size_t first;  ///< index of its first member
  };
  struct Member {
    std::size_t begin;  ///< in the output
    std::size_t name;
    std::size_t name_size;
  };

  bool value();
  bool name();
  bool string();
  bool number();
  bool word(std::string_view text, char tag);
  void open(bool object);
  void close();
  void sort_members(std::size_t first);

  char* room(std::size_t bytes);
  void put(char tag);
  void put_size(std::uint64_t n);
  void put_text(std::string_view text);
  void put_number(bool negative, std::string_view digits, std::string_view more,
                  std::int64_t exponent);
  void skip_space();
  [[nodiscard]] char peek() const { return at_ < end_ ? *at_ : '\0'; }

  PaddedBuffer* out_ = nullptr;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  std::vector<Open> open_;
  std::vector<Member> members_;  ///< of all objects that are open
  std::string scratch_;
};

}  // namespace arango2pg::doc
