// /_api/cursor
#include <algorithm>
#include <charconv>

#include "fake_arango/aql_parser.h"
#include "fake_arango/state.h"

namespace fake_arango {
namespace {

constexpr std::uint64_t first_coordinator_bit = 40;  // a cursor id carries its coordinator

struct CursorRequest {
  std::string query;
  Value binds;
  QueryOptions options;
  std::size_t batch_size = 1000;
  std::uint64_t memory_limit = 0;
  bool stream = false;
  bool allow_retry = false;
  bool count = false;
  std::chrono::milliseconds ttl{0};
};

bool flag(const Value& object, const char* name) {
  const auto v = object.find(name);
  return v && v->is_bool() && v->boolean();
}

void read_options(const Context& c, const Value& options, CursorRequest& r) {
  r.stream = r.stream || flag(options, "stream");
  r.options.full_count = flag(options, "fullCount");
  r.allow_retry = c.state.since(11) && flag(options, "allowRetry");
  if (const auto v = options.find("maxRuntime"); v && v->is_number())
    r.options.max_runtime = std::chrono::duration<double>(v->number().real);
  if (const auto optimizer = options.find("optimizer"))
    if (const auto rules = optimizer->find("rules"); rules && rules->is_array())
      for (const Value& v : rules->items())
        if (v.is_string()) r.options.rules.push_back(v.string());
  if (const auto ids = options.find("shardIds"); ids && ids->is_array()) {
    if (c.refuse_shard_ids) throw ApiError{400, 10, "bad parameter: shardIds"};
    if (!c.ignore_shard_ids && c.state.cluster())
      for (const Value& v : ids->items())
        if (v.is_string()) r.options.shard_ids.push_back(v.string());
  }
}

CursorRequest read_request(const Context& c) {
  CursorRequest r;
  if (c.request.body.empty()) throw api_error(400, 1502);
  const Value body = c.body();
  if (!body.is_object() || body.members()->empty()) throw api_error(400, 600);
  const Value query = body.find("query").value_or(Value());
  if (!query.is_string() || query.string().empty()) throw api_error(400, 1502);
  r.query = query.string();
  r.binds = body.find("bindVars").value_or(Value());
  if (!r.binds.is_null() && !r.binds.is_object())
    throw ApiError{400, 17, "expecting object for <bindVars>"};
  if (const auto v = body.find("batchSize")) {
    if (!v->is_number() || v->number().real < 1)
      throw ApiError{400, 17, "expecting non-zero value for <batchSize>"};
    r.batch_size = static_cast<std::size_t>(v->as_integer());
  }
  if (const auto v = body.find("memoryLimit"); v && v->is_number())
    r.memory_limit = static_cast<std::uint64_t>(v->as_integer());
  r.stream = flag(body, "stream");
  if (const auto options = body.find("options"); options && options->is_object())
    read_options(c, *options, r);
  r.count = flag(body, "count") && !r.stream;
  const auto standard = c.state.options.cursor_ttl.count() > 0 ? c.state.options.cursor_ttl
                        : c.state.cluster()                    ? std::chrono::milliseconds(600000)
                                                               : std::chrono::milliseconds(30000);
  const auto ttl = body.find("ttl");
  const double seconds = ttl && ttl->is_number() ? ttl->number().real : 0;
  r.ttl =
      seconds > 0 ? std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000)) : standard;
  return r;
}

Value extra_of(const State& state, const Evaluation& run) {
  const QueryStats& s = run.stats;
  Object stats{{"writesExecuted", 0}, {"writesIgnored", 0}};
  if (state.since(12)) {
    stats.emplace_back("documentLookups", s.document_lookups);
    stats.emplace_back("seeks", s.seeks);
  }
  stats.emplace_back("scannedFull", s.scanned_full);
  stats.emplace_back("scannedIndex", s.scanned_index);
  if (state.since(12)) stats.emplace_back("searchParallelism", 1);
  for (const char* name : {"cursorsCreated", "cursorsRearmed", "cacheHits", "cacheMisses"})
    stats.emplace_back(name, 0);
  stats.emplace_back("filtered", s.filtered);
  stats.emplace_back("httpRequests", 0);
  if (s.full_count) stats.emplace_back("fullCount", *s.full_count);
  stats.emplace_back("executionTime", run.seconds());
  stats.emplace_back("peakMemoryUsage", 0);
  stats.emplace_back("intermediateCommits", 0);
  return Object{{"warnings", run.warnings()}, {"stats", std::move(stats)}};
}

// Computes the next batch and its body; member order as recorded.
std::string batch_body(const Context& c, Cursor& cursor, int status) {
  const std::vector<Value> rows = cursor.take_batch(!c.state.options.empty_last_batch);
  std::string out;
  out.reserve(cursor.body_size + cursor.body_size / 8);
  out = "{\"result\":[";
  bool first = true;
  for (std::size_t i = c.wrong_rows ? 1 : 0; i < rows.size(); ++i) {
    if (!first) out.push_back(',');
    first = false;
    append_json(out, rows[i]);
  }
  const bool more = !cursor.finished;
  const bool at_once = cursor.batch == 1 && !more && !cursor.stream && !cursor.allow_retry;
  out += more ? "],\"hasMore\":true" : "],\"hasMore\":false";
  if (more || cursor.allow_retry) out += ",\"id\":\"" + cursor.id + "\"";
  if (cursor.count) out += ",\"count\":" + std::to_string(cursor.total);
  if (at_once) out += ",\"cached\":false";
  if (!cursor.stream || !more) {
    out += ",\"extra\":";
    append_json(out, extra_of(c.state, *cursor.run));
  }
  if (!at_once) out += ",\"cached\":false";
  const bool numbered = c.state.since(11) && c.state.options.version != "3.11.0";
  if (more && (numbered || cursor.allow_retry))
    out += ",\"nextBatchId\":\"" + std::to_string(cursor.batch + 1) + "\"";
  out += ",\"error\":false,\"code\":" + std::to_string(status) + "}";
  cursor.body_size = out.size();
  return out;
}

