/// \file
/// JSON in the order in which jsonb stores it, so that the server has nothing left to sort.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "doc/json.h"

namespace arango2pg::doc {

/// Writes values with the members of their objects in jsonb's own order (length of the name, then
/// its bytes) at every level. The jsonb value is the same as that of the source text, but COPY of
/// 2.4 kB documents takes 20 to 30 % less of the server's time; writing costs about 2 % of that.
/// Order is all there is to win: objects with escapes in their names, values with impossible
/// characters and levels below `max_depth` are written in the source's order, still correct.
/// Keeps its memory; one thread at a time.
class JsonbOrder {
 public:
  /// As deep as ArangoDB itself nests. Bounds the recursion.
  static constexpr unsigned max_depth = 200;

  /// append_json(), in order. The same precondition.
  void append(std::string& out, Value value, const StringPolicy& policy);

  /// A member chosen for a new object: a member's value in its document, under its own name or
  /// another one.
  struct Member {
    Value value;
    std::string_view name = {};  ///< JSON string with quotes; empty = the name it has
  };
  /// An object of `members`, which stand in the order in which the last of equal names is to win.
  void append_object(std::string& out, std::span<const Member> members, const StringPolicy& policy);

 private:
  /// A member's place in the order. `rank` decides nearly always: the length of the name and its
  /// first seven bytes.
  struct Entry {
    std::uint64_t rank;
    std::uint32_t member;
    std::uint32_t size;
    const char* name;
  };
  static Entry entry(std::string_view name, std::uint32_t member, const char* readable_end);
  static bool before(const Entry& a, const Entry& b);
  static bool sort(std::span<Entry> entries);

  char* write(char* to, std::uint32_t index, unsigned depth);
  char* write_array(char* to, std::uint32_t index, unsigned depth);
  char* write_object(char* to, std::uint32_t index, unsigned depth);
  char* copy(char* to, std::uint32_t begin, std::uint32_t end) const;

  std::vector<Entry> entries_;  ///< of all objects that are being written, innermost last
  const Node* nodes_ = nullptr;
  std::string_view text_;
};

}  // namespace arango2pg::doc
