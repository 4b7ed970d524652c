// Named graphs (documents of _graphs), views, analyzers.
#include <algorithm>
#include <set>

#include "fake_arango/state.h"

namespace fake_arango {
namespace {

std::vector<Value> graphs(const Context& c) {
  std::vector<Value> all;
  if (const auto s = c.state.store.snapshot(c.database(), "_graphs"))
    for (const auto& shard : s->shards)
      for (const auto& chunk : shard->chunks)
        for (std::size_t i = 0; i < chunk->entries.size(); ++i)
          all.push_back(parse_json(chunk->text(i)));
  return all;
}

Value member(const Value& v, const char* name) { return v.find(name).value_or(Value()); }

// The list and the single graph are printed in different orders (recorded).
Value printed(const Value& graph, bool in_list) {
  const Value key = member(graph, "_key");
  const Value definitions = graph.find("edgeDefinitions").value_or(Array{});
  const Value orphans = graph.find("orphanCollections").value_or(Array{});
  Object o;
  if (in_list)
    o = {{"_id", member(graph, "_id")},   {"_key", key},
         {"_rev", member(graph, "_rev")}, {"edgeDefinitions", definitions},
         {"orphanCollections", orphans},  {"name", key}};
  else
    o = {{"_key", key},
         {"edgeDefinitions", definitions},
         {"orphanCollections", orphans},
         {"_rev", member(graph, "_rev")},
         {"_id", member(graph, "_id")},
         {"name", key}};
  for (const Member& m : graph.members())
    if (std::none_of(o.begin(), o.end(), [&](const Member& k) { return k.first == m.first; }))
      o.push_back(m);
  return o;
}

Value find_graph(const Context& c, std::string_view name) {
  for (const Value& g : graphs(c))
    if (member(g, "_key").string() == name) return g;
  throw ApiError{404, 1924, "graph '" + std::string(name) + "' not found"};
}

Value collections_of(const Value& graph, bool edges) {
  std::set<std::string> names;
  const auto add_all = [&](const Value& list) {
    if (!list.is_array()) return;
    for (const Value& v : list.items())
      if (v.is_string()) names.insert(v.string());
  };
  const Value definitions = graph.find("edgeDefinitions").value_or(Array{});
  for (const Value& d : definitions.items()) {
    if (edges) {
      names.insert(member(d, "collection").string());
    } else {
      add_all(member(d, "from"));
      add_all(member(d, "to"));
    }
  }
  if (!edges) add_all(member(graph, "orphanCollections"));
  Array out;
  for (const std::string& n : names) out.emplace_back(n);
  return out;
}

HttpResponse element(const Context& c, const char* kind) {
  const auto s = c.state.store.snapshot(c.database(), c.readable(c.segment(4)).name);
  if (s)
    for (const auto& shard : s->shards)
      if (const auto p = shard->find(c.segment(5))) {
        const Chunk& chunk = *shard->chunks[p->chunk];
        HttpResponse r = good({{kind, parse_json(chunk.text(p->index))}});
        r.headers.emplace_back("Etag", encode_revision(chunk.entries[p->index].rev));
        return r;
      }
  throw api_error(404, 1202);
}

HttpResponse create(const Context& c) {
  const Value body = c.body();
  const Value name = member(body, "name");
  if (!name.is_string()) throw ApiError{400, 1923, "graph name missing"};
  c.need_write("_graphs");
  Object document{{"_key", name}};
  document.emplace_back("edgeDefinitions", body.find("edgeDefinitions").value_or(Array{}));
  document.emplace_back("orphanCollections", body.find("orphanCollections").value_or(Array{}));
  const Written w =
      c.state.store.write(c.database(), "_graphs", to_json(document), WriteMode::insert, false);
  HttpResponse r = good({{"graph", printed(find_graph(c, w.key), false)}}, 202);
  r.headers.emplace_back("Etag", w.rev);
  return r;
}

struct BuiltIn {
  const char* name;
  bool stemming;
};

// In the order of a recorded answer; null name stands for "identity".
constexpr BuiltIn text_analyzers[] = {{"es", true}, {"nl", true}, {nullptr, false}, {"de", true},
                                      {"no", true}, {"pt", true}, {"ru", true},     {"en", true},
                                      {"it", true}, {"fi", true}, {"sv", true},     {"zh", false},
                                      {"fr", true}};

Array strings(std::initializer_list<const char*> all) {
  Array a;
  for (const char* s : all) a.emplace_back(s);
  return a;
}

Array analyzers(const Context& c) {
  Array all;
  for (const BuiltIn& b : text_analyzers) {
    if (b.name == nullptr) {
      all.emplace_back(Object{{"name", "identity"},
                              {"type", "identity"},
                              {"properties", Object{}},
                              {"features", strings({"frequency", "norm"})}});
      continue;
    }
    const Object properties{{"locale", b.name},
                            {"case", "lower"},
                            {"stopwords", Array{}},
                            {"accent", false},
                            {"stemming", b.stemming}};
    all.emplace_back(Object{{"name", std::string("text_") + b.name},
                            {"type", "text"},
                            {"properties", properties},
                            {"features", strings({"frequency", "position", "norm"})}});
  }
  for (const Value& a : c.state.store.analyzers(c.database()))
    all.emplace_back(Object{{"name", c.database() + "::" + member(a, "name").string()},
                            {"type", member(a, "type")},
                            {"properties", a.find("properties").value_or(Object{})},
                            {"features", a.find("features").value_or(Array{})}});
  return all;
}

Value view_default(const std::string& name) {
  if (name == "writebufferSizeMax") return 33554432;
  if (name == "writebufferIdle") return 64;
  if (name == "consolidationPolicy")
    return Object{{"type", "tier"},
                  {"segmentsBytesMax", std::int64_t{8589934592}},
                  {"maxSkewThreshold", 0.4},
                  {"minDeletionRatio", 0.5}};
  if (name == "writebufferActive") return 0;
  if (name == "links") return Object{};
  if (name == "commitIntervalMsec") return 1000;
  if (name == "consolidationIntervalMsec") return 5000;
  if (name == "cleanupIntervalStep") return 2;
  if (name == "primarySortCompression") return "lz4";
  return Array{};  // storedValues, optimizeTopK, primarySort, indexes
}

HttpResponse view_properties(const Value& view) {
  static const std::vector<std::string> alias = {"type", "name", "indexes", "id",
                                                 "globallyUniqueId"};
  static const std::vector<std::string> search = {"writebufferSizeMax",
                                                  "writebufferIdle",
                                                  "id",
                                                  "storedValues",
                                                  "name",
                                                  "type",
                                                  "consolidationPolicy",
                                                  "writebufferActive",
                                                  "links",
                                                  "commitIntervalMsec",
                                                  "consolidationIntervalMsec",
                                                  "optimizeTopK",
                                                  "globallyUniqueId",
                                                  "cleanupIntervalStep",
                                                  "primarySort",
                                                  "primarySortCompression"};
  Object o;
  for (const std::string& n : member(view, "type").string() == "search-alias" ? alias : search)
    o.emplace_back(n, view.find(n).value_or(view_default(n)));
  return good(std::move(o));
}

}  // namespace

HttpResponse handle_graph(Context& c) {
  if (c.is("POST") && c.segment(2).empty()) return create(c);
  if (!c.is("GET")) fail_method();
  if (c.segment(2).empty()) {
    Array list;
    for (const Value& g : graphs(c)) list.push_back(printed(g, true));
    return good({{"graphs", std::move(list)}});
  }
  const Value graph = find_graph(c, c.segment(2));
  const std::string_view what = c.segment(3);
  if (what.empty()) return good({{"graph", printed(graph, false)}});
  if (what != "edge" && what != "vertex") fail_path(c);
  if (!c.segment(5).empty()) return element(c, what == "edge" ? "edge" : "vertex");
  return good({{"collections", collections_of(graph, what == "edge")}});
}

HttpResponse handle_view(Context& c) {
  if (!c.is("GET")) fail_method();
  const auto views = c.state.store.views(c.database());
  const auto summary = [](const Value& v) {
    return Object{{"globallyUniqueId", member(v, "globallyUniqueId")},
                  {"id", member(v, "id")},
                  {"name", member(v, "name")},
                  {"type", member(v, "type")}};
  };
  if (c.segment(2).empty()) {
    Array list;
    for (const Value& v : views) list.emplace_back(summary(v));
    return good({{"result", std::move(list)}});
  }
  for (const Value& v : views)
    if (member(v, "name").string() == c.segment(2))
      return c.segment(3) == "properties" ? view_properties(v) : good(summary(v));
  throw api_error(404, 1203);
}

HttpResponse handle_analyzer(Context& c) {
  if (!c.is("GET")) fail_method();
  const Array all = analyzers(c);
  const std::string name(c.segment(2));
  if (name.empty()) return good({{"result", all}});
  for (const Value& a : all) {
    const std::string full = a.find("name")->string();
    if (full == name || full == c.database() + "::" + name)
      return good({{"features", member(a, "features")},
                   {"properties", member(a, "properties")},
                   {"type", member(a, "type")},
                   {"name", member(a, "name")}});
  }
  throw ApiError{404, 404, "unable to find analyzer: " + name};
}

}  // namespace fake_arango
