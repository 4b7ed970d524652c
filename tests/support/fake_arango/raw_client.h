/// \file
/// An HTTP client that sends what it is told and reports what comes, broken answers too: for the
/// double's own tests and the throughput program. No retries, no redirects.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fake_arango {

struct Reply {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool complete = true;  ///< false: the line closed before Content-Length bytes had come
  /// Empty if absent; name in any case.
  [[nodiscard]] std::string header(std::string_view name) const;
};

/// The connection ended without an answer.
class ConnectionLost : public std::runtime_error {
 public:
  explicit ConnectionLost(bool by_reset)
      : std::runtime_error(by_reset ? "connection reset" : "connection closed"), reset(by_reset) {}
  bool reset;
};

/// One keep-alive connection to 127.0.0.1.
class RawClient {
 public:
  /// Throws std::runtime_error.
  explicit RawClient(std::uint16_t port);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  using Headers = std::vector<std::pair<std::string, std::string>>;
  /// Throws ConnectionLost.
  Reply send(std::string_view method, std::string_view target, std::string_view body = {},
             const Headers& headers = {});
  /// Sends bytes as they are and reads one answer.
  Reply send_bytes(std::string_view bytes, bool head_only = false);
  /// Like send(), the body in pieces as they come.
  using Piece = std::function<void(std::string_view)>;
  std::size_t read_body_by(std::string_view method, std::string_view target, std::string_view body,
                           const Piece& piece);
  /// Does the server close the connection within this time?
  bool closed_within(std::chrono::milliseconds wait);

 private:
  [[nodiscard]] std::size_t receive();
  Reply read_head(std::size_t& length);

  int fd_;
  std::string buffer_;  // received, not used yet
  std::vector<char> chunk_ = std::vector<char>(1U << 18);
};

}  // namespace fake_arango
