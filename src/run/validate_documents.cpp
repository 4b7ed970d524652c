#include "run/validate_documents.h"

#include <algorithm>
#include <utility>

#include "doc/subset.h"
#include "run/validate_sample.h"

namespace arango2pg::run {
namespace {

/// Collections that are read side by side: each has a profile per thread until it is done.
constexpr std::size_t collections_at_once = 8;

pg::ProbeConfig probe_of(const ValidateOptions& options, const RunPlan& plan) {
  pg::ProbeConfig probe;
  probe.conninfo = options.migrate.target.conninfo;
  probe.merge = options.migrate.merge;
  for (const auto& collection : plan.plans) {
    auto& tables = probe.collections.emplace_back();
    for (const auto& t : collection->tables())
      tables.push_back({t.table, t.columns, t.format, t.key,
                        t.create ? t.create_sql : std::vector<std::string>()});
  }
  return probe;
}

/// Takes down what each document of one batch looks like and points at, while it is parsed anyway.
class Look final : public mapping::DocumentWatcher {
 public:
  /// `places`: null = what documents point at is not asked for.
  Look(doc::Profile& profile, const PointerPlaces* places, std::uint32_t collection, Mapped& out)
      : profile_(profile), places_(places), collection_(collection), out_(out) {}

  void saw(std::uint32_t index, const doc::Document& document) override {
    if (document.empty()) {
      profile_.add_unreadable(document.text().size());
      return;
    }
    profile_.add(document);
    if (places_ == nullptr) return;
    out_.ids.push_back(places_->id_of(collection_, document.root()));
    places_->find(collection_, document.root(), index, out_.pointers);
  }

 private:
  doc::Profile& profile_;
  const PointerPlaces* places_;
  std::uint32_t collection_;
  Mapped& out_;
};

std::vector<const mapping::CollectionPlan*> plans_of(const RunPlan& plan) {
  std::vector<const mapping::CollectionPlan*> out;
  for (const auto& p : plan.plans) out.push_back(p.get());
  return out;
}

std::vector<std::string> names_in(doc::Source& source) {
  std::vector<std::string> out;
  for (const auto& c : source.collections()) out.push_back(c.name);
  return out;
}

}  // namespace

/// What one thread of the parallel stage learns.
struct DocumentScan::Worker {
  explicit Worker(const std::vector<const mapping::CollectionPlan*>& plans)
      : scratch(0), sizes(plans), profiles(plans.size()) {}

  doc::Profile& profile(std::uint32_t collection) {
    auto& p = profiles[collection];
    if (!p) p.emplace();
    return *p;
  }

