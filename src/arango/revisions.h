/// \file
/// Keys and revisions of a collection, without its documents: what a resync compares with the
/// target.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "arango/cursor.h"
#include "arango/range_reader.h"
#include "doc/ports.h"

namespace arango2pg::arango {

/// A page of keys with their revisions.
struct KeyPage {
  struct Item {
    std::string_view key;       ///< view of `bytes`
    std::string_view revision;  ///< likewise; empty if the document has none
  };
  doc::PaddedBuffer bytes;
  std::vector<Item> items;
};

/// Reads keys in byte order, page by page.
class KeyStream {
 public:
  virtual ~KeyStream() = default;
  /// The next page; nothing at the end, and early if `stop` is requested. Throws Error(source).
  virtual std::optional<KeyPage> next(const std::stop_token& stop) = 0;
};

/// Keys of a range behind `after` (empty = from its beginning). A range without shard is read
/// whole: precondition: the collection has one shard, or is on a single server.
std::unique_ptr<KeyStream> open_range_keys(std::shared_ptr<Session> session,
                                           const std::string& collection, const KeyRange& range,
                                           const std::string& after);

/// Keys of several shards, merged in byte order.
std::unique_ptr<KeyStream> merge_keys(std::vector<std::unique_ptr<KeyStream>> streams);

/// Documents by key. One thread at a time.
class DocumentFetcher {
 public:
  explicit DocumentFetcher(std::shared_ptr<Session> session) : client_(std::move(session)) {}
  /// Appends the documents of `keys` that exist (now) to the batch, in any order. False if `stop`
  /// was requested. Throws Error(source).
  bool fetch(const std::string& collection, const std::vector<std::string>& keys,
             doc::DocBatch& batch, const std::stop_token& stop);

 private:
  bool fetch_some(const std::string& collection, const std::string* first, const std::string* end,
                  doc::DocBatch& batch, const std::stop_token& stop);
  Client client_;
};

}  // namespace arango2pg::arango
