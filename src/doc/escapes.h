/// \file
/// Private to doc/. Escapes of JSON strings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace arango2pg::doc {

/// One escape sequence. A pair of surrogates is one.
struct Escape {
  std::uint32_t code = 0;  ///< code point; a surrogate only if it stands alone
  std::uint8_t size = 0;   ///< bytes in the source: 2, 6 or 12; 0 = no legal escape
};

/// Reads the escape whose backslash stands at `at`; nothing from `end` on is looked at.
Escape read_escape(const char* at, const char* end);

inline bool is_surrogate(std::uint32_t code) { return code - 0xd800 < 0x800; }

/// Bytes of a string's text once unescaped. Precondition: its escapes are legal.
std::size_t unescaped_size(std::string_view raw);

}  // namespace arango2pg::doc
