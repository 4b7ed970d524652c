/// \file
/// `arango2pg verify`: every document of the source, mapped as migrate maps it, against the rows as
/// PostgreSQL holds them. docs/verify.md is the users' page.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "pg/compare_store.h"
#include "run/options.h"
#include "run/signals.h"
#include "run/summary.h"

namespace arango2pg::run {

struct VerifyOptions {
  MigrateOptions migrate;    ///< source, target, mapping, collections, jobs, memory, …
  std::uint64_t sample = 0;  ///< about so many documents of each collection; 0 = all, and all rows
  bool repair = false;
  bool log_data = false;  ///< differences tell the values at their paths
  /// A document of a live source that differs is looked at again after so long.
  std::chrono::milliseconds settle{1000};
  std::chrono::milliseconds checkpoint{60000};
};

/// Documents of a collection: read = equal + different + missing + filtered + quarantined.
struct VerifiedCollection {
  std::string name;
  std::vector<std::string> tables;
  std::uint64_t read = 0, filtered = 0, quarantined = 0, different = 0, missing = 0, bytes = 0;
  std::uint64_t extra = 0;                  ///< rows without a document
  std::uint64_t repaired = 0, removed = 0;  ///< documents written again, rows removed
  double seconds = 0;

  /// On a live source a document may come or go between two looks: never below 0.
  [[nodiscard]] std::uint64_t equal() const {
    return read - std::min(read, filtered + quarantined + different + missing);
  }
};

/// Rows of a table: expected = equal + different + missing; present = equal + different + extra +
/// kept.
struct VerifiedTableRows {
  std::string name;
  std::uint64_t expected = 0, present = 0, different = 0, missing = 0, extra = 0;
  std::uint64_t kept = 0;  ///< without a document, as `on_delete: keep` wants it

  [[nodiscard]] std::uint64_t equal() const {
    return expected - std::min(expected, different + missing);
  }
};

struct VerifySummary {
  RunId run = 0;
  std::string status;  ///< done | interrupted
  Exit exit = Exit::done;
  std::vector<VerifiedCollection> collections;
  std::vector<VerifiedTableRows> tables;
  std::vector<pg::Difference> differences;  ///< the first ones
  std::uint64_t found = 0;                  ///< all of them
  std::uint64_t repaired = 0;
  bool complete = true;  ///< false: there are more differences than those that were counted
  std::uint64_t sample = 0;
  bool log_data = false;
  std::vector<StageSummary> stages;
  double seconds = 0;
  std::uint64_t peak_memory = 0;

  [[nodiscard]] VerifiedCollection totals() const;
};

/// Throws Error for everything that must be put right first.
VerifySummary verify(const VerifyOptions& options, const SignalWatch& signals);

std::string to_json(const VerifySummary& summary);
std::string to_text(const VerifySummary& summary);

}  // namespace arango2pg::run
