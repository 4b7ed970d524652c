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
  } catch (const std::invalid_argument& e) {
    return text_response(400, error_body({400, 10, e.what()}));
  }
  return text_response(404, error_body({404, 404, "unknown path '" + request.path + "'"}));
}

}  // namespace fake_arango
