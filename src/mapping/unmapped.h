/// \file
/// Private to mapping/. Which attributes of a document no mapping takes (`unmapped`).
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "doc/batch.h"
#include "mapping/rules_internal.h"
#include "mapping/slots.h"

namespace arango2pg::mapping {

/// What mappings take of a value: a tree along the paths they name.
class Taken {
 public:
  /// All that one mapping takes: columns, children, conditions that fix a value.
  void add(const TableRules& rules);
  void add(const std::vector<ColumnRule>& columns);
  /// The union with another mapping's.
  void add(const Taken& other);

  /// True if a member is taken whole; `inner` then is null. Otherwise `inner` is what is taken
  /// below it, or null if nothing is.
  /// `document` words do not take system attributes: those must be named.
  [[nodiscard]] bool takes(std::string_view name, const Taken*& inner, bool system = false) const;
  [[nodiscard]] const Taken* elements() const { return elements_.get(); }

 private:
  Taken& below(const Path& path);
  void take(const Source& source);
  void take(const ObjectShape& shape);

  bool whole_ = false;
  std::map<std::string, Taken, std::less<>> names_;
  std::shared_ptr<Taken> elements_;                        ///< of an array, whatever the index
  std::vector<std::set<std::string, std::less<>>> rests_;  ///< `document` words: all but these
};

/// Names with counts; looked up without allocating.
using UnmappedNames = std::map<std::string, doc::MappingNotes::Unmapped, std::less<>>;

/// Adds what `taken` leaves of the document the frame stands on; system attributes are left alone,
/// except `_from` and `_to`, which are content. With `first` given, stops at the first one and puts
/// its path there.
void find_unmapped(Workspace& workspace, const Frame& frame, const Taken& taken,
                   UnmappedNames& names, std::string* first);

}  // namespace arango2pg::mapping
