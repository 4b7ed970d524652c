/// \file
/// The server's metadata, typed (protocol 1.4, 2, 6.2, 9).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "arango/client.h"
#include "arango/cursor.h"

namespace arango2pg::arango {

struct ServerVersion {
  std::string text;  ///< "3.11.14"
  int major = 0;
  int minor = 0;
  [[nodiscard]] bool at_least(int a, int b) const {
    return major > a || (major == a && minor >= b);
  }
};

enum class Role : std::uint8_t { single, coordinator };

struct CollectionFacts {
  std::string id;
  std::string name;
  std::string globally_unique_id;
  bool edge = false;
  bool system = false;
};

struct CollectionSize {
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;  ///< as stored; 0 = unknown
};

/// Where the documents of a collection live in a cluster.
struct Placement {
  /// Shard → documents. Empty where the server doesn't say.
  std::map<std::string, std::uint64_t> shards;
  std::uint64_t count = 0;
  /// A smart edge collection: its documents live in hidden collections of other names.
  bool spread = false;
};

struct WalTick {
  std::string tick;
  std::string server_id;
};

/// Thread-safe: one request at a time. Throws Error(source).
class Api {
 public:
  explicit Api(std::shared_ptr<Session> session);

  /// Also the first contact: explains a wrong password and an unknown database.
  ServerVersion version();
  /// Refuses DB-Servers and agents.
  Role role();
  /// Id of the session's database; never changes, also if collections do.
  std::string database_id();
  /// Names of the databases that the user may read; empty if the user may not even ask.
  std::vector<std::string> databases();
  /// Id of a single server; empty if it doesn't say.
  std::string server_id();
  /// Nothing, with the reason in `why_not`, where the WAL can't be read: clusters, users without
  /// rights on _system.
  std::optional<WalTick> last_tick(std::string& why_not);

  /// All live collections, ascending by name, without the hidden parts of smart ones.
  std::vector<CollectionFacts> collections();
  /// Nothing if the collection is gone or not readable.
  std::optional<CollectionSize> size(const std::string& collection);
  std::optional<std::uint64_t> count(const std::string& collection);
  /// Changes with each write; empty if the collection is gone or not readable.
  std::string revision(const std::string& collection);
  Placement placement(const std::string& collection);
  /// The server's JSON, untouched.
  std::string properties(const std::string& collection);
  /// The server's JSON: an array of index descriptions, primary and edge ones too.
  std::string indexes(const std::string& collection);

  /// Members of the array that an administrative answer holds under `member`, as JSON. Nothing,
  /// with the reason in `why_not`, where the user may not ask or the server doesn't know.
  std::optional<std::vector<std::string>> list(const std::string& path, const std::string& member,
                                               std::string& why_not);
  /// The server's JSON; nothing, with the reason in `why_not`, likewise.
  std::optional<std::string> object(const std::string& path, std::string& why_not);

  /// The rows of a small query whose rows are strings; a row that is none is left out. Nothing if
  /// the server refuses the query; `refusal` then tells.
  std::optional<std::vector<std::string>> strings(const Query& query, Reply& refusal);
  /// Bytes and number of the rows of a small query.
  CollectionSize measure(const Query& query);

 private:
  Reply get(const std::string& path, doc::PaddedBuffer& body, const std::string& database = {});
  Reply get_of(const std::string& collection, const std::string& what, doc::PaddedBuffer& body);
  [[noreturn]] void explain_missing_database();

  std::mutex mutex_;  ///< guards client_
  Client client_;
};

}  // namespace arango2pg::arango