// Not streaming: the whole result is there before the first byte.
void materialise(Cursor& cursor, std::uint64_t memory_limit) {
  std::uint64_t bytes = 0;
  while (auto v = cursor.run->next()) {
    if (memory_limit > 0) {
      bytes += to_json(*v).size();
      if (bytes > memory_limit) throw ApiError{500, 32, "query would use more memory than allowed"};
    }
    cursor.rows.push_back(std::move(*v));
  }
  cursor.total = cursor.rows.size();
}

HttpResponse create(Context& c) {
  CursorRequest r = read_request(c);
  Query query = parse_aql(r.query, r.binds);
  auto cursor = std::make_shared<Cursor>();
  cursor->run = std::make_unique<Evaluation>(std::move(query), r.options, query_context(c));
  const unsigned coordinator = c.request.coordinator;
  const std::uint64_t number = c.state.store.next_id();
  cursor->id = std::to_string(
      c.state.cluster() ? (std::uint64_t{coordinator} + 1) << first_coordinator_bit | number
                        : number);
  cursor->user = c.session.user;
  cursor->database = c.database();
  cursor->coordinator = coordinator;
  cursor->stream = r.stream;
  cursor->allow_retry = r.allow_retry;
  cursor->count = r.count;
  cursor->batch_size = r.batch_size;
  cursor->ttl = r.ttl;
  if (!r.stream) materialise(*cursor, r.memory_limit);
  HttpResponse response = text_response(201, batch_body(c, *cursor, 201));
  if (cursor->allow_retry) cursor->last_body = response.body;
  if (!cursor->finished || cursor->allow_retry) c.state.cursors.add(std::move(cursor));
  return response;
}

[[noreturn]] void no_such_batch() { throw ApiError{404, 1600, "batch id not found"}; }

HttpResponse next_batch(Context& c, const std::string& id) {
  Cursors::Lease cursor = c.state.cursors.lease(id, c.session.user, c.database());
  const std::string_view batch_text = c.segment(3);
  if (!batch_text.empty() && !c.state.since(11)) fail_path(c);
  if (!batch_text.empty()) {
    std::uint64_t batch = 0;
    const auto parsed =
        std::from_chars(batch_text.data(), batch_text.data() + batch_text.size(), batch);
    if (parsed.ec != std::errc() || parsed.ptr != batch_text.data() + batch_text.size())
      no_such_batch();
    if (batch == cursor->batch) {
      if (!cursor->allow_retry) throw ApiError{400, 400, "expecting allowRetry option to be true"};
      HttpResponse again;
      again.body = cursor->last_body;
      again.status = cursor->last_status;
      return again;
    }
    if (batch != cursor->batch + 1) no_such_batch();
  }
  if (cursor->finished) no_such_batch();
  HttpResponse response;
  try {
    response = text_response(200, batch_body(c, *cursor, 200));
  } catch (const ApiError& e) {
    // A failed batch is kept for a retry, too.
    cursor->last_body = std::make_shared<const std::string>(error_body(e));
    cursor->last_status = e.status;
    if (!cursor->allow_retry) cursor.remove();
    cursor->finished = true;
    throw;
  }
  if (cursor->allow_retry) {
    cursor->last_body = response.body;
  } else if (cursor->finished) {
    cursor.remove();
  }
  return response;
}

// Which coordinator made the cursor; a gone one is an error, another one does the work.
std::optional<unsigned> forwarded_to(const Context& c, const std::string& id) {
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(id.data(), id.data() + id.size(), number);
  if (!c.state.cluster() || parsed.ec != std::errc() || number >> first_coordinator_bit == 0)
    return std::nullopt;
  const auto owner = static_cast<unsigned>(number >> first_coordinator_bit) - 1;
  if (owner == c.request.coordinator) return std::nullopt;
  const std::lock_guard lock(c.state.servers_mutex);
  if (owner >= c.state.servers.size() || !c.state.servers[owner])
    throw ApiError{404, 1600, "cannot find target server for cursor id"};
  return owner;
}

}  // namespace

HttpResponse handle_cursor(Context& c) {
  const std::string id(c.segment(2));
  if (id.empty()) {
    if (c.is("POST")) return create(c);
    if (c.is("PUT")) throw ApiError{400, 400, "expecting POST /_api/cursor/<cursor-id>"};
    if (c.is("DELETE")) throw ApiError{400, 400, "expecting DELETE /_api/cursor/<cursor-id>"};
    fail_method();
  }
  const auto forwarded = forwarded_to(c, id);
  HttpResponse response;
  if (c.is("DELETE")) {
    c.state.cursors.remove(id, c.session.user, c.database());
    response = json_response(202, Object{{"id", id}, {"error", false}, {"code", 202}});
  } else if (c.is("POST") || (c.is("PUT") && c.segment(3).empty())) {
    response = next_batch(c, id);
  } else {
    fail_method();
  }
  if (forwarded)
    response.headers.emplace_back("X-Arango-Request-Forwarded-To", coordinator_id(*forwarded));
  return response;
}

}  // namespace fake_arango
