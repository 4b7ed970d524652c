#include "pg/catalog.h"

#include "pg/text_internal.h"

namespace arango2pg::pg {
namespace {

doc::TypeKind kind_of(std::int64_t oid, bool is_enum) {
  using doc::TypeKind;
  if (is_enum) return TypeKind::enumeration;
  switch (oid) {  // fixed since PostgreSQL has them (pg_type.dat)
    case 16:
      return TypeKind::boolean;
    case 17:
      return TypeKind::bytea;
    case 20:
      return TypeKind::int8;
    case 21:
      return TypeKind::int2;
    case 23:
      return TypeKind::int4;
    case 25:
      return TypeKind::text;
    case 114:
      return TypeKind::json;
    case 700:
      return TypeKind::float4;
    case 701:
      return TypeKind::float8;
    case 1042:
      return TypeKind::bpchar;
    case 1043:
      return TypeKind::varchar;
    case 1082:
      return TypeKind::date;
    case 1114:
      return TypeKind::timestamp;
    case 1184:
      return TypeKind::timestamptz;
    case 1700:
      return TypeKind::numeric;
    case 2950:
      return TypeKind::uuid;
    case 3802:
      return TypeKind::jsonb;
    default:
      return TypeKind::other;
  }
}

/// varchar(n), char(n) and numeric(p,s) pack their numbers into the type modifier, plus 4.
void set_modifier(doc::ColumnType& type, std::int64_t modifier) {
  if (modifier < 4) return;
  const auto packed = static_cast<std::uint32_t>(modifier - 4);
  if (type.kind == doc::TypeKind::varchar || type.kind == doc::TypeKind::bpchar) {
    type.length = packed;
  } else if (type.kind == doc::TypeKind::numeric) {
    type.precision = static_cast<int>(packed >> 16U);
    // Eleven bits with sign: negative scales exist since PostgreSQL 15.
    type.scale = static_cast<int>((packed & 0x7ffU) ^ 0x400U) - 0x400;
  }
}

struct Relation {
  std::string oid;
  TableName name;
  std::string kind;
};

std::optional<Relation> find(Connection& connection, const TableName& name) {
  const Rows rows = connection.exec(
      "SELECT c.oid, n.nspname, c.relname, c.relkind FROM pg_catalog.pg_class c "
      "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
      "WHERE c.oid = pg_catalog.to_regclass($1)",
      {quote(name)});
  if (rows.empty()) return std::nullopt;
  return Relation{rows.text(0, 0), TableName{rows.text(0, 1), rows.text(0, 2)}, rows.text(0, 3)};
}

Relation require(Connection& connection, const TableName& name) {
  auto relation = find(connection, name);
  if (!relation)
    throw Error(Exit::target, "no table '" + name.text() + "' in " + connection.description(),
                "Create it, for example with `arango2pg schema up`.");
  return std::move(*relation);
}

void read_columns(Connection& connection, const Relation& relation, doc::Table& table) {
  const Rows rows = connection.exec(statement("catalog/columns.sql"), {relation.oid});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    doc::Column& column = table.columns.emplace_back();
    column.name = rows.text(i, 0);
    column.type.name = rows.text(i, 1);
    column.type.kind = kind_of(rows.number(i, 2), rows.is_true(i, 6));
    set_modifier(column.type, rows.number(i, 3));
    column.type.array = rows.is_true(i, 4);
    column.type.element_oid = static_cast<std::uint32_t>(rows.number(i, 5));
    column.not_null = rows.is_true(i, 7);
    column.has_default = rows.is_true(i, 8);
    column.generated = rows.is_true(i, 9);
    if (!rows.is_true(i, 6)) continue;
    const Rows labels = connection.exec(statement("catalog/labels.sql"), {rows[i][2]});
    for (std::size_t l = 0; l < labels.size(); ++l) column.type.labels.push_back(labels.text(l, 0));
  }
}

void read_keys(Connection& connection, const Relation& relation, doc::Table& table) {
  const Rows rows = connection.exec(statement("catalog/keys.sql"), {relation.oid});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows.is_true(i, 1)) {
      table.primary_key.push_back(rows.text(i, 2));
      continue;
    }
    if (i == 0 || rows.text(i, 0) != rows.text(i - 1, 0)) table.unique_keys.emplace_back();
    table.unique_keys.back().push_back(rows.text(i, 2));
  }
}

}  // namespace

