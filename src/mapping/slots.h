/// \file
/// Private to mapping/. The attribute names that a plan asks for, numbered: one pass over an object
/// finds all of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/workspace.h"

namespace arango2pg::mapping {

class SlotTable {
 public:
  /// The slot of a name; adds it if it is new.
  int add(const std::string& name);
  /// -1 if unknown. Precondition: seal() was called after the last add().
  [[nodiscard]] int find(std::string_view name) const;
  void seal();
  [[nodiscard]] std::size_t size() const { return names_.size(); }
  [[nodiscard]] const std::string& name(std::size_t slot) const { return names_[slot]; }

  /// Points the frame at an object (or any other value) of the workspace's document.
  void scan(Workspace& workspace, std::uint32_t node, Frame& frame) const;

 private:
  static std::uint32_t hash(std::string_view name);
  std::vector<std::string> names_;
  std::vector<std::int16_t> buckets_;  ///< slot or -1; size is a power of two
  std::uint32_t mask_ = 0;
};

/// Slots that every document has first.
enum SystemSlot : int { slot_key, slot_id, slot_rev, slot_from, slot_to, system_slots };

}  // namespace arango2pg::mapping
