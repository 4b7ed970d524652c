/// \file
/// The rows of one loading transaction: all at once, or - when PostgreSQL refused some - so that
/// every good document is loaded and every bad one is known.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "doc/batch.h"
#include "pg/copy_session_internal.h"
#include "pg/loader.h"

namespace arango2pg::pg {

/// A document of a commit() call.
struct DocAt {
  std::uint32_t batch = 0;
  std::uint32_t doc = 0;
  friend auto operator<=>(const DocAt&, const DocAt&) = default;
};

/// A document that PostgreSQL refused.
struct Refusal {
  DocAt at;
  std::string sqlstate;
  std::string message;
};

/// Statements of one table, made once.
struct TableSql {
  std::string copy;          ///< COPY … FROM STDIN, into the table or its staging table
  std::string create_stage;  ///< merge only, as all below
  std::string clear_stage;
  std::string skip_outdated;  ///< children whose parent the target has in a newer revision
  std::string delete_absent;  ///< children that their documents no longer have
  std::string merge;          ///< one row: rows written, keys that were not there before
};

/// For table `index` of the collection with number `collection`: staging tables of all collections
/// share a session.
TableSql table_sql(const LoadCollection& collection, std::size_t number, std::size_t index);

/// Some row of the last statement was refused as data. `suspect` is the document PostgreSQL pointed
/// at, if it did.
struct RowsRefused {
  Failure failure;
  std::optional<DocAt> suspect;
};

class RowLoader {
 public:
  RowLoader(CopySession& session, const LoaderConfig& config,
            const std::vector<std::vector<TableSql>>& sql, std::span<const doc::RowBatch> batches,
            const std::atomic<bool>& stop);

  /// Everything in as few statements as possible, deferred constraints checked. Throws RowsRefused;
  /// the transaction is then useless.
  void load_all();
  /// The same result for good documents; the others end in refusals(). Begins with the documents
  /// before `suspect`, which are probably good.
  void load_isolating(const std::optional<DocAt>& suspect);

  [[nodiscard]] const std::vector<Refusal>& refusals() const { return refusals_; }
  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  /// Rows of the collection's documents that replaced older ones (merge).
  [[nodiscard]] std::uint64_t updated(std::uint32_t collection) const;

 private:
  struct Totals {
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;
    std::uint64_t updated = 0;
  };
  /// Rows [first, end) of one batch's table; all of documents that are being loaded.
  struct Slice {
    const doc::TableRows* rows;
    std::uint32_t batch;
    std::size_t first, end;
  };
  using Documents = std::span<const DocAt>;

  [[nodiscard]] std::vector<DocAt> documents_of(std::uint32_t collection) const;
  [[nodiscard]] std::vector<Slice> slices(std::size_t table, Documents documents) const;
  /// All tables, parents first. Throws RowsRefused. `again`: more documents follow in this
  /// transaction, so staging tables must be left empty.
  Totals load(std::uint32_t collection, Documents documents, bool again);
  void copy(std::uint32_t collection, std::size_t table, const std::vector<Slice>& slices);
  /// The number of rows that were there before.
  std::uint64_t merge(std::uint32_t collection, std::size_t table);
  void add(std::uint32_t collection, const Totals& totals);
  /// load() in a savepoint; nothing if it worked.
  std::optional<RowsRefused> try_load(std::uint32_t collection, Documents documents);
  void isolate(std::uint32_t collection, Documents documents, std::optional<DocAt> suspect);
  void isolate_backwards(std::uint32_t collection, Documents documents);
  void retry_foreign_keys();
  void set_constraints_immediate();

  CopySession& session_;
  const LoaderConfig& config_;
  const std::vector<std::vector<TableSql>>& sql_;
  std::span<const doc::RowBatch> batches_;
  const std::atomic<bool>& stop_;
  std::vector<Refusal> refusals_;
  std::uint64_t rows_ = 0;
  std::uint64_t bytes_ = 0;
  std::map<std::uint32_t, std::uint64_t> updated_;
};

}  // namespace arango2pg::pg
