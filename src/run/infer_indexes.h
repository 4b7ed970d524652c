/// \file
/// Indexes as ArangoDB describes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace arango2pg::run {

struct SourceIndex {
  std::string type, name;
  std::vector<std::string> fields;     ///< dotted paths, elements as [*]
  std::vector<std::string> analyzers;  ///< inverted: parallel to `fields`
  std::vector<std::string> stored;     ///< storedValues
  bool unique = false, sparse = false;
  bool geo_json = false;
  bool all_fields = false;         ///< inverted: includeAllFields at the top
  std::uint64_t expire_after = 0;  ///< ttl, seconds
};

/// Reads a JSON array of them; those that every collection has are left out.
std::vector<SourceIndex> read_indexes(std::string_view json);

}  // namespace arango2pg::run
