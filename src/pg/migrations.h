/// \file
/// Versioned schema packs: `schemas/<pack>/pack.yaml` and NNN_name.sql with -- migrate:up, down and
/// verify sections.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pg/connection.h"

namespace arango2pg::pg {

struct Migration {
  int number = 0;
  std::string name;  ///< "003_document_tables"
  std::string file;  ///< for messages
  std::string up, down, verify;
  bool transaction = true;  ///< false: `-- migrate:no-transaction`
  std::string checksum;     ///< SHA-256 of the sections
};

struct Pack {
  std::string name, description, default_schema = "public";
  int postgres_minimum = 120000;
  std::vector<std::string> extensions;
  std::vector<Migration> migrations;  ///< ascending, numbers 1…n without gaps
};

/// Reads a pack directory; `name_or_dir` without a slash is looked for as schemas/<name> below the
/// working directory, then below the installed share directory. Throws Error(usage): duplicate or
/// missing numbers, unknown keys or sections, a file without up section.
Pack load_pack(const std::string& name_or_dir);

/// Parses one file (pure; for the control schema's embedded files and for tests).
Migration parse_migration(std::string_view file_name, std::string_view text);

struct MigrationStatus {
  Migration migration;
  std::string state;       ///< applied | pending | edited | failed
  std::string applied_at;  ///< "" if pending
};

/// Applies pending migrations up to `to` (0 = all), each in its own transaction unless it says
/// otherwise, recorded in arango2pg.migration_history. One advisory lock. Returns the names
/// applied; with `dry_run` the SQL is only returned. Throws Error(target) naming file, line of the
/// failing statement and PostgreSQL's message; Error(usage) for edited history, with the way out.
std::vector<std::string> migrate_up(Connection& connection, const Pack& pack,
                                    const std::string& schema, int to = 0, bool dry_run = false);
/// Reverts applied migrations down to and without `to` (0 = all), newest first. Returns the names
/// reverted (or the SQL, with `dry_run`). Throws Error(usage) if one has no down section.
std::vector<std::string> migrate_down(Connection& connection, const Pack& pack,
                                      const std::string& schema, int to, bool dry_run = false);

/// A statement of a verify section that did not hold.
struct VerifyFailure {
  std::string where;  ///< "schemas/ats/003_x.sql:42"
  std::string what;
};

/// Runs the verify sections of the applied migrations; nothing they do stays.
std::vector<VerifyFailure> verify_pack(Connection& connection, const Pack& pack,
                                       const std::string& schema);

std::vector<MigrationStatus> migration_status(Connection& connection, const Pack& pack,
                                              const std::string& schema);

}  // namespace arango2pg::pg
