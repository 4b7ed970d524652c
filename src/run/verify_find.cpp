#include "run/verify_find.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <tuple>

#include "base/log.h"
#include "base/units.h"

namespace arango2pg::run {
namespace {

/// What a suspected row takes in memory, roughly.
constexpr std::uint64_t candidate_bytes = 160;
constexpr unsigned most_rounds = 6;
constexpr std::size_t documents_at_once = 200;
bool has_rows(const DigestedBatch& batch, std::uint32_t doc) {
  return std::any_of(batch.rows.tables.begin(), batch.rows.tables.end(), [&](const auto& t) {
    return std::binary_search(t.row_doc.begin(), t.row_doc.end(), doc);
  });
}

}  // namespace

ScanWork DifferenceFinder::source_work() const { return {parts_, {}}; }

ScanWork DifferenceFinder::target_work() const {
  ScanWork work;
  for (const std::size_t t : suspected_tables_) {
    auto ranges = pg::row_ranges(control_, plan_.tables[t].read.name, t, piece_bytes);
    work.ranges.insert(work.ranges.end(), ranges.begin(), ranges.end());
  }
  return work;
}

bool DifferenceFinder::run(Suspects& suspects, const std::set<std::size_t>& tables,
                           const std::set<std::uint32_t>& lost,
                           const std::vector<doc::PartTask>& parts, const std::stop_token& stop) {
  suspected_tables_ = tables;
  suspected_collections_ = lost;
  for (const std::size_t t : tables)
    suspected_collections_.insert(plan_.tables[t].collections.begin(),
                                  plan_.tables[t].collections.end());
  for (const doc::PartTask& part : parts) {
    if (!suspected_collections_.contains(part.collection)) continue;
    parts_.push_back(part);
    parts_.back().position.clear();
  }
  if (!refine(suspects, stop)) return false;
  spdlog::info("looking at {} suspected groups of rows in {} tables",
               format_count(suspects.buckets()), tables.size());
  if (!collect_candidates(suspects, stop) || !match_documents(suspects, stop)) return false;
  look_again(stop);
  collect_leftovers();
  judge_leftovers(stop);
  return !stop.stop_requested();
}

// -- fewer suspects

/// Where buckets hold many rows each, one differing row makes all of them suspects. Sums of the
/// suspects alone, in other buckets, leave hardly any but the differing ones.
bool DifferenceFinder::refine(Suspects& suspects, const std::stop_token& stop) {
  const std::uint64_t capacity = std::max<std::uint64_t>(config_.memory / candidate_bytes, 1000);
  std::uint64_t rows = 0;
  for (const std::size_t t : suspected_tables_)
    rows += std::max(tables_[t].present, tables_[t].expected);
  const auto expected = [&] { return static_cast<double>(rows) * suspects.share(); };
  for (unsigned round = 1; expected() > static_cast<double>(capacity) && suspects.share() < 0.5;
       ++round) {
    if (round > most_rounds) break;
    BucketSums sums(std::max<std::uint64_t>(config_.memory / 16, 1024), round);
    std::mutex mutex;
    std::uint64_t seen = 0;
    ScanWork work = target_work();
    work.parts = parts_;
    ScanHandlers handlers;
    handlers.wanted = [&](const doc::Digest& key) { return suspects.contains(key); };
    handlers.target = [&](TargetRows&& r) {
      const std::lock_guard lock(mutex);
      for (const auto& d : r.digests) sums.subtract(d.key, d.row);
    };
    handlers.source = [&](DigestedBatch&& batch) {
      const std::lock_guard lock(mutex);
      for (const auto& target : batch.digests)
        for (const auto& d : target)
          if (suspects.contains(d.key)) {
            sums.add(d.key, d.row);
            ++seen;
          }
    };
    if (!scan(config_.scan, plan_, source_, std::move(work), handlers, stop)) return false;
    suspects.narrow(sums);
    spdlog::debug("round {}: {} suspected rows in {} buckets", round, seen, suspects.buckets());
    rows = seen;
  }
  if (expected() > static_cast<double>(capacity)) {
    const auto share = static_cast<double>(capacity) / expected();
    suspects.keep_only(static_cast<std::size_t>(static_cast<double>(suspects.buckets()) * share) +
                       1);
    spdlog::warn("more rows differ than can be told one by one in {}: the counts are a lower bound",
                 format_size(config_.memory * 4));
  }
  return true;
}

// -- suspected rows of the target

bool DifferenceFinder::collect_candidates(const Suspects& suspects, const std::stop_token& stop) {
  for (const std::size_t t : suspected_tables_) tables_[t].present = 0;
  VerifyScanConfig config = config_.scan;
  config.keep_keys = true;
  std::mutex mutex;
  ScanHandlers handlers;
  handlers.wanted = [&](const doc::Digest& key) { return suspects.contains(key); };
  handlers.target = [&](TargetRows&& rows) {
    const std::lock_guard lock(mutex);
    tables_[rows.table].present += rows.rows;
    for (std::size_t i = 0; i < rows.digests.size(); ++i)
      candidates_.push_back({rows.digests[i].key, rows.digests[i].row,
                             static_cast<std::uint32_t>(rows.table), false,
                             std::move(rows.keys[i])});
  };
  if (!scan(config, plan_, source_, target_work(), handlers, stop)) return false;
  std::sort(candidates_.begin(), candidates_.end(), [](const Candidate& a, const Candidate& b) {
    return std::tie(a.key, a.row) < std::tie(b.key, b.row);
  });
  return true;
}

/// True if the target has this very row. If it has another one with its key, that one is answered
/// for all the same: it is no row without a document.
bool DifferenceFinder::settles(const doc::RowDigester::Result& digest) {
  const auto by_key = [](const Candidate& a, const doc::Digest& key) { return a.key < key; };
  const auto first = std::lower_bound(candidates_.begin(), candidates_.end(), digest.key, by_key);
  auto other = candidates_.end();
  for (auto at = first; at != candidates_.end() && at->key == digest.key; ++at) {
    if (at->settled) continue;
    if (at->row == digest.row) {
      at->settled = true;
      return true;
    }
    other = at;
  }
  if (other != candidates_.end()) other->settled = true;
  return false;
}

// -- documents

bool DifferenceFinder::match_documents(const Suspects& suspects, const std::stop_token& stop) {
  for (const std::uint32_t c : suspected_collections_) {
    VerifiedCollection& collection = collections_[c];
    collection.read = collection.filtered = collection.quarantined = collection.bytes = 0;
  }
  for (const std::size_t t : suspected_tables_) tables_[t].expected = 0;
  VerifyScanConfig config = config_.scan;
  config.keep_rows = true;
  ScanHandlers handlers;
  handlers.source = [&](DigestedBatch&& batch) { match(suspects, batch); };
  return scan(config, plan_, source_, source_work(), handlers, stop);
}

void DifferenceFinder::count(const DigestedBatch& batch) {
  VerifiedCollection& collection = collections_[batch.rows.collection];
  collection.read += batch.rows.docs.size();
  collection.filtered += batch.rows.filtered;
  collection.quarantined += batch.rows.rejections.size();  // lost ones are taken off again
  collection.bytes += batch.source_bytes;
  for (std::size_t t = 0; t < batch.digests.size(); ++t) {
    const int table = plan_.rows[batch.rows.collection][t].table;
    if (table >= 0 && suspected_tables_.contains(static_cast<std::size_t>(table)))
      tables_[static_cast<std::size_t>(table)].expected += batch.digests[t].size();
  }
}

void DifferenceFinder::match(const Suspects& suspects, const DigestedBatch& batch) {
  count(batch);
  std::set<std::uint32_t> docs;
  for (std::size_t t = 0; t < batch.digests.size(); ++t)
    for (std::size_t r = 0; r < batch.digests[t].size(); ++r)
      if (suspects.contains(batch.digests[t][r].key) && !settles(batch.digests[t][r]))
        docs.insert(batch.rows.tables[t].row_doc[r]);
  look_at(batch, {docs.begin(), docs.end()}, !live());
}

/// `last`: what differs now is reported; otherwise it is looked at again.
void DifferenceFinder::look_at(const DigestedBatch& batch, const std::vector<std::uint32_t>& docs,
                               bool last) {
  const std::uint32_t collection = batch.rows.collection;
  for (auto& lost : checker_.lost_rejections(batch.rows)) {
    --collections_[collection].quarantined;
    if (!last && !lost.key.empty()) {
      ++collections_[collection].quarantined;  // until it is looked at again
      again_.push_back({collection, lost.key, {}});
      continue;
    }
    ++collections_[collection].missing;
    report_(lost);
  }
  if (docs.empty()) return;
  for (const Verdict& verdict : checker_.check(batch, docs)) {
    if (verdict.kind == Verdict::Kind::equal) continue;
    if (!last && verdict.kind != Verdict::Kind::quarantined)
      keep_for_later(batch, verdict.doc);
    else
      conclude(collection, verdict);
  }
}

void DifferenceFinder::conclude(std::uint32_t collection, const Verdict& verdict) {
  if (live() && !concluded_.emplace(collection, verdict.difference.key).second) return;
  VerifiedCollection& counts = collections_[collection];
  if (verdict.kind == Verdict::Kind::quarantined) {
    ++counts.quarantined;
    for (const auto& [table, rows] : verdict.missing_rows) tables_[table].expected -= rows;
    return;
  }
  ++(verdict.kind == Verdict::Kind::missing ? counts.missing : counts.different);
  for (const auto& [table, rows] : verdict.different_rows) tables_[table].different += rows;
  for (const auto& [table, rows] : verdict.missing_rows) tables_[table].missing += rows;
  differing_roots_.insert(verdict.root);
  report_(verdict.difference);
}

// -- a live source: look again

void DifferenceFinder::keep_for_later(const DigestedBatch& batch, std::uint32_t doc) {
  Again again{batch.rows.collection, identity_of(batch.rows, doc).key, {}};
  for (std::size_t t = 0; t < batch.rows.tables.size(); ++t) {
    const VerifiedRows& rows = plan_.rows[again.collection][t];
    if (rows.table < 0) continue;
    const auto& table = plan_.tables[static_cast<std::size_t>(rows.table)];
    const doc::TableRows& encoded = batch.rows.tables[t];
    std::vector<doc::Field> own, fields;
    for (auto at = std::lower_bound(encoded.row_doc.begin(), encoded.row_doc.end(), doc);
         at != encoded.row_doc.end() && *at == doc; ++at) {
      const auto r = static_cast<std::size_t>(at - encoded.row_doc.begin());
      std::size_t size = 0;
      doc::read_row(std::string_view(encoded.bytes).substr(encoded.row_begin(r)), rows.width, own,
                    size);
      VerifyPlan::arrange(rows, own, fields);
      again.rows.emplace_back(static_cast<std::size_t>(rows.table),
                              pack_fields(table.pick(fields, table.key)));
    }
  }
  again_.push_back(std::move(again));
}

DigestedBatch DifferenceFinder::fetch(std::uint32_t collection,
                                      const std::vector<std::string>& keys,
                                      const std::stop_token& stop) {
  doc::DocBatch batch;
  batch.collection = collection;
  batch.bytes.reserve(1);
  config_.lookup->fetch(plan_.run.collections[collection].name, keys, batch, stop);
  mapping::Scratch scratch(0);
  return digest_batch(plan_, plan_.run.plans[collection]->apply(std::move(batch), scratch),
                      config_.scan.seed, checker_.reader());
}

/// What was under way when we looked has time to arrive.
void DifferenceFinder::settle(const std::stop_token& stop) const {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, config_.settle, [] { return false; });
}

