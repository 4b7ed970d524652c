/// \file
/// Text as a JSON string, for the JSON that people ask for.
#pragma once

#include <string>
#include <string_view>

#include "doc/json.h"

namespace arango2pg::run {

/// `text` with quotes and escapes.
inline std::string json_text(std::string_view text) {
  std::string out;
  doc::append_json_string(out, text);
  return out;
}

}  // namespace arango2pg::run