std::optional<doc::Table> read_table(Connection& connection, const TableName& name) {
  const auto relation = find(connection, name);
  if (!relation) return std::nullopt;
  if (relation->kind != "r" && relation->kind != "p" && relation->kind != "f")
    throw Error(Exit::target, "'" + name.text() + "' is no table",
                "Load into the table behind it.");
  doc::Table table;
  table.name = relation->name;
  read_columns(connection, *relation, table);
  read_keys(connection, *relation, table);
  const Rows references = connection.exec(statement("catalog/references.sql"), {relation->oid});
  for (std::size_t i = 0; i < references.size(); ++i)
    table.references.push_back({references.text(i, 0), references.text(i, 1)});
  return table;
}

void check_target(Connection& connection) {
  if (connection.server_version() < 120000)
    throw Error(Exit::target,
                connection.description() + " is PostgreSQL " +
                    std::to_string(connection.server_version() / 10000) + ", at least 12 is needed",
                "Upgrade the server.");
  const Rows rows = connection.exec(statement("catalog/target.sql"));
  if (rows.text(0, 0) != "UTF8")
    throw Error(
        Exit::target, connection.description() + " has encoding " + rows.text(0, 0) + ", not UTF8",
        "Create a database with ENCODING 'UTF8' TEMPLATE template0: ArangoDB's text is Unicode.");
  if (rows.is_true(0, 1))
    throw Error(Exit::target, connection.description() + " is a standby and takes no changes",
                "Connect to the primary server.");
  if (rows.is_true(0, 5)) return;
  if (rows.is_true(0, 4))
    throw Error(Exit::target,
                "role '" + rows.text(0, 2) + "' may not use the control schema 'arango2pg' in " +
                    connection.description(),
                "Use the role that made it, or grant its rights to this role.");
  throw Error(Exit::target,
              "role '" + rows.text(0, 2) + "' may not create the control schema 'arango2pg' in " +
                  connection.description(),
              "GRANT CREATE ON DATABASE " + quote(rows.text(0, 3)) + " TO " +
                  quote(rows.text(0, 2)) + ", or let the owner run the first command.");
}

void check_privileges(Connection& connection, const TableName& table, bool truncate, bool merge) {
  const Relation relation = require(connection, table);
  const Rows may = connection.exec(statement("catalog/privileges.sql"), {relation.oid});
  const std::string role = may.text(0, 6);
  const auto need = [&](std::size_t column, const char* privilege) {
    if (may.is_true(0, column)) return;
    throw Error(
        Exit::target,
        "role '" + role + "' has no " + privilege + " privilege on table '" + table.text() + "'",
        std::string("GRANT ") + privilege + " ON " + quote(table) + " TO " + quote(role) + ".");
  };
  need(0, "INSERT");
  need(1, "SELECT");
  if (truncate) need(3, "TRUNCATE");
  if (merge) need(2, "UPDATE");
  if (merge && !may.is_true(0, 4))
    throw Error(Exit::target, "role '" + role + "' may not create temporary tables",
                "GRANT TEMPORARY ON DATABASE to it: merging goes through a staging table.");
  if (may.is_true(0, 5))
    throw Error(
        Exit::target, "row security of table '" + table.text() + "' applies to role '" + role + "'",
        "Load as the table's owner or as a role with BYPASSRLS: COPY does not work otherwise.");
}

std::vector<std::string> slow_compression(Connection& connection, const TableName& table) {
  std::vector<std::string> out;
  if (connection.server_version() < 140000) return out;
  const Rows oid = connection.exec("SELECT to_regclass($1)::oid", {quote(table)});
  if (!oid[0][0]) return out;
  const Rows rows = connection.exec(statement("catalog/slow_compression.sql"), {oid[0][0]});
  for (std::size_t i = 0; i < rows.size(); ++i) out.push_back(rows.text(i, 0));
  return out;
}

bool holds_rows(Connection& connection, const TableName& table) {
  return connection.exec("SELECT EXISTS (SELECT FROM " + quote(table) + ")").is_true(0, 0);
}

