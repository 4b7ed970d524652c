/// \file
/// `arango2pg schema …`: the schema packs, for people.
#pragma once

#include <string>

#include "run/options.h"

namespace arango2pg::run {

/// Applies what is pending (or returns the SQL with `dry_run`); the text says what was done.
std::string schema_up(const TargetOptions& target, const std::string& pack,
                      const std::string& schema, int to, bool dry_run);
std::string schema_down(const TargetOptions& target, const std::string& pack,
                        const std::string& schema, int to, bool dry_run);
/// What did not hold, a line each; `passed` says whether that is nothing.
std::string schema_verify(const TargetOptions& target, const std::string& pack,
                          const std::string& schema, bool& passed);
std::string schema_status(const TargetOptions& target, const std::string& pack,
                          const std::string& schema, bool json);

}  // namespace arango2pg::run
