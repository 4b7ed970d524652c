/// \file
/// Private to mapping/. The steps of `then`: one table of named functions. A new transform is one
/// row in the table and one function.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mapping/rules_internal.h"

namespace arango2pg::mapping {

class Evaluator;
struct Cell;

/// What is known about a value before any document is read.
enum class Shape : std::uint8_t {
  any,
  text,
  integer,
  number,
  boolean,
  timestamp,
  uuid,
  object,
  array,  ///< JSON array
  texts,  ///< JSON array of texts
  null,
};

struct Transform {
  std::string_view name;
  /// Reads the argument; `node` is null for a step without one (`trim`).
  void (*read)(const RuleReader& reader, const Yaml* node, const std::string& what, bool child,
               Step& out);
  /// Changes the cell, never an absent one. False: the evaluator's fault says why. Null: not run as
  /// a step (`not_before`).
  bool (*run)(Cell& cell, const Step& step, Evaluator& evaluator);
  /// Of the result; `any` = that of the input.
  Shape result = Shape::any;
  /// True: gives the value its final form, so it runs on a default too. The others convert what the
  /// source holds, and a default is already what it should be.
  bool finishes = false;
};

/// Null if there is no such transform.
const Transform* find_transform(std::string_view name);
const std::vector<std::string_view>& transform_names();

/// For Transform::read: a step that takes nothing, and the argument of one that takes something
/// (`example` is for the hint: "truncate: 255").
void no_argument(const RuleReader& reader, const Yaml* node, const std::string& what, bool child,
                 Step& out);
const Yaml& argument(const RuleReader& reader, const Yaml* node, const std::string& what,
                     const Step& step, const char* example);

/// The rows of the table, by theme (transforms_*.cpp).
extern const std::vector<Transform> text_transforms, value_transforms, json_transforms;

}  // namespace arango2pg::mapping
