/// \file
/// AQL's order of values, strings by ICU (protocol 4.3). The primary index does not use it.
#pragma once

#include <string_view>

#include "fake_arango/json.h"

namespace fake_arango {

/// By an ICU collator set up as the server's: upper case first, strength identical. <0, 0, >0.
int compare_text(std::string_view a, std::string_view b);

/// null < bool < number < string < array < object.
int compare_values(const Value& a, const Value& b);

}  // namespace fake_arango
