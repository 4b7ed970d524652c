/// \file
/// `verify --repair`: documents that differ are loaded again, rows without a document removed.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "doc/ports.h"
#include "run/verify.h"
#include "run/verify_check.h"

namespace arango2pg::run {

/// The documents that a verify run kept in arango2pg.difference, as a source. One part for each
/// collection.
class DifferenceSource : public doc::Source {
 public:
  /// `collections` are those of the source that was verified.
  DifferenceSource(TargetOptions target, RunId run,
                   const std::vector<doc::CollectionInfo>& collections);
  const doc::SourceInfo& info() override { return info_; }
  std::vector<doc::CollectionInfo> collections() override { return collections_; }
  std::vector<doc::PartSpec> split(const doc::CollectionInfo& collection,
                                   const doc::SplitOptions& options) override;
  std::unique_ptr<doc::Reader> open(std::vector<doc::PartTask> parts, ByteBudget& budget) override;
  std::optional<std::uint64_t> count(const std::string&) override { return std::nullopt; }

 private:
  TargetOptions target_;
  RunId run_;
  std::vector<doc::CollectionInfo> collections_;
  doc::SourceInfo info_;
};

class Repair {
 public:
  Repair(const VerifyPlan& plan, const VerifyOptions& options, const VerifyScanConfig& scan,
         pg::Connection& control, doc::Source& source, DocumentChecker& checker, RunId run,
         const SignalWatch& signals)
      : plan_(plan),
        options_(options),
        scan_(scan),
        control_(control),
        source_(source),
        checker_(checker),
        run_(run),
        signals_(signals) {}

  /// Removes the rows, loads the documents by the ordinary way of a migrate (a run of its own, by
  /// upsert, whatever revision the rows have), and looks at all of them again. What is as it should
  /// be now is marked in arango2pg.difference and counted in `collections`. False if something is
  /// left.
  bool run(const std::map<std::size_t, std::vector<std::string>>& extra_rows,
           std::vector<VerifiedCollection>& collections);

 private:
  bool remove(const std::map<std::size_t, std::vector<std::string>>& extra_rows,
              std::vector<VerifiedCollection>& collections);
  std::uint64_t remove_some(std::size_t table, const std::vector<std::string>& packed);
  void bring_back(DifferenceSource& documents);
  void load(DifferenceSource& documents);
  bool check(DifferenceSource& documents, std::vector<VerifiedCollection>& collections);
  std::vector<std::string> fetch_and_check(std::uint32_t collection,
                                           const std::vector<std::string>& keys);
  [[nodiscard]] ScanWork all_of(DifferenceSource& documents) const;

  const VerifyPlan& plan_;
  const VerifyOptions& options_;
  const VerifyScanConfig& scan_;
  pg::Connection& control_;
  doc::Source& source_;
  DocumentChecker& checker_;
  const RunId run_;
  const SignalWatch& signals_;
};

}  // namespace arango2pg::run
