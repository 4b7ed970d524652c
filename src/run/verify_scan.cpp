#include "run/verify_scan.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "base/channel.h"
#include "base/log.h"
#include "run/map_stage.h"

namespace arango2pg::run {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// Of documents in flight. More does not make it faster: all of it would be memory that no cache
/// holds any longer and that the kernel has to clear first.
constexpr std::uint64_t bytes_per_thread = 8U << 20;

std::uint64_t enough_in_flight(const VerifyScanConfig& config) {
  const std::uint64_t threads = std::max(1U, std::thread::hardware_concurrency()) + config.jobs;
  return std::min(config.memory, threads * bytes_per_thread);
}

/// What one of TBB's threads keeps from batch to batch.
struct MapState {
  mapping::Scratch scratch;
  doc::RowDigester digester;
};

/// Calls `use(row number, fields as the table has them)` for each row of a target.
template <class Use>
void each_row(const VerifiedRows& rows, const doc::TableRows& encoded, Use&& use) {
  std::vector<doc::Field> own, fields;
  for (std::size_t r = 0; r < encoded.rows(); ++r) {
    const std::uint32_t begin = encoded.row_begin(r);
    std::size_t size = 0;
    if (doc::read_row(std::string_view(encoded.bytes).substr(begin, encoded.row_end[r] - begin),
                      rows.width, own, size) != doc::RowEnd::row)
      throw Error(Exit::unexpected, "a row was encoded in another form than planned");
    VerifyPlan::arrange(rows, own, fields);
    use(r, fields);
  }
}

void digest_target(const VerifyPlan& plan, DigestedBatch& batch, std::size_t target,
                   doc::RowDigester& digester) {
  const VerifiedRows& rows = plan.rows[batch.rows.collection][target];
  auto& out = batch.digests[target];
  const doc::TableRows& encoded = batch.rows.tables[target];
  out.reserve(encoded.rows());
  const auto& table = plan.tables[static_cast<std::size_t>(rows.table)];
  each_row(rows, encoded, [&](std::size_t, const std::vector<doc::Field>& fields) {
    out.push_back(digester.digest(table.compared, fields));
  });
}

bool needs_printing(const VerifyPlan& plan, std::uint32_t collection, std::size_t target) {
  const int table = plan.rows[collection][target].table;
  return table >= 0 && plan.tables[static_cast<std::size_t>(table)].printed;
}

/// An array as PostgreSQL reads it: {"a","b"}.
std::string array_literal(std::string_view bytes) {
  doc::ColumnType text;
  text.array = true;
  return doc::field_text(text, doc::Field(bytes));
}

/// Replaces values of types that we have no form for by what PostgreSQL makes of them.
void print_columns(const VerifiedTable& table, const VerifiedRows& rows, doc::TableRows& encoded,
                   pg::RowReader& printer) {
  // Of all rows together: one question for each column.
  std::map<int, std::vector<std::optional<std::string>>> printed;
  std::vector<doc::Field> own;
  for (std::size_t c = 0; c < rows.columns.size(); ++c) {
    const doc::ColumnType& type = table.read.types[c];
    const int at = rows.columns[c];
    if (type.kind != doc::TypeKind::other || at < 0 || !table.compared.compared[c]) continue;
    std::vector<std::optional<std::string>> texts;
    for (std::size_t r = 0; r < encoded.rows(); ++r) {
      std::size_t size = 0;
      doc::read_row(std::string_view(encoded.bytes).substr(encoded.row_begin(r)), rows.width, own,
                    size);
      const doc::Field& value = own[static_cast<std::size_t>(at)];
      if (!value)
        texts.emplace_back();
      else
        texts.emplace_back(type.array ? array_literal(*value) : std::string(*value));
    }
    printed[at] = printer.as_printed(type, texts);
    // What PostgreSQL refuses is different from everything it may hold, and from NULL.
    for (std::size_t r = 0; r < texts.size(); ++r)
      if (texts[r] && !printed[at][r]) printed[at][r] = "refused by PostgreSQL: " + *texts[r];
  }
  doc::TableRows out;
  doc::RowWriter writer(doc::CopyFormat::binary, static_cast<std::uint16_t>(rows.width));
  writer.attach(out);
  for (std::size_t r = 0; r < encoded.rows(); ++r) {
    std::size_t size = 0;
    doc::read_row(std::string_view(encoded.bytes).substr(encoded.row_begin(r)), rows.width, own,
                  size);
    writer.begin_row();
    for (std::size_t c = 0; c < own.size(); ++c) {
      const auto at = printed.find(static_cast<int>(c));
      if (at != printed.end() && at->second[r])
        writer.bytea(*at->second[r]);
      else if (own[c])
        writer.bytea(*own[c]);  // any bytes: the form stays as it is
      else
        writer.null();
    }
    writer.end_row(encoded.row_doc[r]);
  }
  encoded = std::move(out);
}

/// The targets that only PostgreSQL can print.
void finish_digests(const VerifyPlan& plan, DigestedBatch& batch, doc::RowDigester& digester,
                    pg::RowReader& printer) {
  for (std::size_t t = 0; t < batch.rows.tables.size(); ++t) {
    if (!needs_printing(plan, batch.rows.collection, t)) continue;
    const VerifiedRows& rows = plan.rows[batch.rows.collection][t];
    print_columns(plan.tables[static_cast<std::size_t>(rows.table)], rows, batch.rows.tables[t],
                  printer);
    digest_target(plan, batch, t, digester);
  }
}

void digest_all(const VerifyPlan& plan, DigestedBatch& batch, doc::RowDigester& digester) {
  for (const doc::DocRef& d : batch.rows.docs) batch.source_bytes += d.size;
  batch.digests.resize(batch.rows.tables.size());
  for (std::size_t t = 0; t < batch.rows.tables.size(); ++t)
    if (plan.rows[batch.rows.collection][t].table >= 0 &&
        !needs_printing(plan, batch.rows.collection, t))
      digest_target(plan, batch, t, digester);
}

/// Sums need no documents; only rejected ones are looked at again.
void let_go(DigestedBatch& batch) {
  doc::RowBatch& rows = batch.rows;
  for (doc::TableRows& t : rows.tables) t.bytes = {};
  if (rows.rejections.empty()) rows.source = {};
  std::uint64_t held = rows.source.capacity() + rows.docs.capacity() * sizeof(doc::DocRef);
  for (const auto& d : batch.digests) held += d.capacity() * sizeof(d[0]);
  for (const doc::TableRows& t : rows.tables)
    held += (t.row_doc.capacity() + t.row_end.capacity()) * sizeof(std::uint32_t);
  rows.lease.resize(held);
}

class Scan {
 public:
  Scan(const VerifyScanConfig& config, const VerifyPlan& plan, doc::Source& source, ScanWork work,
       const ScanHandlers& handlers, const std::stop_token& stop)
      : config_(config),
        plan_(plan),
        source_(source),
        work_(std::move(work)),
        handlers_(handlers),
        budget_(enough_in_flight(config)),
        failure_([this] { abort(); }),
        on_stop_(stop, [this] { drain_.request_stop(); }) {
    for (unsigned i = 0; i < config.jobs; ++i)
      readers_.push_back(std::make_unique<pg::RowReader>(
          config.conninfo, config.purpose + " reader " + std::to_string(i + 1)));
    for (auto& part : work_.parts) {
      auto& stream = streams_[{part.spec.collection, part.spec.stream}];
      stream.push_back(std::move(part));
    }
    for (auto& [name, parts] : streams_) waiting_.push_back(std::move(parts));
    const auto size = [](const std::vector<doc::PartTask>& parts) {
      std::uint64_t bytes = 0;
      for (const auto& p : parts) bytes += p.spec.bytes;
      return bytes;
    };
    // The biggest first: the last one to end should be a small one.
    std::stable_sort(waiting_.begin(), waiting_.end(),
                     [&](const auto& a, const auto& b) { return size(a) > size(b); });
  }

