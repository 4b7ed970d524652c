/// \file
/// What a resync asks of a running server beyond reading whole collections: where its log stands,
/// what changed, which keys there are.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arango/api.h"
#include "arango/open.h"
#include "arango/query_stream.h"
#include "arango/revisions.h"
#include "arango/wal.h"

namespace arango2pg::arango {

/// Thread-safe. Throws Error(source).
class LiveServer {
 public:
  explicit LiveServer(const SourceOptions& options);

  /// All collections, with the ids that name them in the log.
  std::vector<CollectionFacts> collections() { return api_.collections(); }
  /// The newest number of the log; nothing, with the reason in `why_not`, where it can't be read.
  std::optional<std::uint64_t> last_tick(std::string& why_not);
  /// The newest number, after making sure that the log can be read from `from` on; nothing, with
  /// the reason in `why_not`, if not.
  std::optional<std::uint64_t> log_since(std::uint64_t from, std::string& why_not);
  std::unique_ptr<WalReader> read_log(WalOptions options);

  /// Keys and revisions of one part of a collection, in byte order; `shards` = its shards, if it
  /// has several.
  std::unique_ptr<KeyStream> keys(const std::string& collection, const KeyRange& range,
                                  const std::vector<std::string>& shards, const std::string& after);
  std::unique_ptr<DocumentFetcher> fetcher();
  /// The documents of a query.
  std::unique_ptr<QueryStream> stream(Query query);
  /// Is there an index that gives the collection in the order of this attribute (dotted path)?
  bool has_sorted_index(const std::string& collection, const std::string& attribute);
  /// The session's database, decoded.
  [[nodiscard]] const std::string& database() const { return session_->database(); }

  /// Names this reader to the server for as long as source and target are the same.
  static std::uint64_t syncer_id(const std::string& source_identity, const std::string& target);

 private:
  std::shared_ptr<Session> session_;
  Api api_;
};

/// Keeps a server's log from `tick` on while it lives: the server forgets a reader after two hours
/// of silence. Tells the server at once, and again every few minutes from a thread of its own;
/// failures are logged, never thrown.
class LogKeeper {
 public:
  LogKeeper(const SourceOptions& options, std::uint64_t tick, std::uint64_t syncer_id);
  ~LogKeeper();
  LogKeeper(const LogKeeper&) = delete;
  LogKeeper& operator=(const LogKeeper&) = delete;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace arango2pg::arango
