/// \file
/// Small summaries of many values: how many different ones, the most frequent ones, how large they
/// are. Each has a fixed size, and two of them can be merged.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace arango2pg::doc {

/// 64 well mixed bits of some bytes. Of texts beyond 1 KiB, beginning, end and length count.
std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed = 0);

/// Counts different values (HyperLogLog): exact for a handful, within about 4 % for many.
class DistinctCounter {
 public:
  void add(std::uint64_t hash) {
    if (!registers_) registers_ = std::make_unique<Registers>();
    auto& seen = (*registers_)[hash & (size - 1)];
    const auto rank = static_cast<std::uint8_t>(std::countl_zero(hash | (size - 1)) + 1);
    if (rank > seen) seen = rank;
  }
  void merge(const DistinctCounter& other);
  [[nodiscard]] std::uint64_t estimate() const;

 private:
  static constexpr std::size_t size = 1024;
  using Registers = std::array<std::uint8_t, size>;
  std::unique_ptr<Registers> registers_;
};

/// The most frequent values (Space-Saving, Metwally and others): each count is at most `error` too
/// high. Gives up, for good, where no value is frequent.
class FrequentValues {
 public:
  static constexpr std::size_t capacity = 16;
  struct Entry {
    std::uint64_t count = 0;
    std::uint64_t error = 0;
    std::string text;  ///< the beginning of the value's JSON
  };

  void add(std::uint64_t hash, std::string_view json) {
    if (gave_up_) return;
    ++total_;
    for (std::size_t i = 0; i < used_; ++i)
      if (hashes_[i] == hash) {
        ++entries_[i].count;
        return;
      }
    // Once the table has settled, a value that becomes frequent later shows up in a sample as well.
    if (replaced_ < settled)
      add_new(hash, json, 1, 0);
    else if (total_ % sampled == 0)
      add_new(hash, json, sampled, sampled - 1);
  }
  void merge(const FrequentValues& other);
  /// True if there are too many different values for any to stand out.
  [[nodiscard]] bool gave_up() const { return gave_up_; }
  /// Most frequent first; only those that are certainly more frequent than the ones left out.
  [[nodiscard]] std::vector<Entry> top() const;

 private:
  static constexpr std::uint64_t settled = 8000, sampled = 16;
  void add_new(std::uint64_t hash, std::string_view json, std::uint64_t count, std::uint64_t error);

  std::array<std::uint64_t, capacity> hashes_{};
  std::array<Entry, capacity> entries_;
  std::size_t used_ = 0;
  std::uint64_t total_ = 0;
  std::uint64_t replaced_ = 0;
  bool gave_up_ = false;
};

/// Sizes by power of two: bucket b counts sizes in [2^(b-1), 2^b), bucket 0 the zeros.
class SizeHistogram {
 public:
  static constexpr std::size_t buckets = 33;
  void add(std::uint64_t size) {
    const auto b = static_cast<std::size_t>(std::bit_width(size));
    ++counts_[b < buckets ? b : buckets - 1];
  }
  void merge(const SizeHistogram& other) {
    for (std::size_t b = 0; b < buckets; ++b) counts_[b] += other.counts_[b];
  }
  [[nodiscard]] const std::array<std::uint64_t, buckets>& counts() const { return counts_; }
  /// An upper bound for the size that `share` (0…1) of all values do not exceed.
  [[nodiscard]] std::uint64_t quantile(double share) const;

 private:
  std::array<std::uint64_t, buckets> counts_{};
};

}  // namespace arango2pg::doc
