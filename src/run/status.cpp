#include "run/status.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cstdlib>

#include "base/units.h"
#include "pg/connection.h"
#include "run/json_text.h"

namespace arango2pg::run {
namespace {

constexpr const char* runs_sql = R"(
  SELECT r.id,
         r.command,
         r.status::text,
         r.source,
         to_char(r.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
         coalesce(to_char(r.ended_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), ''),
         coalesce(h.worker, ''),
         coalesce(r.message, ''),
         extract(epoch FROM coalesce(r.ended_at, now()) - r.started_at),
         arango2pg.calculate_run_progress(r.id)
  FROM arango2pg.run r
  LEFT JOIN arango2pg.run_holder h ON h.correlation_id = r.correlation_id
  WHERE $1::bigint IS NULL OR r.id = $1::bigint
  ORDER BY r.id DESC
  LIMIT $2::bigint)";

constexpr const char* stages_sql = R"(
  SELECT name,
         status::text,
         coalesce(extract(epoch FROM coalesce(ended_at, now()) - started_at), 0)
  FROM arango2pg.run_stage
  WHERE run_id = $1::bigint
  ORDER BY started_at, name)";

constexpr const char* collections_sql = R"(
  SELECT collection,
         count(*),
         count(*) FILTER (WHERE state = 'done'),
         sum(read),
         sum(written),
         sum(updated),
         sum(filtered),
         sum(quarantined),
         sum(bytes),
         sum(documents),
         sum(estimated),
         sum(deleted)
  FROM arango2pg.part
  WHERE run_id = $1::bigint
  GROUP BY collection
  ORDER BY collection)";

double real(const pg::Rows& rows, std::size_t i, std::size_t c) {
  return std::strtod(rows.text(i, c).c_str(), nullptr);
}

std::uint64_t count(const pg::Rows& rows, std::size_t i, std::size_t c) {
  return static_cast<std::uint64_t>(rows.number(i, c));
}

void read_details(pg::Connection& connection, RunStatus& run) {
  const std::vector<pg::Param> id = {std::to_string(run.run)};
  const auto stages = connection.exec(stages_sql, id);
  for (std::size_t i = 0; i < stages.size(); ++i)
    run.stages.push_back({stages.text(i, 0) + " (" + stages.text(i, 1) + ")", real(stages, i, 2)});
  const auto rows = connection.exec(collections_sql, id);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    StatusCollection c;
    c.collection = rows.text(i, 0);
    c.parts = count(rows, i, 1);
    c.parts_done = count(rows, i, 2);
    c.counters.read = count(rows, i, 3);
    c.counters.written = count(rows, i, 4);
    c.counters.updated = count(rows, i, 5);
    c.counters.filtered = count(rows, i, 6);
    c.counters.quarantined = count(rows, i, 7);
    c.counters.bytes = count(rows, i, 8);
    c.documents_expected = count(rows, i, 9);
    c.bytes_expected = count(rows, i, 10);
    c.counters.deleted = count(rows, i, 11);
    run.collections.push_back(std::move(c));
  }
}

}  // namespace

std::vector<RunStatus> read_status(const TargetOptions& target, std::optional<RunId> run,
                                   unsigned limit) {
  pg::Connection connection(target.conninfo, "status");
  std::vector<RunStatus> out;
  if (connection.exec("SELECT to_regclass('arango2pg.run')").text(0, 0).empty()) return out;
  const auto rows = connection.exec(runs_sql, {run ? pg::Param(std::to_string(*run)) : pg::Param(),
                                               std::to_string(run ? 1 : limit)});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    RunStatus s;
    s.run = rows.number(i, 0);
    s.command = rows.text(i, 1);
    s.status = rows.text(i, 2);
    s.source = rows.text(i, 3);
    s.started_at = rows.text(i, 4);
    s.ended_at = rows.text(i, 5);
    s.holder = rows.text(i, 6);
    s.message = rows.text(i, 7);
    s.seconds = real(rows, i, 8);
    s.progress = std::clamp(real(rows, i, 9) / 100, 0.0, 1.0);
    if (s.status == "running" && s.progress > 0.001)
      s.eta_seconds = s.seconds / s.progress * (1 - s.progress);
    if (s.command == "resync" && s.status == "running") s.lag = pg::sync_lag(connection, s.run);
    if (s.lag) s.eta_seconds.reset();
    read_details(connection, s);
    out.push_back(std::move(s));
  }
  return out;
}

