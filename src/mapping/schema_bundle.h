/// \file
/// Private to mapping/. A JSON Schema and the files it references as one document.
#pragma once

#include <string>

namespace arango2pg::mapping {

/// In the bundle, keywords whose implementation in valijson does not suit us have our names, and
/// references point inside the document ("#/x-files/1/definitions/street").
inline constexpr const char* pattern_keyword = "x-arango2pg-pattern";
inline constexpr const char* format_keyword = "x-arango2pg-format";
inline constexpr const char* unique_keyword = "x-arango2pg-uniqueItems";

struct SchemaBundle {
  std::string json;
  bool draft4 = false;
  bool pattern_properties = false;
};

/// Throws Error(usage) as SchemaCheck::load says.
SchemaBundle bundle_schema(const std::string& file);

}  // namespace arango2pg::mapping
