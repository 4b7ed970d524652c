/// \file
/// The commands: options and help of each, and what it calls.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>

#include "base/error.h"
#include "cli/options.h"

namespace arango2pg::cli {

/// The command that the user chose.
struct Command {
  CLI::App* app;
  std::function<Exit()> run;
};

/// Adds all commands to `app`; parsing sets `chosen`. `raw` must outlive both.
void add_commands(CLI::App& app, RawOptions& raw, std::optional<Command>& chosen);

/// One command each, in files of their own.
void add_verify(CLI::App& app, RawOptions& raw, std::optional<Command>& chosen);

/// "unknown option '--sorce' (did you mean '--source'?)" for the first word that nobody knows.
std::optional<std::string> unknown_word_message(const CLI::App& app, int argc, char** argv);

}  // namespace arango2pg::cli
