/// \file
/// Digests.
#pragma once

#include <string>
#include <string_view>

namespace arango2pg::doc {

/// SHA-256 in base64, as Content-Security-Policy wants it.
std::string sha256_base64(std::string_view bytes);

}  // namespace arango2pg::doc
