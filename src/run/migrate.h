/// \file
/// `arango2pg migrate`: plan → load → finalise; run again after an interruption, it goes on.
#pragma once

#include "run/options.h"
#include "run/signals.h"
#include "run/summary.h"

namespace arango2pg::run {

/// Returns the summary with the exit code in it (done, quarantined, interrupted). Throws Error for
/// everything that must be put right first; what was durable before stays durable.
Summary migrate(const MigrateOptions& options, const SignalWatch& signals);

/// The same from a source that is open already; `command` is what the run is called in the ledger.
Summary migrate_from(doc::Source& source, const std::string& command, const MigrateOptions& options,
                     const SignalWatch& signals);

}  // namespace arango2pg::run
