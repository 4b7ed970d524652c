/// \file
/// Waiting for others while a schema is changed: for another process that migrates, and for
/// sessions of applications that hold locks.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "pg/connection.h"
#include "pg/migrations.h"

namespace arango2pg::pg {

/// Only one process migrates at a time: an advisory lock of the session, held as long as the
/// object. Locks of one session don't exclude each other.
class MigrationLock {
 public:
  /// Throws Error(target) naming the holder when it does not let go in time.
  MigrationLock(Connection& connection, const MigrationControl& control);
  ~MigrationLock();
  MigrationLock(const MigrationLock&) = delete;
  MigrationLock& operator=(const MigrationLock&) = delete;

 private:
  Connection& connection_;
};

/// Throws Error(interrupted) if a stop was requested.
void check_stop(const MigrationControl& control);

/// Looks from a connection of its own at what `watched` waits for, while that is busy with a
/// statement; cancels the statement when a stop is requested. Opens the connection only if the
/// statement takes longer than `patience`.
class StatementWatch {
 public:
  /// `says`: warn about the sessions that are waited for, once each (for statements that wait
  /// without a limit).
  StatementWatch(Connection& watched, const MigrationControl& control,
                 std::chrono::milliseconds patience, bool says = false);
  ~StatementWatch();
  StatementWatch(const StatementWatch&) = delete;
  StatementWatch& operator=(const StatementWatch&) = delete;

  /// "pid 4711 (application 'psql', user 'me', idle in transaction since …)" as last seen; empty if
  /// nobody was in the way.
  [[nodiscard]] std::string blockers();

 private:
  void watch(std::chrono::milliseconds patience);
  void look(Connection& own);

  const MigrationControl& control_;
  const std::string pid_;  ///< of the watched session
  const bool says_;
  std::mutex mutex_;
  std::condition_variable ended_changed_;
  bool ended_ = false;
  std::string blockers_;
  std::thread thread_;
};

}  // namespace arango2pg::pg
