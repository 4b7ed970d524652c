#include "run/verify.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <bit>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <thread>

#include "base/log.h"
#include "base/units.h"
#include "pg/catalog.h"
#include "pg/ledger.h"
#include "run/json_text.h"
#include "run/plan_run.h"
#include "run/verify_find.h"
#include "run/verify_repair.h"
#include "run/verify_state.h"
#include "run/worker.h"

namespace arango2pg::run {
namespace {

using Clock = std::chrono::steady_clock;

/// Pieces of a table that are read in one go: small enough to be repeated, large enough that
/// starting one costs nothing.
constexpr std::uint64_t piece_bytes = 8U << 20;
constexpr std::uint64_t fewest_buckets = 1U << 12;
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
  [[nodiscard]] bool resume(const pg::RunRecord& before);
  void prepare();
  void cut_source();
  void cut_target();
  void begin_counting();
  bool compare();
  void compare_batch(DigestedBatch&& batch);
  void compare_rows(const TargetRows& rows, const std::vector<std::size_t>& numbers);
  void save();
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
  [[nodiscard]] ScanConfig scan_config() const;
  [[nodiscard]] std::vector<doc::PartTask> tasks(bool whole) const;
  template <class F>
  auto stage(const std::string& name, F&& body);

  const VerifyOptions& options_;
  const SignalWatch& signals_;
  std::unique_ptr<doc::Source> source_;
  std::optional<pg::Connection> control_;
  std::optional<pg::Ledger> ledger_;
  VerifyPlan plan_;
  RunId run_ = 0;
  std::optional<DocumentChecker> checker_;
  std::vector<pg::PartRecord> parts_;
  std::map<PartId, std::size_t> part_at_;
  std::mutex mutex_;  ///< guards the state and the sums while both sides are read
  VerifyState state_;
  std::optional<BucketSums> sums_;
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
    if (same && resume(*before)) {
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

/// Takes over what an interrupted run has in its sums; false if that does not fit any more.
bool Verification::resume(const pg::RunRecord& before) {
  std::vector<std::uint64_t> words;
  const auto json = checker_->store().load(before.id, words);
  if (!json) return false;
  auto state = VerifyState::parse(*json);
  if (!state || state->tables.size() != plan_.tables.size() ||
      state->lost.size() != plan_.run.collections.size() || words.size() != 2 * state->buckets)
    return false;
  // A table that was rewritten has its rows in other places.
  std::map<TableName, std::string> files;
  for (std::size_t t = 0; t < plan_.tables.size(); ++t)
    for (const auto& r : pg::row_ranges(*control_, plan_.tables[t].read.name, t, ~std::uint64_t{0}))
      files[r.heap] = r.file;
  for (const auto& r : state->ranges)
    if (!files.contains(r.heap) || files[r.heap] != r.file) return false;
  run_ = before.id;
  state_ = std::move(*state);
  sums_.emplace(state_.buckets, 0);
  std::copy(words.begin(), words.end(), sums_->words().begin());
  return true;
}

/// Parts of the source, pieces of the tables, room for the sums.
void Verification::prepare() {
  const bool resumed = sums_.has_value();
  if (!resumed) cut_source();
  parts_ = ledger_->parts(run_);
  for (std::size_t i = 0; i < parts_.size(); ++i) part_at_[parts_[i].id] = i;
  if (!resumed) cut_target();
  checker_.emplace(plan_, DocumentChecker::Options{options_.migrate.target.conninfo,
                                                   "run " + std::to_string(run_), state_.seed,
                                                   options_.log_data, options_.repair});
  begin_counting();
}

void Verification::cut_source() {
  std::vector<doc::PartSpec> specs;
  doc::SplitOptions split;
  split.lanes = options_.migrate.jobs;
  for (const auto& collection : plan_.run.collections) {
    auto more = source_->split(collection, split);
    specs.insert(specs.end(), std::make_move_iterator(more.begin()),
                 std::make_move_iterator(more.end()));
  }
  ledger_->add_parts(run_, specs);
}

void Verification::cut_target() {
  std::random_device random;
  state_.seed = static_cast<std::uint64_t>(random()) << 32 | random();
  state_.tables.resize(plan_.tables.size());
  state_.lost.resize(plan_.run.collections.size());
  std::uint64_t rows = 0, documents = 0;
  for (std::size_t t = 0; t < plan_.tables.size(); ++t) {
    auto ranges = pg::row_ranges(*control_, plan_.tables[t].read.name, t, piece_bytes);
    std::move(ranges.begin(), ranges.end(), std::back_inserter(state_.ranges));
    rows += pg::estimated_rows(*control_, plan_.tables[t].read.name);
  }
  for (const auto& p : parts_) documents += p.spec.documents;
  // The big tables first: the last piece to end should be a small one.
  std::stable_sort(state_.ranges.begin(), state_.ranges.end(),
                   [](const auto& a, const auto& b) { return a.bytes > b.bytes; });
  state_.done.resize(state_.ranges.size());
  // About as many buckets as rows: a bucket that differs then names hardly any but the culprit.
  const std::uint64_t most = options_.migrate.memory / 4 / 16;
  state_.buckets = std::bit_floor(
      std::clamp<std::uint64_t>(2 * std::max(rows, documents), fewest_buckets, most));
  sums_.emplace(state_.buckets, 0);
}

void Verification::begin_counting() {
  for (const auto& collection : plan_.run.collections) {
    progress_.add(collection.name).documents_total = collection.count.value_or(0);
    collections_.push_back({});
    collections_.back().name = collection.name;
  }
  for (const auto& p : parts_) {
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

ScanConfig Verification::scan_config() const {
  ScanConfig config;
  config.conninfo = options_.migrate.target.conninfo;
  config.purpose = "run " + std::to_string(run_);
  config.jobs = options_.migrate.jobs;
  config.memory = options_.migrate.memory / 2;
  config.retry_for = options_.migrate.retry_for;
  config.seed = state_.seed;
  return config;
}

std::vector<doc::PartTask> Verification::tasks(bool whole) const {
  std::vector<doc::PartTask> out;
  for (const auto& p : parts_) {
    if (!whole && p.state == "done") continue;
    out.push_back({p.id, plan_.run.index.at(p.spec.collection), p.spec, whole ? "" : p.position});
  }
  return out;
}

// -- the comparing pass

void Verification::compare_batch(DigestedBatch&& batch) {
  const std::uint32_t c = batch.rows.collection;
  const std::uint64_t lost = checker_->lost_rejections(batch.rows).size();
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t t = 0; t < batch.digests.size(); ++t) {
      if (batch.digests[t].empty()) continue;
      auto& table = state_.tables[static_cast<std::size_t>(plan_.rows[c][t].table)];
      table.expected += batch.digests[t].size();
      for (const auto& d : batch.digests[t]) {
        sums_->add(d.key, d.row);
        table.a += d.row.a;
        table.b += d.row.b;
      }
    }
    pg::PartRecord& part = parts_[part_at_.at(batch.rows.part)];
    part.position = batch.rows.position_after;
    part.counters.read += batch.rows.docs.size();
    part.counters.filtered += batch.rows.filtered;
    part.counters.quarantined += batch.rows.rejections.size();
    part.counters.bytes += batch.source_bytes;
    part.state = batch.rows.last ? "done" : "pending";
    state_.lost[c] += lost;
  }
  progress_.committed(c, batch.rows.docs.size(), batch.source_bytes, batch.rows.rejections.size());
  if (batch.rows.last) --progress_.collections()[c].parts_left;
}

void Verification::compare_rows(const TargetRows& rows, const std::vector<std::size_t>& numbers) {
  const std::lock_guard lock(mutex_);
  auto& table = state_.tables[rows.table];
  table.present += rows.rows;
  for (const auto& d : rows.digests) {
    sums_->subtract(d.key, d.row);
    table.a -= d.row.a;
    table.b -= d.row.b;
  }
  state_.done[numbers[rows.range]] = true;
}

/// What is in the sums, and where reading goes on, in one transaction.
void Verification::save() {
  const std::lock_guard lock(mutex_);
  for (const auto& p : parts_)
    if (!p.spec.resumable && p.state != "done" && p.counters.read > 0) return;
  pg::CompareStore store(options_.migrate.target.conninfo);
  store.save(run_, state_.json(), sums_->words(), parts_);
}

/// False if a signal ended it.
bool Verification::compare() {
  ScanWork work;
  work.parts = tasks(false);
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < state_.ranges.size(); ++i) {
    if (state_.done[i]) continue;
    work.ranges.push_back(state_.ranges[i]);
    numbers.push_back(i);
  }
  ScanHandlers handlers;
  handlers.source = [this](DigestedBatch&& batch) { compare_batch(std::move(batch)); };
  handlers.target = [&](TargetRows&& rows) { compare_rows(rows, numbers); };
  const auto begun = Clock::now();
  bool ended = false;
  try {
    const ProgressDisplay display(progress_, options_.migrate.progress);
    const std::jthread saver([this](const std::stop_token& stop) {
      std::mutex mutex;
      std::condition_variable_any wake;
      std::unique_lock lock(mutex);
      while (!wake.wait_for(lock, stop, options_.checkpoint, [&] { return stop.stop_requested(); }))
        try {
          save();
        } catch (const Error& e) {
          spdlog::warn("the state could not be saved: {}", e.what());
        }
    });
    ended = scan(scan_config(), plan_, *source_, std::move(work), handlers, signals_.token());
  } catch (...) {
    try {
      save();
    } catch (const Error& e) {
      spdlog::debug("the state could not be saved: {}", e.what());
    }
    throw;
  }
  // What comes now is short, unless much differs.
  if (!ended ||
      Clock::now() - begun > std::min(options_.checkpoint, std::chrono::milliseconds(10000)))
    save();
  for (const auto& p : parts_) {
    VerifiedCollection& c = collections_[plan_.run.index.at(p.spec.collection)];
    c.read += p.counters.read;
    c.filtered += p.counters.filtered;
    c.quarantined += p.counters.quarantined;
    c.bytes += p.counters.bytes;
  }
  for (std::size_t t = 0; t < tables_.size(); ++t) {
    tables_[t].expected = state_.tables[t].expected;
    tables_[t].present = state_.tables[t].present;
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
  std::set<std::size_t> tables;
  for (std::size_t t = 0; t < state_.tables.size(); ++t)
    if (state_.tables[t].a != 0 || state_.tables[t].b != 0) tables.insert(t);
  std::set<std::uint32_t> lost;
  for (std::uint32_t c = 0; c < state_.lost.size(); ++c)
    if (state_.lost[c] > 0) lost.insert(c);
  Suspects suspects;
  suspects.narrow(*sums_);
  sums_.reset();
  FindConfig config;
  config.scan = scan_config();
  config.memory = options_.migrate.memory / 4;
  config.lookup = dynamic_cast<doc::KeyLookup*>(source_.get());
  config.settle = options_.settle;
  if (tables.empty() && lost.empty()) return true;
  DifferenceFinder finder(plan_, *source_, *control_, *checker_, std::move(config), collections_,
                          tables_, [this](const pg::Difference& d) { report(d); });
  const bool ended = finder.run(suspects, tables, lost, tasks(true), signals_.token());
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
                                  state_.seed, checker_->reader()));
      }
    }
  }
  flush();
  return true;
}

void Verification::repair() {
  const ScanConfig config = scan_config();
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
  std::string text =
      fmt::format("{} documents verified, {} differences", totals.read, summary.found);
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
