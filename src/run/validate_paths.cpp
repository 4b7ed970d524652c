#include "run/validate_paths.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "base/units.h"
#include "doc/utf8.h"
#include "mapping/path.h"

namespace arango2pg::run {
namespace {

using doc::Kind;
using doc::PathStats;

/// Paths in a report; the others are counted.
constexpr std::size_t most_paths = 5000;
constexpr std::size_t most_top_values = 8;

/// What a path fills.
struct Target {
  ReportPath::Column column;
  doc::ColumnType type;
  bool whole = false;  ///< this very value, unchanged
};

class PathReport {
 public:
  PathReport(const doc::Profile& profile, const mapping::CollectionPlan& plan, bool values)
      : profile_(profile), plan_(plan), uses_(plan.uses()), values_(values) {
    for (const auto& use : uses_)
      for (const std::string& path : use.paths) by_path_[path].push_back(&use);
  }

  void run(ReportCollection& out) {
    const auto order = profile_.in_order();
    std::map<std::uint32_t, std::size_t> place;
    for (const std::uint32_t id : order) {
      texts_[id] = text_of(id);
      if (id == order.front()) continue;  // the document itself
      if (out.paths.size() >= most_paths) {
        ++out.paths_left_out;
        continue;
      }
      place[id] = out.paths.size();
      out.paths.push_back(describe(id));
      if (!out.paths.back().mapped) continue;
      // Parents of what is taken are not "not mapped".
      for (std::uint32_t up = profile_.path(id).parent; place.contains(up);
           up = profile_.path(up).parent)
        out.paths[place[up]].mapped = true;
    }
  }

 private:
  std::string text_of(std::uint32_t id) {
    const auto& path = profile_.path(id);
    std::string text = path.step == doc::Profile::Step::root ? "" : texts_[path.parent];
    switch (path.step) {
      case doc::Profile::Step::root:
        break;
      case doc::Profile::Step::element:
        text += "[]";
        break;
      case doc::Profile::Step::any_member:
        text += text.empty() ? "*" : ".*";
        break;
      case doc::Profile::Step::member:
        if (!text.empty()) text += '.';
        mapping::append_name(text, path.name);
        break;
    }
    return text;
  }

  ReportPath describe(std::uint32_t id) {
    const auto& path = profile_.path(id);
    const PathStats& s = path.stats;
    ReportPath out;
    out.path = shown_text(texts_[id]);
    if (path.step == doc::Profile::Step::any_member) out.names = path.names.estimate();
    out.documents = s.documents;
    out.types = s.kinds;
    out.bytes = s.bytes;
    const std::uint64_t texts = s.of(Kind::string), numbers = s.of(Kind::number);
    out.top_of = texts + numbers + s.of(Kind::boolean);
    out.distinct = std::min(s.distinct.estimate(), out.top_of);
    if (texts != 0) describe_texts(s, out);
    if (numbers != 0) describe_numbers(s, out);
    if (s.of(Kind::array) + s.of(Kind::object) != 0) out.elements = {s.fewest, s.most};
    if (s.frequent) describe_values(*s.frequent, out);
    const auto targets = targets_of(id);
    for (const Target& t : targets) out.columns.push_back(t.column);
    out.mapped = !targets.empty() || is_identity(id);
    remark(s, targets, out);
    return out;
  }

  static void describe_texts(const PathStats& s, ReportPath& out) {
    out.length = {s.shortest, s.longest};
    for (std::size_t f = 0; f < s.forms.size(); ++f)
      if (s.forms[f] != 0)
        out.forms.push_back(
            {std::string(doc::text_form_name(static_cast<doc::TextForm>(f))), s.forms[f]});
    std::stable_sort(out.forms.begin(), out.forms.end(),
                     [](const auto& a, const auto& b) { return a.count > b.count; });
    if (!s.lengths) return;
    const auto& counts = s.lengths->counts();
    std::size_t end = counts.size();
    while (end > 0 && counts[end - 1] == 0) --end;
    out.lengths.assign(counts.begin(), counts.begin() + static_cast<std::ptrdiff_t>(end));
  }

