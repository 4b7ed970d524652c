#include "pg/migrations_run_internal.h"

#include <algorithm>
#include <thread>

#include "base/error.h"
#include "base/log.h"
#include "base/units.h"
#include "pg/migrations_index_internal.h"
#include "pg/migrations_wait_internal.h"
#include "pg/sql_split_internal.h"

namespace arango2pg::pg {
namespace {

using namespace std::chrono_literals;

std::string in_milliseconds(std::chrono::milliseconds time) {
  return quote_literal(std::to_string(time.count()) + "ms");
}

/// Worth another try after others had their turn.
bool is_contention(const std::string& sqlstate) {
  return sqlstate == "55P03" || sqlstate == "40P01" || sqlstate == "40001";
}

/// PostgreSQL refuses the statement in a transaction: VACUUM, or a procedure that commits.
bool wants_no_transaction(const std::string& sqlstate) {
  return sqlstate == "25001" || sqlstate == "2D000";
}

bool connection_lost(const std::string& sqlstate) {
  return sqlstate.substr(0, 2) == "08" || sqlstate.substr(0, 3) == "57P";
}

/// A setting of the session for as long as the object lives.
class Setting {
 public:
  Setting(Connection& connection, std::string name, const std::string& value)
      : connection_(connection), name_(std::move(name)) {
    before_ = connection_.exec("SHOW " + name_).text(0, 0);
    connection_.exec("SET " + name_ + " = " + value);
  }
  ~Setting() {
    try {
      connection_.exec("SELECT pg_catalog.set_config($1, $2, false)", {name_, before_});
    } catch (const Error&) {
      return;  // the connection is gone, and the setting with it
    }
  }
  Setting(const Setting&) = delete;
  Setting& operator=(const Setting&) = delete;

