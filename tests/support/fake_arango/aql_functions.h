/// \file
/// AQL's functions, those that readers use.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "fake_arango/json.h"

namespace fake_arango {

class Evaluation;

/// Throws ApiError 1540 for an unknown function, 1541 for a wrong number of arguments.
void check_call(const std::string& name, std::size_t arguments);
Value call_function(Evaluation& run, const std::string& name, const Array& arguments);

bool is_aggregate(std::string_view name);
/// Of all values of a group.
Value aggregate(const std::string& name, const Array& values);

}  // namespace fake_arango
