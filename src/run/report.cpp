#include "run/report.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>

#include "base/units.h"
#include "run_embedded.h"

namespace arango2pg::run {
namespace {

namespace fs = std::filesystem;

enum class Form : std::uint8_t { html, json };

Form form_of(const std::string& path) {
  const std::string suffix = fs::path(path).extension().string();
  if (suffix == ".html") return Form::html;
  if (suffix == ".json") return Form::json;
  throw Error(Exit::usage,
              fmt::format("--report '{}' ends neither with .html nor with .json", path),
              "The suffix says which kind of report is written.");
}

[[noreturn]] void cannot_write(const std::string& path, const std::string& why) {
  throw Error(Exit::usage, fmt::format("cannot write the report '{}': {}", path, why),
              "Name a file in a directory that you may write to.");
}

std::string part_of(const std::string& path) { return path + ".part"; }

/// `code`, `code`, … in the first column of a row of docs/rules.md.
std::vector<std::string_view> codes_in(std::string_view cell) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; (at = cell.find('`', at)) != std::string_view::npos;) {
    const std::size_t end = cell.find('`', at + 1);
    if (end == std::string_view::npos) break;
    out.push_back(cell.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// Rule → usual way out, from the users' table of rules: one place says it.
std::map<std::string_view, std::string_view> read_rules() {
  std::map<std::string_view, std::string_view> out = {
      {"pg_unique_violation", "decide which of the documents stays, or widen the key"},
      {"pg_foreign_key_violation", "load what it points at first, or drop the constraint"},
      {"pg_check_violation", "correct the documents, `map` the value, or relax the constraint"},
      {"pg_not_null_violation", "`default`"},
  };
  std::string_view left = files::embedded("rules.md");
  while (!left.empty()) {
    const std::size_t end = std::min(left.find('\n'), left.size());
    std::string_view line = left.substr(0, end);
    left.remove_prefix(std::min(end + 1, left.size()));
    if (!line.starts_with("| `")) continue;
    line.remove_prefix(1);
    const std::size_t first = line.find('|'), second = line.find('|', first + 1);
    const std::size_t third = line.find('|', second + 1);
    if (third == std::string_view::npos) continue;
    const std::string_view advice = trimmed(line.substr(second + 1, third - second - 1));
    for (const std::string_view code : codes_in(line.substr(0, first))) out.emplace(code, advice);
  }
  return out;
}

}  // namespace

ValidationReport::Totals ValidationReport::totals() const {
  Totals t;
  for (const ReportCollection& c : collections) {
    t.read += c.read;
    t.would_load += c.would_load;
    t.filtered += c.filtered;
    t.quarantined += c.quarantined;
    t.bytes += c.bytes;
  }
  return t;
}

ValidationReport::Verdict ValidationReport::verdict() const {
  if (!blockers.empty()) return Verdict::blocked;
  if (stopped) return Verdict::incomplete;
  return totals().quarantined > 0 ? Verdict::quarantines : Verdict::loads;
}

Exit ValidationReport::exit() const {
  if (!blockers.empty()) return blockers.front().exit;
  if (stopped) return Exit::interrupted;
  return totals().quarantined > max_quarantined ? Exit::quarantined : Exit::done;
}

std::string ValidationReport::sentence() const {
  const Totals t = totals();
  const std::string documents =
      fmt::format("{}{} documents", format_count(t.read), sample != 0 ? " sampled" : "");
  switch (verdict()) {
    case Verdict::blocked:
      return "The migration would not start: " + blockers.front().message + ".";
    case Verdict::incomplete:
      return fmt::format("Stopped after {}: {} of them would be quarantined.", documents,
                         format_count(t.quarantined));
    case Verdict::quarantines:
      return fmt::format("{} of {} would be quarantined.", format_count(t.quarantined), documents);
    case Verdict::loads:
      break;
  }
  if (t.read == 0) return "There is no document to load.";
  if (t.filtered == 0) return fmt::format("All {} would load.", documents);
  return fmt::format("All {} would load, but for {} that the mapping leaves out.", documents,
                     format_count(t.filtered));
}

std::string_view rule_advice(std::string_view rule) {
  static const auto rules = read_rules();
  const auto at = rules.find(rule);
  if (at != rules.end() && !at->second.empty()) return at->second;
  if (rule.starts_with("check_")) return rules.at("check_required");
  return rule.starts_with("pg_") ? "see the message" : "";
}

void check_report_path(const std::string& path) {
  form_of(path);
  if (fs::is_directory(path)) cannot_write(path, "it is a directory");
  std::ofstream out(part_of(path), std::ios::binary | std::ios::app);
  if (!out) cannot_write(path, std::strerror(errno));
  out.close();
  std::error_code ignored;
  fs::remove(part_of(path), ignored);
}

void write_report(const ValidationReport& report, const std::string& path) {
  const std::string text =
      form_of(path) == Form::html ? report_html(report) : report_json(report) + "\n";
  {
    std::ofstream out(part_of(path), std::ios::binary | std::ios::trunc);
    out << text;
    out.close();
    if (!out) cannot_write(path, std::strerror(errno));
  }
  std::error_code failed;
  fs::rename(part_of(path), path, failed);
  if (failed) cannot_write(path, failed.message());
}

std::string duration_text(double seconds) {
  return format_duration(std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000)));
}

}  // namespace arango2pg::run
