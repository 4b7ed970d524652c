// Writing documents: checks, system attributes, shards.
#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

#include "fake_arango/api_error.h"
#include "fake_arango/store.h"

namespace fake_arango {
namespace {

bool legal_key(std::string_view key) {
  constexpr std::string_view others = "!$%'()*+,-.:;=@_";
  return !key.empty() && key.size() <= 254 && std::all_of(key.begin(), key.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           others.find(c) != std::string_view::npos;
  });
}

bool legal_handle(std::string_view id) {
  const std::size_t slash = id.find('/');
  return slash != std::string_view::npos && slash > 0 && legal_key(id.substr(slash + 1));
}

// 64-bit FNV-1a: any hash serves, this one needs no table.
std::uint64_t hash(std::string_view s) {
  std::uint64_t h = 14695981039346656037U;
  for (char c : s) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return h ^ h >> 32;
}

bool is_system_attribute(std::string_view name, bool edge) {
  return name == "_key" || name == "_id" || name == "_rev" ||
         (edge && (name == "_from" || name == "_to"));
}

std::string string_of(std::string_view raw) {
  const Value v = parse_json(raw);
  return v.is_string() ? v.string() : std::string();
}

}  // namespace

// The raw values of a document's attributes, while it is put together.
struct Store::Draft {
  std::string text;  // of the given document, in print form
  std::vector<MemberSpan> members;
  std::string key, from, to, given_revision;
  std::string old_text;  // update: what it is merged into

  [[nodiscard]] std::string_view raw(const MemberSpan& m) const {
    return std::string_view(text).substr(m.begin, m.end - m.begin);
  }
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const {
    for (const MemberSpan& m : members)
      if (m.name == name) return raw(m);
    return std::nullopt;
  }
};

std::size_t Store::place(const CollectionData& c, std::string_view key) {
  if (c.shards.size() == 1) return 0;
  return (c.shard_of ? c.shard_of(key) : hash(key)) % c.shards.size();
}

std::size_t Store::shard_of(const std::string& db, const std::string& name,
                            std::string_view key) const {
  const std::lock_guard lock(mutex_);
  const CollectionData* c = lookup(db, name);
  if (c == nullptr) throw api_error(404, 1203);
  return place(*c, key);
}

ShardData& Store::writable(CollectionData& c, std::size_t shard) {
  if (c.handed_out[shard]) {
    c.shards[shard] = std::make_shared<ShardData>(*c.shards[shard]);
    c.handed_out[shard] = false;
  }
  return *c.shards[shard];
}

std::string Store::generate_key(CollectionData& c) {
  std::string type = "traditional";
  std::int64_t increment = 1;
  std::int64_t offset = 0;
  for (const Member& m : c.info.properties)
    if (m.first == "keyOptions") {
      if (const auto t = m.second.find("type"); t && t->is_string()) type = t->string();
      if (const auto i = m.second.find("increment"))
        increment = std::max<std::int64_t>(1, i->as_integer());
      if (const auto o = m.second.find("offset")) offset = o->as_integer();
    }
  if (type == "autoincrement") {
    c.info.last_key = c.info.last_key == 0 ? offset + increment : c.info.last_key + increment;
    return std::to_string(c.info.last_key);
  }
  const std::uint64_t id = ++last_id_;
  std::array<char, 40> buffer{};
  if (type == "padded") {
    std::snprintf(buffer.data(), buffer.size(), "%016llx", static_cast<unsigned long long>(id));
    return buffer.data();
  }
  if (type == "uuid") {
    const std::uint64_t a = hash("a" + std::to_string(id));
    const std::uint64_t b = hash("b" + std::to_string(id));
    std::snprintf(buffer.data(), buffer.size(), "%08x-%04x-4%03x-a%03x-%012llx",
                  static_cast<unsigned>(a >> 32), static_cast<unsigned>(a >> 16 & 0xFFFF),
                  static_cast<unsigned>(a & 0xFFF), static_cast<unsigned>(b >> 52),
                  static_cast<unsigned long long>(b & 0xFFFFFFFFFFFFU));
    return buffer.data();
  }
  c.info.last_key = static_cast<std::int64_t>(id);
  return std::to_string(id);
}

