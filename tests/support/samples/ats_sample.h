/// \file
/// Invented documents of the ATS collections in their real shapes, traps included: nested content,
/// missing created_at (the true time is in _rev), naive timestamps, UUID and numeric keys, several
/// scripts, placeholders with null content, free-text dates, edges.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "samples/sample.h"

namespace arango2pg::samples {

struct AtsOptions {
  std::size_t resumes = 120;
  std::size_t jobs = 60;
  std::uint64_t seed = 1;
  bool ascii = false;   ///< non-ASCII as \uXXXX
  bool odd = false;     ///< add documents that must be quarantined, one per rule
  bool broken = false;  ///< add lines that no server would send (files only): bad JSON, bad UTF-8
  bool users = false;   ///< add a collection `users`
};

struct AtsSample {
  std::vector<SampleCollection> collections;
  std::vector<Expected> quarantined;
  std::string users_sql;  ///< INSERTs for "user": the rows that user_id points at
};

/// The same options give the same bytes.
AtsSample make_ats_sample(const AtsOptions& options);

std::string manifest(const AtsOptions& options, const AtsSample& sample);

}  // namespace arango2pg::samples
