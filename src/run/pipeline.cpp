#include "run/pipeline.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/channel.h"
#include "base/log.h"
#include "base/units.h"
#include "pg/activity.h"
#include "run/failure.h"
#include "run/map_stage.h"

namespace arango2pg::run {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// One connection's queue and load.
struct Lane {
  explicit Lane(pg::LoaderConfig config) : loader(std::move(config)) {}
  Channel<doc::RowBatch> queue;
  pg::Loader loader;
  std::atomic<unsigned> parts{0};  ///< parts that feed this lane now
  std::atomic<bool> busy{false};   ///< inside commit()
};

class Pipeline {
 public:
  Pipeline(const PipelineConfig& config, PipelineParts parts, const std::stop_token& stop)
      : config_(config),
        parts_(std::move(parts)),
        budget_(config.memory / 4 * 3),  // the rest: parsers, libpq, what the allocator keeps
        failure_([this] { abort(); }),
        on_stop_(stop, [this] { drain_.request_stop(); }) {
    for (unsigned i = 0; i < config_.lanes; ++i) {
      pg::LoaderConfig lane = parts_.loader;
      lane.purpose += " lane " + std::to_string(i + 1);
      lanes_.push_back(std::make_unique<Lane>(std::move(lane)));
    }
  }

  PipelineOutcome run();

 private:
  void fetch();
  void read_stream(const pg::Claim& claim);
  void assign_lanes(const pg::Claim& claim);
  void transform();
  void write(Lane& lane);
  std::vector<doc::RowBatch> gather(Lane& lane);
  void account(Lane& lane, const std::vector<doc::RowBatch>& group, const pg::CommitResult& result);
  void watch();
  void sample();
  void look_at_target();
  [[nodiscard]] const char* bound_by() const;
  void abort();

  const PipelineConfig config_;
  PipelineParts parts_;
  ByteBudget budget_;
  Channel<doc::DocBatch> fetched_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::mutex lane_of_mutex_;
  std::unordered_map<PartId, Lane*> lane_of_;

  std::stop_source drain_;  ///< no more reading; what is in flight is finished
  std::stop_source abort_;  ///< drop everything
  Failure failure_;
  std::stop_callback<std::function<void()>> on_stop_;

