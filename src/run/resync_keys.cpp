#include "run/resync_keys.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "arango/ahead.h"
#include "arango/raw_json.h"
#include "base/log.h"
#include "pg/target_keys.h"
#include "run/load_stage.h"

namespace arango2pg::run {
namespace {

/// A batch ends with so many documents to fetch, …
constexpr std::size_t most_changed = 1000;
/// … or so many keys compared: then its position is worth a commit.
constexpr std::uint64_t most_compared = 200'000;

/// Comparing fewer takes less time than the connections for it.
constexpr std::uint64_t keys_per_part = 500'000;

/// Rows without `deleted_at` and documents in quarantine don't differ; see KeyDiff.
using Quarantine = std::unordered_set<std::string>;  // "key\nrevision"

Quarantine quarantine_of(pg::Connection& connection, const std::string& collection) {
  const pg::Rows rows = connection.exec(
      "SELECT key, revision FROM arango2pg.quarantine WHERE status = 'open' AND collection = $1 "
      "AND key IS NOT NULL AND revision IS NOT NULL AND document IS NOT NULL",
      {collection});
  Quarantine out;
  for (std::size_t i = 0; i < rows.size(); ++i)
    out.insert(rows.text(i, 0) + "\n" + rows.text(i, 1));
  return out;
}

/// What readers of one part have in common: pages of differences become batches with documents.
class DifferenceReader : public doc::Reader {
 public:
  DifferenceReader(ResyncJob& job, doc::PartTask task, ByteBudget& budget)
      : job_(job), task_(std::move(task)), budget_(budget) {}

  std::optional<doc::DocBatch> next(const std::stop_token& stop) final {
    if (ended_) return std::nullopt;
    doc::DocBatch batch;
    batch.lease = budget_.acquire(page_bytes(), stop);
    if (stop.stop_requested() || !fill(batch, stop)) return std::nullopt;
    batch.collection = task_.collection;
    batch.part = task_.id;
    batch.seq = seq_++;
    ended_ = batch.last;
    if (batch.bytes.data() == nullptr) batch.bytes.reserve(1);
    batch.lease.resize(batch.bytes.capacity() + batch.docs.capacity() * sizeof(doc::DocRef));
    return batch;
  }

 protected:
  /// Documents, removals, position, last. False if it was stopped.
  virtual bool fill(doc::DocBatch& batch, const std::stop_token& stop) = 0;

  [[nodiscard]] std::uint64_t page_bytes() const {
    return std::min<std::uint64_t>(job_.options.migrate.source.page_bytes, budget_.limit() / 8);
  }
  bool fetch(const std::vector<std::string>& keys, doc::DocBatch& batch,
             const std::stop_token& stop) {
    if (keys.empty()) return true;
    if (!fetcher_) fetcher_ = job_.live->fetcher();
    if (!fetcher_->fetch(task_.spec.collection, keys, batch, stop)) return false;
    mark_missing(keys, batch);
    return true;
  }

  ResyncJob& job_;
  doc::PartTask task_;
  ByteBudget& budget_;

 private:
  std::unique_ptr<arango::DocumentFetcher> fetcher_;
  std::uint64_t seq_ = 0;
  bool ended_ = false;
};

/// What a part of kind "keys" says.
struct KeysSpec {
  arango::KeyRange range;
  std::vector<std::string> shards;

