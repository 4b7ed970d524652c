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
/// its bytes) at every level, and escapes in strings as the characters they stand for. The jsonb
/// value is the same as that of the source text, but COPY of 2.4 kB documents takes 20 to 30 % less
/// of the server's time; writing costs about 2 % of that. Order is all there is to win: objects
/// with escapes in their names and levels below `max_depth` are written in the source's order,
/// still correct. Keeps its memory; one thread at a time.
///
/// Precondition of all: the value holds nothing that jsonb can't (Node::impossible).
class JsonbOrder {
 public:
  /// As deep as ArangoDB itself nests. Bounds the recursion.
  static constexpr unsigned max_depth = 200;

  void append(std::string& out, Value value);
  /// An object of some members of `document`'s objects, by the nodes of their names; of equal names
  /// the last is to win.
  void append_members(std::string& out, const Document& document,
                      std::span<const std::uint32_t> names);

 private:
  /// A member's place in the order. `rank` decides nearly always: the length of the name and its
  /// first seven bytes.
  struct Entry {
    std::uint64_t rank;
    std::uint32_t member;  ///< node of the name
    std::uint32_t size;
    const char* name;
  };
  [[nodiscard]] Entry entry(std::uint32_t name) const;
  static bool before(const Entry& a, const Entry& b);
  static bool sort(std::span<Entry> entries);

  void look_at(const Document& document, std::string_view json);
  // These write to a place that is large enough and return what is behind the text: nothing takes
  // more bytes than in the source.
  char* write(char* to, std::uint32_t index, unsigned depth);
  char* write_array(char* to, std::uint32_t index, unsigned depth);
  char* write_object(char* to, std::uint32_t index, unsigned depth);
  char* write_members(char* to, std::size_t first, unsigned depth);
  char* write_string(char* to, const Node& string) const;
  char* copy(char* to, std::uint32_t begin, std::uint32_t end) const;

  std::vector<Entry> entries_;  ///< of all objects that are being written, innermost last
  const Node* nodes_ = nullptr;
  std::string_view text_;
  bool escapes_ = false;  ///< the text holds some where it is looked at
};

}  // namespace arango2pg::doc
