// Version, role, databases, endpoints: what a client asks before it reads.
#include <algorithm>
#include <charconv>

#include "fake_arango/state.h"

namespace fake_arango {
namespace {

HttpResponse version(const Context& c) {
  const std::string& v = c.state.options.version;
  Object o{{"server", "arango"},
           {"license", c.state.since(11) ? "enterprise" : "community"},
           {"version", v}};
  if (c.request.flag("details", false) && c.state.auth.admin(c.session)) {
    // Everything in it is a string.
    Object d{{"architecture", "64bit"},
             {"build-repository", "refs/" + v},
             {"endianness", "little"},
             {"full-version-string", "ArangoDB " + v + " [linux] 64bit"},
             {"icu-version", "64.2"},
             {"platform", "linux"},
             {"rocksdb-version", "7.2.0"},
             {"server-version", v},
             {"sizeof int", "4"},
             {"vpack-version", "0.2.1"},
             {"mode", "server"},
             {"role", c.state.cluster() ? "COORDINATOR" : "SINGLE"},
             {"host", c.state.cluster() ? coordinator_id(c.request.coordinator) : "localhost"}};
    o.emplace_back("details", std::move(d));
  }
  int patch = 0;
  const std::size_t dot = v.rfind('.');
  std::from_chars(v.data() + dot + 1, v.data() + v.size(), patch);
  if (c.state.since(13) || (c.state.since(12) && patch >= 8)) {
    o.emplace_back("apiVersions", Array{Value("v0")});
    o.emplace_back("deprecatedApiVersions", Array{});
    o.emplace_back("requestedApiVersion", "v0");
  }
  return json_response(200, o);
}

HttpResponse server(const Context& c) {
  const std::string_view what = c.segment(2);
  if (!c.is("GET") && !c.is("HEAD")) fail_method();
  if (what == "role")
    return good({{"role", c.state.cluster() ? "COORDINATOR" : "SINGLE"}, {"mode", "default"}});
  if (what == "id") {
    if (!c.state.cluster()) throw ApiError{500, 500, "internal server error"};
    return good({{"id", coordinator_id(c.request.coordinator)}});
  }
  if (what == "availability" || what == "mode") return good({{"mode", "default"}});
  fail_path(c);
}

HttpResponse endpoints(const Context& c) {
  if (!c.state.cluster()) throw ApiError{501, 1470, "only available on coordinators"};
  Array list;
  const std::lock_guard lock(c.state.servers_mutex);
  for (const auto& s : c.state.servers)
    if (s) list.emplace_back(Object{{"endpoint", "tcp://127.0.0.1:" + std::to_string(s->port())}});
  return good({{"endpoints", std::move(list)}});
}

HttpResponse engine(const Context& c) {
  Array indexes;
  Object aliases{{"hash", "persistent"}, {"skiplist", "persistent"}};
  if (c.state.since(12)) {
    for (const char* t : {"primary", "edge", "hash", "skiplist", "ttl", "persistent", "geo",
                          "fulltext", "mdi", "mdi-prefixed", "inverted"})
      indexes.emplace_back(t);
    aliases.emplace_back("zkd", "mdi");
  } else {
    for (const char* t : {"primary", "edge", "hash", "skiplist", "ttl", "persistent", "geo",
                          "fulltext", "zkd", "inverted"})
      indexes.emplace_back(t);
  }
  Object supports;
  if (!c.state.since(12)) supports.emplace_back("dfdb", false);
  supports.emplace_back("indexes", std::move(indexes));
  supports.emplace_back("aliases", Object{{"indexes", std::move(aliases)}});
  Object o{{"name", "rocksdb"}, {"supports", std::move(supports)}};
  if (c.state.since(12)) o.emplace_back("endianness", "big");
  return json_response(200, o);
}

HttpResponse databases(Context& c) {
  const std::string_view what = c.segment(2);
  if (c.is("POST") && what.empty()) {
    if (c.database() != "_system") throw api_error(403, 1230);
    if (!c.state.auth.admin(c.session)) throw api_error(403, 11);
    const Value name = c.body().find("name").value_or(Value());
    if (!name.is_string()) throw api_error(400, 1229);
    if (c.state.store.has_database(name.string())) throw api_error(409, 1207);
    c.state.store.create_database(name.string());
    return good({{"result", true}}, 201);
  }
  if (!c.is("GET")) fail_method();
  if (what == "current") {
    Object d{{"id", c.state.store.database_id(c.database())},
             {"name", c.database()},
             {"isSystem", c.database() == "_system"},
             {"path", "none"}};
    if (c.state.cluster()) {
      d.emplace_back("sharding", "");
      d.emplace_back("replicationFactor", 1);
      d.emplace_back("writeConcern", 1);
    }
    return good({{"result", std::move(d)}});
  }
  Array names;
  for (const auto& [name, _] : c.state.store.databases())
    if (what != "user" || c.state.auth.database_access(c.session, name) != Access::none)
      names.emplace_back(name);
  if (what == "user") return good({{"result", std::move(names)}});
  if (!what.empty()) fail_path(c);
  if (c.database() != "_system") throw api_error(403, 1230);
  return good({{"result", std::move(names)}});
}

HttpResponse functions(const Context& c) {
  Array all;
  if (const auto s = c.state.store.snapshot(c.database(), "_aqlfunctions"))
    for (const auto& shard : s->shards)
      for (const auto& chunk : shard->chunks)
        for (std::size_t i = 0; i < chunk->entries.size(); ++i) {
          const Value f = parse_json(chunk->text(i));
          all.emplace_back(Object{{"name", f.find("name").value_or(Value())},
                                  {"code", f.find("code").value_or(Value())},
                                  {"isDeterministic", f.find("isDeterministic").value_or(false)}});
        }
  return good({{"result", std::move(all)}});
}

}  // namespace

HttpResponse handle_admin(Context& c) {
  const std::string_view area = c.segment(0);
  const std::string_view what = c.segment(1);
  if ((area == "_api" || area == "_admin") && what == "version") return version(c);
  if (area == "_admin" && what == "server") return server(c);
  if (area == "_api" && what == "cluster" && c.segment(2) == "endpoints") return endpoints(c);
  if (area == "_api" && what == "engine" && c.is("GET")) return engine(c);
  if (area == "_api" && what == "database") return databases(c);
  if (area == "_api" && what == "aqlfunction" && c.is("GET")) return functions(c);
  fail_path(c);
}

HttpResponse handle_login(Context& c) {
  if (!c.state.auth.enabled()) fail_path(c);
  if (!c.is("POST")) fail_method();
  Value body;
  try {
    body = c.body();
  } catch (const JsonError&) {
    throw ApiError{400, 400, "invalid JSON"};
  }
  const Value user = body.find("username").value_or(Value());
  const Value password = body.find("password").value_or(Value());
  if (!user.is_string() || !password.is_string()) throw ApiError{400, 400, "invalid JSON"};
  const auto token = c.state.auth.login(user.string(), password.string());
  if (!token) throw ApiError{401, 401, "Wrong credentials"};
  c.state.recorder.login();
  return json_response(200, Object{{"jwt", *token}});
}

}  // namespace fake_arango
