/// \file
/// The write-ahead log of a single server as a stream of changes (protocol 6).
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "arango/client.h"
#include "doc/batch.h"

namespace arango2pg::arango {

/// One thing that happened.
struct WalEvent {
  enum class Kind : std::uint8_t { write, remove, truncate, create, drop, rename };
  Kind kind = Kind::write;
  std::uint32_t collection = 0;  ///< index into WalChunk::collections
  std::uint64_t tick = 0;        ///< not unique
  doc::DocRef document;          ///< write: in WalChunk::bytes, as all that follows
  doc::DocRef key;               ///< write, remove; empty if the document has none that can be read
  doc::DocRef revision;          ///< remove: text of the removed document's; empty = unknown
  std::string name;              ///< create: the new collection's; rename: its present one
};

/// Changes in the order of the log. Its end is the end of a transaction, if `whole`.
struct WalChunk {
  doc::PaddedBuffer bytes;
  std::vector<std::string> collections;  ///< globallyUniqueId
  std::vector<WalEvent> events;
  std::uint64_t tick = 0;  ///< the log up to here is in this chunk or before it: go on from here
  std::uint64_t last_tick = 0;  ///< the newest of the server
  bool whole = true;       ///< false: a transaction larger than the limit goes on in the next chunk
  bool caught_up = false;  ///< the log held no more
  std::string lost;        ///< the log from the position on is gone: why; then nothing else is set

  [[nodiscard]] std::string_view text(doc::DocRef at) const {
    return bytes.view().substr(at.begin, at.size);
  }
};

struct WalOptions {
  std::uint64_t from = 0;  ///< position: changes behind it are read
  /// Names the reader, so that the server keeps the log it has not read for two hours; 0 = don't.
  std::uint64_t syncer_id = 0;
  std::string client_info{};
  bool include_system = false;
  std::uint64_t chunk_bytes = 8U << 20;         ///< aim of one answer
  std::uint64_t transaction_bytes = 64U << 20;  ///< a larger transaction comes in pieces
};

/// One thread's view of the log. Memory: about transaction_bytes + chunk_bytes.
class WalReader {
 public:
  WalReader(std::shared_ptr<Session> session, WalOptions options);

  /// What comes next in the log. Without events if there is nothing (but the position may have
  /// moved over what does not concern this database). Retries what can be retried. Throws
  /// Error(source) for a server whose log can't be read, and for a stop requested meanwhile gives a
  /// chunk without anything.
  WalChunk next(const std::stop_token& stop);

 private:
  struct Marker;
  struct Answer {
    std::uint64_t last_included = 0, last_scanned = 0, last_tick = 0;
    bool more = false, from_present = false, stopped = false;
  };
  Answer ask(const std::stop_token& stop);
  [[nodiscard]] std::string missing(const Answer& answer, const std::stop_token& stop);
  void read_lines();
  void read_line(std::string_view line);
  void add_event(const Marker& marker);
  std::uint32_t collection(std::string_view cuid);
  [[nodiscard]] doc::DocRef place(std::string_view text) const;
  void close_transaction();
  WalChunk take(std::size_t events, std::size_t bytes, std::uint64_t tick);

  Client client_;
  const WalOptions options_;
  std::uint64_t from_;          ///< of the next request
  std::uint64_t last_scanned_;  ///< likewise
  std::uint64_t position_;      ///< of the last chunk
  bool checked_ = false;        ///< the server has the position in its log

  doc::PaddedBuffer bytes_;  ///< what no chunk has yet
  std::vector<WalEvent> events_;
  std::vector<std::string> collections_;
  std::size_t read_ = 0;                            ///< bytes_ up to here have been read
  std::uint64_t tick_ = 0;                          ///< of the last line
  std::uint64_t tid_ = 0;                           ///< transaction under way, 0 = none
  bool at_begin_ = false;                           ///< the last line began it
  std::size_t whole_events_ = 0, whole_bytes_ = 0;  ///< up to the last complete transaction
  std::uint64_t whole_tick_ = 0;
};

}  // namespace arango2pg::arango
