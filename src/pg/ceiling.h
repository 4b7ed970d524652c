/// \file
/// How fast the target takes given rows if nothing else is asked of it: the measure of a load.
#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "doc/batch.h"
#include "doc/copy_rows.h"
#include "pg/connection.h"

namespace arango2pg::pg {

struct CeilingTable {
  TableName name;                    ///< rows go into a table like this one, not into it
  std::vector<std::string> columns;  ///< COPY list
  std::vector<std::string> key;      ///< gets a unique index, as the target has; may be empty
  doc::CopyFormat format = doc::CopyFormat::text;
};

struct CeilingConfig {
  std::string conninfo;
  std::vector<CeilingTable> tables;  ///< parallel to RowBatch::tables
  unsigned lanes = 2;
  std::chrono::milliseconds time{3000};  ///< begins no new round after this
};

/// Sends all batches again and again by plain COPY, each lane its share into tables of its own, in
/// a transaction that is rolled back: nothing stays, whatever happens (but for numbers that a
/// column's default takes from a sequence). Bytes of their source documents a second, all lanes
/// together; 0 if there are none or `stop` came. Throws Error(target).
double measure_ceiling(const CeilingConfig& config, const std::vector<doc::RowBatch>& batches,
                       const std::stop_token& stop);

}  // namespace arango2pg::pg
