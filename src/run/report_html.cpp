// The report as one HTML file, from the templates in src/run/report.
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/units.h"
#include "doc/digest.h"
#include "run/report.h"
#include "run/template.h"
#include "run_embedded.h"

namespace arango2pg::run {
namespace {

/// A page for people: longer lists are in the JSON.
constexpr std::size_t most_paths_shown = 600, most_keys = 20, most_places = 5, most_remarks = 40;

constexpr std::array<const char*, 6> type_words = {"null", "true/false", "number",
                                                   "text", "array",      "object"};

std::string percent(double share) {
  // With a space that does not break.
  if (share > 0 && share < 0.001) return "< 0.1\u00a0%";
  if (share < 1 && share > 0.999) return "> 99.9\u00a0%";
  return fmt::format("{:.{}f}\u00a0%", share * 100, share == 0 || share == 1 ? 0 : 1);
}

double share_of(std::uint64_t part, std::uint64_t all) {
  return all == 0 ? 0 : static_cast<double>(part) / static_cast<double>(all);
}

/// "2026-11-27T10:12:00Z" for people.
std::string time_text(std::string text) {
  if (text.size() != 20 || text[10] != 'T') return text;
  text[10] = ' ';
  return text.substr(0, 16) + " UTC";
}

std::string size_text(double bytes) { return format_size(static_cast<std::uint64_t>(bytes)); }

std::string joined(const std::vector<std::string>& texts, std::size_t most) {
  std::string out;
  for (std::size_t i = 0; i < texts.size() && i < most; ++i)
    out += (out.empty() ? "" : ", ") + texts[i];
  if (texts.size() > most) out += fmt::format(" and {} more", format_count(texts.size() - most));
  return out;
}

std::string plural(std::uint64_t n, const char* one, const char* many) {
  return fmt::format("{} {}", format_count(n), n == 1 ? one : many);
}

std::string number_text(double v) {
  if (std::abs(v) < 1e15 && v == std::floor(v)) {
    const std::string digits = format_count(static_cast<std::uint64_t>(std::abs(v)));
    return v < 0 ? "−" + digits : digits;
  }
  return fmt::format("{:.6g}", v);
}

/// Names for links: letters, digits and dashes, each given out once.
class Anchors {
 public:
  std::string make(const std::string& before, const std::string& name) {
    std::string id = before;
    for (const char c : name) {
      const bool plain =
          (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
      if (id.size() > 80) break;
      if (plain)
        id += c;
      else if (id.back() != '-')
        id += '-';
    }
    const std::string base = id;
    for (int n = 2; !used_.insert(id).second; ++n) id = fmt::format("{}-{}", base, n);
    return id;
  }

 private:
  std::set<std::string> used_;
};

/// Bars of counts by power of two, the empty ends left out.
void add_histogram(TemplateData& to, const std::string& name,
                   const std::vector<std::uint64_t>& counts, const std::string& summary) {
  std::size_t begin = 0;
  while (begin < counts.size() && counts[begin] == 0) ++begin;
  if (begin == counts.size()) return;
  std::uint64_t most = 0;
  for (const std::uint64_t n : counts) most = std::max(most, n);
  TemplateData& out = to.add(name);
  const std::size_t bars = std::max<std::size_t>(counts.size() - begin, 8);
  out.set("width", std::to_string(bars * 10 - 2)).set("summary", summary);
  for (std::size_t b = begin; b < counts.size(); ++b) {
    double height = 22 * share_of(counts[b], most);
    if (counts[b] != 0) height = std::max(height, 1.0);
    const std::uint64_t from = b == 0 ? 0 : std::uint64_t{1} << (b - 1);
    TemplateData& bar = out.add("bars");
    bar.set("x", std::to_string((b - begin) * 10)).set("y", fmt::format("{:.1f}", 24 - height));
    bar.set("height", fmt::format("{:.1f}", height));
    bar.set("title", fmt::format("{} of {} or more", format_count(counts[b]), format_size(from)));
  }
}

class Page {
 public:
  explicit Page(const ValidationReport& report) : r_(report) {
    for (const ReportCollection& c : r_.collections) anchors_.push_back(ids_.make("c-", c.name));
  }

