/// \file
/// Everything a running server shares, and what one request sees of it.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "fake_arango/api_error.h"
#include "fake_arango/auth.h"
#include "fake_arango/cursors.h"
#include "fake_arango/fake_arango.h"
#include "fake_arango/fault_book.h"
#include "fake_arango/http.h"
#include "fake_arango/store.h"

namespace fake_arango {

/// What was asked, how often. Thread-safe.
class Recorder {
 public:
  explicit Recorder(std::size_t limit) : limit_(limit) {}
  void begin(const HttpRequest& request);
  void end();
  void connected();
  void sent(std::uint64_t bytes);
  void login();
  [[nodiscard]] Counters counters() const;
  [[nodiscard]] std::vector<Request> requests() const;
  void forget_requests();

 private:
  const std::size_t limit_;
  mutable std::mutex mutex_;
  Counters counters_;
  std::deque<Request> requests_;
};

struct State {
  explicit State(Options o);
  const Options options;
  Store store;
  Auth auth;
  FaultBook faults;
  Cursors cursors;
  Recorder recorder;

  std::mutex servers_mutex;
  std::vector<std::unique_ptr<HttpServer>> servers;  ///< null = a coordinator that was stopped

  [[nodiscard]] bool cluster() const { return options.shards != 0; }
  /// Is the version at least 3.`minor`?
  [[nodiscard]] bool since(int minor) const { return minor_version >= minor; }
  int minor_version = 12;
};

/// One request on its way to a handler.
struct Context {
  State& state;
  const HttpRequest& request;
  Session session;
  bool wrong_rows = false;
  bool refuse_shard_ids = false;
  bool ignore_shard_ids = false;

  [[nodiscard]] const std::string& database() const { return request.database; }
  /// Segment `i` of the path, empty if there is none: "_api", "cursor", "7".
  [[nodiscard]] std::string_view segment(std::size_t i) const;
  [[nodiscard]] bool is(std::string_view method) const { return request.method == method; }
  [[nodiscard]] Value body() const;  ///< parsed; throws ApiError 600
  /// The collection, if it is there and may be read. Throws ApiError 1203, 11.
  [[nodiscard]] CollectionInfo readable(std::string_view collection) const;
  void need_write(const std::string& collection) const;
};

/// Answers a request that came in at this coordinator; never throws.
HttpResponse handle(State& state, HttpRequest& request);

HttpResponse json_response(int status, const Value& body);
HttpResponse text_response(int status, std::string body);
/// `{"error":false,"code":200,…members}`.
HttpResponse good(Object members, int status = 200);
[[noreturn]] void fail_method();
[[noreturn]] void fail_path(const Context& c);

// The handlers, one file each.
HttpResponse handle_admin(Context& c);       // version, engine, role, databases, endpoints, wal
HttpResponse handle_collection(Context& c);  // /_api/collection
HttpResponse handle_index(Context& c);
HttpResponse handle_graph(Context& c);     // /_api/gharial
HttpResponse handle_view(Context& c);      // /_api/view
HttpResponse handle_analyzer(Context& c);  // /_api/analyzer
HttpResponse handle_document(Context& c);
HttpResponse handle_cursor(Context& c);
HttpResponse handle_explain(Context& c);
HttpResponse handle_login(Context& c);                                  // /_open/auth
HttpResponse handle_wal(Context& c);                                    // /_api/wal
HttpResponse handle_replication(Context& c);                            // /_api/replication
HttpResponse handle_control(State& state, const HttpRequest& request);  // /_fake

std::string coordinator_id(unsigned coordinator);
QueryContext query_context(const Context& c);

}  // namespace fake_arango