void DifferenceFinder::look_again(const std::stop_token& stop) {
  if (again_.empty()) return;
  spdlog::info("{} documents differ at first sight; looking again in {}",
               format_count(again_.size()), format_duration(config_.settle));
  settle(stop);
  std::map<std::uint32_t, std::vector<Again*>> by_collection;
  for (Again& a : again_) by_collection[a.collection].push_back(&a);
  for (auto& [collection, documents] : by_collection)
    for (std::size_t at = 0; at < documents.size(); at += documents_at_once) {
      if (stop.stop_requested()) return;
      const auto first = documents.begin() + static_cast<std::ptrdiff_t>(at);
      const auto end = documents.begin() + static_cast<std::ptrdiff_t>(
                                               std::min(documents.size(), at + documents_at_once));
      look_again(collection, {first, end}, stop);
    }
}

void DifferenceFinder::look_again(std::uint32_t collection, const std::vector<Again*>& documents,
                                  const std::stop_token& stop) {
  std::vector<std::string> keys;
  for (const Again* a : documents) keys.push_back(a->key);
  const DigestedBatch batch = fetch(collection, keys, stop);
  std::map<std::string, const Again*> wanted;
  for (const Again* a : documents) wanted[a->key] = a;
  std::set<std::uint32_t> rejected;
  for (const doc::Rejection& r : batch.rows.rejections) rejected.insert(r.doc);
  std::set<std::string> there;
  std::vector<std::uint32_t> docs;
  VerifiedCollection& counts = collections_[collection];
  for (std::uint32_t d = 0; d < batch.rows.docs.size(); ++d) {
    const std::string key = identity_of(batch.rows, d).key;
    const bool was_rejected = wanted.contains(key) && wanted[key]->rows.empty();
    if (was_rejected) --counts.quarantined;
    if (rejected.contains(d)) {
      ++counts.quarantined;
    } else if (!has_rows(batch, d)) {
      ++counts.filtered;
    } else {
      docs.push_back(d);
      there.insert(key);
    }
  }
  look_at(batch, docs, true);
  // A document that went meanwhile: its rows must have gone with it.
  const std::size_t gone = documents.size() - std::min(documents.size(), batch.rows.docs.size());
  counts.read -= std::min<std::uint64_t>(counts.read, gone);
  for (const Again* a : documents) {
    if (there.contains(a->key)) continue;
    for (const auto& [table, packed] : a->rows) {
      const auto key = unpack_fields(packed);
      std::vector<doc::Field> row(plan_.tables[table].read.columns.size());
      for (std::size_t k = 0; k < key.size(); ++k)
        row[plan_.tables[table].compared.key[k]] = key[k];
      const auto digest =
          doc::RowDigester(config_.scan.seed).digest(plan_.tables[table].compared, row);
      leftovers_.push_back({table, packed, digest.key, {}, 0});
    }
  }
}

}  // namespace arango2pg::run