  bool run() {
    {
      std::vector<std::jthread> target;
      if (!work_.ranges.empty()) {
        snapshot_ = std::make_unique<pg::RowSnapshot>(config_.conninfo);
        for (auto& reader : readers_)
          target.emplace_back([this, &reader] { failure_.guard([&] { read_target(*reader); }); });
      }
      if (!waiting_.empty()) read_source();
    }
    failure_.rethrow();
    return !drain_.stop_requested();
  }

 private:
  void abort() {
    drain_.request_stop();
    fetched_.abort();
    digested_.abort();
    for (auto& reader : readers_) reader->cancel();
  }

  [[nodiscard]] doc::RowDigester source_digester() const {
    return doc::RowDigester(
        config_.seed, config_.as_printed ? doc::JsonbForm::unprinted : doc::JsonbForm::by_value);
  }

  // -- the source: fetch threads → TBB → one thread that hands out

  void fetch() {
    while (!drain_.stop_requested()) {
      std::vector<doc::PartTask> parts;
      {
        const std::lock_guard lock(mutex_);
        if (waiting_.empty()) return;
        parts = std::move(waiting_.front());
        waiting_.pop_front();
      }
      const auto reader = source_.open(std::move(parts), budget_);
      while (auto batch = reader->next(drain_.get_token()))
        if (!fetched_.push(std::move(*batch))) return;
    }
  }

  void hand_out() {
    doc::RowDigester digester = source_digester();
    pg::RowReader printer(config_.conninfo, config_.purpose + " printer");
    while (auto batch = digested_.pop()) {
      finish_digests(plan_, *batch, digester, printer);
      if (!config_.keep_rows) let_go(*batch);
      handlers_.source(std::move(*batch));
    }
  }

  void read_source() {
    std::jthread last([this] { failure_.guard([this] { hand_out(); }); });
    std::jthread middle([this] {
      failure_.guard([this] {
        map_stage(
            fetched_, failure_,
            [this] {
              return MapState{mapping::Scratch(0), source_digester()};
            },
            [this](doc::DocBatch batch, MapState& state) {
              DigestedBatch out;
              out.rows = plan_.run.plans[batch.collection]->apply(std::move(batch), state.scratch);
              digest_all(plan_, out, state.digester);
              return out;
            },
            [this](DigestedBatch batch) { digested_.push(std::move(batch)); });
      });
      digested_.close();
    });
    {
      std::vector<std::jthread> fetchers;
      for (unsigned i = 0; i < config_.jobs + 1; ++i)
        fetchers.emplace_back([this] { failure_.guard([this] { fetch(); }); });
    }
    fetched_.close();
  }