  [[nodiscard]] std::string json() const {
    std::string out = range.json();
    if (shards.empty()) return out;
    std::string list;
    for (const auto& s : shards) {
      list += list.empty() ? "\"" : " ";
      list += s;
    }
    return out.substr(0, out.size() - 1) + (out.size() > 2 ? "," : "") + "\"shards\":" + list +
           "\"}";
  }
  static KeysSpec parse(const std::string& json) {
    KeysSpec spec{arango::KeyRange::parse(json), {}};
    const auto shards = arango::plain_string_member(json, "shards");
    for (std::size_t at = 0; shards && at < shards->size();) {
      const std::size_t end = std::min(shards->find(' ', at), shards->size());
      spec.shards.emplace_back(shards->substr(at, end - at));
      at = end + 1;
    }
    return spec;
  }
};

/// Merges the keys of both sides.
class OrderedReader final : public DifferenceReader {
 public:
  OrderedReader(ResyncJob& job, doc::PartTask task, ByteBudget& budget)
      : DifferenceReader(job, std::move(task), budget) {
    const KeysSpec spec = KeysSpec::parse(task_.spec.spec);
    position_ = task_.position.empty() ? spec.range.lo.value_or("") : task_.position;
    std::vector<pg::KeyedTable> tables;
    for (const auto& t : job.plan.plans[task_.collection]->tables()) {
      if (t.is_audit || t.parent >= 0) continue;
      tables.push_back(
          {t.table.name, t.key_column, t.revision, t.on_delete == mapping::OnDelete::soft});
      no_revision_ = no_revision_ || t.revision.empty();
    }
    const std::string& conninfo = job.options.migrate.target.conninfo;
    const std::string purpose = fmt::format("run {} keys", job.run);
    target_.emplace(conninfo, purpose, tables, position_, spec.range.hi);
    pg::Connection connection(conninfo, purpose);
    quarantine_ = quarantine_of(connection, task_.spec.collection);
    source_ = job.live->keys(task_.spec.collection, spec.range, spec.shards, position_);
    ahead_.emplace([this](const std::stop_token& stop) { return source_->next(stop); });
  }

 private:
  bool fill(doc::DocBatch& batch, const std::stop_token& stop) override {
    std::vector<std::string> changed;
    std::uint64_t compared = 0;
    while (changed.size() < most_changed && batch.removed.size() < most_changed &&
           compared < most_compared) {
      if (at_ == page_.items.size() && !source_ended_) {
        auto page = ahead_->next(stop);
        if (stop.stop_requested()) return false;
        source_ended_ = !page;
        page_ = page ? *std::move(page) : arango::KeyPage();
        at_ = 0;
        continue;
      }
      const pg::TargetKey* row = target_->peek();
      if (source_ended_ && row == nullptr) {
        batch.last = true;
        break;
      }
      ++compared;
      if (!source_ended_ && (row == nullptr || page_.items[at_].key <= row->key))
        compare(page_.items[at_++], batch, changed);
      else
        only_in_target(batch);
    }
    batch.position_after = position_;
    return fetch(changed, batch, stop);
  }

  void compare(const arango::KeyPage::Item& item, doc::DocBatch& batch,
               std::vector<std::string>& changed) {
    position_ = item.key;
    const auto revision = Rev::parse(item.revision);
    bool same = false, other = false, later = false;
    for (const pg::TargetKey* row = target_->peek(); row != nullptr && row->key == item.key;
         row = target_->peek()) {
      const bool equal = revision && row->revision == revision->value;
      if (row->live) {
        same = same || equal;
        other = other || !equal;
        later = later || (revision && row->revision && *row->revision > revision->value);
      }
      target_->next();
    }
    if (same && !other) return;
    if (revision && !other &&
        quarantine_.contains(position_ + "\n" + std::to_string(revision->value)))
      return;
    // An older revision than the target's came from a restore: the source is right.
    if (later) batch.removed.push_back({position_, std::nullopt});
    changed.push_back(position_);
  }

  void only_in_target(doc::DocBatch& batch) {
    position_.assign(target_->peek()->key);
    bool ours = false;
    for (const pg::TargetKey* row = target_->peek(); row != nullptr && row->key == position_;
         row = target_->peek()) {
      // A row without revision is none of ours, unless the table has no revisions at all.
      ours = ours || (row->live && (row->revision || no_revision_));
      target_->next();
    }
    if (ours) batch.removed.push_back({position_, std::nullopt});
  }

