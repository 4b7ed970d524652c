#include "mapping/unmapped.h"

#include <algorithm>

namespace arango2pg::mapping {
namespace {

/// Collects the attributes, with the path of the object they are in.
class Finder {
 public:
  Finder(Workspace& w, UnmappedNames& names, std::string* first)
      : w_(w), names_(names), first_(first) {}

  /// False: stop.
  bool member(std::string_view name, doc::Value value, std::uint32_t bytes, const Taken& taken,
              bool system = false) {
    const Taken* inner = nullptr;
    if (taken.takes(name, inner, system)) return true;
    const std::size_t before = path_.size();
    if (!path_.empty()) path_ += '.';
    append_name(path_, name);
    const bool go_on = inner == nullptr ? report(bytes) : below(value, bytes, *inner);
    path_.resize(before);
    return go_on;
  }

 private:
  /// A value of which only parts are taken.
  bool below(doc::Value value, std::uint32_t bytes, const Taken& taken) {
    if (value.kind() == doc::Kind::object) {
      for (const auto m : doc::Members(value)) {
        TextBuffer scratch(w_);
        const std::string_view name = m.name.string(*scratch);
        const std::uint32_t quote = m.value.kind() == doc::Kind::string ? 1 : 0;
        const std::uint32_t size =
            m.value.node().begin + m.value.node().size + quote - (m.name.node().begin - 1);
        if (!member(name, m.value, size, taken)) return false;
      }
      return true;
    }
    if (value.kind() == doc::Kind::array && taken.elements() != nullptr) {
      const std::size_t before = path_.size();
      path_ += "[]";
      for (const doc::Value v : doc::Elements(value)) {
        // An element that is taken whole has nothing below it that could be missing.
        const Taken* inner = nullptr;
        if (taken.elements()->takes({}, inner) && inner == nullptr) break;
        if (!below(v, v.node().size, *taken.elements())) return false;
      }
      path_.resize(before);
      return true;
    }
    // A scalar (or array) where the mapping looks for something below: nobody takes it. JSON null
    // is nothing to lose.
    return value.is_null() || report(bytes);
  }

  bool report(std::uint32_t bytes) {
    if (first_ != nullptr) {
      *first_ = path_;
      return false;
    }
    auto at = names_.find(path_);
    if (at == names_.end()) at = names_.emplace(path_, doc::MappingNotes::Unmapped{}).first;
    ++at->second.count;
    at->second.bytes += bytes;
    return true;
  }

  Workspace& w_;
  UnmappedNames& names_;
  std::string* first_;
  std::string path_;
};

}  // namespace

Taken& Taken::below(const Path& path) {
  Taken* at = this;
  for (const Path::Step& s : path.steps) {
    if (s.is_index) {
      if (!at->elements_) at->elements_ = std::make_shared<Taken>();
      at = at->elements_.get();
    } else {
      at = &at->names_[s.name];
    }
  }
  return *at;
}

void Taken::take(const ObjectShape& shape) {
  for (const std::string& name : shape.only) names_[name].whole_ = true;
  for (const auto& [from, to] : shape.rename) names_[from].whole_ = true;
  if (!shape.has_only) rests_.emplace_back(shape.omit.begin(), shape.omit.end());
}

void Taken::take(const Source& source) {
  if (source.word == Word::path) below(source.at.path).whole_ = true;
  if (source.word == Word::document) take(source.shape);
  if (source.word == Word::meta) {
    if (source.meta == Meta::from_collection || source.meta == Meta::from_key)
      names_["_from"].whole_ = true;
    if (source.meta == Meta::to_collection || source.meta == Meta::to_key)
      names_["_to"].whole_ = true;
  }
  for (const Source& part : source.parts) take(part);
  if (source.fallback) take(*source.fallback);
  for (const Step& step : source.then) {
    if (step.otherwise) take(*step.otherwise);
    for (const auto& [name, merged] : step.merged) take(merged);
  }
}

void Taken::add(const std::vector<ColumnRule>& columns) {
  for (const ColumnRule& c : columns) take(c.source);
}

void Taken::add(const TableRules& rules) {
  add(rules.columns);
  // What a condition fixes to one value is known without being stored.
  for (const Condition& c : rules.where)
    for (const Test& t : c.tests)
      if (t.kind == Test::Kind::equals) below(c.at.path).whole_ = true;
  for (const TableRules& child : rules.children) {
    Taken& array = below(child.each.path);
    if (!array.elements_) array.elements_ = std::make_shared<Taken>();
    array.elements_->add(child);
  }
}

void Taken::add(const Taken& other) {
  whole_ = whole_ || other.whole_;
  for (const auto& [name, taken] : other.names_) names_[name].add(taken);
  if (other.elements_) {
    auto merged = std::make_shared<Taken>();
    if (elements_) merged->add(*elements_);
    merged->add(*other.elements_);
    elements_ = std::move(merged);
  }
  rests_.insert(rests_.end(), other.rests_.begin(), other.rests_.end());
}

bool Taken::takes(std::string_view name, const Taken*& inner, bool system) const {
  inner = nullptr;
  if (whole_) return true;
  if (!system)
    for (const auto& omitted : rests_)
      if (omitted.find(name) == omitted.end()) return true;
  const auto found = names_.find(name);
  if (found == names_.end()) return false;
  if (found->second.whole_) return true;
  inner = &found->second;
  return false;
}

void find_unmapped(Workspace& w, const Frame& frame, const Taken& taken, UnmappedNames& names,
                   std::string* first) {
  Finder finder(w, names, first);
  for (const MemberSpan& m : frame.members) {
    if (m.slot >= 0 && m.slot < slot_from) continue;
    TextBuffer scratch(w);
    const std::string_view name = doc::Value(w.document, m.value - 1).string(*scratch);
    const bool system = m.slot >= 0 && m.slot < system_slots;
    if (!finder.member(name, {w.document, m.value}, m.end - m.begin, taken, system)) return;
  }
}

}  // namespace arango2pg::mapping
