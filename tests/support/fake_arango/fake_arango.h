/// \file
/// A stand-in for an ArangoDB server, on loopback HTTP: for tests inside the process and, as the
/// program `fake_arango_server`, for the quickstart, the demo and the benches. It follows the
/// protocol reference (not our client), parses the AQL it gets and refuses what the real server
/// would refuse. What the real one cannot do is in Faults.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fake_arango {

struct State;  // the server's inside

enum class Access : std::uint8_t { none, read, write };
enum class CollectionType : std::uint8_t { document = 2, edge = 3 };

/// Who may log in. A user with write access to `_system` is an admin.
struct User {
  std::string name{};
  std::string password{};
  std::map<std::string, Access> databases{{"*", Access::write}};  ///< "*" = all not named
  std::map<std::string, Access> collections{};  ///< "database/collection"; wins over databases
};

/// How the server is set up; fixed from start() on.
struct Options {
  std::uint16_t port = 0;           ///< 0 = any free one; coordinators 2… always take free ones
  std::string version = "3.12.10";  ///< 3.10.x, 3.11.x and 3.12.x answer differently
  unsigned shards = 0;              ///< 0 = single server; else a cluster: shards of a collection
  unsigned coordinators = 1;        ///< listening ports that share one cluster
  std::vector<User> users{};        ///< empty = authentication off
  std::chrono::milliseconds jwt_lifetime{std::chrono::hours{1}};
  std::chrono::milliseconds cursor_ttl{0};  ///< 0 = 30 s on a single server, 600 s in a cluster
  std::chrono::milliseconds keep_alive{std::chrono::minutes{5}};  ///< idle connections close then
  std::chrono::milliseconds latency{0};                           ///< before each answer
  bool empty_last_batch = false;   ///< hasMore may be followed by an empty batch (protocol fact 16)
  bool normalise_numbers = false;  ///< print numbers as the server would, instead of as given
  std::uint64_t first_rev = 0;     ///< revisions count from here; 0 = from the clock
  /// How long the log is kept for a reader that named itself (syncerId, serverId).
  std::chrono::milliseconds wal_keep_for{std::chrono::seconds{7200}};
  std::uint64_t wal_keep_bytes = 256U << 20;  ///< older log is dropped, needed or not
  std::uint64_t truncate_limit = 32768;  ///< from so many documents on a truncate is one marker
  std::uint64_t intermediate_commit_count = 1'000'000;  ///< operations of a transaction at once
  std::size_t recorded_requests = 10000;                ///< how many requests() remembers
};

/// What a request gets instead of, or before, or after its answer.
struct Fault {
  enum class Kind : std::uint8_t {
    status,         ///< answer `status` with `error_num`
    reset_before,   ///< connection reset, nothing was done
    reset_after,    ///< the work was done (a batch was computed), then connection reset
    truncate,       ///< right Content-Length, but the body ends after `bytes` and the line closes
    slow,           ///< body at `bytes` per second
    html,           ///< a proxy's HTML page with `status`
    lose_cursor,    ///< the cursor of this request is gone: 404 / 1600
    expire_tokens,  ///< all tokens given out until now are refused: 401 / 11
    refuse_shard_ids,  ///< options.shardIds: 400 / 10
    ignore_shard_ids,  ///< options.shardIds has no effect
    close_idle,        ///< answer, then close the connection without having said so
    delay,             ///< wait `delay` before doing the work
    wrong_rows,        ///< cursor answers leave out their first row: what a buggy server would do
  };
  Kind kind = Kind::status;
  std::string method{};     ///< only these requests; empty = every method
  std::string path{};       ///< only paths that begin so, without /_db/name; empty = every path
  std::uint64_t skip = 0;   ///< so many matching requests pass first
  std::uint64_t times = 1;  ///< then so many are hit; 0 = all
  double probability = 1;   ///< of each of those, by the seed of Faults::seed()
  int status = 503;         ///< status, html
  int error_num = 503;      ///< status
  std::string message{};    ///< status; empty = the server's text for error_num
  std::vector<std::pair<std::string, std::string>>
      headers{};            ///< more headers, e.g. X-Arango-Endpoint
  std::uint64_t bytes = 0;  ///< truncate, slow
  std::chrono::milliseconds delay{0};

