/// \file
/// The pass of a verify run that reads both sides once and adds their fingerprints up. Its state is
/// saved now and then, so that a run that was killed goes on.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "pg/ledger.h"
#include "run/verify.h"
#include "run/verify_check.h"
#include "run/verify_scan.h"
#include "run/verify_state.h"
#include "run/verify_sums.h"

namespace arango2pg::run {

class Comparison {
 public:
  /// All must outlive it.
  Comparison(const VerifyPlan& plan, const VerifyOptions& options, doc::Source& source,
             pg::Connection& control)
      : plan_(plan), options_(options), source_(source), control_(control) {}

  /// Takes over what the run has saved; false if there is nothing, or it does not fit any more
  /// (another plan, a table that was rewritten).
  bool resume(RunId run, pg::CompareStore& store);
  /// Cuts both sides into pieces, unless resume() has them.
  void begin(RunId run, pg::Ledger& ledger);
  /// Reads what is left to be read. False if `stop` ended it early; the state is saved then.
  bool run(const VerifyScanConfig& config, DocumentChecker& checker, Progress& progress,
           const std::stop_token& stop);

  /// What differs; the sums are given up for it.
  Suspects take_suspects();
  [[nodiscard]] const VerifyState& state() const { return state_; }
  [[nodiscard]] const std::vector<pg::PartRecord>& parts() const { return parts_; }
  /// The source's parts: what is left of them, or all of them from their beginning.
  [[nodiscard]] std::vector<doc::PartTask> tasks(bool whole) const;

 private:
  void cut_source(pg::Ledger& ledger);
  void cut_target();
  void add(DigestedBatch&& batch, DocumentChecker& checker, Progress& progress);
  void subtract(const TargetRows& rows, std::size_t range);
  void read_all(const VerifyScanConfig& config, const ScanHandlers& handlers, ScanWork work,
                bool& ended, const std::stop_token& stop);
  void save();

  const VerifyPlan& plan_;
  const VerifyOptions& options_;
  doc::Source& source_;
  pg::Connection& control_;
  RunId run_ = 0;
  std::mutex mutex_;  ///< guards what follows while both sides are read
  std::vector<pg::PartRecord> parts_;
  std::map<PartId, std::size_t> part_at_;
  VerifyState state_;
  std::optional<BucketSums> sums_;
};

}  // namespace arango2pg::run
