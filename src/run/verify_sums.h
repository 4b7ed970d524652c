/// \file
/// Sums of fingerprints, for many rows at once: what both sides have in common cancels out.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "doc/hash128.h"

namespace arango2pg::run {

/// A number of buckets, each the sum over the rows that fall into it: source minus target. A bucket
/// is zero exactly if both sides have the same rows in it (but for one chance in 2^128).
class BucketSums {
 public:
  /// `salt`: sums with another salt put the rows into other buckets.
  BucketSums(std::size_t buckets, std::uint64_t salt)
      : words_(2 * std::bit_ceil(buckets)), mask_(std::bit_ceil(buckets) - 1), salt_(salt) {}

  [[nodiscard]] std::size_t size() const { return mask_ + 1; }
  [[nodiscard]] std::uint64_t salt() const { return salt_; }
  /// `mask`: number of buckets − 1.
  static std::size_t bucket_of(const doc::Digest& key, std::uint64_t salt, std::size_t mask) {
    std::uint64_t x = (key.a ^ std::rotl(key.b, 32)) + salt * 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 33)) * 0xff51afd7ed558ccd;
    return (x ^ (x >> 33)) & mask;
  }
  [[nodiscard]] std::size_t bucket(const doc::Digest& key) const {
    return bucket_of(key, salt_, mask_);
  }

  void add(const doc::Digest& key, const doc::Digest& row) {
    std::uint64_t* const at = &words_[2 * bucket(key)];
    at[0] += row.a;
    at[1] += row.b;
  }
  void subtract(const doc::Digest& key, const doc::Digest& row) {
    add(key, {0 - row.a, 0 - row.b});
  }

  [[nodiscard]] bool differs(std::size_t bucket) const {
    return (words_[2 * bucket] | words_[2 * bucket + 1]) != 0;
  }
  /// All words, to be stored and set again.
  [[nodiscard]] std::span<std::uint64_t> words() { return words_; }

 private:
  std::vector<std::uint64_t> words_;
  std::size_t mask_;
  std::uint64_t salt_;
};

/// Which rows are still suspected: those in a differing bucket of every sum that was taken so far.
class Suspects {
 public:
  /// Keeps what is in a differing bucket of these sums, which may go then.
  void narrow(const BucketSums& sums);
  /// Keeps about so many buckets of the last sums; the rows of the others are left alone, and
  /// complete() is false from then on.
  void keep_only(std::size_t buckets);
  [[nodiscard]] bool contains(const doc::Digest& key) const;
  [[nodiscard]] bool complete() const { return complete_; }
  /// Differing buckets of the last sums, and their share of all.
  [[nodiscard]] std::size_t buckets() const { return buckets_; }
  [[nodiscard]] double share() const { return share_; }

 private:
  struct Level {
    std::vector<bool> differs;
    std::uint64_t salt;
  };
  std::vector<Level> levels_;
  std::size_t buckets_ = 0;
  double share_ = 0;
  bool complete_ = true;
};

}  // namespace arango2pg::run