std::vector<SavedIndex> drop_secondary_indexes(Connection& connection, RunId run,
                                               const TableName& table) {
  const Relation relation = require(connection, table);
  std::vector<SavedIndex> dropped;
  try {
    Transaction transaction(connection);
    // Waiting longer would hold up everybody who queues behind us.
    connection.exec("SET LOCAL lock_timeout = '10s'");
    // Definitions name everything in full: who puts them back may have another search path.
    connection.exec("SET LOCAL search_path = pg_catalog");
    connection.exec(statement("catalog/adopt_indexes.sql"),
                    {std::to_string(run), relation.name.schema, relation.name.name});
    const Rows rows = connection.exec(statement("catalog/secondary_indexes.sql"), {relation.oid});
    for (std::size_t i = 0; i < rows.size(); ++i) {
      connection.exec(statement("catalog/save_index.sql"),
                      {std::to_string(run), relation.name.schema, relation.name.name,
                       rows.text(i, 0), rows.text(i, 1), rows[i][2], rows.text(i, 3)});
      connection.exec("DROP INDEX " + quote(TableName{relation.name.schema, rows.text(i, 0)}));
      dropped.push_back({relation.name, rows.text(i, 0), rows.text(i, 1)});
    }
    transaction.commit();
  } catch (const Error& e) {
    if (connection.last_sqlstate() != "55P03") throw;
    throw Error(Exit::target,
                "cannot drop the indexes of table '" + table.text() +
                    "': another session has used it for more than 10 s",
                "End that session, or load with `indexes: keep`.", true);
  }
  return dropped;
}

std::vector<SavedIndex> missing_indexes(Connection& connection, RunId run) {
  const Rows rows =
      connection.exec(statement("catalog/missing_indexes.sql"), {std::to_string(run)});
  std::vector<SavedIndex> out;
  for (std::size_t i = 0; i < rows.size(); ++i)
    out.push_back({{rows.text(i, 0), rows.text(i, 1)}, rows.text(i, 2), rows.text(i, 3)});
  return out;
}

void rebuild_index(Connection& connection, RunId run, const SavedIndex& index) {
  const std::vector<Param> which = {std::to_string(run), index.table.schema, index.name};
  Transaction transaction(connection);
  const Rows state = connection.exec(statement("catalog/index_state.sql"), which);
  if (state.empty()) return;  // another process was faster
  const std::string name = quote(TableName{index.table.schema, index.name});
  const bool valid = state.is_true(0, 1);
  if (state.is_true(0, 0) && !valid) connection.exec("DROP INDEX " + name);
  if (!valid) {
    connection.exec(index.definition);
    if (state[0][2])
      connection.exec("COMMENT ON INDEX " + name + " IS " + quote_literal(*state[0][2]));
    if (state.is_true(0, 3))
      connection.exec("ALTER TABLE " + quote(index.table) + " CLUSTER ON " + quote(index.name));
  }
  connection.exec(statement("catalog/mark_restored.sql"), which);
  transaction.commit();
}

namespace {

std::string quoted_names(const std::vector<TableName>& tables) {
  std::vector<std::string> names;
  for (const TableName& t : tables) names.push_back(quote(t));
  return array_literal(names);
}

}  // namespace

void largest_first(Connection& connection, std::vector<TableName>& tables) {
  const Rows order = connection.exec(
      "SELECT at FROM unnest($1::text[]) WITH ORDINALITY t (name, at) ORDER BY "
      "pg_catalog.pg_table_size(pg_catalog.to_regclass(name)) DESC NULLS LAST, at",
      {quoted_names(tables)});
  std::vector<TableName> sorted;
  for (std::size_t i = 0; i < order.size(); ++i)
    sorted.push_back(std::move(tables[static_cast<std::size_t>(order.number(i, 0)) - 1]));
  tables = std::move(sorted);
}

std::vector<DependentView> dependent_views(Connection& connection,
                                           const std::vector<TableName>& tables) {
  const Rows rows =
      connection.exec(statement("catalog/dependent_views.sql"), {quoted_names(tables)});
  std::vector<DependentView> out;
  for (std::size_t i = 0; i < rows.size(); ++i)
    out.push_back({{rows.text(i, 0), rows.text(i, 1)}, rows.is_true(i, 2), rows.is_true(i, 3)});
  return out;
}

std::vector<TableName> finalise_functions(Connection& connection,
                                          const std::vector<TableName>& tables) {
  const Rows rows =
      connection.exec(statement("catalog/finalise_functions.sql"), {quoted_names(tables)});
  std::vector<TableName> out;
  for (std::size_t i = 0; i < rows.size(); ++i) out.push_back({rows.text(i, 0), rows.text(i, 1)});
  return out;
}

}  // namespace arango2pg::pg
