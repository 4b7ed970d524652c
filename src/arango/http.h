/// \file
/// One HTTP exchange. The only place (http.cpp) that includes libcurl. Knows nothing of ArangoDB's
/// answers and retries: client.h does.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "doc/batch.h"

namespace arango2pg::arango {

enum class Method : std::uint8_t { get, post, put, del };

/// How a request says who it comes from. Never logged.
struct Authorization {
  enum class Kind : std::uint8_t { none, basic, bearer };
  Kind kind = Kind::none;
  std::string username;
  std::string secret;  ///< password or token
};

struct HttpRequest {
  Method method = Method::get;
  std::string url;  ///< without user and password
  std::string_view body;
  Authorization authorization;
  std::chrono::milliseconds timeout{0};  ///< of the whole exchange
  std::uint64_t body_limit = 0;          ///< a longer answer is not taken; 0 = any
  bool fresh_connection = false;         ///< don't use one that was kept alive
};

struct HttpResult {
  enum class Outcome : std::uint8_t {
    answered,     ///< a whole answer, whatever its status
    stopped,      ///< the stop token
    unreachable,  ///< no connection
    broken,       ///< connection lost, answer cut off or damaged, timed out: perhaps worked on
    too_large,    ///< beyond body_limit
    refused,      ///< will never work: certificate, not HTTP
  };
  Outcome outcome = Outcome::answered;
  std::string reason;  ///< for people, if not answered
  int status = 0;
  std::string content_type;  ///< media type in lower case, without parameters
  std::uint64_t length = 0;  ///< of the body as far as known: Content-Length or bytes received
  std::chrono::seconds retry_after{0};
  std::vector<std::pair<std::string, std::string>> headers;  ///< x-arango-…, names in lower case

  /// Empty if absent.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

struct HttpConfig {
  std::string ca_file;    ///< PEM; empty = the system's
  bool insecure = false;  ///< no certificate check
  std::chrono::milliseconds connect_timeout{10'000};
};

/// Connections of one thread, kept alive between exchanges. Owns: the sockets.
class HttpConnection {
 public:
  explicit HttpConnection(const HttpConfig& config);
  ~HttpConnection();
  HttpConnection(HttpConnection&&) noexcept;
  HttpConnection& operator=(HttpConnection&&) noexcept;

  /// Appends the body of the answer (unzipped) to `body`; what is appended is only of use if the
  /// outcome is `answered`. Returns within milliseconds when `stop` is requested.
  HttpResult perform(const HttpRequest& request, doc::PaddedBuffer& body,
                     const std::stop_token& stop);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace arango2pg::arango