  std::atomic<std::uint64_t> rows_{0};
  std::atomic<unsigned> retries_{0};
  std::atomic<bool> transforming_{false};
  enum Bound : std::uint8_t { source, client_cpu, memory, target };
  std::array<std::uint64_t, 4> bound_{};  ///< samples of each
  std::optional<pg::ActivityWatch> activity_;
  bool target_tells_ = true;
  pg::LaneActivity waits_;  ///< summed over what was seen
};

void Pipeline::abort() {
  abort_.request_stop();
  drain_.request_stop();
  fetched_.abort();
  for (auto& lane : lanes_) {
    lane->queue.abort();
    lane->loader.cancel();
  }
}

/// Claims streams until none is left. Runs in each fetch thread.
void Pipeline::fetch() {
  while (!drain_.stop_requested()) {
    const auto claim = parts_.ledger.claim(config_.run, parts_.collections, config_.lease);
    if (!claim) return;
    read_stream(*claim);
  }
}

void Pipeline::assign_lanes(const pg::Claim& claim) {
  const std::lock_guard lock(lane_of_mutex_);
  for (const auto& part : claim.parts) {
    Lane* best = std::min_element(lanes_.begin(), lanes_.end(), [](const auto& a, const auto& b) {
                   return a->parts < b->parts;
                 })->get();
    ++best->parts;
    lane_of_[part.id] = best;
  }
}

void Pipeline::read_stream(const pg::Claim& claim) {
  assign_lanes(claim);
  for (const auto& part : claim.parts) parts_.progress.begun(part.collection);
  const auto reader = parts_.source.open(claim.parts, budget_);
  while (auto batch = reader->next(drain_.get_token()))
    if (!fetched_.push(std::move(*batch))) return;
}

/// Parse, validate, transform, encode: CPU only, on TBB's threads; the input filter's pop is the
/// one wait.
void Pipeline::transform() {
  const auto map = [this](doc::DocBatch batch, mapping::Scratch& scratch) {
    return parts_.plans[batch.collection]->apply(std::move(batch), scratch);
  };
  const auto deliver = [this](doc::RowBatch rows) {
    Lane* lane = nullptr;
    {
      const std::lock_guard lock(lane_of_mutex_);
      lane = lane_of_.at(rows.part);
    }
    lane->queue.push(std::move(rows));
  };
  map_stage(
      fetched_, failure_, [this] { return mapping::Scratch(config_.run); }, map, deliver);
  for (auto& lane : lanes_) lane->queue.close();
}

/// The batches of the next transaction: until enough bytes, until time is up, or until the readers
/// starve because this lane holds what they wait for.
std::vector<doc::RowBatch> Pipeline::gather(Lane& lane) {
  std::vector<doc::RowBatch> group;
  std::uint64_t source_bytes = 0, leased = 0;
  const std::uint64_t share = budget_.limit() / 2 / lanes_.size();
  std::optional<Clock::time_point> until;
  while (source_bytes < config_.commit_bytes && leased < share) {
    std::optional<doc::RowBatch> batch;
    if (!until) {
      batch = lane.queue.pop();
      if (!batch) break;
      until = Clock::now() + config_.commit_after;
    } else {
      batch = lane.queue.pop_until(std::min(*until, Clock::now() + 20ms));
      if (!batch && (lane.queue.done() || Clock::now() >= *until || budget_.waiting() > 0)) break;
      if (!batch) continue;
    }
    source_bytes += batch->source.size();
    leased += batch->lease.bytes();
    group.push_back(std::move(*batch));
  }
  return group;
}

void Pipeline::account(Lane& lane, const std::vector<doc::RowBatch>& group,
                       const pg::CommitResult& result) {
  rows_ += result.rows;
  retries_ += result.retries;
  std::map<std::uint32_t, std::pair<std::uint64_t, std::uint64_t>>
      done;  // collection → documents, bytes
  for (const auto& batch : group) {
    auto& [documents, bytes] = done[batch.collection];
    documents += batch.fresh();
    if (batch.quarantined.empty()) bytes += batch.source.size();
    if (batch.last) {
      --lane.parts;
      --parts_.progress.collections()[batch.collection].parts_left;
    }
  }
  for (const auto& [collection, n] : done) {
    const auto q = result.quarantined.find(collection);
    parts_.progress.committed(collection, n.first, n.second,
                              q == result.quarantined.end() ? 0 : q->second);
  }
}

void Pipeline::write(Lane& lane) {
  while (true) {
    std::vector<doc::RowBatch> group = gather(lane);
    if (group.empty()) return;
    lane.busy = true;
    const auto begun = Clock::now();
    const pg::CommitResult result = lane.loader.commit(group, abort_.get_token());
    lane.busy = false;
    spdlog::debug("commit: batches={} rows={} bytes={} took={}", group.size(), result.rows,
                  format_size(result.bytes),
                  format_duration(
                      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun)));
    account(lane, group, result);
  }
}

/// Who waits for whom, five times a second: a full lane means the target, a full input means our
/// own CPU, readers that wait for the budget while the lanes have nothing mean the budget.
void Pipeline::sample() {
  const bool lanes_full = std::any_of(lanes_.begin(), lanes_.end(),
                                      [](const auto& l) { return l->busy && l->queue.size() > 0; });
  const bool all_busy =
      std::all_of(lanes_.begin(), lanes_.end(), [](const auto& l) { return l->busy.load(); });
  const Bound who = lanes_full || all_busy  ? target
                    : fetched_.size() > 1   ? client_cpu
                    : budget_.waiting() > 0 ? memory
                                            : source;
  if (++bound_[who] % 3 == 1 && who == target) look_at_target();
  parts_.progress.bound_by = bound_by();
}

