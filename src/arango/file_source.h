/// \file
/// A source that reads a directory of files. What the directory holds is told by a scan function:
/// dump_directory.h, jsonl_directory.h.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "arango/data_files.h"
#include "arango/removals.h"
#include "doc/ports.h"

namespace arango2pg::arango {

class FileSource final : public doc::Source {
 public:
  /// `scan` is called once, when something is asked for the first time.
  explicit FileSource(std::function<FileCatalog()> scan) : scan_(std::move(scan)) {}

  const doc::SourceInfo& info() override { return catalog()->info; }
  std::vector<doc::CollectionInfo> collections() override;
  /// Stripes of 1 MiB blocks: as many as lanes, one for a small file. See stripe_reader.h.
  std::vector<doc::PartSpec> split(const doc::CollectionInfo& collection,
                                   const doc::SplitOptions& options) override;
  std::unique_ptr<doc::Reader> open(std::vector<doc::PartTask> parts, ByteBudget& budget) override;
  /// Files don't tell.
  std::optional<std::uint64_t> count(const std::string&) override { return std::nullopt; }
  /// Graphs are the documents of _graphs, if the directory has it.
  doc::SourceDetails details() override;

 private:
  std::shared_ptr<const FileCatalog> catalog();
  std::shared_ptr<const Removals> removals(const FileCollection& collection,
                                           const std::stop_token& stop);

  /// One for each collection, so that scanning a large one doesn't hold up the others.
  struct KnownRemovals {
    std::mutex mutex;
    std::shared_ptr<const Removals> removals;
  };

  std::function<FileCatalog()> scan_;
  std::mutex mutex_;  ///< guards what follows
  std::shared_ptr<const FileCatalog> catalog_;
  std::map<std::string, KnownRemovals> removals_;
};

}  // namespace arango2pg::arango
