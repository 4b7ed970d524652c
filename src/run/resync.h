/// \file
/// `arango2pg resync`: brings an earlier migrate up to date, once or for as long as it runs.
#pragma once

#include <chrono>
#include <string>

#include "run/options.h"
#include "run/signals.h"
#include "run/summary.h"

namespace arango2pg::run {

/// How changes are found.
enum class ResyncStrategy : std::uint8_t {
  automatic,  ///< the best that source and target allow
  wal,        ///< the write-ahead log of a single server
  revisions,  ///< keys and revisions of everything, compared with the target
  watermark,  ///< documents whose timestamp attribute is not older than the newest seen; no deletes
};

/// What to do when collections came, went or were renamed.
enum class DriftPolicy : std::uint8_t {
  report,  ///< sync the others, say so, end with exit 3
  follow,  ///< load new ones; rows of those that went go as `on_delete` says
  ignore,  ///< sync the others, say so
  refuse,  ///< write nothing
};

ResyncStrategy parse_strategy(const std::string& text);  ///< Throws Error(usage)
DriftPolicy parse_drift(const std::string& text);        ///< Throws Error(usage)

struct ResyncOptions {
  MigrateOptions migrate;
  ResyncStrategy strategy = ResyncStrategy::automatic;
  DriftPolicy drift = DriftPolicy::report;
  bool follow = false;                         ///< go on until a signal comes
  std::chrono::milliseconds poll{1000};        ///< wal: how often an idle log is asked for more
  std::chrono::milliseconds interval{60'000};  ///< others: pause between two passes
  std::string watermark;                       ///< attribute, dotted path
};

/// Throws Error(usage) where there is nothing to go on from.
Summary resync(const ResyncOptions& options, const SignalWatch& signals);

}  // namespace arango2pg::run
