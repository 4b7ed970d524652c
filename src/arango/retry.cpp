#include "arango/retry.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>

namespace arango2pg::arango {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds first_delay{100};
constexpr milliseconds longest_delay{10'000};

/// Temporary conditions that arrive as HTTP 500 or 404: lock time-outs, deadlocks, a cluster that
/// is moving shards, a collection that is being loaded.
constexpr std::array<int, 15> temporary{18,   28,   29,   1236, 1238, 1302, 1303, 1449,
                                        1457, 1464, 1474, 1481, 1489, 1492, 1521};

}  // namespace

Advice advice_for(int status, int error_num) {
  if (status == 401) return Advice::renew;
  switch (status) {
    case 421:
    case 502:
    case 503:
    case 504:
      return Advice::elsewhere;
    case 429:
      return Advice::again;
    default:
      break;
  }
  if (error_num == 1601 || error_num == 21004) return Advice::again;
  const bool is_temporary =
      std::find(temporary.begin(), temporary.end(), error_num) != temporary.end();
  return is_temporary ? Advice::again : Advice::take;
}

std::optional<milliseconds> BackOff::next(milliseconds at_least) {
  const auto now = Clock::now();
  if (!first_failure_) first_failure_ = now;
  const auto left =
      std::chrono::duration_cast<milliseconds>(*first_failure_ + give_up_after_ - now);
  if (left <= milliseconds(0)) return std::nullopt;
  const milliseconds full = std::min(first_delay * (1U << std::min(failures_, 10U)), longest_delay);
  ++failures_;
  std::uniform_int_distribution<milliseconds::rep> jitter(full.count() / 2, full.count());
  return std::min(std::max(milliseconds(jitter(random_)), at_least), left);
}

bool sleep_for(milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace arango2pg::arango
