/// \file
/// Private to mapping/. Text by characters (code points), full Unicode by ICU. All functions append
/// to `out`; the input is valid UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace arango2pg::mapping {

/// Number of code points.
std::size_t count_characters(std::string_view text);
/// The byte offset of character `n`, or the text's size if it has fewer.
std::size_t character_offset(std::string_view text, std::size_t n);

void append_lower(std::string& out, std::string_view text);
void append_upper(std::string& out, std::string_view text);

/// Without white space (Unicode's White_Space) at both ends.
std::string_view trimmed(std::string_view text);
/// Runs of white space become one space; none at the ends.
void append_collapsed(std::string& out, std::string_view text);

}  // namespace arango2pg::mapping
