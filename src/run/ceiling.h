/// \file
/// What the target could take at best, measured with the run's own rows: `--measure-ceiling`.
#pragma once

#include <stop_token>

#include "doc/ports.h"
#include "pg/ledger.h"
#include "run/options.h"
#include "run/plan_run.h"

namespace arango2pg::run {

/// Reads the beginning of the run's largest collection and loads it, again and again for three
/// seconds, into tables that are thrown away, with as many connections as the run has lanes.
/// Document bytes a second; 0 if there is nothing to read. Throws Error(source, target).
double measure_ceiling(doc::Source& source, const MigrateOptions& options, const RunPlan& plan,
                       pg::Ledger& ledger, RunId run, const std::stop_token& stop);

}  // namespace arango2pg::run