  std::string position_;
  bool no_revision_ = false;
  std::optional<pg::TargetKeys> target_;
  Quarantine quarantine_;
  std::unique_ptr<arango::KeyStream> source_;
  arango::KeyPage page_;
  std::size_t at_ = 0;
  bool source_ended_ = false;
  std::optional<arango::Ahead<arango::KeyPage>> ahead_;  ///< last: its thread uses the rest
};

/// Encodes what tells the rows of documents with these keys.
class Identifier {
 public:
  Identifier(const ResyncJob& job, std::uint32_t collection)
      : plan_(job.plan.plans[collection]), collection_(collection), scratch_(job.run) {}
  std::vector<doc::TableRows> identities(std::vector<doc::Removal> keys) {
    doc::DocBatch batch;
    batch.collection = collection_;
    batch.bytes.reserve(1);
    batch.removed = std::move(keys);
    return plan_->apply(std::move(batch), scratch_).identities;
  }

 private:
  std::shared_ptr<const mapping::CollectionPlan> plan_;
  std::uint32_t collection_;
  mapping::Scratch scratch_;
};

pg::KeyDiff make_diff(const ResyncJob& job, std::uint32_t collection,
                      std::vector<pg::SeenTable> seen) {
  return {job.options.migrate.target.conninfo, fmt::format("run {} keys", job.run),
          load_collection(*job.plan.plans[collection], true, true), std::move(seen),
          job.options.migrate.retry_for};
}

/// Pages of keys, looked up in the target.
class LookupReader final : public DifferenceReader {
 public:
  LookupReader(ResyncJob& job, doc::PartTask task, ByteBudget& budget,
               std::vector<pg::SeenTable> seen)
      : DifferenceReader(job, std::move(task), budget),
        identifier_(job, task_.collection),
        diff_(make_diff(job, task_.collection, std::move(seen))) {
    const KeysSpec spec = KeysSpec::parse(task_.spec.spec);
    source_ = job.live->keys(task_.spec.collection, spec.range, spec.shards, task_.position);
    ahead_.emplace([this](const std::stop_token& stop) { return source_->next(stop); });
  }

 private:
  /// One page of keys is one batch, or several if most of it changed: the position then stays
  /// before the page until all of it is on its way.
  bool fill(doc::DocBatch& batch, const std::stop_token& stop) override {
    if (waiting_.empty() && !take_page(stop)) return false;
    std::vector<std::string> keys;
    while (!waiting_.empty() && keys.size() < most_changed) {
      if (waiting_.back().newer) batch.removed.push_back({waiting_.back().key, std::nullopt});
      keys.push_back(std::move(waiting_.back().key));
      waiting_.pop_back();
    }
    if (waiting_.empty()) position_ = page_end_;
    batch.position_after = position_;
    batch.last = ended_ && waiting_.empty();
    return fetch(keys, batch, stop);
  }

  bool take_page(const std::stop_token& stop) {
    const auto page = ahead_->next(stop);
    if (stop.stop_requested()) return false;
    ended_ = !page;
    if (ended_) return true;
    std::vector<doc::Removal> keys;
    for (const auto& item : page->items)
      keys.push_back({std::string(item.key), Rev::parse(item.revision)});
    page_end_ = std::string(page->items.back().key);
    waiting_ = diff_.compare(identifier_.identities(std::move(keys)));
    return true;
  }

  Identifier identifier_;
  pg::KeyDiff diff_;
  std::unique_ptr<arango::KeyStream> source_;
  std::vector<pg::KeyDiff::Difference> waiting_;
  std::string position_ = task_.position;
  std::string page_end_ = task_.position;
  bool ended_ = false;
  std::optional<arango::Ahead<arango::KeyPage>> ahead_;
};

/// Documents as another source delivers them, without those that the target has.
class FilteringReader final : public doc::Reader {
 public:
  FilteringReader(ResyncJob& job, std::vector<doc::PartTask> parts, ByteBudget& budget,
                  std::vector<pg::SeenTable> seen)
      : identifier_(job, parts.at(0).collection),
        diff_(make_diff(job, parts.at(0).collection, std::move(seen))),
        inner_(job.source.open(std::move(parts), budget)) {}

