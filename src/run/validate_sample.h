/// \file
/// `--sample N`: about N documents of a collection, spread over its key range (or its files).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "doc/ports.h"

namespace arango2pg::run {

/// Where the documents of one collection's sample stand.
struct SamplePart {
  doc::PartTask task;
  std::uint64_t documents = 0;  ///< to take of it
};

/// Chosen by `seed`: the same source and seed give the same sample. Parts are numbered from
/// `first_id` on.
std::vector<SamplePart> choose_sample(doc::Source& source, const doc::CollectionInfo& collection,
                                      std::uint32_t index, std::uint64_t documents,
                                      std::uint64_t seed, PartId first_id);

/// Hands on the wanted number of documents of each part, spread over its beginning (all of it if it
/// is small), then ends.
class SampleReader final : public doc::Reader {
 public:
  /// `wanted` by part id.
  SampleReader(std::unique_ptr<doc::Reader> reader, std::vector<doc::PartTask> parts,
               const std::map<PartId, std::uint64_t>& wanted, std::uint64_t seed);
  std::optional<doc::DocBatch> next(const std::stop_token& stop) override;

 private:
  struct Part {
    std::uint64_t wanted = 0;
    std::uint64_t documents = 0;  ///< as the source expects; 0 = unknown
    std::uint64_t bytes = 0;
    std::uint64_t stride = 0;  ///< one of so many documents is taken; 0 = not known yet
    std::uint64_t chosen = 0;  ///< … and it is this one
    std::uint64_t seen = 0;
    std::uint64_t taken = 0;
  };
  void thin(Part& part, doc::DocBatch& batch) const;

  std::unique_ptr<doc::Reader> reader_;
  std::map<PartId, Part> parts_;
  std::uint64_t seed_;
  std::size_t open_ = 0;  ///< parts that still want documents
};

/// A reader for the tasks: a SampleReader if `wanted` (which must outlive it) knows the first of
/// them.
std::unique_ptr<doc::Reader> open_sampled(doc::Source& source, std::vector<doc::PartTask> tasks,
                                          ByteBudget& budget,
                                          const std::map<PartId, std::uint64_t>& wanted,
                                          std::uint64_t seed);

}  // namespace arango2pg::run
