/// \file
/// Reads and maps documents without loading them: fetch threads → parallel stage → one consumer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "doc/ports.h"

namespace arango2pg::run {

/// A value that names a document: `_from`, `_to`, or an attribute that a mapping calls a reference.
struct Pointer {
  std::uint64_t id = 0;     ///< hash of "collection/key"
  std::uint32_t doc = 0;    ///< in the batch
  std::uint32_t place = 0;  ///< number of the attribute, as the mapper counts them
};

/// A batch that was mapped, with what the mapper noticed on the way.
struct Mapped {
  doc::RowBatch rows;
  std::vector<std::uint64_t> ids;  ///< hash of each document's own "collection/key"; 0 = none
  std::vector<Pointer> pointers;
};

struct ScanLimits {
  unsigned readers = 3;
  std::uint64_t memory = 256U << 20;  ///< everything in flight
};

struct ScanJob {
  /// Parts that one reader reads together; taken up in this order.
  std::vector<std::vector<doc::PartTask>> streams;
  /// A reader for one of them; called from the fetch threads.
  std::function<std::unique_ptr<doc::Reader>(std::vector<doc::PartTask>, ByteBudget&)> open;
  using Mapper = std::function<Mapped(doc::DocBatch)>;
  /// Called once per thread of the parallel stage, from that thread; must be thread-safe.
  std::function<Mapper()> make_mapper;
  /// Called from one thread, in the order in which the batches were read. What it leaves in the
  /// batch's lease counts as memory in flight until the batch is destroyed.
  std::function<void(Mapped)> take;
  /// Called from the same thread, before the first batch after a pause and at the end: nothing more
  /// is waiting, and readers may wait for memory that is held.
  std::function<void()> flush;
};

struct ScanOutcome {
  bool stopped = false;  ///< the stop token ended it early
  double fetch_seconds =
      0;                   ///< of all fetch threads: reading, decompressing, waiting for the source
  double map_seconds = 0;  ///< of all threads of the parallel stage
  std::uint64_t peak_in_flight = 0;
};

/// Returns when every stream is read, or `stop` was requested and what was read is taken. The first
/// failure of any thread ends all of them and is thrown here.
ScanOutcome scan(const ScanLimits& config, ScanJob job, const std::stop_token& stop);

/// The parts as streams, the largest first.
std::vector<std::vector<doc::PartTask>> streams_of(std::vector<doc::PartTask> parts);

}  // namespace arango2pg::run
