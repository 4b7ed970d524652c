/// \file
/// Samples of the schema packs beside ats: one source file a pack, one line in the table of
/// pack_sample.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "samples/random.h"
#include "samples/sample.h"

namespace arango2pg::samples {

struct PackOptions {
  std::uint64_t seed = 1;
  std::size_t scale = 1;  ///< times as many documents; 1 = some hundred
  bool odd = false;       ///< add documents that must be quarantined, one per rule
  bool ascii = false;     ///< non-ASCII as \uXXXX
};

struct PackSample {
  std::string database;  ///< the name that dump.json gives
  std::vector<SampleCollection> collections;
  std::vector<Expected> quarantined;
  Figures figures;
};

/// The same options give the same bytes.
struct PackMaker {
  std::string_view pack, about;
  PackSample (*make)(const PackOptions& options);
};

std::span<const PackMaker> pack_makers();

/// What every maker needs; makers derive from it and add their collections.
struct PackWorld {
  explicit PackWorld(const PackOptions& o) : options(o), random(o.seed) {}

  PackOptions options;
  Random random;
  Micros now = sample_start;
  PackSample made;

  /// The next write: seconds to minutes after the last one.
  Micros tick() { return now += static_cast<Micros>(random.between(2000000, 400000000)); }
  JsonText begin(Collection& collection, const std::string& key, Micros at) {
    return collection.begin(key, at, options.ascii);
  }
  void must_be_quarantined(const Collection& collection, const std::string& key,
                           std::string_view rule) {
    made.quarantined.push_back({collection.name(), key, std::string(rule)});
  }
};

PackSample make_applications(const PackOptions& options);
PackSample make_assets(const PackOptions& options);
PackSample make_entities(const PackOptions& options);
PackSample make_requests(const PackOptions& options);

}  // namespace arango2pg::samples
