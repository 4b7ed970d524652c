/// \file
/// What a user can set, as plain structs with defaults. cli/ fills them; nobody below run/ sees
/// them whole.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "arango/open.h"
#include "run/progress.h"

namespace arango2pg::run {

/// The target and how to speak to it.
struct TargetOptions {
  std::string conninfo;           ///< any libpq conninfo or URI; "" = libpq's own PG* variables
  std::string schema = "public";  ///< --target-schema: where automatic tables go
};

struct MigrateOptions {
  arango::SourceOptions source;
  TargetOptions target;
  std::string mapping;                   ///< file or directory; "" = automatic mapping
  std::vector<std::string> collections;  ///< only these; empty = all
  unsigned jobs = 2;                     ///< lanes
  std::uint64_t memory = 256U << 20;     ///< bytes in flight
  std::uint64_t batch_size = 8U << 20;   ///< bytes per transaction
  std::uint64_t max_quarantined = 0;     ///< more than this ends with exit 5
  std::chrono::seconds retry_for{300};   ///< lost connections are retried this long
  bool fresh = false;                    ///< forget an interrupted run
  bool truncate = false;                 ///< empty the target tables first
  bool join = false;                     ///< help a run that is under way, or lead it
  bool merge = false;                    ///< upsert by key into tables that hold rows
  bool changes = false;                  ///< set by resync: rows follow their documents
  bool accept_plan_change = false;   ///< go on although the plan differs from the interrupted run's
  std::string copy_format = "auto";  ///< auto | text | binary
  bool compare = false;          ///< the plan is for comparing with what is there, not for loading
  bool overwrite = false;        ///< with merge: whatever revision the row has
  bool measure_ceiling = false;  ///< first measure how fast the target takes the rows at best
  /// Rows for PostgreSQL have jsonb's order of members; nobody reads those of a dry run without a
  /// probe.
  bool jsonb_order = true;
  ProgressMode progress = ProgressMode::automatic;
};

}  // namespace arango2pg::run
