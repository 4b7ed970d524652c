// What verify says: to people and to machines.
#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "base/units.h"
#include "run/json_text.h"
#include "run/text_table.h"
#include "run/verify.h"

namespace arango2pg::run {
namespace {

constexpr std::size_t most_shown = 20;

std::string counts_json(const VerifiedCollection& c) {
  return fmt::format(R"("read":{},"equal":{},"different":{},"missing":{},"extra":{},"filtered":{},)"
                     R"("quarantined":{},"written":{},"updated":0,"deleted":{},"bytes":{})",
                     c.read, c.equal(), c.different, c.missing, c.extra, c.filtered, c.quarantined,
                     c.repaired, c.removed, c.bytes);
}

std::string names_json(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& n : names) out += (out.empty() ? "" : ",") + json_text(n);
  return "[" + out + "]";
}

std::string difference_json(const pg::Difference& d) {
  std::string values;
  if (d.source) values += ",\"source\":" + json_text(*d.source);
  if (d.target) values += ",\"target\":" + json_text(*d.target);
  return fmt::format(
      R"({{"collection":{},"key":{},"table":{},"row":{},"kind":{},"path":{},"what":{}{},)"
      R"("repaired":{}}})",
      json_text(d.collection), d.key.empty() ? "null" : json_text(d.key), json_text(d.table),
      json_text(d.row), json_text(d.kind), json_text(d.path), json_text(d.what), values,
      d.repaired);
}

std::vector<std::string> row_of(const std::string& name, const std::string& table,
                                const VerifiedCollection& c, double seconds) {
  return {name,
          table,
          format_count(c.read),
          format_count(c.equal()),
          format_count(c.different),
          format_count(c.missing),
          format_count(c.extra),
          format_count(c.filtered),
          format_count(c.quarantined),
          format_size(c.bytes),
          fmt::format("{:.1f}s", seconds)};
}

/// "id = k7" of document k7 tells nothing new; "id = 7f9c…" or "item_id = k7, position = 2" does.
bool names_only_the_key(const pg::Difference& d) {
  return !d.key.empty() && d.row.ends_with(" = " + d.key) && d.row.find(", ") == std::string::npos;
}

std::string difference_text(const pg::Difference& d) {
  std::string out = fmt::format("  {:<9}  {}", d.kind, d.collection);
  if (!d.key.empty()) out += "/" + d.key;
  if (!d.table.empty()) out += "  " + d.table;
  if (!d.row.empty() && !names_only_the_key(d)) out += " (" + d.row + ")";
  if (!d.path.empty()) out += "  " + d.path;
  if (!d.what.empty()) out += ": " + d.what;
  if (d.repaired) out += "  [repaired]";
  if (d.source) out += "\n             source: " + *d.source;
  if (d.target) out += "\n             target: " + *d.target;
  return out + "\n";
}

std::string verdict(const VerifySummary& s) {
  const std::string count = format_count(s.found) + (s.found == 1 ? " difference" : " differences");
  if (s.status != "done") return "interrupted, state saved: run the same command to go on\n";
  if (s.found == 0 && s.sample > 0)
    return "no difference in the sample; it says nothing about the other documents, and rows "
           "without a document were not looked for\n";
  if (s.found == 0) {
    const VerifiedCollection all = s.totals();
    std::string left_out;
    if (all.filtered > 0) left_out += ", is filtered";
    if (all.quarantined > 0) left_out += ", is in quarantine";
    if (left_out.empty()) return "equal: every document has its rows, and every row its document\n";
    left_out.replace(left_out.rfind(','), 1, " or");
    return "equal: every document has its rows" + left_out + "; every row has its document\n";
  }
  if (s.exit == Exit::done) return count + ", all repaired: equal now\n";
  std::string out = (s.complete ? "" : "at least ") + count;
  if (s.repaired > 0) out += fmt::format(", {} of them repaired", format_count(s.repaired));
  return out + "\n";
}

}  // namespace

std::string to_json(const VerifySummary& s) {
  std::string collections, tables, differences, stages;
  const auto add = [](std::string& list, const std::string& item) {
    list += (list.empty() ? "" : ",") + item;
  };
  for (const auto& c : s.collections)
    add(collections,
        fmt::format(R"({{"collection":{},"table":{},"tables":{},{},"seconds":{:.3f}}})",
                    json_text(c.name), json_text(c.tables.empty() ? "" : c.tables.front()),
                    names_json(c.tables), counts_json(c), c.seconds));
  for (const auto& t : s.tables)
    add(tables, fmt::format(R"({{"table":{},"expected":{},"present":{},"equal":{},"different":{},)"
                            R"("missing":{},"extra":{},"kept":{}}})",
                            json_text(t.name), t.expected, t.present, t.equal(), t.different,
                            t.missing, t.extra, t.kept));
  for (const auto& d : s.differences) add(differences, difference_json(d));
  for (const auto& g : s.stages)
    add(stages, fmt::format(R"({{"stage":{},"seconds":{:.3f}}})", json_text(g.name), g.seconds));
  return fmt::format(
      R"({{"run":{},"command":"verify","status":{},"exit":{},"sample":{},"collections":[{}],)"
      R"("totals":{{{}}},"tables":[{}],"found":{},"repaired":{},"complete":{},"differences":[{}],)"
      R"("stages":[{}],"seconds":{:.3f},"bound_by":null,"peak_memory":{}}})",
      s.run, json_text(s.status), static_cast<int>(s.exit),
      s.sample == 0 ? std::string("null") : std::to_string(s.sample), collections,
      counts_json(s.totals()), tables, s.found, s.repaired, s.complete, differences, stages,
      s.seconds, s.peak_memory);
}

std::string to_text(const VerifySummary& s) {
  std::vector<std::vector<std::string>> rows = {{"collection", "table", "read", "equal",
                                                 "different", "missing", "extra", "filtered",
                                                 "quarantined", "bytes", "time"}};
  for (const auto& c : s.collections) {
    std::string tables = c.tables.empty() ? "" : c.tables.front();
    if (c.tables.size() > 1) tables += fmt::format(" (+{})", c.tables.size() - 1);
    rows.push_back(row_of(c.name, tables, c, c.seconds));
  }
  const VerifiedCollection totals = s.totals();
  rows.push_back(row_of("total", "", totals, s.seconds));
  std::string out = "\n" + text_table(rows);
  std::string stages;
  for (const auto& g : s.stages)
    stages += fmt::format("{}{} {:.1f}s", stages.empty() ? "" : ", ", g.name, g.seconds);
  const double seconds = std::max(0.001, s.seconds);
  out += fmt::format(
      "\nrun {} {} in {:.1f}s ({}); {} docs/s, {}/s; peak memory {}\n", s.run, s.status, s.seconds,
      stages, format_count(static_cast<std::uint64_t>(static_cast<double>(totals.read) / seconds)),
      format_size(static_cast<std::uint64_t>(static_cast<double>(totals.bytes) / seconds)),
      format_size(s.peak_memory));
  if (!s.differences.empty()) {
    out += "\n";
    for (std::size_t i = 0; i < std::min(most_shown, s.differences.size()); ++i)
      out += difference_text(s.differences[i]);
    if (s.found > most_shown)
      out += fmt::format(
          "  … and {} more: see arango2pg.difference (run_id {}) in the target, or --summary\n",
          format_count(s.found - most_shown), s.run);
    if (!s.log_data && s.exit == Exit::differences) out += "  (--log-data shows the values)\n";
  }
  return out + "\n" + verdict(s);
}

}  // namespace arango2pg::run
