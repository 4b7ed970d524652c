/// \file
/// How much room rows will take in PostgreSQL, computed from their COPY form: heap tuples, TOAST,
/// compression. A sample of the rows is measured, exactly as PostgreSQL lays them out.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "doc/batch.h"
#include "doc/json.h"
#include "mapping/plan.h"

namespace arango2pg::run {

/// Bytes of a value inside a jsonb column, without the varlena header.
std::uint64_t jsonb_size(const doc::Value& value);

/// Bytes that LZ4 would make of `text` (its fast compressor, to within a few percent).
std::uint64_t lz4_size(std::string_view text);

/// Sums over the sampled rows of one table.
struct TableSizes {
  std::uint64_t rows = 0;
  std::uint64_t heap = 0;              ///< tuples with their line pointers
  std::uint64_t toast = 0;             ///< chunks and their index
  std::vector<std::uint64_t> columns;  ///< by COPY position: bytes of the values
  void merge(const TableSizes& other);
  /// Heap and TOAST of `all` rows, in whole pages.
  [[nodiscard]] std::uint64_t table_bytes(std::uint64_t all) const;
};

/// One thread at a time; those of several threads are merged.
class SizeSampler {
 public:
  explicit SizeSampler(std::vector<const mapping::CollectionPlan*> plans);
  /// Looks at the rows of all of the first thousand documents, then of every sixteenth, later of
  /// every 64th.
  void add(const doc::RowBatch& batch);
  void merge(const SizeSampler& other);
  [[nodiscard]] const std::vector<TableSizes>& tables(std::size_t collection) const {
    return sizes_[collection];
  }

 private:
  struct Attribute {
    std::uint64_t size = 0;  ///< of the value, without header
    bool varying = false;
    std::uint64_t compressed = 0;  ///< 0 = not worth it, or not known
    unsigned align = 1;
  };
  void row(const mapping::TargetTable& table, std::string_view row, TableSizes& sizes);
  Attribute attribute(const doc::ColumnType& type, std::string_view field, bool binary);
  void add_tuple(std::vector<Attribute>& attributes, bool nulls, TableSizes& sizes);

  std::vector<const mapping::CollectionPlan*> plans_;
  std::vector<std::vector<TableSizes>> sizes_;
  std::vector<std::uint64_t> seen_;
  doc::Document document_;
  doc::PaddedBuffer text_;
};

}  // namespace arango2pg::run
