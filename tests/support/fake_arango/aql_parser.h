/// \file
/// The subset of AQL that readers use, with the real grammar's precedence and refusals.
#pragma once

#include <string>
#include <string_view>

#include "fake_arango/aql_ast.h"

namespace fake_arango {

/// Parses and binds. `bind_variables`: an object or null. Throws ApiError: 1501 syntax, 1502 empty,
/// 1511 variable twice, 1540/1541 functions, 1551–1553 bind parameters; 501 / 9 for what the real
/// grammar takes and this one does not (writes, traversals, SEARCH, WINDOW).
Query parse_aql(std::string_view text, const Value& bind_variables);

}  // namespace fake_arango
