// --compare: what changed since an older report.
#include <spdlog/fmt/fmt.h>

#include <map>
#include <set>

#include "base/units.h"
#include "doc/parsed_json.h"
#include "run/report.h"

namespace arango2pg::run {
namespace {

using doc::count_of;
using doc::text_of;

/// Members of an array of objects by the text of one of their members.
std::map<std::string, doc::Value> by_name(const std::optional<doc::Value>& array,
                                          std::string_view member) {
  std::map<std::string, doc::Value> out;
  if (array && array->kind() == doc::Kind::array)
    for (const doc::Value v : doc::Elements(*array)) out.emplace(text_of(v.find(member)), v);
  return out;
}

class Comparison {
 public:
  Comparison(ValidationReport& now, const doc::Value& before) : now_(now), before_(before) {}

  void run() {
    now_.compared_with = text_of(before_.find("created_at"));
    verdict();
    const auto old = by_name(before_.find("collections"), "name");
    std::set<std::string> there;
    for (const ReportCollection& c : now_.collections) {
      there.insert(c.name);
      const auto at = old.find(c.name);
      if (at == old.end())
        neutral(c.name, fmt::format("new: {} documents", format_count(c.read)));
      else
        collection(c, at->second);
    }
    for (const auto& [name, value] : old)
      if (!there.contains(name))
        neutral(name,
                fmt::format("gone (had {} documents)", format_count(count_of(value.find("read")))));
  }

 private:
  using Kind = ReportChange::Kind;
  void add(Kind kind, const std::string& where, std::string text) {
    now_.changes.push_back({kind, where, std::move(text)});
  }
  void neutral(const std::string& where, std::string text) {
    add(Kind::neutral, where, std::move(text));
  }

  void verdict() {
    const std::uint64_t was = count_of(
        before_.find("totals") ? before_.find("totals")->find("quarantined") : std::nullopt);
    const std::uint64_t is = now_.totals().quarantined;
    if (was != is)
      add(is < was ? Kind::better : Kind::worse, "",
          fmt::format("{} documents would be quarantined, {} before", format_count(is),
                      format_count(was)));
    const auto blockers = by_name(before_.find("blockers"), "message");
    for (const ReportBlocker& b : now_.blockers)
      if (!blockers.contains(b.message)) add(Kind::worse, "", "new in the way: " + b.message);
    for (const auto& [message, value] : blockers) {
      bool still = false;
      for (const ReportBlocker& b : now_.blockers) still = still || b.message == message;
      if (!still) add(Kind::better, "", "no longer in the way: " + message);
    }
  }

  void collection(const ReportCollection& c, const doc::Value& old) {
    const std::uint64_t was = count_of(old.find("read"));
    if (was != c.read)
      neutral(c.name,
              fmt::format("{} documents, {} before", format_count(c.read), format_count(was)));
    const auto rules = by_name(old.find("rules"), "rule");
    std::set<std::string> there;
    for (const ReportRule& rule : c.rules) {
      there.insert(rule.rule);
      const auto at = rules.find(rule.rule);
      const std::uint64_t before = at == rules.end() ? 0 : count_of(at->second.find("documents"));
      if (before != rule.documents)
        add(rule.documents < before ? Kind::better : Kind::worse, c.name,
            fmt::format("{}: {} documents, {} before", rule.rule, format_count(rule.documents),
                        format_count(before)));
    }
    for (const auto& [rule, value] : rules)
      if (!there.contains(rule))
        add(Kind::better, c.name,
            fmt::format("{}: none any more, {} before", rule,
                        format_count(count_of(value.find("documents")))));
    paths(c, by_name(old.find("paths"), "path"));
  }

  void paths(const ReportCollection& c, const std::map<std::string, doc::Value>& old) {
    static constexpr std::array<const char*, 6> types = {"null",   "boolean", "number",
                                                         "string", "array",   "object"};
    constexpr std::size_t most = 20;
    std::vector<std::string> fresh, gone;
    std::set<std::string> there;
    for (const ReportPath& p : c.paths) {
      there.insert(p.path);
      const auto at = old.find(p.path);
      if (at == old.end()) {
        fresh.push_back(p.path);
        continue;
      }
      const auto had = at->second.find("types");
      for (std::size_t k = 0; k < types.size(); ++k)
        if (p.types[k] != 0 && had && !had->find(types[k]))
          neutral(c.name, fmt::format("{} now holds {} values of type {}", p.path,
                                      format_count(p.types[k]), types[k]));
    }
    for (const auto& [path, value] : old)
      if (!there.contains(path)) gone.push_back(path);
    const auto list = [&](const std::vector<std::string>& all, const char* what) {
      if (all.empty()) return;
      std::string text;
      for (std::size_t i = 0; i < all.size() && i < most; ++i)
        text += (i == 0 ? "" : ", ") + (all[i].empty() ? "(document)" : all[i]);
      if (all.size() > most) text += fmt::format(" and {} more", all.size() - most);
      neutral(c.name, fmt::format("{}: {}", what, text));
    };
    list(fresh, "new attributes");
    list(gone, "attributes that are gone");
  }

  ValidationReport& now_;
  doc::Value before_;
};

}  // namespace

void compare_reports(ValidationReport& report, const std::string& json, const std::string& path) {
  const doc::ParsedJson before(json);
  if (!before.valid() || text_of(before.find("tool")).rfind("arango2pg", 0) != 0 ||
      count_of(before.find("format")) != 1)
    throw Error(Exit::usage, fmt::format("'{}' is no JSON report of arango2pg validate", path),
                "Name a file that `validate --report FILE.json` has written.");
  Comparison(report, before.root()).run();
}

}  // namespace arango2pg::run