  TemplateData build() {
    head();
    figures();
    for (const ReportBlocker& b : r_.blockers)
      page_.add("blockers").set("message", b.message).set("hint", b.hint);
    page_.flag("has_blockers", !r_.blockers.empty());
    changes();
    all_rules();
    for (std::size_t c = 0; c < r_.collections.size(); ++c) collection(c);
    estimates();
    for (const ReportThing& t : r_.things)
      page_.add("things")
          .set("kind", t.kind)
          .set("collection", t.collection)
          .set("name", t.name)
          .set("what", t.what)
          .set("becomes", t.becomes)
          .set("class", t.attention ? "attention" : "");
    page_.flag("has_things", !r_.things.empty());
    notes();
    page_.set("not_mapped_text", joined(r_.not_mapped, 100));
    return std::move(page_);
  }

 private:
  void head() {
    static constexpr std::array<const char*, 4> verdicts = {"loads", "quarantines", "blocked",
                                                            "incomplete"};
    const auto verdict = r_.verdict();
    page_.set("verdict", verdicts[static_cast<std::size_t>(verdict)]);
    page_.set("mark", verdict == ValidationReport::Verdict::loads ? "M7 12.5l3.5 3.5L17 9"
                                                                  : "M12 6.5v7M12 17.4v.1");
    page_.set("sentence", r_.sentence()).set("title", "Dry run: " + r_.sentence());
    page_.set("source", r_.source);
    page_.set("target", r_.target.empty() ? "none" : r_.target);
    page_.set("mapping", r_.mapping.empty() ? "automatic: one table per collection" : r_.mapping);
    std::string looked = r_.sample == 0 ? "all documents"
                                        : fmt::format(
                                              "a sample of {} documents per collection "
                                              "(seed {})",
                                              format_count(r_.sample), r_.seed);
    if (r_.probed) looked += ", by mapping and by PostgreSQL itself (--probe)";
    page_.set("looked_at", looked);
    page_.set("created_at", r_.created_at);
    page_.set("created_text", time_text(r_.created_at));
    page_.set("duration", duration_text(r_.seconds));
    page_.set(
        "footer",
        fmt::format("Written by arango2pg {}. {}", r_.version,
                    r_.values_shown
                        ? "Values of documents are shown, as --log-data asked."
                        : "Values of documents are hidden, and numbers rounded to two digits; "
                          "--log-data shows them."));
    page_.set("style_hash", doc::sha256_base64(files::embedded("style.css")));
    page_.set("script_hash", doc::sha256_base64(files::embedded("sort.js")));
  }

  void figure(const std::string& value, const std::string& label, const char* css = "") {
    page_.add("figures").set("value", value).set("label", label).set("class", css);
  }

  void figures() {
    const auto t = r_.totals();
    figure(format_count(t.read), "documents");
    figure(format_size(t.bytes), "of JSON");
    figure(format_count(t.would_load), "would load");
    if (t.filtered > 0) figure(format_count(t.filtered), "left out");
    figure(format_count(t.quarantined), "to quarantine", t.quarantined > 0 ? "bad" : "");
    for (const ReportEstimate& e : r_.estimates) {
      if (e.what == "time") figure(duration_text(e.value), "the real run, about");
      if (e.what == "size") figure(size_text(e.value), "in PostgreSQL, about");
    }
  }

  void changes() {
    page_.set("compared_with", time_text(r_.compared_with))
        .flag("has_changes", !r_.changes.empty());
    for (const ReportChange& change : r_.changes) {
      TemplateData& out = page_.add("changes");
      out.set("text", change.text).set("where", change.where);
      out.set("class", change.kind == ReportChange::Kind::better  ? "better"
                       : change.kind == ReportChange::Kind::worse ? "worse"
                                                                  : "");
      out.set("anchor", "collections");
      for (std::size_t c = 0; c < r_.collections.size(); ++c)
        if (r_.collections[c].name == change.where) out.set("anchor", anchors_[c]);
    }
  }

