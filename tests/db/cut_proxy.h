/// \file
/// A network between the loader and PostgreSQL that breaks when it is told to.
#pragma once

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace arango2pg::test {

/// Listens on a port of its own and passes everything on to the server of PGHOST and PGPORT.
class CutProxy {
 public:
  enum class Cut {
    before,  ///< the server never sees the message
    after,   ///< the server does, but its answer is lost
    silent,  ///< the server never sees it and is not told either: its side stays open
  };

  CutProxy() {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        listen(listener_, 16) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("cannot listen");
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~CutProxy() {
    ending_ = true;
    shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    for (auto& t : connections_) t.join();
    close(listener_);
    for (const int s : left_open_) close(s);
  }
  CutProxy(const CutProxy&) = delete;
  CutProxy& operator=(const CutProxy&) = delete;

  [[nodiscard]] std::string conninfo(const std::string& database) const {
    return "host=127.0.0.1 port=" + std::to_string(port_) + " sslmode=disable dbname=" + database;
  }
  /// The next message that holds `text` breaks the connection.
  void cut(Cut how, const std::string& text) {
    const std::lock_guard lock(mutex_);
    how_ = how;
    text_ = text;
  }
  /// New connections are refused until this is called again with false.
  void refuse(bool refuse) { refusing_ = refuse; }
  [[nodiscard]] int cuts() const { return cuts_; }
  [[nodiscard]] int accepted() const { return accepted_; }

 private:
  void accept_all() {
    while (!ending_) {
      const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) continue;
      ++accepted_;
      if (refusing_ || ending_) {
        close(client);
        continue;
      }
      connections_.emplace_back([this, client] { pass(client); });
    }
  }

  static int connect_to_server() {
    const auto env = [](const char* name, const char* otherwise) {
      const char* value = std::getenv(name);
      return value == nullptr ? otherwise : value;
    };
    addrinfo hints{};
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(env("PGHOST", "localhost"), env("PGPORT", "5432"), &hints, &found) != 0)
      throw std::runtime_error("cannot resolve PGHOST");
    const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int result = connect(server, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    if (result != 0) throw std::runtime_error("cannot connect to PGHOST");
    return server;
  }

  /// True once, if the message is the one to cut at.
  bool hit(std::string_view message, Cut& how) {
    const std::lock_guard lock(mutex_);
    if (text_.empty() || message.find(text_) == std::string_view::npos) return false;
    how = how_;
    text_.clear();
    ++cuts_;
    return true;
  }

  static bool send_all(int to, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  void pass(int client) {
    const int server = connect_to_server();
    std::array<char, 65536> buffer{};
    bool open = true;
    bool keep_server = false;
    while (open && !ending_) {
      std::array<pollfd, 2> sockets = {{{client, POLLIN, 0}, {server, POLLIN, 0}}};
      if (poll(sockets.data(), sockets.size(), 50) <= 0) continue;
      for (std::size_t i = 0; i < sockets.size() && open; ++i) {
        if (sockets[i].revents == 0) continue;
        const ssize_t n = recv(sockets[i].fd, buffer.data(), buffer.size(), 0);
        if (n <= 0) {
          open = false;
          break;
        }
        const std::string_view bytes(buffer.data(), static_cast<std::size_t>(n));
        Cut how{};
        if (i == 0 && hit(bytes, how)) {
          if (how == Cut::after) {
            send_all(server, bytes);
            // Give the server time to commit: what matters is that the answer is lost.
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
          }
          keep_server = how == Cut::silent;
          open = false;
        } else {
          open = send_all(i == 0 ? server : client, bytes);
        }
      }
    }
    close(client);
    const std::lock_guard lock(mutex_);
    if (keep_server)
      left_open_.push_back(server);
    else
      close(server);
  }

  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> ending_ = false;
  std::atomic<bool> refusing_ = false;
  std::atomic<int> cuts_ = 0;
  std::atomic<int> accepted_ = 0;
  std::thread acceptor_;
  std::vector<std::thread> connections_;
  std::mutex mutex_;
  Cut how_ = Cut::before;
  std::string text_;
  std::vector<int> left_open_;
};

}  // namespace arango2pg::test
