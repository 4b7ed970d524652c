/// \file
/// What a run did: the table on the screen and the stable JSON of --summary (README, "The
/// summary").
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "pg/ledger.h"

namespace arango2pg::run {

struct CollectionSummary {
  std::string collection;
  std::string table;  ///< the first table; further ones are in `tables`
  std::vector<std::string> tables;
  std::vector<std::string> audit_tables;  ///< tables that `audit: { table: … }` names
  pg::Counters counters;
  double seconds = 0;
  doc::MappingNotes notes;
};

struct StageSummary {
  std::string name;
  double seconds = 0;
};

struct Summary {
  RunId run = 0;
  std::string command;
  std::string status;  ///< done | interrupted | failed
  Exit exit = Exit::done;
  std::vector<CollectionSummary> collections;
  std::vector<StageSummary> stages;
  double seconds = 0;
  std::string bound_by;
  double ceiling = 0;  ///< document bytes a second that the target takes at best; 0 = not measured
  std::uint64_t peak_memory = 0;  ///< bytes of the process, as the kernel counted them

  [[nodiscard]] pg::Counters totals() const;
  /// What the load stage reached of the ceiling, 0…1 (and a little more by chance).
  [[nodiscard]] double share_of_ceiling() const;
};

std::string to_json(const Summary& summary);
/// A table for a terminal, with the remarks that need a person below it.
std::string to_text(const Summary& summary);
/// Writes the JSON so that a reader never sees half of it (temporary file, rename). Throws
/// Error(usage).
void write_summary(const Summary& summary, const std::string& path);
void write_json(const std::string& json, const std::string& path);

/// Resident peak of this process in bytes (getrusage).
std::uint64_t peak_memory();

}  // namespace arango2pg::run
