// The way of a request: faults, authentication, routing, errors.
#include <algorithm>
#include <array>
#include <charconv>
#include <thread>

#include "fake_arango/state.h"

namespace fake_arango {
namespace {

int minor_of(const std::string& version) {
  int minor = 0;
  if (version.starts_with("3."))
    std::from_chars(version.data() + 2, version.data() + version.size(), minor);
  return minor;
}

HttpResponse error_response(const ApiError& e) {
  HttpResponse r = text_response(e.status, error_body(e));
  r.headers = e.headers;
  return r;
}

HttpResponse unauthorized(const HttpRequest& request) {
  ApiError e{401, 11, "not authorized to execute this request", true};
  if (request.header("x-omit-www-authenticate").empty())
    e.headers = {{"Www-Authenticate", "Basic, realm=\"ArangoDB\""},
                 {"Www-Authenticate", "Bearer, token_type=\"JWT\", realm=\"ArangoDB\""}};
  return error_response(e);
}

bool open_path(const HttpRequest& r) {
  return r.path.empty() || r.path.starts_with("/_open/") ||
         r.path.starts_with("/_admin/aardvark") || r.path == "/_admin/server/availability";
}

HttpResponse html_page(const Fault& f) {
  HttpResponse r = text_response(
      f.status, "<html>\r\n<head><title>" + std::to_string(f.status) + " " + status_text(f.status) +
                    "</title></head>\r\n<body>\r\n<center><h1>" + std::to_string(f.status) + " " +
                    status_text(f.status) +
                    "</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n");
  r.type = "text/html";
  return r;
}

HttpResponse fault_status(const Fault& f) {
  ApiError e{f.status, f.error_num, f.message.empty() ? error_text(f.error_num) : f.message};
  // Overload, start-up and shutdown are raised before a handler exists.
  e.early = f.error_num == 30 || f.error_num == 503 || f.error_num == 21003 || f.error_num == 21004;
  e.headers = f.headers;
  return error_response(e);
}

HttpResponse route(Context& c) {
  const std::string_view area = c.segment(0);
  const std::string_view what = c.segment(1);
  if (area == "_open" && what == "auth") return handle_login(c);
  if (area == "_api") {
    using Handler = HttpResponse (*)(Context&);
    constexpr std::array<std::pair<std::string_view, Handler>, 9> handlers = {{
        {"analyzer", handle_analyzer},
        {"collection", handle_collection},
        {"cursor", handle_cursor},
        {"document", handle_document},
        {"explain", handle_explain},
        {"gharial", handle_graph},
        {"index", handle_index},
        {"view", handle_view},
        {"wal", handle_wal},
    }};
    for (const auto& [name, handler] : handlers)
      if (what == name) return handler(c);
  }
  return handle_admin(c);
}

// 3.10 and 3.11 say who speaks and in which phase; late 3.12 does not (recorded).
std::string phased(const State& state, const ApiError& e) {
  if (state.since(12) || e.message.starts_with("AQL: ")) return e.message;
  const bool parsing = (e.num >= 1501 && e.num <= 1563) || e.num == 1203;
  return "AQL: " + e.message +
         (parsing         ? " (while parsing)"
          : e.num == 1577 ? " (while optimizing plan)"
                          : " (while executing)");
}

HttpResponse dispatch(Context& c) {
  try {
    return route(c);
  } catch (ApiError& e) {
    const std::string_view what = c.segment(1);
    if ((what == "cursor" || what == "explain") &&
        (e.num == 32 || e.num == 1203 || (e.num >= 1500 && e.num < 1600 && e.num != 1502)))
      e.message = phased(c.state, e);
    return error_response(e);
  } catch (const JsonError& e) {
    return error_response({400, 600, std::string("VPackError error: ") + e.what()});
  } catch (const std::exception& e) {
    return error_response({500, 4, std::string("internal error: ") + e.what()});
  }
}

// Who asks, and is it their database? Order of protocol 1.3.
std::optional<HttpResponse> refuse(Context& c) {
  const HttpRequest& r = c.request;
  // Bad credentials are like none: open paths stay open, or nobody could renew an expired token.
  c.session = c.state.auth.check(r.header("authorization")).value_or(Session{{}, false, false});
  if (open_path(r)) return std::nullopt;
  if (!c.session.logged_in) return unauthorized(r);
  const bool any_database = r.path == "/_api/cluster/endpoints";
  if (!any_database && c.state.auth.database_access(c.session, r.database) == Access::none)
    return unauthorized(r);
  if (!c.state.store.has_database(r.database)) {
    ApiError e = api_error(404, 1228);
    e.early = true;
    return error_response(e);
  }
  return std::nullopt;
}

HttpResponse answer(Context& c) {
  if (c.request.method == "OPTIONS") {
    HttpResponse r = text_response(200, "");
    r.headers.emplace_back("Allow", "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT");
    return r;
  }
  if (auto refused = refuse(c)) return std::move(*refused);
  return dispatch(c);
}

// Faults that come before the work. True: `r` is the answer.
bool before_work(const std::vector<Fault>& faults, Context& c, HttpResponse& r) {
  for (const Fault& f : faults) {
    switch (f.kind) {
      case Fault::Kind::delay:
        std::this_thread::sleep_for(f.delay);
        break;
      case Fault::Kind::expire_tokens:
        c.state.auth.expire_tokens();
        break;
      case Fault::Kind::lose_cursor:
        c.state.cursors.lose(std::string(c.segment(2)));
        break;
      case Fault::Kind::refuse_shard_ids:
        c.refuse_shard_ids = true;
        break;
      case Fault::Kind::ignore_shard_ids:
        c.ignore_shard_ids = true;
        break;
      case Fault::Kind::wrong_rows:
        c.wrong_rows = true;
        break;
      case Fault::Kind::status:
        r = fault_status(f);
        return true;
      case Fault::Kind::html:
        r = html_page(f);
        return true;
      case Fault::Kind::reset_before:
        r.reset = true;
        return true;
      default:
        break;
    }
  }
  return false;
}

void after_work(const std::vector<Fault>& faults, HttpResponse& r) {
  for (const Fault& f : faults) {
    if (f.kind == Fault::Kind::reset_after) r.reset = true;
    if (f.kind == Fault::Kind::truncate) r.cut_at = f.bytes;
    if (f.kind == Fault::Kind::slow) r.bytes_per_second = std::max<std::uint64_t>(1, f.bytes);
    if (f.kind == Fault::Kind::close_idle) r.close_silently = true;
  }
}

}  // namespace

State::State(Options o)
    : options(std::move(o)),
      store(options),
      auth(options),
      recorder(options.recorded_requests),
      minor_version(minor_of(options.version)) {}

std::string_view Context::segment(std::size_t i) const {
  return i < request.segments.size() ? std::string_view(request.segments[i]) : std::string_view();
}

Value Context::body() const { return parse_json(request.body); }

CollectionInfo Context::readable(std::string_view collection) const {
  auto info = state.store.find(database(), collection);
  if (!info) throw ApiError{404, 1203, "collection or view not found: " + std::string(collection)};
  if (!state.auth.may_read(session, database(), info->name)) throw api_error(403, 11);
  return std::move(*info);
}

void Context::need_write(const std::string& collection) const {
  if (!state.auth.may_write(session, database(), collection)) throw api_error(403, 11);
}

HttpResponse text_response(int status, std::string body) {
  HttpResponse r;
  r.status = status;
  r.body = std::make_shared<const std::string>(std::move(body));
  return r;
}

HttpResponse json_response(int status, const Value& body) {
  return text_response(status, to_json(body));
}

HttpResponse good(Object members, int status) {
  Object all{{"error", false}, {"code", status}};
  std::move(members.begin(), members.end(), std::back_inserter(all));
  return json_response(status, all);
}

void fail_method() { throw api_error(405, 405); }

void fail_path(const Context& c) {
  throw ApiError{404, 404, "unknown path '" + c.request.path + "'"};
}

std::string coordinator_id(unsigned coordinator) {
  return "CRDN-0c5d9a41-7e0b-4b9c-8f3a-00000000000" + std::to_string(coordinator + 1);
}

QueryContext query_context(const Context& c) {
  QueryContext q;
  q.store = &c.state.store;
  q.database = c.database();
  q.user = c.session.user;
  q.version = c.state.options.version;
  q.may_read = [&auth = c.state.auth, session = c.session,
                database = c.database()](const std::string& collection) {
    return auth.may_read(session, database, collection);
  };
  return q;
}

HttpResponse handle(State& state, HttpRequest& request) {
  if (request.path.starts_with("/_fake/")) return handle_control(state, request);
  state.recorder.begin(request);
  HttpResponse r;
  Context c{state, request, {}};
  const std::vector<Fault> faults = state.faults.hits(request.method, request.path);
  if (!before_work(faults, c, r)) {
    if (state.options.latency.count() > 0) std::this_thread::sleep_for(state.options.latency);
    r = answer(c);
    after_work(faults, r);
  }
  state.recorder.end();
  return r;
}

}  // namespace fake_arango
