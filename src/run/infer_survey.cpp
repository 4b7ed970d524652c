#include "run/infer_survey.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>

#include "base/error.h"
#include "doc/sketch.h"
#include "run/hash_set.h"
#include "run/scan.h"
#include "run/validate_sample.h"

namespace arango2pg::run {
namespace {

/// Collections that are read side by side: each has a profile per thread until it is done.
constexpr std::size_t collections_at_once = 8;

/// What one thread of the parallel stage learns.
struct Worker {
  doc::Document document;
  std::string scratch;
  struct Seen {
    doc::Profile profile;
    CollectionFacts facts;
  };
  std::map<std::uint32_t, Seen> seen;

  Seen& of(std::uint32_t collection) {
    auto at = seen.find(collection);
    if (at == seen.end()) {
      doc::ProfileLimits limits;
      limits.values = false;
      at = seen.emplace(collection, Seen{doc::Profile(limits), {}}).first;
    }
    return at->second;
  }
};

/// Which ends of edges point at no document.
class EndCheck {
 public:
  explicit EndCheck(std::uint64_t memory) : memory_(memory) {}

  void add(const Mapped& batch) {
    if (gave_up_) return;
    if (there_.bytes_to_come() + pending_.size() * sizeof(Pending) > memory_) {
      gave_up_ = true;
      there_.clear();
      pending_ = {};
      return;
    }
    for (const std::uint64_t id : batch.ids) there_.insert(id);
    for (const Pointer& p : batch.pointers)
      if (!there_.contains(p.id)) pending_.push_back({p.id, batch.rows.collection, p.place == 1});
  }
  /// After the last batch.
  void settle(std::vector<SurveyedCollection>& collections) {
    for (const Pending& p : pending_) {
      if (there_.contains(p.id)) continue;
      SurveyedCollection& c = collections[p.collection];
      ++(p.to ? c.dangling_to : c.dangling_from);
    }
    pending_ = {};
  }
  [[nodiscard]] bool gave_up() const { return gave_up_; }

 private:
  struct Pending {
    std::uint64_t id;
    std::uint32_t collection;
    bool to;
  };
  const std::uint64_t memory_;
  HashSet there_;
  std::vector<Pending> pending_;
  bool gave_up_ = false;
};

std::uint64_t id_hash(std::string_view collection, std::string_view key) {
  return doc::hash_bytes(key, doc::hash_bytes(collection));
}

class Survey {
 public:
  Survey(doc::Source& source, const SurveyOptions& options, const SignalWatch& signals)
      : source_(source), options_(options), signals_(signals), ends_(options.memory / 4) {}

