/// \file
/// Versioned schema packs: `schemas/<pack>/pack.yaml` and NNN_name.sql with -- migrate:up, down and
/// verify sections (docs/schema.md).
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "pg/connection.h"

namespace arango2pg::pg {

struct Migration {
  int number = 0;
  std::string name;  ///< "003_document_tables"
  std::string file;  ///< for messages
  /// The sections, with as many line ends before them as the file has lines: a statement knows its
  /// line. Empty = the file has no such section.
  std::string up, down, verify;
  bool transaction = true;  ///< false: `-- migrate:no-transaction`
  std::string checksum;     ///< SHA-256 of what `up` runs
};

struct Pack {
  std::string name, description, default_schema = "public";
  std::string directory;  ///< for messages; empty = compiled into the program
  int postgres_minimum = 120000;
  std::vector<std::string> extensions;
  std::vector<Migration> migrations;  ///< ascending, numbers 1…n without gaps
};

/// Reads a pack directory; `name_or_dir` without a slash is looked for as schemas/<name> below the
/// working directory, then below the installed share directory. The pack of the tool's own state is
/// the one compiled into the program. Throws Error(usage): duplicate or missing numbers, unknown
/// keys or sections, a file without up section, statements the engine can't run.
Pack load_pack(const std::string& name_or_dir);

/// Parses one file (pure; for the control schema's embedded files and for tests).
Migration parse_migration(std::string_view file_name, std::string_view text);

/// Writes the next migration of a pack as a template, and pack.yaml if the directory is new.
/// Returns the paths written. `name` becomes lower case with underscores.
struct TemplateOptions {
  bool transaction = true;
  bool batches = false;  ///< a data migration; implies no transaction
};
std::vector<std::string> new_migration(const std::string& name_or_dir, const std::string& name,
                                       const TemplateOptions& options = {});

/// How far `up` or `down` goes: to a number, which is the last one applied or kept (0 = all the
/// way), or by a number of steps.
struct Goal {
  Goal(int to = 0) : number(to) {}  // NOLINT(google-explicit-constructor): reads as "up to 3"
  static Goal by(int steps) {
    Goal goal;
    goal.steps = steps;
    return goal;
  }
  int number = 0;
  std::optional<int> steps;
};

/// How long to wait for others.
struct Patience {
  std::chrono::milliseconds migrations{60'000};  ///< for another process that migrates
  std::chrono::milliseconds lock{5'000};         ///< for one lock of an application, each time
  int tries = 12;                                ///< so often, letting others through in between
};

/// What goes on around a change of the schema.
struct MigrationControl {
  /// For a second connection, which looks at who is in the way and cancels what is to stop; empty:
  /// neither.
  std::optional<std::string> conninfo;
  Patience patience;
  std::stop_token stop;  ///< cancels the running statement; Error(interrupted)
  /// Told each migration as soon as it is durable.
  std::function<void(const Migration&, std::chrono::milliseconds)> done;
};

/// Applies pending migrations, each in its own transaction unless it says otherwise, recorded in
/// arango2pg.migration_history. One advisory lock. Returns the names applied. Throws Error(target)
/// naming file, line and SQLSTATE of the failing statement and PostgreSQL's message; Error(usage)
/// for edited history, with the way out.
std::vector<std::string> migrate_up(Connection& connection, const Pack& pack,
                                    const std::string& schema, Goal goal = {},
                                    const MigrationControl& control = {});

/// Reverts applied migrations, newest first. Returns the names reverted. Throws Error(usage) if one
/// of them has no down section, before anything is reverted.
std::vector<std::string> migrate_down(Connection& connection, const Pack& pack,
                                      const std::string& schema, Goal goal,
                                      const MigrationControl& control = {});

/// The SQL that migrate_up() or migrate_down() would run; touches nothing.
std::string up_sql(Connection& connection, const Pack& pack, const std::string& schema,
                   Goal goal = {});
std::string down_sql(Connection& connection, const Pack& pack, const std::string& schema,
                     Goal goal);

/// A migration that `down` would revert, with the tables that its section drops.
struct Loss {
  struct Dropped {
    std::string table;
    std::int64_t rows = 0;
    bool estimated = false;
  };
  std::string migration;
  std::vector<Dropped> tables;
};
std::vector<Loss> what_down_loses(Connection& connection, const Pack& pack,
                                  const std::string& schema, Goal goal);

/// Records that exactly the migrations 1…`to` are applied, without running anything. Forgetting
/// that later ones are applied needs `forget`, else Error(usage). Returns a line per change.
std::vector<std::string> stamp(Connection& connection, const Pack& pack, const std::string& schema,
                               int to, bool forget = false, const MigrationControl& control = {});

/// Something that `verify` found not to hold.
struct VerifyFailure {
  std::string where;  ///< "schemas/ats/003_x.sql:42", or the migration's name
  std::string what;
};

/// Runs the verify sections of the applied migrations; nothing they do stays. Also compares the
/// history with the files. Empty = everything holds.
std::vector<VerifyFailure> verify_pack(Connection& connection, const Pack& pack,
                                       const std::string& schema);

struct MigrationStatus {
  Migration migration;  ///< of a vanished one: number and name only
  /// applied | stamped | pending | edited | failed (nothing of it remains) | half-applied |
  /// half-reverted | vanished (applied, but its file is gone)
  std::string state;
  std::string applied_at, applied_by, seconds;  ///< "" if pending
  std::string message;                          ///< why it failed; what is odd about it
};
std::vector<MigrationStatus> migration_status(Connection& connection, const Pack& pack,
                                              const std::string& schema);

}  // namespace arango2pg::pg
