/// \file
/// The target's catalog: what tables look like, whether we may write them, what stands in the way.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "doc/table.h"
#include "pg/connection.h"

namespace arango2pg::pg {

/// The table as loading sees it (domains resolved to their base type, enumerations with labels);
/// nothing if absent. An unqualified name is looked up in the search path.
std::optional<doc::Table> read_table(Connection& connection, const TableName& name);

/// Preflight of a target, before anything is read or written. Throws Error(target) with a hint for:
/// server older than 12, database encoding not UTF8, server in recovery (read-only), missing CREATE
/// privilege for the control schema.
void check_target(Connection& connection);
/// Missing INSERT (or TRUNCATE, UPDATE where needed) privilege → Error(target) naming table and
/// role.
void check_privileges(Connection& connection, const TableName& table, bool truncate, bool merge);
[[nodiscard]] bool holds_rows(Connection& connection, const TableName& table);
/// JSON columns that the server would compress by pglz although it knows lz4, which loads large
/// documents nearly twice as fast.
std::vector<std::string> slow_compression(Connection& connection, const TableName& table);

/// Secondary indexes of a table that can be dropped for a bulk load: not primary, not unique, not
/// exclusion, not replica identity, not used by a constraint. Definitions are stored in the control
/// schema in the same transaction that drops them, so an interrupted run still ends with all of
/// them.
struct SavedIndex {
  TableName table;
  std::string name;
  std::string definition;  ///< CREATE INDEX …
};
std::vector<SavedIndex> drop_secondary_indexes(Connection& connection, RunId run,
                                               const TableName& table);
/// Indexes that `run` dropped and that are still missing (or INVALID); those that take longest come
/// first.
std::vector<SavedIndex> missing_indexes(Connection& connection, RunId run);
/// Creates one again (drops an INVALID one of the name first) and marks it restored. May run in
/// parallel with others.
void rebuild_index(Connection& connection, RunId run, const SavedIndex& index);

/// Sorts tables by their size on disk, so that work on them side by side ends together. Those that
/// do not exist come last.
void largest_first(Connection& connection, std::vector<TableName>& tables);

/// A materialized view that shows loaded tables, itself or through other views.
struct DependentView {
  TableName name;
  bool concurrently = false;  ///< it is populated and has a unique index that allows that
  bool may_refresh = true;    ///< only the owner may
};
/// A view comes behind those it depends on. Tables that do not exist are passed over.
std::vector<DependentView> dependent_views(Connection& connection,
                                           const std::vector<TableName>& tables);
/// The functions `arango2pg_finalise(bigint)` and `arango2pg_finalise_<pack>(bigint)` of the
/// schemas of these tables.
std::vector<TableName> finalise_functions(Connection& connection,
                                          const std::vector<TableName>& tables);

}  // namespace arango2pg::pg
