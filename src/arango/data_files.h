/// \file
/// What a directory of exported data holds: the common ground of arangodump and JSONL directories.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "doc/ports.h"

namespace arango2pg::arango {

struct DataFile {
  std::filesystem::path path;
  std::uint64_t size = 0;   ///< on disk
  std::uint64_t bytes = 0;  ///< decompressed, estimated
};

struct FileCollection {
  doc::CollectionInfo info;
  std::vector<DataFile> files;    ///< in the order in which they were written
  bool may_be_enveloped = false;  ///< lines of arangodump
};

struct FileCatalog {
  doc::SourceInfo info;
  std::vector<FileCollection> collections;  ///< ascending by name
  doc::SourceDetails details;               ///< without graphs: those are documents
};

/// A regular file of a directory.
struct DirectoryEntry {
  std::string name;
  std::uint64_t size = 0;
  std::filesystem::file_time_type modified;
};

struct Directory {
  std::filesystem::path path;
  std::vector<DirectoryEntry> files;        ///< ascending by name
  std::vector<std::string> subdirectories;  ///< ascending
};

/// Throws Error(source) if there is no such directory or it can't be read.
Directory list_directory(const std::filesystem::path& path);

/// The whole of a small file. Throws Error(source).
std::string read_small_file(const std::filesystem::path& path);

/// Several candidates for the data of one collection, left by different exports into the same
/// directory: for example `a.jsonl` and `a.jsonl.gz`.
struct Variant {
  std::vector<DirectoryEntry> files;
};

/// The newest variant. Adds a warning that names the others; throws Error(source) if it can't be
/// told which one is the newest.
const Variant& newest(const std::string& collection, const std::vector<Variant>& variants,
                      std::vector<std::string>& warnings);

/// For the identity of a data set: 64 bits of names and sizes, in hexadecimal.
std::string fingerprint(const FileCatalog& catalog);

}  // namespace arango2pg::arango
