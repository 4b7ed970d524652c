/// \file
/// `arango2pg status`: runs, stages, parts, progress, read from the control schema alone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pg/ledger.h"
#include "pg/sync.h"
#include "run/options.h"
#include "run/summary.h"

namespace arango2pg::run {

struct StatusCollection {
  std::string collection;
  std::uint64_t parts = 0, parts_done = 0;
  pg::Counters counters;
  std::uint64_t documents_expected = 0, bytes_expected = 0;
};

struct RunStatus {
  RunId run = 0;
  std::string command, status, source, started_at, ended_at, holder, message;
  double seconds = 0;
  double progress = 0;                ///< 0…1
  std::optional<double> eta_seconds;  ///< only while running
  std::optional<pg::SyncLag> lag;     ///< of a resync under way
  std::vector<StageSummary> stages;   ///< with state in `name`: "load (running)"
  std::vector<StatusCollection> collections;
};

/// The last `limit` runs, newest first; only `run` if given. Throws Error(target); a target that
/// was never used by the tool has no runs.
std::vector<RunStatus> read_status(const TargetOptions& target, std::optional<RunId> run,
                                   unsigned limit);
std::string status_text(const std::vector<RunStatus>& runs);
std::string status_json(const std::vector<RunStatus>& runs);

}  // namespace arango2pg::run
