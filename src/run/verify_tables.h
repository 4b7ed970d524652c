/// \file
/// The tables that a plan fills, as verify looks at them: one table for all mappings that write it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "doc/row_digest.h"
#include "pg/read_rows.h"
#include "run/plan_run.h"

namespace arango2pg::run {

/// Pieces of a table that are read in one go: small enough to be repeated, large enough that
/// starting one costs nothing.
inline constexpr std::uint64_t piece_bytes = 8U << 20;
/// Rows that are asked for by key in one query.
inline constexpr std::size_t rows_at_once = 500;

struct VerifiedTable {
  pg::ReadTable read;           ///< all columns that some mapping fills
  doc::ComparedTable compared;  ///< likewise
  std::vector<std::string> key;
  std::string key_column;               ///< holds the document's key as it is, "" = none
  int parent = -1;                      ///< table whose rows its rows belong to
  std::vector<std::string> parent_key;  ///< columns here, parallel to the parent's `key`
  mapping::OnDelete on_delete = mapping::OnDelete::hard;
  bool keep_before = false;
  bool printed = false;                    ///< has columns that PostgreSQL must print for us
  std::vector<std::uint32_t> collections;  ///< that fill it
  std::vector<std::string> left_out;       ///< mapped columns that can't be compared

  [[nodiscard]] std::size_t column(const std::string& name) const;
  /// The values of some columns of a row.
  [[nodiscard]] std::vector<doc::Field> pick(const std::vector<doc::Field>& row,
                                             const std::vector<std::string>& columns) const;
};

/// Where the rows of one target of a collection's plan belong.
struct VerifiedRows {
  int table = -1;            ///< -1 = not compared (an audit table)
  std::vector<int> columns;  ///< for each of the table's columns, the target's; -1 = NULL
  std::size_t width = 0;     ///< columns of the target's rows
  bool root = false;
};

struct VerifyPlan {
  RunPlan run;
  std::vector<VerifiedTable> tables;
  std::vector<std::vector<VerifiedRows>> rows;  ///< [collection][target of its plan]

  /// The fields of a row as the table has them. `own` is what read_row() gave.
  static void arrange(const VerifiedRows& rows, const std::vector<doc::Field>& own,
                      std::vector<doc::Field>& out);
};

/// Throws Error(usage) for what can't be compared, Error(target) for tables that are missing or may
/// not be read. Collections that fill the same table are verified together: `--collection` brings
/// in the others, since their rows would have no document otherwise; `added` names them.
VerifyPlan make_verify_plan(MigrateOptions options, doc::Source& source, pg::Connection& target,
                            std::vector<std::string>& added);

}  // namespace arango2pg::run
