#include "run/validate.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>

#include "base/log.h"
#include "base/units.h"
#include "doc/profile.h"
#include "doc/subset.h"
#include "pg/catalog.h"
#include "pg/inspect.h"
#include "pg/ledger.h"
#include "pg/probe.h"
#include "run/plan_run.h"
#include "run/progress.h"
#include "run/scan.h"
#include "run/validate_estimate.h"
#include "run/validate_keys.h"
#include "run/validate_paths.h"
#include "run/validate_pointers.h"
#include "run/validate_sample.h"
#include "run/validate_size.h"
#include "run/validate_tally.h"
#include "run/validate_things.h"
#include "run/worker.h"

namespace arango2pg::run {
namespace {

using Clock = std::chrono::steady_clock;

/// Collections that are read side by side: each has a profile per thread until it is done.
constexpr std::size_t collections_at_once = 8;
/// Names of tables end here; PostgreSQL would cut the rest off.
constexpr std::size_t longest_name = 63;

std::string now_text() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc)};
}

/// What one thread of the parallel stage learns.
struct Worker {
  Worker(const RunPlan& plan, const std::vector<const mapping::CollectionPlan*>& plans,
         doc::ProfileLimits limits)
      : scratch(0), sizes(plans), limits_(limits), profiles(plan.plans.size()) {}

  doc::Profile& profile(std::uint32_t collection) {
    auto& p = profiles[collection];
    if (!p) p.emplace(limits_);
    return *p;
  }

  mapping::Scratch scratch;
  doc::Document document;
  SizeSampler sizes;
  doc::ProfileLimits limits_;
  std::vector<std::optional<doc::Profile>> profiles;
};

/// A document that gets another chance, as in a migration, alone in its batch.
struct Reprieve {
  doc::RowBatch batch;
  Refused why;
};

class Validation {
 public:
  Validation(const ValidateOptions& options, const SignalWatch& signals)
      : options_(options), migrate_(options.migrate), signals_(signals) {}
  ValidationReport run();

 private:
  void open_source();
  void connect_target();
  void leave_out_long_names();
  void make_the_plan();
  void look_at_tables();
  void begin_record();
  void describe_collections();
  void scan_all();
  void scan_some(const std::vector<std::uint32_t>& collections);
  std::vector<doc::PartTask> parts_of(std::uint32_t collection);
  ScanJob::Mapper make_mapper();
  Mapped map(Worker& worker, doc::DocBatch batch);
  void take(Mapped batch);
  void flush();
  bool reprieve(const doc::RowBatch& batch, const Refused& why);
  void second_chances();
  void account(const doc::RowBatch& batch, const std::vector<Refused>& refused);
  void merge_workers();
  void complete_report();
  void note_unchecked();
  void write_reports();
  void end_record();
  /// Runs what would stop a migration, and goes on: a dry run tells all of it.
  template <class F>
  bool blocks(F&& check);

  const ValidateOptions& options_;
  MigrateOptions migrate_;
  const SignalWatch& signals_;
  const Clock::time_point begun_ = Clock::now();
  std::unique_ptr<doc::Source> source_;
  std::optional<pg::Connection> target_;
  std::optional<pg::Ledger> ledger_;
  RunId run_ = 0;
  RunPlan plan_;
  std::vector<const mapping::CollectionPlan*> plans_;
  std::map<TableName, pg::TableInfo> tables_;
  std::optional<PointerPlaces> places_;
  std::optional<PointerCheck> pointers_;
  std::optional<KeyCheck> keys_;
  std::unique_ptr<pg::Probe> probe_;
  std::map<PartId, std::uint64_t> sample_;  ///< documents to take, by part
  PartId next_part_ = 1;
  Progress progress_;
  ScanOutcome outcome_;

  std::mutex workers_mutex_;
  std::vector<std::shared_ptr<Worker>> workers_;
  std::vector<std::optional<doc::Profile>> profiles_;
  std::optional<SizeSampler> sizes_;

