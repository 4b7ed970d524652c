#include "pg/migrations_wait_internal.h"

#include <algorithm>
#include <optional>

#include "base/log.h"
#include "base/units.h"
#include "pg_embedded.h"

namespace arango2pg::pg {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr const char* lock_key = "pg_catalog.hashtextextended('arango2pg migrations', 0)";

/// "pid 4711 (application 'x', user 'me', connected since …)"; empty if nobody holds it any more.
std::string holder(Connection& connection) {
  const Rows rows = connection.exec(std::string(sql::embedded("migrations/lock_holder.sql")));
  if (rows.empty()) return {};
  std::string out = "pid " + rows.text(0, 0) + " (application '" + rows.text(0, 1) + "', user '" +
                    rows.text(0, 2) + "'";
  if (rows[0][3]) out += " at " + rows.text(0, 3);
  return out + ", since " + rows.text(0, 4) + ")";
}

}  // namespace

void check_stop(const MigrationControl& control) {
  if (control.stop.stop_requested())
    throw Error(Exit::interrupted, "interrupted", "Run the same command: it goes on.");
}

MigrationLock::MigrationLock(Connection& connection, const MigrationControl& control)
    : connection_(connection) {
  const auto end = Clock::now() + control.patience.migrations;
  std::string seen;
  while (!connection.exec(std::string("SELECT pg_catalog.pg_try_advisory_lock(") + lock_key + ")")
              .is_true(0, 0)) {
    check_stop(control);
    const std::string who = holder(connection);
    if (Clock::now() >= end)
      throw Error(Exit::target,
                  "another process migrates this database: " +
                      (who.empty() ? std::string("it ended just now") : who) + "; waited " +
                      format_duration(control.patience.migrations),
                  "Wait until it has finished (--wait says how long), then run the same command "
                  "again. If its program is gone, end its session with SELECT "
                  "pg_terminate_backend(pid).",
                  true);
    if (!who.empty() && who != seen) spdlog::warn("waiting for another migration: {}", who);
    seen = who;
    std::this_thread::sleep_for(200ms);
  }
}

MigrationLock::~MigrationLock() {
  try {
    connection_.exec(std::string("SELECT pg_catalog.pg_advisory_unlock(") + lock_key + ")");
  } catch (const Error&) {
    return;  // the connection is gone, and the lock with it
  }
}

StatementWatch::StatementWatch(Connection& watched, const MigrationControl& control,
                               std::chrono::milliseconds patience, bool says)
    : control_(control),
      pid_(watched.exec("SELECT pg_catalog.pg_backend_pid()").text(0, 0)),
      says_(says) {
  if (control.conninfo) thread_ = std::thread([this, patience] { watch(patience); });
}

StatementWatch::~StatementWatch() {
  {
    const std::lock_guard guard(mutex_);
    ended_ = true;
  }
  ended_changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::string StatementWatch::blockers() {
  const std::lock_guard guard(mutex_);
  return blockers_;
}

void StatementWatch::watch(std::chrono::milliseconds patience) {
  std::optional<Connection> own;
  const auto begin = Clock::now();
  bool cancelled = false;
  std::unique_lock lock(mutex_);
  const auto tick = std::clamp<std::chrono::milliseconds>(patience / 2, 20ms, 250ms);
  while (!ended_changed_.wait_for(lock, tick, [&] { return ended_; })) {
    const bool cancel = control_.stop.stop_requested() && !cancelled;
    if (!cancel && Clock::now() - begin < patience) continue;
    lock.unlock();
    try {
      if (!own) own.emplace(*control_.conninfo, "schema watch");
      if (cancel) {
        own->exec("SELECT pg_catalog.pg_cancel_backend($1::integer)", {pid_});
        cancelled = true;
      }
      look(*own);
    } catch (const Error& e) {
      spdlog::debug("cannot look at what a migration waits for: {}", e.what());
      own.reset();  // no connection left for us: without it a message is poorer, no more
    }
    lock.lock();
  }
}

void StatementWatch::look(Connection& own) {
  const Rows rows = own.exec(std::string(sql::embedded("migrations/blockers.sql")), {pid_});
  std::string found;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    found += (i == 0 ? "pid " : ", pid ") + rows.text(i, 0) + " (application '" + rows.text(i, 1) +
             "', user '" + rows.text(i, 2) + "'";
    if (rows[i][3]) found += ", " + rows.text(i, 3);
    if (rows[i][4]) found += " since " + rows.text(i, 4);
    found += ")";
  }
  if (found.empty()) return;
  const std::lock_guard guard(mutex_);
  if (says_ && found != blockers_) spdlog::warn("waiting for {}", found);
  blockers_ = found;
}

}  // namespace arango2pg::pg
