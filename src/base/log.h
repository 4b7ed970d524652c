/// \file
/// spdlog set-up. One line per event worth a line, at most one per batch, never one per document;
/// document contents never (rule and key do).
#pragma once

#include <spdlog/spdlog.h>

#include <string>

namespace arango2pg::log {

enum class Format { text, json };

/// Sends everything to standard error, so that standard output stays for results. Call once, before
/// threads start. `level`: trace, debug, info, warn, error, off. Throws Error(usage) for another
/// word.
void set_up(const std::string& level, Format format);

}  // namespace arango2pg::log