  // -- the target

  void read_target(pg::RowReader& reader) {
    doc::RowDigester digester(
        config_.seed, config_.as_printed ? doc::JsonbForm::printed : doc::JsonbForm::by_value);
    for (;;) {
      std::size_t range = 0;
      {
        const std::lock_guard lock(mutex_);
        if (drain_.stop_requested() || next_range_ == work_.ranges.size()) return;
        range = next_range_++;
      }
      handlers_.target(read_range(reader, range, digester));
    }
  }

  /// A connection may be lost on the way; the piece is then read again from its beginning.
  TargetRows read_range(pg::RowReader& reader, std::size_t number, doc::RowDigester& digester) {
    const pg::RowRange& range = work_.ranges[number];
    const VerifiedTable& table = plan_.tables[range.table];
    const auto deadline = Clock::now() + config_.retry_for;
    auto wait = 50ms;
    for (;;) {
      const std::string snapshot = moment();
      TargetRows out;
      out.range = number;
      out.table = range.table;
      try {
        reader.read(table.read, range, snapshot, [&](const std::vector<doc::Field>& fields) {
          ++out.rows;
          const auto digest = digester.digest(table.compared, fields);
          if (handlers_.wanted && !handlers_.wanted(digest.key)) return;
          out.digests.push_back(digest);
          if (config_.keep_keys) out.keys.push_back(pack_fields(table.pick(fields, table.key)));
        });
        return out;
      } catch (const Error& e) {
        if (!e.retryable() || failure_.happened() || Clock::now() + wait > deadline) throw;
        spdlog::debug("reading table {} again: {}", table.read.name.text(), e.what());
      }
      pause(wait);
      wait = std::min(2 * wait, 2000ms);
      renew(snapshot);
    }
  }

  std::string moment() {
    const std::lock_guard lock(mutex_);
    return snapshot_->id();
  }

  /// After a lost connection the moment may be gone too. Then the rest is read as of another one:
  /// a row that changed in between is a suspect, and suspects are looked at again.
  void renew(const std::string& failed) {
    const std::lock_guard lock(mutex_);
    if (snapshot_->id() != failed || snapshot_->alive()) return;
    try {
      snapshot_ = std::make_unique<pg::RowSnapshot>(config_.conninfo);
    } catch (const Error& e) {
      if (!e.retryable()) throw;
    }
  }

  void pause(std::chrono::milliseconds time) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_for(lock, drain_.get_token(), time, [] { return false; });
  }

  const VerifyScanConfig& config_;
  const VerifyPlan& plan_;
  doc::Source& source_;
  ScanWork work_;
  const ScanHandlers& handlers_;
  ByteBudget budget_;
  Channel<doc::DocBatch> fetched_;
  Channel<DigestedBatch> digested_;
  std::vector<std::unique_ptr<pg::RowReader>> readers_;
  std::mutex mutex_;  ///< guards what follows
  std::map<std::pair<std::string, std::uint32_t>, std::vector<doc::PartTask>> streams_;
  std::deque<std::vector<doc::PartTask>> waiting_;
  std::size_t next_range_ = 0;
  std::unique_ptr<pg::RowSnapshot> snapshot_;

  std::stop_source drain_;  ///< no more reading
  Failure failure_;
  std::stop_callback<std::function<void()>> on_stop_;
};

}  // namespace

std::string pack_fields(const std::vector<doc::Field>& fields) {
  doc::TableRows out;
  doc::RowWriter writer(doc::CopyFormat::binary, static_cast<std::uint16_t>(fields.size()));
  writer.attach(out);
  writer.begin_row();
  for (const doc::Field& f : fields) f ? writer.bytea(*f) : writer.null();
  writer.end_row(0);
  return std::move(out.bytes);
}

std::vector<doc::Field> unpack_fields(std::string_view packed) {
  std::vector<doc::Field> fields;
  std::size_t size = 0;
  const std::size_t count =
      static_cast<unsigned char>(packed[0]) * 256U + static_cast<unsigned char>(packed[1]);
  doc::read_row(packed, count, fields, size);
  return fields;
}

bool scan(const VerifyScanConfig& config, const VerifyPlan& plan, doc::Source& source,
          ScanWork work, const ScanHandlers& handlers, const std::stop_token& stop) {
  return Scan(config, plan, source, std::move(work), handlers, stop).run();
}

DigestedBatch digest_batch(const VerifyPlan& plan, doc::RowBatch rows, std::uint64_t seed,
                           pg::RowReader& printer) {
  DigestedBatch out;
  out.rows = std::move(rows);
  doc::RowDigester digester(seed);
  digest_all(plan, out, digester);
  finish_digests(plan, out, digester, printer);
  return out;
}

}  // namespace arango2pg::run
