/// \file
/// Documents that the target keeps as bytea (quarantine, differences), read like those of a source.
#pragma once

#include <string>
#include <vector>

#include "doc/ports.h"
#include "pg/connection.h"
#include "run/options.h"

namespace arango2pg::run {

/// Which rows, for one collection: a table with the columns id and document, and a condition with
/// its parameters. Rows without a document are passed over.
struct StoredRows {
  std::string table, where;
  std::vector<pg::Param> params;
};

/// Reads in the order of the ids; the position is the last id. Holds about a page of documents at a
/// time, or one that is larger.
class StoredDocuments : public doc::Reader {
 public:
  StoredDocuments(const TargetOptions& target, const std::string& purpose,
                  std::vector<doc::PartTask> parts, ByteBudget& budget);
  std::optional<doc::DocBatch> next(const std::stop_token& stop) override;

 protected:
  [[nodiscard]] virtual StoredRows rows_of(const std::string& collection) const = 0;
  /// Told the id of each document that goes into the batch.
  virtual void taken(doc::DocBatch&, std::int64_t) const {}

 private:
  void fill(doc::DocBatch& batch, const std::string& collection);

  pg::Connection connection_;
  std::vector<doc::PartTask> parts_;
  ByteBudget& budget_;
  std::size_t at_ = 0;
  std::uint64_t seq_ = 0;
  std::string position_;
};

}  // namespace arango2pg::run
