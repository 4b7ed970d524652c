/// \file
/// Reads the target's rows back: all of them in pieces that several connections read at the same
/// time, or those with given keys. Values come in binary form (doc/row_fields.h).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "doc/row_fields.h"
#include "doc/table.h"
#include "pg/connection.h"

namespace arango2pg::pg {

/// What is read of a table. Columns of a type that we have no binary form for come as PostgreSQL
/// prints them.
struct ReadTable {
  TableName name;
  std::vector<std::string> columns;
  std::vector<doc::ColumnType> types;  ///< parallel to `columns`
  std::string deleted;  ///< column that marks a row as deleted if it has a value, "" = none
};

/// A piece of a table: some blocks of its heap, or of the heap of one of its partitions.
struct RowRange {
  std::size_t table = 0;
  TableName heap;
  bool with_partitions = false;             ///< the table as a whole
  std::optional<std::uint64_t> begin, end;  ///< blocks; nothing = from the first, to the last
  std::uint64_t bytes = 0;                  ///< about, with what is stored out of line
  std::string file;                         ///< of the heap: another one = rewritten since
};

/// Throws Error(target) if the role may not read all rows and columns of the table.
void check_readable(Connection& connection, const TableName& table);

/// Cuts the table into pieces of about `piece_bytes`; number `table` is put into each. Together
/// they hold each row once.
std::vector<RowRange> row_ranges(Connection& connection, const TableName& table, std::size_t number,
                                 std::uint64_t piece_bytes);

/// About how many rows the table has, as the last ANALYZE or its size tells.
std::uint64_t estimated_rows(Connection& connection, const TableName& table);

using RowHandler = std::function<void(const std::vector<doc::Field>&)>;

/// One moment of the target, for as long as the object lives; its own connection.
class RowSnapshot {
 public:
  explicit RowSnapshot(const std::string& conninfo);
  ~RowSnapshot();
  [[nodiscard]] const std::string& id() const { return id_; }
  /// False: the connection is gone, and the moment with it.
  [[nodiscard]] bool alive() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::string id_;
};

/// A connection that reads. One thread at a time. Throws Error(target); after a retryable one the
/// next call connects again.
class RowReader {
 public:
  /// `purpose`: "run 7 reader 1".
  RowReader(std::string conninfo, std::string purpose);
  ~RowReader();

  /// Reads a piece as the snapshot sees it. Rows that are marked as deleted are left out. The
  /// order of columns is the table's.
  void read(const ReadTable& table, const RowRange& range, const std::string& snapshot,
            const RowHandler& row);

  /// Reads the rows whose `columns` equal one of `keys`, as they are now. `deleted_too`: also those
  /// that are marked as deleted; the row then has one more column, true for those.
  void find(const ReadTable& table, const std::vector<std::string>& columns,
            const std::vector<std::vector<doc::Field>>& keys, bool deleted_too,
            const RowHandler& row);

  /// What PostgreSQL makes of each text if it is read as the column's type and printed again;
  /// nothing for NULL and for what it refuses.
  std::vector<std::optional<std::string>> as_printed(
      const doc::ColumnType& type, const std::vector<std::optional<std::string>>& texts);

  /// Makes a running call of another thread fail soon. Thread-safe.
  void cancel() noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace arango2pg::pg
