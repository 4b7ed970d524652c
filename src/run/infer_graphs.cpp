// Edges and named graphs: foreign keys where they are certain to hold, views that walk.
#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "base/units.h"
#include "doc/parsed_json.h"
#include "run/infer_decide.h"

namespace arango2pg::run {
namespace {

using doc::Kind;
using doc::text_of;
using doc::texts_of;

/// A foreign key needs certainty: one table that all edges point into, and no edge that dangles.
void reference(const Surveyed& seen, std::size_t t, bool to, NameBook& constraints,
               InferredSchema& out) {
  const SurveyedCollection& c = seen.collections[t];
  const EndFacts& end = to ? c.facts.to : c.facts.from;
  const std::uint64_t dangling = to ? c.dangling_to : c.dangling_from;
  const char* attribute = to ? "_to" : "_from";
  const auto fact = [&](std::string text) {
    out.facts.push_back({out.tables[t].collection, std::move(text)});
  };
  if (end.good == 0) return;
  if (!seen.ends_known || c.sampled)
    return fact(
        fmt::format("no foreign key for `{}`: only a look at all documents can tell whether "
                    "it would hold",
                    attribute));
  if (dangling > 0) {
    out.person.push_back(
        {out.tables[t].collection,
         fmt::format("{} edges have a `{}` that points at no document: no foreign key; remove them "
                     "if they are not wanted",
                     format_count(dangling), attribute)});
    return;
  }
  if (end.many || end.collections.size() != 1)
    return fact(
        fmt::format("no foreign key for `{}`: it points into several collections", attribute));
  const auto target = out.table_of(*end.collections.begin());
  if (!target || out.tables[*target].ends != Ends::none) return;
  const std::string name = fmt::format("{}_{}_fkey", out.tables[t].name, to ? "to" : "from");
  out.references.push_back({constraints.take(name), t, *target, to ? "to_key" : "from_key"});
}

void graph(const doc::ParsedJson& json, NameBook& relations, InferredSchema& out) {
  InferredGraph g;
  g.graph = text_of(json.find("name"));
  if (g.graph.empty()) g.graph = text_of(json.find("_key"));
  std::vector<std::string> missing;
  const auto add = [&](const std::string& collection, std::vector<std::size_t>& to, bool edges) {
    const auto t = out.table_of(collection);
    if (!t || (edges && out.tables[*t].ends == Ends::none)) {
      if (std::find(missing.begin(), missing.end(), collection) == missing.end())
        missing.push_back(collection);
    } else if (std::find(to.begin(), to.end(), *t) == to.end()) {
      to.push_back(*t);
    }
  };
  if (const auto all = json.find("edgeDefinitions"); all && all->kind() == Kind::array)
    for (const doc::Value definition : doc::Elements(*all)) {
      add(text_of(definition.find("collection")), g.edges, true);
      for (const char* side : {"from", "to"})
        for (const std::string& c : texts_of(definition.find(side))) add(c, g.vertices, false);
    }
  for (const std::string& c : texts_of(json.find("orphanCollections"))) add(c, g.vertices, false);
  std::string names;
  for (const std::string& m : missing) names += (names.empty() ? "" : ", ") + one_line(m);
  if (!missing.empty())
    out.person.push_back(
        {one_line(g.graph), "the named graph has collections that are not migrated: " + names});
  if (g.edges.empty() || g.vertices.empty()) {
    out.person.push_back(
        {one_line(g.graph), "the named graph has no views: nothing of it is there to walk"});
    return;
  }
  g.vertices_view = relations.take(g.graph + "_vertices");
  g.edges_view = relations.take(g.graph + "_edges");
  g.walk_function = relations.take(g.graph + "_walk_from");
  g.walk_view = relations.take(g.graph + "_walk");
  out.graphs.push_back(std::move(g));
}

}  // namespace

void decide_graphs(const Surveyed& seen, const doc::SourceDetails& details, NameBook& relations,
                   InferredSchema& out) {
  NameBook constraints(NameStyle::keep);
  for (std::size_t t = 0; t < out.tables.size(); ++t) {
    if (out.tables[t].ends != Ends::strict) continue;
    reference(seen, t, false, constraints, out);
    reference(seen, t, true, constraints, out);
  }
  for (const std::string& json : details.graphs) graph(doc::ParsedJson(json), relations, out);
}

}  // namespace arango2pg::run
