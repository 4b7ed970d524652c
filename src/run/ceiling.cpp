#include "run/ceiling.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "pg/ceiling.h"

namespace arango2pg::run {
namespace {

/// Enough for a round of some tenths of a second in each lane.
constexpr std::uint64_t bytes_wanted = 32U << 20;

/// The part that stands for the run: the largest of those nothing was loaded of yet.
std::optional<doc::PartTask> part_to_read(const RunPlan& plan,
                                          const std::vector<pg::PartRecord>& all) {
  const pg::PartRecord* best = nullptr;
  const auto size = [](const pg::PartRecord& p) {
    return std::pair(p.spec.bytes, p.spec.documents);
  };
  for (const auto& part : all)
    if (part.state == "pending" && plan.index.contains(part.spec.collection) &&
        (best == nullptr || size(part) > size(*best)))
      best = &part;
  if (best == nullptr) return std::nullopt;
  return doc::PartTask{best->id, plan.index.at(best->spec.collection), best->spec, ""};
}

}  // namespace

double measure_ceiling(doc::Source& source, const MigrateOptions& options, const RunPlan& plan,
                       pg::Ledger& ledger, RunId run, const std::stop_token& stop) {
  const auto task = part_to_read(plan, ledger.parts(run));
  if (!task) return 0;
  const mapping::CollectionPlan& collection = *plan.plans[task->collection];
  pg::CeilingConfig config;
  config.conninfo = options.target.conninfo;
  config.lanes = options.jobs;
  for (const auto& table : collection.tables())
    config.tables.push_back({table.table.name, table.columns, table.key, table.format});
  ByteBudget budget(options.memory);
  mapping::Scratch scratch(run);
  std::vector<doc::RowBatch> batches;
  std::uint64_t bytes = 0;
  const auto reader = source.open({*task}, budget);
  while (bytes < std::min(bytes_wanted, options.memory / 4)) {
    auto batch = reader->next(stop);
    if (!batch) break;
    bytes += batch->bytes.size();
    batches.push_back(collection.apply(std::move(*batch), scratch));
  }
  return pg::measure_ceiling(config, batches, stop);
}

}  // namespace arango2pg::run
