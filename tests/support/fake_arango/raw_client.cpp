#include "fake_arango/raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace fake_arango {

std::string Reply::header(std::string_view name) const {
  for (const auto& [n, v] : headers)
    if (n.size() == name.size() && ::strncasecmp(n.data(), name.data(), n.size()) == 0) return v;
  return {};
}

RawClient::RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(port);
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int yes = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&a), sizeof a) == 0) return;
  ::close(fd_);
  throw std::runtime_error("cannot connect");
}

RawClient::~RawClient() { ::close(fd_); }

std::size_t RawClient::receive() {
  const ssize_t n = ::recv(fd_, chunk_.data(), chunk_.size(), 0);
  if (n < 0) throw ConnectionLost(errno == ECONNRESET);
  return static_cast<std::size_t>(n);
}

Reply RawClient::read_head(std::size_t& length) {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    const std::size_t n = receive();
    if (n == 0) throw ConnectionLost(false);
    buffer_.append(chunk_.data(), n);
  }
  std::string_view head = std::string_view(buffer_).substr(0, end + 2);
  Reply r;
  r.status = std::stoi(std::string(head.substr(9, 3)));
  length = 0;
  while (!head.empty()) {
    const std::size_t line_end = head.find("\r\n");
    const std::string_view line = head.substr(0, line_end);
    head.remove_prefix(line_end + 2);
    const std::size_t colon = line.find(": ");
    if (colon != std::string_view::npos)
      r.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
  }
  const std::string text = r.header("Content-Length");
  std::from_chars(text.data(), text.data() + text.size(), length);
  buffer_.erase(0, end + 4);
  return r;
}

Reply RawClient::send_bytes(std::string_view bytes, bool head_only) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0) throw ConnectionLost(errno == ECONNRESET || errno == EPIPE);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  std::size_t length = 0;
  Reply r = read_head(length);
  if (head_only) return r;
  while (buffer_.size() < length) {
    std::size_t n = 0;
    try {
      n = receive();
    } catch (const ConnectionLost&) {
      n = 0;  // what came until then is the answer
    }
    if (n == 0) break;
    buffer_.append(chunk_.data(), n);
  }
  r.complete = buffer_.size() >= length;
  r.body = buffer_.substr(0, length);
  buffer_.erase(0, length);
  return r;
}

namespace {

std::string request_text(std::string_view method, std::string_view target, std::string_view body,
                         const RawClient::Headers& headers) {
  std::string text =
      std::string(method) + " " + std::string(target) +
      " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
  return text + "\r\n" + std::string(body);
}

}  // namespace

Reply RawClient::send(std::string_view method, std::string_view target, std::string_view body,
                      const Headers& headers) {
  return send_bytes(request_text(method, target, body, headers), method == "HEAD");
}

std::size_t RawClient::read_body_by(std::string_view method, std::string_view target,
                                    std::string_view body, const Piece& piece) {
  const std::string text = request_text(method, target, body, {});
  if (::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) < 0) throw ConnectionLost(true);
  std::size_t length = 0;
  read_head(length);
  std::size_t have = buffer_.size();
  piece(buffer_);
  buffer_.clear();
  while (have < length) {
    const std::size_t n = receive();
    if (n == 0) throw ConnectionLost(false);
    have += n;
    piece({chunk_.data(), n});
  }
  return length;
}

bool RawClient::closed_within(std::chrono::milliseconds wait) {
  pollfd p{fd_, POLLIN, 0};
  if (::poll(&p, 1, static_cast<int>(wait.count())) <= 0) return false;
  const ssize_t n = ::recv(fd_, chunk_.data(), chunk_.size(), MSG_PEEK);
  return n <= 0;
}

}  // namespace fake_arango
