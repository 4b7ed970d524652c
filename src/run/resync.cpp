#include "run/resync.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/log.h"
#include "base/units.h"
#include "mapping/spec.h"
#include "pg/catalog.h"
#include "run/migrate.h"
#include "run/resync_job.h"
#include "run/rollback.h"
#include "run/worker.h"

namespace arango2pg::run {
namespace {

using Clock = std::chrono::steady_clock;
using End = SyncOutcome::End;

constexpr std::array<std::string_view, 4> strategies = {"auto", "wal", "revisions", "watermark"};
constexpr std::array<std::string_view, 4> policies = {"report", "follow", "ignore", "refuse"};

/// "app" of "arangodb:114433:1:app" and of "dump:app:188344:9c0f…"; empty if it doesn't tell.
std::string database_of(const std::string& identity) {
  if (identity.starts_with("arangodb:")) {
    std::size_t at = identity.find(':', 9);
    if (at != std::string::npos) at = identity.find(':', at + 1);
    return at == std::string::npos ? "" : identity.substr(at + 1);
  }
  if (!identity.starts_with("dump:")) return {};
  const std::size_t end = identity.rfind(':', identity.rfind(':') - 1);
  return end == std::string::npos || end < 5 ? "" : identity.substr(5, end - 5);
}

/// The source with collections that it no longer has: their rows still have a mapping.
class WithThoseGone final : public doc::Source {
 public:
  WithThoseGone(doc::Source& source, std::vector<doc::CollectionInfo> there,
                const std::set<std::string>& gone)
      : source_(source), there_(std::move(there)), gone_(gone) {}
  const doc::SourceInfo& info() override { return source_.info(); }
  std::vector<doc::CollectionInfo> collections() override {
    auto all = there_;
    for (const auto& name : gone_) {
      doc::CollectionInfo info;
      info.name = name;
      info.system = name.starts_with('_');
      info.count = 0;
      all.push_back(std::move(info));
    }
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return all;
  }
  std::vector<doc::PartSpec> split(const doc::CollectionInfo& c,
                                   const doc::SplitOptions& options) override {
    return source_.split(c, options);
  }
  std::unique_ptr<doc::Reader> open(std::vector<doc::PartTask> parts, ByteBudget& budget) override {
    return source_.open(std::move(parts), budget);
  }
  std::optional<std::uint64_t> count(const std::string& c) override { return source_.count(c); }

 private:
  doc::Source& source_;
  const std::vector<doc::CollectionInfo> there_;
  const std::set<std::string>& gone_;
};

class Resync {
 public:
  Resync(const ResyncOptions& options, const SignalWatch& signals)
      : options_(options), signals_(signals) {}
  Summary run();

 private:
  void preflight();
  void find_starts();
  void refuse_unfinished_migrate();
  [[nodiscard]] bool wanted(const std::string& name) const;
  void plan();
  void load_fresh(const std::set<std::string>& fresh);
  void refuse_older_files();
  ResyncStrategy choose(std::string& why);
  std::string why_not_wal();
  void begin(ResyncStrategy strategy);
  SyncOutcome work(ResyncStrategy strategy);
  SyncOutcome compare_instead(const SyncOutcome& outcome, ResyncStrategy& strategy);
  bool pause();
  Summary finish(const SyncOutcome& outcome);
  Summary summarise(const std::string& status, Exit exit);