/// Asked with every third sample: that costs nothing, and the share of a wait is what counts.
void Pipeline::look_at_target() {
  if (!target_tells_) return;
  try {
    if (!activity_) activity_.emplace(parts_.loader.conninfo, parts_.loader.purpose + " lane ");
    const pg::LaneActivity now = activity_->look();
    waits_.computing += now.computing;
    waits_.wal += now.wal;
    waits_.disk += now.disk;
    waits_.locks += now.locks;
  } catch (const Error& e) {
    spdlog::debug("what the target waits for can't be seen: {}", e.what());
    target_tells_ = false;
    activity_.reset();
  }
}

const char* Pipeline::bound_by() const {
  static constexpr std::array<const char*, 4> names = {"source", "client cpu", "memory", "target"};
  const auto most =
      static_cast<std::size_t>(std::max_element(bound_.begin(), bound_.end()) - bound_.begin());
  if (most != target) return names[most];
  const std::array<std::pair<unsigned, const char*>, 4> waits = {{{waits_.computing, "target cpu"},
                                                                  {waits_.wal, "target wal"},
                                                                  {waits_.disk, "target disk"},
                                                                  {waits_.locks, "target locks"}}};
  const auto longest = std::max_element(
      waits.begin(), waits.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return longest->first > 0 ? longest->second : names[target];
}

/// Renews the leases; samples. Ends with the run.
void Pipeline::watch() {
  auto renew_at = Clock::now() + config_.lease / 3;
  std::mutex mutex;
  std::condition_variable_any wake;
  const auto ended = abort_.get_token();
  while (!ended.stop_requested()) {
    std::unique_lock lock(mutex);
    wake.wait_for(lock, ended, 200ms, [] { return false; });
    sample();
    if (Clock::now() < renew_at) continue;
    parts_.ledger.renew(config_.run, config_.lease);
    renew_at = Clock::now() + config_.lease / 3;
  }
}

PipelineOutcome Pipeline::run() {
  std::jthread watcher([this] { failure_.guard([this] { watch(); }); });
  {
    std::vector<std::jthread> writers;
    for (auto& lane : lanes_)
      writers.emplace_back([this, &lane] { failure_.guard([this, &lane] { write(*lane); }); });
    std::jthread middle([this] {
      failure_.guard([this] { transform(); });
      for (auto& lane : lanes_) lane->queue.close();
    });
    {
      std::vector<std::jthread> readers;
      for (unsigned i = 0; i < config_.readers; ++i)
        readers.emplace_back([this] { failure_.guard([this] { fetch(); }); });
    }
    fetched_.close();
  }
  const bool stopped = drain_.stop_requested() && !failure_.happened();
  abort_.request_stop();  // ends the watcher
  watcher.join();
  failure_.rethrow();
  PipelineOutcome outcome;
  outcome.stopped = stopped;
  outcome.bound_by = parts_.progress.bound_by.load();
  outcome.peak_in_flight = budget_.peak();
  outcome.rows = rows_;
  outcome.retries = retries_;
  return outcome;
}

}  // namespace

void PipelineConfig::validate() const {
  if (lanes == 0) throw Error(Exit::usage, "--jobs is 0", "Use 1 or more.");
  if (memory < (16U << 20))
    throw Error(Exit::usage, "--memory is " + format_size(memory) + ", less than 16 MiB",
                "Give the run at least 16MiB; 256MiB is the default.");
  if (commit_bytes < 4096)
    throw Error(Exit::usage, "--batch-size is " + format_size(commit_bytes),
                "Transactions below 0.5 MB halve the rate; 8MiB is the default, 4KiB the least.");
}

PipelineOutcome run_pipeline(const PipelineConfig& config, PipelineParts parts,
                             const std::stop_token& stop) {
  config.validate();
  return Pipeline(config, std::move(parts), stop).run();
}

}  // namespace arango2pg::run
