#include "doc/jsonb_order.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "doc/escapes.h"
#include "doc/utf8.h"

namespace arango2pg::doc {
namespace {

constexpr std::size_t rank_bytes = 7;
/// Up to here sorting by insertion is faster, and most objects are smaller.
constexpr std::size_t few = 32;

bool is_container(const Node& n) { return n.kind == Kind::array || n.kind == Kind::object; }
/// Strings stand between quotes that do not belong to the node.
std::uint32_t source_begin(const Node& n) { return n.begin - (n.kind == Kind::string ? 1U : 0U); }
std::uint32_t source_end(const Node& n) {
  return n.begin + n.size + (n.kind == Kind::string ? 1U : 0U);
}

std::uint64_t big_endian(const char* eight_bytes) {
  std::uint64_t v = 0;
  std::memcpy(&v, eight_bytes, sizeof v);
  if constexpr (std::endian::native == std::endian::little) v = __builtin_bswap64(v);
  return v;
}

}  // namespace

JsonbOrder::Entry JsonbOrder::entry(std::uint32_t member) const {
  constexpr std::uint32_t long_name = 255;  // only these are compared by size and bytes themselves
  const Node& node = nodes_[member];
  const char* name = text_.data() + node.begin;
  std::uint64_t bytes = 0;
  if (node.size != 0 && node.size < long_name) {
    const std::size_t size = std::min<std::size_t>(node.size, rank_bytes);
    if (node.begin + sizeof bytes <= text_.size()) {
      bytes = big_endian(name) >> (64 - 8 * size) << (56 - 8 * size);
    } else {
      char eight[sizeof bytes] = {};
      std::memcpy(eight, name, size);
      bytes = big_endian(eight) >> 8;
    }
  }
  const std::uint64_t length = std::min(node.size, long_name);
  return {length << 56 | bytes, member, node.size, name};
}

bool JsonbOrder::before(const Entry& a, const Entry& b) {
  if (a.rank != b.rank) return a.rank < b.rank;
  if (a.size != b.size) return a.size < b.size;
  const int order = a.size > rank_bytes ? std::memcmp(a.name, b.name, a.size) : 0;
  return order != 0 ? order < 0 : a.member < b.member;
}

/// True if there was anything to do.
bool JsonbOrder::sort(std::span<Entry> entries) {
  if (std::is_sorted(entries.begin(), entries.end(), before)) return false;
  if (entries.size() > few) {
    std::sort(entries.begin(), entries.end(), before);
    return true;
  }
  for (std::size_t i = 1; i < entries.size(); ++i) {
    const Entry moving = entries[i];
    std::size_t at = i;
    for (; at > 0 && before(moving, entries[at - 1]); --at) entries[at] = entries[at - 1];
    entries[at] = moving;
  }
  return true;
}

char* JsonbOrder::copy(char* to, std::uint32_t begin, std::uint32_t end) const {
  std::memcpy(to, text_.data() + begin, end - begin);
  return to + (end - begin);
}

/// Servers send all text in seven bits: what another alphabet is written in takes a third of the
/// bytes, and of PostgreSQL's time, as UTF-8. What JSON must escape stays as it stands.
char* JsonbOrder::write_string(char* to, const Node& string) const {
  const char* at = text_.data() + string.begin;
  const char* const end = at + string.size;
  *to++ = '"';
  while (at < end) {
    const auto* hit =
        static_cast<const char*>(std::memchr(at, '\\', static_cast<std::size_t>(end - at)));
    const auto plain = static_cast<std::size_t>((hit == nullptr ? end : hit) - at);
    std::memcpy(to, at, plain);
    to += plain;
    at += plain;
    if (hit == nullptr) break;
    const Escape escape = read_escape(at, end);
    if (escape.code < 0x80 || is_surrogate(escape.code)) {
      std::memcpy(to, at, escape.size);
      to += escape.size;
    } else {
      to = put_utf8(to, escape.code);
    }
    at += escape.size;
  }
  *to++ = '"';
  return to;
}

char* JsonbOrder::write(char* to, std::uint32_t index, unsigned depth) {
  const Node& n = nodes_[index];
  if (!is_container(n))
    return (n.flags & Node::escaped) != 0 ? write_string(to, n)
                                          : copy(to, source_begin(n), source_end(n));
  const bool flat = n.next - index - 1 == n.count;  // an array of scalars, or an empty object
  if ((flat && !escapes_) || depth == 0) return copy(to, source_begin(n), source_end(n));
  return n.kind == Kind::array ? write_array(to, index, depth - 1)
                               : write_object(to, index, depth - 1);
}

char* JsonbOrder::write_array(char* to, std::uint32_t index, unsigned depth) {
  const std::uint32_t end = nodes_[index].next;
  *to++ = '[';
  for (std::uint32_t i = index + 1; i < end; i = nodes_[i].next) {
    if (i != index + 1) *to++ = ',';
    to = write(to, i, depth);
  }
  *to++ = ']';
  return to;
}

char* JsonbOrder::write_object(char* to, std::uint32_t index, unsigned depth) {
  const Node& object = nodes_[index];
  const std::size_t first = entries_.size();
  bool escaped = false;
  for (std::uint32_t i = index + 1; i < object.next; i = nodes_[i + 1].next) {
    escaped |= (nodes_[i].flags & Node::escaped) != 0;
    entries_.push_back(entry(i));
  }
  const bool moved = !escaped && sort({entries_.data() + first, entries_.size() - first});
  const bool only_scalars = object.next - index - 1 == 2 * object.count;
  if (!moved && only_scalars && !escapes_) {
    entries_.resize(first);
    return copy(to, object.begin, object.begin + object.size);
  }
  return write_members(to, first, depth);
}

/// Those in entries_ from `first` on; takes them off.
char* JsonbOrder::write_members(char* to, std::size_t first, unsigned depth) {
  *to++ = '{';
  for (std::size_t e = first, end = entries_.size(); e < end; ++e) {
    if (e != first) *to++ = ',';
    const std::uint32_t member = entries_[e].member;
    const Node& name = nodes_[member];
    const Node& value = nodes_[member + 1];
    const bool as_it_stands = (value.flags & Node::escaped) == 0;
    if (as_it_stands && source_begin(value) == source_end(name) + 1 && !is_container(value)) {
      to = copy(to, source_begin(name), source_end(value));
      continue;
    }
    to = copy(to, source_begin(name), source_end(name));
    *to++ = ':';
    to = write(to, member + 1, depth);
  }
  *to++ = '}';
  entries_.resize(first);
  return to;
}

void JsonbOrder::look_at(const Document& document, std::string_view json) {
  nodes_ = document.nodes().data();
  text_ = document.text();
  escapes_ = json.find('\\') != std::string_view::npos;
  entries_.clear();
}

void JsonbOrder::append(std::string& out, Value value) {
  look_at(value.document(), value.json());
  const Node& n = value.node();
  const std::size_t start = out.size();
  out.resize(start + source_end(n) - source_begin(n));
  const char* const end = write(out.data() + start, value.index(), max_depth);
  out.resize(static_cast<std::size_t>(end - out.data()));
}

void JsonbOrder::append_members(std::string& out, const Document& document,
                                std::span<const std::uint32_t> names) {
  look_at(document, document.text());
  bool escaped = false;
  std::size_t bound = 2;
  for (const std::uint32_t name : names) {
    const Node& value = nodes_[name + 1];
    escaped |= (nodes_[name].flags & Node::escaped) != 0;
    bound += nodes_[name].size + 4 + (source_end(value) - source_begin(value));
    entries_.push_back(entry(name));
  }
  if (!escaped) sort(entries_);
  const std::size_t start = out.size();
  out.resize(start + bound);
  const char* const end = write_members(out.data() + start, 0, max_depth);
  out.resize(static_cast<std::size_t>(end - out.data()));
}

}  // namespace arango2pg::doc
