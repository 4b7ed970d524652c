/// \file
/// The command line: options → small config structs → one call into run/.
#pragma once

#include "base/error.h"

namespace arango2pg::cli {

/// Parses and runs one command. Throws Error; prints results to standard output.
Exit run(int argc, char** argv);

}  // namespace arango2pg::cli
