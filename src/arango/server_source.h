/// \file
/// A running ArangoDB server or cluster as a source.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "arango/api.h"
#include "arango/range_reader.h"
#include "doc/key_lookup.h"
#include "doc/ports.h"

namespace arango2pg::arango {

class ServerSource final : public doc::Source, public doc::KeyLookup {
 public:
  explicit ServerSource(const SourceOptions& options);

  /// Identity: server id (or, in a cluster, the id of a system collection that is never dropped),
  /// id and name of the database. The same through any coordinator, and when collections come and
  /// go.
  const doc::SourceInfo& info() override;
  std::vector<doc::CollectionInfo> collections() override;
  /// Key ranges; in a cluster shard by shard, since a coordinator merges shards by its locale and
  /// pages over several of them would lose documents (protocol 4.4).
  std::vector<doc::PartSpec> split(const doc::CollectionInfo& collection,
                                   const doc::SplitOptions& options) override;
  std::unique_ptr<doc::Reader> open(std::vector<doc::PartTask> parts, ByteBudget& budget) override;
  void fetch(const std::string& collection, const std::vector<std::string>& keys,
             doc::DocBatch& batch, const std::stop_token& stop) override;
  std::optional<std::uint64_t> count(const std::string& collection) override;
  std::string revision(const std::string& collection) override;
  doc::SourceDetails details() override;

 private:
  /// Documents of a collection or of one of its shards.
  struct Piece {
    std::string shard;
    std::uint64_t count = 0;
    std::uint64_t document_bytes = 0;
  };

  void connect();
  [[nodiscard]] std::string cluster_id();
  std::vector<Piece> pieces(const std::string& collection);
  bool shards_can_be_read_alone(const std::string& collection, const std::vector<Piece>& pieces);
  std::uint64_t document_bytes(const std::string& collection);
  void split_piece(const std::string& collection, const Piece& piece, unsigned ranges,
                   std::vector<doc::PartSpec>& parts);
  std::vector<std::string> boundaries(const std::string& collection, const Piece& piece,
                                      unsigned ranges);

  std::shared_ptr<Session> session_;
  Api api_;
  std::mutex mutex_;  ///< guards connecting
  std::optional<doc::SourceInfo> info_;
  ServerVersion version_;
  Role role_ = Role::single;
};

}  // namespace arango2pg::arango
