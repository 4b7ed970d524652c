// How a server's collection is cut into parts.
#include <algorithm>
#include <set>

#include "arango/server_source.h"
#include "base/log.h"

namespace arango2pg::arango {
namespace {

/// Below this a part costs more than it gains.
constexpr std::uint64_t smallest_part = 4U << 20;

/// Finding boundaries walks the index once; more parts than this make no run faster.
constexpr std::uint64_t most_ranges = 256;

/// So many documents tell how large the others are.
constexpr std::uint64_t sample = 100;

/// Below this a collection is not worth a sample: one part, whatever its documents are.
constexpr std::uint64_t few_documents = 1000;

/// Each lane's share in so many parts: then no lane is left alone with a large one at the end, and
/// further readers find work.
constexpr std::uint64_t parts_a_lane = 8;

/// As many parts as lanes need, more if they would be larger than wanted, fewer if they would be
/// small.
unsigned ranges_for(std::uint64_t bytes, std::uint64_t lanes, std::uint64_t part_bytes) {
  const std::uint64_t wanted = std::max(
      lanes * parts_a_lane, (bytes + part_bytes - 1) / std::max<std::uint64_t>(part_bytes, 1));
  const std::uint64_t sensible = std::max<std::uint64_t>(bytes / smallest_part, 1);
  return static_cast<unsigned>(
      std::clamp<std::uint64_t>(std::min(wanted, sensible), 1, most_ranges));
}

}  // namespace

std::vector<doc::PartSpec> ServerSource::split(const doc::CollectionInfo& collection,
                                               const doc::SplitOptions& options) {
  info();
  std::vector<doc::PartSpec> parts;
  const auto all = pieces(collection.name);
  if (all.empty()) {
    doc::PartSpec cursor;
    cursor.collection = collection.name;
    cursor.kind = "cursor";
    cursor.spec = "{}";
    cursor.resumable = false;
    cursor.documents = collection.count.value_or(0);
    cursor.bytes =
        cursor.documents > few_documents ? cursor.documents * document_bytes(collection.name) : 0;
    return {cursor};
  }
  const auto lanes_each = (options.lanes + all.size() - 1) / all.size();
  for (const auto& piece : all)
    split_piece(collection.name, piece,
                ranges_for(piece.count * piece.document_bytes, lanes_each, options.part_bytes),
                parts);
  for (std::uint32_t i = 0; i < parts.size(); ++i) parts[i].stream = i;
  return parts;
}

/// The collection itself, or its shards; nothing if neither can be read in key order.
std::vector<ServerSource::Piece> ServerSource::pieces(const std::string& collection) {
  std::vector<Piece> out;
  std::uint64_t count = 0;
  if (role_ == Role::single) {
    count = api_.count(collection).value_or(0);
    out.push_back({"", count, 0});
  } else {
    const Placement placement = api_.placement(collection);
    count = placement.count;
    if (placement.spread) return {};
    if (placement.shards.size() == 1) {
      out.push_back({"", count, 0});
    } else {
      for (const auto& [shard, documents] : placement.shards) out.push_back({shard, documents, 0});
      if (out.empty() || !shards_can_be_read_alone(collection, out)) return {};
    }
  }
  const std::uint64_t bytes = count > few_documents ? document_bytes(collection) : 0;
  for (auto& piece : out) piece.document_bytes = bytes;
  return out;
}

/// `options.shardIds` is undocumented. If it were ignored, every shard's reader would read the
/// whole collection; so each shard is asked for its first key: keys are unique, and equal answers
/// betray that there was no restriction.
bool ServerSource::shards_can_be_read_alone(const std::string& collection,
                                            const std::vector<Piece>& pieces) {
  std::set<std::string> seen;
  for (const auto& piece : pieces) {
    Query query = key_query(collection, {std::nullopt, std::nullopt, piece.shard}, true);
    query.text += "LIMIT 1 RETURN d._key";
    Reply refusal;
    const auto keys = api_.strings(query, refusal);
    const bool missing = keys && keys->empty() && piece.count > 0;
    if (!keys || missing || (!keys->empty() && !seen.insert(keys->front()).second)) {
      spdlog::warn("source.shards collection={} can't be read shard by shard: one cursor instead",
                   collection);
      return false;
    }
  }
  return true;
}

std::uint64_t ServerSource::document_bytes(const std::string& collection) {
  Query query;
  query.collection = collection;
  query.text = "FOR d IN @@c LIMIT @n RETURN d";
  query.n = sample;
  query.batch_size = sample;
  query.body_limit = 4 * session_->options().page_bytes;
  const CollectionSize size = api_.measure(query);
  return size.count == 0 ? 0 : std::max<std::uint64_t>(size.bytes / size.count, 1);
}

void ServerSource::split_piece(const std::string& collection, const Piece& piece, unsigned ranges,
                               std::vector<doc::PartSpec>& parts) {
  KeyRange range;
  range.shard = piece.shard;
  const auto add = [&](std::uint64_t documents) {
    doc::PartSpec part;
    part.collection = collection;
    part.kind = piece.shard.empty() ? "range" : "shard";
    part.spec = range.json();
    part.documents = documents;
    part.bytes = documents * piece.document_bytes;
    parts.push_back(std::move(part));
  };
  const auto cuts = boundaries(collection, piece, ranges);
  const std::uint64_t each = piece.count / (cuts.size() + 1);
  for (const auto& cut : cuts) {
    range.hi = cut;
    add(each);
    range.lo = cut;
  }
  range.hi.reset();
  add(each);
}

/// Every `count / ranges`-th key. Each step starts at the last one found, so that the index is
/// walked once in all.
std::vector<std::string> ServerSource::boundaries(const std::string& collection, const Piece& piece,
                                                  unsigned ranges) {
  std::vector<std::string> out;
  KeyRange range;
  range.shard = piece.shard;
  while (out.size() + 1 < ranges) {
    Query query = key_query(collection, range, true);
    query.text += "LIMIT @off, 1 RETURN d._key";
    query.offset = std::max<std::uint64_t>(piece.count / ranges, 1) - 1;
    Reply refusal;
    const auto keys = api_.strings(query, refusal);
    if (!keys || keys->empty()) break;
    // Fewer parts are no loss; a boundary in another order would be.
    if (!out.empty() && keys->front() <= out.back()) break;
    out.push_back(keys->front());
    range.lo = out.back();
  }
  return out;
}

}  // namespace arango2pg::arango
