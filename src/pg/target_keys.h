/// \file
/// What the target holds of a collection: document keys and revisions, in the byte order of the
/// keys.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pg/connection.h"

namespace arango2pg::pg {

/// A table with a column that holds document keys.
struct KeyedTable {
  TableName name;
  std::string key_column;
  std::string revision;  ///< column, "" = none
  bool soft = false;     ///< rows with a time in deleted_at count as gone
};

struct TargetKey {
  std::string key;
  std::optional<std::uint64_t> revision;
  bool live = true;
};

/// One read-only transaction on a connection of its own; sees the tables as they were at its start.
/// Bounded memory: rows come page by page. One thread at a time. Throws Error(target).
class TargetKeys {
 public:
  /// Keys behind `after` (empty = all), up to and with `to`. The same key comes once for each row.
  TargetKeys(const std::string& conninfo, const std::string& purpose,
             const std::vector<KeyedTable>& tables, const std::string& after,
             const std::optional<std::string>& to);

  /// The next row; null behind the last one. Valid until the next call of next().
  [[nodiscard]] const TargetKey* peek();
  void next() { ++at_; }

 private:
  Connection connection_;
  std::vector<TargetKey> page_;
  std::size_t at_ = 0;
  bool ended_ = false;
};

}  // namespace arango2pg::pg
