/// \file
/// The commands: options and help of each, and what it calls.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>

#include "base/error.h"
#include "cli/options.h"
#include "run/summary.h"

namespace arango2pg::cli {

/// The command that the user chose.
struct Command {
  CLI::App* app;
  std::function<Exit()> run;
};

using Chosen = std::optional<Command>;

/// A command and its action; `action` runs after parsing, when the raw options are filled.
CLI::App* command(CLI::App& parent, Chosen& chosen, const std::string& name,
                  const std::string& help, std::function<Exit()> action);
run::TargetOptions target_options(const RawOptions& raw);

/// The table of the run, and the file of --summary.
void show(const run::Summary& summary, const RawOptions& raw);

/// `arango2pg infer` (infer_command.cpp).
void add_infer(CLI::App& app, RawOptions& raw, Chosen& chosen);
/// `arango2pg resync` (resync_command.cpp).
void add_resync(CLI::App& app, RawOptions& raw, Chosen& chosen);
/// `arango2pg schema …` (schema_command.cpp).
void add_schema(CLI::App& app, RawOptions& raw, Chosen& chosen);
/// `arango2pg verify` (verify_command.cpp).
void add_verify(CLI::App& app, RawOptions& raw, Chosen& chosen);
/// `arango2pg rollback` (rollback_command.cpp).
void add_rollback(CLI::App& app, RawOptions& raw, Chosen& chosen);

/// `arango2pg validate`, and what `migrate --dry-run` does (validate_command.cpp).
void add_validate(CLI::App& app, RawOptions& raw, Chosen& chosen);
Exit dry_run(const RawOptions& raw);

/// Adds all commands to `app`; parsing sets `chosen`. `raw` must outlive both.
void add_commands(CLI::App& app, RawOptions& raw, Chosen& chosen);

/// "unknown option '--sorce' (did you mean '--source'?)" for the first word that nobody knows.
std::optional<std::string> unknown_word_message(const CLI::App& app, int argc, char** argv);

}  // namespace arango2pg::cli
