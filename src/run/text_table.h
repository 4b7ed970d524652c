/// \file
/// Tables for a terminal.
#pragma once

#include <string>
#include <vector>

namespace arango2pg::run {

/// The first row is the head, the last one the total. The first two columns are texts, left; the
/// others numbers, right.
std::string text_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace arango2pg::run
