/// \file
/// What a loading transaction writes beside the rows: quarantined documents, audit entries,
/// checkpoints (promise P1: all in the same transaction).
#pragma once

#include <atomic>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "doc/batch.h"
#include "pg/copy_session_internal.h"
#include "pg/ledger.h"
#include "pg/load_rows_internal.h"
#include "pg/loader.h"

namespace arango2pg::pg {

/// The batches of one part in one transaction, summed up.
struct PartWork {
  PartId id = 0;
  std::uint32_t collection = 0;
  std::vector<std::uint32_t> batches;
  std::uint64_t first_seq = 0, last_seq = 0;
  std::optional<std::int64_t> seq_before;  ///< as the ledger has it
  std::string position;
  bool last = false;
};

class Bookkeeper {
 public:
  /// Throws Error(unexpected) if the batches of a part are not in order.
  Bookkeeper(const LoaderConfig& config, std::span<const doc::RowBatch> batches);

  [[nodiscard]] PartId first_part() const { return parts_.front().id; }
  /// Looks at the parts before work is wasted on them. Throws Error(target) if one was taken over.
  void check_leases(CopySession& session);
  /// `token` marks this commit in the ledger.
  void write(CopySession& session, const RowLoader& rows, const std::string& token,
             const std::atomic<bool>& stop, const SyncState* sync);
  /// Documents new in quarantine, by collection; known after write().
  [[nodiscard]] const std::map<std::uint32_t, std::uint64_t>& quarantined() const {
    return quarantined_;
  }
  /// Documents inserted, updated or deleted (collections with changes); known after write().
  [[nodiscard]] std::uint64_t changed() const { return total_changed_; }

 private:
  /// A document on its way to quarantine.
  struct Rejected {
    std::uint32_t batch, doc;
    PartId part;
    std::string key;
    std::optional<Rev> revision;
    std::string path, rule, message;
  };

  /// Documents of a part that were there before.
  struct Changed {
    std::uint64_t updated = 0, deleted = 0;
  };

  [[nodiscard]] bool with_changes(std::uint32_t batch) const;
  void settle_quarantine(CopySession& session);
  void log_changes(CopySession& session);
  void write_sync(CopySession& session, const SyncState& sync) const;
  void collect_rejected(const RowLoader& rows);
  void take_out_retried(CopySession& session);
  void write_quarantine(CopySession& session, const std::atomic<bool>& stop);
  void write_audit(CopySession& session, const RowLoader& rows, const std::atomic<bool>& stop);
  void write_checkpoint(CopySession& session, const PartWork& part, const RowLoader& rows,
                        const std::string& token);
  [[noreturn]] void taken_over(PartId part, const std::string& state,
                               const std::string& owner) const;
  [[nodiscard]] std::string batch_detail(const PartWork& part) const;
  [[nodiscard]] std::uint64_t written(const PartWork& part) const;
  /// What mapping noticed, and how many rows went into which table (a rollback asks).
  [[nodiscard]] std::string notes_json(const PartWork& part, const doc::MappingNotes& notes) const;

  const LoaderConfig& config_;
  std::span<const doc::RowBatch> batches_;
  std::vector<PartWork> parts_;
  std::vector<Rejected> rejected_;  ///< ascending by batch and document
  std::map<std::uint32_t, std::uint64_t>
      refused_;  ///< documents by batch: PostgreSQL's, not the mapping's
  std::map<std::uint32_t, std::uint64_t> kept_;  ///< by batch: rows that could not be removed
  std::map<PartId, Changed> changed_;
  std::uint64_t total_changed_ = 0;
  std::map<std::uint32_t, std::uint64_t> quarantined_;
};

}  // namespace arango2pg::pg
