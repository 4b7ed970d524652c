/// \file
/// Requests to ArangoDB: authorized, retried, and answered with JSON or an error that says what
/// came instead.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arango/http.h"
#include "arango/retry.h"
#include "arango/session.h"
#include "base/error.h"
#include "doc/batch.h"

namespace arango2pg::arango {

struct Call {
  Method method = Method::get;
  std::string path;  ///< "/_api/version", segments encoded, with query; the database comes in front
  std::string body = {};
  std::string database = {};     ///< empty = the session's
  std::uint64_t body_limit = 0;  ///< a longer answer gives Reply::too_large; 0 = any
  /// False: the server may have worked on a request whose answer was lost, and a second one would
  /// have another effect (a cursor that moves on).
  bool repeatable = true;
  bool anonymous = false;  ///< outside all databases and without credentials: the log-in itself
};

struct Reply {
  int status = 0;
  int error_num = 0;
  std::string message;  ///< the server's errorMessage
  bool stopped = false;
  bool too_large = false;
  bool lost = false;         ///< a call that is not repeatable failed half-way; `message` says how
  std::uint64_t length = 0;  ///< of a body that was too large: what was announced or received
  std::vector<std::pair<std::string, std::string>> headers;  ///< x-arango-…, lower case

  [[nodiscard]] bool ok() const { return status >= 200 && status < 300; }
};

/// One thread's way to the server. Owns: a connection.
class Client {
 public:
  explicit Client(std::shared_ptr<Session> session);

  /// Appends the answer's body to `body`: JSON (or the lines of a dump or WAL answer). Errors that
  /// another try won't change come back as a Reply; the caller knows what they mean. Throws
  /// Error(source): out of patience, refused, or an answer that is not ArangoDB's.
  Reply call(const Call& call, doc::PaddedBuffer& body, const std::stop_token& stop);

  /// One try, at most two seconds, all failures ignored: for giving back what may be gone anyway.
  void try_once(const Call& call);

  [[nodiscard]] Session& session() { return *session_; }
  /// Error(source) for a reply that the caller can't use: "…: 'AQL: …' (404/1203)".
  [[nodiscard]] static Error failure(const std::string& what, const Reply& reply,
                                     std::string hint = {});

 private:
  /// What the tries of one call have come to.
  struct Tries {
    BackOff back_off;
    std::string why{};    ///< the last one failed
    std::string token{};  ///< it was sent with
    bool renewed = false;
    bool failed_inside = false;  ///< errorNum 4 is worth one more try
    bool again_at_once = false;
  };

  HttpRequest request_for(const Call& call, Authorization authorization) const;
  std::optional<Authorization> authorize(const Call& call, const std::stop_token& stop);
  void log_in(const std::stop_token& stop);
  HttpResult attempt(const HttpRequest& request, doc::PaddedBuffer& body,
                     const std::stop_token& stop);
  std::optional<Reply> judge(const Call& call, const HttpResult& result, std::string_view body,
                             Tries& tries);
  std::optional<Reply> judge_answer(const Call& call, Reply reply, Tries& tries);
  bool prepare_next_try(const HttpResult& result, Tries& tries, const std::stop_token& stop);
  bool go_elsewhere(std::string_view named);
  [[noreturn]] void refuse_login(const Call& call, const Reply& reply) const;
  [[noreturn]] void refuse(const HttpResult& result) const;

  std::shared_ptr<Session> session_;
  HttpConnection connection_;
  Endpoint endpoint_;
  unsigned tried_elsewhere_ = 0;  ///< other endpoints since the last wait
  bool fresh_ = false;            ///< the next try must not use a kept connection
};

}  // namespace arango2pg::arango
