#include "samples/sample.h"

#include <algorithm>

namespace arango2pg::samples {

JsonText Collection::begin(const std::string& key, Micros written, bool ascii,
                           const std::string& from, const std::string& to) {
  std::string rev = revision(written);
  for (std::uint64_t n = 1; !revisions_.insert(rev).second; ++n) rev = revision(written, n);
  JsonText json(ascii);
  json.begin_object().string("_key", key).string("_id", made_.name + "/" + key);
  if (!from.empty()) json.string("_from", from).string("_to", to);
  json.string("_rev", rev);
  return json;
}

SampleCollection Collection::finish() && {
  std::stable_sort(documents_.begin(), documents_.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [written, json] : documents_) made_.documents.push_back(std::move(json));
  return std::move(made_);
}

std::string manifest(std::uint64_t seed, const std::vector<SampleCollection>& collections,
                     const std::vector<Expected>& quarantined, const Figures& figures) {
  std::map<std::string, std::int64_t> refused;
  for (const Expected& e : quarantined) ++refused[e.collection];
  JsonText json;
  json.begin_object().number("seed", static_cast<std::int64_t>(seed));
  json.name("collections").begin_array();
  for (const SampleCollection& c : collections) {
    json.begin_object().string("name", c.name).boolean("edge", c.edge);
    json.number("documents", static_cast<std::int64_t>(c.documents.size()));
    json.number("filtered", static_cast<std::int64_t>(c.filtered));
    json.number("quarantined", refused[c.name]).end_object();
  }
  json.end_array().name("quarantined").begin_array();
  for (const Expected& e : quarantined) {
    json.begin_object().string("collection", e.collection).string("key", e.key);
    json.string("rule", e.rule).end_object();
  }
  json.end_array();
  if (!figures.empty()) {
    json.name("figures").begin_object();
    for (const auto& [name, figure] : figures) json.number(name, figure);
    json.end_object();
  }
  return json.end_object().text() + "\n";
}

}  // namespace arango2pg::samples
