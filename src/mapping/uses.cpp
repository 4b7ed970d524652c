// Plan::uses: which attributes end up in which columns.
#include "mapping/plan_internal.h"

namespace arango2pg::mapping {
namespace {

std::string_view word_name(Word word) {
  switch (word) {
    case Word::path:
      return "path";
    case Word::first:
      return "first";
    case Word::join:
      return "join";
    case Word::object:
      return "object";
    case Word::array:
      return "array";
    case Word::constant:
      return "const";
    case Word::document:
      return "document";
    case Word::uuid:
      return "uuid";
    case Word::reference:
      return "reference";
    case Word::meta:
      return "meta";
    case Word::parent:
      return "parent";
  }
  return "";
}

/// The attribute that a `meta` value is read from; "" = none.
std::string_view attribute_of(Meta meta) {
  switch (meta) {
    case Meta::key:
    case Meta::id:
      return "_key";
    case Meta::revision:
    case Meta::revision_time:
      return "_rev";
    case Meta::from_collection:
    case Meta::from_key:
      return "_from";
    case Meta::to_collection:
    case Meta::to_key:
      return "_to";
    case Meta::collection:
    case Meta::index:
    case Meta::run_id:
      break;
  }
  return "";
}

/// An index is one element of all: reports count elements together.
std::string general(const Path& path) {
  std::string out;
  for (const Path::Step& step : path.steps) {
    if (step.is_index) {
      out += "[]";
      continue;
    }
    if (!out.empty()) out += '.';
    append_name(out, step.name);
  }
  return out;
}

class UseReader {
 public:
  explicit UseReader(std::vector<ColumnUse>& out) : out_(out) {}

  /// `at`: where the table's frame stands in the document.
  void table(const PlanTable& table, const std::string& at) {
    for (const PlanColumn& column : table.columns) {
      ColumnUse use;
      use.table = table.target;
      use.column = column.name;
      use.word = word_name(column.source.word);
      use.converted = !column.source.then.empty();
      read(column.source, at, use);
      out_.push_back(std::move(use));
    }
    for (const PlanTable& child : table.children)
      this->table(child, join_paths(at, general(child.each.path)) + "[]");
  }

 private:
  static void read(const Source& source, const std::string& at, ColumnUse& use) {
    if (source.word == Word::path) use.paths.push_back(join_paths(at, general(source.at.path)));
    if (source.word == Word::meta)
      if (const auto attribute = attribute_of(source.meta); !attribute.empty())
        use.paths.emplace_back(attribute);
    if (source.word == Word::document) {
      if (at.empty())
        use.takes_document = true;
      else
        use.paths.push_back(at);
      use.has_only = source.shape.has_only;
      use.only = source.shape.only;
      use.omit = source.shape.omit;
    }
    if (source.word == Word::reference) use.reference = source.text;
    for (const Source& part : source.parts) read(part, at, use);
    for (const Step& step : source.then) {
      for (const auto& [name, merged] : step.merged) read(merged, at, use);
      if (step.otherwise) read(*step.otherwise, at, use);
    }
    if (source.fallback) read(*source.fallback, at, use);
  }

  std::vector<ColumnUse>& out_;
};

}  // namespace

std::vector<ColumnUse> Plan::uses() const {
  std::vector<ColumnUse> out;
  UseReader reader(out);
  for (const PlanSpec& spec : specs) reader.table(spec.root, "");
  return out;
}

}  // namespace arango2pg::mapping
