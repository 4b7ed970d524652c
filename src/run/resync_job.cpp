#include "run/resync_job.h"

#include <spdlog/fmt/fmt.h>

#include <charconv>

#include "arango/raw_json.h"

namespace arango2pg::run {

std::uint64_t tick_number(std::string_view text) {
  std::uint64_t n = 0;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

std::vector<std::string> Drift::lines() const {
  std::vector<std::string> out;
  std::set<std::string> new_names;
  for (const auto& [from, to] : renamed) {
    out.push_back(fmt::format("collection '{}' was renamed to '{}'", from, to));
    new_names.insert(to);
  }
  for (const auto& name : gone)
    if (!renamed.contains(name))
      out.push_back(fmt::format("collection '{}' is no more in the source", name));
  for (const auto& name : fresh)
    if (!new_names.contains(name))
      out.push_back(fmt::format("collection '{}' is new in the source", name));
  return out;
}

bool ResyncJob::shares_table(std::uint32_t collection) const {
  for (const auto& mine : plan.plans[collection]->tables()) {
    if (mine.is_audit) continue;
    for (std::uint32_t other = 0; other < plan.plans.size(); ++other) {
      if (other == collection) continue;
      for (const auto& theirs : plan.plans[other]->tables())
        if (!theirs.is_audit && theirs.table.name == mine.table.name) return true;
    }
  }
  return false;
}

RunPlan arranged(RunPlan plan, const std::set<std::string>& leave_out) {
  RunPlan out;
  out.unmapped = plan.unmapped;
  for (const auto& wave : plan.waves())
    for (const std::uint32_t i : wave) {
      if (leave_out.contains(plan.collections[i].name)) continue;
      out.index[plan.collections[i].name] = static_cast<std::uint32_t>(out.collections.size());
      out.collections.push_back(plan.collections[i]);
      out.plans.push_back(plan.plans[i]);
    }
  return out;
}

void mark_missing(const std::vector<std::string>& keys, doc::DocBatch& batch) {
  std::set<std::string_view> came;
  for (std::size_t i = 0; i < batch.docs.size(); ++i)
    if (const auto key = arango::plain_string_member(batch.document(i), "_key")) came.insert(*key);
  for (const auto& key : keys)
    if (!came.contains(key)) batch.removed.push_back({key, std::nullopt});
}

}  // namespace arango2pg::run
