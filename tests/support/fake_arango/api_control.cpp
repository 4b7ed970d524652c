// /_fake: faults and counters over HTTP, for the program.
#include "fake_arango/state.h"

namespace fake_arango {
namespace {

HttpResponse counters(State& state) {
  Counters k = state.recorder.counters();
  Object routes;
  for (const auto& [route, n] : k.requests) routes.emplace_back(route, n);
  return good({{"requests", std::move(routes)},
               {"total_requests", k.total_requests},
               {"connections", k.connections},
               {"bytes_sent", k.bytes_sent},
               {"open_cursors", state.cursors.open()},
               {"cursors_created", state.cursors.created()},
               {"logins", k.logins},
               {"peak_requests", static_cast<std::uint64_t>(k.peak_requests)},
               {"faults_fired", state.faults.fired()}});
}

WriteMode mode_named(const std::string& name) {
  if (name == "insert") return WriteMode::insert;
  if (name == "replace") return WriteMode::replace;
  if (name == "update") return WriteMode::update;
  if (name == "upsert") return WriteMode::upsert;
  if (name == "remove") return WriteMode::remove;
  throw std::invalid_argument("unknown operation '" + name + "'");
}

// [{"collection":"a","op":"insert","document":{…}},{"collection":"b","op":"remove","key":"1"}]
HttpResponse transaction(State& state, const HttpRequest& request) {
  const Value body = parse_json(request.body);
  if (!body.is_array()) throw std::invalid_argument("a transaction is an array of operations");
  std::vector<WriteOperation> operations;
  for (const Value& o : body.items()) {
    const auto text = [&](const char* name) {
      const Value v = o.find(name).value_or(Value());
      if (!v.is_string()) throw std::invalid_argument(std::string("no text '") + name + "'");
      return v.string();
    };
    const WriteMode mode = mode_named(text("op"));
    operations.push_back(
        {text("collection"), mode,
         mode == WriteMode::remove ? text("key") : to_json(o.find("document").value_or(Value()))});
  }
  Array written;
  for (const Written& w : state.store.transact(request.database, operations))
    written.emplace_back(Object{{"_key", w.key}, {"_rev", w.rev}});
  return good({{"result", std::move(written)}}, 201);
}

}  // namespace

HttpResponse handle_control(State& state, const HttpRequest& request) {
  try {
    if (request.path == "/_fake/counters" && request.method == "GET") return counters(state);
    if (request.path == "/_fake/faults" && request.method == "POST") {
      state.faults.add(fault_from_json(request.body));
      return good({}, 201);
    }
    if (request.path == "/_fake/faults" && request.method == "DELETE") {
      state.faults.clear();
      return good({});
    }
    if (request.path == "/_fake/cursors" && request.method == "DELETE") {
      state.cursors.lose_all();
      return good({});
    }
    if (request.path == "/_fake/wal" && request.method == "DELETE") {
      state.store.wal_purge(request.flag("needed", false));
      return good({});
    }
    if (request.path == "/_fake/transaction" && request.method == "POST")
      return transaction(state, request);
  } catch (const ApiError& e) {
    return text_response(e.status, error_body(e));
  } catch (const JsonError& e) {
    return text_response(400, error_body({400, 600, e.what()}));
  } catch (const std::invalid_argument& e) {
    return text_response(400, error_body({400, 10, e.what()}));
  }
  return text_response(404, error_body({404, 404, "unknown path '" + request.path + "'"}));
}

}  // namespace fake_arango
