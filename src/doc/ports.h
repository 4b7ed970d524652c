/// \file
/// The seam between the program and where documents come from. Implementations: arango/sources.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "doc/batch.h"

namespace arango2pg::doc {

/// A collection as the source describes it.
struct CollectionInfo {
  std::string name;
  bool edge = false;
  bool system = false;
  std::optional<std::uint64_t>
      count;  ///< documents the source claims to hold; nothing = unknown before reading
  std::uint64_t bytes = 0;  ///< rough size for progress and ordering; 0 = unknown
};

/// A piece of a collection with one read position. Planned by the source, stored in the control
/// schema.
struct PartSpec {
  std::string collection;
  /// Parts of one collection with equal `stream` are read together by one reader (the stripes of
  /// one file).
  std::uint32_t stream = 0;
  std::string kind;             ///< range | shard | stripe | cursor
  std::string spec;             ///< JSON; only the source that made it reads it
  std::uint64_t documents = 0;  ///< estimates for progress; 0 = unknown
  std::uint64_t bytes = 0;
  /// False: reading can't go on in the middle; a second attempt starts over and rows are merged by
  /// key.
  bool resumable = true;
};

/// A part to be read now.
struct PartTask {
  PartId id = 0;
  std::uint32_t collection = 0;  ///< index into the run's collections, copied into each batch
  PartSpec spec;
  std::string position;  ///< position_after of the last durable batch; "" = from the beginning
};

/// Reads the parts of one stream. Used by one thread at a time.
class Reader {
 public:
  virtual ~Reader() = default;
  /// The next batch in order, of any of the stream's parts; nothing after each part has had its
  /// `last` batch. Leases bytes from the run's budget before it fetches; retries what can be
  /// retried (protocol 13); returns nothing early if `stop` is requested. Throws Error(source).
  virtual std::optional<DocBatch> next(const std::stop_token& stop) = 0;
};

/// What the run says and stores about its source. Without credentials.
struct SourceInfo {
  std::string kind;         ///< "server", "cluster", "dump", "jsonl"
  std::string description;  ///< for people: "ArangoDB 3.11.14 (cluster) at http://host:8529,
                            ///< database 'app'"
  std::string identity;     ///< equal for equal data sets: a resumed run must find the same one
  std::string version;      ///< server version, "" for files
  std::string start_tick;   ///< WAL tick to start a resync from; "" = unknown
  std::vector<std::string> warnings;
};

/// How a collection should be cut.
struct SplitOptions {
  unsigned lanes = 1;                     ///< parts that can be loaded at the same time
  std::uint64_t part_bytes = 256U << 20;  ///< a part should not be much larger
};

/// Thread-safe: open() may be called from any thread; the readers are independent.
class Source {
 public:
  virtual ~Source() = default;
  /// Connects, checks version and rights. Throws Error(source) or Error(usage) before anything is
  /// read.
  virtual const SourceInfo& info() = 0;
  /// All collections, system ones included, ascending by name.
  virtual std::vector<CollectionInfo> collections() = 0;
  /// Cuts a collection into parts; always at least one. The same data gives the same parts.
  virtual std::vector<PartSpec> split(const CollectionInfo& collection,
                                      const SplitOptions& options) = 0;
  /// A reader for the parts of one stream, going on behind their positions. `budget` must outlive
  /// the reader.
  virtual std::unique_ptr<Reader> open(std::vector<PartTask> parts, ByteBudget& budget) = 0;
  /// Documents the collection holds now, if the source can tell; compared with what was read.
  virtual std::optional<std::uint64_t> count(const std::string& collection) = 0;
};

}  // namespace arango2pg::doc
