/// \file
/// What a run did to which tables, and how it is undone (docs/rollback.md).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.h"
#include "pg/connection.h"

namespace arango2pg::pg {

/// A table that a run writes.
struct RunTable {
  TableName name;
  std::vector<std::string> key;
  bool merge = false;  ///< rows are changed by key; false: the table was empty, rows were added
  bool keep_before = false;
};

/// Writes down the tables of a run, parents first; again is no harm. Where rows are to be kept as
/// they were before (`keep_before` of a merge), their triggers are made.
void record_tables(Connection& connection, RunId run, const std::vector<RunTable>& tables);
[[nodiscard]] std::vector<RunTable> recorded_tables(Connection& connection, RunId run);

/// A later run that wrote one of the tables of `run` and was not rolled back.
struct LaterRun {
  RunId run = 0;
  std::string command;
  TableName table;
};
[[nodiscard]] std::vector<LaterRun> later_runs(Connection& connection, RunId run);

/// Rows that the run's loader says to have written into the table; only of inserting runs.
[[nodiscard]] std::uint64_t rows_written(Connection& connection, RunId run, const TableName& table);
[[nodiscard]] std::uint64_t rows_present(Connection& connection, const TableName& table);
/// Changed rows that were kept, and whether the table still has the columns it had then.
struct KeptRows {
  std::uint64_t inserted = 0, changed = 0;
  bool same_columns = true;
};
[[nodiscard]] KeptRows kept_rows(Connection& connection, RunId run, const TableName& table);

/// What was done to one table. `removed` is left to the caller for tables that are emptied.
struct Undone {
  TableName table;
  std::uint64_t removed = 0, restored = 0;
};

/// Undoes the run in the transaction that is open: rows, quarantine, audit, position of the resync,
/// status. Precondition: everything that speaks against it has been looked at.
std::vector<Undone> undo(Connection& connection, RunId run, const std::vector<RunTable>& tables);

}  // namespace arango2pg::pg
