#include "fake_arango/store.h"

#include <algorithm>
#include <array>
#include <utility>

#include "fake_arango/api_error.h"

namespace fake_arango {
namespace {

constexpr std::array<std::string_view, 12> system_collections = {
    "_analyzers", "_appbundles", "_apps",       "_aqlfunctions", "_frontend",      "_graphs",
    "_jobs",      "_queues",     "_statistics", "_statistics15", "_statisticsRaw", "_users"};

constexpr std::string_view only_in_system_database[] = {"_statistics", "_statistics15",
                                                        "_statisticsRaw", "_users"};

bool legal_collection_name(std::string_view name) {
  if (name.empty() || name.size() > 256 || name.find('/') != std::string_view::npos ||
      name.find(':') != std::string_view::npos)
    return false;
  const char c = name.front();
  return c != '.' && c != ' ' && name.back() != ' ' && !(c >= '0' && c <= '9') &&
         std::none_of(name.begin(), name.end(),
                      [](char k) { return static_cast<unsigned char>(k) < 0x20; });
}

// Members in the order of their names, as the server lists indexes.
Value sorted_object(Object members) {
  std::stable_sort(members.begin(), members.end(),
                   [](const Member& a, const Member& b) { return a.first < b.first; });
  return members;
}

void set_default(Object& o, const char* name, Value v) {
  for (const auto& m : o)
    if (m.first == name) return;
  o.emplace_back(name, std::move(v));
}

Array strings(std::initializer_list<const char*> all) {
  Array a;
  for (const char* s : all) a.emplace_back(s);
  return a;
}

// Inverted indexes list their fields as objects and all settings of their view side.
void complete_inverted(Object& o) {
  for (Member& m : o) {
    if (m.first != "fields") continue;
    Array fields;
    for (const Value& f : m.second.items()) {
      if (f.is_string()) {
        fields.emplace_back(Object{{"name", f}});
        continue;
      }
      Object field;
      if (f.find("analyzer") && !f.find("features"))
        field.emplace_back("features", strings({"frequency", "position", "norm"}));
      for (const char* name : {"analyzer", "name"})
        if (const auto v = f.find(name)) field.emplace_back(name, *v);
      for (const Member& given : f.members())
        if (given.first != "analyzer" && given.first != "name") field.push_back(given);
      fields.emplace_back(std::move(field));
    }
    m.second = std::move(fields);
  }
  set_default(o, "analyzer", "identity");
  set_default(o, "cleanupIntervalStep", 2);
  set_default(o, "commitIntervalMsec", 1000);
  set_default(o, "consolidationIntervalMsec", 5000);
  set_default(o, "consolidationPolicy",
              Object{{"type", "tier"},
                     {"segmentsBytesMax", std::int64_t{8589934592}},
                     {"maxSkewThreshold", 0.4},
                     {"minDeletionRatio", 0.5}});
  set_default(o, "features", strings({"frequency", "norm"}));
  set_default(o, "optimizeTopK", Array{});
  set_default(o, "primarySort", Object{{"fields", Array{}}, {"compression", "lz4"}});
  set_default(o, "storedValues", Array{});
  for (const char* off : {"includeAllFields", "searchField", "trackListPositions"})
    set_default(o, off, false);
  set_default(o, "version", 1);
  set_default(o, "writebufferActive", 0);
  set_default(o, "writebufferIdle", 64);
  set_default(o, "writebufferSizeMax", 33554432);
}

// What the server adds to an index that was asked for.
void complete_index(Object& o, const std::string& type) {
  const bool btree = type == "persistent" || type == "hash" || type == "skiplist";
  if (btree) {
    set_default(o, "cacheEnabled", false);
    set_default(o, "deduplicate", true);
    set_default(o, "estimates", true);
    set_default(o, "selectivityEstimate", 1);
  } else if (type == "ttl") {
    set_default(o, "estimates", false);
  } else if (type == "geo") {
    set_default(o, "bestIndexedLevel", 17);
    set_default(o, "geoJson", false);
    set_default(o, "legacyPolygons", false);
    set_default(o, "maxNumCoverCells", 8);
    set_default(o, "worstIndexedLevel", 4);
  } else if (type == "fulltext") {
    set_default(o, "minLength", 2);
  } else if (type == "mdi" || type == "zkd") {
    set_default(o, "fieldValueTypes", "double");
  } else if (type == "inverted") {
    complete_inverted(o);
  }
  set_default(o, "sparse",
              type == "ttl" || type == "geo" || type == "fulltext" || type == "inverted");
  set_default(o, "unique", false);
}

}  // namespace

std::uint64_t Snapshot::count() const {
  std::uint64_t n = 0;
  for (const auto& s : shards) n += s->count;
  return n;
}

std::uint64_t Snapshot::bytes() const {
  std::uint64_t n = 0;
  for (const auto& s : shards) n += s->bytes;
  return n;
}

Store::Store(const Options& options)
    : options_(options),
      clock_(options.first_rev),
      wal_(1000, options.wal_keep_for, options.wal_keep_bytes) {
  create_database("_system");
}

void Store::create_database(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (databases_.contains(name)) return;
  if (name.empty() || name.size() > 128 || name.find_first_of("/:") != std::string::npos)
    throw api_error(400, 1229);
  databases_[name].id = name == "_system" ? "1" : std::to_string(++last_id_);
  // A new database's log begins behind its system collections (recorded).
  const bool logging = std::exchange(logging_, false);
  for (std::string_view system : system_collections) {
    const bool only_there =
        std::find(std::begin(only_in_system_database), std::end(only_in_system_database), system) !=
        std::end(only_in_system_database);
    if (only_there && name != "_system") continue;
    create_locked(name, std::string(system), {});
  }
  logging_ = logging;
}

bool Store::has_database(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return databases_.contains(name);
}

std::vector<std::pair<std::string, std::string>> Store::databases() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& [name, d] : databases_) out.emplace_back(name, d.id);
  return out;
}

