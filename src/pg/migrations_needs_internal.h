/// \file
/// What a pack needs of a server before anything of it runs.
#pragma once

#include <string>
#include <vector>

#include "pg/migrations_internal.h"

namespace arango2pg::pg {

/// Around the tables of a pack: what is created with its first migration and goes with it.
struct Surroundings {
  std::string schema;  ///< empty = it was there already
  std::vector<std::string> extensions;
  [[nodiscard]] bool empty() const { return schema.empty() && extensions.empty(); }
};

/// Throws Error(target) for a server that is too old, a missing privilege, an extension that is
/// neither installed nor can be: naming the package or the privilege. Returns what is still to be
/// created.
Surroundings check_needs(Connection& connection, const Pack& pack, const std::string& schema);

// Both in the open transaction.
void create(Connection& connection, const Surroundings& what);
/// Drops what nothing depends on any more; says what stays.
void drop(Connection& connection, const Surroundings& what);

/// `schema`, then public, then wherever the pack's extensions are, as the value of search_path.
std::string search_path(Connection& connection, const Pack& pack, const std::string& schema);

}  // namespace arango2pg::pg