  static Fault queue_full(std::uint64_t times = 1);                        ///< 503 / 21003
  static Fault shutting_down(std::uint64_t times = 1);                     ///< 503 / 30
  static Fault starting_up(std::uint64_t times = 1);                       ///< 503 / 503
  static Fault queue_time(std::uint64_t times = 1);                        ///< 412 / 21004
  static Fault not_leader(std::string endpoint, std::uint64_t times = 1);  ///< 503 / 1496
  static Fault reply(int status, int error_num, std::string path, std::uint64_t times = 1);
  static Fault of(Kind kind, std::string path = {}, std::uint64_t times = 1);
};

/// The faults of a server. Thread-safe.
class Faults {
 public:
  explicit Faults(State& state) : state_(&state) {}
  void add(Fault fault);
  /// One fault as JSON, member names as in Fault: {"kind":"status","path":"/_api/cursor",
  /// "times":3,"status":503,"error_num":21003}; `delay` in milliseconds. Throws
  /// std::invalid_argument.
  void add_json(std::string_view json);
  void clear();
  void seed(std::uint64_t seed);
  /// How many requests were hit since start (by all faults).
  [[nodiscard]] std::uint64_t fired() const;

 private:
  State* state_;
};

struct Counters {
  std::map<std::string, std::uint64_t> requests;  ///< "POST /_api/cursor/{id}" → how many
  std::uint64_t total_requests = 0;
  std::uint64_t connections = 0;  ///< accepted since start
  std::uint64_t bytes_sent = 0;   ///< with headers
  std::uint64_t open_cursors = 0;
  std::uint64_t cursors_created = 0;
  std::uint64_t logins = 0;  ///< tokens given out
  unsigned requests_now = 0;
  unsigned peak_requests = 0;  ///< the most that were worked on at once
  /// Requests whose route begins with `prefix` ("POST /_api/cursor").
  [[nodiscard]] std::uint64_t count(std::string_view prefix) const;
};

/// A request as it came in.
struct Request {
  std::string method;
  std::string target;    ///< as sent
  std::string database;  ///< decoded; _system without prefix
  std::string path;      ///< without prefix and query, decoded segment by segment
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
  unsigned coordinator = 0;  ///< index of the port it came in at
};

/// Key and revision of a written document.
struct Written {
  std::string key;
  std::string rev;
};

struct CollectionSpec {
  CollectionType type = CollectionType::document;
  unsigned shards = 0;            ///< 0 = the server's default; ignored on a single server
  std::string properties = "{}";  ///< JSON: members of /properties to set (keyOptions, schema, …)
  /// Which shard takes a key; empty = a hash of it. Lets a test place documents.
  std::function<std::size_t(std::string_view key)> shard_of{};
};

/// One collection of a server: a cheap handle, thread-safe. Documents are given as JSON objects;
/// missing `_key` and `_rev` are generated, `_id` is always written anew. Everything throws
/// std::invalid_argument for what the server would refuse (bad key, duplicate key, no object).
class Collection {
 public:
  Written insert(std::string_view json);
  /// Many at once, much faster than one by one. A bad document throws; nothing is inserted then.
  void insert_all(const std::vector<std::string>& documents);
  Written replace(std::string_view json);
  /// Merges the given top-level attributes: old order, new ones appended.
  Written update(std::string_view json);
  /// False if there is no such document.
  bool remove(std::string_view key);
  /// Puts `text` into pages byte for byte, however broken. Attributes other than _key are what
  /// parsing it gives.
  void insert_verbatim(std::string_view key, std::string text);
  void truncate();
  void rename(const std::string& name);
  void drop();
  /// `{"type":"persistent","fields":["a"],…}`; returns the index as listed.
  std::string add_index(std::string_view json);
  [[nodiscard]] std::uint64_t count() const;
  [[nodiscard]] std::vector<std::string> keys() const;    ///< in byte order
  [[nodiscard]] std::vector<std::string> shards() const;  ///< names; of a single server: none
  [[nodiscard]] std::size_t shard_of(std::string_view key) const;
  /// The document as pages show it; empty if absent.
  [[nodiscard]] std::string document(std::string_view key) const;
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  friend class Database;
  Collection(std::shared_ptr<State> state, std::string database, std::string name)
      : state_(std::move(state)), database_(std::move(database)), name_(std::move(name)) {}
  std::shared_ptr<State> state_;
  std::string database_;
  std::string name_;
};