std::string Store::database_id(const std::string& database) const {
  const std::lock_guard lock(mutex_);
  return databases_.at(database).id;
}

Store::DatabaseData& Store::database(const std::string& name) {
  const auto it = databases_.find(name);
  if (it == databases_.end()) throw api_error(404, 1228);
  return it->second;
}

const Store::CollectionData* Store::lookup(const std::string& database,
                                           std::string_view name) const {
  const auto d = databases_.find(database);
  if (d == databases_.end()) return nullptr;
  const auto c = d->second.collections.find(name);
  if (c != d->second.collections.end()) return c->second.get();
  if (name.empty() || name.front() < '0' || name.front() > '9') return nullptr;
  for (const auto& [_, data] : d->second.collections)
    if (data->info.id == name) return data.get();
  return nullptr;
}

Store::CollectionData& Store::collection(const std::string& db, std::string_view name) {
  auto& collections = database(db).collections;
  const auto it = collections.find(name);
  if (it == collections.end())
    throw ApiError{404, 1203, "collection or view not found: " + std::string(name)};
  return *it->second;
}

CollectionInfo Store::create_collection(const std::string& database, const std::string& name,
                                        const CollectionSpec& spec) {
  const std::lock_guard lock(mutex_);
  return create_locked(database, name, spec);
}

CollectionInfo Store::create_locked(const std::string& db, const std::string& name,
                                    const CollectionSpec& spec) {
  DatabaseData& d = database(db);
  if (!legal_collection_name(name)) throw api_error(400, 1208);
  if (d.collections.contains(name)) throw api_error(409, 1207);
  auto c = std::make_unique<CollectionData>();
  CollectionInfo& info = c->info;
  info.database = db;
  info.name = name;
  info.type = spec.type;
  info.system = name.front() == '_';
  const std::uint64_t id = ++last_id_;
  info.id = std::to_string(id);
  info.object_id = std::to_string(++last_id_);
  info.guid = info.system ? name : guid_of(id);
  info.properties = *parse_json(spec.properties).members();
  const unsigned shards = spec.shards != 0 ? spec.shards : options_.shards;
  for (unsigned i = 0; i < (cluster() ? shards : 1U); ++i) {
    info.shard_names.push_back(cluster() ? "s" + std::to_string(++last_id_) : std::string());
    c->shards.push_back(std::make_shared<ShardData>());
  }
  c->handed_out.assign(c->shards.size(), false);
  c->shard_of = spec.shard_of;
  log_change(info, WalType::create_collection, definition(info));
  CollectionInfo copy = info;
  d.collections.emplace(name, std::move(c));
  return copy;
}

std::string Store::guid_of(std::uint64_t id) const {
  return (cluster() ? "c" + std::to_string(id) + "/" : "h5C3DDE5391BF/" + std::to_string(id));
}

std::optional<CollectionInfo> Store::find(const std::string& database,
                                          std::string_view collection) const {
  const std::lock_guard lock(mutex_);
  const CollectionData* c = lookup(database, collection);
  if (c == nullptr) return std::nullopt;
  return c->info;
}

std::vector<CollectionInfo> Store::collections(const std::string& database) const {
  const std::lock_guard lock(mutex_);
  std::vector<CollectionInfo> out;
  const auto d = databases_.find(database);
  if (d == databases_.end()) return out;
  for (const auto& [_, c] : d->second.collections) out.push_back(c->info);
  return out;
}

