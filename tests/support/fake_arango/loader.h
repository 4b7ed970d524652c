/// \file
/// Fills a store from files on disk. Written apart from src/arango: the double must not read a dump
/// with the client's eyes.
#pragma once

#include <filesystem>
#include <string>

namespace fake_arango {

class Store;

/// Throws std::invalid_argument, ApiError.
void load_dump(Store& store, const std::string& database, const std::filesystem::path& directory);
void load_jsonl(Store& store, const std::string& database, const std::filesystem::path& directory);

}  // namespace fake_arango
