/// \file
/// Private to mapping/. The formats of `check: { format: … }` and of JSON Schema's `format`.
#pragma once

#include <string_view>
#include <vector>

namespace arango2pg::mapping {

/// email, url, uri, uuid, date, date-time, ipv4, ipv6, hostname.
const std::vector<std::string_view>& format_names();

/// Precondition: `format` is one of format_names().
bool has_format(std::string_view text, std::string_view format);

}  // namespace arango2pg::mapping
