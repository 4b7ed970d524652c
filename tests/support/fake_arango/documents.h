/// \file
/// How documents are kept: sorted by key in immutable chunks, so that a snapshot is a copy of one
/// pointer per shard, and a page is a few memcpy.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fake_arango {

/// A document on its way into a shard. `text` is the server's print form.
struct StoredDocument {
  std::string key;
  std::string text;
  std::uint64_t rev = 0;
  std::uint64_t sequence = 0;  ///< order of writing
};

/// A few neighbouring documents of a shard, by key bytes. Immutable once it is in a shard.
struct Chunk {
  struct Entry {
    std::uint64_t rev;
    std::uint64_t sequence;
    std::uint32_t text_at;
    std::uint32_t text_size;
    std::uint32_t key_at;
    std::uint32_t key_size;
  };
  std::string texts;
  std::string keys;
  std::vector<Entry> entries;

  void add(const StoredDocument& d);
  void copy(const Chunk& from, std::size_t index);
  [[nodiscard]] std::string_view text(std::size_t i) const {
    return std::string_view(texts).substr(entries[i].text_at, entries[i].text_size);
  }
  [[nodiscard]] std::string_view key(std::size_t i) const {
    return std::string_view(keys).substr(entries[i].key_at, entries[i].key_size);
  }
  [[nodiscard]] bool full() const;
};

/// A place in a shard. Behind the last document: chunk == chunks.size().
struct ShardPosition {
  std::size_t chunk = 0;
  std::size_t index = 0;
};

/// The documents of one shard at one moment. Immutable once it is handed out.
struct ShardData {
  using Position = ShardPosition;
  std::vector<std::shared_ptr<const Chunk>> chunks;  ///< none is empty
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;

  /// The first document whose key is greater than `key` (or equal, if `inclusive`).
  [[nodiscard]] Position seek(std::string_view key, bool inclusive) const;
  [[nodiscard]] bool at_end(Position p) const { return p.chunk >= chunks.size(); }
  [[nodiscard]] Position begin() const { return {0, 0}; }
  [[nodiscard]] Position end() const { return {chunks.size(), 0}; }
  void forward(Position& p) const;
  /// Precondition: p is not the begin.
  void back(Position& p) const;
  [[nodiscard]] std::optional<Position> find(std::string_view key) const;

  /// Adds or replaces. True if it is new.
  bool put(const StoredDocument& d);
  bool remove(std::string_view key);
  /// Adds many at once; keys must be new and different.
  void merge(std::vector<StoredDocument> sorted);

 private:
  [[nodiscard]] std::size_t chunk_of(std::string_view key) const;
};

}  // namespace fake_arango
