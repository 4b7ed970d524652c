/// \file
/// Directories written by arangodump, of all versions (docs/sources.md, section Dumps).
#pragma once

#include <filesystem>

#include "arango/data_files.h"

namespace arango2pg::arango {

/// Throws Error(source) for what can't be read as a whole: encrypted, VelocyPack, a structure
/// without data or the other way round; Error(usage) for a directory with several databases.
FileCatalog scan_dump(const std::filesystem::path& directory);

}  // namespace arango2pg::arango
