#include "pg/migrations_needs_internal.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/log.h"
#include "pg/text_internal.h"

namespace arango2pg::pg {
namespace {

int major(int version) { return version / 10000; }

/// The package that brings an extension, where we know it.
std::string package_hint(const std::string& extension, int version) {
  static constexpr std::array<std::string_view, 17> contrib = {
      "bloom",    "btree_gin",          "btree_gist",    "citext",   "cube",
      "dblink",   "earthdistance",      "fuzzystrmatch", "hstore",   "intarray",
      "ltree",    "pg_stat_statements", "pg_trgm",       "pgcrypto", "postgres_fdw",
      "unaccent", "uuid-ossp"};
  const std::string number = std::to_string(major(version));
  if (std::find(contrib.begin(), contrib.end(), extension) != contrib.end())
    return "It belongs to PostgreSQL's contrib modules: install the package postgresql-contrib "
           "(Debian: postgresql-" +
           number + ", Red Hat: postgresql" + number + "-contrib) on the server.";
  if (extension.rfind("postgis", 0) == 0)
    return "Install PostGIS on the server (Debian: postgresql-" + number +
           "-postgis-3, Red Hat: postgis3*_" + number + "), or use a server that has it.";
  if (extension == "vector")
    return "Install pgvector on the server (Debian: postgresql-" + number + "-pgvector).";
  return "Install the package that brings it on the server, or use a server that has it.";
}

void check_schema(Connection& connection, const std::string& schema, const Rows& may) {
  const std::string role = may.text(0, 3);
  if (may.is_true(0, 0) && !may.is_true(0, 1))
    throw Error(Exit::target,
                "role '" + role + "' may not create anything in schema '" + schema + "' of " +
                    connection.description(),
                "GRANT USAGE, CREATE ON SCHEMA " + quote(schema) + " TO " + quote(role) +
                    ", or use another schema (--schema).");
  if (!may.is_true(0, 0) && !may.is_true(0, 2))
    throw Error(Exit::target,
                "schema '" + schema + "' does not exist in " + connection.description() +
                    ", and role '" + role + "' may not create it",
                "GRANT CREATE ON DATABASE " + quote(may.text(0, 4)) + " TO " + quote(role) +
                    ", or let the database's owner run CREATE SCHEMA " + quote(schema) +
                    " AUTHORIZATION " + quote(role) + ".");
}

/// True if the extension is still to be created.
bool check_extension(Connection& connection, const Pack& pack, const std::string& extension,
                     const Rows& may) {
  const Rows there = connection.exec(statement("migrations/extension.sql"), {extension});
  if (there.is_true(0, 0)) return false;
  const std::string needs = "schema pack '" + pack.name + "' needs extension '" + extension + "', ";
  if (!there.is_true(0, 1))
    throw Error(Exit::target, needs + "which is not on the server of " + connection.description(),
                package_hint(extension, connection.server_version()));
  const bool superuser = may.is_true(0, 5);
  const bool trusted = there.is_true(0, 2);
  if (superuser || (trusted && may.is_true(0, 2))) return true;
  const std::string role = may.text(0, 3);
  throw Error(
      Exit::target, needs + "which role '" + role + "' may not create",
      trusted ? "GRANT CREATE ON DATABASE " + quote(may.text(0, 4)) + " TO " + quote(role) +
                    ", or let the database's owner run CREATE EXTENSION " + quote(extension) + "."
              : "Let a superuser run CREATE EXTENSION " + quote(extension) + " in the database.");
}

}  // namespace

Surroundings check_needs(Connection& connection, const Pack& pack, const std::string& schema) {
  if (connection.server_version() < pack.postgres_minimum)
    throw Error(Exit::target,
                "schema pack '" + pack.name + "' needs PostgreSQL " +
                    std::to_string(major(pack.postgres_minimum)) + ", " + connection.description() +
                    " is version " + std::to_string(major(connection.server_version())),
                "Upgrade the server or use another pack.");
  const Rows may = connection.exec(statement("migrations/needs.sql"), {schema});
  check_schema(connection, schema, may);
  Surroundings missing;
  if (!may.is_true(0, 0)) missing.schema = schema;
  for (const std::string& extension : pack.extensions)
    if (check_extension(connection, pack, extension, may)) missing.extensions.push_back(extension);
  return missing;
}

void create(Connection& connection, const Surroundings& what) {
  if (!what.schema.empty()) connection.exec("CREATE SCHEMA " + quote(what.schema));
  for (const std::string& extension : what.extensions) {
    // Into public, where other packs find it too; a few extensions choose their schema themselves.
    const Rows free = connection.exec(
        "SELECT FROM pg_catalog.pg_available_extension_versions "
        "WHERE name = $1 AND schema IS NULL AND to_regnamespace('public') IS NOT NULL",
        {extension});
    connection.exec("CREATE EXTENSION IF NOT EXISTS " + quote(extension) +
                    (free.empty() ? "" : " WITH SCHEMA public"));
  }
}

void drop(Connection& connection, const Surroundings& what) {
  const auto try_to_drop = [&](const std::string& kind, const std::string& name) {
    connection.exec("SAVEPOINT surroundings");
    try {
      connection.exec("DROP " + kind + " IF EXISTS " + quote(name) + " RESTRICT");
    } catch (const Error& e) {
      if (connection.last_sqlstate().substr(0, 2) == "08") throw;
      spdlog::warn("{} stays: {}", name, e.what());
      connection.exec("ROLLBACK TO SAVEPOINT surroundings");
    }
  };
  // The last one may need an earlier one.
  const std::vector<std::string> extensions(what.extensions.rbegin(), what.extensions.rend());
  for (const std::string& extension : extensions) try_to_drop("EXTENSION", extension);
  if (!what.schema.empty()) try_to_drop("SCHEMA", what.schema);
}

std::string search_path(Connection& connection, const Pack& pack, const std::string& schema) {
  std::vector<std::string> path = {schema};
  const auto add = [&](const std::string& name) {
    if (std::find(path.begin(), path.end(), name) == path.end()) path.push_back(name);
  };
  add("public");
  for (const std::string& extension : pack.extensions) {
    const Rows where = connection.exec(
        "SELECT n.nspname FROM pg_catalog.pg_extension e "
        "JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace "
        "WHERE e.extname = $1 AND n.nspname <> 'pg_catalog'",
        {extension});
    if (!where.empty()) add(where.text(0, 0));
  }
  std::string out;
  for (const std::string& name : path) out += (out.empty() ? "" : ", ") + quote(name);
  return out;
}

}  // namespace arango2pg::pg
