#include "pg/loader.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <random>

#include "pg/load_books_internal.h"
#include "pg/load_rows_internal.h"
#include "pg/sqlstate_internal.h"
#include "pg/text_internal.h"

namespace arango2pg::pg {
namespace {

using Clock = std::chrono::steady_clock;

/// Waits between tries: 50 ms, doubling to 2 s, each ± half so that lanes don't come in step.
class BackOff {
 public:
  std::chrono::milliseconds next() {
    const auto wait = wait_;
    wait_ = std::min<std::chrono::milliseconds>(wait_ * 2, std::chrono::seconds(2));
    std::uniform_int_distribution<std::int64_t> spread(wait.count() / 2, wait.count() * 3 / 2);
    return std::chrono::milliseconds(spread(random_));
  }

 private:
  std::chrono::milliseconds wait_{50};
  std::minstd_rand random_{std::random_device{}()};
};

Error to_error(const Failure& failure, const std::string& where) {
  // Other classes than data errors quote names and settings only, so PostgreSQL's sentence is safe.
  const std::string text = failure.sqlstate.empty() || is_data_error(failure.sqlstate)
                               ? failure.describe()
                               : failure.primary;
  return {Exit::target, "cannot load into PostgreSQL (" + where + "): " + text,
          failure.hint.empty() ? hint_for(failure.sqlstate) : failure.hint,
          failure.lost || is_transient(failure.sqlstate)};
}

}  // namespace

struct Loader::Impl {
  explicit Impl(LoaderConfig c) : config(std::move(c)) {
    for (std::size_t i = 0; i < config.collections.size(); ++i) {
      auto& tables = sql.emplace_back();
      for (std::size_t t = 0; t < config.collections[i].tables.size(); ++t)
        tables.push_back(table_sql(config.collections[i], i, t));
    }
  }

  CommitResult commit(std::span<doc::RowBatch> batches, const std::stop_token& stop,
                      const SyncState* sync);
  CommitResult attempt(Bookkeeper& books, std::span<doc::RowBatch> batches, const SyncState* sync);
  [[nodiscard]] bool with_changes() const;
  CopySession& connected();
  void end_old_sessions();
  bool happened(const Bookkeeper& books);
  void roll_back();
  void drop_session();
  void wait(std::chrono::milliseconds time, const std::stop_token& stop);

  const LoaderConfig config;
  std::vector<std::vector<TableSql>> sql;
  std::optional<CopySession> session;
  struct OldSession {
    std::string pid, start;
  };
  std::vector<OldSession> old_sessions;  ///< that we lost and the server may not have noticed
  bool connected_before = false;

  // of the commit under way
  bool isolating = false;
  std::optional<DocAt> suspect;
  std::string in_doubt;  ///< token of a COMMIT that was sent and not answered
  CommitResult result;   ///< of the attempt that sent it

