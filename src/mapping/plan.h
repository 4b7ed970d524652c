/// \file
/// A compiled mapping: immutable, shared by all threads without locks. Everything mutable is in
/// Scratch.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "doc/batch.h"
#include "doc/copy_rows.h"
#include "doc/json.h"
#include "doc/table.h"
#include "mapping/spec.h"

namespace arango2pg::mapping {

/// A table that the plan writes. Parallel to doc::RowBatch::tables.
struct TargetTable {
  doc::Table table;                  ///< from the catalog, or as it is to be created
  std::vector<std::string> columns;  ///< the COPY list, in row order
  doc::CopyFormat format = doc::CopyFormat::text;
  std::vector<std::string> key;  ///< columns that identify a row
  std::string revision;          ///< column, "" = none
  bool create = false;           ///< to be created if absent
  std::vector<std::string>
      create_sql;  ///< then: CREATE TABLE and its indexes, quoted, ready to run
  bool indexes_after = true;
  /// What becomes of the row of a deleted document. `soft` where nothing was said and the table has
  /// a column deleted_at, `hard` where it has none.
  OnDelete on_delete = OnDelete::soft;
  /// Columns whose values follow from the document's key alone and tell its row (resync): the key,
  /// or a column that the mapping fills with `meta: key` or its likes. Empty: nothing tells. Root
  /// tables only.
  std::vector<std::string> identity;
  /// A text column that holds the document's key as it is, "" = none. Root tables only.
  std::string key_column;
  std::vector<std::string> run_columns;  ///< whose value depends on the run that wrote it
  int parent = -1;  ///< index of the table whose document this child row belongs to; -1 = own
  /// Columns here that hold the parent's key, parallel to its `key`; empty if not all of it is
  /// here.
  std::vector<std::string> parent_key;
  bool keep_before = false;  ///< rows are kept as they were before a run changes them
  bool is_audit = false;     ///< rows written by `audit: { table: … }`
};

/// What a column is filled from; for reports.
struct ColumnUse {
  std::size_t table = 0;  ///< index into CollectionPlan::tables()
  std::string column;
  std::string word;                ///< the source word: "path", "document", …
  std::vector<std::string> paths;  ///< attributes it reads, elements of arrays as "list[].name"
  bool converted = false;          ///< `then` changes the value on its way
  /// `document`: the attributes at the top that it takes: only these, or all but those.
  bool takes_document = false, has_only = false;
  std::vector<std::string> only, omit;
  std::string
      reference;  ///< collection that a reference points to; "" = none, or given by the value
};

struct CompileOptions {
  std::optional<doc::CopyFormat> format;  ///< nothing = binary where every column allows it
  std::string target_schema = "public";  ///< for unqualified names in `into` that are to be created
  /// Write the members of objects for jsonb columns in the order in which jsonb stores them: saves
  /// PostgreSQL a fifth of its time. False: as they stand in the document (for people to read).
  bool jsonb_order = true;
  /// For a resync: batches get RowBatch::ids and RowBatch::identities. Throws Error(usage) for
  /// tables that a resync can't keep up to date, with what to change.
  bool follow = false;
  /// For comparing with what is there, not for COPY: every table in binary form. Types that have
  /// none come as text.
  bool compare = false;
};

/// Looks a table up in the target's catalog; nothing = no such table. Absent function = no target
/// (validate, tests).
using TableLookup = std::function<std::optional<doc::Table>(const TableName&)>;

/// Memory that apply() reuses from batch to batch. One per thread.
class Scratch {
 public:
  explicit Scratch(RunId run);
  ~Scratch();
  Scratch(Scratch&&) noexcept;
  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

/// Looks at the documents of a batch while apply() has them parsed, so that nobody parses them
/// again.
class DocumentWatcher {
 public:
  virtual ~DocumentWatcher() = default;
  /// Each document once, in order, before anything is decided about it. `document` is empty (but
  /// for its text) if that is no JSON.
  virtual void saw(std::uint32_t index, const doc::Document& document) = 0;
};

/// All mappings of one collection. Thread-safe (immutable).
class CollectionPlan {
 public:
  /// Checks the specs (all with the same `from`) against the catalog: tables, columns, types, keys,
  /// generated columns. Throws Error(usage) naming file and line, before anything is read.
  static std::shared_ptr<const CollectionPlan> compile(const doc::CollectionInfo& collection,
                                                       const std::vector<Spec>& specs,
                                                       const TableLookup& lookup,
                                                       const CompileOptions& options);
  virtual ~CollectionPlan() = default;

  [[nodiscard]] virtual const std::string& collection() const = 0;
  /// Parents before children, referenced tables before referencing ones.
  [[nodiscard]] virtual const std::vector<TargetTable>& tables() const = 0;
  [[nodiscard]] virtual AuditLevel audit() const = 0;
  /// "what" → "value" pairs in plain words that decide what rows look like; compared when a run is
  /// resumed.
  [[nodiscard]] virtual std::vector<std::pair<std::string, std::string>> description() const = 0;

  [[nodiscard]] virtual std::vector<ColumnUse> uses() const = 0;

  /// Parse, validate, transform, encode. Never throws for what a document holds: that becomes a
  /// Rejection.
  [[nodiscard]] doc::RowBatch apply(doc::DocBatch batch, Scratch& scratch) const {
    return apply(std::move(batch), scratch, nullptr);
  }
  /// `watcher` may be null.
  [[nodiscard]] virtual doc::RowBatch apply(doc::DocBatch batch, Scratch& scratch,
                                            DocumentWatcher* watcher) const = 0;
};

}  // namespace arango2pg::mapping
