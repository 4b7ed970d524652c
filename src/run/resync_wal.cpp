// `resync --strategy wal`: the source's log, applied transaction by transaction.
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <charconv>
#include <unordered_map>

#include "arango/ahead.h"
#include "base/log.h"
#include "base/units.h"
#include "run/lease_renewal.h"
#include "run/load_stage.h"
#include "run/resync_job.h"

namespace arango2pg::run {
namespace {

using Clock = std::chrono::steady_clock;
using arango::WalChunk;
using arango::WalEvent;
using End = SyncOutcome::End;

/// An idle log's position is written no more often than this.
constexpr std::chrono::seconds idle_write_every{2};

/// Documents that were refused because of others are tried again no more often than this.
constexpr std::chrono::seconds try_again_every{5};

/// What a stretch of the log leaves of one collection: of each key the last word, and whether it
/// was removed before that.
class NetChanges {
 public:
  void write(std::string_view key, doc::DocRef at) {
    ++events_;
    if (key.empty()) {  // a document that the mapping will refuse
      keyless_.push_back(at);
      return;
    }
    keys_[key].document = at;
  }
  void remove(std::string_view key, std::optional<Rev> revision) {
    ++events_;
    Key& k = keys_[key];
    k.document = {};
    // Of two removals the later counts; one without revision takes any row.
    if (!k.removed)
      k.revision = revision;
    else if (!revision || (k.revision && *revision > *k.revision))
      k.revision = revision;
    k.removed = true;
  }
  void truncate() {
    ++events_;
    keys_.clear();
    keyless_.clear();
    emptied_ = true;
  }
  [[nodiscard]] bool empty() const { return events_ == 0; }

  /// As a batch, in the order of the log. Copies from the chunk.
  void move_to(doc::DocBatch& batch, const WalChunk& chunk) {
    std::vector<doc::DocRef> documents = std::move(keyless_);
    for (auto& [key, what] : keys_) {
      if (what.removed && !emptied_) batch.removed.push_back({std::string(key), what.revision});
      if (what.document.size != 0) documents.push_back(what.document);
    }
    std::sort(documents.begin(), documents.end(),
              [](const auto& a, const auto& b) { return a.begin < b.begin; });
    std::sort(batch.removed.begin(), batch.removed.end(),
              [](const auto& a, const auto& b) { return a.key < b.key; });
    std::size_t bytes = 1;
    for (const doc::DocRef& d : documents) bytes += d.size + 1;
    batch.bytes.reserve(bytes);
    for (const doc::DocRef& d : documents) {
      batch.docs.push_back({static_cast<std::uint32_t>(batch.bytes.size()), d.size});
      batch.bytes.append(chunk.text(d));
      batch.bytes.append("\n");
    }
    batch.emptied = emptied_;
  }

 private:
  struct Key {
    doc::DocRef document;  ///< size 0 = there is none
    bool removed = false;
    std::optional<Rev> revision;  ///< of the removal
  };
  std::unordered_map<std::string_view, Key> keys_;  ///< views of the chunk
  std::vector<doc::DocRef> keyless_;
  std::uint64_t events_ = 0;
  bool emptied_ = false;
};

class LogFollower {
 public:
  LogFollower(ResyncJob& job, bool forever)
      : job_(job),
        forever_(forever),
        scratch_(job.run),
        budget_(job.options.migrate.memory),
        loader_(loader_config(job)) {}

  SyncOutcome run();

 private:
  struct Collection {
    PartId part = 0;
    std::uint64_t position = 0;  ///< changes up to here are in the target
    std::uint64_t seq = 0;
  };

