/// \file
/// The documents that a target does not have as they are: a source, by its keys and revisions.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "pg/key_diff.h"
#include "run/resync_job.h"

namespace arango2pg::run {

/// Reads what differs. Its batches hold changed documents and removals. Two ways:
/// * in order: the target's rows can be read in the byte order of their documents' keys, so both
///   sides are merged, and what only the target has is removed on the way;
/// * by look-up: pages of keys (or documents, where keys alone can't be had) are compared by the
/// rows'
///   identity and noted as seen; at the end rows that were not seen go (parts of kind "sweep").
class KeySource final : public doc::Source {
 public:
  explicit KeySource(ResyncJob& job);

  const doc::SourceInfo& info() override { return job_.source.info(); }
  std::vector<doc::CollectionInfo> collections() override { return job_.source.collections(); }
  std::vector<doc::PartSpec> split(const doc::CollectionInfo& collection,
                                   const doc::SplitOptions& options) override;
  std::unique_ptr<doc::Reader> open(std::vector<doc::PartTask> parts, ByteBudget& budget) override;
  std::optional<std::uint64_t> count(const std::string&) override { return std::nullopt; }

  /// Which way each collection is read, from its parts. To be called before what follows.
  void learn(const std::vector<pg::PartRecord>& parts);
  /// The parts that end the pass, once all others are done. A table that several collections write
  /// is swept by one of them.
  [[nodiscard]] std::vector<doc::PartSpec> sweeps() const;
  /// Tells the loader where to look for what was seen.
  void prepare(pg::LoadCollection& collection) const;
  /// Makes the tables in which a pass notes what it saw.
  void make_room();

 private:
  [[nodiscard]] bool can_be_ordered(std::uint32_t collection) const;
  [[nodiscard]] std::vector<pg::SeenTable> seen_tables(std::uint32_t collection) const;

  ResyncJob& job_;
  std::set<std::uint32_t> unswept_;  ///< collections that lose their rows on the way
};

}  // namespace arango2pg::run