 private:
  Connection& connection_;
  std::string name_, before_;
};

}  // namespace

void MigrationRun::apply(const Migration& m, const Recorded* before,
                         const Surroundings& surroundings) {
  run(m, true, before, surroundings);
}

void MigrationRun::revert(const Migration& m, const Recorded& before) {
  if (before.left_nothing()) {
    history_.forget(m.number);
    return;
  }
  run(m, false, &before, {before.schema_created ? schema_ : std::string(), before.extensions});
}

void MigrationRun::run(const Migration& m, bool up, const Recorded* before,
                       const Surroundings& surroundings) {
  Way way{m, up, steps_of(up ? m.up : m.down)};
  try {
    // What began statement by statement goes on so, whatever the file says today.
    if (m.transaction && resume_at(m, way.steps, before, up ? "applying" : "reverting") == 0)
      run_whole(way, surroundings);
    else
      run_by_steps(way, before, surroundings);
  } catch (const Error& e) {
    const bool begun = e.kind() != Exit::interrupted || !way.sqlstate.empty() || !m.transaction;
    if (begun && !connection_lost(way.sqlstate)) record_failure(way, e.what());
    throw;
  }
  if (control_.done)
    control_.done(m, std::chrono::duration_cast<std::chrono::milliseconds>(way.took()));
}

void MigrationRun::run_whole(Way& way, const Surroundings& surroundings) {
  in_transaction(way, [&] {
    surround(way, surroundings);
    for (way.at = 0; way.at < way.steps.size(); ++way.at) exec(way);
    connection_.exec("RESET ROLE");  // the section may have become somebody else
    finish(way, surroundings);
  });
}

void MigrationRun::run_by_steps(Way& way, const Recorded* before,
                                const Surroundings& surroundings) {
  const std::string state = way.up ? "applying" : "reverting";
  const int done = resume_at(way.m, way.steps, before, state);
  const bool goes_on = before != nullptr && before->step == done &&
                       (way.up ? !before->stands() : before->state == state);
  const auto position = goes_on ? before->position : std::nullopt;
  way.at = static_cast<std::size_t>(done);
  way.in_doubt = goes_on && before->state == state;
  if ((done > 0 || position) && way.at < way.steps.size())
    spdlog::info("migration '{}' goes on at statement {} of {} ({}:{})", way.m.name, done + 1,
                 way.steps.size(), way.m.file, way.step().line);
  in_transaction(way, [&] {
    surround(way, surroundings);
    history_.begin_steps(way.m, state, way.steps, done, position);
    if (way.up) note(way, surroundings);
  });
  const Setting path(connection_, "search_path", search_path(connection_, pack_, schema_));
  for (bool first = true; way.at < way.steps.size(); first = false) {
    check_stop(control_);
    if (!first) way.in_doubt = false;
    if (way.step().batch > 0)
      run_batches(way, first ? position : std::nullopt);
    else if (concurrent_index(way.step().sql))
      run_alone(way);
    else
      run_once(way);
  }
  in_transaction(way, [&] { finish(way, way.up ? Surroundings() : surroundings); });
}

void MigrationRun::surround(Way& way, const Surroundings& surroundings) {
  way.line = way.steps.empty() ? 0 : way.steps.front().line;
  if (!way.up) return;
  create(connection_, surroundings);
  connection_.exec("SET LOCAL search_path = " + search_path(connection_, pack_, schema_));
}

/// The statement and its record, in one transaction; on its own if PostgreSQL wants that.
void MigrationRun::run_once(Way& way) {
  try {
    in_transaction(way, [&] {
      exec(way);
      step_done(way);
    });
    ++way.at;
  } catch (const Error&) {
    if (!wants_no_transaction(way.sqlstate)) throw;
    run_alone(way);
  }
}

void MigrationRun::run_alone(Way& way) {
  const auto index = concurrent_index(way.step().sql);
  // It may wait long without being in anybody's way, hence all the patience in one piece.
  const auto limit = control_.patience.lock * control_.patience.tries;
  const Setting lock_timeout(connection_, "lock_timeout", in_milliseconds(limit));
  if (index) drop_invalid(connection_, *index);
  if (!(index && !index->rebuild && way.in_doubt && is_valid(connection_, *index))) {
    StatementWatch watch(connection_, control_, std::min(limit / 4, 2'000ms), true);
    try {
      exec(way);
    } catch (const Error& e) {
      const bool gone = way.sqlstate == "42704" || way.sqlstate == "42P01";
      if (!(way.in_doubt && gone && first_word(way.step().sql) == "DROP")) {
        Error error = explained(way, e, watch.blockers());
        std::string hint = error.hint();
        if (index && !connection_lost(way.sqlstate)) clean_up(*index, hint);
        throw Error(error.kind(), error.what(), hint, error.retryable());
      }
    }
  }
  if (index && !index->rebuild && !is_valid(connection_, *index))
    throw Error(Exit::target,
                "migration '" + way.m.name + "' failed at " + way.m.file + ":" +
                    std::to_string(way.step().line) + ": table " + index->table +
                    " has no usable index '" + index->name + "' after it",
                "Another relation of that name may be in the way: rename one of them.");
  step_done(way);
  ++way.at;
}

void MigrationRun::clean_up(const ConcurrentIndex& index, std::string& hint) {
  try {
    drop_invalid(connection_, index);
  } catch (const Error& e) {
    hint += (hint.empty() ? "" : " ") +
            std::string(
                "What the build left behind is still there, "
                "INVALID (") +
            e.what() + "); the next run drops it first.";
  }
}

void MigrationRun::run_batches(Way& way, std::optional<std::string> position) {
  constexpr auto between_reports = 5s;
  auto reported = Clock::now();
  std::uint64_t rows = 0;
  for (bool more = true; more;) {
    std::uint64_t batch = 0;
    auto next = position;
    in_transaction(way, [&] {
      next = position;
      batch = run_batch(way, next);
      if (batch > 0)
        history_.step_done(way.m, way.steps, static_cast<int>(way.at), next);
      else
        step_done(way);
    });
    position = next;
    rows += batch;
    more = batch > 0;
    if (Clock::now() - reported > between_reports) {
      spdlog::info("migration '{}': {} rows in batches so far", way.m.name, format_count(rows));
      reported = Clock::now();
    }
  }
  spdlog::debug("migration '{}': {} rows in batches", way.m.name, rows);
  ++way.at;
}

/// Rows of one batch, 0 when nothing is left; moves the position.
std::uint64_t MigrationRun::run_batch(Way& way, std::optional<std::string>& position) {
  const Step& step = way.step();
  std::vector<Param> params;
  if (step.takes_position) params.push_back(position);
  if (step.takes_size) params.emplace_back(std::to_string(step.batch));
  const Rows rows = exec(way, params);
  if (rows.columns.empty()) {
    if (step.takes_position)
      throw Error(Exit::usage,
                  way.m.file + ":" + std::to_string(step.line) +
                      ": a batched statement with $1 must return rows: the first column of the "
                      "last one is where the next batch begins",
                  "End it with SELECT … FROM the batch ORDER BY its key, or RETURNING.");
    return rows.affected;
  }
  if (rows.empty() || !step.takes_position) return rows.size();
  const auto& last = rows[rows.size() - 1][0];
  if (!last || last == position)
    throw Error(Exit::usage,
                way.m.file + ":" + std::to_string(step.line) +
                    ": the batched statement does not get on: its position is " +
                    (last ? "the same as before" : "NULL"),
                "The first column of the last row must be the key where the batch ended, and $1 "
                "must exclude what came before: WHERE $1 IS NULL OR key > $1, with ORDER BY key.");
  position = last;
  return rows.size();
}

void MigrationRun::in_transaction(Way& way, const std::function<void()>& work) {
  const Patience& patience = control_.patience;
  for (int attempt = 1;; ++attempt) {
    check_stop(control_);
    std::string blockers;
    {
      StatementWatch watch(connection_, control_, std::min(patience.lock / 4, 1'000ms));
      try {
        Transaction transaction(connection_);
        connection_.exec("SET LOCAL lock_timeout = " + in_milliseconds(patience.lock));
        connection_.exec("SET LOCAL search_path = " + search_path(connection_, pack_, schema_));
        work();
        way.line = 0;
        transaction.commit();
        return;
      } catch (const Error& e) {
        way.sqlstate = connection_.last_sqlstate();
        blockers = watch.blockers();
        if (wants_no_transaction(way.sqlstate) && !way.m.transaction) throw;
        if (!is_contention(way.sqlstate) || attempt >= patience.tries)
          throw explained(way, e, blockers);
      }
    }
    // Waiting for a lock holds up everybody who queues behind us: step back, then try again.
    spdlog::warn("migration '{}' waits for {}; stepping back, try {} of {} follows", way.m.name,
                 blockers.empty() ? "a lock" : blockers, attempt + 1, patience.tries);
    std::this_thread::sleep_for(std::min(patience.lock, 1'000ms));
  }
}

Rows MigrationRun::exec(Way& way, const std::vector<Param>& params) {
  way.line = way.step().line;
  way.sqlstate.clear();
  try {
    return connection_.exec(way.step().sql, params);
  } catch (const Error&) {
    way.sqlstate = connection_.last_sqlstate();
    way.line += std::max(connection_.last_error_line() - 1, 0);
    throw;
  }
}

void MigrationRun::step_done(Way& way) {
  history_.step_done(way.m, way.steps, static_cast<int>(way.at) + 1);
}

void MigrationRun::finish(Way& way, const Surroundings& surroundings) {
  if (way.up) {
    history_.applied(way.m, way.took());
    note(way, surroundings);
  } else {
    history_.forget(way.m.number);
    Surroundings unused = surroundings;
    std::erase_if(unused.extensions, [&](const auto& e) { return history_.hand_over(e); });
    if (!unused.schema.empty() && history_.hand_over(std::nullopt)) unused.schema.clear();
    drop(connection_, unused);
  }
}

void MigrationRun::note(const Way& way, const Surroundings& surroundings) {
  if (!surroundings.empty())
    history_.brought(way.m, surroundings.extensions, !surroundings.schema.empty());
}

void MigrationRun::record_failure(const Way& way, std::string reason) {
  const std::string known = "migration '" + way.m.name + "' failed at ";
  if (reason.rfind(known, 0) == 0) reason.erase(0, known.size());
  try {
    history_.failed(way.m, reason, way.took());
  } catch (const Error& e) {
    spdlog::debug("cannot record the failure: {}", e.what());
  }
}

Error MigrationRun::explained(const Way& way, const Error& e, const std::string& blockers) const {
  // A plain mistake of the file or an earlier explanation needs no more words.
  if (way.sqlstate.empty() || e.kind() != Exit::target) return e;
  const std::string where =
      way.line == 0 ? way.m.file + " (COMMIT)" : way.m.file + ":" + std::to_string(way.line);
  const std::string command = way.up ? "schema up" : "schema down";
  std::string rest = "Nothing of it remains";
  if (!way.m.transaction)
    rest = "What ran before it stays and is recorded (statement " + std::to_string(way.at + 1) +
           " of " + std::to_string(way.steps.size()) + " is next)";
  if (way.sqlstate == "57014" && control_.stop.stop_requested())
    return {Exit::interrupted, "interrupted in migration '" + way.m.name + "' at " + where,
            rest + ". Run the same command again: it goes on."};
  std::string message = "migration '" + way.m.name + "' failed at " + where + ": " + e.what();
  message += " (SQLSTATE " + way.sqlstate + ")";
  if (connection_lost(way.sqlstate))
    return {Exit::target, message,
            "Run `arango2pg " + command +
                "` again: it finds out how far the migration came, and goes on.",
            true};
  if (is_contention(way.sqlstate)) {
    message +=
        "; in the way: " + (blockers.empty() ? std::string("a session that is gone") : blockers);
    return {Exit::target, message,
            rest +
                ". Let that session end its transaction (or end it with SELECT "
                "pg_terminate_backend(pid)), then run `arango2pg " +
                command + "` again; --lock-timeout and --lock-tries say how long to wait.",
            true};
  }
  std::string hint = e.hint();
  if (!hint.empty() && hint.back() != '.') hint += '.';
  hint += (hint.empty() ? "" : " ") + rest + ": correct it, then run `arango2pg " + command +
          "` again.";
  return {Exit::target, message, hint, e.retryable()};
}

}  // namespace arango2pg::pg
