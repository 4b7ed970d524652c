#include "doc/jsonb_order.h"

#include <algorithm>
#include <bit>
#include <cstring>

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

JsonbOrder::Entry JsonbOrder::entry(std::string_view name, std::uint32_t member,
                                    const char* readable_end) {
  constexpr std::size_t long_name = 255;  // only these are compared by size and bytes themselves
  const std::size_t size = name.size() >= long_name ? 0 : std::min(name.size(), rank_bytes);
  std::uint64_t bytes = 0;
  if (static_cast<std::size_t>(readable_end - name.data()) >= sizeof bytes) {
    bytes = size == 0 ? 0 : big_endian(name.data()) >> (64 - 8 * size) << (56 - 8 * size);
  } else {
    char eight[8] = {};
    name.copy(eight, size);
    bytes = big_endian(eight) >> 8;
  }
  const std::uint64_t length = std::min(name.size(), long_name);
  return {length << 56 | bytes, member, static_cast<std::uint32_t>(name.size()), name.data()};
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

/// Never writes more than the value takes in the source.
char* JsonbOrder::write(char* to, std::uint32_t index, unsigned depth) {
  const Node& n = nodes_[index];
  const bool flat = n.next - index - 1 == n.count;  // an array of scalars, or an empty object
  if (!is_container(n) || flat || depth == 0) return copy(to, source_begin(n), source_end(n));
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
    const Node& name = nodes_[i];
    escaped |= (name.flags & Node::escaped) != 0;
    entries_.push_back(entry(text_.substr(name.begin, name.size), i, text_.data() + text_.size()));
  }
  const bool moved = !escaped && sort({entries_.data() + first, entries_.size() - first});
  const bool only_scalars = object.next - index - 1 == 2 * object.count;
  if (!moved && only_scalars) {
    entries_.resize(first);
    return copy(to, object.begin, object.begin + object.size);
  }
  *to++ = '{';
  for (std::size_t e = first; e < first + object.count; ++e) {
    if (e != first) *to++ = ',';
    const std::uint32_t member = entries_[e].member;
    const Node& name = nodes_[member];
    const Node& value = nodes_[member + 1];
    const std::uint32_t value_begin = source_begin(value);
    if (value_begin == source_end(name) + 1 && !is_container(value)) {
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

void JsonbOrder::append(std::string& out, Value value, const StringPolicy& policy) {
  if ((value.flags() & Node::impossible) != 0 || !is_container(value.node())) {
    append_json(out, value, policy);
    return;
  }
  nodes_ = value.document().nodes().data();
  text_ = value.document().text();
  const std::size_t before_value = out.size();
  out.resize(before_value + value.node().size);
  const char* const end = write(out.data() + before_value, value.index(), max_depth);
  out.resize(static_cast<std::size_t>(end - out.data()));
}

void JsonbOrder::append_object(std::string& out, std::span<const Member> members,
                               const StringPolicy& policy) {
  bool escaped = false;
  entries_.clear();
  for (std::uint32_t i = 0; i < members.size(); ++i) {
    const Value value = members[i].value;
    const Value own_name(value.document(), value.index() - 1);
    const std::string_view given = members[i].name;
    const std::string_view name =
        given.empty() ? own_name.raw() : given.substr(1, given.size() - 2);
    escaped = escaped || name.find('\\') != std::string_view::npos;
    entries_.push_back(entry(name, i, name.data() + name.size()));
  }
  if (!escaped) sort(entries_);
  out.push_back('{');
  for (std::size_t e = 0; e < members.size(); ++e) {
    if (e != 0) out.push_back(',');
    const Member& member = members[entries_[e].member];
    if (member.name.empty())
      append_json(out, {member.value.document(), member.value.index() - 1}, policy);
    else
      out.append(member.name);
    out.push_back(':');
    append(out, member.value, policy);
  }
  out.push_back('}');
}

}  // namespace arango2pg::doc
