#include "fake_arango/http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <system_error>

namespace fake_arango {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t max_target = 16U << 10;
constexpr std::size_t max_head = 1U << 20;
constexpr std::uint64_t max_body = 1U << 30;

// The headers of every answer of 3.10 to 3.12 (protocol 12.3).
constexpr std::string_view standing_headers =
    "Cache-Control: no-cache, no-store, must-revalidate, pre-check=0, post-check=0, max-age=0, "
    "s-maxage=0\r\n"
    "Content-Security-Policy: frame-ancestors 'self'; form-action 'self';\r\n"
    "Expires: 0\r\n"
    "Pragma: no-cache\r\n"
    "Server: ArangoDB\r\n"
    "Strict-Transport-Security: max-age=31536000 ; includeSubDomains\r\n"
    "X-Arango-Queue-Time-Seconds: 0.000000\r\n"
    "X-Content-Type-Options: nosniff\r\n";

struct Refused {
  int status;
};

// Reads requests from a socket; keeps what is behind one for the next.
class RequestReader {
 public:
  RequestReader(int fd, std::chrono::milliseconds idle) : fd_(fd), idle_(idle) {}

  /// Nothing at the end of the connection or after the idle time. Throws Refused.
  std::optional<HttpRequest> next() {
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (buffer_.size() > max_head) throw Refused{431};
      if (!fill(idle_)) return std::nullopt;
    }
    const std::string head = buffer_.substr(0, end + 2);
    buffer_.erase(0, end + 4);
    HttpRequest r = parse_head(head);
    if (!read_body(r)) return std::nullopt;
    return r;
  }

 private:
  bool fill(std::chrono::milliseconds wait) {
    pollfd p{fd_, POLLIN, 0};
    if (::poll(&p, 1, static_cast<int>(std::min<std::int64_t>(wait.count(), 1000000000))) <= 0)
      return false;
    char chunk[65536];
    const ssize_t n = ::recv(fd_, chunk, sizeof chunk, 0);
    if (n <= 0) return false;
    buffer_.append(chunk, static_cast<std::size_t>(n));
    return true;
  }

  static HttpRequest parse_head(std::string_view head) {
    HttpRequest r;
    const std::size_t line_end = head.find("\r\n");
    const std::string_view line = head.substr(0, line_end);
    const std::size_t a = line.find(' ');
    const std::size_t b = line.rfind(' ');
    if (a == std::string_view::npos || a == b || line.substr(b + 1, 5) != "HTTP/")
      throw Refused{400};
    r.method = line.substr(0, a);
    r.target = line.substr(a + 1, b - a - 1);
    if (r.target.size() > max_target) throw Refused{414};
    r.keep_alive = line.substr(b + 1) != "HTTP/1.0";
    head.remove_prefix(line_end + 2);
    while (!head.empty()) {
      const std::size_t end = head.find("\r\n");
      const std::string_view field = head.substr(0, end);
      head.remove_prefix(end + 2);
      const std::size_t colon = field.find(':');
      if (colon == std::string_view::npos) throw Refused{400};
      std::string name(field.substr(0, colon));
      for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
      std::string_view value = field.substr(colon + 1);
      while (!value.empty() && (value.front() == ' ' || value.front() == '\t'))
        value.remove_prefix(1);
      while (!value.empty() && (value.back() == ' ' || value.back() == '\t'))
        value.remove_suffix(1);
      r.headers[name] = value;
    }
    const std::string_view connection = r.header("connection");
    if (connection == "close" || connection == "Close") r.keep_alive = false;
    split_target(r);
    return r;
  }

  static void split_target(HttpRequest& r) {
    std::string_view target = r.target;
    const std::size_t mark = target.find('?');
    std::string_view parameters;
    if (mark != std::string_view::npos) {
      parameters = target.substr(mark + 1);
      target = target.substr(0, mark);
    }
    while (!parameters.empty()) {
      const std::size_t end = std::min(parameters.find('&'), parameters.size());
      const std::string_view one = parameters.substr(0, end);
      const std::size_t eq = std::min(one.find('='), one.size());
      r.query[percent_decoded(one.substr(0, eq))] =
          percent_decoded(eq < one.size() ? one.substr(eq + 1) : std::string_view());
      parameters.remove_prefix(std::min(end + 1, parameters.size()));
    }
    std::vector<std::string> segments;
    while (!target.empty()) {
      target.remove_prefix(1);  // the slash
      const std::size_t end = std::min(target.find('/'), target.size());
      if (end != 0) segments.push_back(percent_decoded(target.substr(0, end)));
      target.remove_prefix(end);
    }
    r.database = "_system";
    if (segments.size() >= 2 && segments[0] == "_db") {
      r.database = segments[1];
      segments.erase(segments.begin(), segments.begin() + 2);
    }
    for (const std::string& s : segments) r.path += "/" + s;
    r.segments = std::move(segments);
  }

  bool read_body(HttpRequest& r) {
    // The server takes no chunked bodies.
    if (!r.header("transfer-encoding").empty()) throw Refused{411};
    const std::string_view length_text = r.header("content-length");
    std::uint64_t length = 0;
    std::from_chars(length_text.data(), length_text.data() + length_text.size(), length);
    if (length > max_body) throw Refused{413};
    if (r.header("expect") == "100-continue" && buffer_.size() < length) {
      constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
      if (::send(fd_, go_on.data(), go_on.size(), MSG_NOSIGNAL) < 0) return false;
    }
    while (buffer_.size() < length)
      if (!fill(std::chrono::minutes(1))) return false;
    r.body = buffer_.substr(0, length);
    buffer_.erase(0, length);
    return true;
  }