  mapping::Scratch scratch;
  SizeSampler sizes;
  std::vector<std::optional<doc::Profile>> profiles;
};

/// A document that gets another chance, as in a migration, alone in its batch.
struct DocumentScan::Reprieve {
  doc::RowBatch batch;
  Refused why;
};

DocumentScan::DocumentScan(const ValidateOptions& options, doc::Source& source, const RunPlan& plan,
                           const std::map<TableName, pg::TableInfo>& tables,
                           const SignalWatch& signals)
    : options_(options),
      source_(source),
      plan_(plan),
      signals_(signals),
      plans_(plans_of(plan)),
      places_(plan, names_in(source)),
      profiles_(plans_.size()),
      tallies_(plans_.size()),
      sampled_(plans_.size()),
      sizes_(plans_) {
  const MigrateOptions& migrate = options.migrate;
  for (const auto& collection : plan.collections)
    progress_.add(collection.name).documents_total =
        options.sample == 0 ? collection.count.value_or(0)
                            : std::min(options.sample, collection.count.value_or(options.sample));
  if (options.sample == 0) {
    if (places_.any()) pointers_.emplace(places_, migrate.memory / 4);
    if (!options.probe && !migrate.merge) keys_.emplace(plan, tables, migrate.memory / 4);
  }
  if (options.probe) probe_ = std::make_unique<pg::Probe>(probe_of(options, plan));
}

DocumentScan::~DocumentScan() = default;

const doc::Profile* DocumentScan::profile(std::size_t collection) const {
  const auto& profile = profiles_[collection];
  return profile ? &*profile : nullptr;
}

std::vector<std::string> DocumentScan::unchecked() const {
  std::vector<std::string> out;
  if (keys_) out = keys_->notes();
  if (probe_)
    for (const std::string& note : probe_->notes()) out.push_back(note);
  if (pointers_ && pointers_->gave_up())
    out.emplace_back(
        "dangling references: there are more documents than --memory allows to remember");
  return out;
}

void DocumentScan::run() {
  read_all();
  second_chances();
  if (pointers_) pointers_->settle();
}

/// Edges after what they connect.
void DocumentScan::read_all() {
  const ProgressDisplay display(progress_, options_.migrate.progress);
  for (const auto& wave : plan_.waves())
    for (const bool edges : {false, true}) {
      std::vector<std::uint32_t> group;
      for (const std::uint32_t c : wave) {
        if (plan_.collections[c].edge != edges) continue;
        group.push_back(c);
        if (group.size() < collections_at_once) continue;
        if (signals_.requested()) return;
        read(group);
        group.clear();
      }
      if (signals_.requested()) return;
      if (!group.empty()) read(group);
    }
}

// -- reading

std::vector<doc::PartTask> DocumentScan::parts_of(std::uint32_t c) {
  const auto& collection = plan_.collections[c];
  std::vector<doc::PartTask> tasks;
  const bool small = collection.count && *collection.count <= options_.sample;
  if (options_.sample != 0 && !small) {
    for (auto& part :
         choose_sample(source_, collection, c, options_.sample, options_.seed, next_part_)) {
      sample_[part.task.id] = part.documents;
      tasks.push_back(std::move(part.task));
    }
    sampled_[c] = true;
  } else {
    doc::SplitOptions split;
    split.lanes = options_.migrate.jobs;
    PartId id = next_part_;
    for (auto& spec : source_.split(collection, split))
      tasks.push_back({id++, c, std::move(spec), ""});
  }
  next_part_ += static_cast<PartId>(tasks.size());
  return tasks;
}

ScanJob::Mapper DocumentScan::make_mapper() {
  auto worker = std::make_shared<Worker>(plans_);
  {
    const std::lock_guard lock(workers_mutex_);
    workers_.push_back(worker);
  }
  return [this, worker](doc::DocBatch batch) { return map(*worker, std::move(batch)); };
}

Mapped DocumentScan::map(Worker& worker, doc::DocBatch batch) {
  Mapped out;
  const std::uint32_t c = batch.collection;
  Look look(worker.profile(c), pointers_ ? &places_ : nullptr, c, out);
  out.rows = plans_[c]->apply(std::move(batch), worker.scratch, &look);
  worker.sizes.add(out.rows);
  return out;
}

void DocumentScan::account(const doc::RowBatch& batch, const std::vector<Refused>& refused) {
  tallies_[batch.collection].add(batch, refused);
  std::uint64_t bytes = 0;
  for (const doc::DocRef& d : batch.docs) bytes += d.size;
  progress_.committed(batch.collection, batch.docs.size(), bytes,
                      batch.rejections.size() + refused.size());
  if (batch.last) --progress_.collections()[batch.collection].parts_left;
}

void DocumentScan::take(Mapped mapped) {
  if (pointers_) pointers_->add(mapped);
  doc::RowBatch& batch = mapped.rows;
  if (probe_) {
    waiting_bytes_ += batch.source.size();
    waiting_.push_back(std::move(batch));
    if (waiting_bytes_ >= options_.migrate.batch_size) flush();
    return;
  }
  std::vector<Refused> refused;
  if (keys_)
    for (auto& r : keys_->check(batch)) refused.push_back({r.doc, r.rule, r.message});
  account(batch, refused);
}

/// One transaction of the probe.
void DocumentScan::flush() {
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

bool DocumentScan::reprieve(const doc::RowBatch& batch, const Refused& why) {
  if (why.rule != "pg_foreign_key_violation" || reprieved_bytes_ > options_.migrate.memory / 4)
    return false;
  doc::RowBatch alone = doc::subset(batch, {why.doc});
  reprieved_bytes_ += alone.source.size();
  for (const auto& table : alone.tables) reprieved_bytes_ += table.bytes.size();
  reprieved_.push_back({std::move(alone), {0, why.rule, why.message}});
  return true;
}

/// Tries again what pointed at documents that came later, until no more of them go in.
void DocumentScan::second_chances() {
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

void DocumentScan::merge_workers() {
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
    sizes_.merge(worker->sizes);
  }
  workers_.clear();
}

void DocumentScan::read(const std::vector<std::uint32_t>& collections) {
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
    return open_sampled(source_, std::move(tasks), budget, sample_, options_.seed);
  };
  job.make_mapper = [this] { return make_mapper(); };
  job.take = [this](Mapped batch) { take(std::move(batch)); };
  job.flush = [this] { flush(); };
  ScanLimits config;
  config.readers = options_.migrate.jobs + 1;
  config.memory = options_.migrate.memory / 2;  // the rest: profiles, keys, parsers
  const ScanOutcome outcome = scan(config, std::move(job), signals_.token());
  outcome_.fetch_seconds += outcome.fetch_seconds;
  outcome_.map_seconds += outcome.map_seconds;
  merge_workers();
}

}  // namespace arango2pg::run
