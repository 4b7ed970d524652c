/// \file
/// One item ahead: while the caller works on an item, the next one is fetched.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

namespace arango2pg::arango {

/// Runs `produce` on a thread of its own, never more than one item ahead of next(). The thread
/// starts with the first next(): who doesn't read holds nothing. next() is called by one thread.
/// `produce` gives nothing at the end or when its token is stopped; what it throws comes out of
/// next().
template <class T>
class Ahead {
 public:
  using Produce = std::function<std::optional<T>(const std::stop_token&)>;

  explicit Ahead(Produce produce) : produce_(std::move(produce)) {}

  /// Nothing at the end, and early if `stop` is requested (for good: the thread stops too).
  std::optional<T> next(const std::stop_token& stop) {
    if (!thread_.joinable())
      thread_ = std::jthread([this](const std::stop_token& own) { work(own); });
    const std::stop_callback pass_on(stop, [this] { thread_.request_stop(); });
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, stop, [this] { return item_ || ended_; })) return std::nullopt;
    if (!item_) {
      if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
      return std::nullopt;
    }
    std::optional<T> out = std::move(item_);
    item_.reset();
    changed_.notify_all();
    return out;
  }

 private:
  void work(const std::stop_token& stop) {
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        if (!changed_.wait(lock, stop, [this] { return !item_; })) return end(nullptr, lock);
      }
      std::optional<T> item;
      std::exception_ptr failure;
      try {
        item = produce_(stop);
      } catch (...) {
        failure = std::current_exception();
      }
      std::unique_lock lock(mutex_);
      if (!item) return end(failure, lock);
      item_ = std::move(item);
      changed_.notify_all();
    }
  }

  void end(std::exception_ptr failure, std::unique_lock<std::mutex>&) {
    failure_ = std::move(failure);
    ended_ = true;
    changed_.notify_all();
  }

  Produce produce_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<T> item_;
  std::exception_ptr failure_;
  bool ended_ = false;
  std::jthread thread_;  ///< last: joined before the rest goes
};

}  // namespace arango2pg::arango
