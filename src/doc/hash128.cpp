#include "doc/hash128.h"

#include <bit>
#include <cstddef>
#include <cstring>

namespace arango2pg::doc {
namespace {

constexpr std::uint64_t c1 = 0x87c37b91114253d5;
constexpr std::uint64_t c2 = 0x4cf5ad432745937f;

std::uint64_t little_endian(const char* at, std::size_t n) {
  std::uint64_t v = 0;
  std::memcpy(&v, at, n);
  if constexpr (std::endian::native == std::endian::big) v = __builtin_bswap64(v);
  return v;
}

std::uint64_t mix_a(std::uint64_t k) { return std::rotl(k * c1, 31) * c2; }
std::uint64_t mix_b(std::uint64_t k) { return std::rotl(k * c2, 33) * c1; }

std::uint64_t finish(std::uint64_t k) {
  k = (k ^ (k >> 33)) * 0xff51afd7ed558ccd;
  k = (k ^ (k >> 33)) * 0xc4ceb9fe1a85ec53;
  return k ^ (k >> 33);
}

}  // namespace

Digest hash128(std::string_view bytes, std::uint64_t seed) {
  std::uint64_t a = seed, b = seed;
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 16; at += 16, left -= 16) {
    a ^= mix_a(little_endian(at, 8));
    a = (std::rotl(a, 27) + b) * 5 + 0x52dce729;
    b ^= mix_b(little_endian(at + 8, 8));
    b = (std::rotl(b, 31) + a) * 5 + 0x38495ab5;
  }
  if (left > 8) b ^= mix_b(little_endian(at + 8, left - 8));
  if (left > 0) a ^= mix_a(little_endian(at, left < 8 ? left : 8));
  a ^= bytes.size();
  b ^= bytes.size();
  a += b;
  b += a;
  a = finish(a);
  b = finish(b);
  a += b;
  b += a;
  return {a, b};
}

}  // namespace arango2pg::doc
