/// \file
/// What the strategies of a resync share.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "arango/live.h"
#include "doc/ports.h"
#include "pg/ledger.h"
#include "pg/sync.h"
#include "run/plan_run.h"
#include "run/progress.h"
#include "run/resync.h"

namespace arango2pg::run {

/// A log position as a number; 0 = none. They are written in decimal everywhere.
std::uint64_t tick_number(std::string_view text);

/// Collections of the source that are not those of the target.
struct Drift {
  std::set<std::string> fresh;                 ///< never loaded
  std::set<std::string> gone;                  ///< loaded once, no more in the source
  std::map<std::string, std::string> renamed;  ///< old name (which is in `gone` too) → new name
  [[nodiscard]] bool any() const { return !fresh.empty() || !gone.empty(); }
  /// One sentence each.
  [[nodiscard]] std::vector<std::string> lines() const;
};

/// A resync once its plan is made. Everything referred to outlives it.
struct ResyncJob {
  const ResyncOptions& options;
  const SignalWatch& signals;
  doc::Source& source;
  arango::LiveServer* live;  ///< null for files
  pg::Connection& control;
  pg::Ledger& ledger;
  RunPlan plan;  ///< in the order in which rows may point at each other
  std::map<std::string, pg::SyncStart> starts;
  std::set<std::string> gone;  ///< collections of the plan that lose all their documents
  std::function<bool(const std::string& name)>
      wanted;  ///< would a collection of that name be mapped?
  RunId run = 0;
  Progress& progress;

  [[nodiscard]] const std::string& identity() const { return source.info().identity; }
  /// Does another collection of the plan write one of this one's tables? Then rows of the two can't
  /// be told apart by anything but their documents' keys.
  [[nodiscard]] bool shares_table(std::uint32_t collection) const;
};

/// The plan with its collections in the order of waves(), without those that `leave_out` names.
RunPlan arranged(RunPlan plan, const std::set<std::string>& leave_out);

/// Keys that were asked for and did not come are those of documents that are no more: they are
/// noted as removed.
void mark_missing(const std::vector<std::string>& keys, doc::DocBatch& batch);

/// How far a strategy came.
struct SyncOutcome {
  enum class End : std::uint8_t {
    up_to_date,  ///< all that the source held when it began is in the target
    stopped,     ///< by a signal; everything read is durable
    log_lost,    ///< wal: the rest of the log is gone
    needs_keys,  ///< wal: a change that only a comparison of keys can follow
    drifted,     ///< a collection came, and the policy is to follow
  };
  End end = End::up_to_date;
  std::string why;
  Drift drift;  ///< seen on the way
};

/// Applies the log from the collections' positions on. With `forever` until a signal comes.
SyncOutcome follow_log(ResyncJob& job, bool forever);

/// One pass over all keys and revisions. Its parts are in the ledger: a pass that was interrupted
/// goes on.
SyncOutcome compare_keys(ResyncJob& job);

/// One pass over documents whose watermark attribute is new.
SyncOutcome read_watermarks(ResyncJob& job);

}  // namespace arango2pg::run
