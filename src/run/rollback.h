/// \file
/// `arango2pg rollback RUN`: undoes what a run wrote, or says why that is not possible.
/// docs/rollback.md is the users' page.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pg/undo.h"
#include "run/options.h"
#include "run/plan_run.h"

namespace arango2pg::run {

struct RollbackReport {
  RunId run = 0;
  std::string command;  ///< of the run
  bool dry_run = false;
  bool was_rolled_back = false;  ///< already, earlier
  std::vector<pg::Undone> tables;
  std::uint64_t quarantined = 0;  ///< entries of the run that were open
  std::uint64_t indexes = 0;      ///< built again that the run had taken down
};

/// Everything or nothing, in one transaction. Throws Error(target) with the reason where the run
/// can't be undone safely; nothing is changed then.
RollbackReport rollback(const TargetOptions& target, RunId run, bool dry_run);

std::string to_text(const RollbackReport& report);
std::string to_json(const RollbackReport& report);

/// What a later rollback needs to know of a run that loads: once, before it writes. `merge`: rows
/// are changed by key. Also makes the triggers that keep rows as they were, where a mapping wants
/// them.
void record_tables(pg::Connection& connection, RunId run, const RunPlan& plan, bool merge);

}  // namespace arango2pg::run
