#include "run/verify.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "base/log.h"
#include "base/units.h"
#include "pg/catalog.h"
#include "pg/ledger.h"
#include "run/json_text.h"
#include "run/plan_run.h"
#include "run/verify_compare.h"
#include "run/verify_find.h"
#include "run/verify_repair.h"
#include "run/worker.h"

namespace arango2pg::run {
namespace {

using Clock = std::chrono::steady_clock;

/// Written down one by one, unless a repair needs them all.
constexpr std::uint64_t most_recorded = 100'000;
constexpr std::uint64_t most_listed = 10'000;
constexpr std::size_t report_at_once = 200;

/// One verify run; each member function is a paragraph of the story that run() tells.
class Verification {
 public:
  Verification(const VerifyOptions& options, const SignalWatch& signals)
      : options_(options),
        signals_(signals),
        source_(arango::open_source(options.migrate.source)) {}

  VerifySummary run();

 private:
  void preflight();
  void find_or_start_run();
  void prepare();
  bool compare();
  bool find();
  bool sample();
  void sample_batch(const DigestedBatch& batch);
  void report(const pg::Difference& difference);
  void flush();
  void repair();
  VerifySummary finish(bool ended);
  void write_result(const VerifySummary& summary);
  void warn_of_unfinished_runs();
  [[nodiscard]] pg::NewRun describe_run() const;
  [[nodiscard]] VerifyScanConfig scan_config() const;
  template <class F>
  auto stage(const std::string& name, F&& body);

