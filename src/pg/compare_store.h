/// \file
/// What a comparison keeps in the control schema: its state, so that it can go on after a kill, and
/// what it found.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/ids.h"
#include "doc/row_fields.h"
#include "pg/ledger.h"
#include "pg/read_rows.h"

namespace arango2pg::pg {

/// A document or row that differs; one row of arango2pg.difference.
struct Difference {
  std::string collection;
  std::string key;  ///< of the document, "" = unknown
  std::string table;
  std::string row;                            ///< the row's key, for people
  std::string kind;                           ///< different | missing | extra
  std::string path;                           ///< column and path inside of it
  std::string what;                           ///< without values
  std::optional<std::string> source, target;  ///< values, for those who asked for data
  std::string document;                       ///< raw; only if it is to be repaired
  bool repaired = false;
};

/// An entry of the quarantine that still counts (open or discarded).
struct Quarantined {
  std::string key;
  std::optional<std::uint64_t> revision;
  std::string rule;
};

/// One connection; one thread at a time. Throws Error(target); after a retryable one the next call
/// connects again.
class CompareStore {
 public:
  explicit CompareStore(std::string conninfo);
  ~CompareStore();

  /// Writes state, sums and the positions of parts in one transaction.
  void save(RunId run, const std::string& state_json, std::span<const std::uint64_t> sums,
            const std::vector<PartRecord>& parts);
  /// Only the parts: what `status` shows.
  void save_parts(const std::vector<PartRecord>& parts);
  /// The state that was saved last, if any; `sums` is resized and filled.
  std::optional<std::string> load(RunId run, std::vector<std::uint64_t>& sums);
  void forget(RunId run);

  void add(RunId run, const std::vector<Difference>& differences);
  void remove_differences(RunId run);
  /// The first `limit` ones, in the order they were found.
  std::vector<Difference> differences(RunId run, std::uint64_t limit);
  void mark_repaired(RunId run, const std::string& collection,
                     const std::vector<std::string>& keys);
  void mark_rows_repaired(RunId run, const std::string& table,
                          const std::vector<std::string>& rows);
  /// Documents of the source are not kept longer than they are needed.
  void drop_documents(RunId run);

  /// What the quarantine has under these keys.
  std::vector<Quarantined> in_quarantine(const std::string& collection,
                                         const std::vector<std::string>& keys);
  /// True if these very bytes are in quarantine without a key.
  bool bytes_in_quarantine(const std::string& collection, std::string_view document);

  /// Deletes the rows with these keys and writes an audit entry for each; or, with `soft`, marks
  /// them in the table's `deleted` column. Rows that PostgreSQL refuses to part with stay: returns
  /// the reason, "" if all went.
  std::string remove_rows(RunId run, const std::string& collection, const ReadTable& table,
                          const std::vector<std::string>& key_columns,
                          const std::vector<std::vector<doc::Field>>& keys, bool soft);
  /// Takes the mark of deleted rows back.
  void bring_back(const ReadTable& table, const std::vector<std::string>& key_columns,
                  const std::vector<std::vector<doc::Field>>& keys);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace arango2pg::pg
