/// \file
/// The load stage of a run: waves of collections, whoever works on them, and a second chance for
/// documents that came before what they point at.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "pg/ledger.h"
#include "pg/loader.h"
#include "run/options.h"
#include "run/pipeline.h"
#include "run/plan_run.h"
#include "run/quarantine_source.h"
#include "run/signals.h"

namespace arango2pg::run {

class LoadStage {
 public:
  /// All must outlive the stage. `helper`: another process leads the run; this one takes parts as
  /// long as there are any.
  LoadStage(doc::Source& source, const MigrateOptions& options, const SignalWatch& signals,
            const RunPlan& plan, pg::Ledger& ledger, Progress& progress, RunId run, bool helper);

  /// Returns when every part is done, by whom ever, or a signal came. A helper also returns when
  /// the run has no leader any more.
  PipelineOutcome run();
  [[nodiscard]] bool all_parts_done();

 private:
  using Wave = std::vector<std::uint32_t>;
  void take_stock();
  bool load_wave(const Wave& wave);
  void second_chances();
  void help_to_the_end();
  bool run_parts(const std::map<std::string, std::uint32_t>& names);
  [[nodiscard]] std::map<std::string, std::uint32_t> names_of(const Wave& wave) const;
  [[nodiscard]] pg::LoaderConfig loader_config() const;
  [[nodiscard]] pg::LoadCollection load_collection(std::size_t index) const;

  SecondChance source_;
  const MigrateOptions& options_;
  const SignalWatch& signals_;
  const RunPlan& plan_;
  pg::Ledger& ledger_;
  Progress& progress_;
  const RunId run_;
  const bool helper_;
  std::set<std::string> merge_;  ///< collections that are re-read from the start: rows go by upsert
  std::set<std::string> leaders_;  ///< collections that only the leader reads
  PipelineOutcome outcome_;
};

}  // namespace arango2pg::run
