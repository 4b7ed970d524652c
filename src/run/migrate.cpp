#include "run/migrate.h"

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <optional>
#include <set>

#include "base/log.h"
#include "base/units.h"
#include "pg/catalog.h"
#include "pg/ledger.h"
#include "pg/loader.h"
#include "run/pipeline.h"
#include "run/plan_run.h"
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
  void find_or_start_run();
  void refuse_changed_plan(const pg::RunRecord& before);
  void prepare_target();
  void create_tables();
  void check_tables();
  void truncate_tables();
  void plan_parts();
  void load();
  void check_counts();
  void finalise();
  Summary summarise(const std::string& status, Exit exit);
  pg::NewRun describe_run() const;
  pg::LoaderConfig loader_config() const;
  [[nodiscard]] bool all_parts_done();
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
  std::set<std::string> merge_;  ///< collections that are re-read from the start: rows go by upsert
  Progress progress_;
  PipelineOutcome outcome_;
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
  ledger_->end_stage(
      run_, name,
      signals_.requested() && name == "load" && !all_parts_done() ? "interrupted" : "done");
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
  for (const auto& name : plan_.unmapped)
    spdlog::warn("collection '{}' is not mapped and will not be migrated", name);
}

pg::NewRun Migration::describe_run() const {
  pg::NewRun run;
  run.command = command_;
  run.source = source_.info().description;
  run.source_identity = source_.info().identity;
  run.target = control_->description();
  run.start_tick = source_.info().start_tick;
  run.plan = plan_.description();
  run.version = ARANGO2PG_VERSION;
  return run;
}

void Migration::find_or_start_run() {
  ledger_.emplace(options_.target.conninfo, worker_name());
  const pg::NewRun now = describe_run();
  ledger_->lock(now.command + ":" + now.source_identity);
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
}

void Migration::refuse_changed_plan(const pg::RunRecord& before) {
  if (!ledger_->stage_done(before.id, "plan")) return;  // nothing was loaded by that plan
  const auto lines = plan_differences(before.plan, plan_.description());
  if (lines.empty()) return;
  std::string text;
  for (const auto& line : lines) text += "\n  " + line;
  if (!options_.accept_plan_change)
    throw Error(
        Exit::usage,
        fmt::format("the plan differs from that of the interrupted run {}:{}", before.id, text),
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
    plan_parts();
    if (!options_.merge)
      for (const auto* table : plan_.tables())
        if (table->indexes_after && !table->is_audit)
          pg::drop_secondary_indexes(*control_, run_, table->table.name);
  });
}

pg::LoaderConfig Migration::loader_config() const {
  pg::LoaderConfig config;
  config.conninfo = options_.target.conninfo;
  config.purpose = "run " + std::to_string(run_);
  config.run = run_;
  config.worker = ledger_->worker();
  config.give_up_after = options_.retry_for;
  for (std::size_t i = 0; i < plan_.plans.size(); ++i) {
    pg::LoadCollection collection;
    collection.name = plan_.collections[i].name;
    const bool merge = options_.merge || merge_.contains(collection.name);
    for (const auto& table : plan_.plans[i]->tables()) {
      pg::LoadTable& load = collection.tables.emplace_back();
      load.name = table.table.name;
      load.columns = table.columns;
      load.format = table.format;
      load.key = table.key;
      load.revision = table.revision;
      load.merge = merge && !table.is_audit;
    }
    switch (plan_.plans[i]->audit()) {
      case mapping::AuditLevel::document:
        collection.audit = pg::Audit::document;
        break;
      case mapping::AuditLevel::batch:
        collection.audit = pg::Audit::batch;
        break;
      case mapping::AuditLevel::off:
        collection.audit = pg::Audit::off;
        break;
    }
    config.collections.push_back(std::move(collection));
  }
  return config;
}

void Migration::load() {
  for (const auto& collection : plan_.collections) {
    auto& shown = progress_.add(collection.name);
    shown.documents_total = collection.count.value_or(0);
  }
  for (const auto& part : ledger_->parts(run_)) {
    const auto it = plan_.index.find(part.spec.collection);
    if (it == plan_.index.end()) continue;
    auto& shown = progress_.collections()[it->second];
    shown.bytes_total += part.spec.bytes;
    if (part.state == "done") {
      shown.read += part.counters.read;
      shown.bytes += part.counters.bytes;
    } else {
      ++shown.parts_left;
      if (!part.spec.resumable && (part.counters.read > 0 || !part.position.empty())) {
        ledger_->restart_part(run_, part.id);
        merge_.insert(part.spec.collection);
      } else {
        shown.read += part.counters.read;
        shown.bytes += part.counters.bytes;
      }
    }
    progress_.read_before += part.counters.read;
    progress_.bytes_before += part.counters.bytes;
  }
  PipelineConfig config;
  config.run = run_;
  config.lanes = options_.jobs;
  config.readers = options_.jobs + 1;
  config.memory = options_.memory;
  config.commit_bytes = options_.batch_size;
  const ProgressDisplay display(progress_, options_.progress);
  for (const auto& wave : plan_.waves()) {
    std::map<std::string, std::uint32_t> names;
    for (const std::uint32_t i : wave) names[plan_.collections[i].name] = i;
    if (signals_.requested()) return;
    outcome_ =
        run_pipeline(config, {source_, *ledger_, plan_.plans, names, loader_config(), progress_},
                     signals_.token());
  }
}

bool Migration::all_parts_done() {
  const auto parts = ledger_->parts(run_);
  return std::all_of(parts.begin(), parts.end(), [&](const auto& p) {
    return p.state == "done" || !plan_.index.contains(p.spec.collection);
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
    ledger_->event(run_, read < least ? "error" : "warn", text);
    if (read < least)
      throw Error(Exit::source, text,
                  "The collection changed under the run, or the source lost documents on the way. "
                  "Migrate it again with "
                  "--fresh --truncate, if possible without writers.");
    spdlog::warn("{}; it was written to during the run", text);
  }
}

void Migration::finalise() {
  const auto indexes = pg::missing_indexes(*control_, run_);
  if (!indexes.empty()) spdlog::info("building {} indexes", indexes.size());
  for (const auto& index : indexes) {
    spdlog::debug("building index {}", index.name);
    pg::rebuild_index(*control_, run_, index);
  }
  for (const auto* table : plan_.tables())
    control_->exec("ANALYZE " + pg::quote(table->table.name));
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
    if (i < progress_.collections().size()) {
      const auto& p = progress_.collections()[i];
      c.seconds = static_cast<double>(std::max<std::int64_t>(0, p.last_ms - p.first_ms)) / 1000;
    }
    s.collections.push_back(std::move(c));
  }
  s.stages = stages_;
  s.seconds = static_cast<double>(progress_.elapsed().count()) / 1000;
  s.bound_by = outcome_.bound_by;
  s.peak_memory = peak_memory();
  return s;
}

Summary Migration::run() {
  preflight();
  find_or_start_run();
  try {
    if (!(resumed_ && ledger_->stage_done(run_, "plan")))
      prepare_target();
    else
      plan_parts();  // collections that an accepted plan change brought in
    stage("load", [&] { load(); });
    if (!all_parts_done()) {
      ledger_->release(run_);
      ledger_->finish(run_, "interrupted", "stopped by a signal");
      return summarise("interrupted", Exit::interrupted);
    }
    check_counts();
    stage("finalise", [&] { finalise(); });
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