  std::vector<Tally> tallies_;
  std::vector<doc::RowBatch> waiting_;  ///< for the next transaction of the probe
  std::uint64_t waiting_bytes_ = 0;
  /// Documents that the probe refused for what they point at: it may come later.
  std::vector<Reprieve> reprieved_;
  std::uint64_t reprieved_bytes_ = 0;
  ValidationReport report_;
};

template <class F>
bool Validation::blocks(F&& check) {
  try {
    check();
    return false;
  } catch (const Error& e) {
    if (e.retryable()) throw;
    report_.blockers.push_back({e.what(), e.hint(), e.kind()});
    return true;
  }
}

void Validation::open_source() {
  auto options = migrate_.source;
  // A sample asks for few documents at many places.
  if (options_.sample != 0)
    options.page_bytes = std::min<std::uint64_t>(options.page_bytes, 1U << 20U);
  source_ = arango::open_source(options);
  const auto& info = source_->info();
  spdlog::info("source: {}", info.description);
  report_.source = info.description;
  report_.warnings = info.warnings;
  for (const auto& w : info.warnings) spdlog::warn("{}", w);
}

void Validation::connect_target() {
  if (!options_.with_target) {
    spdlog::info("target: none; say --target to check against its tables");
    return;
  }
  target_.emplace(migrate_.target.conninfo, "validate");
  report_.target = target_->description();
  spdlog::info("target: {}", report_.target);
  blocks([&] { pg::check_target(*target_); });
}

/// Automatic mapping names tables after collections: one name that is too long must not keep the
/// others from being examined.
void Validation::leave_out_long_names() {
  if (!migrate_.mapping.empty() || !migrate_.collections.empty()) return;
  std::vector<std::string> fit;
  bool all = true;
  for (const auto& c : source_->collections()) {
    if (c.system && !migrate_.source.include_system) continue;
    if (c.name.size() <= longest_name) {
      fit.push_back(c.name);
      continue;
    }
    all = false;
    report_.blockers.push_back(
        {fmt::format("the collection '{}' has a name of {} bytes; names of tables end at {}",
                     shown_text(c.name), c.name.size(), longest_name),
         "Write a mapping file that says into which table it goes.", Exit::usage});
  }
  if (!all) migrate_.collections = fit;
}

void Validation::make_the_plan() {
  leave_out_long_names();
  plan_ = make_plan(migrate_, *source_, target_ ? &*target_ : nullptr);
  for (const auto& plan : plan_.plans) plans_.push_back(plan.get());
  report_.not_mapped = plan_.unmapped;
  for (const auto& name : plan_.unmapped)
    spdlog::warn("collection '{}' is not mapped and would not be migrated", name);
  profiles_.resize(plans_.size());
  tallies_.resize(plans_.size());
  sizes_.emplace(plans_);
  std::vector<std::string> there;
  for (const auto& c : source_->collections()) there.push_back(c.name);
  places_.emplace(plan_, there);
}

/// What migrate checks before it starts, table by table.
void Validation::look_at_tables() {
  if (!target_) return;
  for (const auto* table : plan_.tables()) {
    const TableName& name = table->table.name;
    auto info = pg::inspect_table(*target_, name);
    if (!info) continue;  // to be created
    tables_.emplace(name, std::move(*info));
    blocks([&] {
      pg::check_privileges(*target_, name, migrate_.truncate, migrate_.merge);
      if (!migrate_.truncate && !migrate_.merge && !table->is_audit &&
          pg::holds_rows(*target_, name))
        throw Error(Exit::target, fmt::format("table '{}' holds rows already", name.text()),
                    "migrate wants --truncate to empty it first, or --merge to upsert by key.");
    });
  }
}

