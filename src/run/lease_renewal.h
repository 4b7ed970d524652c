/// \file
/// Keeps the parts that this process has leased while it works on them outside of the pipeline.
#pragma once

#include <chrono>
#include <thread>

#include "arango/retry.h"
#include "base/error.h"
#include "base/log.h"
#include "pg/ledger.h"

namespace arango2pg::run {

class LeaseRenewal {
 public:
  static constexpr std::chrono::seconds lease{30};

  LeaseRenewal(pg::Ledger& ledger, RunId run)
      : thread_([&ledger, run](const std::stop_token& stop) {
          while (arango::sleep_for(lease / 3, stop)) {
            try {
              ledger.renew(run, lease);
            } catch (const Error& e) {
              // A part that somebody else has taken is refused at the next commit.
              spdlog::warn("leases could not be renewed: {}", e.what());
            }
          }
        }) {}

 private:
  std::jthread thread_;
};

}  // namespace arango2pg::run