  std::mutex mutex;  ///< guards what follows, for cancel()
  std::condition_variable_any woken;
  std::optional<CancelHandle> cancel_handle;
  /// Set by cancel(), cleared by the commit() that obeys: one that comes just too early still
  /// counts.
  std::atomic<bool> cancelled = false;
};

CopySession& Loader::Impl::connected() {
  if (session) return *session;
  session.emplace(config.conninfo, config.purpose);
  connected_before = true;
  try {
    {
      const std::lock_guard guard(mutex);
      cancel_handle = session->cancel_handle();
    }
    end_old_sessions();
    for (const auto& tables : sql)
      for (const TableSql& t : tables)
        if (!t.create.empty()) session->exec(t.create);
    if (with_changes()) session->exec(create_changes);
  } catch (const Refused&) {
    drop_session();  // half set up: of no use
    throw;
  }
  return *session;
}

void Loader::Impl::end_old_sessions() {
  for (const OldSession& old : old_sessions) {
    try {
      session->exec(statement("loader/end_old_session.sql"), {old.pid, old.start});
    } catch (const Refused& e) {
      if (e.failure.lost) throw;  // else not allowed: then we wait until the server notices
    }
  }
  old_sessions.clear();
}

void Loader::Impl::drop_session() {
  if (!session) return;
  old_sessions.push_back({session->backend_pid(), session->backend_start()});
  {
    const std::lock_guard guard(mutex);
    cancel_handle.reset();
  }
  session.reset();
}

void Loader::Impl::roll_back() {
  if (!session) return;
  try {
    session->exec("ROLLBACK");
  } catch (const Refused&) {
    drop_session();
  }
}

bool Loader::Impl::happened(const Bookkeeper& books) {
  const Rows rows = connected().exec(statement("loader/committed.sql"),
                                     {std::to_string(books.first_part()), in_doubt});
  return !rows.empty() && rows.is_true(0, 0);
}

bool Loader::Impl::with_changes() const {
  return std::any_of(config.collections.begin(), config.collections.end(),
                     [](const LoadCollection& c) { return c.changes; });
}

CommitResult Loader::Impl::attempt(Bookkeeper& books, std::span<doc::RowBatch> batches,
                                   const SyncState* sync) {
  CopySession& s = connected();
  s.exec("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL arango2pg.loading = 'on'; "
         "SET LOCAL arango2pg.run = '" +
         std::to_string(config.run) + "'");
  // Rows that go and rows that come meet in the middle.
  if (with_changes()) s.exec("SET CONSTRAINTS ALL DEFERRED");
  books.check_leases(s);
  RowLoader rows(s, config, sql, batches, cancelled);
  if (isolating)
    rows.load_isolating(suspect);
  else
    rows.load_all();
  const std::string token = random_token();
  books.write(s, rows, token, cancelled, sync);
  result.rows = rows.rows();
  result.bytes = rows.bytes();
  result.quarantined = books.quarantined();
  result.changed = books.changed();
  in_doubt = token;
  try {
    s.commit();
  } catch (const Refused& e) {
    if (!e.failure.lost) in_doubt.clear();  // answered: not committed
    throw;
  }
  in_doubt.clear();
  return result;
}

CommitResult Loader::Impl::commit(std::span<doc::RowBatch> batches, const std::stop_token& stop,
                                  const SyncState* sync) {
  result = {};
  if (batches.empty()) return result;
  isolating = false;
  suspect.reset();
  in_doubt.clear();
  Bookkeeper books(config, batches);
  BackOff back_off;
  std::optional<Clock::time_point> deadline;
  for (;;) {
    try {
      if (!in_doubt.empty()) {
        if (happened(books)) return result;
        in_doubt.clear();
      }
      return attempt(books, batches, sync);
    } catch (RowsRefused& refused) {
      roll_back();
      isolating = true;
      suspect = refused.suspect;
      ++result.retries;
      continue;
    } catch (const Refused& e) {
      if (e.failure.lost) {
        drop_session();
      } else {
        roll_back();
        // A standby: the next connection may reach the primary.
        if (e.failure.sqlstate == "25006") drop_session();
      }
      if (cancelled.exchange(false))
        throw Error(Exit::interrupted, "loading was cancelled",
                    "Run the same command again to go on.");
      const bool again =
          e.failure.lost || is_transient(e.failure.sqlstate) || e.failure.sqlstate == "57014";
      if (!again || (deadline && Clock::now() > *deadline))
        throw to_error(e.failure, config.purpose);
    } catch (const Error& e) {
      const bool connecting = !session;
      roll_back();
      if (!connecting || !(e.retryable() || connected_before) ||
          (deadline && Clock::now() > *deadline))
        throw;
    }
    ++result.retries;
    if (!deadline) deadline = Clock::now() + config.give_up_after;
    wait(back_off.next(), stop);
  }
}

void Loader::Impl::wait(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::unique_lock lock(mutex);
  woken.wait_for(lock, stop, time, [&] { return cancelled.load(); });
  if (stop.stop_requested() || cancelled.exchange(false))
    throw Error(Exit::interrupted, "stopped while waiting for PostgreSQL",
                "Run the same command again to go on.");
}

Loader::Loader(LoaderConfig config) : impl_(std::make_unique<Impl>(std::move(config))) {}
Loader::~Loader() = default;

CommitResult Loader::commit(std::span<doc::RowBatch> batches, const std::stop_token& stop,
                            const SyncState* sync) {
  return impl_->commit(batches, stop, sync);
}

void Loader::cancel() noexcept {
  std::optional<CancelHandle> handle;
  {
    const std::lock_guard guard(impl_->mutex);
    impl_->cancelled = true;
    handle = impl_->cancel_handle;
  }
  impl_->woken.notify_all();
  if (handle) handle->cancel();
}

}  // namespace arango2pg::pg