  int fd_;
  std::chrono::milliseconds idle_;
  std::string buffer_;
};

// Disconnecting a TCP socket sends RST: the peer sees "connection reset by peer".
void reset(int fd) {
  const sockaddr nowhere{AF_UNSPEC, {}};
  ::connect(fd, &nowhere, sizeof nowhere);
}

bool send_all(int fd, std::string_view head, std::string_view body) {
  iovec parts[2] = {{const_cast<char*>(head.data()), head.size()},
                    {const_cast<char*>(body.data()), body.size()}};
  std::size_t first = 0;
  while (first < 2) {
    msghdr message{};
    message.msg_iov = parts + first;
    message.msg_iovlen = 2 - first;
    ssize_t n = ::sendmsg(fd, &message, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    auto left = static_cast<std::size_t>(n);
    while (first < 2 && left >= parts[first].iov_len) left -= parts[first++].iov_len;
    if (first < 2) {
      parts[first].iov_base = static_cast<char*>(parts[first].iov_base) + left;
      parts[first].iov_len -= left;
    }
  }
  return true;
}

bool send_slowly(int fd, std::string_view head, std::string_view body, std::uint64_t rate,
                 const std::atomic<bool>& stopping) {
  if (!send_all(fd, head, {})) return false;
  // Fifty pieces a second, whatever the rate.
  const std::size_t piece = std::max<std::size_t>(1, rate / 50);
  const auto pause = std::chrono::microseconds(std::max<std::uint64_t>(1, piece * 1000000 / rate));
  while (!body.empty()) {
    if (stopping) return false;
    const std::size_t n = std::min(piece, body.size());
    if (!send_all(fd, {}, body.substr(0, n))) return false;
    body.remove_prefix(n);
    if (!body.empty()) std::this_thread::sleep_for(pause);
  }
  return true;
}

std::string head_of(const HttpResponse& r, std::size_t length, bool keep_alive) {
  std::string head = "HTTP/1.1 " + std::to_string(r.status) + " " + status_text(r.status) + "\r\n";
  head += "Content-Type: " + r.type + "\r\n";
  head += standing_headers;
  head += keep_alive ? "Connection: Keep-Alive\r\n" : "Connection: Close\r\n";
  for (const Header& h : r.headers) head += h.first + ": " + h.second + "\r\n";
  head += "Content-Length: " + std::to_string(length) + "\r\n\r\n";
  return head;
}

}  // namespace

HttpServer::HttpServer(std::uint16_t port, std::chrono::milliseconds keep_alive, Hooks hooks)
    : hooks_(std::move(hooks)), keep_alive_(keep_alive) {
  const auto fail = [&](const char* what) {
    const int code = errno;
    if (listener_ >= 0) ::close(listener_);
    throw std::runtime_error(std::string(what) + " 127.0.0.1:" + std::to_string(port) + ": " +
                             std::system_category().message(code));
  };
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener_ < 0) fail("cannot open a socket for");
  const int yes = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, sizeof address) != 0) fail("cannot bind to");
  if (::listen(listener_, 128) != 0) fail("cannot listen on");
  socklen_t size = sizeof address;
  ::getsockname(listener_, generic, &size);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

HttpServer::~HttpServer() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  {
    const std::lock_guard lock(mutex_);
    for (Connection& c : connections_)
      if (!c.done) ::shutdown(c.fd, SHUT_RDWR);
  }
  for (Connection& c : connections_) {
    c.thread.join();
    ::close(c.fd);
  }
}

void HttpServer::accept_all() {
  while (!stopping_) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) {
      if (stopping_ || (errno != EINTR && errno != ECONNABORTED && errno != EMFILE)) return;
      if (errno == EMFILE) std::this_thread::sleep_for(std::chrono::milliseconds(10));
      continue;
    }
    const int yes = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    reap();
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      ::close(fd);
      return;
    }
    hooks_.connected();
    Connection& c = connections_.emplace_back();
    c.fd = fd;
    c.thread = std::thread([this, &c] { serve(c); });
  }
}

void HttpServer::reap() {
  const std::lock_guard lock(mutex_);
  for (auto it = connections_.begin(); it != connections_.end();) {
    if (!it->done) {
      ++it;
      continue;
    }
    it->thread.join();
    ::close(it->fd);
    it = connections_.erase(it);
  }
}

void HttpServer::serve(Connection& c) {
  RequestReader reader(c.fd, keep_alive_);
  try {
    while (auto request = reader.next())
      if (!answer(c.fd, *request)) break;
  } catch (const Refused& r) {
    HttpResponse response;
    response.status = r.status;
    send_all(c.fd, head_of(response, 0, false), {});
  }
  // The descriptor is closed by whoever joins: until then its number must not be given anew.
  ::shutdown(c.fd, SHUT_RDWR);
  c.done = true;
}

bool HttpServer::answer(int fd, HttpRequest& request) {
  const HttpResponse r = hooks_.handle(request);
  if (r.reset) {
    reset(fd);
    return false;
  }
  static const std::string nothing;
  const std::string& whole = r.body ? *r.body : nothing;
  std::string_view body = request.method == "HEAD" ? std::string_view() : std::string_view(whole);
  if (r.cut_at) body = body.substr(0, *r.cut_at);
  const std::string head = head_of(r, whole.size(), request.keep_alive);
  const bool sent = r.bytes_per_second == 0
                        ? send_all(fd, head, body)
                        : send_slowly(fd, head, body, r.bytes_per_second, stopping_);
  if (sent) hooks_.sent(head.size() + body.size());
  return sent && request.keep_alive && !r.cut_at && !r.close_silently && !stopping_;
}

}  // namespace fake_arango
