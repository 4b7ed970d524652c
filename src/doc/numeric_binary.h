/// \file
/// Private to copy_rows.
#pragma once

#include <string>

#include "doc/number_literal.h"

namespace arango2pg::doc {

/// Appends the literal in numeric's binary form, exactly, with the scale that numeric_in() gives.
/// Precondition: literal.fits_numeric().
void append_numeric_binary(std::string& out, const NumberLiteral& literal);

}  // namespace arango2pg::doc
