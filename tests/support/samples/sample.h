/// \file
/// What every sample consists of: collections with their documents, and what must become of them.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "samples/clock.h"
#include "samples/json_text.h"

namespace arango2pg::samples {

struct SampleCollection {
  std::string name;
  bool edge = false;
  std::vector<std::string> indexes;    ///< attributes with a persistent index
  std::vector<std::string> documents;  ///< JSON, in write order
  std::size_t filtered = 0;            ///< documents that no mapping of the pack takes
};

/// A document that must end in quarantine.
struct Expected {
  std::string collection, key, rule;
};

/// A collection under construction: documents with the time of their last write.
class Collection {
 public:
  Collection(std::string name, bool edge, std::vector<std::string> indexes) {
    made_.name = std::move(name);
    made_.edge = edge;
    made_.indexes = std::move(indexes);
  }
  /// Begins a document: {"_key":…,"_id":…,["_from","_to",]"_rev":…. The caller adds attributes and
  /// hands it to add().
  JsonText begin(const std::string& key, Micros written, bool ascii, const std::string& from = {},
                 const std::string& to = {});
  void add(Micros written, JsonText& document) {
    documents_.emplace_back(written, document.end_object().text());
  }
  /// A line as it is, complete or not.
  void add_line(Micros written, std::string line) {
    documents_.emplace_back(written, std::move(line));
  }
  void filter_one() { ++made_.filtered; }
  [[nodiscard]] const std::string& name() const { return made_.name; }
  /// In write order.
  SampleCollection finish() &&;

 private:
  SampleCollection made_;
  std::vector<std::pair<Micros, std::string>> documents_;
  std::set<std::string> revisions_;
};

/// What a test may count after the load, by name: {"orphans":7}.
using Figures = std::map<std::string, std::int64_t>;

/// {"seed":…,"collections":[{"name","edge","documents","filtered","quarantined"}],
///  "quarantined":[{"collection","key","rule"}],"figures":{…}}; figures only if there are any.
std::string manifest(std::uint64_t seed, const std::vector<SampleCollection>& collections,
                     const std::vector<Expected>& quarantined, const Figures& figures = {});

}  // namespace arango2pg::samples
