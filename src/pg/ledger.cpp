#include "pg/ledger.h"

#include "pg/ledger_internal.h"
#include "pg/migrations_internal.h"
#include "pg/text_internal.h"

namespace arango2pg::pg {
namespace {

/// A process that was killed a moment ago may still be ending on the server.
constexpr std::chrono::milliseconds lock_grace{2000};

std::string plan_json(const std::vector<std::pair<std::string, std::string>>& plan) {
  std::string json = "[";
  for (const auto& [what, value] : plan)
    json += (json.size() > 1 ? ",[" : "[") + json_string(what) + "," + json_string(value) + "]";
  return json + "]";
}

}  // namespace

Counters& Counters::operator+=(const Counters& o) {
  read += o.read;
  written += o.written;
  updated += o.updated;
  deleted += o.deleted;
  filtered += o.filtered;
  quarantined += o.quarantined;
  bytes += o.bytes;
  return *this;
}

bool Ledger::Impl::try_lock(const std::string& correlation_id, const std::string& worker) {
  const Rows got = connection->exec(
      "SELECT pg_try_advisory_lock(hashtextextended('arango2pg run ' || $1, 0))", {correlation_id});
  if (!got.is_true(0, 0)) return false;
  connection->exec(statement("ledger/hold.sql"), {correlation_id, worker});
  return true;
}

std::string Ledger::Impl::holder(const std::string& correlation_id, const std::string& worker,
                                 bool& ours) {
  const Rows held = connection->exec(statement("ledger/holder.sql"), {correlation_id});
  ours = false;
  if (held.empty()) return "a process that has just ended";
  if (!held[0][0])
    return "'" + held.text(0, 4) + "' from " + (held[0][2] ? held.text(0, 2) : "this host") +
           ", server process " + held.text(0, 3) + ", since " + held.text(0, 5);
  ours = held.text(0, 0) == worker;
  if (ours) connection->exec("SELECT pg_terminate_backend($1::integer)", {held[0][3]});
  return held.text(0, 0) + ", since " + held.text(0, 1);
}

Ledger::Ledger(const std::string& conninfo, std::string worker)
    : conninfo_(conninfo), worker_(valid_text(worker)), impl_(std::make_unique<Impl>()) {
  ensure_control_schema(connection());
}

Ledger::~Ledger() = default;

Connection& Ledger::connection() {
  if (impl_->connection && impl_->connection->last_sqlstate() != "08006") return *impl_->connection;
  impl_->connection.reset();
  impl_->connection.emplace(conninfo_, "ledger");
  impl_->connection->exec(
      "SELECT pg_advisory_lock_shared(hashtextextended('arango2pg worker ' || $1, 0))", {worker_});
  // The lock went with the old connection. If somebody took the run over meanwhile, we are out.
  if (!impl_->locked.empty() && !impl_->try_lock(impl_->locked, worker_)) {
    bool ours = false;
    const std::string holder = impl_->holder(impl_->locked, worker_, ours);
    impl_->connection.reset();
    throw Error(Exit::target,
                "lost the run to another process while the connection was down: " + holder,
                "Let the other process finish, or stop it and run the same command again.", ours);
  }
  return *impl_->connection;
}

std::optional<RunRecord> Ledger::unfinished(const std::string& command,
                                            const std::string& source_identity) {
  return Impl::repeated(*this, [&](Connection& c) -> std::optional<RunRecord> {
    const Rows rows = c.exec(statement("ledger/unfinished.sql"), {command, source_identity});
    if (rows.empty()) return std::nullopt;
    RunRecord run{rows.number(0, 0),
                  rows.text(0, 1),
                  rows.text(0, 2),
                  rows.text(0, 3),
                  rows.text(0, 4),
                  rows.text(0, 5),
                  {}};
    const Rows plan = c.exec(statement("ledger/plan.sql"), {std::to_string(run.id)});
    for (std::size_t i = 0; i < plan.size(); ++i)
      run.plan.emplace_back(plan.text(i, 0), plan.text(i, 1));
    return run;
  });
}

void Ledger::lock(const std::string& correlation_id) {
  const auto deadline = std::chrono::steady_clock::now() + lock_grace;
  for (;;) {
    std::string holder;
    const bool locked = Impl::repeated(*this, [&](Connection& c) {
      if (impl_->locked == correlation_id || impl_->try_lock(correlation_id, worker_)) return true;
      (void)c;
      bool ours = false;
      holder = impl_->holder(correlation_id, worker_, ours);
      return false;
    });
    if (locked) {
      impl_->locked = correlation_id;
      return;
    }
    if (std::chrono::steady_clock::now() >= deadline)
      throw Error(Exit::target, "this run is under way already: " + holder,
                  "Wait for that process to finish, or stop it and run the same command again.");
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

bool Ledger::try_lock(const std::string& correlation_id) {
  const bool locked = Impl::repeated(*this, [&](Connection&) {
    return impl_->locked == correlation_id || impl_->try_lock(correlation_id, worker_);
  });
  if (locked) impl_->locked = correlation_id;
  return locked;
}

bool Ledger::has_leader(RunId run) {
  return Impl::repeated(*this, [&](Connection& c) {
    const Rows rows = c.exec("SELECT correlation_id FROM arango2pg.run WHERE id = $1::bigint",
                             {std::to_string(run)});
    return !rows.empty() && !c.exec(statement("ledger/holder.sql"), {rows.text(0, 0)}).empty();
  });
}

std::string Ledger::status(RunId run) {
  return Impl::repeated(*this, [&](Connection& c) {
    const Rows rows =
        c.exec("SELECT status FROM arango2pg.run WHERE id = $1::bigint", {std::to_string(run)});
    return rows.empty() ? std::string("gone") : rows.text(0, 0);
  });
}

RunId Ledger::start(const NewRun& run) {
  const std::string token = random_token();
  const std::string correlation_id = run.command + ":" + run.source_identity;
  return Impl::repeated(*this, [&](Connection& c) {
    Transaction transaction(c);
    c.exec(statement("ledger/abandon.sql"), {correlation_id, token});
    const Rows rows =
        c.exec(statement("ledger/start.sql"),
               {token, correlation_id, run.command, valid_text(run.source), run.source_identity,
                valid_text(run.target), run.start_tick, plan_json(run.plan), run.version, worker_});
    transaction.commit();
    return rows.number(0, 0);
  });
}

void Ledger::resume(RunId run, const NewRun& with) {
  Impl::repeated(*this, [&](Connection& c) {
    Transaction transaction(c);
    c.exec(statement("ledger/resume.sql"),
           {std::to_string(run), worker_, plan_json(with.plan), valid_text(with.source),
            valid_text(with.target), with.version});
    const Rows taken = c.exec(statement("ledger/take_back.sql"), {std::to_string(run), worker_});
    c.exec(statement("ledger/event.sql"),
           {std::to_string(run), "info", "run resumed",
            "{\"worker\":" + json_string(worker_) +
                ",\"parts_taken_back\":" + std::to_string(taken.affected) + "}"});
    transaction.commit();
  });
}

void Ledger::finish(RunId run, const std::string& status, const std::string& message) {
  Impl::repeated(*this, [&](Connection& c) {
    Transaction transaction(c);
    // A stage that is still open ended as the run did; a run that is done has no open stage. Stages
    // don't know `abandoned`: nobody goes on with them, and that is all there is to say.
    if (status != "done")
      c.exec(statement("ledger/end_open_stages.sql"),
             {std::to_string(run), status == "abandoned" ? "interrupted" : status});
    c.exec(statement("ledger/finish.sql"), {std::to_string(run), status, valid_text(message)});
    c.exec("SELECT arango2pg.refresh_run_metric($1::bigint)", {std::to_string(run)});
    transaction.commit();
  });
}

void Ledger::event(RunId run, const std::string& severity, const std::string& message,
                   const std::string& detail_json) {
  Impl::repeated(*this, [&](Connection& c) {
    c.exec(statement("ledger/event.sql"),
           {std::to_string(run), severity == "warning" ? "warn" : severity, valid_text(message),
            detail_json});
  });
}

void Ledger::begin_stage(RunId run, const std::string& name) {
  Impl::repeated(*this, [&](Connection& c) {
    c.exec(statement("ledger/begin_stage.sql"), {std::to_string(run), name});
  });
}

void Ledger::end_stage(RunId run, const std::string& name, const std::string& status) {
  Impl::repeated(*this, [&](Connection& c) {
    c.exec(statement("ledger/end_stage.sql"), {std::to_string(run), name, status});
  });
}

bool Ledger::stage_done(RunId run, const std::string& name) {
  return Impl::repeated(*this, [&](Connection& c) {
    return !c.exec(
                 "SELECT FROM arango2pg.run_stage "
                 "WHERE run_id = $1::bigint AND name = $2 AND status = 'done'",
                 {std::to_string(run), name})
                .empty();
  });
}

}  // namespace arango2pg::pg
