// How fast the double serves pages: MB/s over loopback, with the client's share (which only reads)
// and per second of the server's own CPU time. Usage: fake_arango_throughput [documents [bytes]]
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "fake_arango/fake_arango.h"

namespace {

// A client that does nothing but read.
class Reader {
 public:
  explicit Reader(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_port = htons(port);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&a), sizeof a) != 0)
      throw std::runtime_error("cannot connect");
  }
  ~Reader() { ::close(fd_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // The body's size; `tail` gets its last bytes.
  std::size_t request(const std::string& path, const std::string& body, std::string& tail) {
    const std::string text =
        "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
        "\r\n\r\n" + body;
    if (::send(fd_, text.data(), text.size(), 0) < 0) throw std::runtime_error("cannot send");
    std::string head;
    std::size_t end = 0;
    while ((end = head.find("\r\n\r\n")) == std::string::npos) head.append(buffer_.data(), read());
    const std::size_t at = head.find("Content-Length: ");
    const std::size_t length = std::stoul(head.substr(at + 16));
    std::size_t have = head.size() - end - 4;
    tail = head.substr(end + 4);
    while (have < length) {
      const std::size_t n = read();
      have += n;
      tail.append(buffer_.data(), n);
      if (tail.size() > 4096) tail.erase(0, tail.size() - 2048);
    }
    return length;
  }

 private:
  std::size_t read() {
    const ssize_t n = ::recv(fd_, buffer_.data(), buffer_.size(), 0);
    if (n <= 0) throw std::runtime_error("connection lost");
    return static_cast<std::size_t>(n);
  }
  int fd_;
  std::vector<char> buffer_ = std::vector<char>(1U << 18);
};

double cpu_of_thread() {
  rusage u{};
  ::getrusage(RUSAGE_THREAD, &u);
  return static_cast<double>(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
         static_cast<double>(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

double cpu_of_process() {
  rusage u{};
  ::getrusage(RUSAGE_SELF, &u);
  return static_cast<double>(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
         static_cast<double>(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

std::vector<std::string> documents(std::size_t n, std::size_t bytes) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < n; ++i) {
    char key[32];
    std::snprintf(key, sizeof key, "%010zu", i * 7919 % n);
    std::string d =
        std::string("{\"_key\":\"") + key + "\",\"n\":" + std::to_string(i) + ",\"text\":\"";
    while (d.size() + 60 < bytes) d += "The quick brown fox jumps over the lazy d\xC3\xB6g. ";
    all.push_back(d + "\"}");
  }
  return all;
}

void measure(const char* what, std::uint16_t port, const std::string& query) {
  Reader reader(port);
  const auto begin = std::chrono::steady_clock::now();
  const double own = cpu_of_thread();
  const double all = cpu_of_process();
  std::string tail;
  std::size_t bytes = reader.request("/_api/cursor", query, tail);
  for (;;) {
    const std::size_t at = tail.rfind("\"id\":\"");
    if (tail.rfind("\"hasMore\":true") == std::string::npos || at == std::string::npos) break;
    const std::string id = tail.substr(at + 6, tail.find('"', at + 6) - at - 6);
    bytes += reader.request("/_api/cursor/" + id, "", tail);
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const double server_cpu = cpu_of_process() - all - (cpu_of_thread() - own);
  const double mb = static_cast<double>(bytes) / 1e6;
  std::printf("%-34s %8.1f MB in %6.2f s: %7.1f MB/s, %7.1f MB per second of server CPU\n", what,
              mb, seconds, mb / seconds, mb / server_cpu);
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t n = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 200000;
  const std::size_t bytes = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 2400;
  fake_arango::FakeArango server;
  const auto data = documents(n, bytes);
  const auto begin = std::chrono::steady_clock::now();
  server.database().collection("c").insert_all(data);
  const double load =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf("%zu documents of about %zu bytes; loaded at %.1f MB/s\n", n, bytes,
              static_cast<double>(n * bytes) / 1e6 / load);
  server.start();
  const std::string batch = std::to_string(std::max<std::size_t>(1, 8000000 / bytes));
  measure("stream, whole collection", server.port(),
          R"({"query":"FOR d IN c RETURN d","stream":true,"batchSize":)" + batch + "}");
  measure(
      "stream, in key order", server.port(),
      R"({"query":"FOR d IN c FILTER d._key > '' SORT d._key RETURN d","stream":true,"batchSize":)" +
          batch + "}");
  measure("one page of 8 MB", server.port(),
          R"({"query":"FOR d IN c FILTER d._key > '' SORT d._key LIMIT )" + batch +
              R"( RETURN d","batchSize":)" + batch + "}");
  measure(
      "keys and revisions", server.port(),
      R"({"query":"FOR d IN c SORT d._key RETURN [d._key,d._rev]","stream":true,"batchSize":100000})");
  return 0;
}
