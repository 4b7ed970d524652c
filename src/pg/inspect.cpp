#include "pg/inspect.h"

#include "pg/text_internal.h"

namespace arango2pg::pg {
namespace {

void read_indexes(const Exec& exec, const std::string& oid, TableInfo& table) {
  const Rows rows = exec(statement("inspect/indexes.sql"), {oid});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i == 0 || rows.text(i, 0) != rows.text(i - 1, 0)) {
      IndexInfo& index = table.indexes.emplace_back();
      index.name = rows.text(i, 1);
      index.method = rows.text(i, 2);
      index.unique = rows.is_true(i, 3);
      index.primary = rows.is_true(i, 4);
      index.exclusion = rows.is_true(i, 5);
      index.partial = rows.is_true(i, 6);
      index.expression = rows.is_true(i, 7);
      index.definition = rows.text(i, 8);
      index.secondary = rows.is_true(i, 9);
    }
    table.indexes.back().body = rows.text(i, 11);
    if (rows[i][10]) table.indexes.back().columns.push_back(rows.text(i, 10));
  }
}

void read_foreign_keys(const Exec& exec, const std::string& oid, TableInfo& table) {
  const Rows rows = exec(statement("inspect/foreign_keys.sql"), {oid});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i == 0 || rows.text(i, 0) != rows.text(i - 1, 0)) {
      ForeignKeyInfo& key = table.foreign_keys.emplace_back();
      key.name = rows.text(i, 0);
      key.table = {rows.text(i, 1), rows.text(i, 2)};
      key.match_full = rows.is_true(i, 5);
      key.deferrable = rows.is_true(i, 6);
      key.deferred = rows.is_true(i, 7);
    }
    table.foreign_keys.back().columns.push_back(rows.text(i, 3));
    table.foreign_keys.back().referenced.push_back(rows.text(i, 4));
  }
}

}  // namespace

std::optional<TableInfo> inspect_table(const Exec& exec, const TableName& name) {
  const Rows found = exec(
      "SELECT c.oid, n.nspname, c.relname FROM pg_catalog.pg_class c "
      "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
      "WHERE c.oid = pg_catalog.to_regclass($1)",
      {quote(name)});
  if (found.empty()) return std::nullopt;
  const std::string oid = found.text(0, 0);
  TableInfo table;
  table.name = {found.text(0, 1), found.text(0, 2)};
  read_indexes(exec, oid, table);
  read_foreign_keys(exec, oid, table);
  const Rows checks = exec(statement("inspect/checks.sql"), {oid});
  for (std::size_t i = 0; i < checks.size(); ++i)
    table.checks.push_back({checks.text(i, 0), checks.text(i, 1)});
  const Rows triggers = exec(statement("inspect/triggers.sql"), {oid});
  for (std::size_t i = 0; i < triggers.size(); ++i) table.triggers.push_back(triggers.text(i, 0));
  return table;
}

std::optional<TableInfo> inspect_table(Connection& connection, const TableName& name) {
  return inspect_table(
      [&](const std::string& sql, const std::vector<Param>& params) {
        return connection.exec(sql, params);
      },
      name);
}

}  // namespace arango2pg::pg
