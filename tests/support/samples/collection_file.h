/// \file
/// Collections as files: arangoexport JSON lines or an arangodump directory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "samples/sample.h"

namespace arango2pg::samples {

enum class Form : std::uint8_t { jsonl, dump };

struct FileOptions {
  Form form = Form::jsonl;
  bool gzip = false;
  bool envelope = false;  ///< dump: {"type":2300,"data":{…}} around each document
};

/// Writes the files of one directory. The directory is made; files of the same names are replaced.
/// Throws std::runtime_error naming the file.
class SampleDirectory {
 public:
  /// `database` and `tick` go into dump.json (dump only).
  SampleDirectory(std::string directory, FileOptions options, std::string_view database,
                  std::uint64_t tick);
  [[nodiscard]] const std::string& path() const { return directory_; }
  [[nodiscard]] const FileOptions& options() const { return options_; }
  /// For files beside the collections.
  void write(std::string_view name, std::string_view text) const;

 private:
  std::string directory_;
  FileOptions options_;
};

/// Documents of one collection, one by one or in blocks of whole lines. finish() flushes and must
/// be called: the destructor leaves an incomplete file behind.
class CollectionFile {
 public:
  /// `indexes`: attributes that have a persistent index in the structure file (dump only).
  CollectionFile(const SampleDirectory& directory, std::string_view collection, bool edge,
                 const std::vector<std::string>& indexes = {});
  /// One JSON Lines file at a path of its own.
  explicit CollectionFile(const std::string& file);
  ~CollectionFile();
  CollectionFile(CollectionFile&&) noexcept;

  void document(std::string_view json);
  /// Lines with their ends, as they are to stand in the file. Not with FileOptions::envelope.
  void lines(std::string_view block);
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

void write_collections(const SampleDirectory& directory,
                       const std::vector<SampleCollection>& collections);

}  // namespace arango2pg::samples
