#include "run/load_stage.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "base/log.h"

namespace arango2pg::run {
namespace {

/// How often a process without work looks whether there is some: parts of a process that died are
/// free when their lease ends.
constexpr std::chrono::milliseconds look_again{300};

/// False if a signal came.
bool pause(const SignalWatch& signals) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, signals.token(), look_again, [] { return false; });
  return !signals.requested();
}

pg::Audit audit_of(mapping::AuditLevel level) {
  switch (level) {
    case mapping::AuditLevel::document:
      return pg::Audit::document;
    case mapping::AuditLevel::batch:
      return pg::Audit::batch;
    case mapping::AuditLevel::off:
      break;
  }
  return pg::Audit::off;
}

pg::Gone gone_of(mapping::OnDelete on_delete) {
  switch (on_delete) {
    case mapping::OnDelete::soft:
      return pg::Gone::soft;
    case mapping::OnDelete::hard:
      return pg::Gone::hard;
    case mapping::OnDelete::keep:
      break;
  }
  return pg::Gone::keep;
}

}  // namespace

LoadStage::LoadStage(doc::Source& source, const MigrateOptions& options, const SignalWatch& signals,
                     const RunPlan& plan, pg::Ledger& ledger, Progress& progress, RunId run,
                     bool helper)
    : source_(source, options.target),
      options_(options),
      signals_(signals),
      plan_(plan),
      ledger_(ledger),
      progress_(progress),
      run_(run),
      helper_(helper) {}

pg::LoadCollection load_collection(const mapping::CollectionPlan& plan, bool merge, bool changes) {
  pg::LoadCollection collection;
  collection.name = plan.collection();
  collection.changes = changes;
  for (const auto& table : plan.tables()) {
    pg::LoadTable& load = collection.tables.emplace_back();
    load.name = table.table.name;
    load.columns = table.columns;
    load.format = table.format;
    load.key = table.key;
    load.revision = table.revision;
    load.merge = (merge || changes) && !table.is_audit;
    load.identity = table.identity;
    load.gone = gone_of(table.on_delete);
    load.key_column = table.key_column;
    if (!table.parent_key.empty() && !table.is_audit) {
      load.parent = table.parent;
      load.parent_key = table.parent_key;
    }
  }
  collection.audit = audit_of(plan.audit());
  return collection;
}

pg::LoaderConfig LoadStage::loader_config() const {
  pg::LoaderConfig config;
  config.conninfo = options_.target.conninfo;
  config.purpose = "run " + std::to_string(run_);
  config.run = run_;
  config.worker = ledger_.worker();
  config.give_up_after = options_.retry_for;
  for (std::size_t i = 0; i < plan_.plans.size(); ++i)
    config.collections.push_back(load_collection(
        *plan_.plans[i], options_.merge || merge_.contains(plan_.collections[i].name),
        options_.changes));
  if (options_.overwrite)
    for (auto& collection : config.collections)
      for (auto& table : collection.tables) table.revision.clear();
  if (adjust_)
    for (auto& collection : config.collections) adjust_(collection);
  return config;
}

/// What is there to do, and what an earlier process of this run has done.
void LoadStage::take_stock() {
  for (const auto& collection : plan_.collections) {
    auto& shown = progress_.add(collection.name);
    shown.documents_total = collection.count.value_or(0);
  }
  for (const auto& part : ledger_.parts(run_)) {
    const auto it = plan_.index.find(part.spec.collection);
    if (it == plan_.index.end()) continue;
    auto& shown = progress_.collections()[it->second];
    shown.bytes_total += part.spec.bytes;
    if (part.state != "done") ++shown.parts_left;
    if (!part.spec.resumable) leaders_.insert(part.spec.collection);
    if (part.state != "done" && !part.spec.resumable && !helper_ &&
        (part.counters.read > 0 || !part.position.empty())) {
      ledger_.restart_part(run_, part.id);
      merge_.insert(part.spec.collection);
    } else {
      shown.read += part.counters.read;
      shown.bytes += part.counters.bytes;
    }
    progress_.read_before += part.counters.read;
    progress_.bytes_before += part.counters.bytes;
  }
}

