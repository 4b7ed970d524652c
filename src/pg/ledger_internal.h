/// \file
/// The ledger's inside, shared by ledger.cpp (runs, stages) and ledger_parts.cpp.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <thread>

#include "pg/ledger.h"

namespace arango2pg::pg {

struct Ledger::Impl {
  /// How long a call waits for a lost server to come back before it fails.
  static constexpr std::chrono::seconds give_up_after{60};

  std::optional<Connection> connection;
  std::string locked;  ///< correlation id whose advisory lock the connection holds, "" = none
  std::chrono::steady_clock::time_point metrics_at;

  bool try_lock(const std::string& correlation_id, const std::string& worker);
  /// Who has the lock, for people. `ours` is set if it is an old session of `worker`, which is then
  /// ended.
  std::string holder(const std::string& correlation_id, const std::string& worker, bool& ours);

  /// Runs `call(connection)` alone on the connection; again after the connection came back or a
  /// deadlock. `call` must bear repetition.
  template <class F>
  static auto repeated(Ledger& ledger, F&& call) {
    const std::lock_guard guard(ledger.mutex_);
    const auto deadline = std::chrono::steady_clock::now() + give_up_after;
    std::chrono::milliseconds wait{50};
    for (;;) {
      try {
        return call(ledger.connection());
      } catch (const Error& e) {
        if (ledger.impl_->connection) ledger.impl_->connection->rollback();
        if (!e.retryable() || std::chrono::steady_clock::now() + wait > deadline) throw;
      }
      std::this_thread::sleep_for(wait);
      wait = std::min<std::chrono::milliseconds>(wait * 2, std::chrono::seconds(2));
    }
  }
};

}  // namespace arango2pg::pg
