/// \file
/// 128 bits that stand for many bytes.
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

namespace arango2pg::doc {

/// A fingerprint, and - since fingerprints of many rows are added up - a sum of them: both halves
/// count for themselves, modulo 2^64. Sums of different sets of rows are equal by chance once in
/// 2^128.
struct Digest {
  std::uint64_t a = 0;
  std::uint64_t b = 0;

  friend auto operator<=>(const Digest&, const Digest&) = default;
  Digest& operator+=(const Digest& o) {
    a += o.a;
    b += o.b;
    return *this;
  }
};

/// MurmurHash3_x64_128 (Austin Appleby, public domain), with a seed of 64 bits. Not for secrets:
/// who knows the seed can make collisions.
Digest hash128(std::string_view bytes, std::uint64_t seed);

}  // namespace arango2pg::doc
