// `resync --strategy watermark`: documents whose timestamp attribute is not older than the newest
// one seen. Cheap, and blind for deletions.
#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "arango/query_stream.h"
#include "arango/raw_json.h"
#include "base/log.h"
#include "run/load_stage.h"
#include "run/resync_job.h"

namespace arango2pg::run {
namespace {

using End = SyncOutcome::End;

/// "meta.updated_at" → {"meta","updated_at"}.
std::vector<std::string> steps_of(const std::string& path) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find('.', at), path.size());
    out.push_back(path.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

/// JSON of the attribute; empty if the document has none.
std::string_view attribute(std::string_view document, const std::vector<std::string>& steps) {
  std::string_view value = document;
  for (const auto& step : steps) {
    arango::RawMembers members(value);
    value = {};
    while (const auto member = members.next())
      if (member->name == step) value = member->value;
    if (value.empty()) return {};
  }
  return value;
}

class WatermarkReader final : public doc::Reader {
 public:
  WatermarkReader(ResyncJob& job, doc::PartTask task, ByteBudget& budget,
                  const std::vector<std::string>& steps, std::string& newest)
      : task_(std::move(task)), budget_(budget), steps_(steps), newest_(newest) {
    arango::Query query;
    std::string path = "d";
    for (const auto& step : steps) path += ".`" + step + "`";
    query.text = "FOR d IN @@c FILTER " + path + (newest_.empty() ? " != null" : " >= @value") +
                 " SORT " + path + " RETURN d";
    query.collection = task_.spec.collection;
    query.value = newest_;
    query.batch_size = 1000;
    query.ttl = std::chrono::seconds(600);
    stream_ = job.live->stream(std::move(query));
  }

  std::optional<doc::DocBatch> next(const std::stop_token& stop) override {
    if (ended_) return std::nullopt;
    doc::DocBatch batch;
    batch.lease = budget_.acquire(budget_.limit() / 8, stop);
    if (stop.stop_requested()) return std::nullopt;
    ended_ = !stream_->next(batch, stop);
    if (stop.stop_requested()) return std::nullopt;
    batch.collection = task_.collection;
    batch.part = task_.id;
    batch.seq = seq_++;
    batch.last = ended_;
    if (batch.bytes.data() == nullptr) batch.bytes.reserve(1);
    batch.lease.resize(batch.bytes.capacity());
    // They come in the attribute's order: the last one has the newest.
    if (!batch.docs.empty()) newest_ = attribute(batch.document(batch.docs.size() - 1), steps_);
    return batch;
  }

 private:
  doc::PartTask task_;
  ByteBudget& budget_;
  const std::vector<std::string>& steps_;
  std::string& newest_;
  std::unique_ptr<arango::QueryStream> stream_;
  std::uint64_t seq_ = 0;
  bool ended_ = false;
};

/// One part for each collection; not resumable, since the query is not.
class WatermarkSource final : public doc::Source {
 public:
  explicit WatermarkSource(ResyncJob& job) : job_(job), steps_(steps_of(job.options.watermark)) {
    for (const auto& c : job.plan.collections) newest_[c.name] = job.starts[c.name].watermark;
  }
  const doc::SourceInfo& info() override { return job_.source.info(); }
  std::vector<doc::CollectionInfo> collections() override { return job_.source.collections(); }
  std::vector<doc::PartSpec> split(const doc::CollectionInfo& collection,
                                   const doc::SplitOptions&) override {
    doc::PartSpec part;
    part.collection = collection.name;
    part.kind = "watermark";
    part.spec = "{}";
    part.resumable = false;
    return {part};
  }
  std::unique_ptr<doc::Reader> open(std::vector<doc::PartTask> parts, ByteBudget& budget) override {
    std::string& newest = newest_.at(parts.at(0).spec.collection);
    return std::make_unique<WatermarkReader>(job_, std::move(parts[0]), budget, steps_, newest);
  }
  std::optional<std::uint64_t> count(const std::string&) override { return std::nullopt; }

  [[nodiscard]] const std::map<std::string, std::string>& newest() const { return newest_; }

 private:
  ResyncJob& job_;
  const std::vector<std::string> steps_;
  std::map<std::string, std::string> newest_;  ///< by collection; one reader each
};

/// Without an index the server would look at every document, and sort them.
void check_indexes(ResyncJob& job) {
  std::string without;
  for (const auto& c : job.plan.collections)
    if (!job.live->has_sorted_index(c.name, job.options.watermark))
      without += (without.empty() ? "'" : ", '") + c.name + "'";
  if (!without.empty())
    throw Error(Exit::usage,
                fmt::format("no sorted index begins with '{}' in collection {}",
                            job.options.watermark, without),
                "Create a persistent index on the attribute, leave such collections out by naming "
                "the others with --collection, or use another strategy.");
}

}  // namespace

SyncOutcome read_watermarks(ResyncJob& job) {
  check_indexes(job);
  spdlog::warn("deletions leave no timestamp: rows of deleted documents stay");
  WatermarkSource source(job);
  std::set<std::string> planned;
  std::uint32_t stream = 0;
  for (const auto& part : job.ledger.parts(job.run)) {
    stream = std::max(stream, part.spec.stream + 1);
    if (part.spec.kind == "watermark") planned.insert(part.spec.collection);
  }
  for (const auto& c : job.plan.collections) {
    if (job.starts[c.name].watermark.empty())
      spdlog::info("collection '{}' has no watermark yet: it is read whole, once", c.name);
    if (planned.contains(c.name)) continue;
    auto part = source.split(c, {}).front();
    part.stream = stream;
    job.ledger.add_part(job.run, part);
  }
  pg::reopen_parts(job.control, job.run, {"watermark"});
  MigrateOptions options = job.options.migrate;
  options.changes = true;
  Progress progress;
  LoadStage stage(source, options, job.signals, job.plan, job.ledger, progress, job.run, false);
  stage.run();
  if (job.signals.requested() && !stage.all_parts_done()) return {End::stopped, {}, {}};
  for (const auto& [collection, newest] : source.newest()) {
    job.starts[collection].watermark = newest;
    if (!newest.empty()) pg::remember_watermark(job.control, job.identity(), collection, newest);
  }
  return {};
}

}  // namespace arango2pg::run
