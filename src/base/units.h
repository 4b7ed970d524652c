/// \file
/// Sizes and times as people write them: the one place where "256MiB" and "5s" are read and
/// printed.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace arango2pg {

/// "1048576", "512KiB", "256MiB", "1GiB", also kB/MB/GB (powers of 1000) and K/M/G (powers of
/// 1024). Throws Error(usage) naming `option` if the text is no size.
std::uint64_t parse_size(std::string_view text, std::string_view option);

/// "250ms", "5s", "10m", "2h"; a bare number is seconds. Throws Error(usage) naming `option`.
std::chrono::milliseconds parse_duration(std::string_view text, std::string_view option);

std::string format_size(std::uint64_t bytes);            ///< "16.1 MiB"
std::string format_count(std::uint64_t n);               ///< "1,234,567"
std::string format_duration(std::chrono::milliseconds);  ///< "412ms", "3.2s", "4m 05s", "2h 03m"

}  // namespace arango2pg
