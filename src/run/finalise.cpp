#include "run/finalise.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>
#include <vector>

#include "base/log.h"
#include "pg/catalog.h"

namespace arango2pg::run {
namespace {

/// As many at a time as the load had lanes. The first failure is thrown when all threads have
/// ended.
void rebuild_indexes(pg::Connection& connection, const MigrateOptions& options, RunId run) {
  const auto indexes = pg::missing_indexes(connection, run);
  if (indexes.empty()) return;
  spdlog::info("building {} indexes", indexes.size());
  std::atomic<std::size_t> next{0};
  std::vector<std::exception_ptr> failures(std::min<std::size_t>(options.jobs, indexes.size()));
  {
    std::vector<std::jthread> builders;
    for (auto& failure : failures)
      builders.emplace_back([&] {
        try {
          pg::Connection own(options.target.conninfo, fmt::format("run {} indexes", run));
          for (std::size_t i = next++; i < indexes.size(); i = next++) {
            spdlog::debug("building index {}", indexes[i].name);
            pg::rebuild_index(own, run, indexes[i]);
          }
        } catch (...) {
          failure = std::current_exception();
          next = indexes.size();
        }
      });
  }
  for (const auto& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

void call_pack(pg::Connection& connection, RunId run, const std::vector<TableName>& tables) {
  for (const auto& function : pg::finalise_functions(connection, tables)) {
    spdlog::info("calling {}", function.text());
    pg::Transaction transaction(connection);
    connection.exec("SET LOCAL arango2pg.loading = 'on'");
    connection.exec("SELECT " + pg::quote(function) + "($1::bigint)", {std::to_string(run)});
    transaction.commit();
  }
}

void refresh_views(pg::Connection& connection, pg::Ledger& ledger, RunId run,
                   const std::vector<TableName>& tables) {
  for (const auto& view : pg::dependent_views(connection, tables)) {
    if (!view.may_refresh) {
      const std::string text = fmt::format(
          "materialized view '{}' belongs to another role and was not refreshed", view.name.text());
      spdlog::warn("{}", text);
      ledger.event(run, "warn", text);
      continue;
    }
    spdlog::info("refreshing {}", view.name.text());
    connection.exec(fmt::format("REFRESH MATERIALIZED VIEW {}{}",
                                view.concurrently ? "CONCURRENTLY " : "", pg::quote(view.name)));
  }
}

}  // namespace

void finalise(pg::Connection& connection, pg::Ledger& ledger, const MigrateOptions& options,
              RunId run, const RunPlan& plan) {
  std::vector<TableName> tables;
  for (const auto* table : plan.tables()) tables.push_back(table->table.name);
  rebuild_indexes(connection, options, run);
  for (const auto& table : tables) connection.exec("ANALYZE " + pg::quote(table));
  call_pack(connection, run, tables);
  refresh_views(connection, ledger, run, tables);
}

}  // namespace arango2pg::run
