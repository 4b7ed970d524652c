#include "run/verify_check.h"

#include <algorithm>
#include <map>

#include "doc/json.h"
#include "doc/row_difference.h"

namespace arango2pg::run {
namespace {

/// Rows that are asked for at once: enough to make the way to the server cheap, few enough to hold.
constexpr std::size_t rows_per_question = 500;
constexpr std::size_t longest_value = 500;

std::string shortened(std::string value) {
  if (value.size() <= longest_value) return value;
  std::size_t end = longest_value;
  while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xC0U) == 0x80U) --end;
  return value.substr(0, end) + "…";
}

}  // namespace

/// A row that a document should have.
struct DocumentChecker::Expected {
  std::size_t row = 0;  ///< in the batch
  std::size_t verdict = 0;
  doc::RowDigester::Result digest;
  std::vector<doc::Field> fields;
};

/// A row that the target has.
struct DocumentChecker::Stored {
  doc::Digest row;
  std::string packed;
  bool taken = false;
};

std::string DocumentChecker::row_text(const VerifiedTable& table,
                                      const std::vector<doc::Field>& key) {
  std::string out;
  for (std::size_t k = 0; k < table.key.size(); ++k)
    out += (k == 0 ? "" : ", ") + table.key[k] + " = " +
           shortened(doc::field_text(table.read.types[table.column(table.key[k])], key[k]));
  return out;
}

void DocumentChecker::explain(Verdict& verdict, const DigestedBatch& batch, std::size_t target,
                              const Expected& row, const std::vector<doc::Field>& found) {
  pg::Difference& d = verdict.difference;
  if (!d.table.empty()) return;  // the first one is told
  const VerifiedRows& rows = plan_.rows[batch.rows.collection][target];
  const auto& table = plan_.tables[static_cast<std::size_t>(rows.table)];
  d.table = table.read.name.text();
  d.row = row_text(table, table.pick(row.fields, table.key));
  if (found.empty()) {
    d.what = "the row is missing";
    return;
  }
  const auto first = doc::first_difference(table.compared, table.read.columns, row.fields, found);
  if (!first) return;
  d.path = first->path;
  d.what = first->what;
  if (options_.with_values) {
    d.source = shortened(first->source);
    d.target = shortened(first->target);
  }
}

/// The rows of one target that the documents have, against those of its table.
void DocumentChecker::compare_target(const DigestedBatch& batch, std::size_t target,
                                     const std::vector<std::uint32_t>& docs,
                                     std::vector<Verdict>& verdicts) {
  const VerifiedRows& rows = plan_.rows[batch.rows.collection][target];
  if (rows.table < 0) return;
  const auto table_number = static_cast<std::size_t>(rows.table);
  const VerifiedTable& table = plan_.tables[table_number];
  const doc::TableRows& encoded = batch.rows.tables[target];
  std::vector<Expected> expected;
  const auto ask = [&] {
    std::map<doc::Digest, std::vector<Stored>> found;
    std::vector<std::vector<doc::Field>> keys;
    for (const Expected& e : expected) keys.push_back(table.pick(e.fields, table.key));
    doc::RowDigester digester(options_.seed);
    reader_.find(table.read, table.key, keys, false, [&](const std::vector<doc::Field>& fields) {
      const auto digest = digester.digest(table.compared, fields);
      found[digest.key].push_back({digest.row, pack_fields(fields)});
    });
    // Equal rows first: of several with one key, the others are what is left to compare with.
    const auto take = [&](const Expected& e, bool equal) -> const Stored* {
      const auto at = found.find(e.digest.key);
      if (at == found.end()) return nullptr;
      for (Stored& s : at->second)
        if (!s.taken && (!equal || s.row == e.digest.row)) {
          s.taken = true;
          return &s;
        }
      return nullptr;
    };
    std::vector<const Expected*> others;
    for (const Expected& e : expected)
      if (take(e, true) == nullptr) others.push_back(&e);
    for (const Expected* e : others) {
      Verdict& verdict = verdicts[e->verdict];
      const Stored* stored = take(*e, false);
      explain(verdict, batch, target, *e,
              stored == nullptr ? std::vector<doc::Field>() : unpack_fields(stored->packed));
      auto& counts = stored == nullptr ? verdict.missing_rows : verdict.different_rows;
      const auto at = std::find_if(counts.begin(), counts.end(),
                                   [&](const auto& c) { return c.first == table_number; });
      if (at == counts.end())
        counts.emplace_back(table_number, 1);
      else
        ++at->second;
    }
    expected.clear();
  };
  std::vector<doc::Field> own;
  for (std::size_t v = 0; v < docs.size(); ++v) {
    const auto first = std::lower_bound(encoded.row_doc.begin(), encoded.row_doc.end(), docs[v]);
    for (auto at = first; at != encoded.row_doc.end() && *at == docs[v]; ++at) {
      Expected e;
      e.row = static_cast<std::size_t>(at - encoded.row_doc.begin());
      e.verdict = v;
      e.digest = batch.digests[target][e.row];
      std::size_t size = 0;
      doc::read_row(std::string_view(encoded.bytes).substr(encoded.row_begin(e.row)), rows.width,
                    own, size);
      VerifyPlan::arrange(rows, own, e.fields);
      if (rows.root) verdicts[v].root = e.digest.key;
      expected.push_back(std::move(e));
      if (expected.size() == rows_per_question) ask();
    }
  }
  if (!expected.empty()) ask();
}

