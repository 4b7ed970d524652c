#include "doc/utf8.h"

namespace arango2pg::doc {
namespace {

struct Sequence {
  std::size_t size;                 ///< 0: no lead byte
  unsigned char second_min = 0x80;  ///< bounds of the second byte: no overlong forms,
  unsigned char second_max = 0xbf;  ///< no surrogates, nothing above U+10FFFF
};

Sequence sequence_of(unsigned char lead) {
  if (lead < 0x80) return {1};
  if (lead < 0xc2) return {0};
  if (lead < 0xe0) return {2};
  if (lead == 0xe0) return {3, 0xa0};
  if (lead == 0xed) return {3, 0x80, 0x9f};
  if (lead < 0xf0) return {3};
  if (lead == 0xf0) return {4, 0x90};
  if (lead < 0xf4) return {4};
  if (lead == 0xf4) return {4, 0x80, 0x8f};
  return {0};
}

}  // namespace

std::size_t valid_utf8_prefix(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  std::size_t i = 0;
  while (i < text.size()) {
    const Sequence s = sequence_of(byte(i));
    if (s.size == 0 || text.size() - i < s.size) return i;
    if (s.size > 1 && (byte(i + 1) < s.second_min || byte(i + 1) > s.second_max)) return i;
    for (std::size_t k = 2; k < s.size; ++k)
      if ((byte(i + k) & 0xc0) != 0x80) return i;
    i += s.size;
  }
  return i;
}

char* put_utf8(char* to, std::uint32_t code) {
  const auto tail = [&](unsigned shift) {
    *to++ = static_cast<char>(0x80 | (code >> shift & 0x3f));
  };
  if (code < 0x80) {
    *to++ = static_cast<char>(code);
  } else if (code < 0x800) {
    *to++ = static_cast<char>(0xc0 | code >> 6);
    tail(0);
  } else if (code < 0x10000) {
    *to++ = static_cast<char>(0xe0 | code >> 12);
    tail(6);
    tail(0);
  } else {
    *to++ = static_cast<char>(0xf0 | code >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
  return to;
}

void append_utf8(std::string& out, std::uint32_t code) {
  char bytes[4];
  out.append(bytes, static_cast<std::size_t>(put_utf8(bytes, code) - bytes));
}

}  // namespace arango2pg::doc
