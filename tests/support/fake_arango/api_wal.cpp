// /_api/wal: where the log stands. Reading it comes with the deltas.
#include <ctime>

#include "fake_arango/state.h"

namespace fake_arango {
namespace {

std::string now_text() {
  const std::time_t now = std::time(nullptr);
  std::tm t{};
  ::gmtime_r(&now, &t);
  char buffer[32];
  const std::size_t n = std::strftime(buffer, sizeof buffer, "%Y-%m-%dT%H:%M:%SZ", &t);
  return {buffer, n};
}

}  // namespace

HttpResponse handle_wal(Context& c) {
  if (c.state.cluster()) throw ApiError{501, 1470, "'/_api/wal' is not yet supported in a cluster"};
  if (!c.state.auth.admin(c.session)) throw api_error(403, 11);
  const std::string tick = std::to_string(c.state.store.tick());
  const Value server =
      Object{{"version", c.state.options.version}, {"serverId", "101420792779199"}};
  if (c.is("GET") && c.segment(2) == "lastTick")
    return json_response(200, Object{{"time", now_text()}, {"tick", tick}, {"server", server}});
  if (c.is("GET") && c.segment(2) == "range")
    return json_response(
        200, Object{{"time", now_text()}, {"tickMin", "1"}, {"tickMax", tick}, {"server", server}});
  throw ApiError{400, 400, "expecting GET /_api/wal/[tail|range|lastTick|open-transactions]>"};
}

}  // namespace fake_arango
