/// \file
/// AQL as a tree.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fake_arango/json.h"

namespace fake_arango {

struct Block;
struct Expr;
using ExprPtr = std::shared_ptr<Expr>;

struct Expr {
  enum class Op : std::uint8_t {
    literal,     ///< value; bind parameters are literals too
    variable,    ///< slot
    collection,  ///< name
    attribute,   ///< kids[0] . name
    subscript,   ///< kids[0] [ kids[1] ]
    expansion,   ///< kids[0] [*], kids[1] for each element in slot
    array,       ///< kids
    object,      ///< kids: name, value, name, value
    range,       ///< kids[0] .. kids[1]
    negate,
    plus,
    logical_not,
    add,
    subtract,
    multiply,
    divide,
    modulo,
    equal,
    unequal,
    less,
    less_equal,
    greater,
    greater_equal,
    in,
    not_in,
    like,
    not_like,
    logical_and,
    logical_or,
    ternary,   ///< kids[0] ? kids[1] : kids[2]; kids[1] null = the shorthand ?:
    call,      ///< name(kids)
    subquery,  ///< block
  };
  Op op = Op::literal;
  std::string name;
  Value value;
  unsigned slot = 0;
  std::vector<ExprPtr> kids;
  std::shared_ptr<Block> block;
};

struct Clause {
  enum class Kind : std::uint8_t { for_in, filter, let, sort, limit, collect, result };
  Kind kind = Kind::for_in;
  unsigned slot = 0;                               // for_in, let
  ExprPtr expression;                              // for_in, filter, let, result
  Value options;                                   // for_in
  ExprPtr options_expression;                      // for_in: as written
  std::vector<std::pair<ExprPtr, bool>> sort;      // expression, descending
  ExprPtr offset, count;                           // limit
  bool distinct = false;                           // result
  std::vector<std::pair<unsigned, ExprPtr>> keys;  // collect: variable, expression
  struct Aggregate {
    unsigned slot;
    std::string function;
    ExprPtr argument;
  };
  std::vector<Aggregate> aggregates;
  std::optional<unsigned> into, count_into;
  ExprPtr into_expression;
  std::vector<std::pair<std::string, unsigned>> visible;  // collect INTO: what a group holds
};

/// A (sub)query; the last clause is the result.
struct Block {
  std::vector<Clause> clauses;
};

struct Query {
  std::shared_ptr<Block> block;
  unsigned slots = 0;
  std::vector<std::string> collections;  ///< in order of appearance, each once
};

}  // namespace fake_arango