  void all_rules() {
    struct Entry {
      std::size_t collection;
      const ReportRule* rule;
    };
    std::vector<Entry> entries;
    for (std::size_t c = 0; c < r_.collections.size(); ++c)
      for (const ReportRule& rule : r_.collections[c].rules) entries.push_back({c, &rule});
    std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
      return a.rule->documents > b.rule->documents;
    });
    page_.flag("has_rules", !entries.empty());
    for (const Entry& e : entries) {
      TemplateData& out = page_.add("rules");
      out.set("rule", e.rule->rule).set("message", e.rule->message);
      out.set("documents", format_count(e.rule->documents));
      out.set("documents_sort", std::to_string(e.rule->documents));
      out.set("collection", r_.collections[e.collection].name);
      out.set("anchor", anchors_[e.collection]);
      std::string keys = joined(e.rule->keys, most_keys);
      if (e.rule->without_key > 0)
        keys += fmt::format("{}{} without a readable key", keys.empty() ? "" : ", ",
                            format_count(e.rule->without_key));
      out.set("keys", keys);
      for (std::size_t i = 0; i < e.rule->paths.size() && i < most_places; ++i) {
        const NamedCount& path = e.rule->paths[i];
        out.add("paths")
            .set("path", path.name.empty() ? "the document" : path.name)
            .set("count", e.rule->paths.size() > 1 ? format_count(path.count) : "");
      }
      advice(e.rule->advice, out);
    }
  }

