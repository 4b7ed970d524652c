/// \file
/// Private to mapping/. JSON Schema (drafts 4 and 7). schema_check.cpp is the only file that
/// includes valijson.
#pragma once

#include <memory>
#include <string>

#include "doc/json.h"

namespace arango2pg::mapping {

/// A compiled schema. Thread-safe.
class SchemaCheck {
 public:
  /// Reads the file and all files that it references ("address.json#/definitions/street", relative
  /// to the file that says so). Throws Error(usage) naming the file: not readable, no JSON, no
  /// schema, a reference that leads nowhere or to another host, a keyword of newer drafts that
  /// would be ignored.
  static std::shared_ptr<const SchemaCheck> load(const std::string& file);
  virtual ~SchemaCheck() = default;

  /// A phrase that says what is wrong, with the path below `value`; empty if nothing is.
  [[nodiscard]] virtual std::string check(doc::Value value, std::string& path) const = 0;
  /// The schema with everything it references, as one JSON text: for the mapping's digest.
  [[nodiscard]] virtual const std::string& bundle() const = 0;
};

}  // namespace arango2pg::mapping