std::map<std::string, std::uint32_t> LoadStage::names_of(const Wave& wave) const {
  std::map<std::string, std::uint32_t> names;
  for (const std::uint32_t i : wave) {
    // Whether such a collection has to be merged is known to who restarted it.
    if (helper_ && leaders_.contains(plan_.collections[i].name)) continue;
    names[plan_.collections[i].name] = i;
  }
  return names;
}

/// False if a signal ended it.
bool LoadStage::run_parts(const std::map<std::string, std::uint32_t>& names) {
  PipelineConfig config;
  config.run = run_;
  config.lanes = options_.jobs;
  config.readers = options_.jobs + 1;
  config.most_readers = options_.source.max_requests;
  config.memory = options_.memory;
  config.commit_bytes = options_.batch_size;
  const PipelineOutcome outcome = run_pipeline(
      config, {source_, ledger_, plan_.plans, names, loader_config(), progress_}, signals_.token());
  if (outcome.rows > 0 || outcome_.bound_by.empty()) outcome_.bound_by = outcome.bound_by;
  outcome_.rows += outcome.rows;
  outcome_.retries += outcome.retries;
  outcome_.peak_in_flight = std::max(outcome_.peak_in_flight, outcome.peak_in_flight);
  return !signals_.requested();
}

/// A wave ends for everybody when its last part is done: the next one points at its rows. False if
/// it did not come to its end here.
bool LoadStage::load_wave(const Wave& wave) {
  const auto names = names_of(wave);
  std::set<std::string> collections;
  for (const std::uint32_t i : wave) collections.insert(plan_.collections[i].name);
  while (run_parts(names)) {
    if (ledger_.open_parts(run_, {collections.begin(), collections.end()}) == 0) return true;
    if ((helper_ && !ledger_.has_leader(run_)) || !pause(signals_)) break;
  }
  return false;
}

/// Documents that point at later ones of their own table, or round in a circle, were refused. Now
/// that the others are in they are tried again, until no more of them go in.
void LoadStage::second_chances() {
  Wave all;
  for (std::uint32_t i = 0; i < plan_.collections.size(); ++i) all.push_back(i);
  std::uint64_t before = 0;
  for (;;) {
    auto parts = source_.parts_for(run_);
    std::erase_if(parts, [&](const auto& p) { return !plan_.index.contains(p.collection); });
    std::uint64_t refused = 0;
    for (const auto& part : parts) refused += part.documents;
    if (refused == 0 || refused == before) return;
    before = refused;
    std::uint32_t stream = 0;
    for (const auto& part : ledger_.parts(run_)) stream = std::max(stream, part.spec.stream + 1);
    spdlog::info("{} documents were refused because of foreign keys; trying them again", refused);
    for (auto& part : parts) {
      part.stream = stream;
      ++progress_.collections()[plan_.index.at(part.collection)].parts_left;
      ledger_.add_part(run_, part);
    }
    if (!load_wave(all)) return;
  }
}

/// The leader may still add parts: whoever helps stays until the run ends or has no leader.
void LoadStage::help_to_the_end() {
  Wave all;
  for (std::uint32_t i = 0; i < plan_.collections.size(); ++i) all.push_back(i);
  const auto names = names_of(all);
  while (ledger_.has_leader(run_) && !ledger_.stage_done(run_, "load"))
    if (!run_parts(names) || !pause(signals_)) return;
}

PipelineOutcome LoadStage::run() {
  take_stock();
  const ProgressDisplay display(progress_, options_.progress);
  for (const auto& wave : plan_.waves())
    if (!load_wave(wave)) return outcome_;
  if (helper_)
    help_to_the_end();
  else
    second_chances();
  return outcome_;
}

bool LoadStage::all_parts_done() {
  std::vector<std::string> names;
  for (const auto& collection : plan_.collections) names.push_back(collection.name);
  return ledger_.open_parts(run_, names) == 0;
}

}  // namespace arango2pg::run