void Validation::begin_record() {
  if (!target_ || !options_.record) return;
  blocks([&] {
    ledger_.emplace(migrate_.target.conninfo, worker_name());
    pg::NewRun run;
    run.command = "validate";
    run.source = source_->info().description;
    run.source_identity = source_->info().identity;
    run.target = target_->description();
    run.start_tick = source_->info().start_tick;
    run.plan = plan_.description();
    run.version = ARANGO2PG_VERSION;
    run_ = ledger_->start(run);
    ledger_->begin_stage(run_, "scan");
  });
  if (run_ == 0) ledger_.reset();
}

// -- reading

std::vector<doc::PartTask> Validation::parts_of(std::uint32_t c) {
  const auto& collection = plan_.collections[c];
  std::vector<doc::PartTask> tasks;
  const bool small = collection.count && *collection.count <= options_.sample;
  if (options_.sample != 0 && !small) {
    for (auto& part :
         choose_sample(*source_, collection, c, options_.sample, options_.seed, next_part_)) {
      sample_[part.task.id] = part.documents;
      tasks.push_back(std::move(part.task));
    }
    report_.collections[c].sampled = true;
  } else {
    doc::SplitOptions split;
    split.lanes = migrate_.jobs;
    PartId id = next_part_;
    for (auto& spec : source_->split(collection, split))
      tasks.push_back({id++, c, std::move(spec), ""});
  }
  next_part_ += static_cast<PartId>(tasks.size());
  return tasks;
}

ScanJob::Mapper Validation::make_mapper() {
  doc::ProfileLimits limits;
  auto worker = std::make_shared<Worker>(plan_, plans_, limits);
  {
    const std::lock_guard lock(workers_mutex_);
    workers_.push_back(worker);
  }
  return [this, worker](doc::DocBatch batch) { return map(*worker, std::move(batch)); };
}

Mapped Validation::map(Worker& worker, doc::DocBatch batch) {
  Mapped out;
  doc::Profile& profile = worker.profile(batch.collection);
  const bool pointers = pointers_.has_value();
  for (std::size_t i = 0; i < batch.docs.size(); ++i) {
    const std::string_view text = batch.document(i);
    if (worker.document.parse(text)) {
      profile.add_unreadable(text.size());
      continue;
    }
    profile.add(worker.document);
    if (!pointers) continue;
    const doc::Value root = worker.document.root();
    out.ids.push_back(places_->id_of(batch.collection, root));
    places_->find(batch.collection, root, static_cast<std::uint32_t>(i), out.pointers);
  }
  const auto& plan = *plan_.plans[batch.collection];
  out.rows = plan.apply(std::move(batch), worker.scratch);
  worker.sizes.add(out.rows);
  return out;
}

void Validation::account(const doc::RowBatch& batch, const std::vector<Refused>& refused) {
  tallies_[batch.collection].add(batch, refused);
  std::uint64_t bytes = 0;
  for (const doc::DocRef& d : batch.docs) bytes += d.size;
  progress_.committed(batch.collection, batch.docs.size(), bytes,
                      batch.rejections.size() + refused.size());
  if (batch.last) --progress_.collections()[batch.collection].parts_left;
}

void Validation::take(Mapped mapped) {
  if (pointers_) pointers_->add(mapped);
  doc::RowBatch& batch = mapped.rows;
  if (probe_) {
    waiting_bytes_ += batch.source.size();
    waiting_.push_back(std::move(batch));
    if (waiting_bytes_ >= migrate_.batch_size) flush();
    return;
  }
  std::vector<Refused> refused;
  if (keys_)
    for (auto& r : keys_->check(batch)) refused.push_back({r.doc, r.rule, r.message});
  account(batch, refused);
}

