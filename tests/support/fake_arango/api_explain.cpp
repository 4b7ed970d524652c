// /_api/explain: the plan, as far as a reader looks at it (protocol 4.1).
#include "fake_arango/aql_parser.h"

#include <iterator>
#include "fake_arango/state.h"

namespace fake_arango {
namespace {

class PlanPrinter {
 public:
  PlanPrinter(const Evaluation& run, bool cluster) : run_(run), cluster_(cluster) {}

  Value plan() {
    node("SingletonNode", {});
    const PlannedBlock& plan = run_.plan();
    for (std::size_t i = 0; i < plan.clauses.size(); ++i) {
      const auto scan = plan.scans.find(i);
      clause(plan.clauses[i], scan == plan.scans.end() ? nullptr : &scan->second);
    }
    Array rules;
    for (const std::string& r : plan.rules) rules.emplace_back(r);
    if (cluster_)
      for (const char* r : {"scatter-in-cluster", "distribute-filtercalc-to-cluster",
                            "remove-unnecessary-remote-scatter"})
        rules.emplace_back(r);
    Array collections;
    for (const std::string& name : run_.query().collections)
      collections.emplace_back(Object{{"name", name}, {"type", "read"}});
    return Object{{"nodes", std::move(nodes_)},
                  {"rules", std::move(rules)},
                  {"collections", std::move(collections)},
                  {"variables", Array{}},
                  {"estimatedCost", cost_},
                  {"estimatedNrItems", items_},
                  {"isModificationQuery", false}};
  }

 private:
  void node(const char* type, Object more) {
    Object o{{"type", type},
             {"dependencies", Array{}},
             {"id", static_cast<std::uint64_t>(nodes_.size() + 1)}};
    if (!nodes_.empty()) o[1].second = Array{Value(static_cast<std::uint64_t>(nodes_.size()))};
    o.emplace_back("estimatedCost", cost_);
    o.emplace_back("estimatedNrItems", items_);
    std::move(more.begin(), more.end(), std::back_inserter(o));
    nodes_.emplace_back(std::move(o));
  }

  void scan(const Clause& c, const ScanPlan& scan) {
    const Snapshot& s = run_.collection(c.expression->name);
    items_ = s.count();
    cost_ += static_cast<double>(items_) + 2;
    Object more{{"database", run_.context().database},
                {"collection", c.expression->name},
                {"satellite", false}};
    if (scan.primary) {
      const Value primary = Object{{"id", "0"},
                                   {"type", "primary"},
                                   {"name", "primary"},
                                   {"fields", Array{Value("_key")}},
                                   {"selectivityEstimate", 1},
                                   {"unique", true},
                                   {"sparse", false}};
      more.emplace_back("indexes", Array{primary});
      more.emplace_back("sorted", true);
      more.emplace_back("ascending", !scan.descending);
      more.emplace_back("reverse", scan.descending);
    }
    node(scan.primary ? "IndexNode" : "EnumerateCollectionNode", std::move(more));
    if (!cluster_) return;
    Array elements;
    if (scan.sorted)
      elements.emplace_back(
          Object{{"ascending", !scan.descending}, {"path", Array{Value("_key")}}});
    node("RemoteNode", {});
    node("GatherNode",
         {{"sortmode", scan.sorted ? "minelement" : "unset"}, {"elements", std::move(elements)}});
  }

  void clause(const Clause& c, const ScanPlan* s) {
    switch (c.kind) {
      case Clause::Kind::for_in:
        if (s != nullptr) return scan(c, *s);
        return node("EnumerateListNode", {});
      case Clause::Kind::filter:
        node("CalculationNode", {});
        return node("FilterNode", {});
      case Clause::Kind::let:
        return node("CalculationNode", {});
      case Clause::Kind::sort:
        return node("SortNode", {});
      case Clause::Kind::limit:
        return node("LimitNode", {{"offset", c.offset ? c.offset->value : Value(0)},
                                  {"limit", c.count->value},
                                  {"fullCount", false}});
      case Clause::Kind::collect:
        return node("CollectNode", {});
      case Clause::Kind::result:
        break;
    }
    if (c.expression->op != Expr::Op::variable) node("CalculationNode", {});
    node("ReturnNode", {});
  }

  const Evaluation& run_;
  bool cluster_;
  Array nodes_;
  double cost_ = 1;
  std::uint64_t items_ = 1;
};

}  // namespace

HttpResponse handle_explain(Context& c) {
  if (!c.is("POST")) fail_method();
  if (c.request.body.empty()) throw api_error(400, 1502);
  const Value body = c.body();
  const Value query = body.find("query").value_or(Value());
  if (!query.is_string() || query.string().empty()) throw api_error(400, 1502);
  QueryOptions options;
  if (const auto given = body.find("options"))
    if (const auto optimizer = given->find("optimizer"))
      if (const auto rules = optimizer->find("rules"); rules && rules->is_array())
        for (const Value& v : rules->items())
          if (v.is_string()) options.rules.push_back(v.string());
  const Evaluation run(parse_aql(query.string(), body.find("bindVars").value_or(Value())), options,
                       query_context(c));
  Value plan = PlanPrinter(run, c.state.cluster()).plan();
  const Object stats{{"rulesExecuted", 45},
                     {"rulesSkipped", 0},
                     {"plansCreated", 1},
                     {"peakMemoryUsage", 0},
                     {"executionTime", run.seconds()}};
  return json_response(200, Object{{"plan", std::move(plan)},
                                   {"cacheable", true},
                                   {"warnings", run.warnings()},
                                   {"stats", stats},
                                   {"error", false},
                                   {"code", 200}});
}

}  // namespace fake_arango