  static pg::LoaderConfig loader_config(const ResyncJob& job);
  void claim_parts();
  void meet_collections();
  void empty_those_gone();
  [[nodiscard]] arango::WalOptions log_options() const;
  /// Nothing to say = go on.
  std::optional<SyncOutcome> apply(const WalChunk& chunk);
  std::optional<SyncOutcome> gather(const WalChunk& chunk, std::vector<NetChanges>& net);
  int collection_of(const std::string& guid);
  int made_anew(const std::string& name, const std::string& guid);
  int takes_name(const std::string& name, const std::string& guid, int collection);
  void is_there(const std::string& name, const std::string& guid);
  std::optional<SyncOutcome> empty(int collection, const char* how, std::vector<NetChanges>& net);
  bool note(const WalEvent& event, int collection);
  void commit(std::vector<doc::DocBatch> batches, std::uint64_t tick);
  [[nodiscard]] pg::SyncState state(std::uint64_t tick) const;
  void show_lag();
  void idle(const WalChunk& chunk);
  void try_refused_again();
  doc::DocBatch batch_of(std::uint32_t collection);
  void finish();

  ResyncJob& job_;
  const bool forever_;
  mapping::Scratch scratch_;
  ByteBudget budget_;
  pg::Loader loader_;
  std::vector<Collection> collections_;           ///< parallel to the plan
  std::unordered_map<std::string, int> by_guid_;  ///< −1 = not ours
  std::map<std::string, std::string> names_;      ///< of the source's collections, by guid
  std::set<std::string> created_;                 ///< guids whose creation the log told
  std::set<std::string>
      replaced_;  ///< another collection has this one's name, and nothing tells since when
  Drift drift_;
  std::uint64_t position_ = 0;
  std::uint64_t source_tick_ = 0;
  Clock::time_point written_at_{};
  Clock::time_point tried_at_{};
  Clock::time_point caught_up_at_ = Clock::now();
  /// Documents, since those that wait for others were last tried. At first as if there were one: an
  /// earlier process may have ended before it came to that.
  std::uint64_t changed_ = 1;
};

pg::LoaderConfig LogFollower::loader_config(const ResyncJob& job) {
  pg::LoaderConfig config;
  config.conninfo = job.options.migrate.target.conninfo;
  config.purpose = fmt::format("run {} log", job.run);
  config.run = job.run;
  config.worker = job.ledger.worker();
  config.give_up_after = job.options.migrate.retry_for;
  for (const auto& plan : job.plan.plans)
    config.collections.push_back(load_collection(*plan, true, true));
  return config;
}

/// One part for each collection, all ours: the log has one reader.
void LogFollower::claim_parts() {
  std::set<std::string> there;
  std::uint32_t stream = 0;
  for (const auto& part : job_.ledger.parts(job_.run)) {
    stream = std::max(stream, part.spec.stream + 1);
    if (part.spec.kind == "wal") there.insert(part.spec.collection);
  }
  for (const auto& collection : job_.plan.collections) {
    if (there.contains(collection.name)) continue;
    doc::PartSpec part;
    part.collection = collection.name;
    part.stream = stream;
    part.kind = "wal";
    part.spec = "{}";
    job_.ledger.add_part(job_.run, part);
  }
  const auto parts =
      pg::claim_kind(job_.control, job_.run, job_.ledger.worker(), "wal", LeaseRenewal::lease);
  collections_.resize(job_.plan.collections.size());
  for (std::size_t i = 0; i < collections_.size(); ++i)
    if (const auto at = parts.find(job_.plan.collections[i].name); at != parts.end())
      collections_[i].part = at->second;
  for (std::size_t i = 0; i < collections_.size(); ++i)
    if (collections_[i].part == 0)
      throw Error(Exit::target,
                  fmt::format("collection '{}' of run {} is being followed by another process",
                              job_.plan.collections[i].name, job_.run),
                  "Wait for that process to finish, or stop it and run the same command again.");
}

/// Which collection is which in the log.
void LogFollower::meet_collections() {
  std::vector<std::pair<std::string, std::string>> guids;
  names_.clear();
  for (const auto& facts : job_.live->collections()) {
    names_[facts.globally_unique_id] = facts.name;
    const auto at = job_.plan.index.find(facts.name);
    if (at == job_.plan.index.end() || job_.gone.contains(facts.name)) continue;
    is_there(facts.name, facts.globally_unique_id);
    const auto start = job_.starts.find(facts.name);
    const bool another = start != job_.starts.end() && !start->second.guid.empty() &&
                         start->second.guid != facts.globally_unique_id;
    if (another && !created_.contains(facts.globally_unique_id))
      replaced_.insert(facts.name);
    else
      guids.emplace_back(facts.name, facts.globally_unique_id);
  }
  pg::remember_guids(job_.control, job_.identity(), guids);
}

arango::WalOptions LogFollower::log_options() const {
  const auto& options = job_.options.migrate;
  arango::WalOptions log;
  log.from = position_;
  log.syncer_id = arango::LiveServer::syncer_id(job_.identity(), job_.control.description());
  log.include_system = std::any_of(job_.plan.collections.begin(), job_.plan.collections.end(),
                                   [](const auto& c) { return c.system; });
  log.chunk_bytes = std::min<std::uint64_t>(options.batch_size, options.memory / 16);
  // Two chunks are held at a time, and each becomes rows beside it.
  log.transaction_bytes = std::min<std::uint64_t>(options.memory / 8, 512U << 20);
  return log;
}

SyncOutcome LogFollower::run() {
  claim_parts();
  const LeaseRenewal renewal(job_.ledger, job_.run);
  meet_collections();
  position_ = ~std::uint64_t{0};
  for (std::size_t i = 0; i < collections_.size(); ++i) {
    const std::string& name = job_.plan.collections[i].name;
    const auto start = job_.starts.find(name);
    if (start != job_.starts.end()) collections_[i].position = tick_number(start->second.tick);
    if (!job_.gone.contains(name)) position_ = std::min(position_, collections_[i].position);
  }
  std::string why_not;
  const std::uint64_t goal = job_.live->last_tick(why_not).value_or(0);
  source_tick_ = goal;
  empty_those_gone();
  const auto reader = job_.live->read_log(log_options());
  bool idle_before = false;
  arango::Ahead<WalChunk> ahead([&](const std::stop_token& stop) -> std::optional<WalChunk> {
    if (idle_before && !arango::sleep_for(job_.options.poll, stop)) return std::nullopt;
    WalChunk chunk = reader->next(stop);
    if (stop.stop_requested()) return std::nullopt;
    idle_before = chunk.caught_up && chunk.events.empty();
    return chunk;
  });
  spdlog::info("following the log from {} (the source is at {})", position_, goal);
  while (const auto chunk = ahead.next(job_.signals.token())) {
    if (auto end = apply(*chunk)) {
      end->drift = drift_;
      return *end;
    }
    if (!forever_ && (chunk->caught_up || position_ >= goal)) {
      finish();
      return {End::up_to_date, {}, drift_};
    }
  }
  return {End::stopped, {}, drift_};
}

/// Collections that went while nobody was looking.
void LogFollower::empty_those_gone() {
  for (std::uint32_t c = 0; c < collections_.size(); ++c) {
    const std::string& name = job_.plan.collections[c].name;
    if (!job_.gone.contains(name)) continue;
    if (job_.shares_table(c)) {
      spdlog::warn(
          "rows of '{}', which is no more in the source, stay: its table holds those of "
          "other collections too; `--strategy revisions` finds them",
          name);
      continue;
    }
    doc::DocBatch batch = batch_of(c);
    batch.emptied = true;
    std::vector<doc::DocBatch> batches;
    batches.push_back(std::move(batch));
    commit(std::move(batches), position_);
  }
}

std::optional<SyncOutcome> LogFollower::apply(const WalChunk& chunk) {
  if (!chunk.lost.empty()) return SyncOutcome{End::log_lost, chunk.lost, {}};
  source_tick_ = chunk.last_tick;
  std::vector<NetChanges> net(collections_.size());
  if (auto end = gather(chunk, net)) return end;
  if (!chunk.whole)
    spdlog::warn("a transaction of the source is larger than {}: it is applied in pieces",
                 format_size(log_options().transaction_bytes));
  std::vector<doc::DocBatch> batches;
  for (std::uint32_t c = 0; c < net.size(); ++c) {
    if (net[c].empty()) continue;
    batches.push_back(batch_of(c));
    net[c].move_to(batches.back(), chunk);
  }
  // At the end of the log nothing is missing, although the last numbers may be the server's own.
  if (chunk.caught_up) source_tick_ = chunk.tick;
  if (batches.empty())
    idle(chunk);
  else
    commit(std::move(batches), chunk.tick);
  position_ = std::max(position_, chunk.tick);
  if (chunk.caught_up) caught_up_at_ = Clock::now();
  show_lag();
  if (chunk.caught_up && !replaced_.empty())
    return SyncOutcome{End::needs_keys,
                       fmt::format("collection '{}' is another one than that which was loaded",
                                   *replaced_.begin()),
                       {}};
  if (chunk.caught_up && Clock::now() - tried_at_ > try_again_every) try_refused_again();
  if (forever_ && job_.options.drift == DriftPolicy::follow && !drift_.fresh.empty())
    return SyncOutcome{End::drifted, "a collection is new in the source", {}};
  return std::nullopt;
}

std::optional<SyncOutcome> LogFollower::gather(const WalChunk& chunk,
                                               std::vector<NetChanges>& net) {
  std::vector<int> ours;
  for (const auto& guid : chunk.collections) collection_of(guid);  // each may tell more of others
  for (const auto& guid : chunk.collections) ours.push_back(collection_of(guid));
  for (const WalEvent& event : chunk.events) {
    int& c = ours[event.collection];
    const auto index = static_cast<std::uint32_t>(c);
    if (c >= 0 && event.tick <= collections_[index].position) continue;
    switch (event.kind) {
      case WalEvent::Kind::write:
        if (c >= 0) net[index].write(chunk.text(event.key), event.document);
        break;
      case WalEvent::Kind::remove:
        if (c >= 0)
          net[index].remove(chunk.text(event.key), event.revision.size == 0
                                                       ? std::nullopt
                                                       : Rev::parse(chunk.text(event.revision)));
        break;
      case WalEvent::Kind::truncate:
        if (auto end = empty(c, "was truncated", net)) return end;
        break;
      case WalEvent::Kind::create:
        // All documents of a collection come after its creation: what is there is of another one.
        c = made_anew(event.name, chunk.collections[event.collection]);
        if (c < 0) note(event, c);
        if (auto end = empty(c, "was created anew", net)) return end;
        break;
      case WalEvent::Kind::drop:
      case WalEvent::Kind::rename:
        if (note(event, c) && c >= 0) {
          by_guid_[chunk.collections[event.collection]] = -1;
          if (job_.options.drift == DriftPolicy::follow) {
            job_.gone.insert(job_.plan.collections[index].name);
            if (auto end = empty(c, "is no more in the source", net)) return end;
          }
          c = -1;
        }
        if (event.kind == WalEvent::Kind::rename)
          c = takes_name(event.name, chunk.collections[event.collection], c);
        break;
    }
  }
  return std::nullopt;
}

/// A collection lost all its documents at once.
std::optional<SyncOutcome> LogFollower::empty(int collection, const char* how,
                                              std::vector<NetChanges>& net) {
  if (collection < 0) return std::nullopt;
  const auto c = static_cast<std::uint32_t>(collection);
  if (job_.shares_table(c))
    return SyncOutcome{
        End::needs_keys,
        fmt::format("collection '{}' {}, and its table holds rows of other collections too",
                    job_.plan.collections[c].name, how),
        {}};
  net[c].truncate();
  return std::nullopt;
}

/// The plan's index of a collection of the log; −1 if it is not ours.
int LogFollower::collection_of(const std::string& guid) {
  const auto known = by_guid_.find(guid);
  if (known != by_guid_.end()) return known->second;
  if (!names_.contains(guid)) meet_collections();  // it may be new
  const auto now = by_guid_.find(guid);
  return now != by_guid_.end() ? now->second : (by_guid_[guid] = -1);
}

/// The plan's index of a collection that was created, maybe under another name than its present
/// one; −1 if it is not ours.
int LogFollower::made_anew(const std::string& name, const std::string& guid) {
  created_.insert(guid);
  const auto now = names_.find(guid);
  const auto at = job_.plan.index.find(now == names_.end() ? name : now->second);
  if (at == job_.plan.index.end()) return -1;
  is_there(at->first, guid);
  replaced_.erase(at->first);
  // Before the rows: should they not make it, the log tells this again.
  pg::remember_guids(job_.control, job_.identity(), {{at->first, guid}});
  return by_guid_[guid];
}

/// A collection got a name. If that is one of ours, and it was not renamed there and back, it took
/// the other's place: its documents of before are not in the log, which must not be forgotten.
int LogFollower::takes_name(const std::string& name, const std::string& guid, int collection) {
  const auto at = job_.plan.index.find(name);
  if (at == job_.plan.index.end()) return collection;
  const auto start = job_.starts.find(name);
  const bool known =
      created_.contains(guid) || (start != job_.starts.end() && start->second.guid == guid);
  if (collection == static_cast<int>(at->second) && known) return collection;
  is_there(name, guid);
  replaced_.insert(name);
  job_.starts[name].guid = "?";
  pg::remember_guids(job_.control, job_.identity(), {{name, "?"}});
  return by_guid_[guid];
}

/// This is now the collection of that name; one that had it before may have gone.
void LogFollower::is_there(const std::string& name, const std::string& guid) {
  job_.gone.erase(name);
  drift_.gone.erase(name);
  drift_.renamed.erase(name);
  const int index = static_cast<int>(job_.plan.index.at(name));
  for (auto& [other, at] : by_guid_)
    if (at == index) at = -1;
  by_guid_[guid] = index;
}

/// Collections that come, go or change their names. False if that is none of our business.
bool LogFollower::note(const WalEvent& event, int collection) {
  const std::string ours =
      collection >= 0 ? job_.plan.collections[static_cast<std::size_t>(collection)].name : "";
  Drift seen;
  const bool is_new =
      !event.name.empty() && !job_.plan.index.contains(event.name) && job_.wanted(event.name);
  if (ours.empty()) {
    if (is_new) seen.fresh.insert(event.name);
  } else {
    if (event.name == ours) return false;  // renamed there and back
    seen.gone.insert(ours);
    if (event.kind == WalEvent::Kind::rename) seen.renamed[ours] = event.name;
    if (is_new) seen.fresh.insert(event.name);
  }
  if (!seen.any()) return false;
  for (const auto& line : seen.lines()) {
    spdlog::warn("{}", line);
    job_.ledger.event(job_.run, "warn", line);
  }
  if (job_.options.drift == DriftPolicy::refuse)
    throw Error(Exit::source, "the source's collections change: " + seen.lines().front(),
                "Say --drift follow, report or ignore to go on.");
  drift_.fresh.merge(seen.fresh);
  drift_.gone.merge(seen.gone);
  drift_.renamed.merge(seen.renamed);
  return true;
}

doc::DocBatch LogFollower::batch_of(std::uint32_t collection) {
  doc::DocBatch batch;
  batch.collection = collection;
  batch.part = collections_[collection].part;
  batch.seq = collections_[collection].seq++;
  batch.bytes.reserve(1);
  return batch;
}

pg::SyncState LogFollower::state(std::uint64_t tick) const {
  pg::SyncState state{job_.identity(), "wal", {}, {}};
  for (std::size_t c = 0; c < collections_.size(); ++c)
    state.points.push_back({job_.plan.collections[c].name,
                            std::to_string(std::max(tick, collections_[c].position)),
                            std::to_string(std::max(tick, source_tick_))});
  return state;
}

void LogFollower::commit(std::vector<doc::DocBatch> batches, std::uint64_t tick) {
  std::vector<doc::RowBatch> rows;
  std::vector<std::uint64_t> bytes;
  for (doc::DocBatch& batch : batches) {
    batch.position_after = std::to_string(tick);
    bytes.push_back(batch.bytes.size());
    batch.lease = Lease(budget_, 0);
    rows.push_back(job_.plan.plans[batch.collection]->apply(std::move(batch), scratch_));
  }
  const pg::SyncState sync = state(tick);
  const auto begun = Clock::now();
  const pg::CommitResult result = loader_.commit(rows, job_.signals.token(), &sync);
  written_at_ = Clock::now();
  changed_ += result.changed;
  spdlog::debug(
      "log: tick={} changed={} rows={} took={}", tick, result.changed, result.rows,
      format_duration(std::chrono::duration_cast<std::chrono::milliseconds>(written_at_ - begun)));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto at = result.quarantined.find(rows[i].collection);
    const std::uint64_t quarantined = at == result.quarantined.end() ? 0 : at->second;
    job_.progress.committed(rows[i].collection, rows[i].docs.size() + rows[i].removed.size(),
                            bytes[i], quarantined);
  }
}

/// Nothing of ours in this stretch of the log; the position moves all the same.
void LogFollower::idle(const WalChunk& chunk) {
  const auto now = Clock::now();
  if (now - written_at_ < idle_write_every) return;
  pg::write_sync(job_.control, job_.run, state(std::max(position_, chunk.tick)));
  written_at_ = now;
}

void LogFollower::show_lag() {
  job_.progress.lag_ticks = source_tick_ > position_ ? source_tick_ - position_ : 0;
  job_.progress.lag_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - caught_up_at_).count();
}