  const VerifyOptions& options_;
  const SignalWatch& signals_;
  std::unique_ptr<doc::Source> source_;
  std::optional<pg::Connection> control_;
  std::optional<pg::Ledger> ledger_;
  VerifyPlan plan_;
  RunId run_ = 0;
  std::optional<Comparison> comparison_;
  std::optional<DocumentChecker> checker_;
  std::vector<VerifiedCollection> collections_;
  std::vector<VerifiedTableRows> tables_;
  Progress progress_;
  std::vector<pg::Difference> unwritten_;
  std::uint64_t found_ = 0, recorded_ = 0;
  std::map<std::size_t, std::vector<std::string>> extra_rows_;
  bool complete_ = true;
  bool all_repaired_ = false;
  std::vector<StageSummary> stages_;
};

/// Runs one stage with its time in the summary and its state in the ledger.
template <class F>
auto Verification::stage(const std::string& name, F&& body) {
  const auto begun = Clock::now();
  ledger_->begin_stage(run_, name);
  try {
    const bool ended = body();
    ledger_->end_stage(run_, name, ended ? "done" : "interrupted");
    stages_.push_back({name, std::chrono::duration<double>(Clock::now() - begun).count()});
    return ended;
  } catch (...) {
    try {
      ledger_->end_stage(run_, name, "failed");
    } catch (const Error& e) {
      spdlog::debug("stage {} could not be marked as failed: {}", name, e.what());
    }
    throw;
  }
}

void Verification::preflight() {
  if (options_.repair && options_.sample > 0)
    throw Error(Exit::usage, "--repair and --sample exclude each other",
                "A sample says nothing about the rest: verify all to repair.");
  if (options_.migrate.memory < (16U << 20))
    throw Error(Exit::usage,
                "--memory is " + format_size(options_.migrate.memory) + ", less than 16 MiB",
                "Give the run at least 16MiB; 256MiB is the default.");
  const auto& info = source_->info();
  spdlog::info("source: {}", info.description);
  for (const auto& w : info.warnings) spdlog::debug("{}", w);
  control_.emplace(options_.migrate.target.conninfo, "verify");
  pg::check_target(*control_);
  spdlog::info("target: {}", control_->description());
  std::vector<std::string> added;
  plan_ = make_verify_plan(options_.migrate, *source_, *control_, added);
  for (const auto& name : added)
    spdlog::info("collection '{}' is verified too: it fills a table of those that were chosen",
                 name);
  for (const auto& name : plan_.run.unmapped)
    spdlog::warn("collection '{}' is not mapped: nothing of it is verified", name);
  comparison_.emplace(plan_, options_, *source_, *control_);
}

pg::NewRun Verification::describe_run() const {
  pg::NewRun run;
  run.command = "verify";
  run.source = source_->info().description;
  run.source_identity = source_->info().identity;
  run.target = control_->description();
  run.plan = plan_.run.description();
  run.plan.emplace_back("sample", std::to_string(options_.sample));
  run.version = ARANGO2PG_VERSION;
  return run;
}

void Verification::warn_of_unfinished_runs() {
  const auto rows = control_->exec(
      "SELECT id, command FROM arango2pg.run WHERE source_identity = $1 AND command IN ('migrate', "
      "'resync') AND status IN ('running', 'failed', 'interrupted') ORDER BY id DESC LIMIT 1",
      {source_->info().identity});
  if (!rows.empty())
    spdlog::warn("run {} ({}) of this source is not finished: what it has not written yet differs",
                 rows.text(0, 0), rows.text(0, 1));
}

void Verification::find_or_start_run() {
  ledger_.emplace(options_.migrate.target.conninfo, worker_name());
  const pg::NewRun now = describe_run();
  ledger_->lock(now.command + ":" + now.source_identity);
  warn_of_unfinished_runs();
  checker_.emplace(plan_, DocumentChecker::Options{options_.migrate.target.conninfo, "verify", 0,
                                                   options_.log_data, options_.repair});
  if (const auto before = ledger_->unfinished(now.command, now.source_identity)) {
    const bool same = plan_differences(before->plan, now.plan).empty() && options_.sample == 0 &&
                      !options_.migrate.fresh;
    if (same && comparison_->resume(before->id, checker_->store())) {
      run_ = before->id;
      ledger_->resume(run_, now);
      spdlog::info("run {} goes on where it was interrupted (--fresh would start anew)", run_);
    } else {
      ledger_->finish(before->id, "abandoned", "superseded by another verify");
      checker_->store().forget(before->id);
    }
  }
  if (run_ == 0) {
    run_ = ledger_->start(now);
    spdlog::info("run {} begins: {} collections, {} tables", run_, plan_.run.collections.size(),
                 plan_.tables.size());
  }
}

void Verification::prepare() {
  comparison_->begin(run_, *ledger_);
  checker_.emplace(plan_, DocumentChecker::Options{
                              options_.migrate.target.conninfo, "run " + std::to_string(run_),
                              comparison_->state().seed, options_.log_data, options_.repair});
  for (const auto& collection : plan_.run.collections) {
    progress_.add(collection.name).documents_total = collection.count.value_or(0);
    collections_.push_back({});
    collections_.back().name = collection.name;
  }
  for (const auto& p : comparison_->parts()) {
    auto& shown = progress_.collections()[plan_.run.index.at(p.spec.collection)];
    shown.bytes_total += p.spec.bytes;
    shown.read += p.counters.read;
    shown.bytes += p.counters.bytes;
    if (p.state != "done") ++shown.parts_left;
    progress_.read_before += p.counters.read;
    progress_.bytes_before += p.counters.bytes;
  }
  for (std::size_t t = 0; t < plan_.tables.size(); ++t) {
    tables_.push_back({});
    tables_.back().name = plan_.tables[t].read.name.text();
    for (const std::uint32_t c : plan_.tables[t].collections)
      collections_[c].tables.push_back(tables_.back().name);
  }
}

VerifyScanConfig Verification::scan_config() const {
  VerifyScanConfig config;
  config.conninfo = options_.migrate.target.conninfo;
  config.purpose = "run " + std::to_string(run_);
  config.jobs = options_.migrate.jobs;
  config.memory = options_.migrate.memory / 2;
  config.retry_for = options_.migrate.retry_for;
  config.seed = comparison_->state().seed;
  return config;
}

/// False if a signal ended it.
bool Verification::compare() {
  bool ended = false;
  {
    const ProgressDisplay display(progress_, options_.migrate.progress);
    ended = comparison_->run(scan_config(), *checker_, progress_, signals_.token());
  }
  for (const auto& p : comparison_->parts()) {
    VerifiedCollection& c = collections_[plan_.run.index.at(p.spec.collection)];
    c.read += p.counters.read;
    c.filtered += p.counters.filtered;
    c.quarantined += p.counters.quarantined;
    c.bytes += p.counters.bytes;
  }
  for (std::size_t t = 0; t < tables_.size(); ++t) {
    tables_[t].expected = comparison_->state().tables[t].expected;
    tables_[t].present = comparison_->state().tables[t].present;
  }
  return ended;
}

// -- what differs

void Verification::report(const pg::Difference& difference) {
  ++found_;
  if (recorded_ == most_recorded && !options_.repair) return;
  ++recorded_;
  unwritten_.push_back(difference);
  if (unwritten_.size() == report_at_once) flush();
}

void Verification::flush() {
  checker_->store().add(run_, unwritten_);
  unwritten_.clear();
}

/// False if a signal ended it.
bool Verification::find() {
  checker_->store().remove_differences(run_);
  const VerifyState& state = comparison_->state();
  std::set<std::size_t> tables;
  for (std::size_t t = 0; t < state.tables.size(); ++t)
    if (state.tables[t].a != 0 || state.tables[t].b != 0) tables.insert(t);
  std::set<std::uint32_t> lost;
  for (std::uint32_t c = 0; c < state.lost.size(); ++c)
    if (state.lost[c] > 0) lost.insert(c);
  Suspects suspects = comparison_->take_suspects();
  if (tables.empty() && lost.empty()) return true;
  FindConfig config;
  config.scan = scan_config();
  config.memory = options_.migrate.memory / 4;
  config.lookup = dynamic_cast<doc::KeyLookup*>(source_.get());
  config.settle = options_.settle;
  DifferenceFinder finder(plan_, *source_, *control_, *checker_, std::move(config), collections_,
                          tables_, [this](const pg::Difference& d) { report(d); });
  const bool ended = finder.run(suspects, tables, lost, comparison_->tasks(true), signals_.token());
  flush();
  complete_ = suspects.complete();
  extra_rows_ = finder.extra_rows();
  return ended;
}

void Verification::sample_batch(const DigestedBatch& batch) {
  const std::uint32_t c = batch.rows.collection;
  VerifiedCollection& counts = collections_[c];
  counts.read += batch.rows.docs.size();
  counts.filtered += batch.rows.filtered;
  counts.bytes += batch.source_bytes;
  const auto lost = checker_->lost_rejections(batch.rows);
  counts.quarantined += batch.rows.rejections.size() - lost.size();
  counts.missing += lost.size();
  for (const auto& d : lost) report(d);
  std::set<std::uint32_t> docs;
  for (std::size_t t = 0; t < batch.digests.size(); ++t) {
    if (batch.digests[t].empty()) continue;
    tables_[static_cast<std::size_t>(plan_.rows[c][t].table)].expected += batch.digests[t].size();
    docs.insert(batch.rows.tables[t].row_doc.begin(), batch.rows.tables[t].row_doc.end());
  }
  for (const Verdict& v : checker_->check(batch, {docs.begin(), docs.end()})) {
    if (v.kind == Verdict::Kind::equal) continue;
    if (v.kind == Verdict::Kind::quarantined) {
      ++counts.quarantined;
      continue;
    }
    ++(v.kind == Verdict::Kind::missing ? counts.missing : counts.different);
    for (const auto& [t, rows] : v.different_rows) tables_[t].different += rows;
    for (const auto& [t, rows] : v.missing_rows) tables_[t].missing += rows;
    report(v.difference);
  }
}

/// Some documents of each part, and their rows; nothing else.
bool Verification::sample() {
  ByteBudget budget(options_.migrate.memory / 2);
  mapping::Scratch scratch(0);
  for (std::uint32_t c = 0; c < plan_.run.collections.size(); ++c) {
    doc::SplitOptions split;
    split.lanes = 16;  // places to look at
    split.part_bytes = std::max<std::uint64_t>(plan_.run.collections[c].bytes / 16, 1);
    std::map<std::uint32_t, std::vector<doc::PartTask>> streams;
    std::size_t parts = 0;
    for (auto& spec : source_->split(plan_.run.collections[c], split)) {
      auto& stream = streams[spec.stream];
      stream.push_back({static_cast<PartId>(++parts), c, std::move(spec), ""});
    }
    std::uint64_t left = options_.sample;
    std::uint64_t streams_left = streams.size();
    for (auto& stream : streams) {
      std::uint64_t here = (left + streams_left - 1) / streams_left;
      --streams_left;
      const auto reader = source_->open(std::move(stream.second), budget);
      while (here > 0) {
        auto batch = reader->next(signals_.token());
        if (signals_.requested()) return false;
        if (!batch) break;
        if (batch->docs.size() > here) batch->docs.resize(here);
        here -= batch->docs.size();
        left -= batch->docs.size();
        sample_batch(digest_batch(plan_, plan_.run.plans[c]->apply(std::move(*batch), scratch),
                                  comparison_->state().seed, checker_->reader()));
      }
    }
  }
  flush();
  return true;
}

void Verification::repair() {
  const VerifyScanConfig config = scan_config();
  Repair repair(plan_, options_, config, *control_, *source_, *checker_, run_, signals_);
  all_repaired_ = repair.run(extra_rows_, collections_) && complete_;
}

// -- the end

VerifySummary Verification::finish(bool ended) {
  VerifySummary s;
  s.run = run_;
  s.status = ended ? "done" : "interrupted";
  s.collections = collections_;
  s.tables = tables_;
  for (std::size_t c = 0; c < collections_.size(); ++c) {
    const auto& p = progress_.collections()[c];
    s.collections[c].seconds =
        static_cast<double>(std::max<std::int64_t>(0, p.last_ms - p.first_ms)) / 1000;
  }
  s.found = found_;
  s.complete = complete_;
  s.sample = options_.sample;
  s.log_data = options_.log_data;
  if (found_ > 0) s.differences = checker_->store().differences(run_, most_listed);
  for (const auto& d : s.differences) s.repaired += d.repaired ? 1 : 0;
  if (options_.repair && all_repaired_) s.repaired = found_;
  s.stages = stages_;
  s.seconds = static_cast<double>(progress_.elapsed().count()) / 1000;
  s.peak_memory = peak_memory();
  if (!ended)
    s.exit = Exit::interrupted;
  else if (found_ > 0 && !(options_.repair && all_repaired_))
    s.exit = Exit::differences;
  return s;
}

void Verification::write_result(const VerifySummary& summary) {
  const VerifiedCollection totals = summary.totals();
  std::string text = fmt::format("{} documents verified, {} {}", totals.read, summary.found,
                                 summary.found == 1 ? "difference" : "differences");
  if (summary.sample > 0) text = "a sample only: " + text;
  if (options_.repair && summary.found > 0) text += fmt::format(", {} repaired", summary.repaired);
  ledger_->event(run_, summary.exit == Exit::differences ? "warn" : "info", text,
                 to_json(VerifySummary{summary.run,
                                       summary.status,
                                       summary.exit,
                                       summary.collections,
                                       summary.tables,
                                       {},
                                       summary.found,
                                       summary.repaired,
                                       summary.complete,
                                       summary.sample,
                                       summary.log_data,
                                       summary.stages,
                                       summary.seconds,
                                       summary.peak_memory}));
  ledger_->finish(run_, "done", text);
}

VerifySummary Verification::run() {
  preflight();
  find_or_start_run();
  try {
    prepare();
    bool ended = options_.sample > 0 ? stage("sample", [this] { return sample(); })
                                     : stage("compare", [this] { return compare(); });
    if (ended && options_.sample == 0) ended = stage("find", [this] { return find(); });
    if (ended && options_.repair && found_ > 0)
      ended = stage("repair", [this] { return repair(), !signals_.requested(); });
    const VerifySummary summary = finish(ended);
    if (!ended) {
      ledger_->finish(run_, "interrupted", "stopped by a signal");
      return summary;
    }
    checker_->store().forget(run_);
    write_result(summary);
    return summary;
  } catch (const std::exception& e) {
    try {
      ledger_->finish(run_, "failed", e.what());
    } catch (const Error& later) {
      spdlog::debug("run {} could not be marked as failed: {}", run_, later.what());
    }
    throw;
  }
}

}  // namespace

VerifiedCollection VerifySummary::totals() const {
  VerifiedCollection all;
  for (const VerifiedCollection& c : collections) {
    all.read += c.read;
    all.filtered += c.filtered;
    all.quarantined += c.quarantined;
    all.different += c.different;
    all.missing += c.missing;
    all.extra += c.extra;
    all.bytes += c.bytes;
    all.repaired += c.repaired;
    all.removed += c.removed;
  }
  return all;
}

VerifySummary verify(const VerifyOptions& options, const SignalWatch& signals) {
  return Verification(options, signals).run();
}

}  // namespace arango2pg::run