std::optional<Snapshot> Store::snapshot(const std::string& database,
                                        std::string_view collection) const {
  const std::lock_guard lock(mutex_);
  const CollectionData* c = lookup(database, collection);
  if (c == nullptr) return std::nullopt;
  c->handed_out.assign(c->handed_out.size(), true);
  return Snapshot{c->info, {c->shards.begin(), c->shards.end()}};
}

void Store::set_properties(const std::string& db, const std::string& name,
                           const Object& properties) {
  const std::lock_guard lock(mutex_);
  Object& mine = collection(db, name).info.properties;
  for (const Member& m : properties) {
    const auto it =
        std::find_if(mine.begin(), mine.end(), [&](const Member& o) { return o.first == m.first; });
    if (it == mine.end())
      mine.push_back(m);
    else
      it->second = m.second;
  }
  const CollectionInfo& info = collection(db, name).info;
  log_change(info, WalType::change_collection, definition(info));
}

void Store::rename(const std::string& db, const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  CollectionData& c = collection(db, from);
  auto& all = database(db).collections;
  if (!legal_collection_name(to)) throw api_error(400, 1208);
  if (all.contains(to)) throw api_error(409, 1207);
  // `_id` follows the current name: every document is printed anew.
  const auto id_of = [](const std::string& name) {
    std::string out = "\"_id\":";
    append_json_string(out, name + "/");
    out.pop_back();  // the closing quote
    return out;
  };
  const std::string old_id = id_of(from);
  const std::string new_id = id_of(to);
  const auto rename_id = [&](std::string& text) {
    const std::size_t at = text.find(old_id);
    if (at != std::string::npos) text.replace(at, old_id.size(), new_id);
  };
  for (auto& shard : c.shards) {
    auto fresh = std::make_shared<ShardData>();
    std::vector<StoredDocument> all_documents;
    for (const auto& chunk : shard->chunks)
      for (std::size_t i = 0; i < chunk->entries.size(); ++i) {
        StoredDocument d{std::string(chunk->key(i)), std::string(chunk->text(i)),
                         chunk->entries[i].rev, chunk->entries[i].sequence};
        rename_id(d.text);
        all_documents.push_back(std::move(d));
      }
    fresh->merge(std::move(all_documents));
    shard = std::move(fresh);
  }
  c.handed_out.assign(c.shards.size(), false);
  auto node = all.extract(from);
  node.key() = to;
  node.mapped()->info.name = to;
  log_change(node.mapped()->info, WalType::rename_collection);
  all.insert(std::move(node));
}

void Store::drop(const std::string& db, const std::string& name) {
  const std::lock_guard lock(mutex_);
  log_change(collection(db, name).info, WalType::drop_collection);
  database(db).collections.erase(name);
}

Value Store::add_index(const std::string& db, const std::string& name, Value definition) {
  const std::lock_guard lock(mutex_);
  CollectionData& c = collection(db, name);
  if (!definition.is_object()) throw api_error(400, 10);
  Object o = *definition.members();
  const Value type = definition.find("type").value_or(Value());
  const Value fields = definition.find("fields").value_or(Value());
  if (!type.is_string() || !fields.is_array()) throw api_error(400, 10);
  complete_index(o, type.string());
  std::erase_if(o, [](const Member& m) { return m.first == "id" || m.first == "inBackground"; });
  const std::string number = std::to_string(++last_id_);
  o.emplace_back("id", c.info.name + "/" + number);
  set_default(o, "name", "idx_" + std::to_string(clock_.next()));
  Value v = sorted_object(std::move(o));
  c.info.indexes.push_back(v);
  log_change(c.info, WalType::create_index, to_json(v));
  return v;
}

void Store::add_view(const std::string& db, Value view) {
  const std::lock_guard lock(mutex_);
  if (!view.is_object() || !view.find("name") || !view.find("type")) throw api_error(400, 10);
  Object o = *view.members();
  const std::uint64_t id = ++last_id_;
  set_default(o, "id", std::to_string(id));
  set_default(o, "globallyUniqueId", guid_of(id));
  database(db).views.emplace_back(std::move(o));
}

std::vector<Value> Store::views(const std::string& db) const {
  const std::lock_guard lock(mutex_);
  return databases_.at(db).views;
}

void Store::add_analyzer(const std::string& db, Value analyzer) {
  const std::lock_guard lock(mutex_);
  if (!analyzer.is_object() || !analyzer.find("name") || !analyzer.find("type"))
    throw api_error(400, 10);
  database(db).analyzers.push_back(std::move(analyzer));
}

std::vector<Value> Store::analyzers(const std::string& db) const {
  const std::lock_guard lock(mutex_);
  return databases_.at(db).analyzers;
}

std::uint64_t Store::next_id() {
  const std::lock_guard lock(mutex_);
  return ++last_id_;
}

}  // namespace fake_arango