std::string status_text(const std::vector<RunStatus>& runs) {
  if (runs.empty()) return "no runs: this target has not been used by arango2pg\n";
  const auto duration = [](double s) {
    return format_duration(std::chrono::milliseconds(static_cast<std::int64_t>(s * 1000)));
  };
  std::string out;
  for (const auto& r : runs) {
    // What follows the log has no end to be at some per cent of.
    const bool endless = r.lag && r.lag->ticks;
    out += fmt::format("run {}  {}  {}  {}started {} UTC  {}{}\n", r.run, r.command, r.status,
                       endless ? "" : fmt::format("{:.0f}%  ", r.progress * 100), r.started_at,
                       duration(r.seconds),
                       r.eta_seconds ? "  ETA " + duration(*r.eta_seconds) : std::string());
    out += fmt::format("  from {}\n", r.source);
    if (r.lag)
      out += fmt::format(
          "  following by {}, lag {}{}\n", r.lag->strategy,
          r.lag->seconds ? duration(*r.lag->seconds) : "unknown: not equal yet",
          r.lag->ticks ? fmt::format(" ({} ticks)", format_count(*r.lag->ticks)) : std::string());
    if (!r.message.empty()) out += fmt::format("  {}\n", r.message);
    if (r.status == "running" && !r.holder.empty()) out += fmt::format("  held by {}\n", r.holder);
    std::string stages;
    for (const auto& g : r.stages)
      stages += fmt::format("{}{} {}", stages.empty() ? "" : ", ", g.name, duration(g.seconds));
    if (!stages.empty()) out += fmt::format("  stages: {}\n", stages);
    for (const auto& c : r.collections)
      out += fmt::format(
          "  {:<28} {}/{} parts  {} read  {} written  {}{} filtered  {} quarantined  {}\n",
          c.collection, c.parts_done, c.parts, format_count(c.counters.read),
          format_count(c.counters.written),
          c.counters.deleted > 0 ? format_count(c.counters.deleted) + " deleted  " : std::string(),
          format_count(c.counters.filtered), format_count(c.counters.quarantined),
          format_size(c.counters.bytes));
  }
  return out;
}

std::string status_json(const std::vector<RunStatus>& runs) {
  std::string list;
  for (const auto& r : runs) {
    std::string collections, stages;
    for (const auto& c : r.collections)
      collections += fmt::format(
          R"({}{{"collection":{},"parts":{},"parts_done":{},"read":{},"written":{},"updated":{},"deleted":{},"filtered":{},)"
          R"("quarantined":{},"bytes":{},"documents_expected":{},"bytes_expected":{}}})",
          collections.empty() ? "" : ",", json_text(c.collection), c.parts, c.parts_done,
          c.counters.read, c.counters.written, c.counters.updated, c.counters.deleted,
          c.counters.filtered, c.counters.quarantined, c.counters.bytes, c.documents_expected,
          c.bytes_expected);
    for (const auto& g : r.stages)
      stages += fmt::format(R"({}{{"stage":{},"seconds":{:.3f}}})", stages.empty() ? "" : ",",
                            json_text(g.name), g.seconds);
    list += fmt::format(
        R"({}{{"run":{},"command":{},"status":{},"source":{},"started_at":{},"ended_at":{},"holder":{},"message":{},)"
        R"("seconds":{:.3f},"progress":{:.4f},"eta_seconds":{}{},"stages":[{}],"collections":[{}]}})",
        list.empty() ? "" : ",", r.run, json_text(r.command), json_text(r.status),
        json_text(r.source), json_text(r.started_at),
        r.ended_at.empty() ? "null" : json_text(r.ended_at), json_text(r.holder),
        json_text(r.message), r.seconds, r.progress,
        r.eta_seconds ? fmt::format("{:.0f}", *r.eta_seconds) : "null",
        r.lag ? fmt::format(
                    R"(,"strategy":{},"lag_seconds":{},"lag_ticks":{})", json_text(r.lag->strategy),
                    r.lag->seconds ? fmt::format("{:.1f}", *r.lag->seconds) : std::string("null"),
                    r.lag->ticks ? std::to_string(*r.lag->ticks) : std::string("null"))
              : std::string(),
        stages, collections);
  }
  return "[" + list + "]";
}

}  // namespace arango2pg::run
