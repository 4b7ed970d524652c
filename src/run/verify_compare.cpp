#include "run/verify_compare.h"

#include <algorithm>
#include <bit>
#include <condition_variable>
#include <iterator>
#include <random>
#include <thread>

#include "base/log.h"

namespace arango2pg::run {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t fewest_buckets = 1U << 12;
/// A pass that took longer is worth a saved state when it ends.
constexpr std::chrono::milliseconds worth_saving{10000};

}  // namespace

bool Comparison::resume(RunId run, pg::CompareStore& store) {
  std::vector<std::uint64_t> words;
  const auto json = store.load(run, words);
  if (!json) return false;
  auto state = VerifyState::parse(*json);
  if (!state || state->tables.size() != plan_.tables.size() ||
      state->lost.size() != plan_.run.collections.size() || words.size() != 2 * state->buckets)
    return false;
  // A table that was rewritten has its rows in other places.
  std::map<TableName, std::string> files;
  for (std::size_t t = 0; t < plan_.tables.size(); ++t)
    for (const auto& r : pg::row_ranges(control_, plan_.tables[t].read.name, t, ~std::uint64_t{0}))
      files[r.heap] = r.file;
  for (const auto& r : state->ranges)
    if (!files.contains(r.heap) || files[r.heap] != r.file) return false;
  state_ = std::move(*state);
  sums_.emplace(state_.buckets, 0);
  std::copy(words.begin(), words.end(), sums_->words().begin());
  return true;
}

void Comparison::begin(RunId run, pg::Ledger& ledger) {
  const bool resumed = sums_.has_value();
  run_ = run;
  if (!resumed) cut_source(ledger);
  parts_ = ledger.parts(run_);
  for (std::size_t i = 0; i < parts_.size(); ++i) part_at_[parts_[i].id] = i;
  if (!resumed) cut_target();
}

void Comparison::cut_source(pg::Ledger& ledger) {
  std::vector<doc::PartSpec> specs;
  doc::SplitOptions split;
  split.lanes = options_.migrate.jobs;
  for (const auto& collection : plan_.run.collections) {
    auto more = source_.split(collection, split);
    specs.insert(specs.end(), std::make_move_iterator(more.begin()),
                 std::make_move_iterator(more.end()));
  }
  ledger.add_parts(run_, specs);
}

void Comparison::cut_target() {
  std::random_device random;
  state_.seed = static_cast<std::uint64_t>(random()) << 32 | random();
  state_.tables.resize(plan_.tables.size());
  state_.lost.resize(plan_.run.collections.size());
  std::uint64_t rows = 0, documents = 0;
  for (std::size_t t = 0; t < plan_.tables.size(); ++t) {
    auto ranges = pg::row_ranges(control_, plan_.tables[t].read.name, t, piece_bytes);
    std::move(ranges.begin(), ranges.end(), std::back_inserter(state_.ranges));
    rows += pg::estimated_rows(control_, plan_.tables[t].read.name);
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

std::vector<doc::PartTask> Comparison::tasks(bool whole) const {
  std::vector<doc::PartTask> out;
  for (const auto& p : parts_) {
    if (!whole && p.state == "done") continue;
    out.push_back({p.id, plan_.run.index.at(p.spec.collection), p.spec, whole ? "" : p.position});
  }
  return out;
}

// -- adding up

void Comparison::add(DigestedBatch&& batch, DocumentChecker& checker, Progress& progress) {
  const std::uint32_t c = batch.rows.collection;
  const std::uint64_t lost = checker.lost_rejections(batch.rows).size();
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
  progress.committed(c, batch.rows.docs.size(), batch.source_bytes, batch.rows.rejections.size());
  if (batch.rows.last) --progress.collections()[c].parts_left;
}

void Comparison::subtract(const TargetRows& rows, std::size_t range) {
  const std::lock_guard lock(mutex_);
  auto& table = state_.tables[rows.table];
  table.present += rows.rows;
  for (const auto& d : rows.digests) {
    sums_->subtract(d.key, d.row);
    table.a -= d.row.a;
    table.b -= d.row.b;
  }
  state_.done[range] = true;
}

/// What is in the sums, and where reading goes on, in one transaction.
void Comparison::save() {
  const std::lock_guard lock(mutex_);
  for (const auto& p : parts_)
    if (!p.spec.resumable && p.state != "done" && p.counters.read > 0) return;
  pg::CompareStore store(options_.migrate.target.conninfo);
  store.save(run_, state_.json(), sums_->words(), parts_);
}

/// Reads, and saves the state meanwhile.
void Comparison::read_all(const VerifyScanConfig& config, const ScanHandlers& handlers,
                          ScanWork work, bool& ended, const std::stop_token& stop) {
  const std::jthread saver([this](const std::stop_token& end) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    while (!wake.wait_for(lock, end, options_.checkpoint, [&] { return end.stop_requested(); })) {
      try {
        save();
      } catch (const Error& e) {
        spdlog::warn("the state could not be saved: {}", e.what());
      }
    }
  });
  VerifyScanConfig first_look = config;
  first_look.as_printed = true;
  ended = scan(first_look, plan_, source_, std::move(work), handlers, stop);
}

bool Comparison::run(const VerifyScanConfig& config, DocumentChecker& checker, Progress& progress,
                     const std::stop_token& stop) {
  ScanWork work;
  work.parts = tasks(false);
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < state_.ranges.size(); ++i) {
    if (state_.done[i]) continue;
    work.ranges.push_back(state_.ranges[i]);
    numbers.push_back(i);
  }
  ScanHandlers handlers;
  handlers.source = [&](DigestedBatch&& batch) { add(std::move(batch), checker, progress); };
  handlers.target = [&](TargetRows&& rows) { subtract(rows, numbers[rows.range]); };
  const auto begun = Clock::now();
  bool ended = false;
  try {
    read_all(config, handlers, std::move(work), ended, stop);
  } catch (...) {
    try {
      save();
    } catch (const Error& e) {
      spdlog::debug("the state could not be saved: {}", e.what());
    }
    throw;
  }
  if (!ended || Clock::now() - begun > std::min(options_.checkpoint, worth_saving))
    save();
  else
    checker.store().save_parts(parts_);
  return ended;
}

Suspects Comparison::take_suspects() {
  Suspects suspects;
  suspects.narrow(*sums_);
  sums_.reset();
  return suspects;
}

}  // namespace arango2pg::run
