/// \file
/// Private to doc/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace arango2pg::doc {

/// The number of leading bytes that are valid UTF-8. For messages: one byte at a time.
std::size_t valid_utf8_prefix(std::string_view text);

/// Writes a code point, at most four bytes; returns what is behind them.
char* put_utf8(char* to, std::uint32_t code);
/// Appends a code point; surrogates come out in three bytes as well (WTF-8).
void append_utf8(std::string& out, std::uint32_t code);

}  // namespace arango2pg::doc
