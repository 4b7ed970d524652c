// How fast the double serves pages: MB/s over loopback, with the client's share (which only reads)
// and per second of the server's own CPU time. Usage: fake_arango_throughput [documents [bytes]]
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "fake_arango/fake_arango.h"
#include "fake_arango/raw_client.h"

namespace {

double cpu_seconds(int who) {
  rusage u{};
  ::getrusage(who, &u);
  return static_cast<double>(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
         static_cast<double>(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

// Of all threads but this one: the server's.
double server_cpu_seconds() { return cpu_seconds(RUSAGE_SELF) - cpu_seconds(RUSAGE_THREAD); }

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
  fake_arango::RawClient client(port);
  const auto begin = std::chrono::steady_clock::now();
  const double cpu_begin = server_cpu_seconds();
  std::string tail;  // only the end is looked at
  const auto keep_tail = [&](std::string_view piece) {
    tail += piece;
    if (tail.size() > 4096) tail.erase(0, tail.size() - 2048);
  };
  std::size_t bytes = client.read_body_by("POST", "/_api/cursor", query, keep_tail);
  for (;;) {
    const std::size_t at = tail.rfind("\"id\":\"");
    if (tail.rfind("\"hasMore\":true") == std::string::npos || at == std::string::npos) break;
    const std::string id = tail.substr(at + 6, tail.find('"', at + 6) - at - 6);
    tail.clear();
    bytes += client.read_body_by("POST", "/_api/cursor/" + id, "", keep_tail);
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const double server_cpu = server_cpu_seconds() - cpu_begin;
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
