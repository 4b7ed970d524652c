/// \file
/// Cuts an SQL script into its statements, as psql would.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace arango2pg::pg {

struct Statement {
  std::string text;  ///< from its first token to its last, without the final ';'
  int line = 1;      ///< of its first token, counted from 1
};

/// Knows quotes ('…', E'…', "…"), dollar quotes, nested comments, parentheses and BEGIN ATOMIC
/// bodies. Statements that are nothing but comments are left out.
std::vector<Statement> split_statements(std::string_view script);

/// First word of a statement in upper case ("" if it starts with no word).
std::string first_word(std::string_view statement);

}  // namespace arango2pg::pg
