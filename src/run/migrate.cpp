#include "run/migrate.h"

#include <malloc.h>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <thread>

#include "arango/live.h"
#include "base/log.h"
#include "base/units.h"
#include "pg/catalog.h"
#include "pg/ledger.h"
#include "pg/sync.h"
#include "run/ceiling.h"
#include "run/finalise.h"
#include "run/load_stage.h"
#include "run/plan_run.h"
#include "run/rollback.h"
#include "run/worker.h"

namespace arango2pg::run {
namespace {

using Clock = std::chrono::steady_clock;

/// One migrate run; each member function is a paragraph of the story that run() tells.
class Migration {
 public:
  Migration(doc::Source& source, std::string command, const MigrateOptions& options,
            const SignalWatch& signals)
      : source_(source), command_(std::move(command)), options_(options), signals_(signals) {}
  Summary run();

 private:
  void preflight();
  bool find_or_start_run();
  Summary lead();
  std::optional<Summary> help();
  bool wait_for_plan(RunId run);
  void refuse_changed_plan(const pg::RunRecord& before);
  void prepare_target();
  void create_tables();
  void check_tables();
  void truncate_tables();
  void plan_parts();
  void measure_ceiling();
  void load(LoadStage& load);
  std::unique_ptr<arango::LogKeeper> keep_log();
  void remember_collections();
  void check_counts();
  Summary summarise(const std::string& status, Exit exit);
  pg::NewRun describe_run() const;
  template <class F>
  void stage(const std::string& name, F&& body);