  void describe_numbers(const PathStats& s, ReportPath& out) const {
    out.range = values_
                    ? std::pair(s.least, s.greatest)
                    : std::pair(rounded_outward(s.least, false), rounded_outward(s.greatest, true));
    out.integer_digits = s.integer_digits;
    out.fraction_digits = s.fraction_digits;
  }

  void describe_values(const doc::FrequentValues& frequent, ReportPath& out) const {
    out.many_values = frequent.gave_up();
    const auto top = frequent.top();
    // Where each value is there once, none is frequent.
    if (top.empty() || top.front().count < 2) return;
    for (const auto& entry : top) {
      if (out.top.size() == most_top_values) break;
      out.top.push_back({values_ ? shown_text(entry.text) : shape_of(entry.text), entry.count});
    }
  }

  static std::string shape_of(std::string_view json) {
    if (json == "true" || json == "false") return std::string(json);
    if (json.empty() || json[0] != '"') return "a number";
    const bool whole = json.size() >= 2 && json.back() == '"';
    json.remove_prefix(1);
    if (whole) json.remove_suffix(1);
    const auto form = doc::text_form(json);
    if (form == doc::TextForm::empty) return "the empty text";
    const std::string kind = form == doc::TextForm::other
                                 ? "a text"
                                 : "a text: " + std::string(doc::text_form_name(form));
    return whole ? fmt::format("{} ({} bytes)", kind, json.size()) : kind;
  }

  // -- where it goes

  [[nodiscard]] bool is_identity(std::uint32_t id) const {
    const std::string& text = texts_.at(id);
    return text == "_key" || text == "_id" || text == "_rev";
  }

  [[nodiscard]] Target target(const mapping::ColumnUse& use, bool whole) const {
    const auto& table = plan_.tables()[use.table].table;
    const doc::Column* column = table.column(use.column);
    Target out;
    out.column = {table.name.name, use.column, ""};
    if (column != nullptr) {
      out.type = column->type;
      out.column.type = column->type.name;
    }
    out.whole = whole && !use.converted && use.word == "path";
    return out;
  }

  [[nodiscard]] std::vector<Target> targets_of(std::uint32_t id) const {
    std::vector<Target> out;
    for (std::uint32_t at = id;; at = profile_.path(at).parent) {
      if (const auto found = by_path_.find(texts_.at(at)); found != by_path_.end())
        for (const auto* use : found->second)
          if (at == id || holds_json(*use)) out.push_back(target(*use, at == id));
      if (!out.empty() || profile_.path(at).step == doc::Profile::Step::root) break;
    }
    if (!out.empty()) return out;
    const std::string top = top_name(id);
    if (top == "_key" || top == "_id" || top == "_rev" || top == "_from" || top == "_to")
      return out;
    for (const auto& use : uses_) {
      if (!use.takes_document) continue;
      const auto has = [&](const std::vector<std::string>& names) {
        return std::find(names.begin(), names.end(), top) != names.end();
      };
      if (use.has_only ? has(use.only) : !has(use.omit)) out.push_back(target(use, false));
    }
    return out;
  }

  [[nodiscard]] bool holds_json(const mapping::ColumnUse& use) const {
    const doc::Column* c = plan_.tables()[use.table].table.column(use.column);
    return c != nullptr &&
           (c->type.kind == doc::TypeKind::jsonb || c->type.kind == doc::TypeKind::json ||
            c->type.array || use.word == "join");
  }

  [[nodiscard]] std::string top_name(std::uint32_t id) const {
    while (profile_.path(profile_.path(id).parent).step != doc::Profile::Step::root)
      id = profile_.path(id).parent;
    return profile_.path(id).name;
  }

