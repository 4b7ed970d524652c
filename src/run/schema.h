/// \file
/// `arango2pg schema …`: the schema packs, for people.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "pg/migrations.h"
#include "run/options.h"
#include "run/signals.h"

namespace arango2pg::run {

struct SchemaOptions {
  TargetOptions target;
  std::string pack = "ats";      ///< directory, or name of a pack below schemas/
  std::string schema;            ///< "" = the pack's
  std::optional<int> to, steps;  ///< how far; at most one of them
  bool dry_run = false;          ///< only say the SQL
  bool yes = false;              ///< what loses something is meant
  bool json = false;
  pg::Patience patience;
};

/// Takes lines of the result as they come about.
using Say = std::function<void(const std::string&)>;

void schema_up(const SchemaOptions& options, const SignalWatch& signals, const Say& say);
/// One step unless `to` or `steps` say otherwise. Without `yes` it says what would go and throws
/// Error(usage).
void schema_down(const SchemaOptions& options, const SignalWatch& signals, const Say& say);
void schema_stamp(const SchemaOptions& options, const SignalWatch& signals, const Say& say);
/// Says what does not hold, and whether that is nothing.
[[nodiscard]] bool schema_verify(const SchemaOptions& options, const Say& say);
void schema_status(const SchemaOptions& options, const Say& say);
void schema_new(const std::string& pack, const std::string& name,
                const pg::TemplateOptions& options, const Say& say);

}  // namespace arango2pg::run
