#include "run/signals.h"

#include <unistd.h>
#include <csignal>
#include <ctime>

#include "base/error.h"
#include "base/log.h"

namespace arango2pg::run {

SignalWatch::SignalWatch() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(
      SIGPIPE,
      SIG_IGN);  // a peer that goes away is an error of that call, not the end of the program
  watcher_ = std::jthread([this, set] {
    const timespec tick{0, 100'000'000};
    while (!ending_) {
      if (sigtimedwait(&set, nullptr, &tick) < 0) continue;
      if (stop_.stop_requested()) _exit(static_cast<int>(Exit::interrupted));
      spdlog::warn(
          "stopping: what is under way is finished and saved; a second signal ends at once");
      stop_.request_stop();
    }
  });
}

SignalWatch::~SignalWatch() { ending_ = true; }

}  // namespace arango2pg::run
