/// \file
/// Who this process is, for leases and messages.
#pragma once

#include <string>

namespace arango2pg::run {

/// "host:pid:start time": unique among all processes that may share a run.
std::string worker_name();

}  // namespace arango2pg::run
