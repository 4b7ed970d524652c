// /_api/index
#include <algorithm>

#include "fake_arango/state.h"

namespace fake_arango {
namespace {

Value fields(std::initializer_list<const char*> names) {
  Array a;
  for (const char* n : names) a.emplace_back(n);
  return a;
}

Array indexes_of(const Context& c, const CollectionInfo& info) {
  Array all{Object{{"fields", fields({"_key"})},
                   {"id", info.name + "/0"},
                   {"name", "primary"},
                   {"selectivityEstimate", 1},
                   {"sparse", false},
                   {"type", "primary"},
                   {"unique", true}}};
  if (info.type == CollectionType::edge)
    all.emplace_back(Object{{"fields", fields({"_from", "_to"})},
                            {"id", info.name + (c.state.cluster() ? "/2" : "/1")},
                            {"name", "edge"},
                            {"selectivityEstimate", 0.5},
                            {"sparse", false},
                            {"type", "edge"},
                            {"unique", false}});
  all.insert(all.end(), info.indexes.begin(), info.indexes.end());
  return all;
}

bool hidden(const Value& index) {
  const auto type = index.find("type");
  return type && type->is_string() && type->string() == "arangosearch";
}

Value with_member(const Value& object, std::string name, Value v) {
  Object o = *object.members();
  const auto at = std::lower_bound(
      o.begin(), o.end(), name, [](const Member& m, const std::string& n) { return m.first < n; });
  o.insert(at, {std::move(name), std::move(v)});
  return o;
}

HttpResponse list(const Context& c) {
  const auto name = c.request.query.find("collection");
  if (name == c.request.query.end()) throw api_error(404, 1203);
  const CollectionInfo info = c.readable(name->second);
  Array shown;
  Object identifiers;
  for (Value index : indexes_of(c, info)) {
    if (hidden(index) && !c.request.flag("withHidden", false)) continue;
    if (c.request.flag("withStats", false))
      index = with_member(
          index, "figures",
          Object{{"memory", 0}, {"cacheInUse", false}, {"cacheSize", 0}, {"cacheUsage", 0}});
    identifiers.emplace_back(index.find("id")->string(), index);
    shown.push_back(std::move(index));
  }
  return good({{"indexes", std::move(shown)}, {"identifiers", std::move(identifiers)}});
}

HttpResponse one(const Context& c) {
  const CollectionInfo info = c.readable(c.segment(2));
  const std::string id = info.name + "/" + std::string(c.segment(3));
  for (const Value& index : indexes_of(c, info)) {
    const auto name = index.find("name");
    if (index.find("id")->string() != id && !(name && name->string() == c.segment(3))) continue;
    Object o = *index.members();
    o.emplace_back("code", 200);
    o.emplace_back("error", false);
    return json_response(200, o);
  }
  throw api_error(404, 1212);
}

HttpResponse create(const Context& c) {
  const auto name = c.request.query.find("collection");
  if (name == c.request.query.end()) throw api_error(404, 1203);
  const CollectionInfo info = c.readable(name->second);
  c.need_write(info.name);
  const Value index = c.state.store.add_index(c.database(), info.name, c.body());
  const Value fresh = with_member(index, "isNewlyCreated", true);
  Object o = *fresh.members();
  o.emplace_back("code", 201);
  o.emplace_back("error", false);
  return json_response(201, o);
}

}  // namespace

HttpResponse handle_index(Context& c) {
  if (c.is("GET")) return c.segment(2).empty() ? list(c) : one(c);
  if (c.is("POST") && c.segment(2).empty()) return create(c);
  fail_method();
}

}  // namespace fake_arango
