// `resync --strategy revisions`: keys and revisions of both sides, compared; and `watermark`.
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cstdlib>

#include "base/log.h"
#include "run/load_stage.h"
#include "run/resync_keys.h"

namespace arango2pg::run {
namespace {

using End = SyncOutcome::End;

bool is_of_pass(const std::string& kind) { return kind != "wal" && kind != "second_chance"; }

class Pass {
 public:
  explicit Pass(ResyncJob& job) : job_(job), source_(job), options_(job.options.migrate) {
    options_.changes = true;
  }

  SyncOutcome run() {
    // Where the log was lost, its parts have nothing left to do.
    pg::close_parts(job_.control, job_.run, "wal");
    begin();
    // The log is needed from where the pass began.
    std::optional<arango::LogKeeper> keeper;
    if (!tick_.empty() && job_.live != nullptr)
      keeper.emplace(options_.source, std::strtoull(tick_.c_str(), nullptr, 10),
                     arango::LiveServer::syncer_id(job_.identity(), job_.control.description()));
    if (!work()) return {End::stopped, {}, {}};
    add_sweeps();
    if (!work()) return {End::stopped, {}, {}};
    end();
    return {};
  }
  /// Did it begin in an earlier process? Then what changed meanwhile before its position was
  /// missed.
  [[nodiscard]] bool resumed() const { return resumed_; }

 private:
  /// A pass that was interrupted goes on with its parts; else all of them begin anew.
  void begin() {
    bool open = false, known = false;
    std::uint32_t stream = 0;
    std::set<std::string> planned;
    for (const auto& part : job_.ledger.parts(job_.run)) {
      stream = std::max(stream, part.spec.stream + 1);
      if (!is_of_pass(part.spec.kind)) continue;
      known = true;
      open = open || part.state != "done";
      planned.insert(part.spec.collection);
    }
    if (!open) {
      pg::drop_seen_tables(job_.control, job_.run);
      take_tick();
      if (known) reopen();
    } else {
      resumed_ = true;
      tick_ = job_.control
                  .exec("SELECT start_tick FROM arango2pg.run WHERE id = $1::bigint",
                        {std::to_string(job_.run)})
                  .text(0, 0);
      spdlog::info("going on with the comparison that was interrupted");
    }
    doc::SplitOptions split;
    split.lanes = options_.jobs;
    for (const auto& collection : job_.plan.collections) {
      if (planned.contains(collection.name)) continue;
      for (auto& part : source_.split(collection, split)) {
        part.stream += stream;
        job_.ledger.add_part(job_.run, part);
      }
    }
    source_.learn(job_.ledger.parts(job_.run));
    source_.make_room();
  }

  /// What the pass finds is true of this position of the log, or of a later one.
  void take_tick() {
    std::string why_not;
    if (job_.live != nullptr) {
      const auto tick = job_.live->last_tick(why_not);
      tick_ = tick ? std::to_string(*tick) : "";
    } else {
      tick_ = job_.source.info().start_tick;
    }
    begun_at_ = job_.control.exec("SELECT clock_timestamp()").text(0, 0);
    pg::set_start_tick(job_.control, job_.run, tick_);
  }

  void reopen() {
    std::set<std::string> kinds;
    for (const auto& part : job_.ledger.parts(job_.run))
      if (is_of_pass(part.spec.kind) && part.spec.kind != "sweep") kinds.insert(part.spec.kind);
    pg::reopen_parts(job_.control, job_.run, {kinds.begin(), kinds.end()});
  }

  /// False if a signal ended it.
  bool work() {
    Progress progress;
    LoadStage stage(source_, options_, job_.signals, job_.plan, job_.ledger, progress, job_.run,
                    false);
    stage.adjust([this](pg::LoadCollection& collection) { source_.prepare(collection); });
    stage.run();
    return !job_.signals.requested() || stage.all_parts_done();
  }

  /// Sweeps of an interrupted pass may be there already.
  void add_sweeps() {
    std::set<std::string> there;
    std::uint32_t stream = 0;
    for (const auto& part : job_.ledger.parts(job_.run)) {
      stream = std::max(stream, part.spec.stream + 1);
      if (part.spec.kind == "sweep") there.insert(part.spec.collection);
    }
    for (auto& part : source_.sweeps()) {
      part.stream = stream;
      if (!there.contains(part.collection)) job_.ledger.add_part(job_.run, part);
    }
    pg::reopen_parts(job_.control, job_.run, {"sweep"});
  }

  void end() {
    pg::SyncState state{job_.identity(), "revisions", {}, begun_at_};
    for (const auto& collection : job_.plan.collections) {
      // Of a pass that was resumed nobody knows since when both sides are equal.
      state.points.push_back({collection.name, tick_, resumed_ ? "" : tick_});
      job_.starts[collection.name].tick = tick_;
    }
    pg::write_sync(job_.control, job_.run, state);
    pg::drop_seen_tables(job_.control, job_.run);
    if (job_.live == nullptr) return;
    std::vector<std::pair<std::string, std::string>> guids;
    for (const auto& facts : job_.live->collections())
      if (job_.plan.index.contains(facts.name) && !job_.gone.contains(facts.name)) {
        guids.emplace_back(facts.name, facts.globally_unique_id);
        job_.starts[facts.name].guid = facts.globally_unique_id;
      }
    pg::remember_guids(job_.control, job_.identity(), guids);
  }

  ResyncJob& job_;
  KeySource source_;
  MigrateOptions options_;
  std::string tick_;
  std::string begun_at_;  ///< "" = in an earlier process
  bool resumed_ = false;
};

}  // namespace

SyncOutcome compare_keys(ResyncJob& job) {
  for (;;) {
    Pass pass(job);
    SyncOutcome outcome = pass.run();
    // A follower compares again anyway, or goes on by the log.
    if (outcome.end != End::up_to_date || !pass.resumed() || job.options.follow) return outcome;
    spdlog::info("comparing once more, for what changed since that comparison began");
  }
}

}  // namespace arango2pg::run
