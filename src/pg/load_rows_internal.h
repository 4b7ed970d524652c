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

/// A document of a commit() call: one of the batch's; behind them, one of those it removes; behind
/// those, all others of the collection (emptied, unseen).
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

/// Statements of one table, made once. `stage` = its staging table, `doomed` = keys of rows to
/// remove, `seen` = what tells the rows of the documents at hand. All are temporary.
struct TableSql {
  std::string copy;           ///< COPY … FROM STDIN, into the table or its staging table
  std::string create;         ///< merge only, as all below: the temporary tables
  std::string clear;          ///< … emptied
  std::string copy_seen;      ///< with changes, no child: as all of "seen"
  std::string doom;           ///< rows that their documents lost; children: of staged parents too
  std::string doom_all;       ///< all rows that are not staged: the collection was emptied
  std::string doom_unseen;    ///< all rows of ours that the pass has not seen
  std::string note_unseen;    ///< these, for the audit
  std::string skip_outdated;  ///< staged rows that are not news, and their children
  std::string note;           ///< what will happen to each document, for the audit
  std::string remove;         ///< the doomed rows
  std::string merge;          ///< one row: rows written, keys that were not there before
};

/// For table `index` of the collection with number `collection`: temporary tables of all
/// collections share a session.
TableSql table_sql(const LoadCollection& collection, std::size_t number, std::size_t index);

/// Creates the temporary table of what happened to documents (collections with changes).
extern const char* const create_changes;

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
  /// Bytes of rows that went in while isolating and were taken back: they bloat the tables.
  [[nodiscard]] std::uint64_t wasted() const { return wasted_; }
  /// Rows of the collection's documents that replaced older ones (merge without changes).
  [[nodiscard]] std::uint64_t updated(std::uint32_t collection) const;
  /// Rows that went because the collection was emptied.
  [[nodiscard]] std::uint64_t emptied(std::uint32_t collection) const;

 private:
  struct Totals {
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;
    std::uint64_t updated = 0;
    std::uint64_t emptied = 0;
  };
  /// Rows [first, end) of one batch's table; all of documents that are being loaded.
  struct Slice {
    const doc::TableRows* rows;
    std::uint32_t batch;
    std::size_t first, end;
  };
  using Documents = std::span<const DocAt>;
  /// What of a collection is loaded at once.
  struct Share {
    std::uint32_t collection;
    Documents documents;
    std::vector<std::vector<Slice>> tables;
    bool emptied = false, unseen = false;
  };

  [[nodiscard]] std::vector<DocAt> documents_of(std::uint32_t collection) const;
  [[nodiscard]] std::vector<DocAt> removals_of(std::uint32_t collection) const;
  [[nodiscard]] Share share(std::uint32_t collection, Documents documents) const;
  [[nodiscard]] std::vector<Slice> slices(bool identities, std::size_t table,
                                          Documents documents) const;
  /// Stages rows and removes those that go. Throws RowsRefused.
  void prepare(const Share& share, Totals& totals);
  void stage(const Share& share, Totals& totals);
  void remove(const Share& share, Totals& totals);
  [[nodiscard]] bool may_lose_rows(const Share& share, std::size_t table) const;
  /// Writes the staged rows, parents first, and those that need no staging. Throws RowsRefused.
  void write(const Share& share, Totals& totals);
  void clear(std::uint32_t collection);
  void copy(const std::string& sql, doc::CopyFormat format, const std::vector<Slice>& slices);
  /// Runs a statement whose refusal as data is the documents' fault.
  Rows run(const std::string& sql);
  void add(std::uint32_t collection, const Totals& totals);
  /// All of it in a savepoint; nothing if it worked.
  std::optional<RowsRefused> try_load(std::uint32_t collection, Documents documents);
  void isolate(std::uint32_t collection, Documents documents, std::optional<DocAt> suspect);
  void isolate_backwards(std::uint32_t collection, Documents documents);
  void retry_by_order();
  void set_constraints_immediate();

  CopySession& session_;
  const LoaderConfig& config_;
  const std::vector<std::vector<TableSql>>& sql_;
  std::span<const doc::RowBatch> batches_;
  const std::atomic<bool>& stop_;
  std::vector<Refusal> refusals_;
  std::uint64_t rows_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t wasted_ = 0;
  std::map<std::uint32_t, std::uint64_t> updated_;
  std::map<std::uint32_t, std::uint64_t> emptied_;
};

}  // namespace arango2pg::pg