  std::optional<doc::DocBatch> next(const std::stop_token& stop) override {
    auto batch = inner_->next(stop);
    if (!batch || batch->docs.empty()) return batch;
    std::vector<doc::Removal> keys;
    std::unordered_map<std::string_view, std::size_t> last;  // a file may hold a key twice
    std::vector<std::string_view> key_of(batch->docs.size());
    for (std::size_t i = 0; i < batch->docs.size(); ++i) {
      const auto key = arango::plain_string_member(batch->document(i), "_key");
      if (!key) continue;
      key_of[i] = *key;
      last[*key] = i;
    }
    for (const auto& [key, i] : last) {
      const auto revision = arango::plain_string_member(batch->document(i), "_rev");
      keys.push_back({std::string(key), revision ? Rev::parse(*revision) : std::nullopt});
    }
    // A row that is newer than the file stays: it came by another way.
    std::unordered_set<std::string> differing;
    for (auto& d : diff_.compare(identifier_.identities(std::move(keys))))
      if (!d.newer) differing.insert(std::move(d.key));
    std::vector<doc::DocRef> kept;
    for (std::size_t i = 0; i < batch->docs.size(); ++i) {
      const bool superseded = !key_of[i].empty() && last[key_of[i]] != i;
      // Without a key nothing can be looked up: the mapping refuses the document.
      if (key_of[i].empty() || (!superseded && differing.contains(std::string(key_of[i]))))
        kept.push_back(batch->docs[i]);
    }
    batch->docs = std::move(kept);
    return batch;
  }

 private:
  Identifier identifier_;
  pg::KeyDiff diff_;
  std::unique_ptr<doc::Reader> inner_;
};

/// One batch that says what goes: everything, or what was not seen.
class RemovalReader final : public doc::Reader {
 public:
  explicit RemovalReader(std::vector<doc::PartTask> parts) : parts_(std::move(parts)) {}
  std::optional<doc::DocBatch> next(const std::stop_token&) override {
    if (parts_.empty()) return std::nullopt;
    doc::DocBatch batch;
    batch.collection = parts_.back().collection;
    batch.part = parts_.back().id;
    batch.bytes.reserve(1);
    batch.emptied = parts_.back().spec.kind == "gone";
    batch.unseen = !batch.emptied;
    batch.last = true;
    parts_.pop_back();
    return batch;
  }

