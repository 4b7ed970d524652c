#include "mapping/slots.h"

#include <algorithm>

#include "base/error.h"

namespace arango2pg::mapping {

int SlotTable::add(const std::string& name) {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found != names_.end()) return static_cast<int>(found - names_.begin());
  if (names_.size() == INT16_MAX)
    throw Error(Exit::usage, "a mapping names more than 32,767 attributes");
  names_.push_back(name);
  return static_cast<int>(names_.size() - 1);
}

/// Length and a few bytes tell attribute names apart well enough.
std::uint32_t SlotTable::hash(std::string_view name) {
  std::uint32_t h = static_cast<std::uint32_t>(name.size()) * 0x9E3779B1U;
  if (!name.empty()) {
    h ^= static_cast<unsigned char>(name.front()) * 0x85EBCA6BU;
    h ^= static_cast<unsigned char>(name.back()) * 0xC2B2AE35U;
    h ^= static_cast<unsigned char>(name[name.size() / 2]) * 0x27D4EB2FU;
  }
  return h ^ h >> 15;
}

void SlotTable::seal() {
  std::size_t size = 16;
  while (size < names_.size() * 4) size *= 2;
  buckets_.assign(size, -1);
  mask_ = static_cast<std::uint32_t>(size - 1);
  for (std::size_t i = 0; i < names_.size(); ++i) {
    std::uint32_t at = hash(names_[i]) & mask_;
    while (buckets_[at] >= 0) at = (at + 1) & mask_;
    buckets_[at] = static_cast<std::int16_t>(i);
  }
}

int SlotTable::find(std::string_view name) const {
  for (std::uint32_t at = hash(name) & mask_; buckets_[at] >= 0; at = (at + 1) & mask_)
    if (names_[static_cast<std::size_t>(buckets_[at])] == name) return buckets_[at];
  return -1;
}

void SlotTable::scan(Workspace& w, std::uint32_t node, Frame& frame) const {
  const auto nodes = w.document.nodes();
  frame.root = node;
  frame.is_object = nodes[node].kind == doc::Kind::object;
  frame.members.clear();
  frame.slots.assign(names_.size(), 0);
  if (!frame.is_object) return;
  const char* text = w.document.text().data();
  const std::uint32_t end = nodes[node].next;
  for (std::uint32_t at = node + 1; at < end;) {
    const doc::Node& name = nodes[at];
    const doc::Node& value = nodes[at + 1];
    int slot = -1;
    if ((name.flags & doc::Node::escaped) == 0) {
      slot = find({text + name.begin, name.size});
    } else {
      TextBuffer plain(w);
      slot = find(doc::Value(w.document, at).string(*plain));
    }
    if (slot >= 0) frame.slots[static_cast<std::size_t>(slot)] = at + 1;
    const std::uint32_t quote = value.kind == doc::Kind::string ? 1 : 0;
    frame.members.push_back({name.begin - 1, value.begin + value.size + quote, at + 1, slot});
    at = value.next;
  }
}

}  // namespace arango2pg::mapping
