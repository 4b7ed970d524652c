/// \file
/// Directories of JSON lines, one file per collection, as `arangoexport --type jsonl` writes them.
#pragma once

#include <filesystem>

#include "arango/data_files.h"

namespace arango2pg::arango {

/// `<collection>.jsonl` and `<collection>.jsonl.gz`. A collection holds edges if its first
/// documents have `_from` and `_to`. Throws Error(source).
FileCatalog scan_jsonl(const std::filesystem::path& directory);

}  // namespace arango2pg::arango
