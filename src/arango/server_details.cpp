// What the server knows beside documents: indexes, rules, graphs, views, and its own state.
#include <functional>

#include "arango/server_source.h"
#include "arango/url.h"
#include "base/error.h"
#include "doc/parsed_json.h"

namespace arango2pg::arango {
namespace {

using doc::text_of;

/// Without the indexes that every collection has.
std::string own_indexes(const std::string& indexes) {
  const doc::ParsedJson all(indexes);
  if (!all.valid() || all.root().kind() != doc::Kind::array) return "[]";
  std::string out;
  for (const doc::Value index : doc::Elements(all.root())) {
    const std::string type = text_of(index.find("type"));
    if (type == "primary" || type == "edge") continue;
    out += out.empty() ? "" : ",";
    out += index.json();
  }
  return "[" + out + "]";
}

/// Since 3.12.5 the Community Edition says how near its limit it is.
void note_licence(const std::string& json, std::vector<std::string>& warnings) {
  const doc::ParsedJson answer(json);
  const auto usage = answer.find("diskUsage");
  const std::string state = usage ? text_of(usage->find("status")) : "";
  if (state.empty() || state == "good") return;
  const auto hours = [&](const char* member) {
    return std::to_string(doc::count_of(usage->find(member)) / 3600);
  };
  if (state == "limit-reached")
    warnings.push_back(
        "the data set is beyond the Community Edition's limit: the server becomes "
        "read-only in " +
        hours("secondsUntilReadOnly") + " h and shuts down in " + hours("secondsUntilShutDown") +
        " h");
  else
    warnings.push_back("the data set is beyond the Community Edition's limit (state '" + state +
                       "'): the server shuts down in " + hours("secondsUntilShutDown") +
                       " h; migrate before, or from a dump");
}

}  // namespace

doc::SourceDetails ServerSource::details() {
  info();
  doc::SourceDetails out;
  const auto unless = [&](const std::string& what, const std::function<void()>& ask) {
    try {
      ask();
    } catch (const Error& e) {
      if (e.retryable()) throw;
      out.unknown.push_back(what + ": " + e.what());
    }
  };
  for (const auto& facts : api_.collections()) {
    if (facts.system) continue;
    doc::SourceDetails::Collection c;
    c.name = facts.name;
    unless("properties of '" + facts.name + "'",
           [&] { c.properties = api_.properties(facts.name); });
    unless("indexes of '" + facts.name + "'",
           [&] { c.indexes = own_indexes(api_.indexes(facts.name)); });
    out.collections.push_back(std::move(c));
  }
  const auto list = [&](const std::string& what, const std::string& path, const char* member) {
    std::string why_not;
    if (auto found = api_.list(path, member, why_not)) return std::move(*found);
    out.unknown.push_back(what + ": " + why_not);
    return std::vector<std::string>();
  };
  out.graphs = list("named graphs", "/_api/gharial", "graphs");
  out.functions = list("AQL functions", "/_api/aqlfunction", "result");
  for (auto& analyzer : list("analyzers", "/_api/analyzer", "result"))
    if (text_of(doc::ParsedJson(analyzer).find("name")).find("::") != std::string::npos)
      out.analyzers.push_back(std::move(analyzer));
  for (const auto& view : list("views", "/_api/view", "result")) {
    std::string why_not;
    const std::string name = text_of(doc::ParsedJson(view).find("name"));
    out.views.push_back(
        api_.object("/_api/view/" + percent_encode(name) + "/properties", why_not).value_or(view));
  }
  std::string why_not;
  if (const auto mode = api_.object("/_admin/server/mode", why_not);
      mode && text_of(doc::ParsedJson(*mode).find("mode")) == "readonly")
    out.warnings.emplace_back(
        "the server is read-only: reading works, and nothing can change under a migration");
  if (const auto licence = api_.object("/_admin/license", why_not))
    note_licence(*licence, out.warnings);
  return out;
}

}  // namespace arango2pg::arango
