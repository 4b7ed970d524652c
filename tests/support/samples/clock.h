/// \file
/// The sample's time line: write times, their `_rev`, and the timestamps the application wrote.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "samples/random.h"

namespace arango2pg::samples {

/// Microseconds since 1970, UTC.
using Micros = std::int64_t;

/// 2025-08-17T09:00:00Z: the week in which the original data was written.
inline constexpr Micros sample_start = 1755421200LL * 1000000;

/// As Python's isoformat() prints it: "2025-08-17T09:12:31.004211"; without fraction on the full
/// second. `zone` is appended ("" = naive, "+00:00").
std::string iso_time(Micros time, std::string_view zone = "");

/// The `_rev` of a write at `time` (millisecond precision) with a counter below 2^20.
std::string revision(Micros time, std::uint64_t counter = 0);

/// A random UUID, version 4.
std::string uuid4(Random& random);

}  // namespace arango2pg::samples
