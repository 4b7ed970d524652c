/// \file
/// Options that several commands share: one definition, one help text, one environment variable
/// each. Command line beats environment beats configuration file.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "run/options.h"

namespace arango2pg::cli {

/// As typed; turned into run:: structs by migrate_options() and its likes, where mistakes become
/// Error(usage).
struct RawOptions {
  std::string config, log_level = "info", log_format = "text";
  std::string source, database, source_ca, target, target_schema = "public", mapping;
  bool source_insecure = false, include_system = false;
  unsigned max_source_requests = 8;
  std::string page_size = "8MiB", source_timeout = "300s", retry_for = "300s";
  std::vector<std::string> collections;
  unsigned jobs = 0;
  std::string memory = "256MiB", batch_size = "8MiB", progress = "auto", summary,
              copy_format = "auto";
  std::uint64_t max_quarantined = 0;
  bool dry_run = false;
  bool measure_ceiling = false;
  bool fresh = false, truncate = false, merge = false, join = false, accept_plan_change = false,
       json = false;
};

void add_global_options(CLI::App& app, RawOptions& raw);
void add_source_options(CLI::App& command, RawOptions& raw);
/// Only where the target is; add_target_options() adds how long lost connections are retried.
void add_target(CLI::App& command, RawOptions& raw);
void add_target_options(CLI::App& command, RawOptions& raw);
void add_run_options(CLI::App& command, RawOptions& raw);

/// Fills options that the command line left open from ARANGO2PG_<NAME>. Throws Error(usage).
void apply_environment(CLI::App& app, CLI::App& command);

/// Fills options that neither the command line nor the environment gave from the configuration file
/// (`--config`, or arango2pg.yaml in the working directory if there is one). Throws Error(usage)
/// for unknown names, with file and line.
void apply_config_file(CLI::App& app, CLI::App& command, const RawOptions& raw);

arango::SourceOptions source_options(const RawOptions& raw);
run::MigrateOptions migrate_options(const RawOptions& raw);

}  // namespace arango2pg::cli
