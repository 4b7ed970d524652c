/// \file
/// The write-ahead log (protocol 6): what was written, batch by batch, until it is purged. Not
/// thread-safe: the store's lock guards it.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fake_arango {

enum class WalType : std::uint16_t {
  create_database = 1100,
  create_collection = 2000,
  drop_collection = 2001,
  rename_collection = 2002,
  change_collection = 2003,
  truncate_collection = 2004,
  create_index = 2100,
  begin = 2200,
  commit = 2201,
  insert = 2300,
  remove = 2302,
};

/// One operation. The log gives it its tick.
struct WalEntry {
  WalType type = WalType::insert;
  std::string guid{};          ///< of the collection
  std::string name{};          ///< the collection's, when it was written
  std::string text{};          ///< insert: the document; create, change: `data`
  std::string key{};           ///< remove
  std::uint64_t revision = 0;  ///< remove: of the removed document
  bool update = false;         ///< insert that replaced a document: one more number is used up
  std::uint64_t tick = 0;
};

/// What the storage engine writes at once: a transaction, or one operation outside of any (tid 0).
struct WalBatch {
  std::string database;  ///< empty: of the server's own
  std::uint64_t tid = 0;
  std::vector<WalEntry> entries;
  std::uint64_t first = 0, last = 0;  ///< numbers that it uses up
};

/// Parameters of GET /_api/wal/tail.
struct WalQuery {
  std::uint64_t from = 0;
  std::uint64_t to = ~std::uint64_t{0};
  std::uint64_t last_scanned = 0;
  std::uint64_t chunk_size = 1U << 20;
  std::string database;  ///< empty = all
  std::string guid;      ///< empty = all collections
  bool include_system = true;
  bool include_foxx_queues = false;
};

struct WalPage {
  std::string body;  ///< lines, UTF-8
  std::uint64_t last_included = 0;
  std::uint64_t last_scanned = 0;
  std::uint64_t last_tick = 0;
  bool from_present = false;
};

/// Who reads the log; its part of it is kept.
struct WalClient {
  std::string syncer_id, server_id, client_info;
  std::uint64_t tick = 0;
  std::chrono::system_clock::time_point seen;
};

class WalLog {
 public:
  /// `keep_for`: how long a client is remembered after its last call.
  WalLog(std::uint64_t first_tick, std::chrono::milliseconds keep_for, std::uint64_t keep_bytes)
      : keep_for_(keep_for), keep_bytes_(keep_bytes) {
    advance(first_tick);
  }

  [[nodiscard]] std::uint64_t tick() const { return tick_; }
  /// 1 as long as nothing was purged.
  [[nodiscard]] std::uint64_t first_tick() const { return purged_to_ + 1; }
  /// A write of the server's own: it uses numbers up, and nobody sees it.
  void advance(std::uint64_t by);
  void append(WalBatch batch);
  /// With the numbers it has (a recorded log). Precondition: they are above tick().
  void append_as_it_is(WalBatch batch);

  /// The collection's present name; nothing if it is gone.
  using NameOf = std::function<std::optional<std::string>(const std::string& database,
                                                          const std::string& guid)>;
  [[nodiscard]] WalPage tail(const WalQuery& query, const NameOf& name_of) const;

  void track(WalClient client);
  [[nodiscard]] std::vector<WalClient> clients();
  /// Drops what no client needs.
  void purge();
  /// Drops everything, needed or not.
  void lose();

  [[nodiscard]] std::chrono::milliseconds keep_for() const { return keep_for_; }

 private:
  struct Writer;
  void add(WalBatch batch);
  void drop_first();
  [[nodiscard]] std::optional<std::uint64_t> needed_from();

  std::uint64_t tick_ = 0;
  std::uint64_t purged_to_ = 0;
  const std::chrono::milliseconds keep_for_;
  const std::uint64_t keep_bytes_;
  std::uint64_t bytes_ = 0;
  std::deque<WalBatch> batches_;
  std::map<std::string, WalClient> clients_;  ///< by syncer and server id
};

/// The same JSON with \uXXXX of characters beyond ASCII as UTF-8; lone surrogates stay escaped.
std::string raw_utf8(std::string_view json);

}  // namespace fake_arango
