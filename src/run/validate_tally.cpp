#include "run/validate_tally.h"

#include <algorithm>

#include "run/validate_paths.h"

namespace arango2pg::run {
namespace {

/// Paths of one rule that are told apart.
constexpr std::size_t most_rule_paths = 200;
constexpr const char* other_paths = "(other paths)";

void by_count(std::vector<NamedCount>& all) {
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.count > b.count; });
}

std::vector<NamedCount> named(const std::map<std::string, std::uint64_t>& counts) {
  std::vector<NamedCount> out;
  for (const auto& [name, count] : counts) out.push_back({shown_text(name), count});
  by_count(out);
  return out;
}

}  // namespace

void Tally::count(const std::string& rule, const std::string& path, const std::string& message,
                  const std::string& key) {
  ++quarantined_;
  Rule& r = rules_[rule];
  if (r.documents++ == 0) r.message = shown_text(message);
  // Elements differ by number only: they are one place.
  std::string place = path;
  for (std::size_t at = 0; (at = place.find('[', at)) != std::string::npos; ++at) {
    const std::size_t end = place.find(']', at);
    if (end != std::string::npos && place.find_first_not_of("0123456789", at + 1) == end)
      place.erase(at + 1, end - at - 1);
  }
  const bool known = r.paths.contains(place) || r.paths.size() < most_rule_paths;
  ++r.paths[known ? place : other_paths];
  if (key.empty())
    ++r.without_key;
  else if (r.keys.size() < ReportRule::most_keys)
    r.keys.push_back(shown_text(key));
}

void Tally::add(const doc::RowBatch& batch, const std::vector<Refused>& refused) {
  read_ += batch.docs.size();
  filtered_ += batch.filtered;
  removed_ += batch.skipped;
  rows_.resize(std::max(rows_.size(), batch.tables.size()));
  for (std::size_t t = 0; t < batch.tables.size(); ++t) {
    rows_[t] += batch.tables[t].rows();
    copy_bytes_ += batch.tables[t].bytes.size();
  }
  notes_.merge(batch.notes);
  auto next = refused.begin();
  const auto refuse_before = [&](std::uint32_t doc) {
    for (; next != refused.end() && next->doc < doc; ++next) refuse(batch, *next);
  };
  for (const doc::Rejection& r : batch.rejections) {
    refuse_before(r.doc);
    count(r.rule, r.path, r.message, r.key);
  }
  refuse_before(UINT32_MAX);
}

void Tally::refuse(const doc::RowBatch& batch, const Refused& refused) {
  count(refused.rule, "", refused.message, doc::identity_of(batch, refused.doc).key);
  for (std::size_t t = 0; t < batch.tables.size(); ++t) {
    const auto& of = batch.tables[t].row_doc;
    const auto range = std::equal_range(of.begin(), of.end(), refused.doc);
    rows_[t] -= static_cast<std::uint64_t>(range.second - range.first);
  }
}

void Tally::report(ReportCollection& out) const {
  out.read = read_;
  out.filtered = filtered_;
  out.quarantined = quarantined_;
  out.removed = removed_;
  out.would_load = read_ - filtered_ - quarantined_;
  for (const auto& [rule, found] : rules_) {
    ReportRule r;
    r.rule = rule;
    r.documents = found.documents;
    r.without_key = found.without_key;
    r.message = found.message;
    r.advice = rule_advice(rule);
    r.keys = found.keys;
    r.paths = named(found.paths);
    out.rules.push_back(std::move(r));
  }
  std::stable_sort(out.rules.begin(), out.rules.end(),
                   [](const auto& a, const auto& b) { return a.documents > b.documents; });
  out.warnings = named(notes_.warnings);
  out.defaults_used = named(notes_.defaults_used);
  for (const auto& [path, u] : notes_.unmapped)
    out.unmapped.push_back({shown_text(path), u.count, u.bytes});
  std::stable_sort(out.unmapped.begin(), out.unmapped.end(),
                   [](const auto& a, const auto& b) { return a.bytes > b.bytes; });
}

}  // namespace arango2pg::run
