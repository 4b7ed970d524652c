/// \file
/// Private to copy_rows. Times as PostgreSQL reads them, for any year (chrono's years end at
/// 32767).
#pragma once

#include <cstdint>
#include <string>

namespace arango2pg::doc {

/// "2024-02-29", "0044-03-15 BC".
void append_date(std::string& out, std::int64_t days_since_1970);

/// "2024-02-29 12:00:00.000001+00", with " BC" at the end for years before 1.
void append_timestamp(std::string& out, std::int64_t unix_micros);

}  // namespace arango2pg::doc
