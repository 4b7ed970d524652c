// Transactions, and what the store's writes leave in the log.
#include <algorithm>

#include "fake_arango/api_error.h"
#include "fake_arango/store.h"

namespace fake_arango {
namespace {

std::uint64_t number(const Value& marker, const char* name) {
  const auto v = marker.find(name);
  if (!v || !v->is_string()) throw std::invalid_argument("a marker without its numbers");
  return std::stoull(v->string());
}

std::string text(const Value& object, const char* name) {
  const auto v = object.find(name);
  return v && v->is_string() ? v->string() : std::string();
}

}  // namespace

void Store::start_logging() {
  const std::lock_guard lock(mutex_);
  if (logging_ || cluster()) return;
  logging_ = true;
  wal_.lose();
  wal_.advance(2);  // the log begins with something of the server's own
}

void Store::log(WalBatch batch) {
  if (!logging_) return wal_.advance(2 * std::max<std::size_t>(batch.entries.size(), 1));
  if (batch.entries.empty()) return;
  // A large transaction is committed in parts, each with the same id.
  const std::size_t at_once = std::max<std::uint64_t>(options_.intermediate_commit_count, 1);
  while (batch.tid != 0 && batch.entries.size() > at_once) {
    WalBatch part{batch.database, batch.tid, {}};
    const auto end = batch.entries.begin() + static_cast<std::ptrdiff_t>(at_once);
    part.entries.assign(std::make_move_iterator(batch.entries.begin()),
                        std::make_move_iterator(end));
    batch.entries.erase(batch.entries.begin(), end);
    wal_.append(std::move(part));
  }
  wal_.append(std::move(batch));
}

void Store::log_change(const CollectionInfo& info, WalType type, std::string text) {
  WalBatch batch{info.database, 0, {}};
  batch.entries.push_back({type, info.guid, info.name, std::move(text)});
  log(std::move(batch));
}

std::string Store::definition(const CollectionInfo& info) {
  Object d{{"allowUserKeys", true},
           {"cacheEnabled", false},
           {"cid", info.id},
           {"deleted", false},
           {"globallyUniqueId", info.guid},
           {"id", info.id},
           {"indexes", Array{Object{{"fields", Array{"_key"}},
                                    {"id", "0"},
                                    {"name", "primary"},
                                    {"sparse", false},
                                    {"type", "primary"},
                                    {"unique", true}}}},
           {"internalValidatorType", 0},
           {"isDisjoint", false},
           {"isSmart", false},
           {"isSmartChild", false},
           {"isSystem", info.system},
           {"keyOptions",
            Object{{"allowUserKeys", true}, {"lastValue", info.last_key}, {"type", "traditional"}}},
           {"minReplicationFactor", 1},
           {"name", info.name},
           {"numberOfShards", 1},
           {"planId", info.id},
           {"replicationFactor", 1},
           {"schema", Value()},
           {"shardKeys", Array{"_key"}},
           {"shards", Object{}},
           {"status", 3},
           {"syncByRevision", true},
           {"type", static_cast<int>(info.type)},
           {"usesRevisionsAsDocumentIds", true},
           {"version", 9},
           {"waitForSync", false},
           {"writeConcern", 1}};
  return to_json(d);
}

std::vector<Written> Store::transact(const std::string& db,
                                     const std::vector<WriteOperation>& operations) {
  const std::lock_guard lock(mutex_);
  // Shards that were handed out are never changed: keeping them is how to take everything back.
  std::map<std::string, std::vector<std::shared_ptr<ShardData>>> before;
  for (const WriteOperation& o : operations) {
    CollectionData& c = collection(db, o.collection);
    if (!before.emplace(o.collection, c.shards).second) continue;
    c.handed_out.assign(c.handed_out.size(), true);
  }
  std::vector<Written> out;
  WalBatch batch{db, ++last_id_, {}};
  try {
    for (const WriteOperation& o : operations) out.push_back(put(db, o, batch));
  } catch (...) {
    for (auto& [name, shards] : before) {
      CollectionData& c = collection(db, name);
      c.shards = shards;
      // A reader may hold them: the next write must copy, not change what is being read.
      c.handed_out.assign(c.shards.size(), true);
    }
    throw;
  }
  log(std::move(batch));
  return out;
}

std::vector<Written> Store::write_each(const std::string& db,
                                       const std::vector<WriteOperation>& operations,
                                       std::vector<Refusal>& refused) {
  const std::lock_guard lock(mutex_);
  std::vector<Written> out(operations.size());
  WalBatch batch{db, ++last_id_, {}};
  for (std::size_t i = 0; i < operations.size(); ++i) {
    try {
      out[i] = put(db, operations[i], batch);
    } catch (ApiError& e) {
      refused.push_back({i, std::move(e)});
    }
  }
  log(std::move(batch));
  return out;
}

void Store::truncate(const std::string& db, const std::string& name) {
  const std::lock_guard lock(mutex_);
  CollectionData& c = collection(db, name);
  WalBatch batch{db, 0, {}};
  std::uint64_t count = 0;
  for (const auto& s : c.shards) count += s->count;
  if (count >= options_.truncate_limit) {
    batch.entries.push_back({WalType::truncate_collection, c.info.guid, c.info.name});
  } else {
    batch.tid = ++last_id_;
    for (const auto& shard : c.shards)
      for (const auto& chunk : shard->chunks)
        for (std::size_t i = 0; i < chunk->entries.size(); ++i)
          batch.entries.push_back({WalType::remove, c.info.guid, c.info.name, "",
                                   std::string(chunk->key(i)), chunk->entries[i].rev});
  }
  for (auto& s : c.shards) s = std::make_shared<ShardData>();
  c.handed_out.assign(c.shards.size(), false);
  c.info.last_revision = std::max(c.info.last_revision, clock_.next());
  log(std::move(batch));
}

WalPage Store::wal_tail(const WalQuery& query) const {
  const std::lock_guard lock(mutex_);
  std::map<std::pair<std::string_view, std::string_view>, std::string> names;
  for (const auto& [db, d] : databases_)
    for (const auto& [name, c] : d.collections)
      names.emplace(std::pair<std::string_view, std::string_view>(db, c->info.guid), name);
  return wal_.tail(
      query, [&](const std::string& db, const std::string& guid) -> std::optional<std::string> {
        const auto at = names.find({db, guid});
        if (at == names.end()) return std::nullopt;
        return at->second;
      });
}

std::uint64_t Store::tick() const {
  const std::lock_guard lock(mutex_);
  return wal_.tick();
}

std::uint64_t Store::wal_first_tick() const {
  const std::lock_guard lock(mutex_);
  return wal_.first_tick();
}

void Store::wal_track(WalClient client) {
  const std::lock_guard lock(mutex_);
  wal_.track(std::move(client));
}

std::vector<WalClient> Store::wal_clients() {
  const std::lock_guard lock(mutex_);
  return wal_.clients();
}

void Store::wal_purge(bool needed_too) {
  const std::lock_guard lock(mutex_);
  if (needed_too)
    wal_.lose();
  else
    wal_.purge();
}

void Store::adopt(const std::string& db, const Value& marker, WalBatch& open) {
  const auto type = static_cast<WalType>(marker.find("type")->as_integer());
  const std::uint64_t tick = number(marker, "tick");
  const Value data = marker.find("data").value_or(Value());
  const std::string guid = text(marker, "cuid");
  if (type == WalType::begin) {
    open = {db, number(marker, "tid"), {}, tick, tick};
    return;
  }
  const bool alone = open.tid == 0;
  if (alone) open = {db, 0, {}, tick, tick};
  open.last = tick;
  if (type == WalType::create_collection) {
    CollectionSpec spec;
    if (data.find("type").value_or(2).as_integer() == 3) spec.type = CollectionType::edge;
    logging_ = false;
    create_locked(db, text(data, "name"), spec);
    collection(db, text(data, "name")).info.guid = guid;
    logging_ = true;
  }
  if (type == WalType::insert || type == WalType::remove) {
    for (const auto& [name, c] : database(db).collections) {
      if (c->info.guid != guid) continue;
      put(db,
          type == WalType::insert ? WriteOperation{name, WriteMode::upsert, to_json(data), true}
                                  : WriteOperation{name, WriteMode::remove, text(data, "_key")},
          open);
      open.entries.back().tick = tick;
      break;
    }
  } else if (type != WalType::commit) {
    open.entries.push_back({type, guid, "", to_json(data)});
    open.entries.back().tick = tick;
  }
  if (!alone && type != WalType::commit) return;
  wal_.append_as_it_is(std::move(open));
  open = {};
}

void Store::wal_adopt(const std::string& db, std::string_view lines) {
  const std::lock_guard lock(mutex_);
  logging_ = true;
  WalBatch open;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size());
    if (end > at) adopt(db, parse_json(lines.substr(at, end - at)), open);
    at = end + 1;
  }
}

}  // namespace fake_arango
