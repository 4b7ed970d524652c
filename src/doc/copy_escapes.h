/// \file
/// Private to copy_rows. Escaping at the end of a buffer, in place: values are built plain where
/// they stay, and mostly there is nothing to escape.
#pragma once

#include <cstddef>
#include <string>

namespace arango2pg::doc {

/// The bytes from `from` to the end become one field of COPY's text format: backslash, \b, \f, \n,
/// \r, \t and \v are written as two characters.
void escape_copy_field(std::string& bytes, std::size_t from);

/// The bytes from `from` to the end become the inside of a quoted element of an array literal:
/// quotes and backslashes get a backslash.
void escape_array_element(std::string& bytes, std::size_t from);

}  // namespace arango2pg::doc
