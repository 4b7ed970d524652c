/// \file
/// SIGINT and SIGTERM without handlers: blocked everywhere, waited for by one thread.
#pragma once

#include <atomic>
#include <stop_token>
#include <thread>

namespace arango2pg::run {

/// The first signal requests a stop (finish what is under way, save, exit 7); the second ends the
/// process at once. Construct before any other thread starts: the signal mask is inherited. One per
/// process.
class SignalWatch {
 public:
  SignalWatch();
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }
  [[nodiscard]] bool requested() const { return stop_.stop_requested(); }

 private:
  std::stop_source stop_;
  std::atomic<bool> ending_{false};
  std::jthread watcher_;
};

}  // namespace arango2pg::run