  /// `code` in the texts of docs/rules.md.
  static void advice(std::string_view text, TemplateData& out) {
    for (bool code = false; !text.empty(); code = !code) {
      const std::size_t end = std::min(text.find('`'), text.size());
      if (end > 0)
        out.add("advice").flag("code", code).set("text", std::string(text.substr(0, end)));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  // -- one collection

  void collection(std::size_t index) {
    const ReportCollection& c = r_.collections[index];
    TemplateData& out = page_.add("collections");
    out.set("anchor", anchors_[index]).set("name", c.name);
    std::string tables;
    std::size_t further = 0;
    for (const ReportTable& t : c.tables) {
      if (t.audit) continue;
      if (tables.empty())
        tables = t.name;
      else
        ++further;
    }
    if (further > 0) tables += fmt::format(" (+{})", further);
    out.set("tables", tables);
    const auto number = [&](const char* name, std::uint64_t n) {
      out.set(name, format_count(n)).set(std::string(name) + "_sort", std::to_string(n));
    };
    number("read", c.read);
    number("would_load", c.would_load);
    number("filtered", c.filtered);
    number("quarantined", c.quarantined);
    out.set("quarantined_class", c.quarantined > 0 ? "bad" : "");
    out.set("bytes", format_size(c.bytes)).set("bytes_sort", std::to_string(c.bytes));
    out.set("tag", c.edge ? "edges" : "");
    add_histogram(
        out, "histogram", c.sizes,
        fmt::format("half of the documents up to {}, 99 % up to {}, the largest {}",
                    format_size(c.median), format_size(c.ninety_nine), format_size(c.largest)));
    out.set("lead", lead(c));
    out.flag("has_own_rules", !c.rules.empty());
    for (const ReportRule& rule : c.rules)
      out.add("own_rules")
          .set("rule", rule.rule)
          .set("documents", plural(rule.documents, "document", "documents"))
          .set("where", rule.paths.empty() ? "" : rule.paths.front().name);
    references(c, out);
    remarks(c, out);
    paths(c, anchors_[index], out);
  }

  static std::string lead(const ReportCollection& c) {
    std::string text = plural(c.read, "document", "documents");
    if (c.sampled && c.total) text += fmt::format(" sampled of about {}", format_count(*c.total));
    text += fmt::format(", {}", format_size(c.bytes));
    std::vector<std::string> tables;
    for (const ReportTable& t : c.tables) {
      std::string table = t.name;
      if (t.created) table += " (to be created)";
      if (t.table_bytes > 0)
        table += fmt::format(", about {} with {} of indexes", format_size(t.table_bytes),
                             format_size(t.index_bytes));
      tables.push_back(table);
    }
    if (!tables.empty()) text += " → " + joined(tables, 6);
    text += ".";
    if (c.removed > 0)
      text +=
          fmt::format(" {} lines of the dump were removed by later ones.", format_count(c.removed));
    return text;
  }

  static void references(const ReportCollection& c, TemplateData& out) {
    out.flag("has_references", !c.references.empty());
    for (const auto& d : c.references)
      out.add("references")
          .set("class", d.dangling > 0 ? "bad" : "")
          .set("place", d.place)
          .set("keys", joined(d.keys, 10))
          .set("text", d.dangling == 0
                           ? fmt::format("all {} point at a document", format_count(d.checked))
                           : fmt::format("{} of {} point at no document", format_count(d.dangling),
                                         format_count(d.checked)));
  }

  static void remarks(const ReportCollection& c, TemplateData& out) {
    std::vector<std::string> all;
    for (const NamedCount& w : c.warnings)
      all.push_back(
          fmt::format("warning {}: {}", w.name, plural(w.count, "document", "documents")));
    for (const NamedCount& d : c.defaults_used)
      all.push_back(fmt::format("constant or default used in {} for {} of {}", d.name,
                                format_count(d.count), format_count(c.read)));
    for (const auto& u : c.unmapped)
      all.push_back(fmt::format("attribute {} is not mapped: {}, {} of the bytes", u.path,
                                plural(u.count, "document", "documents"),
                                percent(share_of(u.bytes, c.bytes))));
    if (c.too_deep) all.emplace_back("values nested deeper than 64 levels are not described");
    out.flag("has_remarks", !all.empty());
    for (std::size_t i = 0; i < all.size() && i < most_remarks; ++i)
      out.add("remarks").set("text", all[i]);
    if (all.size() > most_remarks)
      out.add("remarks").set(
          "text", fmt::format("… and {} more, in the JSON report", all.size() - most_remarks));
  }

  void paths(const ReportCollection& c, const std::string& anchor, TemplateData& out) {
    out.flag("has_paths", !c.paths.empty());
    for (std::size_t i = 0; i < c.paths.size() && i < most_paths_shown; ++i)
      path(c, c.paths[i], anchor, out.add("paths"));
    std::string left_out;
    const std::uint64_t hidden =
        c.paths_left_out +
        (c.paths.size() > most_paths_shown ? c.paths.size() - most_paths_shown : 0);
    if (hidden > 0)
      left_out = fmt::format("{} more attributes are left out here{}.", format_count(hidden),
                             c.paths_left_out == 0 ? "; the JSON report has them" : "");
    if (c.collapsed)
      left_out += std::string(left_out.empty() ? "" : " ") +
                  "* stands for all members of an object whose names are data, or are too many to "
                  "tell apart.";
    out.set("left_out", left_out);
  }

  void path(const ReportCollection& c, const ReportPath& p, const std::string& anchor,
            TemplateData& out) {
    out.set("id", ids_.make(anchor + "--", p.path));
    const std::size_t cut = last_step(p.path);
    out.set("parents", p.path.substr(0, cut)).set("last", p.path.substr(cut));
    for (const std::string& remark : p.remarks) out.add("remarks").set("text", remark);
    const double presence = share_of(p.documents, c.read);
    out.set("presence", percent(presence));
    out.set("presence_sort", fmt::format("{:.6f}", presence));
    out.set("presence_width", fmt::format("{:.1f}", presence * 100));
    types(p, out);
    out.set("content", content(p));
    details(p, out);
    const auto tables = std::count_if(c.tables.begin(), c.tables.end(),
                                      [](const ReportTable& t) { return !t.audit; });
    std::string columns;
    for (const auto& column : p.columns) {
      const std::string name = tables > 1 ? column.table + "." + column.column : column.column;
      columns += name + " ";
      out.add("columns").set("column", name).set("type", column.type);
    }
    out.set("columns_text", columns);
    out.flag("not_mapped", p.columns.empty() && !p.mapped);
    out.set("column_class", p.columns.empty() && !p.mapped ? "unmapped" : "");
  }

  /// Where the last step of a path begins; a quoted name may hold dots.
  static std::size_t last_step(const std::string& path) {
    bool quoted = false;
    std::size_t cut = 0;
    for (std::size_t i = 0; i < path.size(); ++i) {
      if (path[i] == '"') quoted = !quoted;
      if (path[i] == '.' && !quoted) cut = i + 1;
    }
    return cut;
  }

  static void types(const ReportPath& p, TemplateData& out) {
    std::uint64_t all = 0;
    for (const std::uint64_t n : p.types) all += n;
    std::vector<std::size_t> order;
    for (std::size_t k = 0; k < p.types.size(); ++k)
      if (p.types[k] != 0) order.push_back(k);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return p.types[a] > p.types[b]; });
    double x = 0;
    std::string text;
    for (const std::size_t k : order) {
      const double share = share_of(p.types[k], all);
      out.add("types")
          .set("class", fmt::format("k{}", k))
          .set("x", fmt::format("{:.1f}", x))
          .set("width", fmt::format("{:.1f}", std::max(share * 100, 0.8)));
      x += share * 100;
      text += text.empty() ? type_words[k] : std::string(", ") + type_words[k];
      if (order.size() > 1) text += " " + percent(share);
    }
    out.set("types_text", text);
  }

