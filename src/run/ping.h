/// \file
/// `arango2pg ping`: can we work with this source and this target?
#pragma once

#include <optional>
#include <string>

#include "run/options.h"

namespace arango2pg::run {

/// Checks both (the source only if given) and says what was found, a line each. Throws the first
/// Error.
std::string ping(const std::optional<arango::SourceOptions>& source, const TargetOptions& target);

}  // namespace arango2pg::run
