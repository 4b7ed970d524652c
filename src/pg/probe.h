/// \file
/// What PostgreSQL itself would say: rows go by COPY into temporary tables with the types,
/// constraints and keys of the real ones. The real tables are only read.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "doc/batch.h"
#include "doc/copy_rows.h"
#include "doc/table.h"
#include "pg/connection.h"

namespace arango2pg::pg {

struct ProbeTable {
  doc::Table table;                  ///< as it is, or as it is to be created
  std::vector<std::string> columns;  ///< COPY list
  doc::CopyFormat format = doc::CopyFormat::text;
  std::vector<std::string> key;         ///< columns that identify a row
  std::vector<std::string> create_sql;  ///< of a table that does not exist yet
};

struct ProbeConfig {
  std::string conninfo;
  /// By RowBatch::collection, then parallel to RowBatch::tables.
  std::vector<std::vector<ProbeTable>> collections;
  bool merge = false;  ///< a row replaces one with its key; what the tables hold now counts
  /// So many bytes of each table are kept to measure its size and the time its indexes take.
  std::uint64_t sample_bytes = 32U << 20;
};

/// A document that PostgreSQL would refuse.
struct ProbeRefusal {
  std::uint32_t batch = 0, doc = 0;
  std::string rule;     ///< pg_<condition>
  std::string message;  ///< without data
};

struct ProbedIndex {
  std::string name, method;
  bool secondary = false;   ///< built after the load; else filled by it
  std::uint64_t bytes = 0;  ///< of the sample
  double seconds = 0;       ///< to build it over the sample
};

/// One table's sample.
struct ProbedTable {
  TableName name;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;  ///< heap and TOAST, without indexes
  std::vector<ProbedIndex> indexes;
  double analyze_seconds = 0;  ///< of the sample, with its indexes: ANALYZE computes expressions
};

/// A materialized view that shows tables of the probe.
struct ProbedView {
  TableName name;
  double seconds = 0;  ///< its query over the samples
};

struct ProbedTarget {
  std::vector<ProbedTable> tables;  ///< those with rows
  std::vector<ProbedView> views;    ///< those that could be asked
};

/// One session, one thread at a time. Throws Error(target); a lost session can't be taken up again,
/// since its temporary tables are gone.
class Probe {
 public:
  /// Connects and makes the temporary tables.
  explicit Probe(ProbeConfig config);
  ~Probe();
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  /// Ascending by batch and document. Keys of good rows are remembered, so later batches clash with
  /// them and may point at them.
  std::vector<ProbeRefusal> check(std::span<doc::RowBatch> batches);

  /// Sizes of the samples, and how long it takes to make them ready for use; call it once, at the
  /// end.
  ProbedTarget measure();
  /// COPY bytes that went in, and the time that PostgreSQL took for them and for refusing others.
  [[nodiscard]] std::uint64_t bytes() const;
  /// Bytes that went in and were taken back with a refused document: in real tables they leave dead
  /// rows.
  [[nodiscard]] std::uint64_t wasted() const;
  [[nodiscard]] double seconds() const;
  /// What could not be probed, for people.
  [[nodiscard]] const std::vector<std::string>& notes() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace arango2pg::pg
