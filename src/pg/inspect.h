/// \file
/// What a dry run wants to know of a target table beyond its columns: what else may refuse a row,
/// and what has to be built.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pg/connection.h"

namespace arango2pg::pg {

struct IndexInfo {
  std::string name, method, definition;
  std::string body;  ///< the definition behind the table's name: " USING btree (x) …"
  bool unique = false, primary = false, exclusion = false;
  bool partial = false, expression = false;
  bool secondary = false;            ///< a bulk load takes it down and builds it again
  std::vector<std::string> columns;  ///< all it depends on
};

struct ForeignKeyInfo {
  std::string name;
  std::vector<std::string> columns;
  TableName table;                      ///< referenced
  std::vector<std::string> referenced;  ///< its columns, parallel
  bool match_full = false, deferrable = false, deferred = false;
};

struct CheckInfo {
  std::string name, definition;
};

struct TableInfo {
  TableName name;
  std::vector<IndexInfo> indexes;
  std::vector<ForeignKeyInfo> foreign_keys;
  std::vector<CheckInfo> checks;
  std::vector<std::string> triggers;  ///< that fire on INSERT
};

/// Runs a statement in some session.
using Exec = std::function<Rows(const std::string& sql, const std::vector<Param>& params)>;

/// Nothing if there is no such table.
std::optional<TableInfo> inspect_table(Connection& connection, const TableName& name);
std::optional<TableInfo> inspect_table(const Exec& exec, const TableName& name);

}  // namespace arango2pg::pg
