/// \file
/// Removal markers of enveloped dumps, found before the documents are read.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>

#include "arango/data_files.h"

namespace arango2pg::arango {

/// Where a line stands in a collection's files.
struct LinePlace {
  std::uint32_t file = 0;
  std::uint64_t offset = 0;
  friend auto operator<=>(const LinePlace&, const LinePlace&) = default;
};

/// The last removal of each key. Immutable after the scan: shared by readers without a lock.
class Removals {
 public:
  /// Reads all files of a collection if the beginning of one shows envelopes; else nothing but
  /// the beginnings. Ends early, incomplete, if `stop` is requested. Throws Error(source).
  static Removals scan(const FileCollection& collection, const std::stop_token& stop);

  /// True if a removal of `key` comes behind `place`.
  [[nodiscard]] bool remove(std::string_view key, const LinePlace& place) const;
  /// True if the files were scanned: every removal marker in them is known.
  [[nodiscard]] bool scanned() const { return scanned_; }
  [[nodiscard]] bool empty() const { return last_.empty(); }

 private:
  std::unordered_map<std::string, LinePlace> last_;
  bool scanned_ = false;
};

}  // namespace arango2pg::arango
