/// \file
/// All documents of a dry run: read, mapped, looked at and checked. Only counts and statistics
/// stay.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "doc/profile.h"
#include "pg/inspect.h"
#include "pg/probe.h"
#include "run/plan_run.h"
#include "run/progress.h"
#include "run/scan.h"
#include "run/signals.h"
#include "run/validate.h"
#include "run/validate_keys.h"
#include "run/validate_pointers.h"
#include "run/validate_size.h"
#include "run/validate_tally.h"

namespace arango2pg::run {

class DocumentScan {
 public:
  /// `tables`: the target's, as inspected; without a target empty. Everything given must outlive
  /// this.
  DocumentScan(const ValidateOptions& options, doc::Source& source, const RunPlan& plan,
               const std::map<TableName, pg::TableInfo>& tables, const SignalWatch& signals);
  ~DocumentScan();

  /// Reads all documents, or the sample, in the order in which a migration loads them. Once.
  /// Returns early if a signal asks for it.
  void run();

  // What it found, when run() is through; by number of the collection in the plan.
  /// Null: no document was read.
  [[nodiscard]] const doc::Profile* profile(std::size_t collection) const;
  [[nodiscard]] const Tally& tally(std::size_t collection) const { return tallies_[collection]; }
  [[nodiscard]] bool sampled(std::size_t collection) const { return sampled_[collection]; }
  [[nodiscard]] const SizeSampler& sizes() const { return sizes_; }
  [[nodiscard]] const ScanOutcome& outcome() const { return outcome_; }
  /// Null: what documents point at was not looked at.
  [[nodiscard]] const PointerCheck* pointers() const { return pointers_ ? &*pointers_ : nullptr; }
  /// Null: none was asked for.
  [[nodiscard]] pg::Probe* probe() { return probe_.get(); }
  /// What of keys and references was not checked, for people.
  [[nodiscard]] std::vector<std::string> unchecked() const;

 private:
  struct Worker;
  struct Reprieve;

  void read_all();
  void read(const std::vector<std::uint32_t>& collections);
  std::vector<doc::PartTask> parts_of(std::uint32_t collection);
  ScanJob::Mapper make_mapper();
  Mapped map(Worker& worker, doc::DocBatch batch);
  void take(Mapped batch);
  void flush();
  bool reprieve(const doc::RowBatch& batch, const Refused& why);
  void second_chances();
  void account(const doc::RowBatch& batch, const std::vector<Refused>& refused);
  void merge_workers();

  const ValidateOptions& options_;
  doc::Source& source_;
  const RunPlan& plan_;
  const SignalWatch& signals_;
  std::vector<const mapping::CollectionPlan*> plans_;
  PointerPlaces places_;
  std::optional<PointerCheck> pointers_;
  std::optional<KeyCheck> keys_;
  std::unique_ptr<pg::Probe> probe_;
  std::map<PartId, std::uint64_t> sample_;  ///< documents to take, by part
  PartId next_part_ = 1;
  Progress progress_;
  ScanOutcome outcome_;

  std::mutex workers_mutex_;
  std::vector<std::shared_ptr<Worker>> workers_;
  std::vector<std::optional<doc::Profile>> profiles_;
  std::vector<Tally> tallies_;
  std::vector<bool> sampled_;
  SizeSampler sizes_;

  std::vector<doc::RowBatch> waiting_;  ///< for the next transaction of the probe
  std::uint64_t waiting_bytes_ = 0;
  /// Documents that the probe refused for what they point at: it may come later.
  std::vector<Reprieve> reprieved_;
  std::uint64_t reprieved_bytes_ = 0;
};

}  // namespace arango2pg::run