// Update: old attributes in their order, changed in place, new ones behind.
void Store::merge_members(const CollectionData& c, Draft& d) const {
  std::string text = "{";
  std::string body;
  std::vector<MemberSpan> old_members;
  rewrite_object(d.old_text, false, body, old_members);
  const auto add = [&](std::string_view name, std::string_view raw) {
    if (text.size() > 1) text.push_back(',');
    append_json_string(text, name);
    text.push_back(':');
    text.append(raw);
  };
  for (const MemberSpan& m : old_members) {
    if (m.name == "_rev") continue;
    const auto fresh = d.find(m.name);
    add(m.name, fresh ? *fresh : std::string_view(body).substr(m.begin, m.end - m.begin));
  }
  for (const MemberSpan& m : d.members) {
    const bool known = std::any_of(old_members.begin(), old_members.end(),
                                   [&](const MemberSpan& o) { return o.name == m.name; });
    if (!known && !is_system_attribute(m.name, c.info.type == CollectionType::edge))
      add(m.name, d.raw(m));
  }
  text.push_back('}');
  d.text.clear();
  rewrite_object(text, false, d.text, d.members);
}

StoredDocument Store::draft(CollectionData& c, std::string_view json, WriteMode mode,
                            bool keep_revision) {
  Draft d;
  try {
    rewrite_object(json, options_.normalise_numbers, d.text, d.members);
  } catch (const JsonError& e) {
    throw ApiError{400, 600, std::string("VPackError error: ") + e.what()};
  }
  for (std::size_t i = 0; i < d.members.size(); ++i)
    for (std::size_t k = 0; k < i; ++k)
      if (d.members[i].name == d.members[k].name)
        throw ApiError{400, 600, "VPackError error: Duplicate attribute name"};
  const bool edge = c.info.type == CollectionType::edge;
  const auto given_key = d.find("_key");
  if (given_key) d.key = string_of(*given_key);
  if (given_key && !legal_key(d.key)) throw api_error(400, 1221);
  if (!given_key && mode != WriteMode::insert && mode != WriteMode::upsert)
    throw api_error(400, 1226);
  if (d.key.empty()) d.key = generate_key(c);

  const std::size_t shard = place(c, d.key);
  const auto old = c.shards[shard]->find(d.key);
  if (old && mode == WriteMode::insert)
    throw ApiError{409, 1210,
                   "unique constraint violated - in index primary of type primary over '_key'; "
                   "conflicting key: " +
                       d.key};
  if (!old && (mode == WriteMode::replace || mode == WriteMode::update)) throw api_error(404, 1202);
  if (mode == WriteMode::update) {
    d.old_text = c.shards[shard]->chunks[old->chunk]->text(old->index);
    merge_members(c, d);
  }
  if (edge) {
    d.from = string_of(d.find("_from").value_or("null"));
    d.to = string_of(d.find("_to").value_or("null"));
    if (!legal_handle(d.from) || !legal_handle(d.to)) throw api_error(400, 1233);
  }

  std::optional<std::uint64_t> revision;
  std::string revision_text;
  if (const auto given = d.find("_rev"); given && keep_revision) {
    // Dumps of 2.x have plain numbers.
    revision_text = given->front() == '"' ? string_of(*given) : std::string(*given);
    revision = decode_revision(revision_text);
  }
  if (revision) {
    clock_.see(*revision);
  } else {
    revision = clock_.next();
    revision_text = encode_revision(*revision);
  }

  StoredDocument out;
  out.key = d.key;
  out.rev = *revision;
  out.sequence = ++sequence_;
  out.text.reserve(d.text.size() + 64);
  out.text = "{\"_key\":\"" + d.key + "\",\"_id\":";
  append_json_string(out.text, c.info.name + "/" + d.key);
  if (edge) {
    out.text += ",\"_from\":";
    append_json_string(out.text, d.from);
    out.text += ",\"_to\":";
    append_json_string(out.text, d.to);
  }
  out.text += ",\"_rev\":\"" + revision_text + "\"";
  for (const MemberSpan& m : d.members) {
    if (is_system_attribute(m.name, edge)) continue;
    out.text.push_back(',');
    append_json_string(out.text, m.name);
    out.text.push_back(':');
    out.text += d.raw(m);
  }
  out.text.push_back('}');
  return out;
}

