#include "run/validate.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>

#include "base/log.h"
#include "base/units.h"
#include "pg/catalog.h"
#include "pg/inspect.h"
#include "pg/ledger.h"
#include "run/plan_run.h"
#include "run/validate_documents.h"
#include "run/validate_estimate.h"
#include "run/validate_paths.h"
#include "run/validate_things.h"
#include "run/worker.h"

namespace arango2pg::run {
namespace {

using Clock = std::chrono::steady_clock;

/// Names of tables end here; PostgreSQL would cut the rest off.
constexpr std::size_t longest_name = 63;

std::string now_text() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc)};
}

class Validation {
 public:
  Validation(const ValidateOptions& options, const SignalWatch& signals)
      : options_(options), signals_(signals) {}
  ValidationReport run();

 private:
  void open_source();
  void connect_target();
  void leave_out_long_names();
  void make_the_plan();
  void look_at_tables();
  void begin_record();
  void describe_collections();
  void complete_report();
  void note_unchecked();
  void write_reports();
  void end_record();
  /// Runs what would stop a migration, and goes on: a dry run tells all of it.
  template <class F>
  bool blocks(F&& check);

  ValidateOptions options_;
  MigrateOptions& migrate_ = options_.migrate;
  const SignalWatch& signals_;
  const Clock::time_point begun_ = Clock::now();
  std::unique_ptr<doc::Source> source_;
  std::optional<pg::Connection> target_;
  std::optional<pg::Ledger> ledger_;
  RunId run_ = 0;
  RunPlan plan_;
  std::vector<const mapping::CollectionPlan*> plans_;
  std::map<TableName, pg::TableInfo> tables_;
  std::optional<DocumentScan> scan_;
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
  migrate_.jsonb_order = options_.probe;
  plan_ = make_plan(migrate_, *source_, target_ ? &*target_ : nullptr);
  for (const auto& plan : plan_.plans) plans_.push_back(plan.get());
  report_.not_mapped = plan_.unmapped;
  for (const auto& name : plan_.unmapped)
    spdlog::warn("collection '{}' is not mapped and would not be migrated", name);
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
  }
}

void Validation::note_unchecked() {
  auto& notes = report_.unchecked;
  const auto add = [&](std::string text) {
    if (std::find(notes.begin(), notes.end(), text) == notes.end())
      notes.push_back(std::move(text));
  };
  if (!target_) add("types, lengths and constraints of existing tables: no target was given");
  if (migrate_.merge && !options_.probe)
    add("keys that clash with rows of the tables, under --merge: only --probe can check them");
  if (options_.sample != 0) add("duplicate keys and dangling references: a sample can't tell");
  for (const std::string& note : scan_->unchecked()) add(note);
  if (target_ && !options_.probe) {
    std::size_t checks = 0;
    for (const auto& [name, table] : tables_) checks += table.checks.size();
    if (checks > 0)
      add(fmt::format("{} CHECK constraints of the tables: only --probe can check them", checks));
  }
}

void Validation::complete_report() {
  std::vector<std::vector<std::uint64_t>> rows;
  std::uint64_t copy_bytes = 0;
  for (std::size_t c = 0; c < plans_.size(); ++c) {
    ReportCollection& out = report_.collections[c];
    const Tally& tally = scan_->tally(c);
    tally.report(out);
    out.sampled = scan_->sampled(c);
    copy_bytes += tally.copy_bytes();
    rows.push_back(tally.rows());
    rows.back().resize(plans_[c]->tables().size());
    if (const PointerCheck* pointers = scan_->pointers())
      pointers->report(static_cast<std::uint32_t>(c), out);
    if (scan_->profile(c) == nullptr) continue;
    const doc::Profile& profile = *scan_->profile(c);
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
  EstimateInput input{plan_, tables_, scan_->sizes(), scan_->outcome()};
  input.lanes = migrate_.jobs;
  input.readers = migrate_.jobs + 1;
  input.copy_bytes = copy_bytes;
  input.rows = std::move(rows);
  if (pg::Probe* probe = scan_->probe(); probe != nullptr && !report_.stopped) {
    input.probed = probe->measure();
    input.probed_bytes = probe->bytes();
    input.wasted_bytes = probe->wasted();
    input.probed_seconds = probe->seconds();
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
  scan_.emplace(options_, *source_, plan_, tables_, signals_);
  report_.probed = options_.probe;
  try {
    scan_->run();
    report_.stopped = signals_.requested();
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
