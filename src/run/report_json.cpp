// The report as JSON: stable, for scripts and for --compare. Documented in docs/validate.md.
#include "doc/json.h"
#include "run/json_writer.h"
#include "run/report.h"

namespace arango2pg::run {
namespace {

constexpr std::array<std::string_view, 6> type_names = {"null",   "boolean", "number",
                                                        "string", "array",   "object"};

std::string_view verdict_name(ValidationReport::Verdict verdict) {
  switch (verdict) {
    case ValidationReport::Verdict::loads:
      return "would load";
    case ValidationReport::Verdict::quarantines:
      return "would quarantine";
    case ValidationReport::Verdict::blocked:
      return "blocked";
    case ValidationReport::Verdict::incomplete:
      break;
  }
  return "incomplete";
}

class ReportWriter {
 public:
  std::string write(const ValidationReport& r) {
    w_.begin_object();
    w_.member("format", 1).member("tool", "arango2pg " + r.version);
    w_.member("created_at", r.created_at).member("source", r.source).member("target", r.target);
    w_.member("mapping", r.mapping).member("sample", r.sample).member("seed", r.seed);
    w_.member("probed", r.probed).member("values_shown", r.values_shown);
    w_.member("seconds", r.seconds);
    w_.member("verdict", verdict_name(r.verdict())).member("sentence", r.sentence());
    w_.member("exit", static_cast<int>(r.exit()));
    const auto t = r.totals();
    w_.name("totals").begin_object().member("read", t.read).member("would_load", t.would_load);
    w_.member("filtered", t.filtered).member("quarantined", t.quarantined);
    w_.member("bytes", t.bytes).end_object();
    w_.array("blockers", r.blockers, [&](const ReportBlocker& b) {
      w_.begin_object().member("message", b.message).member("hint", b.hint);
      w_.member("exit", static_cast<int>(b.exit)).end_object();
    });
    w_.array("estimates", r.estimates, [&](const ReportEstimate& e) {
      w_.begin_object().member("what", e.what).member("value", e.value).member("low", e.low);
      w_.member("high", e.high).member("unit", e.unit).member("basis", e.basis).end_object();
    });
    w_.array("collections", r.collections, [&](const ReportCollection& c) { collection(c); });
    texts("not_mapped", r.not_mapped);
    w_.array("things", r.things, [&](const ReportThing& thing) {
      w_.begin_object().member("kind", thing.kind).member("collection", thing.collection);
      w_.member("name", thing.name).member("what", thing.what).member("becomes", thing.becomes);
      w_.member("attention", thing.attention).end_object();
    });
    texts("warnings", r.warnings);
    texts("names", r.names);
    texts("unchecked", r.unchecked);
    if (!r.compared_with.empty()) {
      w_.member("compared_with", r.compared_with);
      w_.array("changes", r.changes, [&](const ReportChange& c) {
        w_.begin_object().member("where", c.where).member("text", c.text);
        w_.member("kind", c.kind == ReportChange::Kind::better  ? "better"
                          : c.kind == ReportChange::Kind::worse ? "worse"
                                                                : "neutral");
        w_.end_object();
      });
    }
    w_.end_object();
    return w_.take();
  }

 private:
  void texts(std::string_view name, const std::vector<std::string>& all) {
    w_.array(name, all, [&](const std::string& text) { w_.value(text); });
  }
  void counts(std::string_view name, const std::vector<NamedCount>& all) {
    w_.name(name).begin_object();
    for (const NamedCount& n : all) w_.member(n.name, n.count);
    w_.end_object();
  }
  void numbers(std::string_view name, const std::vector<std::uint64_t>& all) {
    w_.array(name, all, [&](std::uint64_t n) { w_.value(n); });
  }

  void collection(const ReportCollection& c) {
    w_.begin_object().member("name", c.name).member("edge", c.edge).member("mapped", c.mapped);
    w_.array("tables", c.tables, [&](const ReportTable& t) {
      w_.begin_object().member("name", t.name).member("created", t.created);
      w_.member("audit", t.audit).member("rows", t.rows).member("table_bytes", t.table_bytes);
      w_.member("index_bytes", t.index_bytes).end_object();
    });
    w_.name("total");
    c.total ? w_.value(*c.total) : w_.null();
    w_.member("sampled", c.sampled).member("read", c.read).member("would_load", c.would_load);
    w_.member("filtered", c.filtered).member("quarantined", c.quarantined);
    w_.member("removed", c.removed).member("bytes", c.bytes);
    w_.name("sizes").begin_object().member("median", c.median);
    w_.member("ninety_nine_percent", c.ninety_nine).member("largest", c.largest);
    numbers("by_power_of_two", c.sizes);
    w_.end_object();
    w_.array("rules", c.rules, [&](const ReportRule& rule) {
      w_.begin_object().member("rule", rule.rule).member("documents", rule.documents);
      counts("paths", rule.paths);
      w_.member("message", rule.message).member("advice", rule.advice);
      texts("keys", rule.keys);
      w_.member("without_key", rule.without_key);
      w_.member("all_keys", rule.keys.size() + rule.without_key == rule.documents).end_object();
    });
    counts("warnings", c.warnings);
    counts("defaults_used", c.defaults_used);
    w_.array("unmapped", c.unmapped, [&](const ReportCollection::Unmapped& u) {
      w_.begin_object().member("path", u.path).member("count", u.count);
      w_.member("bytes", u.bytes).end_object();
    });
    w_.array("references", c.references, [&](const ReportCollection::Dangling& d) {
      w_.begin_object().member("place", d.place).member("checked", d.checked);
      w_.member("dangling", d.dangling);
      texts("keys", d.keys);
      w_.end_object();
    });
    w_.member("collapsed", c.collapsed).member("too_deep", c.too_deep);
    w_.member("paths_left_out", c.paths_left_out);
    w_.array("paths", c.paths, [&](const ReportPath& p) { path(p); });
    w_.end_object();
  }

  template <class Pair>
  void range(std::string_view name, const Pair& range) {
    if (range) w_.name(name).begin_array().value(range->first).value(range->second).end_array();
  }

  void path(const ReportPath& p) {
    w_.begin_object().member("path", p.path);
    if (p.names != 0) w_.member("names", p.names);
    w_.member("documents", p.documents).name("types").begin_object();
    for (std::size_t k = 0; k < p.types.size(); ++k)
      if (p.types[k] != 0) w_.member(type_names[k], p.types[k]);
    w_.end_object().member("bytes", p.bytes);
    if (p.distinct != 0) w_.member("distinct", p.distinct);
    range("length", p.length);
    if (!p.forms.empty()) counts("forms", p.forms);
    range("range", p.range);
    if (p.range) {
      w_.member("integer_digits", p.integer_digits);
      w_.member("fraction_digits", p.fraction_digits);
    }
    range("elements", p.elements);
    if (!p.top.empty())
      w_.array("top", p.top, [&](const NamedCount& n) {
        w_.begin_object().member("value", n.name).member("count", n.count).end_object();
      });
    w_.array("columns", p.columns, [&](const ReportPath::Column& c) {
      w_.value(c.table + "." + c.column + " " + c.type);
    });
    if (!p.remarks.empty()) texts("remarks", p.remarks);
    w_.end_object();
  }

  JsonWriter w_;
};

}  // namespace

std::string report_json(const ValidationReport& report) { return ReportWriter().write(report); }

}  // namespace arango2pg::run
