/// \file
/// What became of the documents, counted.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "doc/batch.h"
#include "run/report.h"

namespace arango2pg::run {

/// A document that is not the mapping's rejection: keys or PostgreSQL refuse it.
struct Refused {
  std::uint32_t doc = 0;
  std::string rule, message;
};

/// Of one collection.
class Tally {
 public:
  /// `refused` ascending by document.
  void add(const doc::RowBatch& batch, const std::vector<Refused>& refused);
  /// A document of `batch` was counted as loaded, but is refused after all.
  void refuse(const doc::RowBatch& batch, const Refused& refused);
  void report(ReportCollection& out) const;

  [[nodiscard]] const std::vector<std::uint64_t>& rows() const { return rows_; }
  [[nodiscard]] std::uint64_t copy_bytes() const { return copy_bytes_; }

 private:
  struct Rule {
    std::uint64_t documents = 0, without_key = 0;
    std::map<std::string, std::uint64_t> paths;
    std::string message;
    std::vector<std::string> keys;
  };
  void count(const std::string& rule, const std::string& path, const std::string& message,
             const std::string& key);

  std::uint64_t read_ = 0, filtered_ = 0, quarantined_ = 0, removed_ = 0, copy_bytes_ = 0;
  std::map<std::string, Rule> rules_;
  std::vector<std::uint64_t> rows_;
  doc::MappingNotes notes_;
};

}  // namespace arango2pg::run