  const ResyncOptions& options_;
  const SignalWatch& signals_;
  std::unique_ptr<doc::Source> source_;
  std::optional<arango::LiveServer> live_;
  std::optional<pg::Connection> control_;
  std::optional<pg::Ledger> ledger_;
  std::map<std::string, pg::SyncStart> starts_;
  std::set<std::string> mapped_;  ///< collections that mapping files read
  Drift drift_;                   ///< as far as it was not followed
  std::optional<ResyncJob> job_;
  RunId run_ = 0;
  Progress progress_;
  Clock::time_point begun_ = Clock::now();
};

void Resync::preflight() {
  source_ = arango::open_source(options_.migrate.source);
  const auto& info = source_->info();
  spdlog::info("source: {}", info.description);
  if (info.kind == "server" || info.kind == "cluster") live_.emplace(options_.migrate.source);
  control_.emplace(options_.migrate.target.conninfo, "resync");
  pg::check_target(*control_);
  spdlog::info("target: {}", control_->description());
  ledger_.emplace(options_.migrate.target.conninfo, worker_name());
  ledger_->lock("resync:" + info.identity);
  if (!options_.migrate.mapping.empty())
    for (const auto& spec : mapping::load(options_.migrate.mapping)) mapped_.insert(spec.from);
}

/// What can be brought up to date is what was loaded, from this source or from a dump of it.
void Resync::find_starts() {
  const std::string& identity = source_->info().identity;
  starts_ = pg::sync_starts(*control_, identity);
  std::erase_if(starts_, [&](const auto& entry) {
    const std::string& of = entry.second.identity;
    if (of == identity || of.starts_with("jsonl:") || identity.starts_with("jsonl:")) return false;
    return database_of(of) != database_of(identity);
  });
  refuse_unfinished_migrate();
  if (starts_.empty())
    throw Error(Exit::usage, "nothing of this source has been loaded into this target yet",
                "Run `arango2pg migrate` with the same --source, --target and --mapping first.");
}

void Resync::refuse_unfinished_migrate() {
  const auto migrate = ledger_->unfinished("migrate", source_->info().identity);
  if (!migrate) return;
  for (const auto& part : ledger_->parts(migrate->id))
    if (starts_.empty() || starts_.contains(part.spec.collection))
      throw Error(Exit::usage,
                  fmt::format("migrate run {} of this source is not finished ({})", migrate->id,
                              migrate->status),
                  "Run `arango2pg migrate` again with the same arguments until it is done.");
}

bool Resync::wanted(const std::string& name) const {
  const auto& options = options_.migrate;
  if (!options.collections.empty() &&
      std::find(options.collections.begin(), options.collections.end(), name) ==
          options.collections.end())
    return false;
  if (!options.mapping.empty()) return mapped_.contains(name);
  return !name.starts_with('_') || options.source.include_system || !options.collections.empty();
}

void Resync::plan() {
  std::set<std::string> there, gone;
  auto collections = source_->collections();
  for (const auto& c : collections) there.insert(c.name);
  for (const auto& [name, start] : starts_)
    // A directory of another make may just not hold all collections.
    if (!there.contains(name) && wanted(name) &&
        (start.identity == source_->info().identity || live_))
      gone.insert(name);
  MigrateOptions options = options_.migrate;
  options.changes = true;
  WithThoseGone view(*source_, std::move(collections), gone);
  RunPlan full = make_plan(options, view, &*control_);
  Drift seen;
  std::map<std::string, std::string> by_guid;
  if (live_)
    for (const auto& facts : live_->collections()) by_guid[facts.globally_unique_id] = facts.name;
  for (const auto& c : full.collections) {
    if (gone.contains(c.name)) {
      seen.gone.insert(c.name);
      const auto now = by_guid.find(starts_[c.name].guid);
      if (now != by_guid.end()) seen.renamed[c.name] = now->second;
    } else if (!starts_.contains(c.name)) {
      seen.fresh.insert(c.name);
    }
  }
  const bool follow = options_.drift == DriftPolicy::follow;
  for (const auto& line : seen.lines())
    spdlog::log(follow ? spdlog::level::info : spdlog::level::warn, "{}", line);
  if (seen.any() && options_.drift == DriftPolicy::refuse)
    throw Error(Exit::source, "the source's collections changed: " + seen.lines().front(),
                "Say --drift follow, report or ignore to go on.");
  if (follow && !seen.fresh.empty()) {
    load_fresh(seen.fresh);
    return plan();
  }
  std::set<std::string> leave_out;
  if (!follow) {
    drift_ = seen;
    leave_out = seen.fresh;
    leave_out.insert(seen.gone.begin(), seen.gone.end());
  }
  ResyncJob job{options_,
                signals_,
                *source_,
                live_ ? &*live_ : nullptr,
                *control_,
                *ledger_,
                arranged(std::move(full), leave_out),
                starts_,
                follow ? seen.gone : std::set<std::string>(),
                [this](const std::string& name) { return wanted(name); },
                run_,
                progress_};
  job_.emplace(std::move(job));
  if (job_->plan.collections.empty())
    throw Error(Exit::source, "none of the collections that were loaded is left in the source",
                "Say --drift follow to let their rows go, too.");
}

/// New collections are a small migrate of their own.
void Resync::load_fresh(const std::set<std::string>& fresh) {
  MigrateOptions options = options_.migrate;
  options.collections.assign(fresh.begin(), fresh.end());
  options.merge = true;
  options.truncate = false;
  options.fresh = true;
  // A source knows its position from when it was opened: the log is followed from there.
  const auto source = arango::open_source(options.source);
  const Summary summary = migrate_from(*source, "migrate", options, signals_);
  if (summary.status != "done")
    throw Error(Exit::interrupted, "stopped while loading new collections",
                "Run the same command again to go on.");
  find_starts();
}

/// Empty if the log can be followed from where the collections stand.
std::string Resync::why_not_wal() {
  if (!live_) return "files hold no log";
  if (source_->info().kind == "cluster") return "a cluster has no common log";
  std::uint64_t least = ~std::uint64_t{0};
  for (const auto& collection : job_->plan.collections) {
    if (job_->gone.contains(collection.name)) continue;
    const std::string& tick = starts_[collection.name].tick;
    if (tick.empty())
      return fmt::format("the log position of collection '{}' is not known", collection.name);
    least = std::min(least, tick_number(tick));
  }
  std::string why_not;
  live_->log_since(least, why_not);
  return why_not;
}

/// What is not in an old dump would go, although it came later.
void Resync::refuse_older_files() {
  const std::string& tick = source_->info().start_tick;
  if (tick.empty()) return;
  for (const auto& collection : job_->plan.collections) {
    const std::uint64_t held =
        std::max(tick_number(starts_[collection.name].tick),
                 pg::newest_position(*control_, database_of(job_->identity()), collection.name));
    if (held > tick_number(tick))
      throw Error(
          Exit::usage,
          fmt::format("this dump (tick {}) is older than what the target holds of '{}' (tick "
                      "{})",
                      tick, collection.name, held),
          "Use a newer dump, or the server itself as --source.");
  }
}

ResyncStrategy Resync::choose(std::string& why) {
  const ResyncStrategy wish = options_.strategy;
  if (wish == ResyncStrategy::watermark) {
    if (!live_)
      throw Error(Exit::usage, "watermarks need a running server",
                  "Compare files with `--strategy revisions`.");
    why = "as asked for";
    return wish;
  }
  if (!live_) refuse_older_files();
  if (wish == ResyncStrategy::revisions) {
    why = "as asked for";
    return wish;
  }
  const std::string why_not = why_not_wal();
  if (why_not.empty()) {
    why = "the server's log reaches back to where the collections stand";
    return ResyncStrategy::wal;
  }
  if (wish == ResyncStrategy::wal)
    throw Error(!live_ || source_->info().kind == "cluster" ? Exit::usage : Exit::source,
                "the log can't be followed: " + why_not,
                "Use `--strategy revisions`, which compares keys and revisions (`auto` does so by "
                "itself).");
  why = why_not;
  return ResyncStrategy::revisions;
}

void Resync::begin(ResyncStrategy strategy) {
  pg::NewRun now;
  now.command = "resync";
  now.source = source_->info().description;
  now.source_identity = source_->info().identity;
  now.target = control_->description();
  now.start_tick = source_->info().start_tick;
  now.plan = job_->plan.description();
  now.plan.emplace_back("strategy", strategies[static_cast<std::size_t>(strategy)]);
  now.version = ARANGO2PG_VERSION;
  const auto before = ledger_->unfinished(now.command, now.source_identity);
  if (before && plan_differences(before->plan, now.plan).empty()) {
    run_ = before->id;
    ledger_->resume(run_, now);
    spdlog::info("run {} goes on", run_);
  } else {
    run_ = ledger_->start(now);
    spdlog::info("run {} begins", run_);
  }
  job_->run = run_;
  record_tables(*control_, run_, job_->plan, true);
  for (const auto& line : drift_.lines()) ledger_->event(run_, "warn", line);
}

SyncOutcome Resync::work(ResyncStrategy strategy) {
  switch (strategy) {
    case ResyncStrategy::wal:
      return follow_log(*job_, options_.follow);
    case ResyncStrategy::watermark:
      return read_watermarks(*job_);
    default:
      return compare_keys(*job_);
  }
}

/// The log failed us. Afterwards it can be followed again.
SyncOutcome Resync::compare_instead(const SyncOutcome& outcome, ResyncStrategy& strategy) {
  if (options_.strategy == ResyncStrategy::wal)
    throw Error(Exit::source, "the log can't be followed: " + outcome.why,
                "Use `--strategy revisions`, which compares keys and revisions (`auto` does so by "
                "itself).");
  const std::string text = outcome.why + "; comparing keys and revisions instead";
  spdlog::warn("{}", text);
  ledger_->event(run_, "warn", text);
  progress_.lag_ms = -1;
  SyncOutcome compared = compare_keys(*job_);
  if (compared.end == End::up_to_date && !options_.follow) return compared;
  if (compared.end == End::up_to_date) starts_ = job_->starts;
  if (compared.end == End::up_to_date && !why_not_wal().empty())
    strategy = ResyncStrategy::revisions;
  return compared;
}

/// Between two passes. False if a signal came.
bool Resync::pause() {
  spdlog::info("up to date; looking again in {}", format_duration(options_.interval));
  return arango::sleep_for(options_.interval, signals_.token());
}

Summary Resync::run() {
  preflight();
  find_starts();
  plan();
  std::string why;
  ResyncStrategy strategy = choose(why);
  spdlog::info("strategy: {} ({})", strategies[static_cast<std::size_t>(strategy)], why);
  begin(strategy);
  try {
    const ProgressDisplay display(progress_, strategy == ResyncStrategy::wal
                                                 ? options_.migrate.progress
                                                 : ProgressMode::none);
    for (const auto& c : job_->plan.collections) progress_.add(c.name);
    for (;;) {
      SyncOutcome outcome = work(strategy);
      drift_.fresh.merge(outcome.drift.fresh);
      drift_.gone.merge(outcome.drift.gone);
      drift_.renamed.merge(outcome.drift.renamed);
      if (outcome.end == End::log_lost || outcome.end == End::needs_keys) {
        outcome = compare_instead(outcome, strategy);
        if (outcome.end == End::up_to_date && options_.follow) continue;
      }
      if (outcome.end == End::drifted) {
        drift_ = {};
        find_starts();
        plan();
        job_->run = run_;
        record_tables(*control_, run_, job_->plan, true);
        while (progress_.collections().size() < job_->plan.collections.size())
          progress_.add(job_->plan.collections[progress_.collections().size()].name);
        continue;
      }
      if (outcome.end == End::up_to_date && options_.follow && pause()) continue;
      return finish(outcome);
    }
  } catch (const std::exception& e) {
    try {
      ledger_->release(run_);
      const auto* error = dynamic_cast<const Error*>(&e);
      const bool interrupted = error != nullptr && error->kind() == Exit::interrupted;
      ledger_->finish(run_, interrupted ? "interrupted" : "failed", e.what());
    } catch (const Error& later) {
      spdlog::debug("run {} could not be marked as failed: {}", run_, later.what());
    }
    throw;
  }
}

/// A follower is stopped by a signal: that is its end. A pass that was cut short goes on next time.
Summary Resync::finish(const SyncOutcome& outcome) {
  ledger_->release(run_);
  bool whole = outcome.end == End::up_to_date;
  if (outcome.end == End::stopped && options_.follow) {
    const auto parts = ledger_->parts(run_);
    whole = std::all_of(parts.begin(), parts.end(),
                        [](const auto& p) { return p.spec.kind == "wal" || p.state == "done"; });
  }
  if (!whole) {
    ledger_->finish(run_, "interrupted", "stopped by a signal");
    return summarise("interrupted", Exit::interrupted);
  }
  if (!job_->gone.empty())
    pg::forget_sync(*control_, job_->identity(), {job_->gone.begin(), job_->gone.end()});
  Exit exit = Exit::done;
  std::vector<std::string> names;
  for (const auto& c : job_->plan.collections) names.push_back(c.name);
  if (pg::open_quarantine(*control_, names) > options_.migrate.max_quarantined)
    exit = Exit::quarantined;
  if (drift_.any() && options_.drift == DriftPolicy::report) exit = Exit::source;
  Summary summary = summarise("done", exit);
  ledger_->finish(run_, "done", drift_.any() ? drift_.lines().front() : "");
  return summary;
}

Summary Resync::summarise(const std::string& status, Exit exit) {
  Summary s;
  s.run = run_;
  s.command = "resync";
  s.status = status;
  s.exit = exit;
  const auto counters = ledger_->counters(run_);
  auto notes = ledger_->notes(run_);
  for (std::size_t i = 0; i < job_->plan.collections.size(); ++i) {
    CollectionSummary c;
    c.collection = job_->plan.collections[i].name;
    for (const auto& t : job_->plan.plans[i]->tables())
      (t.is_audit ? c.audit_tables : c.tables).push_back(t.table.name.text());
    if (!c.tables.empty()) c.table = c.tables.front();
    if (const auto it = counters.find(c.collection); it != counters.end()) c.counters = it->second;
    c.notes = std::move(notes[c.collection]);
    s.collections.push_back(std::move(c));
  }
  s.seconds = std::chrono::duration<double>(Clock::now() - begun_).count();
  s.peak_memory = peak_memory();
  return s;
}

template <class Words>
std::size_t word(const std::string& text, const Words& words, const char* what) {
  const auto at = std::find(words.begin(), words.end(), text);
  if (at != words.end()) return static_cast<std::size_t>(at - words.begin());
  std::string list;
  for (const auto& w : words) list += (list.empty() ? "" : ", ") + std::string(w);
  throw Error(Exit::usage, fmt::format("unknown {} '{}'{}", what, text, suggestion(text, words)),
              "Use one of " + list + ".");
}

}  // namespace

ResyncStrategy parse_strategy(const std::string& text) {
  return static_cast<ResyncStrategy>(word(text, strategies, "strategy"));
}

DriftPolicy parse_drift(const std::string& text) {
  return static_cast<DriftPolicy>(word(text, policies, "drift policy"));
}

Summary resync(const ResyncOptions& options, const SignalWatch& signals) {
  if (options.strategy == ResyncStrategy::watermark && options.watermark.empty())
    throw Error(Exit::usage, "`--strategy watermark` needs an attribute",
                "Name an indexed timestamp attribute, for example --watermark updated_at.");
  if (!options.watermark.empty() && options.strategy != ResyncStrategy::watermark)
    throw Error(Exit::usage, "--watermark goes with `--strategy watermark` only",
                "Leave it out, or say --strategy watermark.");
  return Resync(options, signals).run();
}

}  // namespace arango2pg::run
