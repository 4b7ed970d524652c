/// \file
/// Shared by pack files, migration engine and ledger.
#pragma once

#include <cstdint>

#include "pg/migrations.h"

namespace arango2pg::pg {

/// The pack of the tool's own state has this name, and so has its schema.
inline constexpr const char* control_name = "arango2pg";

/// Sorts by number. Throws Error(usage) for duplicate or missing numbers.
void order_migrations(Pack& pack);

/// "003_document_tables.sql" → 3. Throws Error(usage) for another form: a file that only looks like
/// a migration would be left out in silence.
int migration_number(const std::string& file_name);

/// The control schema's pack, from the files compiled into the program.
Pack control_pack();

/// Creates or upgrades the control schema. Costs one query if there is nothing to do. Throws
/// Error(target) if the schema is of a newer program.
void ensure_control_schema(Connection& connection);

/// A statement of a section, as the engine runs it.
struct Step {
  std::string sql;
  int line = 1;            ///< in the file
  std::int64_t batch = 0;  ///< `-- migrate:batches SIZE`: repeated until nothing is left; 0 = once
  bool takes_position = false, takes_size = false;  ///< parameters of a batched statement
};
/// The batched statement's parameters are $1 and $2 in the file, and numbered as used in `sql`.
std::vector<Step> steps_of(const std::string& section);

/// SHA-256 over the first `count` statements: comments and blanks between them don't count.
std::string checksum_of(const std::vector<Step>& steps, std::size_t count);

/// CREATE INDEX CONCURRENTLY or REINDEX … CONCURRENTLY: what fails leaves an INVALID index behind.
struct ConcurrentIndex {
  bool rebuild = false;  ///< REINDEX
  std::string name;      ///< as PostgreSQL stores it; empty = the statement gives none
  std::string table;     ///< as written, may be qualified
};
std::optional<ConcurrentIndex> concurrent_index(const std::string& sql);

}  // namespace arango2pg::pg
