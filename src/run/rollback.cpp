#include "run/rollback.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "base/log.h"
#include "base/units.h"
#include "pg/catalog.h"
#include "pg/ledger.h"
#include "run/json_text.h"
#include "run/text_table.h"
#include "run/worker.h"

namespace arango2pg::run {
namespace {

constexpr const char* start_over =
    "To start over all the same, empty the tables and load them again: `arango2pg migrate --fresh "
    "--truncate`.";

/// One rollback; each member function is a paragraph of the story that run() tells.
class Rollback {
 public:
  Rollback(const TargetOptions& target, RunId run, bool dry_run)
      : target_(target), dry_run_(dry_run), connection_(target.conninfo, "rollback") {
    report_.run = run;
    report_.dry_run = dry_run;
  }

  RollbackReport run() {
    find_run();
    if (report_.was_rolled_back) return report_;
    // Nobody may work on the run meanwhile.
    pg::Ledger ledger(target_.conninfo, worker_name());
    ledger.lock(correlation_id_);
    pg::Transaction transaction(connection_);
    connection_.exec("SELECT FROM arango2pg.run WHERE id = $1::bigint FOR UPDATE", {id()});
    tables_ = pg::recorded_tables(connection_, report_.run);
    refuse_unknown_tables();
    refuse_later_runs();
    lock_tables();
    for (const pg::RunTable& table : tables_) look_at(table);
    report_.quarantined = static_cast<std::uint64_t>(
        connection_
            .exec(
                "SELECT count(*) FROM arango2pg.quarantine WHERE run_id = $1::bigint AND status = "
                "'open'",
                {id()})
            .number(0, 0));
    if (dry_run_) return report_;
    const auto undone = undo();
    for (std::size_t i = 0; i < tables_.size(); ++i)
      if (tables_[i].merge) report_.tables[i] = undone[i];
    transaction.commit();
    ledger.event(report_.run, "info", "rolled back", to_json(report_));
    rebuild_indexes();
    return report_;
  }

 private:
  [[nodiscard]] std::string id() const { return std::to_string(report_.run); }

  [[noreturn]] void refuse(const std::string& why, const std::string& hint) const {
    throw Error(Exit::target, fmt::format("run {} can't be rolled back: {}", report_.run, why),
                hint);
  }

  void find_run() {
    const pg::Rows known =
        connection_.exec("SELECT to_regclass('arango2pg.run'), to_regclass('arango2pg.run_table')");
    const pg::Rows found =
        known.text(0, 0).empty()
            ? pg::Rows()
            : connection_.exec(
                  "SELECT command, status, correlation_id FROM arango2pg.run WHERE id = $1::bigint",
                  {id()});
    if (found.empty())
      throw Error(Exit::usage,
                  fmt::format("there is no run {} in {}", report_.run, connection_.description()),
                  "`arango2pg status` lists the runs.");
    report_.command = found.text(0, 0);
    report_.was_rolled_back = found.text(0, 1) == "rolled_back";
    correlation_id_ = found.text(0, 2);
  }

  void refuse_unknown_tables() {
    if (!tables_.empty()) return;
    const bool wrote =
        connection_
            .exec(
                "SELECT EXISTS (SELECT FROM arango2pg.audit_log WHERE run_id = $1::bigint AND "
                "action <> 'reject') OR EXISTS (SELECT FROM arango2pg.part p JOIN arango2pg.run r "
                "ON r.id = p.run_id WHERE r.id = $1::bigint AND r.command <> 'verify' AND "
                "p.written + p.updated + p.deleted > 0)",
                {id()})
            .is_true(0, 0);
    if (wrote)
      refuse("which tables it wrote is not recorded (an older version of the program loaded them)",
             start_over);
  }

  void refuse_later_runs() {
    const auto later = pg::later_runs(connection_, report_.run);
    if (later.empty()) return;
    refuse(fmt::format("run {} ({}) wrote table '{}' after it", later.front().run,
                       later.front().command, later.front().table.text()),
           fmt::format("Runs are undone in reverse order: first `arango2pg rollback {}`. {}",
                       later.front().run, start_over));
  }

  /// From the look at a table to its undoing nobody may change it.
  void lock_tables() {
    for (const pg::RunTable& table : tables_) {
      if (!pg::read_table(connection_, table.name))
        refuse(
            fmt::format("its table '{}' is gone", table.name.text()),
            "There is nothing left to undo in it; restore the table, or leave the run as it is.");
      if (!dry_run_)
        connection_.exec("LOCK TABLE " + pg::quote(table.name) + " IN SHARE ROW EXCLUSIVE MODE");
    }
  }

  void look_at(const pg::RunTable& table) {
    pg::Undone& undone = report_.tables.emplace_back();
    undone.table = table.name;
    if (table.merge)
      look_at_changes(table, undone);
    else
      look_at_rows(table, undone);
  }

