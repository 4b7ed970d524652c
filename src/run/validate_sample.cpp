#include "run/validate_sample.h"

#include <algorithm>

#include "doc/sketch.h"

namespace arango2pg::run {
namespace {

/// More pieces make a better sample, and each costs a request or a seek.
constexpr std::uint64_t most_pieces = 64;
/// A piece should give at least so many documents.
constexpr std::uint64_t fewest_per_piece = 8;
/// What is read of a piece to choose from.
constexpr std::uint64_t window = 4U << 20;
/// Pieces to choose among are about this large.
constexpr std::uint64_t sample_piece_bytes = 1U << 20;

}  // namespace

std::vector<SamplePart> choose_sample(doc::Source& source, const doc::CollectionInfo& collection,
                                      std::uint32_t index, std::uint64_t documents,
                                      std::uint64_t seed, PartId first_id) {
  const std::uint64_t pieces =
      std::clamp<std::uint64_t>(documents / fewest_per_piece, 1, most_pieces);
  doc::SplitOptions split;
  split.lanes = static_cast<unsigned>(
      std::clamp<std::uint64_t>(collection.bytes / sample_piece_bytes, pieces, 64 * most_pieces));
  auto parts = source.split(collection, split);
  const std::uint64_t there = parts.size();
  const std::uint64_t chosen = std::min(pieces, there);
  std::vector<SamplePart> out;
  for (std::uint64_t i = 0; i < chosen; ++i) {
    // One of each stretch of there/chosen neighbours.
    const std::uint64_t begin = i * there / chosen, end = (i + 1) * there / chosen;
    const std::uint64_t random =
        doc::hash_bytes(collection.name + "/" + std::to_string(i), seed + 1) % (end - begin);
    SamplePart part;
    part.task.id = first_id + static_cast<PartId>(i);
    part.task.collection = index;
    part.task.spec = std::move(parts[begin + random]);
    part.documents = (i + 1) * documents / chosen - i * documents / chosen;
    out.push_back(std::move(part));
  }
  return out;
}

SampleReader::SampleReader(std::unique_ptr<doc::Reader> reader, std::vector<doc::PartTask> parts,
                           const std::map<PartId, std::uint64_t>& wanted, std::uint64_t seed)
    : reader_(std::move(reader)), seed_(seed) {
  for (const doc::PartTask& task : parts) {
    Part part;
    part.wanted = wanted.at(task.id);
    part.documents = task.spec.documents;
    part.bytes = task.spec.bytes;
    if (part.wanted > 0) ++open_;
    parts_[task.id] = part;
  }
}

/// Leaves one document of each `stride` neighbours in the batch. Which one is random: data often
/// repeats by tens or hundreds.
void SampleReader::thin(Part& part, doc::DocBatch& batch) const {
  if (part.stride == 0 && !batch.docs.empty()) {
    std::uint64_t bytes = 0;
    for (const doc::DocRef& d : batch.docs) bytes += d.size + 1;
    const std::uint64_t average = std::max<std::uint64_t>(bytes / batch.docs.size(), 1);
    std::uint64_t among = std::max<std::uint64_t>(window / average, part.wanted);
    if (part.documents > 0)
      among = std::min(among, part.documents);
    else if (batch.docs.size() >= part.wanted)
      among = batch.docs.size();  // what is there for certain
    else if (part.bytes > 0)
      among = std::min(among, part.bytes / average);
    part.stride = std::max<std::uint64_t>(among / part.wanted, 1);
  }
  if (part.stride == 0) return;
  std::size_t kept = 0;
  for (const doc::DocRef d : batch.docs) {
    const std::uint64_t place = part.seen % part.stride;
    if (place == 0)
      part.chosen =
          doc::hash_bytes(std::to_string(batch.part) + "/" + std::to_string(part.seen), seed_ + 1) %
          part.stride;
    ++part.seen;
    if (place != part.chosen || part.taken >= part.wanted) continue;
    ++part.taken;
    batch.docs[kept++] = d;
  }
  batch.docs.resize(kept);
}

std::optional<doc::DocBatch> SampleReader::next(const std::stop_token& stop) {
  while (open_ > 0) {
    auto batch = reader_->next(stop);
    if (!batch) break;
    Part& part = parts_.at(batch->part);
    const bool was_open = part.taken < part.wanted;
    thin(part, *batch);
    if (was_open && (batch->last || part.taken >= part.wanted)) {
      part.taken = part.wanted;
      --open_;
    }
    if (!batch->docs.empty()) return batch;
  }
  return std::nullopt;
}

std::unique_ptr<doc::Reader> open_sampled(doc::Source& source, std::vector<doc::PartTask> tasks,
                                          ByteBudget& budget,
                                          const std::map<PartId, std::uint64_t>& wanted,
                                          std::uint64_t seed) {
  std::unique_ptr<doc::Reader> reader = source.open(tasks, budget);
  if (tasks.empty() || !wanted.contains(tasks[0].id)) return reader;
  return std::make_unique<SampleReader>(std::move(reader), std::move(tasks), wanted, seed);
}

}  // namespace arango2pg::run
