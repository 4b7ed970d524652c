// /_api/collection. Member orders are those of recorded answers.
#include <algorithm>

#include "fake_arango/state.h"

namespace fake_arango {
namespace {

Value basic_type(const CollectionInfo& i) { return static_cast<int>(i.type); }

Object basic(const CollectionInfo& i) {
  return {{"id", i.id},           {"name", i.name},
          {"status", 3},          {"type", basic_type(i)},
          {"isSystem", i.system}, {"globallyUniqueId", i.guid}};
}

Value property(const CollectionInfo& i, const char* name, Value otherwise) {
  for (const Member& m : i.properties)
    if (m.first == name) return m.second;
  return otherwise;
}

Value key_options(const CollectionInfo& i, bool cluster) {
  const Value given = property(i, "keyOptions", Object{});
  const Value type = given.find("type").value_or("traditional");
  Object o{{"allowUserKeys", given.find("allowUserKeys").value_or(true)}, {"type", type}};
  if (type.is_string() && type.string() == "autoincrement") {
    o.emplace_back("offset", given.find("offset").value_or(0));
    o.emplace_back("increment", given.find("increment").value_or(1));
  }
  if (!cluster) o.emplace_back("lastValue", i.last_key);
  return o;
}

std::string revision_text(const CollectionInfo& i) {
  // Never written: a small number, not a clock (recorded).
  return i.last_revision == 0 ? "54" : encode_revision(i.last_revision);
}

struct Parts {
  Object front;  // behind error and code
  std::optional<Value> count;
  bool revision = false;
};

// The members that both forms share, by name.
Value member(const CollectionInfo& i, const std::string& name, bool cluster) {
  if (name == "statusString") return "loaded";
  if (name == "id") return i.id;
  if (name == "name") return i.name;
  if (name == "type") return basic_type(i);
  if (name == "status") return 3;
  if (name == "isSystem") return i.system;
  if (name == "globallyUniqueId") return i.guid;
  if (name == "keyOptions") return key_options(i, cluster);
  if (name == "objectId") return i.object_id;
  if (name == "revision") return revision_text(i);
  if (name == "numberOfShards") return static_cast<std::uint64_t>(i.shard_names.size());
  Value standard;
  if (name == "writeConcern" || name == "minReplicationFactor" || name == "replicationFactor")
    standard = 1;
  else if (name == "usesRevisionsAsDocumentIds" || name == "syncByRevision" ||
           name == "supportsRBAC")
    standard = true;
  else if (name == "internalValidatorType")
    standard = 0;
  else if (name == "shardingStrategy")
    standard = "hash";
  else if (name == "shardKeys")
    standard = Array{Value("_key")};
  else if (name != "schema" && name != "computedValues")
    standard = false;  // waitForSync, cacheEnabled, isSmart, isSmartChild, isDisjoint
  return property(i, name.c_str(), standard);
}

HttpResponse with_properties(const Context& c, const CollectionInfo& i, Parts parts) {
  static const std::vector<std::string> single = {"writeConcern",
                                                  "waitForSync",
                                                  "usesRevisionsAsDocumentIds",
                                                  "syncByRevision",
                                                  "supportsRBAC",
                                                  "statusString",
                                                  "id",
                                                  "isSmartChild",
                                                  "schema",
                                                  "name",
                                                  "type",
                                                  "status",
                                                  "#count",
                                                  "cacheEnabled",
                                                  "isSystem",
                                                  "internalValidatorType",
                                                  "globallyUniqueId",
                                                  "keyOptions",
                                                  "computedValues",
                                                  "objectId"};
  static const std::vector<std::string> single_with_revision = {
      "writeConcern",     "waitForSync",    "usesRevisionsAsDocumentIds",
      "syncByRevision",   "supportsRBAC",   "statusString",
      "schema",           "revision",       "id",
      "isSmartChild",     "name",           "type",
      "status",           "cacheEnabled",   "isSystem",
      "objectId",         "computedValues", "internalValidatorType",
      "globallyUniqueId", "keyOptions"};
  static const std::vector<std::string> cluster = {"writeConcern",
                                                   "waitForSync",
                                                   "usesRevisionsAsDocumentIds",
                                                   "syncByRevision",
                                                   "shardingStrategy",
                                                   "schema",
                                                   "numberOfShards",
                                                   "minReplicationFactor",
                                                   "id",
                                                   "isSmartChild",
                                                   "name",
                                                   "statusString",
                                                   "isSmart",
                                                   "replicationFactor",
                                                   "type",
                                                   "status",
                                                   "#count",
                                                   "cacheEnabled",
                                                   "isSystem",
                                                   "computedValues",
                                                   "internalValidatorType",
                                                   "globallyUniqueId",
                                                   "shardKeys",
                                                   "isDisjoint",
                                                   "keyOptions"};
  Object o = std::move(parts.front);
  if (c.state.cluster() && parts.revision) o.emplace_back("revision", revision_text(i));
  const auto& names = c.state.cluster() ? cluster : parts.revision ? single_with_revision : single;
  for (const std::string& name : names) {
    if (name == "supportsRBAC" && !c.state.since(12)) continue;
    if (name == "#count") {
      if (parts.count) o.emplace_back("count", *parts.count);
    } else {
      o.emplace_back(name, member(i, name, c.state.cluster()));
    }
  }
  for (const Member& m : i.properties)  // smartGraphAttribute, distributeShardsLike, …
    if (std::find(names.begin(), names.end(), m.first) == names.end()) o.push_back(m);
  HttpResponse r = good(std::move(o));
  if (!c.segment(3).empty())
    r.headers.emplace_back("Location", "/_db/" + c.database() + "/_api/collection/" +
                                           std::string(c.segment(2)) + "/" +
                                           std::string(c.segment(3)));
  return r;
}

Value figures(const Snapshot& s, bool details) {
  const std::uint64_t n = s.count();
  const std::uint64_t indexes =
      s.info.indexes.size() + (s.info.type == CollectionType::edge ? 2 : 1);
  Object o{{"indexes", Object{{"count", indexes}, {"size", n * 40 + 2698}}},
           {"documentsSize", s.bytes()},
           {"cacheInUse", false},
           {"cacheSize", 0},
           {"cacheUsage", 0}};
  if (details) {
    Array list{Object{{"type", "primary"}, {"id", 0}, {"count", n}}};
    o.emplace_back("engine", Object{{"documents", n}, {"indexes", std::move(list)}});
  }
  return o;
}

// Any function of the documents that does not depend on their order.
std::uint64_t checksum(const Snapshot& s, bool revisions, bool data) {
  std::uint64_t sum = 0;
  const std::hash<std::string_view> hash;
  for (const auto& shard : s.shards)
    for (const auto& chunk : shard->chunks)
      for (std::size_t i = 0; i < chunk->entries.size(); ++i) {
        std::uint64_t h = hash(chunk->key(i));
        if (revisions) h ^= chunk->entries[i].rev * 31;
        if (data) {
          // Without _rev: equal contents have equal sums.
          const std::string_view text = chunk->text(i);
          const std::size_t at = text.find("\"_rev\":");
          h ^= hash(text.substr(0, at)) ^ hash(text.substr(std::min(text.size(), at + 20)));
        }
        sum ^= h;
      }
  return sum;
}

HttpResponse shards(const Context& c, const CollectionInfo& info) {
  if (!c.state.cluster()) throw ApiError{500, 4, "internal error"};
  Value list;
  if (c.request.flag("details", false)) {
    Object map;
    for (std::size_t i = 0; i < info.shard_names.size(); ++i)
      map.emplace_back(info.shard_names[i], Array{Value("PRMR-cda5ea5b-ccb3-4184-b44d-00000000000" +
                                                        std::to_string(i % 3 + 1))});
    list = std::move(map);
  } else {
    Array names;
    for (const std::string& n : info.shard_names) names.emplace_back(n);
    list = std::move(names);
  }
  return with_properties(c, info, {{{"shards", list}}, {}, false});
}

Value count_of(const Context& c, const Snapshot& s) {
  if (!c.state.cluster() || !c.request.flag("details", false)) return s.count();
  Object by_shard;
  for (std::size_t i = 0; i < s.shards.size(); ++i)
    by_shard.emplace_back(s.info.shard_names[i], s.shards[i]->count);
  return by_shard;
}

HttpResponse read(const Context& c) {
  const CollectionInfo info = c.readable(c.segment(2));
  const std::string_view what = c.segment(3);
  if (what.empty()) return good(basic(info));
  if (what == "properties") return with_properties(c, info, {});
  if (what == "shards") return shards(c, info);
  if (what == "revision") return with_properties(c, info, {{}, {}, true});
  const auto snapshot = c.state.store.snapshot(c.database(), info.name);
  if (!snapshot) throw api_error(404, 1203);
  if (what == "count") return with_properties(c, info, {{}, count_of(c, *snapshot), false});
  if (what == "figures")
    return with_properties(c, info,
                           {{{"figures", figures(*snapshot, c.request.flag("details", false))}},
                            Value(snapshot->count()),
                            false});
  if (what == "checksum") {
    if (c.state.cluster()) throw api_error(501, 9);
    HttpResponse r = good(
        {{"isSystem", info.system},
         {"status", 3},
         {"type", basic_type(info)},
         {"name", info.name},
         {"id", info.id},
         {"revision", revision_text(info)},
         {"globallyUniqueId", info.guid},
         {"checksum", std::to_string(checksum(*snapshot, c.request.flag("withRevisions", false),
                                              c.request.flag("withData", false)))}});
    r.headers.emplace_back("Location", "/_db/" + c.database() + c.request.path);
    return r;
  }
  throw ApiError{404, 404,
                 "expecting one of the resources 'checksum', 'count', 'figures', 'properties', "
                 "'responsibleShard', 'revision', 'shards'"};
}

HttpResponse list(const Context& c) {
  std::vector<CollectionInfo> all = c.state.store.collections(c.database());
  // The server's order is a hash table's: nobody must lean on it.
  std::sort(all.begin(), all.end(), [](const CollectionInfo& a, const CollectionInfo& b) {
    const std::hash<std::string> h;
    return h(a.name) < h(b.name);
  });
  Array result;
  for (const CollectionInfo& i : all) {
    if (i.system && c.request.flag("excludeSystem", false)) continue;
    if (c.state.auth.may_read(c.session, c.database(), i.name)) result.emplace_back(basic(i));
  }
  return good({{"result", std::move(result)}});
}

HttpResponse create(const Context& c) {
  const Value body = c.body();
  const Value name = body.find("name").value_or(Value());
  if (!name.is_string()) throw api_error(400, 1208);
  if (c.state.auth.database_access(c.session, c.database()) != Access::write)
    throw api_error(403, 11);
  CollectionSpec spec;
  if (body.find("type").value_or(2).as_integer() == 3) spec.type = CollectionType::edge;
  spec.shards = static_cast<unsigned>(body.find("numberOfShards").value_or(0).as_integer());
  Object properties;
  for (const Member& m : body.members())
    if (m.first != "name" && m.first != "type" && m.first != "numberOfShards")
      properties.push_back(m);
  spec.properties = to_json(properties);
  return with_properties(c, c.state.store.create_collection(c.database(), name.string(), spec), {});
}

HttpResponse change(const Context& c) {
  const CollectionInfo info = c.readable(c.segment(2));
  const std::string_view what = c.segment(3);
  c.need_write(info.name);
  Store& store = c.state.store;
  if (what == "properties") {
    const Value body = c.body();
    if (body.is_object()) store.set_properties(c.database(), info.name, *body.members());
    return with_properties(c, c.readable(info.name), {});
  }
  if (what == "truncate") {
    store.truncate(c.database(), info.name);
    return good(basic(info));
  }
  if (what == "rename") {
    const Value name = c.body().find("name").value_or(Value());
    if (!name.is_string()) throw api_error(400, 1208);
    store.rename(c.database(), info.name, name.string());
    return good(basic(c.readable(name.string())));
  }
  if (what == "load" || what == "unload" || what == "loadIndexesIntoMemory")
    return good({{"result", true}});
  throw ApiError{404, 404, "expecting one of the actions 'properties', 'rename', 'truncate'"};
}

}  // namespace

HttpResponse handle_collection(Context& c) {
  if (c.is("GET") || c.is("HEAD")) return c.segment(2).empty() ? list(c) : read(c);
  if (c.is("POST") && c.segment(2).empty()) return create(c);
  if (c.is("PUT") && !c.segment(3).empty()) return change(c);
  if (c.is("DELETE") && !c.segment(2).empty()) {
    const CollectionInfo info = c.readable(c.segment(2));
    c.need_write(info.name);
    c.state.store.drop(c.database(), info.name);
    return good({{"id", info.id}});
  }
  fail_method();
}

}  // namespace fake_arango