  static std::string content(const ReportPath& p) {
    std::vector<std::string> parts;
    if (p.names > 0) parts.push_back(fmt::format("about {} names", format_count(p.names)));
    if (p.length) {
      const auto [shortest, longest] = *p.length;
      parts.push_back(shortest == longest ? plural(longest, "byte", "bytes")
                                          : fmt::format("{}–{} bytes", format_count(shortest),
                                                        format_count(longest)));
    }
    if (p.range) {
      const auto [least, greatest] = *p.range;
      parts.push_back(least == greatest ? number_text(least)
                                        : number_text(least) + " … " + number_text(greatest));
      if (p.fraction_digits > 0)
        parts.push_back(fmt::format("up to {} digits behind the point", p.fraction_digits));
    }
    if (p.elements && p.types[4] + p.types[5] > 0) {
      const auto [fewest, most] = *p.elements;
      const char* what = p.types[4] >= p.types[5] ? "elements" : "members";
      parts.push_back(
          fewest == most ? fmt::format("{} {}", format_count(most), what)
                         : fmt::format("{}–{} {}", format_count(fewest), format_count(most), what));
    }
    for (const NamedCount& f : p.forms)
      if (f.name != "other" && f.name != "empty") {
        parts.push_back(
            fmt::format("{}s{}", f.name,
                        f.count == p.types[3] ? "" : " " + percent(share_of(f.count, p.types[3]))));
        break;
      }
    if (p.distinct == 1)
      parts.emplace_back("always the same");
    else if (p.distinct > 0 && p.distinct * 100 >= p.top_of * 95 && p.top_of > 1)
      parts.emplace_back("all different");
    else if (p.distinct > 0)
      parts.push_back(fmt::format("{} different", format_count(p.distinct)));
    return joined(parts, 9);
  }

  static void details(const ReportPath& p, TemplateData& out) {
    out.flag("has_top", !p.top.empty());
    for (const NamedCount& v : p.top)
      out.add("top").set("value", v.name).set("share", percent(share_of(v.count, p.top_of)));
    const bool spread = p.length && p.length->second > 2 * p.length->first + 16;
    if (spread)
      add_histogram(out, "lengths", p.lengths,
                    fmt::format("lengths from {} to {} bytes", format_count(p.length->first),
                                format_count(p.length->second)));
    out.set("more", p.top.empty() ? (spread ? "lengths" : "") : "frequent values");
  }

  // -- the rest

  void estimates() {
    page_.flag("has_estimates", !r_.estimates.empty());
    for (const ReportEstimate& e : r_.estimates) {
      const auto shown = [&](double v) {
        if (e.unit == "seconds") return duration_text(v);
        return e.unit == "bytes" ? size_text(v) : format_count(static_cast<std::uint64_t>(v));
      };
      page_.add("estimates")
          .set("what", e.what)
          .set("value", shown(e.value))
          .set("range", shown(e.low) + " and " + shown(e.high))
          .set("basis", e.basis);
    }
  }

  void notes() {
    const auto add = [&](const char* title, const std::vector<std::string>& items) {
      if (items.empty()) return;
      TemplateData& note = page_.add("notes");
      note.set("title", title);
      for (const std::string& item : items) note.add("items").set("text", item);
    };
    add("Source and target", r_.warnings);
    add("Not checked", r_.unchecked);
    add("Names", r_.names);
    page_.flag("has_notes", !r_.warnings.empty() || !r_.unchecked.empty() || !r_.names.empty());
  }

  const ValidationReport& r_;
  TemplateData page_;
  Anchors ids_;
  std::vector<std::string> anchors_;
};

}  // namespace

std::string report_html(const ValidationReport& report) {
  return render("page.html", Page(report).build(), files::embedded);
}

}  // namespace arango2pg::run