/// Documents that were refused because of what other rows hold (foreign keys, unique values) are
/// asked for again, as they are now, once something has changed.
void LogFollower::try_refused_again() {
  tried_at_ = Clock::now();
  if (changed_ == 0) return;
  changed_ = 0;
  const auto fetcher = job_.live->fetcher();
  for (std::size_t before = ~std::size_t{0};;) {
    std::map<std::uint32_t, std::vector<std::string>> keys;
    std::size_t count = 0;
    for (const auto& e : pg::refused_by_order(job_.control)) {
      const auto at = job_.plan.index.find(e.collection);
      if (at == job_.plan.index.end() || job_.gone.contains(e.collection)) continue;
      keys[at->second].push_back(e.key);
      ++count;
    }
    if (count == 0 || count >= before) return;
    before = count;
    std::vector<doc::DocBatch> batches;
    for (const auto& [c, list] : keys) {
      doc::DocBatch batch = batch_of(c);
      if (!fetcher->fetch(job_.plan.collections[c].name, list, batch, job_.signals.token())) return;
      mark_missing(list, batch);
      batches.push_back(std::move(batch));
    }
    commit(std::move(batches), position_);
    changed_ = 0;
  }
}

/// The end of a log that was followed for once: positions and parts are final.
void LogFollower::finish() {
  try_refused_again();
  std::vector<doc::DocBatch> batches;
  for (std::uint32_t c = 0; c < collections_.size(); ++c) {
    batches.push_back(batch_of(c));
    batches.back().last = true;
  }
  commit(std::move(batches), position_);
}

}  // namespace

SyncOutcome follow_log(ResyncJob& job, bool forever) { return LogFollower(job, forever).run(); }

}  // namespace arango2pg::run
