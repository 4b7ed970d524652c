#include "run/worker.h"

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <array>
#include <chrono>

namespace arango2pg::run {

std::string worker_name() {
  static const auto started = std::chrono::duration_cast<std::chrono::milliseconds>(
                                  std::chrono::system_clock::now().time_since_epoch())
                                  .count();
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host[0] = '?';
  return fmt::format("{}:{}:{}", host.data(), getpid(), started);
}

}  // namespace arango2pg::run
