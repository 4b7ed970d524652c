/// \file
/// Which requests go wrong, and how.
#pragma once

#include <cstdint>
#include <list>
#include <mutex>
#include <random>
#include <vector>

#include "fake_arango/fake_arango.h"

namespace fake_arango {

/// Thread-safe.
class FaultBook {
 public:
  void add(Fault fault);
  void clear();
  void seed(std::uint64_t seed);
  /// The faults that hit this request, in the order they were added; counts them down.
  std::vector<Fault> hits(std::string_view method, std::string_view path);
  [[nodiscard]] std::uint64_t fired() const;

 private:
  mutable std::mutex mutex_;
  std::list<Fault> faults_;
  std::mt19937_64 random_{1};
  std::uint64_t fired_ = 0;
};

/// Throws std::invalid_argument.
Fault fault_from_json(std::string_view json);

}  // namespace fake_arango
