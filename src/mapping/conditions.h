/// \file
/// Private to mapping/. `where` and `check`: questions to a document that change nothing.
#pragma once

#include <string>
#include <vector>

#include "mapping/evaluate.h"
#include "mapping/rules_internal.h"

namespace arango2pg::mapping {

/// True if all conditions hold. JSON null counts as absent.
bool holds(const std::vector<Condition>& conditions, const Evaluator& evaluator);

/// The JSON type words of `type`: string number integer boolean object array null.
bool is_type(doc::Value value, const std::string& type);
const std::vector<std::string_view>& type_words();

/// Runs the rules. A violated `warn` rule is counted in the workspace's warnings; the first
/// violated `reject` rule makes the result false and sets the fault.
bool check(const std::vector<CheckRule>& rules, Evaluator& evaluator);

}  // namespace arango2pg::mapping