/// One transaction of the probe.
void Validation::flush() {
  if (waiting_.empty()) return;
  const auto refusals = probe_->check(waiting_);
  auto next = refusals.begin();
  for (std::uint32_t b = 0; b < waiting_.size(); ++b) {
    std::vector<Refused> refused;
    for (; next != refusals.end() && next->batch == b; ++next) {
      const Refused why{next->doc, next->rule, next->message};
      if (!reprieve(waiting_[b], why)) refused.push_back(why);
    }
    account(waiting_[b], refused);
  }
  waiting_.clear();
  waiting_bytes_ = 0;
}

bool Validation::reprieve(const doc::RowBatch& batch, const Refused& why) {
  if (why.rule != "pg_foreign_key_violation" || reprieved_bytes_ > migrate_.memory / 4)
    return false;
  doc::RowBatch alone = doc::subset(batch, {why.doc});
  reprieved_bytes_ += alone.source.size();
  for (const auto& table : alone.tables) reprieved_bytes_ += table.bytes.size();
  reprieved_.push_back({std::move(alone), {0, why.rule, why.message}});
  return true;
}

/// Tries again what pointed at documents that came later, until no more of them go in.
void Validation::second_chances() {
  while (!reprieved_.empty()) {
    std::vector<Reprieve> again;
    again.swap(reprieved_);
    std::vector<doc::RowBatch> batches;
    for (Reprieve& r : again) batches.push_back(std::move(r.batch));
    const auto refusals = probe_->check(batches);
    const bool progress = refusals.size() < batches.size();
    for (const auto& r : refusals) {
      Refused why{0, r.rule, r.message};
      if (progress && r.rule == "pg_foreign_key_violation")
        reprieved_.push_back({std::move(batches[r.batch]), std::move(why)});
      else
        tallies_[batches[r.batch].collection].refuse(batches[r.batch], why);
    }
    if (!progress) return;
  }
}

void Validation::merge_workers() {
  for (const auto& worker : workers_) {
    for (std::size_t c = 0; c < worker->profiles.size(); ++c) {
      auto& from = worker->profiles[c];
      if (!from) continue;
      if (profiles_[c])
        profiles_[c]->merge(*from);
      else
        profiles_[c] = std::move(from);
      from.reset();
    }
    sizes_->merge(worker->sizes);
  }
  workers_.clear();
}

void Validation::scan_some(const std::vector<std::uint32_t>& collections) {
  ScanJob job;
  std::vector<doc::PartTask> parts;
  for (const std::uint32_t c : collections)
    for (auto& task : parts_of(c)) {
      auto& shown = progress_.collections()[c];
      shown.bytes_total += options_.sample == 0 ? task.spec.bytes : 0;
      ++shown.parts_left;
      parts.push_back(std::move(task));
    }
  job.streams = streams_of(std::move(parts));
  job.open = [this](std::vector<doc::PartTask> tasks, ByteBudget& budget) {
    const bool sampled = !tasks.empty() && sample_.contains(tasks[0].id);
    std::unique_ptr<doc::Reader> reader = source_->open(tasks, budget);
    if (sampled)
      reader = std::make_unique<SampleReader>(std::move(reader), std::move(tasks), sample_,
                                              options_.seed);
    return reader;
  };
  job.make_mapper = [this] { return make_mapper(); };
  job.take = [this](Mapped batch) { take(std::move(batch)); };
  job.flush = [this] { flush(); };
  ScanConfig config;
  config.readers = migrate_.jobs + 1;
  config.memory = migrate_.memory / 2;  // the rest: profiles, keys, parsers
  const ScanOutcome outcome = scan(config, std::move(job), signals_.token());
  outcome_.fetch_seconds += outcome.fetch_seconds;
  outcome_.map_seconds += outcome.map_seconds;
  merge_workers();
}

/// In the order in which a migration loads them, edges after what they connect.
void Validation::scan_all() {
  const ProgressDisplay display(progress_, migrate_.progress);
  for (const auto& wave : plan_.waves())
    for (const bool edges : {false, true}) {
      std::vector<std::uint32_t> group;
      for (const std::uint32_t c : wave) {
        if (plan_.collections[c].edge != edges) continue;
        group.push_back(c);
        if (group.size() < collections_at_once) continue;
        if (signals_.requested()) return;
        scan_some(group);
        group.clear();
      }
      if (signals_.requested()) return;
      if (!group.empty()) scan_some(group);
    }
}

