/// \file
/// Private to doc/. Network byte order.
#pragma once

#include <concepts>
#include <cstddef>
#include <string>
#include <type_traits>

namespace arango2pg::doc {

template <std::integral Int>
void store_big_endian(char* to, Int value) {
  auto bits = static_cast<std::make_unsigned_t<Int>>(value);
  for (std::size_t i = sizeof(Int); i-- > 0;) {
    to[i] = static_cast<char>(bits & 0xff);
    if constexpr (sizeof(Int) > 1) bits = static_cast<decltype(bits)>(bits >> 8);
  }
}

template <std::integral Int>
Int load_big_endian(const char* from) {
  std::make_unsigned_t<Int> bits = 0;
  for (std::size_t i = 0; i < sizeof(Int); ++i) {
    if constexpr (sizeof(Int) > 1) bits = static_cast<decltype(bits)>(bits << 8);
    bits = static_cast<decltype(bits)>(bits | static_cast<unsigned char>(from[i]));
  }
  return static_cast<Int>(bits);
}

template <std::integral Int>
void append_big_endian(std::string& out, Int value) {
  char bytes[sizeof(Int)];
  store_big_endian(bytes, value);
  out.append(bytes, sizeof(Int));
}

}  // namespace arango2pg::doc
