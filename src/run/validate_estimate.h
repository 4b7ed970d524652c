/// \file
/// How long the migration will take, how large the tables become, and how many documents a sample
/// leaves in doubt. Each figure says what it rests on.
#pragma once

#include <map>
#include <vector>

#include "pg/inspect.h"
#include "pg/probe.h"
#include "run/plan_run.h"
#include "run/report.h"
#include "run/scan.h"
#include "run/validate_size.h"

namespace arango2pg::run {

struct EstimateInput {
  const RunPlan& plan;
  const std::map<TableName, pg::TableInfo>& tables;
  const SizeSampler& sizes;
  ScanOutcome scan;
  unsigned lanes = 2, readers = 3;
  /// With a probe: what PostgreSQL measured.
  pg::ProbedTarget probed = {};
  std::uint64_t probed_bytes = 0;
  std::uint64_t wasted_bytes = 0;  ///< that went in and were taken back
  double probed_seconds = 0;
  /// COPY bytes of all rows that were mapped, and how many rows each collection's tables got.
  std::uint64_t copy_bytes = 0;
  std::vector<std::vector<std::uint64_t>> rows = {};
};

/// Fills `estimates` and the sizes of the tables. Call it when the counts are complete.
void estimate(const EstimateInput& input, ValidationReport& report);

/// The interval that holds the true share with 95 % when `hits` of `n` were seen (Wilson).
std::pair<double, double> share_interval(std::uint64_t hits, std::uint64_t n);

}  // namespace arango2pg::run
