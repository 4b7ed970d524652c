/// \file
/// What makes a loaded target ready: indexes, statistics, the pack's own last step, materialized
/// views. Each step may be repeated after an interruption.
#pragma once

#include "pg/ledger.h"
#include "run/options.h"
#include "run/plan_run.h"

namespace arango2pg::run {

/// In this order: rebuilds the indexes that the run dropped; ANALYZE; calls
/// `arango2pg_finalise(run_id bigint)` of each schema that was loaded into, where it exists;
/// refreshes the materialized views that depend on the loaded tables, the lower ones first. A view
/// that this role may not refresh is named in the log and in run_event; everything else that fails
/// throws Error(target).
void finalise(pg::Connection& connection, pg::Ledger& ledger, const MigrateOptions& options,
              RunId run, const RunPlan& plan);

}  // namespace arango2pg::run