  Surveyed run(const std::vector<doc::CollectionInfo>& collections) {
    for (const auto& info : collections) {
      SurveyedCollection& c = out_.collections.emplace_back();
      c.info = info;
      edges_ = edges_ || info.edge;
      progress_.add(info.name).documents_total = wanted(info);
    }
    {
      const ProgressDisplay display(progress_, options_.progress);
      for (std::uint32_t first = 0; first < collections.size(); first += collections_at_once)
        read(first, std::min<std::uint32_t>(first + collections_at_once,
                                            static_cast<std::uint32_t>(collections.size())));
    }
    if (signals_.requested())
      throw Error(Exit::interrupted, "interrupted before all documents were looked at",
                  "Nothing was written. Run the same command again, or look at fewer documents "
                  "with --sample.");
    out_.ends_known = edges_ && options_.sample == 0 && !ends_.gave_up();
    if (out_.ends_known) ends_.settle(out_.collections);
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::uint64_t wanted(const doc::CollectionInfo& info) const {
    if (options_.sample == 0) return info.count.value_or(0);
    return std::min(options_.sample, info.count.value_or(options_.sample));
  }

  std::vector<doc::PartTask> parts_of(std::uint32_t c) {
    SurveyedCollection& collection = out_.collections[c];
    const doc::CollectionInfo& info = collection.info;
    std::vector<doc::PartTask> tasks;
    if (options_.sample != 0 && (!info.count || *info.count > options_.sample)) {
      for (auto& part :
           choose_sample(source_, info, c, options_.sample, options_.seed, next_part_)) {
        wanted_[part.task.id] = part.documents;
        tasks.push_back(std::move(part.task));
      }
      collection.sampled = true;
    } else {
      doc::SplitOptions split;
      split.lanes = options_.jobs;
      PartId id = next_part_;
      for (auto& spec : source_.split(info, split)) tasks.push_back({id++, c, std::move(spec), ""});
    }
    next_part_ += static_cast<PartId>(tasks.size());
    return tasks;
  }

  void read(std::uint32_t first, std::uint32_t end) {
    if (signals_.requested()) return;
    ScanJob job;
    std::vector<doc::PartTask> parts;
    for (std::uint32_t c = first; c < end; ++c)
      for (auto& task : parts_of(c)) {
        auto& shown = progress_.collections()[c];
        shown.bytes_total += options_.sample == 0 ? task.spec.bytes : 0;
        ++shown.parts_left;
        parts.push_back(std::move(task));
      }
    job.streams = streams_of(std::move(parts));
    job.open = [this](std::vector<doc::PartTask> tasks, ByteBudget& budget) {
      return open_sampled(source_, std::move(tasks), budget, wanted_, options_.seed);
    };
    job.make_mapper = [this]() -> ScanJob::Mapper {
      auto worker = std::make_shared<Worker>();
      const std::lock_guard lock(mutex_);
      workers_.push_back(worker);
      return [this, worker](doc::DocBatch batch) { return look(*worker, std::move(batch)); };
    };
    job.take = [this](const Mapped& batch) { take(batch); };
    job.flush = [] {};
    ScanLimits config;
    config.readers = options_.jobs + 1;
    config.memory = options_.memory / 2;  // the rest: profiles, ids, parsers
    scan(config, std::move(job), signals_.token());
    merge();
  }

  Mapped look(Worker& worker, doc::DocBatch batch) const {
    Mapped out;
    auto& seen = worker.of(batch.collection);
    const std::string& collection = out_.collections[batch.collection].info.name;
    const bool remember = edges_ && options_.sample == 0;
    std::uint64_t bytes = 0;
    for (std::uint32_t i = 0; i < batch.docs.size(); ++i) {
      const std::string_view text = batch.document(i);
      bytes += text.size();
      if (worker.document.parse(text)) {
        seen.profile.add_unreadable(text.size());
        ++seen.facts.documents;
        ++seen.facts.no_document;
        continue;
      }
      seen.profile.add(worker.document);
      seen.facts.add(worker.document);
      if (remember) remember_ends(worker, collection, i, out);
    }
    out.rows.collection = batch.collection;
    out.rows.last = batch.last;
    out.rows.docs = batch.docs;
    return out;
  }

  /// The document itself, and what its `_from` and `_to` name.
  static void remember_ends(Worker& worker, const std::string& collection, std::uint32_t doc,
                            Mapped& out) {
    const doc::Value root = worker.document.root();
    const auto text = [&](const char* name) -> std::string_view {
      const auto v = root.find(name);
      return v && v->kind() == doc::Kind::string ? v->string(worker.scratch) : std::string_view();
    };
    if (const auto key = text("_key"); !key.empty()) out.ids.push_back(id_hash(collection, key));
    std::uint32_t place = 0;
    for (const char* name : {"_from", "_to"}) {
      const std::string_view id = text(name);
      if (const std::size_t slash = id.find('/'); slash != std::string_view::npos)
        out.pointers.push_back({id_hash(id.substr(0, slash), id.substr(slash + 1)), doc, place});
      ++place;
    }
  }

  void take(const Mapped& batch) {
    ends_.add(batch);
    std::uint64_t bytes = 0;
    for (const doc::DocRef& d : batch.rows.docs) bytes += d.size;
    progress_.committed(batch.rows.collection, batch.rows.docs.size(), bytes, 0);
    if (batch.rows.last) --progress_.collections()[batch.rows.collection].parts_left;
  }

  void merge() {
    for (const auto& worker : workers_)
      for (auto& [c, seen] : worker->seen) {
        out_.collections[c].profile.merge(seen.profile);
        out_.collections[c].facts.merge(seen.facts);
      }
    workers_.clear();
  }

  doc::Source& source_;
  const SurveyOptions& options_;
  const SignalWatch& signals_;
  Surveyed out_;
  EndCheck ends_;
  bool edges_ = false;
  std::map<PartId, std::uint64_t> wanted_;  ///< documents of a sample, by part
  PartId next_part_ = 1;
  Progress progress_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<Worker>> workers_;
};

}  // namespace

Surveyed survey(doc::Source& source, const std::vector<doc::CollectionInfo>& collections,
                const SurveyOptions& options, const SignalWatch& signals) {
  return Survey(source, options, signals).run(collections);
}

}  // namespace arango2pg::run