/// From rows to documents.
void DocumentChecker::judge(const DigestedBatch& batch, std::vector<Verdict>& verdicts) {
  const auto& targets = plan_.rows[batch.rows.collection];
  std::map<std::string, std::vector<std::size_t>> missing;
  for (std::size_t v = 0; v < verdicts.size(); ++v) {
    Verdict& verdict = verdicts[v];
    if (verdict.missing_rows.empty() && verdict.different_rows.empty()) continue;
    std::uint64_t roots = 0, roots_missing = 0;
    for (std::size_t t = 0; t < targets.size(); ++t) {
      if (!targets[t].root || targets[t].table < 0) continue;
      const auto& of = batch.rows.tables[t].row_doc;
      roots += static_cast<std::uint64_t>(std::upper_bound(of.begin(), of.end(), verdict.doc) -
                                          std::lower_bound(of.begin(), of.end(), verdict.doc));
      for (const auto& [table, count] : verdict.missing_rows)
        if (table == static_cast<std::size_t>(targets[t].table)) roots_missing += count;
    }
    const bool all = roots > 0 && roots_missing >= roots && verdict.different_rows.empty();
    verdict.kind = all ? Verdict::Kind::missing : Verdict::Kind::different;
    const doc::DocId id = identity_of(batch.rows, verdict.doc);
    verdict.difference.key = id.key;
    verdict.difference.kind = all ? "missing" : "different";
    if (options_.with_documents) verdict.difference.document = batch.rows.document(verdict.doc);
    if (all) missing[id.key].push_back(v);
  }
  if (missing.empty()) return;
  std::vector<std::string> keys;
  for (const auto& [key, at] : missing) keys.push_back(key);
  for (const pg::Quarantined& q : store_.in_quarantine(verdicts[0].difference.collection, keys)) {
    for (const std::size_t v : missing[q.key]) {
      Verdict& verdict = verdicts[v];
      const auto revision = identity_of(batch.rows, verdict.doc).revision;
      if ((revision ? std::optional(revision->value) : std::nullopt) != q.revision) continue;
      // Only PostgreSQL itself could tell whether it would take the document now. What the
      // mapping refused then and takes now is missing, though.
      if (q.rule.starts_with("pg_"))
        verdict.kind = Verdict::Kind::quarantined;
      else if (verdict.kind == Verdict::Kind::missing)
        verdict.difference.what =
            "in quarantine (" + q.rule + "), but today's mapping takes it: retry it";
    }
  }
}

std::vector<Verdict> DocumentChecker::check(const DigestedBatch& batch,
                                            const std::vector<std::uint32_t>& docs) {
  std::vector<Verdict> verdicts(docs.size());
  for (std::size_t v = 0; v < docs.size(); ++v) {
    verdicts[v].doc = docs[v];
    verdicts[v].difference.collection = plan_.run.collections[batch.rows.collection].name;
  }
  for (std::size_t t = 0; t < batch.rows.tables.size(); ++t)
    compare_target(batch, t, docs, verdicts);
  judge(batch, verdicts);
  return verdicts;
}

std::vector<pg::Difference> DocumentChecker::lost_rejections(const doc::RowBatch& batch) {
  std::vector<pg::Difference> lost;
  if (batch.rejections.empty()) return lost;
  const std::string& collection = plan_.run.collections[batch.collection].name;
  std::vector<std::string> keys;
  for (const doc::Rejection& r : batch.rejections)
    if (!r.key.empty()) keys.push_back(r.key);
  const auto held = store_.in_quarantine(collection, keys);
  for (const doc::Rejection& r : batch.rejections) {
    const auto revision = r.revision ? std::optional(r.revision->value) : std::nullopt;
    const bool kept = r.key.empty()
                          ? store_.bytes_in_quarantine(collection, batch.document(r.doc))
                          : std::any_of(held.begin(), held.end(), [&](const pg::Quarantined& q) {
                              return q.key == r.key && q.revision == revision;
                            });
    if (kept) continue;
    pg::Difference d;
    d.collection = collection;
    d.key = r.key;
    d.kind = "missing";
    d.path = r.path;
    d.what = "refused by today's mapping (" + r.rule + ") and not in quarantine";
    for (const VerifiedRows& rows : plan_.rows[batch.collection])
      if (rows.root && rows.table >= 0 && d.table.empty())
        d.table = plan_.tables[static_cast<std::size_t>(rows.table)].read.name.text();
    if (options_.with_documents) d.document = batch.document(r.doc);
    lost.push_back(std::move(d));
  }
  return lost;
}

}  // namespace arango2pg::run
