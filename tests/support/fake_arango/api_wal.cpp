// /_api/wal, and what of /_api/replication tells about the log.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <ctime>

#include "fake_arango/state.h"

namespace fake_arango {
namespace {

using Clock = std::chrono::system_clock;

constexpr const char* server_id = "101420792779199";
constexpr std::uint64_t least_chunk = 16384, largest_chunk = 134217728;

std::string text_of(Clock::time_point at) {
  const std::time_t time = Clock::to_time_t(at);
  std::tm t{};
  ::gmtime_r(&time, &t);
  char buffer[32];
  const std::size_t n = std::strftime(buffer, sizeof buffer, "%Y-%m-%dT%H:%M:%SZ", &t);
  return {buffer, n};
}

std::string parameter(const Context& c, const std::string& name) {
  const auto it = c.request.query.find(name);
  return it == c.request.query.end() ? std::string() : it->second;
}

// What is no number counts as 0, as in the server.
std::uint64_t number(const Context& c, const std::string& name, std::uint64_t otherwise) {
  const std::string text = parameter(c, name);
  if (text.empty()) return otherwise;
  std::uint64_t n = 0;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

Value server_object(const Context& c) {
  return Object{{"version", c.state.options.version}, {"serverId", server_id}};
}

WalQuery query_of(const Context& c) {
  WalQuery q;
  q.from = number(c, "from", 0);
  q.to = number(c, "to", q.to);
  if (q.to == 0 || q.from > q.to) throw ApiError{400, 400, "invalid from/to values"};
  q.last_scanned = number(c, "lastScanned", 0);
  q.chunk_size = std::clamp(number(c, "chunkSize", q.chunk_size), least_chunk, largest_chunk);
  q.include_system = c.request.flag("includeSystem", true);
  q.include_foxx_queues = c.request.flag("includeFoxxQueues", false);
  if (c.request.flag("global", false)) {
    if (c.database() != "_system") throw api_error(403, 11);
  } else {
    q.database = c.database();
  }
  if (const std::string name = parameter(c, "collection"); !name.empty())
    q.guid = c.readable(name).guid;
  return q;
}

void track(Context& c, std::uint64_t from) {
  const std::string syncer = parameter(c, "syncerId");
  const std::string server = parameter(c, "serverId");
  if (syncer.empty() && server.empty()) return;
  for (const std::string& id : {syncer, server})
    if (!id.empty() && id.find_first_not_of("0123456789") != std::string::npos)
      throw ApiError{400, 400, "syncerId and serverId must be positive integers"};
  c.state.store.wal_track({syncer, server, parameter(c, "clientInfo"), from, {}});
}

HttpResponse tail(Context& c) {
  if (c.is("PUT") && (c.request.body.empty() || !c.body().is_array()))
    throw ApiError{400, 400, "invalid body value. expecting array"};
  const WalQuery q = query_of(c);
  track(c, q.from);
  WalPage page = c.state.store.wal_tail(q);
  HttpResponse r;
  r.status = page.body.empty() ? 204 : 200;
  r.type = "application/x-arango-dump";
  const bool more = page.last_included > 0 && page.last_included < page.last_tick;
  r.headers = {{"X-Arango-Replication-Checkmore", more ? "true" : "false"},
               {"X-Arango-Replication-Frompresent", page.from_present ? "true" : "false"},
               {"X-Arango-Replication-Lastincluded", std::to_string(page.last_included)},
               {"X-Arango-Replication-Lastscanned", std::to_string(page.last_scanned)},
               {"X-Arango-Replication-Lasttick", std::to_string(page.last_tick)}};
  r.body = std::make_shared<const std::string>(std::move(page.body));
  return r;
}

HttpResponse logger_state(Context& c) {
  const std::string tick = std::to_string(c.state.store.tick());
  Array clients;
  for (const WalClient& k : c.state.store.wal_clients())
    clients.emplace_back(Object{{"syncerId", k.syncer_id},
                                {"serverId", k.server_id},
                                {"clientInfo", k.client_info},
                                {"time", text_of(k.seen)},
                                {"expires", text_of(k.seen + c.state.store.wal_keep_for())},
                                {"lastServedTick", std::to_string(k.tick)}});
  Object server{
      {"version", c.state.options.version}, {"serverId", server_id}, {"engine", "rocksdb"}};
  return json_response(200, Object{{"state", Object{{"running", true},
                                                    {"lastLogTick", tick},
                                                    {"lastUncommittedLogTick", tick},
                                                    {"totalEvents", c.state.store.tick()},
                                                    {"time", text_of(Clock::now())}}},
                                   {"server", std::move(server)},
                                   {"clients", std::move(clients)}});
}

HttpResponse applier_state(Context& c) {
  const Object progress{{"time", text_of(Clock::now())},
                        {"message", "applier initially created"},
                        {"failedConnects", 0}};
  return json_response(200, Object{{"state", Object{{"started", ""},
                                                    {"running", false},
                                                    {"phase", "inactive"},
                                                    {"lastAppliedContinuousTick", Value()},
                                                    {"lastProcessedContinuousTick", Value()},
                                                    {"lastAvailableContinuousTick", Value()},
                                                    {"safeResumeTick", Value()},
                                                    {"progress", progress},
                                                    {"totalRequests", 0},
                                                    {"totalFailedConnects", 0},
                                                    {"totalEvents", 0},
                                                    {"lastError", Object{{"errorNum", 0}}},
                                                    {"time", text_of(Clock::now())}}},
                                   {"server", server_object(c)}});
}

}  // namespace

HttpResponse handle_wal(Context& c) {
  if (c.state.cluster()) throw ApiError{501, 1470, "'/_api/wal' is not yet supported in a cluster"};
  if (!c.state.auth.admin(c.session)) throw api_error(403, 11);
  if ((c.is("GET") || c.is("PUT")) && c.segment(2) == "tail") return tail(c);
  const std::string tick = std::to_string(c.state.store.tick());
  if (c.is("GET") && c.segment(2) == "lastTick")
    return json_response(
        200, Object{{"time", text_of(Clock::now())}, {"tick", tick}, {"server", server_object(c)}});
  if (c.is("GET") && c.segment(2) == "range")
    return json_response(200, Object{{"time", text_of(Clock::now())},
                                     {"tickMin", std::to_string(c.state.store.wal_first_tick())},
                                     {"tickMax", tick},
                                     {"server", server_object(c)}});
  throw ApiError{400, 400, "expecting GET /_api/wal/[tail|range|lastTick|open-transactions]>"};
}

HttpResponse handle_replication(Context& c) {
  if (c.state.cluster()) throw ApiError{501, 1470, "this operation is not supported in a cluster"};
  if (!c.is("GET")) fail_method();
  const std::string_view what = c.segment(2);
  if (what == "server-id") return json_response(200, Object{{"serverId", server_id}});
  if (what == "logger-state") return logger_state(c);
  if (!c.state.since(12)) {  // gone with Active Failover
    if (what == "logger-first-tick")
      return json_response(200,
                           Object{{"firstTick", std::to_string(c.state.store.wal_first_tick())}});
    if (what == "applier-state") return applier_state(c);
  }
  fail_path(c);
}

}  // namespace fake_arango
