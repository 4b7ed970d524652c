#include "mapping/sorted_json.h"

#include <algorithm>
#include <cstring>

namespace arango2pg::mapping {
namespace {

/// Deeper values are copied: sorting recurses, and nothing that deep is worth it.
constexpr unsigned max_depth = 64;
/// Most objects are small; for them nothing beats insertion.
constexpr std::ptrdiff_t insertion_limit = 16;

}  // namespace

bool JsonSorter::Member::operator<(const Member& other) const {
  if (size != other.size) return size < other.size;
  const int order = std::memcmp(name, other.name, size);
  return order != 0 ? order < 0 : node < other.node;  // equal names stay in their order
}

void JsonSorter::begin(const doc::Document& document) {
  document_ = &document;
  members_.clear();
}

void JsonSorter::append(std::string& out, doc::Value value) {
  begin(value.document());
  const std::size_t start = out.size();
  out.resize(start + value.json().size());  // nothing grows by being sorted
  out.resize(static_cast<std::size_t>(put(out.data() + start, value.index(), 0) - out.data()));
}

void JsonSorter::finish(std::string& out) {
  const std::size_t start = out.size();
  std::size_t bound = 2;
  for (const Member& m : members_)
    bound += m.size + 4 + doc::Value(*document_, m.node + 1).json().size();
  out.resize(start + bound);
  out.resize(static_cast<std::size_t>(put_members(out.data() + start, 0, 0) - out.data()));
}

void JsonSorter::push(std::uint32_t name_node) {
  const doc::Node& name = document_->nodes()[name_node];
  members_.push_back({document_->text().data() + name.begin, name.size, name_node});
}

char* JsonSorter::put(char* to, std::uint32_t node, unsigned depth) {
  const auto nodes = document_->nodes();
  const doc::Node& n = nodes[node];
  const bool is_array = n.kind == doc::Kind::array;
  const bool is_container = is_array || n.kind == doc::Kind::object;
  const bool scalars_only = is_array && n.next == node + 1 + n.count;
  if (!is_container || scalars_only || n.count == 0 || depth == max_depth) {
    const std::string_view json = doc::Value(*document_, node).json();
    std::memcpy(to, json.data(), json.size());
    return to + json.size();
  }
  if (!is_array) {
    const std::size_t first = members_.size();
    for (std::uint32_t at = node + 1; at < n.next; at = nodes[at + 1].next) push(at);
    return put_members(to, first, depth);
  }
  char before = '[';
  for (std::uint32_t at = node + 1; at < n.next; at = nodes[at].next) {
    *to++ = before;
    to = put(to, at, depth + 1);
    before = ',';
  }
  *to++ = ']';
  return to;
}

/// Escapes make the length in the source differ from the name's.
bool JsonSorter::can_sort(std::size_t first) const {
  const auto nodes = document_->nodes();
  return std::none_of(
      members_.begin() + static_cast<std::ptrdiff_t>(first), members_.end(),
      [&](const Member& m) { return (nodes[m.node].flags & doc::Node::escaped) != 0; });
}

char* JsonSorter::put_members(char* to, std::size_t first, unsigned depth) {
  const auto begin = members_.begin() + static_cast<std::ptrdiff_t>(first);
  const auto end = members_.end();
  if (can_sort(first)) {
    if (end - begin > insertion_limit) {
      std::sort(begin, end);
    } else {
      for (auto at = begin; at != end; ++at)
        std::rotate(std::upper_bound(begin, at, *at), at, at + 1);
    }
  }
  const std::size_t count = members_.size();
  char before = '{';
  for (std::size_t i = first; i < count; ++i) {
    const Member m = members_[i];  // the stack may move while the value is written
    *to++ = before;
    std::memcpy(to, m.name - 1, m.size + 2);
    to += m.size + 2;
    *to++ = ':';
    to = put(to, m.node + 1, depth + 1);
    before = ',';
  }
  if (count == first) *to++ = '{';
  *to++ = '}';
  members_.resize(first);
  return to;
}

}  // namespace arango2pg::mapping
