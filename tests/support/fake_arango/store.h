/// \file
/// Databases, collections and documents. Everything that changes data goes through here, under one
/// lock; readers take snapshots and need none.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "fake_arango/api_error.h"
#include "fake_arango/documents.h"
#include "fake_arango/fake_arango.h"
#include "fake_arango/json.h"
#include "fake_arango/revision.h"
#include "fake_arango/wal_log.h"

namespace fake_arango {

/// What may be known of a collection, without its documents. A copy: valid without the lock.
struct CollectionInfo {
  std::string database;
  std::string id;
  std::string object_id;
  std::string name;
  std::string guid;
  CollectionType type = CollectionType::document;
  bool system = false;
  Object properties;                     ///< those given at creation
  std::vector<Value> indexes;            ///< without primary and edge; members by name
  std::vector<std::string> shard_names;  ///< of a single server: one, without a name
  std::int64_t last_key = 0;             ///< keyOptions.lastValue
  std::uint64_t last_revision = 0;       ///< 0 = never written
};

/// The documents of a collection at one moment, one ShardData a shard.
struct Snapshot {
  CollectionInfo info;
  std::vector<std::shared_ptr<const ShardData>> shards;
  [[nodiscard]] std::uint64_t count() const;
  [[nodiscard]] std::uint64_t bytes() const;
};

enum class WriteMode : std::uint8_t { insert, replace, update, upsert, remove };

/// One write of a transaction.
struct WriteOperation {
  std::string collection;
  WriteMode mode = WriteMode::insert;
  std::string json;  ///< remove: the key
  bool keep_revision = false;
};

/// Thread-safe. Throws ApiError.
class Store {
 public:
  explicit Store(const Options& options);

  void create_database(const std::string& name);
  [[nodiscard]] bool has_database(const std::string& name) const;
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> databases() const;  ///< name, id

  CollectionInfo create_collection(const std::string& database, const std::string& name,
                                   const CollectionSpec& spec);
  /// By name or id. Nothing if there is none.
  [[nodiscard]] std::optional<CollectionInfo> find(const std::string& database,
                                                   std::string_view collection) const;
  [[nodiscard]] std::vector<CollectionInfo> collections(const std::string& database) const;
  [[nodiscard]] std::optional<Snapshot> snapshot(const std::string& database,
                                                 std::string_view collection) const;
  void set_properties(const std::string& database, const std::string& collection,
                      const Object& properties);
  void rename(const std::string& database, const std::string& from, const std::string& to);
  void drop(const std::string& database, const std::string& collection);
  void truncate(const std::string& database, const std::string& collection);
  Value add_index(const std::string& database, const std::string& collection, Value definition);

  /// `keep_revision`: a given _rev stays (as arangorestore does); else a new one is made.
  Written write(const std::string& database, const std::string& collection, std::string_view json,
                WriteMode mode, bool keep_revision);
  /// All or none, as one transaction of the log.
  std::vector<Written> transact(const std::string& database,
                                const std::vector<WriteOperation>& operations);
  /// One transaction of the log too, but what is refused is left out: `refused` tells which and
  /// why.
  struct Refusal {
    std::size_t index;
    ApiError error;
  };
  std::vector<Written> write_each(const std::string& database,
                                  const std::vector<WriteOperation>& operations,
                                  std::vector<Refusal>& refused);
  /// Gives the next document; false at the end.
  using Documents = std::function<bool(std::string_view& json)>;
  /// All or none. The same order as one by one.
  void insert_all(const std::string& database, const std::string& collection,
                  const Documents& next);
  void insert_verbatim(const std::string& database, const std::string& collection,
                       std::string_view key, std::string text);
  bool remove(const std::string& database, const std::string& collection, std::string_view key);
  [[nodiscard]] std::size_t shard_of(const std::string& database, const std::string& collection,
                                     std::string_view key) const;

  void add_view(const std::string& database, Value view);
  [[nodiscard]] std::vector<Value> views(const std::string& database) const;
  void add_analyzer(const std::string& database, Value analyzer);
  [[nodiscard]] std::vector<Value> analyzers(const std::string& database) const;

  /// The newest write's number, as /_api/wal/lastTick gives it.
  [[nodiscard]] std::uint64_t tick() const;
  /// From now on documents are logged. What was written before is not in the log, as if it were
  /// purged.
  void start_logging();
  [[nodiscard]] WalPage wal_tail(const WalQuery& query) const;
  [[nodiscard]] std::uint64_t wal_first_tick() const;
  void wal_track(WalClient client);
  [[nodiscard]] std::vector<WalClient> wal_clients();
  [[nodiscard]] std::chrono::milliseconds wal_keep_for() const { return wal_.keep_for(); }
  /// Drops what no client needs, or all of it.
  void wal_purge(bool needed_too);
  /// Lines of a recorded log: they become the database's contents and the end of the log.
  void wal_adopt(const std::string& database, std::string_view lines);
  /// A number that no other thing of this server has.
  std::uint64_t next_id();
  [[nodiscard]] std::string database_id(const std::string& database) const;
  /// The middle part of globallyUniqueId, "h5C3DDE5391BF".
  [[nodiscard]] std::string guid_of(std::uint64_t id) const;
  [[nodiscard]] bool cluster() const { return options_.shards != 0; }

 private:
  struct CollectionData {
    CollectionInfo info;
    std::function<std::size_t(std::string_view)> shard_of;
    std::vector<std::shared_ptr<ShardData>> shards;
    // True from the moment a snapshot holds the shard: the next write copies it first.
    mutable std::vector<bool> handed_out;
  };
  struct DatabaseData {
    std::string id;
    std::map<std::string, std::unique_ptr<CollectionData>, std::less<>> collections;
    std::vector<Value> views;
    std::vector<Value> analyzers;
  };
  struct Draft;  // a document being put together

  CollectionData& collection(const std::string& database, std::string_view name);
  const CollectionData* lookup(const std::string& database, std::string_view name) const;
  DatabaseData& database(const std::string& name);
  CollectionInfo create_locked(const std::string& database, const std::string& name,
                               const CollectionSpec& spec);
  StoredDocument draft(CollectionData& c, std::string_view json, WriteMode mode,
                       bool keep_revision);
  void merge_members(const CollectionData& c, Draft& d) const;
  std::string generate_key(CollectionData& c);
  ShardData& writable(CollectionData& c, std::size_t shard);
  static std::size_t place(const CollectionData& c, std::string_view key);
  Written put(const std::string& database, const WriteOperation& operation, WalBatch& log);
  void log(WalBatch batch);
  void log_change(const CollectionInfo& info, WalType type, std::string text = {});
  void adopt(const std::string& database, const Value& marker, WalBatch& open);
  static std::string definition(const CollectionInfo& info);

  const Options options_;
  mutable std::mutex mutex_;
  std::map<std::string, DatabaseData> databases_;
  RevisionClock clock_;
  std::uint64_t last_id_ = 100;
  std::uint64_t sequence_ = 0;
  bool logging_ = false;
  WalLog wal_;
};

}  // namespace fake_arango
