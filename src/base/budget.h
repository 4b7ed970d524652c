/// \file
/// One byte budget for everything in flight (promise P5).
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <utility>

namespace arango2pg {

class ByteBudget;

/// A share of the budget; given back by the destructor. Movable, not copyable. Must not outlive the
/// budget.
class Lease {
 public:
  Lease() = default;
  Lease(ByteBudget& budget, std::uint64_t bytes) : budget_(&budget), bytes_(bytes) {}
  Lease(Lease&& o) noexcept
      : budget_(std::exchange(o.budget_, nullptr)), bytes_(std::exchange(o.bytes_, 0)) {}
  Lease& operator=(Lease&& o) noexcept {
    if (this != &o) {
      release();
      budget_ = std::exchange(o.budget_, nullptr);
      bytes_ = std::exchange(o.bytes_, 0);
    }
    return *this;
  }
  ~Lease() { release(); }

  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  /// Corrects the estimate to what is really held. Never waits: growing beyond the limit is allowed
  /// once the bytes exist, it only makes the next acquire() wait longer.
  void resize(std::uint64_t bytes);
  void release() noexcept;

 private:
  ByteBudget* budget_ = nullptr;
  std::uint64_t bytes_ = 0;
};

/// Thread-safe.
class ByteBudget {
 public:
  explicit ByteBudget(std::uint64_t limit) : limit_(limit) {}

  /// Waits until `bytes` fit. A request larger than the limit is let through alone, when nothing
  /// else is in flight, so one huge document can never stop a run. Returns an empty lease if `stop`
  /// was requested meanwhile.
  Lease acquire(std::uint64_t bytes, const std::stop_token& stop);

  [[nodiscard]] std::uint64_t limit() const { return limit_; }
  [[nodiscard]] std::uint64_t in_use() const;
  [[nodiscard]] std::uint64_t peak() const;
  /// Number of threads that wait in acquire(): who feeds a full budget is not the bottleneck.
  [[nodiscard]] int waiting() const;

 private:
  friend class Lease;
  void change(std::int64_t by) noexcept;

  const std::uint64_t limit_;
  mutable std::mutex mutex_;
  std::condition_variable_any freed_;
  std::uint64_t in_use_ = 0;
  std::uint64_t peak_ = 0;
  int waiting_ = 0;
};

}  // namespace arango2pg
