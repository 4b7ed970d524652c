/// \file
/// Which values the conversions of this folder take: for those who choose column types by what they
/// saw.
#pragma once

#include <cstdint>
#include <string_view>

namespace arango2pg::mapping {

/// True if a timestamptz column takes the text as it is: ISO 8601, possible, to the microsecond.
bool fits_timestamp(std::string_view text);
/// True if `timestamp: [epoch_s]` takes the JSON number.
bool fits_epoch_seconds(std::string_view literal);

struct NumberFit {
  bool whole = false;               ///< nothing behind the point, however it is written
  bool int8 = false;                ///< bigint takes it
  std::int64_t integer_digits = 0;  ///< before the point
};
NumberFit fit_of_number(std::string_view literal);

}  // namespace arango2pg::mapping