  doc::Source& source_;
  const std::string command_;
  const MigrateOptions& options_;
  const SignalWatch& signals_;
  std::optional<pg::Connection> control_;
  std::optional<pg::Ledger> ledger_;
  RunPlan plan_;
  RunId run_ = 0;
  bool resumed_ = false;
  std::map<std::string, std::string> revisions_;  ///< of collections, before they are read
  bool stopped_early_ = false;                    ///< by a signal, while there was work left
  std::optional<Progress> progress_;
  PipelineOutcome outcome_;
  double ceiling_ = 0;
  std::vector<StageSummary> stages_;
};

/// Runs one stage with its time in the summary and its state in the ledger.
template <class F>
void Migration::stage(const std::string& name, F&& body) {
  const auto begun = Clock::now();
  ledger_->begin_stage(run_, name);
  try {
    body();
  } catch (...) {
    try {
      ledger_->end_stage(run_, name, "failed");
    } catch (const Error& e) {
      spdlog::debug("stage {} could not be marked as failed: {}", name, e.what());
    }
    throw;
  }
  ledger_->end_stage(run_, name, stopped_early_ ? "interrupted" : "done");
  stages_.push_back({name, std::chrono::duration<double>(Clock::now() - begun).count()});
}

/// Reachability, versions and rights of both sides, before anything is read or written.
void Migration::preflight() {
  if (options_.truncate && options_.merge)
    throw Error(
        Exit::usage, "--truncate and --merge exclude each other",
        "Use --truncate to replace the rows of the target tables, --merge to upsert into them.");
  const auto& info = source_.info();
  spdlog::info("source: {}", info.description);
  for (const auto& w : info.warnings) spdlog::warn("{}", w);
  control_.emplace(options_.target.conninfo, "plan");
  pg::check_target(*control_);
  spdlog::info("target: {}", control_->description());
  plan_ = make_plan(options_, source_, &*control_);
  for (const auto& c : plan_.collections) revisions_[c.name] = source_.revision(c.name);
  for (const auto& name : plan_.unmapped)
    spdlog::warn("collection '{}' is not mapped and will not be migrated", name);
}

/// A resync needs the log from where the run began, which may take longer than a server keeps it.
std::unique_ptr<arango::LogKeeper> Migration::keep_log() {
  const auto& info = source_.info();
  if (info.kind != "server" || info.start_tick.empty()) return nullptr;
  const std::string tick = control_
                               ->exec("SELECT start_tick FROM arango2pg.run WHERE id = $1::bigint",
                                      {std::to_string(run_)})
                               .text(0, 0);
  auto keeper = std::make_unique<arango::LogKeeper>(
      options_.source, std::strtoull(tick.c_str(), nullptr, 10),
      arango::LiveServer::syncer_id(info.identity, control_->description()));
  if (resumed_) return keeper;
  // The log may have been dropped between the two. Nothing has been read yet: from here it is kept.
  std::string why_not;
  if (const auto now = arango::LiveServer(options_.source).last_tick(why_not))
    pg::set_start_tick(*control_, run_, std::to_string(*now));
  return keeper;
}

/// Which collection is which: a resync can then tell another one of the same name.
void Migration::remember_collections() {
  if (source_.info().kind != "server") return;
  std::vector<std::pair<std::string, std::string>> guids;
  for (const auto& facts : arango::LiveServer(options_.source).collections())
    if (plan_.index.contains(facts.name)) guids.emplace_back(facts.name, facts.globally_unique_id);
  pg::remember_guids(*control_, source_.info().identity, guids);
}

pg::NewRun Migration::describe_run() const {
  pg::NewRun run;
  run.command = command_;
  run.source = source_.info().description;
  run.source_identity = source_.info().identity;
  run.target = control_->description();
  run.start_tick = source_.info().start_tick;
  run.plan = plan_.description();
  run.plan.emplace_back("load", options_.merge ? "upsert by key" : "insert");
  run.version = ARANGO2PG_VERSION;
  return run;
}

/// True if the run is ours to lead; with --join another process may do that.
bool Migration::find_or_start_run() {
  if (!ledger_) ledger_.emplace(options_.target.conninfo, worker_name());
  const pg::NewRun now = describe_run();
  const std::string correlation_id = now.command + ":" + now.source_identity;
  if (!options_.join)
    ledger_->lock(correlation_id);
  else if (!ledger_->try_lock(correlation_id))
    return false;
  auto before = ledger_->unfinished(now.command, now.source_identity);
  if (before && options_.fresh) {
    ledger_->finish(before->id, "abandoned", "superseded by --fresh");
    before.reset();
  }
  if (before) {
    refuse_changed_plan(*before);
    run_ = before->id;
    resumed_ = true;
    ledger_->resume(run_, now);
    spdlog::info("run {} goes on where it was interrupted (--fresh would start anew)", run_);
  } else {
    run_ = ledger_->start(now);
    spdlog::info("run {} begins: {} collections, {} lanes", run_, plan_.collections.size(),
                 options_.jobs);
  }
  return true;
}

void Migration::refuse_changed_plan(const pg::RunRecord& before) {
  if (!ledger_->stage_done(before.id, "plan")) return;  // nothing was loaded by that plan
  const auto lines = plan_differences(before.plan, describe_run().plan);
  if (lines.empty()) return;
  std::string text;
  for (const auto& line : lines) text += "\n  " + line;
  if (!options_.accept_plan_change)
    throw Error(
        Exit::usage,
        fmt::format("the plan differs from that of run {}, which is not finished:{}", before.id,
                    text),
        "Undo the change to go on, or say --accept-plan-change (rows that are already loaded stay "
        "as they are), "
        "or --fresh to start anew.");
  spdlog::warn("going on with a changed plan:{}", text);
}

void Migration::create_tables() {
  pg::Transaction transaction(*control_);
  for (const auto* table : plan_.tables()) {
    if (!table->create || pg::read_table(*control_, table->table.name)) continue;
    for (const auto& sql : table->create_sql) control_->exec(sql);
    spdlog::info("created table {}", table->table.name.text());
  }
  transaction.commit();
}

void Migration::check_tables() {
  for (const auto* table : plan_.tables()) {
    const TableName& name = table->table.name;
    for (const auto& column : pg::slow_compression(*control_, name))
      spdlog::info(
          "column '{}' of '{}' is compressed by pglz; lz4 loads large documents nearly twice as "
          "fast: ALTER TABLE {} ALTER COLUMN {} SET COMPRESSION lz4",
          column, name.text(), pg::quote(name), pg::quote(column));
    pg::check_privileges(*control_, name, options_.truncate, options_.merge);
    if (!options_.truncate && !options_.merge && !table->is_audit &&
        pg::holds_rows(*control_, name))
      throw Error(Exit::target, fmt::format("table '{}' holds rows already", name.text()),
                  "Say --truncate to empty the target tables first, or --merge to upsert by key; "
                  "`arango2pg status` "
                  "tells whether an earlier run has done its work.");
  }
}

void Migration::truncate_tables() {
  std::string list;
  for (const auto* table : plan_.tables())
    if (!table->is_audit) list += (list.empty() ? "" : ", ") + pg::quote(table->table.name);
  control_->exec("TRUNCATE " + list);
  spdlog::info("emptied {}", list);
}

/// Cuts the collections that have no parts yet; the same run is never cut twice.
void Migration::plan_parts() {
  std::set<std::string> planned;
  for (const auto& part : ledger_->parts(run_)) planned.insert(part.spec.collection);
  std::vector<doc::PartSpec> parts;
  doc::SplitOptions split;
  split.lanes = options_.jobs;
  for (const auto& collection : plan_.collections) {
    if (planned.contains(collection.name)) continue;
    auto more = source_.split(collection, split);
    parts.insert(parts.end(), std::make_move_iterator(more.begin()),
                 std::make_move_iterator(more.end()));
  }
  ledger_->add_parts(run_, parts);
}

void Migration::prepare_target() {
  stage("plan", [&] {
    create_tables();
    check_tables();
    if (options_.truncate) truncate_tables();
    record_tables(*control_, run_, plan_, options_.merge);
    plan_parts();
    if (!options_.merge)
      for (const auto* table : plan_.tables())
        if (table->indexes_after && !table->is_audit)
          pg::drop_secondary_indexes(*control_, run_, table->table.name);
  });
}

/// What was read against what the source says it holds. A source that is written to meanwhile may
/// differ in between.
void Migration::check_counts() {
  const auto counters = ledger_->counters(run_);
  for (const auto& collection : plan_.collections) {
    const auto now = source_.count(collection.name);
    if (!now) continue;
    const auto it = counters.find(collection.name);
    const std::uint64_t read = it == counters.end() ? 0 : it->second.read;
    if (read == *now) continue;
    const std::uint64_t least = std::min(*now, collection.count.value_or(*now));
    const std::string text =
        fmt::format("collection '{}': {} documents read, but the source counts {}{}",
                    collection.name, read, *now,
                    collection.count && *collection.count != *now
                        ? fmt::format(" (and counted {} before)", *collection.count)
                        : std::string());
    // Writers can take away what was not read yet, and add what was passed already.
    const auto mark = revisions_.find(collection.name);
    const bool can_tell = mark != revisions_.end() && !mark->second.empty();
    const bool untouched =
        !can_tell || (!resumed_ && mark->second == source_.revision(collection.name));
    const bool lost = read < least && untouched;
    ledger_->event(run_, lost ? "error" : "warn", text);
    if (lost)
      throw Error(Exit::source, text,
                  "The collection changed under the run, or the source lost documents on the way. "
                  "Migrate it again with "
                  "--fresh --truncate, if possible without writers.");
    spdlog::warn("{}; it was written to during the run", text);
  }
}

Summary Migration::summarise(const std::string& status, Exit exit) {
  Summary s;
  s.run = run_;
  s.command = command_;
  s.status = status;
  s.exit = exit;
  const auto counters = ledger_->counters(run_);
  auto notes = ledger_->notes(run_);
  for (std::size_t i = 0; i < plan_.collections.size(); ++i) {
    CollectionSummary c;
    c.collection = plan_.collections[i].name;
    for (const auto& t : plan_.plans[i]->tables())
      (t.is_audit ? c.audit_tables : c.tables).push_back(t.table.name.text());
    if (!c.tables.empty()) c.table = c.tables.front();
    if (const auto it = counters.find(c.collection); it != counters.end()) c.counters = it->second;
    c.notes = std::move(notes[c.collection]);
    if (i < progress_->collections().size()) {
      const auto& p = progress_->collections()[i];
      c.seconds = static_cast<double>(std::max<std::int64_t>(0, p.last_ms - p.first_ms)) / 1000;
    }
    s.collections.push_back(std::move(c));
  }
  s.stages = stages_;
  s.seconds = static_cast<double>(progress_->elapsed().count()) / 1000;
  s.bound_by = outcome_.bound_by;
  s.ceiling = ceiling_;
  s.peak_memory = peak_memory();
  return s;
}

/// Not a stage of the ledger: it leaves nothing behind that a later process could go on from.
void Migration::measure_ceiling() {
  const auto begun = Clock::now();
  try {
    ceiling_ = run::measure_ceiling(source_, options_, plan_, *ledger_, run_, signals_.token());
  } catch (const Error& e) {
    // A row that the target refuses goes to quarantine in the load; here it only ends the
    // measuring.
    spdlog::warn("the ceiling is not known: {}", e.what());
  }
  stages_.push_back({"ceiling", std::chrono::duration<double>(Clock::now() - begun).count()});
  if (ceiling_ > 0)
    spdlog::info("the target takes {}/s by plain COPY with {} lanes",
                 format_size(static_cast<std::uint64_t>(ceiling_)), options_.jobs);
  malloc_trim(0);       // what was read for this is not kept beside what the load needs
  progress_.emplace();  // the run's time and rate begin behind it
}

void Migration::load(LoadStage& load) {
  stage("load", [&] {
    outcome_ = load.run();
    stopped_early_ = signals_.requested() && !load.all_parts_done();
  });
}

Summary Migration::lead() {
  try {
    const auto keeper = keep_log();
    if (!resumed_) remember_collections();
    if (!(resumed_ && ledger_->stage_done(run_, "plan")))
      prepare_target();
    else
      plan_parts();  // collections that an accepted plan change brought in
    if (options_.measure_ceiling) measure_ceiling();
    LoadStage load_stage(source_, options_, signals_, plan_, *ledger_, *progress_, run_, false);
    load(load_stage);
    if (stopped_early_) {
      ledger_->release(run_);
      ledger_->finish(run_, "interrupted", "stopped by a signal");
      return summarise("interrupted", Exit::interrupted);
    }
    check_counts();
    stage("finalise", [&] { finalise(*control_, *ledger_, options_, run_, plan_); });
  } catch (const std::exception& e) {
    try {
      ledger_->release(run_);
      ledger_->finish(run_, "failed", e.what());
    } catch (const Error& later) {
      spdlog::debug("run {} could not be marked as failed: {}", run_, later.what());
    }
    throw;
  }
  Summary summary = summarise("done", Exit::done);
  if (summary.totals().quarantined > options_.max_quarantined) summary.exit = Exit::quarantined;
  ledger_->finish(run_,
                  "done");  // the last thing: a kill before it is repaired by the same command
  return summary;
}

/// Until the leader has cut the collections into parts. False: it ended before, or a signal came.
bool Migration::wait_for_plan(RunId run) {
  while (!ledger_->stage_done(run, "plan")) {
    if (signals_.requested() || !ledger_->has_leader(run)) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  return true;
}

/// Takes parts of the run that another process leads. Nothing if the leader is gone before the run
/// is done: then somebody has to lead it.
std::optional<Summary> Migration::help() {
  const pg::NewRun now = describe_run();
  const auto run = ledger_->unfinished(now.command, now.source_identity);
  if (!run || !wait_for_plan(run->id)) {
    if (signals_.requested()) return summarise("interrupted", Exit::interrupted);
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    return std::nullopt;
  }
  refuse_changed_plan(*run);
  run_ = run->id;
  spdlog::info("helping with run {}", run_);
  LoadStage load_stage(source_, options_, signals_, plan_, *ledger_, *progress_, run_, true);
  try {
    outcome_ = load_stage.run();
  } catch (...) {
    ledger_->release(run_);
    throw;
  }
  spdlog::info("helped with run {}: {} rows written by this process", run_, outcome_.rows);
  if (signals_.requested()) {
    ledger_->release(run_);
    return summarise("interrupted", Exit::interrupted);
  }
  while (ledger_->status(run_) == "running" && ledger_->has_leader(run_) && !signals_.requested())
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  if (ledger_->status(run_) != "done" && !signals_.requested()) return std::nullopt;
  Summary summary = summarise(ledger_->status(run_), Exit::done);
  if (summary.status != "done")
    summary.exit = Exit::interrupted;
  else if (summary.totals().quarantined > options_.max_quarantined)
    summary.exit = Exit::quarantined;
  return summary;
}

Summary Migration::run() {
  preflight();
  for (;;) {
    progress_.emplace();
    stages_.clear();
    if (find_or_start_run()) return lead();
    if (auto summary = help()) return *summary;
  }
}

}  // namespace

Summary migrate_from(doc::Source& source, const std::string& command, const MigrateOptions& options,
                     const SignalWatch& signals) {
  return Migration(source, command, options, signals).run();
}

Summary migrate(const MigrateOptions& options, const SignalWatch& signals) {
  const auto source = arango::open_source(options.source);
  return migrate_from(*source, "migrate", options, signals);
}

}  // namespace arango2pg::run
