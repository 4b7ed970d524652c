/// \file
/// Threads that work on one thing and fail together.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <utility>

namespace arango2pg::run {

/// Remembers the first failure of any thread and stops all the others.
class Failure {
 public:
  /// `on_failure` must wake every thread that may wait; called once, from the failing thread.
  explicit Failure(std::function<void()> on_failure) : on_failure_(std::move(on_failure)) {}

  template <class F>
  void guard(F&& body) noexcept {
    try {
      body();
    } catch (...) {
      record(std::current_exception());
    }
  }
  void rethrow() {
    if (first_) std::rethrow_exception(first_);
  }
  [[nodiscard]] bool happened() const { return happened_; }

 private:
  void record(std::exception_ptr e) noexcept {
    if (happened_.exchange(true)) return;  // later ones are consequences
    first_ = std::move(e);
    on_failure_();
  }
  std::function<void()> on_failure_;
  std::atomic<bool> happened_{false};
  std::exception_ptr first_;
};

}  // namespace arango2pg::run
