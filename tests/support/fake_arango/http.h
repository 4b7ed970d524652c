/// \file
/// HTTP/1.1 over own sockets: a double must be able to break what a server library keeps whole.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "fake_arango/fake_arango.h"

namespace fake_arango {

using Header = std::pair<std::string, std::string>;

struct HttpRequest : Request {
  std::vector<std::string> segments;         ///< of the path, decoded: {"_api","cursor","7"}
  std::map<std::string, std::string> query;  ///< decoded
  bool keep_alive = true;
  [[nodiscard]] std::string_view header(const std::string& name) const;
  /// A boolean parameter as the server reads it: true, yes, on, y, 1.
  [[nodiscard]] bool flag(const std::string& name, bool otherwise) const;
};

struct HttpResponse {
  int status = 200;
  std::string type = "application/json";
  std::shared_ptr<const std::string> body;  ///< null = none
  std::vector<Header> headers;
  // How the transport misbehaves:
  bool reset = false;                   ///< nothing is sent, the connection is reset
  bool close_silently = false;          ///< closed behind the answer without having said so
  std::optional<std::uint64_t> cut_at;  ///< the body ends there
  std::uint64_t bytes_per_second = 0;   ///< 0 = as fast as it goes
};

/// One listening port and its connections; a thread each.
class HttpServer {
 public:
  using Handler = std::function<HttpResponse(HttpRequest& request)>;
  struct Hooks {
    Handler handle;
    std::function<void()> connected;
    std::function<void(std::uint64_t bytes)> sent;
  };
  /// Listens from here on. Throws std::runtime_error.
  HttpServer(std::uint16_t port, std::chrono::milliseconds keep_alive, Hooks hooks);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  struct Connection {
    int fd = -1;
    std::atomic<bool> done{false};
    std::thread thread;
  };
  void accept_all();
  void serve(Connection& c);
  void reap();
  /// False: the connection is finished.
  bool answer(int fd, HttpRequest& request);

  Hooks hooks_;
  std::chrono::milliseconds keep_alive_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::list<Connection> connections_;
  std::thread acceptor_;
};

const char* status_text(int status);
std::string percent_decoded(std::string_view text);

}  // namespace fake_arango
