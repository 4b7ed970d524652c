/// \file
/// What the target holds of a collection: document keys and revisions, in the byte order of the
/// keys.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
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
  std::string_view key;
  std::optional<std::uint64_t> revision;
  bool live = true;
};

/// One statement on a connection of its own; sees the tables as they were at its start. Bounded
/// memory: rows come as they are asked for. One thread at a time. Throws Error(target).
class TargetKeys {
 public:
  /// Keys behind `after` (empty = all), up to and with `to`. The same key comes once for each row.
  TargetKeys(const std::string& conninfo, const std::string& purpose,
             const std::vector<KeyedTable>& tables, const std::string& after,
             const std::optional<std::string>& to);
  ~TargetKeys();  ///< cancels what is not read

  /// The next row; null behind the last one. Valid until the next call of next().
  [[nodiscard]] const TargetKey* peek();
  void next() { has_row_ = false; }

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  TargetKey row_;
  bool has_row_ = false;
};

}  // namespace arango2pg::pg
