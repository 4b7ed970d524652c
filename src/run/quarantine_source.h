/// \file
/// The quarantine as a source: rejected documents go through the same pipeline as all others.
#pragma once

#include <memory>
#include <string>

#include "doc/ports.h"
#include "run/quarantine.h"

namespace arango2pg::run {

/// SQL condition and parameters for a filter; `$first` is the number of the first parameter.
struct FilterSql {
  std::string where;
  std::vector<pg::Param> params;
};
FilterSql filter_sql(const QuarantineFilter& filter);

/// Open quarantined documents that exist now and pass the filter. One part per collection, read in
/// id order.
class QuarantineSource : public doc::Source {
 public:
  QuarantineSource(TargetOptions target, QuarantineFilter filter);
  const doc::SourceInfo& info() override { return info_; }
  std::vector<doc::CollectionInfo> collections() override;
  std::vector<doc::PartSpec> split(const doc::CollectionInfo& collection,
                                   const doc::SplitOptions& options) override;
  std::unique_ptr<doc::Reader> open(std::vector<doc::PartTask> parts, ByteBudget& budget) override;
  std::optional<std::uint64_t> count(const std::string&) override { return std::nullopt; }

  /// Marks what was there when the source was made as retried, by this run.
  void mark_retried(RunId run);

 private:
  TargetOptions target_;
  QuarantineFilter filter_;
  std::int64_t last_id_ = 0;  ///< later entries are new rejections of the retry itself
  doc::SourceInfo info_;
};

/// A run's source with one thing more to read: documents of the run that PostgreSQL refused because
/// what they point at was not there yet. Their parts are of kind "second_chance"; all others are
/// the source's.
class SecondChance : public doc::Source {
 public:
  SecondChance(doc::Source& source, TargetOptions target);
  const doc::SourceInfo& info() override { return source_.info(); }
  std::vector<doc::CollectionInfo> collections() override { return source_.collections(); }
  std::vector<doc::PartSpec> split(const doc::CollectionInfo& collection,
                                   const doc::SplitOptions& options) override {
    return source_.split(collection, options);
  }
  std::unique_ptr<doc::Reader> open(std::vector<doc::PartTask> parts, ByteBudget& budget) override;
  std::optional<std::uint64_t> count(const std::string& collection) override {
    return source_.count(collection);
  }
  std::string revision(const std::string& collection) override {
    return source_.revision(collection);
  }

  /// One part for each collection that has such documents now; `documents` says how many. Streams
  /// are left to the caller.
  [[nodiscard]] std::vector<doc::PartSpec> parts_for(RunId run) const;

 private:
  doc::Source& source_;
  TargetOptions target_;
};

}  // namespace arango2pg::run