/// Writes that are committed at once. Not thread-safe.
class Transaction {
 public:
  Transaction& insert(const std::string& collection, std::string_view json);
  Transaction& replace(const std::string& collection, std::string_view json);
  Transaction& update(const std::string& collection, std::string_view json);
  Transaction& upsert(const std::string& collection, std::string_view json);
  Transaction& remove(const std::string& collection, std::string_view key);
  /// All or none. Throws std::invalid_argument for what the server would refuse.
  std::vector<Written> commit();

 private:
  friend class Database;
  struct Operations;
  Transaction(std::shared_ptr<State> state, std::string database);
  std::shared_ptr<State> state_;
  std::string database_;
  std::shared_ptr<Operations> operations_;
};

/// One database: a cheap handle, thread-safe.
class Database {
 public:
  Collection create(const std::string& name, const CollectionSpec& spec = {});
  /// The collection of that name; made with default properties where there is none.
  Collection collection(const std::string& name);
  /// Of the names of those that are not system collections.
  [[nodiscard]] std::vector<std::string> collections() const;
  Transaction transaction() { return {state_, name_}; }
  /// Lines of a recorded /_api/wal/tail of another server: documents and log as it had them.
  void adopt_wal(std::string_view lines);
  /// `{"name":…,"edgeDefinitions":[…]}`.
  void add_graph(std::string_view json);
  /// `{"name":…,"type":"arangosearch",…}`.
  void add_view(std::string_view json);
  /// `{"name":…,"type":…,"properties":{…},"features":[…]}`.
  void add_analyzer(std::string_view json);
  /// Loads an arangodump directory: with or without md5 in names, gz, envelope, split files.
  void load_dump(const std::filesystem::path& directory);
  /// Loads `<collection>.jsonl[.gz]` files; edges by `_from` and `_to` of the first document.
  void load_jsonl(const std::filesystem::path& directory);
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  friend class FakeArango;
  Database(std::shared_ptr<State> state, std::string name)
      : state_(std::move(state)), name_(std::move(name)) {}
  std::shared_ptr<State> state_;
  std::string name_;
};

/// The server. Data may be filled in before and after start(), but only what comes after is in the
/// write-ahead log; stop() (and the destructor) closes
/// all connections and joins all threads.
class FakeArango {
 public:
  explicit FakeArango(Options options = {});
  ~FakeArango();
  FakeArango(const FakeArango&) = delete;
  FakeArango& operator=(const FakeArango&) = delete;

  /// Binds and listens on 127.0.0.1. Throws std::runtime_error.
  void start();
  void stop();
  /// http://127.0.0.1:port of a coordinator (or of the single server).
  [[nodiscard]] std::string url(unsigned coordinator = 0) const;
  [[nodiscard]] std::uint16_t port(unsigned coordinator = 0) const;
  /// Ends one coordinator: its port refuses, its cursors are gone for the others too.
  void stop_coordinator(unsigned coordinator);

  /// The database of that name, made where there is none. Default: the system database.
  Database database(const std::string& name = "_system");

  Faults& faults() { return faults_; }
  [[nodiscard]] Counters counters() const;
  /// The requests so far, oldest first.
  [[nodiscard]] std::vector<Request> requests() const;
  void forget_requests();
  /// Ends all cursors, as a restarted server would.
  void lose_cursors();
  /// The newest number of the log.
  [[nodiscard]] std::uint64_t last_tick() const;
  /// Drops the log that no reader needs, as the server does every few seconds.
  void purge_wal();
  /// Drops all of it, as a server with too little room for its log does.
  void lose_wal();
  /// A token with all rights that never expires, for JWT tests.
  [[nodiscard]] std::string superuser_jwt() const;

 private:
  std::shared_ptr<State> state_;
  Faults faults_;
};

}  // namespace fake_arango
