#include "run/scan.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <thread>
#include <tuple>

#include "base/channel.h"
#include "run/failure.h"
#include "run/map_stage.h"

namespace arango2pg::run {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

class Scan {
 public:
  Scan(const ScanLimits& config, ScanJob job, const std::stop_token& stop)
      : job_(std::move(job)),
        readers_(std::max(1U, config.readers)),
        budget_(config.memory),
        failure_([this] { abort(); }),
        on_stop_(stop, [this] { drain_.request_stop(); }) {}

  ScanOutcome run();

 private:
  /// Wall clock of a stretch of work, added to a counter of several threads.
  class Timed {
   public:
    explicit Timed(std::atomic<std::int64_t>& sum) : sum_(sum), begun_(Clock::now()) {}
    ~Timed() {
      sum_ += std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begun_).count();
    }

   private:
    std::atomic<std::int64_t>& sum_;
    Clock::time_point begun_;
  };

  void fetch();
  void read(std::vector<doc::PartTask> stream);
  void map();
  void consume();
  void abort();

  ScanJob job_;
  const unsigned readers_;
  ByteBudget budget_;
  Channel<doc::DocBatch> fetched_;
  Channel<Mapped> mapped_;
  std::atomic<std::size_t> next_stream_{0};
  std::stop_source drain_;  ///< no more reading; what is in flight is finished
  Failure failure_;
  std::stop_callback<std::function<void()>> on_stop_;
  std::atomic<std::int64_t> fetch_micros_{0}, map_micros_{0};
};

void Scan::abort() {
  drain_.request_stop();
  fetched_.abort();
  mapped_.abort();
}

void Scan::fetch() {
  while (!drain_.stop_requested()) {
    const std::size_t next = next_stream_++;
    if (next >= job_.streams.size()) return;
    read(std::move(job_.streams[next]));
  }
}

void Scan::read(std::vector<doc::PartTask> stream) {
  const auto reader = job_.open(std::move(stream), budget_);
  while (true) {
    std::optional<doc::DocBatch> batch;
    {
      const Timed timed(fetch_micros_);
      batch = reader->next(drain_.get_token());
    }
    if (!batch || !fetched_.push(std::move(*batch))) return;
  }
}

void Scan::map() {
  const auto map = [this](doc::DocBatch batch, ScanJob::Mapper& mapper) {
    const Timed timed(map_micros_);
    return mapper(std::move(batch));
  };
  map_stage(fetched_, failure_, job_.make_mapper, map,
            [this](Mapped rows) { mapped_.push(std::move(rows)); });
}

void Scan::consume() {
  while (true) {
    auto batch = mapped_.pop_until(Clock::now() + 20ms);
    if (batch) {
      job_.take(std::move(*batch));
      continue;
    }
    if (mapped_.done() || budget_.waiting() > 0) job_.flush();
    if (mapped_.done()) return;
  }
}

ScanOutcome Scan::run() {
  {
    std::jthread consumer([this] { failure_.guard([this] { consume(); }); });
    std::jthread middle([this] {
      failure_.guard([this] { map(); });
      mapped_.close();
    });
    {
      std::vector<std::jthread> readers;
      for (unsigned i = 0; i < readers_; ++i)
        readers.emplace_back([this] { failure_.guard([this] { fetch(); }); });
    }
    fetched_.close();
  }
  ScanOutcome out;
  out.stopped = drain_.stop_requested() && !failure_.happened();
  failure_.rethrow();
  out.fetch_seconds = static_cast<double>(fetch_micros_) / 1e6;
  out.map_seconds = static_cast<double>(map_micros_) / 1e6;
  out.peak_in_flight = budget_.peak();
  return out;
}

}  // namespace

ScanOutcome scan(const ScanLimits& config, ScanJob job, const std::stop_token& stop) {
  return Scan(config, std::move(job), stop).run();
}

std::vector<std::vector<doc::PartTask>> streams_of(std::vector<doc::PartTask> parts) {
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<doc::PartTask>> by_stream;
  for (doc::PartTask& part : parts)
    by_stream[{part.collection, part.spec.stream}].push_back(std::move(part));
  std::vector<std::vector<doc::PartTask>> out;
  for (auto& [stream, tasks] : by_stream) out.push_back(std::move(tasks));
  const auto size = [](const std::vector<doc::PartTask>& tasks) {
    std::uint64_t bytes = 0, documents = 0;
    for (const doc::PartTask& t : tasks) {
      bytes += t.spec.bytes;
      documents += t.spec.documents;
    }
    return std::pair(bytes, documents);
  };
  std::stable_sort(out.begin(), out.end(),
                   [&](const auto& a, const auto& b) { return size(a) > size(b); });
  return out;
}

}  // namespace arango2pg::run