// -- the report

void Validation::describe_collections() {
  for (std::size_t c = 0; c < plans_.size(); ++c) {
    const auto& info = plan_.collections[c];
    ReportCollection& out = report_.collections.emplace_back();
    out.name = info.name;
    out.edge = info.edge;
    out.total = info.count;
    for (const auto& target : plans_[c]->tables()) {
      ReportTable table;
      table.name = target.table.name.text();
      table.created = target.create && !tables_.contains(target.table.name);
      table.audit = target.is_audit;
      table.columns = target.columns.size();
      if (const auto at = tables_.find(target.table.name); at != tables_.end()) {
        table.indexes = at->second.indexes.size();
        table.checks = at->second.checks.size();
        table.foreign_keys = at->second.foreign_keys.size();
      }
      out.tables.push_back(std::move(table));
    }
    progress_.add(info.name).documents_total =
        options_.sample == 0 ? info.count.value_or(0)
                             : std::min(options_.sample, info.count.value_or(options_.sample));
  }
}

void Validation::note_unchecked() {
  auto& notes = report_.unchecked;
  const auto add = [&](std::string text) {
    if (std::find(notes.begin(), notes.end(), text) == notes.end())
      notes.push_back(std::move(text));
  };
  if (!target_) add("types, lengths and constraints of existing tables: no target was given");
  if (migrate_.merge && !probe_)
    add("keys that clash with rows of the tables, under --merge: only --probe can check them");
  if (options_.sample != 0) add("duplicate keys and dangling references: a sample can't tell");
  if (keys_)
    for (const std::string& note : keys_->notes()) add(note);
  if (probe_)
    for (const std::string& note : probe_->notes()) add(note);
  if (target_ && !probe_) {
    std::size_t checks = 0;
    for (const auto& [name, table] : tables_) checks += table.checks.size();
    if (checks > 0)
      add(fmt::format("{} CHECK constraints of the tables: only --probe can check them", checks));
  }
  if (pointers_ && pointers_->gave_up())
    add("dangling references: there are more documents than --memory allows to remember");
}

void Validation::complete_report() {
  std::vector<std::vector<std::uint64_t>> rows;
  std::uint64_t copy_bytes = 0;
  for (std::size_t c = 0; c < plans_.size(); ++c) {
    ReportCollection& out = report_.collections[c];
    tallies_[c].report(out);
    copy_bytes += tallies_[c].copy_bytes();
    rows.push_back(tallies_[c].rows());
    rows.back().resize(plans_[c]->tables().size());
    if (pointers_) pointers_->report(static_cast<std::uint32_t>(c), out);
    if (!profiles_[c]) continue;
    const doc::Profile& profile = *profiles_[c];
    out.bytes = profile.bytes();
    out.largest = profile.largest();
    out.median = std::min(profile.sizes().quantile(0.5), out.largest);
    out.ninety_nine = std::min(profile.sizes().quantile(0.99), out.largest);
    out.sizes.assign(profile.sizes().counts().begin(), profile.sizes().counts().end());
    while (!out.sizes.empty() && out.sizes.back() == 0) out.sizes.pop_back();
    out.collapsed = profile.collapsed();
    out.too_deep = profile.too_deep();
    if (out.sampled && !out.total && out.read > 0)  // files don't say how many they hold
      out.total = std::max(
          out.read, static_cast<std::uint64_t>(static_cast<double>(plan_.collections[c].bytes) /
                                               static_cast<double>(out.bytes + out.read) *
                                               static_cast<double>(out.read)));
    describe_paths(profile, *plans_[c], options_.log_data, out);
  }
  report_.seconds = std::chrono::duration<double>(Clock::now() - begun_).count();
  note_unchecked();
  EstimateInput input{plan_, tables_, *sizes_, outcome_};
  input.lanes = migrate_.jobs;
  input.readers = migrate_.jobs + 1;
  input.copy_bytes = copy_bytes;
  input.rows = std::move(rows);
  if (probe_ && !report_.stopped) {
    input.probed = probe_->measure();
    input.probed_bytes = probe_->bytes();
    input.wasted_bytes = probe_->wasted();
    input.probed_seconds = probe_->seconds();
  }
  estimate(input, report_);
  if (!options_.compare.empty()) {
    std::ifstream in(options_.compare, std::ios::binary);
    compare_reports(report_, {std::istreambuf_iterator<char>(in), {}}, options_.compare);
  }
}

