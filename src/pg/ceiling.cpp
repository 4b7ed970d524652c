#include "pg/ceiling.h"

#include <atomic>
#include <exception>
#include <thread>

#include "pg/copy_session_internal.h"
#include "pg/sqlstate_internal.h"
#include "pg/text_internal.h"

namespace arango2pg::pg {
namespace {

using Clock = std::chrono::steady_clock;

/// One connection's share: every `lanes`-th batch, from `lane` on.
class CeilingLane {
 public:
  CeilingLane(const CeilingConfig& config, unsigned lane, const std::atomic<bool>& stop)
      : config_(config),
        session_(config.conninfo, "ceiling " + std::to_string(lane + 1)),
        lane_(lane),
        stop_(stop) {
    session_.exec("BEGIN; SET LOCAL arango2pg.loading = 'on'");
    const bool compression = session_.exec("SHOW server_version_num").number(0, 0) >= 140000;
    for (std::size_t t = 0; t < config.tables.size(); ++t) {
      session_.exec("CREATE TABLE " + name(t) + " (LIKE " + quote(config.tables[t].name) +
                    " INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING GENERATED INCLUDING STORAGE" +
                    (compression ? " INCLUDING COMPRESSION)" : ")"));
      if (!config.tables[t].key.empty())
        session_.exec("CREATE UNIQUE INDEX ON " + name(t) + " (" +
                      quoted_list(config.tables[t].key) + ")");
    }
  }

  /// Bytes of source documents a second.
  double run(const std::vector<doc::RowBatch>& batches) {
    double share = 0;
    for (std::size_t i = lane_; i < batches.size(); i += config_.lanes)
      share += static_cast<double>(batches[i].source.size());
    const auto end = Clock::now() + config_.time;
    double bytes = 0, seconds = 0;
    while (share > 0 && (seconds == 0 || Clock::now() < end)) {
      const auto begun = Clock::now();
      for (std::size_t t = 0; t < config_.tables.size(); ++t) copy(batches, t);
      bytes += share;
      seconds += std::chrono::duration<double>(Clock::now() - begun).count();
      for (std::size_t t = 0; t < config_.tables.size(); ++t) session_.exec("TRUNCATE " + name(t));
    }
    session_.exec("ROLLBACK");
    return seconds > 0 ? bytes / seconds : 0;
  }

 private:
  /// Of this server process and this run: no other has it.
  [[nodiscard]] std::string name(std::size_t table) const {
    return quote(
        TableName{"arango2pg", "ceiling_" + session_.backend_pid() + "_" + std::to_string(table)});
  }

  void copy(const std::vector<doc::RowBatch>& batches, std::size_t table) {
    const CeilingTable& to = config_.tables[table];
    CopyIn in(session_,
              "COPY " + name(table) + " (" + quoted_list(to.columns) + ") FROM STDIN" +
                  (to.format == doc::CopyFormat::binary ? " (FORMAT binary)" : ""),
              stop_);
    in.write(doc::RowWriter::header(to.format));
    for (std::size_t i = lane_; i < batches.size(); i += config_.lanes)
      in.write(batches[i].tables[table].bytes);
    in.write(doc::RowWriter::trailer(to.format));
    in.finish();
  }

  const CeilingConfig& config_;
  CopySession session_;
  const std::size_t lane_;
  const std::atomic<bool>& stop_;
};

}  // namespace

double measure_ceiling(const CeilingConfig& config, const std::vector<doc::RowBatch>& batches,
                       const std::stop_token& stop) {
  std::atomic<bool> given_up = false;
  const std::stop_callback on_stop(stop, [&] { given_up = true; });
  std::vector<std::exception_ptr> failures(config.lanes);
  std::vector<double> rates(config.lanes);
  {
    std::vector<std::jthread> threads;
    for (unsigned lane = 0; lane < config.lanes; ++lane)
      threads.emplace_back([&, lane] {
        try {
          rates[lane] = CeilingLane(config, lane, given_up).run(batches);
        } catch (const Refused& e) {
          if (!given_up)
            failures[lane] = std::make_exception_ptr(
                Error(Exit::target, std::string("cannot measure the ceiling: ") + e.what(),
                      hint_for(e.failure.sqlstate)));
          given_up = true;
        } catch (...) {
          failures[lane] = std::current_exception();
          given_up = true;
        }
      });
  }
  for (const auto& failure : failures)
    if (failure) std::rethrow_exception(failure);
  if (stop.stop_requested()) return 0;
  double sum = 0;
  for (const double rate : rates) sum += rate;
  return sum;
}

}  // namespace arango2pg::pg
