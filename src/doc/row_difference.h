/// \file
/// Where two rows differ, for people: the first column, and inside of JSON the first path.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doc/row_digest.h"
#include "doc/row_fields.h"

namespace arango2pg::doc {

struct RowDifference {
  /// "title", or inside of JSON "doc.address.lines[2]"; names that are no plain words in quotes.
  std::string path;
  /// What is the matter, without a value: "number differs", "text in the source, number in the
  /// target", "absent in the target", …
  std::string what;
  /// The values at the path; show them only to those who asked for data.
  std::string source, target;
};

/// The first difference of two rows, in column order; nothing if they are equal. `names` are those
/// of the table's columns.
std::optional<RowDifference> first_difference(const ComparedTable& table,
                                              const std::vector<std::string>& names,
                                              const std::vector<Field>& source,
                                              const std::vector<Field>& target);

/// The first difference of two JSON texts below `path`; nothing if jsonb would call them equal.
std::optional<RowDifference> first_json_difference(std::string_view source, std::string_view target,
                                                   const std::string& path);

}  // namespace arango2pg::doc
