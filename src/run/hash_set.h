/// \file
/// A set of 64-bit hashes: 8 bytes each and a little air.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace arango2pg::run {

/// Grows by doubling. Two different keys share a hash once in 10^5 sets of a hundred million.
class HashSet {
 public:
  /// False if it was there already.
  bool insert(std::uint64_t hash) {
    if (10 * (used_ + 1) > 7 * slots_.size()) grow();
    std::uint64_t& slot = find(hash);
    if (slot != 0) return false;
    slot = stored(hash);
    ++used_;
    return true;
  }
  [[nodiscard]] bool contains(std::uint64_t hash) const {
    return !slots_.empty() && const_cast<HashSet*>(this)->find(hash) != 0;
  }
  [[nodiscard]] std::size_t size() const { return used_; }
  /// Bytes after the next insert(), growth included.
  [[nodiscard]] std::size_t bytes_to_come() const {
    const bool full = 10 * (used_ + 1) > 7 * slots_.size();
    return slots_.size() * sizeof(std::uint64_t) * (full ? 2 : 1);
  }
  void clear() {
    slots_ = {};
    used_ = 0;
  }

 private:
  static std::uint64_t stored(std::uint64_t hash) { return hash == 0 ? 1 : hash; }
  std::uint64_t& find(std::uint64_t hash) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = (hash >> 7U) & mask;
    while (slots_[at] != 0 && slots_[at] != stored(hash)) at = (at + 1) & mask;
    return slots_[at];
  }
  void grow() {
    std::vector<std::uint64_t> old(std::max<std::size_t>(1024, slots_.size() * 2));
    old.swap(slots_);
    for (const std::uint64_t hash : old)
      if (hash != 0) find(hash) = hash;
  }
  std::vector<std::uint64_t> slots_;
  std::size_t used_ = 0;
};

}  // namespace arango2pg::run
