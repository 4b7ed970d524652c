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

/// Calls `work(connection, i)` for i = 0 … count − 1, as many at a time as the load had lanes, each
/// thread with a connection of its own. The first failure is thrown when all threads have ended.
template <class Work>
void each_at_once(const MigrateOptions& options, const std::string& purpose, std::size_t count,
                  Work work) {
  std::atomic<std::size_t> next{0};
  std::vector<std::exception_ptr> failures(std::min<std::size_t>(options.jobs, count));
  {
    std::vector<std::jthread> workers;
    for (auto& failure : failures)
      workers.emplace_back([&] {
        try {
          pg::Connection own(options.target.conninfo, purpose);
          for (std::size_t i = next++; i < count; i = next++) work(own, i);
        } catch (...) {
          failure = std::current_exception();
          next = count;
        }
      });
  }
  for (const auto& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

void rebuild_indexes(pg::Connection& connection, const MigrateOptions& options, RunId run) {
  const auto indexes = pg::missing_indexes(connection, run);
  if (indexes.empty()) return;
  spdlog::info("building {} indexes", indexes.size());
  each_at_once(options, fmt::format("run {} indexes", run), indexes.size(),
               [&](pg::Connection& own, std::size_t i) {
                 spdlog::debug("building index {}", indexes[i].name);
                 pg::rebuild_index(own, run, indexes[i]);
               });
}

void analyze(pg::Connection& connection, const MigrateOptions& options, RunId run,
             std::vector<TableName> tables) {
  if (tables.size() == 1) {
    connection.exec("ANALYZE " + pg::quote(tables.front()));
    return;
  }
  pg::largest_first(connection, tables);
  each_at_once(
      options, fmt::format("run {} analyze", run), tables.size(),
      [&](pg::Connection& own, std::size_t i) { own.exec("ANALYZE " + pg::quote(tables[i])); });
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
    // CONCURRENTLY compares old and new rows: it lets readers go on, but an empty view has none,
    // and against no rows without statistics PostgreSQL compares slowly.
    const std::string name = pg::quote(view.name);
    const bool concurrently =
        view.concurrently && !connection.exec("SELECT FROM " + name + " LIMIT 1").empty();
    connection.exec(
        fmt::format("REFRESH MATERIALIZED VIEW {}{}", concurrently ? "CONCURRENTLY " : "", name));
  }
}

}  // namespace

void finalise(pg::Connection& connection, pg::Ledger& ledger, const MigrateOptions& options,
              RunId run, const RunPlan& plan) {
  std::vector<TableName> tables;
  for (const auto* table : plan.tables()) tables.push_back(table->table.name);
  rebuild_indexes(connection, options, run);
  analyze(connection, options, run, tables);
  call_pack(connection, run, tables);
  refresh_views(connection, ledger, run, tables);
}

}  // namespace arango2pg::run
