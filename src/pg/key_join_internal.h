/// \file
/// Rows by key: the keys travel as arrays in binary form and are joined with the table.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "pg/copy_session_internal.h"
#include "pg/read_rows.h"

namespace arango2pg::pg {

inline constexpr std::uint32_t text_oid = 25, text_array_oid = 1009;

struct KeyJoin {
  std::string from;  ///< unnest($1, $2) AS k(k0, k1)
  std::string on;    ///< t."id" = k.k0 AND …
  std::vector<BinaryParam> params;
};

/// Keeps what it asked the catalog.
class KeyJoiner {
 public:
  /// `columns` are those of `table` that the keys hold, in order. The table's alias must be t.
  KeyJoin join(CopySession& session, const ReadTable& table,
               const std::vector<std::string>& columns,
               const std::vector<std::vector<doc::Field>>& keys);

 private:
  std::uint32_t array_type(CopySession& session, std::uint32_t element);
  std::vector<std::pair<std::uint32_t, std::uint32_t>> known_;
};

/// A one-dimensional array in binary form.
std::string array_bytes(std::uint32_t element, const std::vector<doc::Field>& values);

/// For people: PostgreSQL's words where they quote no data.
Error comparison_error(const Failure& failure, const std::string& what);

}  // namespace arango2pg::pg
