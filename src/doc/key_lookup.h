/// \file
/// A source that finds single documents: one whose documents may change while we look.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "doc/batch.h"

namespace arango2pg::doc {

/// Implemented by those classes of Source that are alive. Thread-safe.
class KeyLookup {
 public:
  virtual ~KeyLookup() = default;
  /// Appends the documents with these keys, as they are now and in any order, to `batch`; keys
  /// without a document add nothing. Throws Error(source); Error(interrupted) if `stop` is
  /// requested.
  virtual void fetch(const std::string& collection, const std::vector<std::string>& keys,
                     DocBatch& batch, const std::stop_token& stop) = 0;
};

}  // namespace arango2pg::doc
