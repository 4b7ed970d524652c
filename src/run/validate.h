/// \file
/// `arango2pg validate`: everything that migrate does but the load, and a report of what it would
/// do.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "run/options.h"
#include "run/report.h"
#include "run/signals.h"

namespace arango2pg::run {

struct ValidateOptions {
  MigrateOptions migrate;  ///< as the real run would get them
  bool with_target = true;
  bool probe = false;
  std::uint64_t sample = 0;  ///< documents per collection; 0 = all
  std::uint64_t seed = 1;
  std::vector<std::string> reports;  ///< files to write
  std::string compare;               ///< an older report (JSON)
  bool record = true;                ///< keep the report with a run in the target
  bool log_data = false;             ///< values may be shown
};

/// Reads, maps and checks; writes the report files and, with a target, the run record; nothing
/// else. Throws Error where nothing could be examined at all (no source, wrong mapping, a report
/// that can't be written).
ValidationReport validate(const ValidateOptions& options, const SignalWatch& signals);

}  // namespace arango2pg::run
