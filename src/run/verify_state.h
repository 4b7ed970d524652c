/// \file
/// How far a comparison has come, in a form that survives the process.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pg/read_rows.h"

namespace arango2pg::run {

/// The comparing pass: what of both sides is in the sums. Positions of the source's parts are in
/// the ledger.
struct VerifyState {
  std::uint64_t seed = 0;
  std::uint64_t buckets = 0;
  std::vector<pg::RowRange> ranges;
  std::vector<bool> done;  ///< parallel to `ranges`
  /// By table: rows of both sides so far, and the sum of all fingerprints (source minus target).
  struct Table {
    std::uint64_t expected = 0, present = 0, a = 0, b = 0;
  };
  std::vector<Table> tables;
  /// By collection: rejected documents that are not in quarantine.
  std::vector<std::uint64_t> lost;

  [[nodiscard]] std::string json() const;
  /// Nothing if the text is of another version.
  static std::optional<VerifyState> parse(const std::string& json);
};

}  // namespace arango2pg::run
