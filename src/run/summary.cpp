#include "run/summary.h"

#include <spdlog/fmt/fmt.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "base/units.h"
#include "run/json_text.h"
#include "run/text_table.h"

namespace arango2pg::run {
namespace {

std::string counters_json(const pg::Counters& c) {
  return fmt::format(
      R"("read":{},"written":{},"updated":{},"deleted":{},"filtered":{},"quarantined":{},"bytes":{})",
      c.read, c.written, c.updated, c.deleted, c.filtered, c.quarantined, c.bytes);
}

std::string notes_json(const doc::MappingNotes& notes) {
  const auto object = [](const std::map<std::string, std::uint64_t>& counts) {
    std::string out;
    for (const auto& [name, n] : counts)
      out += fmt::format("{}{}:{}", out.empty() ? "" : ",", json_text(name), n);
    return "{" + out + "}";
  };
  std::string unmapped;
  for (const auto& [name, u] : notes.unmapped)
    unmapped += fmt::format(R"({}{}:{{"count":{},"bytes":{}}})", unmapped.empty() ? "" : ",",
                            json_text(name), u.count, u.bytes);
  return fmt::format(R"("defaults_used":{},"warnings":{},"unmapped":{{{}}})",
                     object(notes.defaults_used), object(notes.warnings), unmapped);
}

/// With `changes`, also what became of rows that were there before.
std::vector<std::string> table_row(const std::string& name, const std::string& table,
                                   const pg::Counters& c, double seconds, bool changes) {
  std::vector<std::string> row = {name, table, format_count(c.read), format_count(c.written)};
  if (changes) row.insert(row.end(), {format_count(c.updated), format_count(c.deleted)});
  row.insert(row.end(), {format_count(c.filtered), format_count(c.quarantined),
                         format_size(c.bytes), fmt::format("{:.1f}s", seconds)});
  return row;
}

/// True if `column` ("table.column") belongs to one of `tables`, whose names may have a schema
/// before them.
bool of_table(const std::string& column, const std::vector<std::string>& tables) {
  return std::any_of(tables.begin(), tables.end(), [&](const std::string& table) {
    return column.rfind(table.substr(table.rfind('.') + 1) + ".", 0) == 0 ||
           column.rfind(table + ".", 0) == 0;
  });
}

/// Counted, never silent: constants and defaults, warnings, attributes that nobody mapped (seed
/// trap 0.1, 0.2).
std::string remarks(const Summary& summary) {
  std::string out;
  for (const auto& c : summary.collections) {
    for (const auto& [column, n] : c.notes.defaults_used) {
      if (of_table(column, c.audit_tables)) continue;  // an audit entry is made of constants
      out += fmt::format("  {}: constant or default used in {} for {} of {}\n", c.collection,
                         column, format_count(n), format_count(c.counters.read));
    }
    for (const auto& [rule, n] : c.notes.warnings)
      out += fmt::format("  {}: warning {} in {} documents\n", c.collection, rule, format_count(n));
    for (const auto& [name, u] : c.notes.unmapped)
      out += fmt::format("  {}: attribute '{}' is not mapped: {} documents, {:.1f}% of the bytes\n",
                         c.collection, name, format_count(u.count),
                         c.counters.bytes == 0 ? 0.0
                                               : 100.0 * static_cast<double>(u.bytes) /
                                                     static_cast<double>(c.counters.bytes));
  }
  return out;
}

}  // namespace

pg::Counters Summary::totals() const {
  pg::Counters t;
  for (const auto& c : collections) t += c.counters;
  return t;
}

double Summary::share_of_ceiling() const {
  double loading = 0;
  for (const auto& stage : stages)
    if (stage.name == "load") loading += stage.seconds;
  if (loading <= 0 || ceiling <= 0) return 0;
  return static_cast<double>(totals().bytes) / loading / ceiling;
}

std::string to_json(const Summary& s) {
  std::string list;
  for (const auto& c : s.collections) {
    std::string tables;
    for (const auto& t : c.tables) tables += (tables.empty() ? "" : ",") + json_text(t);
    list += fmt::format(R"({}{{"collection":{},"table":{},"tables":[{}],{},"seconds":{:.3f},{}}})",
                        list.empty() ? "" : ",", json_text(c.collection), json_text(c.table),
                        tables, counters_json(c.counters), c.seconds, notes_json(c.notes));
  }
  std::string stages;
  for (const auto& g : s.stages)
    stages += fmt::format(R"({}{{"stage":{},"seconds":{:.3f}}})", stages.empty() ? "" : ",",
                          json_text(g.name), g.seconds);
  return fmt::format(
      R"({{"run":{},"command":{},"status":{},"exit":{},"collections":[{}],"totals":{{{}}},"stages":[{}],)"
      R"("seconds":{:.3f},"bound_by":{},"ceiling_bytes_per_second":{},"share_of_ceiling":{},"peak_memory":{}}})",
      s.run, json_text(s.command), json_text(s.status), static_cast<int>(s.exit), list,
      counters_json(s.totals()), stages, s.seconds,
      s.bound_by.empty() ? "null" : json_text(s.bound_by),
      s.ceiling > 0 ? fmt::format("{:.0f}", s.ceiling) : "null",
      s.ceiling > 0 ? fmt::format("{:.3f}", s.share_of_ceiling()) : "null", s.peak_memory);
}

std::string to_text(const Summary& s) {
  const bool changes = s.command == "resync";
  std::vector<std::string> titles = {"collection", "table", "read", "written"};
  if (changes) titles.insert(titles.end(), {"updated", "deleted"});
  titles.insert(titles.end(), {"filtered", "quarantined", "bytes", "time"});
  std::vector<std::vector<std::string>> rows = {std::move(titles)};
  for (const auto& c : s.collections) {
    std::string tables = c.table;
    if (c.tables.size() > 1) tables += fmt::format(" (+{})", c.tables.size() - 1);
    rows.push_back(table_row(c.collection, tables, c.counters, c.seconds, changes));
  }
  rows.push_back(table_row("total", "", s.totals(), s.seconds, changes));
  std::string out = "\n" + text_table(rows);
  std::string stages;
  for (const auto& g : s.stages)
    stages += fmt::format("{}{} {:.1f}s", stages.empty() ? "" : ", ", g.name, g.seconds);
  const double seconds = std::max(0.001, s.seconds);
  const auto t = s.totals();
  out +=
      fmt::format("\nrun {} {} in {:.1f}s{}; {} docs/s, {}/s; peak memory {}{}\n", s.run, s.status,
                  s.seconds, stages.empty() ? "" : " (" + stages + ")",
                  format_count(static_cast<std::uint64_t>(static_cast<double>(t.read) / seconds)),
                  format_size(static_cast<std::uint64_t>(static_cast<double>(t.bytes) / seconds)),
                  format_size(s.peak_memory), s.bound_by.empty() ? "" : "; bound by " + s.bound_by);
  if (s.ceiling > 0)
    out += fmt::format(
        "the load ran at {:.0f}% of the ceiling: the target takes {}/s of these rows by plain "
        "COPY\n",
        100 * s.share_of_ceiling(), format_size(static_cast<std::uint64_t>(s.ceiling)));
  if (const std::string notes = remarks(s); !notes.empty()) out += "\nworth a look:\n" + notes;
  if (t.quarantined > 0)
    out += fmt::format("\n{} documents are in quarantine: arango2pg quarantine list --run {}\n",
                       format_count(t.quarantined), s.run);
  return out;
}

void write_summary(const Summary& summary, const std::string& path) {
  write_json(to_json(summary), path);
}

void write_json(const std::string& json, const std::string& path) {
  const std::string half = path + ".part";
  {
    std::ofstream out(half, std::ios::binary | std::ios::trunc);
    out << json << "\n";
    if (!out.flush())
      throw Error(Exit::usage,
                  fmt::format("cannot write the summary to '{}': {}", path, std::strerror(errno)),
                  "Give --summary a path in a directory that exists and can be written.");
  }
  if (std::rename(half.c_str(), path.c_str()) != 0)
    throw Error(Exit::usage,
                fmt::format("cannot write the summary to '{}': {}", path, std::strerror(errno)),
                "Give --summary a path in a directory that exists and can be written.");
}

std::uint64_t peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace arango2pg::run