Written Store::put(const std::string& db, const WriteOperation& o, WalBatch& log) {
  CollectionData& c = collection(db, o.collection);
  WalEntry entry{o.mode == WriteMode::remove ? WalType::remove : WalType::insert, c.info.guid,
                 c.info.name};
  if (o.mode == WriteMode::remove) {
    const std::size_t shard = place(c, o.json);
    const auto old = c.shards[shard]->find(o.json);
    if (!old) throw api_error(404, 1202);
    entry.key = o.json;
    entry.revision = c.shards[shard]->chunks[old->chunk]->entries[old->index].rev;
    writable(c, shard).remove(o.json);
    c.info.last_revision = std::max(c.info.last_revision, clock_.next());
    log.entries.push_back(std::move(entry));
    return {o.json, encode_revision(log.entries.back().revision)};
  }
  StoredDocument d = draft(c, o.json, o.mode, o.keep_revision);
  entry.update = !writable(c, place(c, d.key)).put(d);
  c.info.last_revision = std::max(c.info.last_revision, d.rev);
  if (logging_) entry.text = std::move(d.text);
  log.entries.push_back(std::move(entry));
  return {d.key, encode_revision(d.rev)};
}

Written Store::write(const std::string& db, const std::string& name, std::string_view json,
                     WriteMode mode, bool keep_revision) {
  const std::lock_guard lock(mutex_);
  WalBatch batch{db, 0, {}};
  Written w = put(db, {name, mode, std::string(json), keep_revision}, batch);
  log(std::move(batch));
  return w;
}

bool Store::remove(const std::string& db, const std::string& name, std::string_view key) {
  const std::lock_guard lock(mutex_);
  const CollectionData& c = collection(db, name);
  if (!c.shards[place(c, key)]->find(key)) return false;
  WalBatch batch{db, 0, {}};
  put(db, {name, WriteMode::remove, std::string(key)}, batch);
  log(std::move(batch));
  return true;
}

void Store::insert_all(const std::string& db, const std::string& name, const Documents& next) {
  const std::lock_guard lock(mutex_);
  CollectionData& c = collection(db, name);
  std::vector<std::vector<StoredDocument>> by_shard(c.shards.size());
  WalBatch batch{db, 0, {}};
  std::uint64_t newest = 0;
  for (std::string_view json; next(json);) {
    StoredDocument d = draft(c, json, WriteMode::insert, true);
    newest = std::max(newest, d.rev);
    if (logging_) batch.entries.push_back({WalType::insert, c.info.guid, c.info.name, d.text});
    by_shard[place(c, d.key)].push_back(std::move(d));
  }
  for (auto& part : by_shard) {
    std::stable_sort(
        part.begin(), part.end(),
        [](const StoredDocument& a, const StoredDocument& b) { return a.key < b.key; });
    const auto twin = std::adjacent_find(
        part.begin(), part.end(),
        [](const StoredDocument& a, const StoredDocument& b) { return a.key == b.key; });
    if (twin != part.end())
      throw ApiError{409, 1210,
                     "unique constraint violated - in index primary of type primary over '_key'; "
                     "conflicting key: " +
                         twin->key};
  }
  for (std::size_t s = 0; s < by_shard.size(); ++s)
    if (!by_shard[s].empty()) writable(c, s).merge(std::move(by_shard[s]));
  c.info.last_revision = std::max(c.info.last_revision, newest);
  batch.tid = ++last_id_;
  log(std::move(batch));
}

void Store::insert_verbatim(const std::string& db, const std::string& name, std::string_view key,
                            std::string text) {
  const std::lock_guard lock(mutex_);
  CollectionData& c = collection(db, name);
  const std::uint64_t revision = clock_.next();
  WalBatch batch{db, 0, {}};
  if (logging_) batch.entries.push_back({WalType::insert, c.info.guid, c.info.name, text});
  writable(c, place(c, key)).put({std::string(key), std::move(text), revision, ++sequence_});
  c.info.last_revision = std::max(c.info.last_revision, revision);
  log(std::move(batch));
}

}  // namespace fake_arango
