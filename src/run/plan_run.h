/// \file
/// From options to a checked plan: which collections, which mappings, which tables. Nothing is
/// written here.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "doc/ports.h"
#include "mapping/plan.h"
#include "pg/connection.h"
#include "run/options.h"

namespace arango2pg::run {

/// Everything decided before the first document is read. Immutable afterwards.
struct RunPlan {
  std::vector<doc::CollectionInfo> collections;
  std::vector<std::shared_ptr<const mapping::CollectionPlan>> plans;  ///< parallel to `collections`
  std::map<std::string, std::uint32_t> index;                         ///< name → position
  std::vector<std::string> unmapped;  ///< non-system collections nobody maps

  /// In plain words, what decides the result; stored with the run and compared when it is resumed.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> description() const;
  /// Collections in the order in which foreign keys allow to load them: those of one wave may be
  /// loaded at once, and reference only tables of earlier waves (or of their own: circles can't be
  /// put in order).
  [[nodiscard]] std::vector<std::vector<std::uint32_t>> waves() const;
  /// Every table once, in load order.
  [[nodiscard]] std::vector<const mapping::TargetTable*> tables() const;
};

/// Puts numbers in the order in which each comes behind all that it waits for; those of a circle
/// come together, as soon as nothing outside of it is missing.
std::vector<std::vector<std::uint32_t>> waves_of(
    const std::vector<std::set<std::uint32_t>>& waits_for);

/// Throws Error(source) for a mapped collection that is missing (unless optional) and for nothing
/// to do, Error(usage) for mistakes in mappings. Without a target, tables are as the mappings
/// describe them.
RunPlan make_plan(const MigrateOptions& options, doc::Source& source, pg::Connection* target);

/// Collections of a source that may lack some that the mappings read (the quarantine): missing ones
/// are left out.
inline constexpr const char* partial_source = "quarantine";

/// Line by line how `now` differs from `before`; empty = the same.
std::vector<std::string> plan_differences(
    const std::vector<std::pair<std::string, std::string>>& before,
    const std::vector<std::pair<std::string, std::string>>& now);

}  // namespace arango2pg::run
