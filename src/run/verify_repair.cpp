#include "run/verify_repair.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <set>

#include "base/log.h"
#include "doc/key_lookup.h"
#include "pg/undo.h"
#include "run/migrate.h"
#include "run/stored_documents.h"

namespace arango2pg::run {
namespace {

class DifferenceReader : public StoredDocuments {
 public:
  DifferenceReader(const TargetOptions& target, RunId run, std::vector<doc::PartTask> parts,
                   ByteBudget& budget)
      : StoredDocuments(target, "repair", std::move(parts), budget), run_(run) {}

 private:
  [[nodiscard]] StoredRows rows_of(const std::string& collection) const override {
    return {"arango2pg.difference",
            "run_id = $1::bigint AND collection = $2",
            {std::to_string(run_), collection}};
  }

  RunId run_;
};

/// Documents of a batch that have rows.
std::vector<std::uint32_t> with_rows(const doc::RowBatch& batch) {
  std::set<std::uint32_t> docs;
  for (const doc::TableRows& t : batch.tables) docs.insert(t.row_doc.begin(), t.row_doc.end());
  return {docs.begin(), docs.end()};
}

}  // namespace

DifferenceSource::DifferenceSource(TargetOptions target, RunId run,
                                   const std::vector<doc::CollectionInfo>& collections)
    : target_(std::move(target)), run_(run) {
  pg::Connection connection(target_.conninfo, "repair");
  const auto rows = connection.exec(
      "SELECT collection, count(*) FROM arango2pg.difference WHERE run_id = $1::bigint AND "
      "document IS NOT NULL GROUP BY collection ORDER BY collection",
      {std::to_string(run)});
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (const doc::CollectionInfo& c : collections)
      if (c.name == rows.text(i, 0)) {
        collections_.push_back(c);
        collections_.back().count = static_cast<std::uint64_t>(rows.number(i, 1));
        collections_.back().bytes = 0;
      }
  info_.kind = partial_source;
  info_.description = fmt::format("the differences of run {}", run);
  info_.identity = fmt::format("differences:run={}", run);
}

std::vector<doc::PartSpec> DifferenceSource::split(const doc::CollectionInfo& collection,
                                                   const doc::SplitOptions&) {
  doc::PartSpec part;
  part.collection = collection.name;
  part.kind = "range";
  part.spec = "{}";
  part.documents = collection.count.value_or(0);
  return {part};
}

std::unique_ptr<doc::Reader> DifferenceSource::open(std::vector<doc::PartTask> parts,
                                                    ByteBudget& budget) {
  return std::make_unique<DifferenceReader>(target_, run_, std::move(parts), budget);
}

// -- the repair

ScanWork Repair::all_of(DifferenceSource& documents) const {
  ScanWork work;
  for (const auto& collection : documents.collections()) {
    doc::PartTask task;
    task.id = static_cast<PartId>(work.parts.size());
    task.collection = plan_.run.index.at(collection.name);
    task.spec = documents.split(collection, {}).front();
    work.parts.push_back(std::move(task));
  }
  return work;
}

bool Repair::run(const std::map<std::size_t, std::vector<std::string>>& extra_rows,
                 std::vector<VerifiedCollection>& collections) {
  bool all = remove(extra_rows, collections);
  DifferenceSource documents(options_.migrate.target, run_, plan_.run.collections);
  if (!documents.collections().empty()) {
    bring_back(documents);
    load(documents);
    all = check(documents, collections) && all;
    checker_.store().drop_documents(run_);
  }
  return all;
}

/// Children before their parents.
bool Repair::remove(const std::map<std::size_t, std::vector<std::string>>& extra_rows,
                    std::vector<VerifiedCollection>& collections) {
  bool all = true;
  std::vector<pg::RunTable> touched;
  for (const auto& [t, rows] : extra_rows)
    touched.push_back(
        {plan_.tables[t].read.name, plan_.tables[t].key, true, plan_.tables[t].keep_before});
  pg::record_tables(control_, run_, touched);
  for (auto at = extra_rows.rbegin(); at != extra_rows.rend(); ++at) {
    const auto& [table, rows] = *at;
    std::uint64_t here = 0;
    for (std::size_t i = 0; i < rows.size(); i += rows_at_once)
      here += remove_some(
          table,
          {rows.begin() + static_cast<std::ptrdiff_t>(i),
           rows.begin() + static_cast<std::ptrdiff_t>(std::min(rows.size(), i + rows_at_once))});
    collections[plan_.tables[table].collections.front()].removed += here;
    all = all && here == rows.size();
  }
  return all;
}

std::uint64_t Repair::remove_some(std::size_t t, const std::vector<std::string>& packed) {
  const VerifiedTable& table = plan_.tables[t];
  std::vector<std::vector<doc::Field>> keys;
  for (const std::string& p : packed) keys.push_back(unpack_fields(p));
  const bool soft = !table.read.deleted.empty() && table.parent < 0;
  const std::string& collection = plan_.run.collections[table.collections.front()].name;
  const std::string reason =
      checker_.store().remove_rows(run_, collection, table.read, table.key, keys, soft);
  if (!reason.empty())
    spdlog::warn("rows of table '{}' can't be removed: {}", table.read.name.text(), reason);
  std::set<std::string> still;
  checker_.reader().find(table.read, table.key, keys, false,
                         [&](const std::vector<doc::Field>& row) {
                           still.insert(pack_fields(table.pick(row, table.key)));
                         });
  std::vector<std::string> gone;
  for (std::size_t i = 0; i < packed.size(); ++i)
    if (!still.contains(packed[i])) gone.push_back(DocumentChecker::row_text(table, keys[i]));
  checker_.store().mark_rows_repaired(run_, table.read.name.text(), gone);
  return gone.size();
}

/// A row that is marked as deleted, although its document is there, must show itself again.
void Repair::bring_back(DifferenceSource& documents) {
  VerifyScanConfig config = scan_;
  config.keep_rows = true;
  ScanHandlers handlers;
  handlers.source = [&](DigestedBatch&& batch) {
    for (std::size_t t = 0; t < batch.rows.tables.size(); ++t) {
      const VerifiedRows& rows = plan_.rows[batch.rows.collection][t];
      if (rows.table < 0) continue;
      const VerifiedTable& table = plan_.tables[static_cast<std::size_t>(rows.table)];
      if (table.read.deleted.empty()) continue;
      std::vector<std::vector<doc::Field>> keys;
      std::vector<doc::Field> own, fields;
      const doc::TableRows& encoded = batch.rows.tables[t];
      for (std::size_t r = 0; r < encoded.rows(); ++r) {
        std::size_t size = 0;
        doc::read_row(std::string_view(encoded.bytes).substr(encoded.row_begin(r)), rows.width, own,
                      size);
        VerifyPlan::arrange(rows, own, fields);
        keys.push_back(table.pick(fields, table.key));
      }
      checker_.store().bring_back(table.read, table.key, keys);
    }
  };
  scan(config, plan_, documents, all_of(documents), handlers, signals_.token());
}

void Repair::load(DifferenceSource& documents) {
  MigrateOptions options = options_.migrate;
  options.collections.clear();
  options.merge = true;
  options.overwrite = true;
  options.truncate = false;
  options.fresh = true;
  options.progress = ProgressMode::none;
  const Summary loaded = migrate_from(documents, "repair", options, signals_);
  if (loaded.exit == Exit::interrupted)
    throw Error(Exit::interrupted, "the repair was interrupted",
                "Run the same command again: it compares anew and repairs what is left.");
  spdlog::info("run {} wrote {} documents again", loaded.run, loaded.totals().written);
}

/// On a live source a document may have changed once more; then its newest form counts.
std::vector<std::string> Repair::fetch_and_check(std::uint32_t collection,
                                                 const std::vector<std::string>& keys) {
  doc::DocBatch batch;
  batch.collection = collection;
  batch.bytes.reserve(1);
  std::vector<std::string> good;
  auto* const lookup = dynamic_cast<doc::KeyLookup*>(&source_);
  if (lookup == nullptr) return good;
  lookup->fetch(plan_.run.collections[collection].name, keys, batch, signals_.token());
  mapping::Scratch scratch(0);
  const DigestedBatch now =
      digest_batch(plan_, plan_.run.plans[collection]->apply(std::move(batch), scratch), scan_.seed,
                   checker_.reader());
  for (const Verdict& v : checker_.check(now, with_rows(now.rows)))
    if (v.kind == Verdict::Kind::equal) good.push_back(identity_of(now.rows, v.doc).key);
  return good;
}

bool Repair::check(DifferenceSource& documents, std::vector<VerifiedCollection>& collections) {
  bool all = true;
  VerifyScanConfig config = scan_;
  config.keep_rows = true;
  ScanHandlers handlers;
  handlers.source = [&](DigestedBatch&& batch) {
    const std::uint32_t collection = batch.rows.collection;
    const std::string& name = plan_.run.collections[collection].name;
    std::vector<std::string> good, bad;
    for (const Verdict& v : checker_.check(batch, with_rows(batch.rows))) {
      const bool is_good = v.kind == Verdict::Kind::equal || v.kind == Verdict::Kind::quarantined;
      (is_good ? good : bad).push_back(identity_of(batch.rows, v.doc).key);
    }
    std::set<std::string> lost;
    for (const auto& d : checker_.lost_rejections(batch.rows)) lost.insert(d.key);
    for (const doc::Rejection& r : batch.rows.rejections)
      if (!lost.contains(r.key)) good.push_back(r.key);
    if (!bad.empty()) {
      const auto changed = fetch_and_check(collection, bad);
      all = all && changed.size() == bad.size();
      good.insert(good.end(), changed.begin(), changed.end());
    }
    all = all && lost.empty();
    checker_.store().mark_repaired(run_, name, good);
    collections[collection].repaired += good.size();
  };
  return scan(config, plan_, documents, all_of(documents), handlers, signals_.token()) && all;
}

}  // namespace arango2pg::run
