/// \file
/// Where a resync starts, and how far it came: arango2pg.sync_state and what earlier runs left.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pg/connection.h"
#include "pg/loader.h"

namespace arango2pg::pg {

/// A collection that an earlier run has loaded or followed.
struct SyncStart {
  std::string tick;       ///< log position of the rows in the target; "" = unknown
  std::string guid;       ///< globallyUniqueId when it was last seen; "" = unknown
  std::string watermark;  ///< JSON of the highest value of the watermark attribute seen; "" = none
  RunId run = 0;          ///< that loaded it
  std::string identity;   ///< of that run's source
  std::string source;     ///< its description
};

/// By collection: what finished runs of this source loaded, and of other sources (dumps of it). An
/// earlier resync's position counts unless the collection was loaded anew since.
std::map<std::string, SyncStart> sync_starts(Connection& connection,
                                             const std::string& source_identity);

/// The newest log position that any resync has brought a collection to, from a server's database of
/// this name; 0 = none.
std::uint64_t newest_position(Connection& connection, const std::string& database,
                              const std::string& collection);

/// Positions without rows.
void write_sync(Connection& connection, RunId run, const SyncState& state);
/// Collection → globallyUniqueId, of rows that are there.
void remember_guids(Connection& connection, const std::string& source_identity,
                    const std::vector<std::pair<std::string, std::string>>& guids);
void remember_watermark(Connection& connection, const std::string& source_identity,
                        const std::string& collection, const std::string& json);
/// Collections that are no more, and whose rows have gone.
void forget_sync(Connection& connection, const std::string& source_identity,
                 const std::vector<std::string>& collections);

/// Parts of these kinds that are done are to be worked on again, from their beginning.
void reopen_parts(Connection& connection, RunId run, const std::vector<std::string>& kinds);
/// Parts of this kind are to be waited for no more.
void close_parts(Connection& connection, RunId run, const std::string& kind);
/// Leases all parts of a kind, done or not: collection → part.
std::map<std::string, PartId> claim_kind(Connection& connection, RunId run,
                                         const std::string& worker, const std::string& kind,
                                         std::chrono::seconds lease);
/// The run's position is where it stands now: what it finds is true of that or later.
void set_start_tick(Connection& connection, RunId run, const std::string& tick);

/// Open entries in quarantine.
struct OpenEntry {
  std::string collection, key;
};
/// Documents that were refused, or whose rows could not be removed, because of what other rows
/// hold: foreign keys, unique values. They may fit once other changes are in.
std::vector<OpenEntry> refused_by_order(Connection& connection);
/// How many documents of these collections are in quarantine.
std::uint64_t open_quarantine(Connection& connection, const std::vector<std::string>& collections);

/// The lag of a source's collections, for people.
struct SyncLag {
  std::string strategy;
  std::optional<std::uint64_t> ticks;  ///< by the log only
  std::optional<double> seconds;       ///< nothing as long as they never were equal
};
/// The worst of all collections that a run has brought forward; nothing if there are none yet.
std::optional<SyncLag> sync_lag(Connection& connection, RunId run);

}  // namespace arango2pg::pg
