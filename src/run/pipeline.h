/// \file
/// The load stage: fetch threads → parallel_pipeline → COPY lanes (style of src/README.md, "The way
/// of a document").
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "doc/ports.h"
#include "mapping/plan.h"
#include "pg/ledger.h"
#include "pg/loader.h"
#include "run/progress.h"

namespace arango2pg::run {

struct PipelineConfig {
  RunId run = 0;
  unsigned lanes = 2;    ///< connections that COPY at the same time
  unsigned readers = 3;  ///< fetch threads; one more than lanes so that a lane need not wait
  std::uint64_t memory = 256U << 20;  ///< everything in flight
  std::uint64_t commit_bytes =
      8U << 20;  ///< a transaction is ended when it holds this many source bytes …
  std::chrono::milliseconds commit_after{2000};  ///< … or has waited this long
  std::chrono::seconds lease{30};                ///< parts of a dead process are free after this

  /// Throws Error(usage) if the numbers can't work together.
  void validate() const;
};

struct PipelineParts {
  doc::Source& source;
  pg::Ledger& ledger;
  /// Both by collection index.
  const std::vector<std::shared_ptr<const mapping::CollectionPlan>>& plans;
  const std::map<std::string, std::uint32_t>& collections;
  pg::LoaderConfig loader;  ///< purpose is completed per lane
  Progress& progress;
};

struct PipelineOutcome {
  bool stopped = false;  ///< the stop token ended it early; everything durable is checkpointed
  /// What the load waited for most: source | client cpu | memory | target, and of the target what
  /// it waited for itself, where it tells: target cpu | wal | disk | locks.
  std::string bound_by;
  std::uint64_t peak_in_flight = 0;
  std::uint64_t rows = 0;
  unsigned retries = 0;
};

/// Loads every part of the run that nobody else holds. Returns when none is left or `stop` was
/// requested (then what was already fetched is still loaded). The first failure of any thread ends
/// all of them and is thrown here.
PipelineOutcome run_pipeline(const PipelineConfig& config, PipelineParts parts,
                             const std::stop_token& stop);

}  // namespace arango2pg::run
