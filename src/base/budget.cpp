#include "base/budget.h"

#include <algorithm>

namespace arango2pg {

void Lease::resize(std::uint64_t bytes) {
  if (budget_ == nullptr) return;
  budget_->change(static_cast<std::int64_t>(bytes) - static_cast<std::int64_t>(bytes_));
  bytes_ = bytes;
}

void Lease::release() noexcept {
  if (budget_ != nullptr) budget_->change(-static_cast<std::int64_t>(bytes_));
  budget_ = nullptr;
  bytes_ = 0;
}

Lease ByteBudget::acquire(std::uint64_t bytes, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  ++waiting_;
  const bool fits =
      freed_.wait(lock, stop, [&] { return in_use_ == 0 || in_use_ + bytes <= limit_; });
  --waiting_;
  if (!fits || stop.stop_requested()) return {};
  in_use_ += bytes;
  peak_ = std::max(peak_, in_use_);
  return Lease(*this, bytes);
}

std::uint64_t ByteBudget::in_use() const {
  const std::lock_guard lock(mutex_);
  return in_use_;
}

std::uint64_t ByteBudget::peak() const {
  const std::lock_guard lock(mutex_);
  return peak_;
}

int ByteBudget::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

void ByteBudget::change(std::int64_t by) noexcept {
  {
    const std::lock_guard lock(mutex_);
    in_use_ = static_cast<std::uint64_t>(static_cast<std::int64_t>(in_use_) + by);
    peak_ = std::max(peak_, in_use_);
  }
  if (by < 0) freed_.notify_all();
}

}  // namespace arango2pg