  /// The table was empty before: all its rows go, if all are the run's.
  void look_at_rows(const pg::RunTable& table, pg::Undone& undone) {
    undone.removed = pg::rows_present(connection_, table.name);
    const std::uint64_t written = pg::rows_written(connection_, report_.run, table.name);
    if (undone.removed <= written) return;
    refuse(fmt::format("table '{}' has {} rows, but the run wrote {}: others have added some",
                       table.name.text(), format_count(undone.removed), format_count(written)),
           "Move their rows out of the table first; nobody can tell them from the run's.");
  }

  void look_at_changes(const pg::RunTable& table, pg::Undone& undone) {
    const pg::KeptRows kept = pg::kept_rows(connection_, report_.run, table.name);
    undone.removed = kept.inserted;
    undone.restored = kept.changed;
    if (!kept.same_columns)
      refuse(fmt::format("the columns of table '{}' have changed since", table.name.text()),
             "Rows that were kept as they were fit the old columns only: put these back first.");
    if (table.keep_before) return;
    const bool wrote =
        connection_
            .exec(
                "SELECT EXISTS (SELECT FROM arango2pg.audit_log WHERE run_id = $1::bigint AND "
                "action <> 'reject') OR EXISTS (SELECT FROM arango2pg.part WHERE run_id = "
                "$1::bigint AND written + updated + deleted > 0)",
                {id()})
            .is_true(0, 0);
    if (!wrote) return;
    refuse(
        fmt::format("it changed rows of table '{}' that were there before, and how they were is "
                    "not kept",
                    table.name.text()),
        std::string("Write `audit: { keep_before: true }` into the mapping for the next time. ") +
            start_over);
  }

  /// Rows of others may point at the run's, a trigger may object …
  std::vector<pg::Undone> undo() {
    try {
      return pg::undo(connection_, report_.run, tables_);
    } catch (const Error& e) {
      if (e.retryable()) throw;
      refuse(e.what(),
             "Nothing was changed. Take out of the way what PostgreSQL names, and say the "
             "same command again.");
    }
  }

  /// A load that did not come to its end has left the tables without their secondary indexes.
  void rebuild_indexes() {
    for (const auto& index : pg::missing_indexes(connection_, report_.run)) {
      pg::rebuild_index(connection_, report_.run, index);
      ++report_.indexes;
    }
  }

  const TargetOptions& target_;
  const bool dry_run_;
  pg::Connection connection_;
  std::string correlation_id_;
  std::vector<pg::RunTable> tables_;
  RollbackReport report_;
};

}  // namespace

RollbackReport rollback(const TargetOptions& target, RunId run, bool dry_run) {
  return Rollback(target, run, dry_run).run();
}

std::string to_text(const RollbackReport& r) {
  if (r.was_rolled_back) return fmt::format("run {} is rolled back already\n", r.run);
  std::string out;
  if (!r.tables.empty()) {
    std::vector<std::vector<std::string>> rows = {{"table", "", "removed", "restored"}};
    std::uint64_t removed = 0, restored = 0;
    for (const pg::Undone& t : r.tables) {
      rows.push_back({t.table.text(), "", format_count(t.removed), format_count(t.restored)});
      removed += t.removed;
      restored += t.restored;
    }
    rows.push_back({"total", "", format_count(removed), format_count(restored)});
    out = text_table(rows) + "\n";
  }
  if (r.dry_run)
    return out +
           fmt::format("run {} ({}) can be rolled back; nothing was changed\n", r.run, r.command);
  out += fmt::format("run {} ({}) is rolled back", r.run, r.command);
  if (r.quarantined > 0)
    out += fmt::format("; its {} documents in quarantine are discarded", r.quarantined);
  if (r.indexes > 0) out += fmt::format("; {} indexes are built again", r.indexes);
  return out + "\n";
}

std::string to_json(const RollbackReport& r) {
  std::string tables;
  for (const pg::Undone& t : r.tables)
    tables +=
        fmt::format(R"({}{{"table":{},"removed":{},"restored":{}}})", tables.empty() ? "" : ",",
                    json_text(t.table.text()), t.removed, t.restored);
  return fmt::format(
      R"({{"run":{},"command":"rollback","of":{},"status":{},"exit":0,"dry_run":{},"tables":[{}],)"
      R"("quarantined":{},"indexes":{}}})",
      r.run, json_text(r.command),
      json_text(r.dry_run           ? "possible"
                : r.was_rolled_back ? "rolled back before"
                                    : "rolled back"),
      r.dry_run, tables, r.quarantined, r.indexes);
}

void record_tables(pg::Connection& connection, RunId run, const RunPlan& plan, bool merge) {
  std::vector<pg::RunTable> tables;
  for (const mapping::TargetTable* table : plan.tables())
    if (!table->is_audit)
      tables.push_back({table->table.name, table->key, merge, table->keep_before});
  pg::record_tables(connection, run, tables);
}

}  // namespace arango2pg::run