  // -- what may go wrong

  static void remark(const PathStats& s, const std::vector<Target>& targets, ReportPath& out) {
    std::size_t types = 0;
    for (std::size_t k = 0; k < s.kinds.size(); ++k)
      if (s.kinds[k] != 0 && static_cast<Kind>(k) != Kind::null) ++types;
    if (types > 1) out.remarks.emplace_back("values of several types");
    if (s.nul_characters != 0)
      out.remarks.push_back(fmt::format("\\u0000 in {} texts: jsonb and text can't hold it",
                                        format_count(s.nul_characters)));
    if (s.lone_surrogates != 0)
      out.remarks.push_back(fmt::format("half a surrogate pair in {} texts: PostgreSQL refuses it",
                                        format_count(s.lone_surrogates)));
    mixed_forms(s, out);
    for (const Target& t : targets) {
      if (!t.whole) continue;
      const bool single = t.type.kind == doc::TypeKind::float4;
      if (!single && t.type.kind != doc::TypeKind::float8) continue;
      const std::uint64_t lost = single ? s.beyond_float4 : s.beyond_float8;
      if (lost != 0)
        out.remarks.push_back(fmt::format("{} numbers lose digits in {}; numeric keeps them",
                                          format_count(lost), t.column.type));
    }
  }

  /// Nearly all texts look alike: the others are probably mistakes.
  static void mixed_forms(const PathStats& s, ReportPath& out) {
    const std::uint64_t texts = s.of(Kind::string);
    if (out.forms.size() < 2 || texts < 20) return;
    const NamedCount& usual = out.forms.front();
    if (usual.name == "other" || usual.name == "empty" || usual.count * 10 < texts * 8 ||
        usual.count == texts)
      return;
    const bool both_numbers = (usual.name == "integer" && out.forms[1].name == "number") ||
                              (usual.name == "number" && out.forms[1].name == "integer");
    if (both_numbers && out.forms.size() == 2) return;
    out.remarks.push_back(fmt::format("{} of {} texts look like a {}, the others do not",
                                      format_count(usual.count), format_count(texts), usual.name));
  }

  const doc::Profile& profile_;
  const mapping::CollectionPlan& plan_;
  const std::vector<mapping::ColumnUse> uses_;
  const bool values_;
  std::map<std::string, std::vector<const mapping::ColumnUse*>> by_path_;
  std::map<std::uint32_t, std::string> texts_;
};

}  // namespace

std::string shown_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t valid = doc::valid_utf8_prefix(text);
    for (const char c : text.substr(0, valid)) {
      if (c == '\0')
        out += "\\u0000";
      else
        out += c;
    }
    text.remove_prefix(valid);
    if (text.empty()) break;
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    if (text.size() >= 3 && byte(0) == 0xed && byte(1) >= 0xa0 && (byte(2) & 0xc0) == 0x80) {
      out += fmt::format("\\u{:04x}",
                         (byte(0) & 15U) << 12U | (byte(1) & 63U) << 6U | (byte(2) & 63U));
      text.remove_prefix(3);
    } else {
      out += "\xEF\xBF\xBD";
      text.remove_prefix(1);
    }
  }
  return out;
}

double rounded_outward(double value, bool up) {
  if (value == 0 || !std::isfinite(value)) return value;
  const double unit = std::pow(10, std::floor(std::log10(std::abs(value))) - 1);
  const double steps = value / unit;
  const double rounded = (up ? std::ceil(steps - 1e-9) : std::floor(steps + 1e-9)) * unit;
  // 0.1 * 3 is not 0.3: print and read it once.
  return std::stod(fmt::format("{:.2g}", rounded));
}

void describe_paths(const doc::Profile& profile, const mapping::CollectionPlan& plan, bool values,
                    ReportCollection& out) {
  PathReport(profile, plan, values).run(out);
}

}  // namespace arango2pg::run
