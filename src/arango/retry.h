/// \file
/// Which answers are worth another try, and when (protocol 13).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <stop_token>

namespace arango2pg::arango {

enum class Advice : std::uint8_t {
  take,       ///< done, or an error that another try won't change
  again,      ///< the server is busy
  elsewhere,  ///< this server can't; another coordinator may
  renew,      ///< the token is not accepted
};

Advice advice_for(int status, int error_num);

/// Delays between the tries of one request: 100 ms, doubling to 10 s, each shortened by up to half
/// at random so that clients don't come back together.
class BackOff {
 public:
  using Clock = std::chrono::steady_clock;

  explicit BackOff(std::chrono::milliseconds give_up_after) : give_up_after_(give_up_after) {}

  /// The next delay, at least `at_least`; nothing once give_up_after has passed since the first
  /// failure. Every call counts as one failure.
  std::optional<std::chrono::milliseconds> next(std::chrono::milliseconds at_least = {});
  /// For a failure that shortens the patience: an address that never answered.
  void limit(std::chrono::milliseconds give_up_after) {
    if (give_up_after < give_up_after_) give_up_after_ = give_up_after;
  }
  [[nodiscard]] unsigned failures() const { return failures_; }

 private:
  std::chrono::milliseconds give_up_after_;
  std::optional<Clock::time_point> first_failure_;
  unsigned failures_ = 0;
  std::minstd_rand random_{std::random_device{}()};
};

/// False if `stop` was requested meanwhile.
bool sleep_for(std::chrono::milliseconds time, const std::stop_token& stop);

}  // namespace arango2pg::arango