void Validation::write_reports() {
  for (const std::string& path : options_.reports) {
    write_report(report_, path);
    spdlog::info("report: {}", path);
  }
}

void Validation::end_record() {
  if (!ledger_) return;
  ledger_->end_stage(run_, "scan", report_.stopped ? "interrupted" : "done");
  ledger_->event(run_, "info", "validation report", report_json(report_));
  ledger_->finish(run_, report_.stopped ? "interrupted" : "done", report_.sentence());
  spdlog::info("the report is kept with run {}", run_);
}

ValidationReport Validation::run() {
  for (const std::string& path : options_.reports) check_report_path(path);
  if (!options_.compare.empty() && !std::ifstream(options_.compare))
    throw Error(Exit::usage, fmt::format("cannot read the older report '{}'", options_.compare),
                "Name a file that `validate --report FILE.json` has written.");
  report_.version = ARANGO2PG_VERSION;
  report_.created_at = now_text();
  report_.mapping = migrate_.mapping;
  report_.sample = options_.sample;
  report_.seed = options_.sample != 0 ? options_.seed : 0;
  report_.values_shown = options_.log_data;
  report_.max_quarantined = migrate_.max_quarantined;

  open_source();
  connect_target();
  make_the_plan();
  look_at_tables();
  describe_collections();
  const doc::SourceDetails details = source_->details();
  report_.warnings.insert(report_.warnings.end(), details.warnings.begin(), details.warnings.end());
  for (const std::string& what : details.unknown)
    report_.unchecked.push_back("of the source: " + what);
  report_.things = describe_things(details, plan_, tables_);
  report_.names = describe_names(plan_);
  begin_record();
  if (options_.sample == 0) {
    if (places_->any()) pointers_.emplace(*places_, migrate_.memory / 4);
    if (!options_.probe && !migrate_.merge) keys_.emplace(plan_, tables_, migrate_.memory / 4);
  }
  if (options_.probe) {
    pg::ProbeConfig probe;
    probe.conninfo = migrate_.target.conninfo;
    probe.merge = migrate_.merge;
    for (const auto* plan : plans_) {
      auto& tables = probe.collections.emplace_back();
      for (const auto& t : plan->tables())
        tables.push_back({t.table, t.columns, t.format, t.key,
                          t.create ? t.create_sql : std::vector<std::string>()});
    }
    probe_ = std::make_unique<pg::Probe>(std::move(probe));
    report_.probed = true;
  }
  try {
    scan_all();
    report_.stopped = signals_.requested();
    second_chances();
    if (pointers_) pointers_->settle();
    complete_report();
    write_reports();
    end_record();
  } catch (const std::exception& e) {
    try {
      if (ledger_) ledger_->finish(run_, "failed", e.what());
    } catch (const Error& later) {
      spdlog::debug("run {} could not be marked as failed: {}", run_, later.what());
    }
    throw;
  }
  return std::move(report_);
}

}  // namespace

ValidationReport validate(const ValidateOptions& options, const SignalWatch& signals) {
  return Validation(options, signals).run();
}

}  // namespace arango2pg::run
