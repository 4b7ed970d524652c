// The report for the terminal: the verdict first, then what needs a person.
#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "base/units.h"
#include "run/report.h"

namespace arango2pg::run {
namespace {

/// The terminal names this many; the files name all.
constexpr std::size_t most_lines = 12;

/// Text left, numbers right; two spaces between.
std::string aligned(const std::vector<std::vector<std::string>>& rows, std::size_t left) {
  std::vector<std::size_t> width(rows[0].size());
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) width[i] = std::max(width[i], row[i].size());
  std::string out;
  for (const auto& row : rows) {
    std::string line = "  ";
    for (std::size_t i = 0; i < row.size(); ++i)
      line += i < left ? fmt::format("{:<{}}  ", row[i], width[i])
                       : fmt::format("{:>{}}  ", row[i], width[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string collections(const ValidationReport& r) {
  std::vector<std::vector<std::string>> rows = {
      {"collection", "table", "documents", "would load", "filtered", "quarantine", "bytes"}};
  for (const ReportCollection& c : r.collections) {
    std::string table = c.tables.empty() ? "" : c.tables.front().name;
    const auto further = std::count_if(c.tables.begin(), c.tables.end(),
                                       [](const ReportTable& t) { return !t.audit; }) -
                         1;
    if (further > 0) table += fmt::format(" (+{})", further);
    rows.push_back({c.name, table, format_count(c.read), format_count(c.would_load),
                    format_count(c.filtered), format_count(c.quarantined), format_size(c.bytes)});
  }
  return aligned(rows, 2);
}

std::string rules(const ValidationReport& r) {
  std::vector<std::pair<const ReportCollection*, const ReportRule*>> all;
  for (const ReportCollection& c : r.collections)
    for (const ReportRule& rule : c.rules) all.emplace_back(&c, &rule);
  if (all.empty()) return {};
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.second->documents > b.second->documents;
  });
  std::vector<std::vector<std::string>> rows;
  const std::size_t width = format_count(all.front().second->documents).size();
  for (const auto& [c, rule] : all) {
    if (rows.size() == most_lines) break;
    std::string where = c->name;
    if (!rule->paths.empty() && !rule->paths.front().name.empty())
      where += " " + rule->paths.front().name;
    rows.push_back({fmt::format("{:>{}}", format_count(rule->documents), width), rule->rule, where,
                    rule->keys.empty() ? "" : "for example '" + rule->keys.front() + "'"});
  }
  std::string out = "\nwould go to quarantine:\n" + aligned(rows, 4);
  if (all.size() > most_lines)
    out += fmt::format("  … and {} more, in the report\n", all.size() - most_lines);
  return out;
}

void some(std::string& out, const char* title, const std::vector<std::string>& lines) {
  if (lines.empty()) return;
  out += fmt::format("\n{}:\n", title);
  for (std::size_t i = 0; i < lines.size() && i < most_lines; ++i) out += "  " + lines[i] + "\n";
  if (lines.size() > most_lines)
    out += fmt::format("  … and {} more in the report\n", lines.size() - most_lines);
}

std::vector<std::string> dangling(const ValidationReport& r) {
  std::vector<std::string> out;
  for (const ReportCollection& c : r.collections)
    for (const auto& d : c.references)
      if (d.dangling > 0)
        out.push_back(fmt::format("{} {}: {} of {} point at no document", c.name, d.place,
                                  format_count(d.dangling), format_count(d.checked)));
  return out;
}

std::string estimates(const ValidationReport& r) {
  std::string out;
  for (const ReportEstimate& e : r.estimates) {
    const auto shown = [&](double v) {
      if (e.unit == "seconds") return duration_text(v);
      return e.unit == "bytes" ? format_size(static_cast<std::uint64_t>(v))
                               : format_count(static_cast<std::uint64_t>(v));
    };
    const std::string range =
        e.low < e.high ? fmt::format(" ({} to {})", shown(e.low), shown(e.high)) : std::string();
    out += fmt::format("  {:<12} {}{}; {}\n", e.what, shown(e.value), range, e.basis);
  }
  return out.empty() ? out : "\nthe real run, as estimated:\n" + out;
}

}  // namespace

std::string report_text(const ValidationReport& r) {
  std::string out = fmt::format("\n{}\n", r.sentence());
  for (const ReportBlocker& b : r.blockers)
    out += fmt::format("\nin the way: {}\n      hint: {}\n", b.message, b.hint);
  if (!r.collections.empty()) out += "\n" + collections(r);
  out += rules(r);
  some(out, "dangling references", dangling(r));
  std::vector<std::string> changes;
  for (const ReportChange& c : r.changes)
    changes.push_back((c.where.empty() ? "" : c.where + ": ") + c.text);
  some(out, ("since " + r.compared_with).c_str(), changes);
  std::vector<std::string> attention;
  for (const ReportThing& t : r.things)
    if (t.attention)
      attention.push_back(fmt::format("{} '{}'{}: {}", t.kind, t.name,
                                      t.collection.empty() ? "" : " of " + t.collection,
                                      t.becomes));
  some(out, "beside the documents", attention);
  some(out, "warnings", r.warnings);
  some(out, "not checked", r.unchecked);
  out += estimates(r);
  const auto t = r.totals();
  const double seconds = std::max(r.seconds, 0.001);
  out +=
      fmt::format("\nread {} in {} ({}/s)\n", format_size(t.bytes), duration_text(r.seconds),
                  format_size(static_cast<std::uint64_t>(static_cast<double>(t.bytes) / seconds)));
  return out;
}

}  // namespace arango2pg::run