 private:
  std::vector<doc::PartTask> parts_;
};

}  // namespace

KeySource::KeySource(ResyncJob& job) : job_(job) {}

bool KeySource::can_be_ordered(std::uint32_t collection) const {
  if (job_.live == nullptr || job_.shares_table(collection)) return false;
  const auto& tables = job_.plan.plans[collection]->tables();
  return std::all_of(tables.begin(), tables.end(), [](const auto& t) {
    return t.is_audit || t.parent >= 0 || !t.key_column.empty();
  });
}

std::vector<pg::SeenTable> KeySource::seen_tables(std::uint32_t collection) const {
  std::vector<pg::SeenTable> out;
  const auto& tables = job_.plan.plans[collection]->tables();
  for (std::size_t t = 0; t < tables.size(); ++t)
    if (!tables[t].is_audit && tables[t].parent < 0 &&
        tables[t].on_delete != mapping::OnDelete::keep)
      out.push_back({t, {"arango2pg", fmt::format("seen_{}_{}_{}", job_.run, collection, t)}});
  return out;
}

std::vector<doc::PartSpec> KeySource::split(const doc::CollectionInfo& collection,
                                            const doc::SplitOptions& options) {
  const std::uint32_t index = job_.plan.index.at(collection.name);
  if (job_.gone.contains(collection.name)) {
    // Its rows are swept with those of the table's other collections.
    if (job_.shares_table(index)) return {};
    doc::PartSpec gone;
    gone.collection = collection.name;
    gone.kind = "gone";
    gone.spec = "{}";
    return {gone};
  }
  auto parts = job_.source.split(collection, options);
  if (job_.live == nullptr) return parts;
  if (std::any_of(parts.begin(), parts.end(), [](const auto& p) { return p.kind == "cursor"; }))
    return parts;  // no keys in order: whole documents are looked up
  // Keys are small beside their documents: parts that are right for those would spend more on
  // connections than on keys.
  parts = arango::joined_ranges(parts, options.lanes, keys_per_part);
  if (!can_be_ordered(index)) {
    for (auto& part : parts) part.kind = "lookup";
    return parts;
  }
  // Shards are merged by one reader: only all of them together tell what the target has too much.
  KeysSpec merged;
  for (const auto& part : parts) {
    const std::string shard = arango::KeyRange::parse(part.spec).shard;
    if (!shard.empty() &&
        std::find(merged.shards.begin(), merged.shards.end(), shard) == merged.shards.end())
      merged.shards.push_back(shard);
  }
  if (merged.shards.empty()) {
    for (auto& part : parts) part.kind = "keys";
    return parts;
  }
  doc::PartSpec one = parts.front();
  one.stream = 0;
  one.kind = "keys";
  one.documents = one.bytes = 0;
  for (const auto& part : parts) {
    one.documents += part.documents;
    one.bytes += part.bytes;
  }
  one.spec = merged.json();
  return {one};
}

std::unique_ptr<doc::Reader> KeySource::open(std::vector<doc::PartTask> parts, ByteBudget& budget) {
  const std::string& kind = parts.at(0).spec.kind;
  const std::uint32_t collection = parts[0].collection;
  if (kind == "gone" || kind == "sweep") return std::make_unique<RemovalReader>(std::move(parts));
  // A stream of a server is one part.
  if (kind == "keys") return std::make_unique<OrderedReader>(job_, std::move(parts[0]), budget);
  if (kind == "lookup")
    return std::make_unique<LookupReader>(job_, std::move(parts[0]), budget,
                                          seen_tables(collection));
  return std::make_unique<FilteringReader>(job_, std::move(parts), budget, seen_tables(collection));
}

void KeySource::learn(const std::vector<pg::PartRecord>& parts) {
  for (const auto& part : parts) {
    const auto at = job_.plan.index.find(part.spec.collection);
    if (at != job_.plan.index.end() && (part.spec.kind == "keys" || part.spec.kind == "gone"))
      unswept_.insert(at->second);
  }
}

std::vector<doc::PartSpec> KeySource::sweeps() const {
  std::vector<doc::PartSpec> out;
  for (std::uint32_t c = 0; c < job_.plan.collections.size(); ++c) {
    pg::LoadCollection collection = load_collection(*job_.plan.plans[c], true, true);
    prepare(collection);
    if (std::none_of(collection.tables.begin(), collection.tables.end(),
                     [](const auto& t) { return !t.seen.empty(); }))
      continue;
    doc::PartSpec part;
    part.collection = job_.plan.collections[c].name;
    part.kind = "sweep";
    part.spec = "{}";
    out.push_back(std::move(part));
  }
  return out;
}

/// A table is swept by the last collection that writes it; what each of them saw is spared.
void KeySource::prepare(pg::LoadCollection& collection) const {
  const std::uint32_t mine = job_.plan.index.at(collection.name);
  for (auto& table : collection.tables) {
    if (!table.merge || table.parent >= 0 || table.gone == pg::Gone::keep) continue;
    std::uint32_t last = 0;
    std::vector<pg::LoadTable::Seen> seen;
    for (std::uint32_t c = 0; c < job_.plan.collections.size(); ++c) {
      const auto& tables = job_.plan.plans[c]->tables();
      for (std::size_t t = 0; t < tables.size(); ++t) {
        if (tables[t].is_audit || tables[t].parent >= 0 || tables[t].table.name != table.name)
          continue;
        last = c;
        if (unswept_.contains(c) || tables[t].on_delete == mapping::OnDelete::keep) continue;
        seen.push_back(
            {{"arango2pg", fmt::format("seen_{}_{}_{}", job_.run, c, t)}, tables[t].identity});
      }
    }
    if (last == mine) table.seen = std::move(seen);
  }
}

void KeySource::make_room() {
  for (std::uint32_t c = 0; c < job_.plan.collections.size(); ++c)
    if (!unswept_.contains(c))
      pg::create_seen_tables(job_.control, load_collection(*job_.plan.plans[c], true, true),
                             seen_tables(c));
}

}  // namespace arango2pg::run
