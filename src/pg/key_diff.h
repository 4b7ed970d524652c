/// \file
/// Which documents of a page the target does not have as they are: for tables whose rows can't be
/// read in the order of their documents' keys.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "doc/batch.h"
#include "pg/loader.h"

namespace arango2pg::pg {

/// Where a pass notes what it has seen of a table; what is there and was not seen may go.
struct SeenTable {
  std::size_t table = 0;  ///< of the collection
  TableName name;         ///< in the control schema
};

/// One connection, one thread. Lost connections are reopened and the call repeated. Throws
/// Error(target).
class KeyDiff {
 public:
  KeyDiff(const std::string& conninfo, const std::string& purpose, const LoadCollection& collection,
          std::vector<SeenTable> seen, std::chrono::seconds give_up_after);
  ~KeyDiff();

  struct Difference {
    std::string key;
    bool newer = false;  ///< the target has a later revision than the source
  };
  /// `identities`: as RowBatch::identities, of documents with different keys. Documents that are in
  /// quarantine as they are don't differ. What was compared is noted as seen when it returns.
  std::vector<Difference> compare(const std::vector<doc::TableRows>& identities);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Makes the tables for a pass; those that exist stay as they are.
void create_seen_tables(Connection& connection, const LoadCollection& collection,
                        const std::vector<SeenTable>& seen);
/// Drops those of this run, and what runs that ended have left.
void drop_seen_tables(Connection& connection, RunId run);

}  // namespace arango2pg::pg
