/// \file
/// Writes row batches: rows, audit entries, quarantined documents and the checkpoint in one
/// transaction (promise P1).
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "doc/batch.h"
#include "doc/copy_rows.h"
#include "pg/connection.h"

namespace arango2pg::pg {

/// How one table is written.
struct LoadTable {
  TableName name;
  std::vector<std::string> columns;  ///< COPY list
  doc::CopyFormat format = doc::CopyFormat::text;
  std::vector<std::string> key;
  std::string revision;  ///< column, "" = none
  bool merge = false;  ///< false: COPY into the table; true: COPY into a staging table, then upsert
                       ///< by key, newer wins
  /// Merge of a child table: the table (before this one) whose documents its rows belong to, and
  /// the columns here that hold that table's key, parallel to it. Rows of those documents that the
  /// batch no longer has are then deleted. Without: children are upserted by key only.
  int parent = -1;
  std::vector<std::string> parent_key;
};

enum class Audit : std::uint8_t { off, batch, document };

struct LoadCollection {
  std::string name;
  std::vector<LoadTable> tables;  ///< parallel to RowBatch::tables; parents first
  Audit audit = Audit::batch;     ///< entries in arango2pg.audit_log
};

struct LoaderConfig {
  std::string conninfo;
  std::string purpose;  ///< "run 7 lane 2"
  RunId run = 0;
  std::string worker;  ///< lease owner; a part that another worker took over is refused at commit
                       ///< (Error retryable = false)
  std::vector<LoadCollection> collections;  ///< by RowBatch::collection
  std::chrono::seconds give_up_after{300};  ///< lost connections are retried this long
};

/// What became of the batches of one commit().
struct CommitResult {
  std::uint64_t rows = 0;   ///< over all tables
  std::uint64_t bytes = 0;  ///< COPY bytes sent
  std::map<std::uint32_t, std::uint64_t>
      quarantined;       ///< documents by collection: those of the batches + refused by PostgreSQL,
                         ///< without those that were in quarantine before
  unsigned retries = 0;  ///< transactions begun again (lost connection, deadlock, bad row)
};

/// One connection, one thread at a time. A document is all or nothing: if PostgreSQL refuses one of
/// its rows, all its rows go and the raw document is quarantined with the rule (pg_<condition>) and
/// PostgreSQL's message without data.
class Loader {
 public:
  explicit Loader(LoaderConfig config);  ///< connects lazily, at the first commit
  ~Loader();

  /// Durable when it returns. Batches of one part must be in order. Checkpoints each part at its
  /// last batch here and marks it done if that is its `last`. After a lost connection the ledger is
  /// read first: a commit in doubt is never repeated. Throws Error(target) if it must give up
  /// (nothing of `batches` is durable then) and Error(interrupted) when `stop` is requested while
  /// waiting for a retry or cancel() was called. Only where the server vanished for good while a
  /// COMMIT was on its way nobody can tell; the ledger knows, and the next run asks it.
  CommitResult commit(std::span<doc::RowBatch> batches, const std::stop_token& stop);

  /// Makes a running commit() of another thread fail soon with Error(interrupted) (PQcancel); if
  /// none is running, the next one. Thread-safe.
  void cancel() noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace arango2pg::pg
