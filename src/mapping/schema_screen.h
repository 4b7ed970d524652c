/// \file
/// Private to mapping/. A first look at documents before a JSON Schema: most of them fit, and most
/// schemas say little more than types, names and limits. What that can't tell goes to the whole
/// validator, which takes ten times as long.
#pragma once

#include <memory>
#include <string>

#include "doc/json.h"

namespace arango2pg::mapping {

class SchemaScreen {
 public:
  /// `schema`: of a SchemaBundle. Null if the screen could never tell.
  static std::unique_ptr<const SchemaScreen> compile(doc::Value schema);
  virtual ~SchemaScreen() = default;
  /// True: `value` certainly fits the schema. False: ask the validator.
  [[nodiscard]] virtual bool fits(doc::Value value) const = 0;
};

}  // namespace arango2pg::mapping
