/// \file
/// Unique and foreign keys without a target, or without a probe: what the rows of all documents say
/// about each other.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "doc/batch.h"
#include "pg/inspect.h"
#include "run/hash_set.h"
#include "run/plan_run.h"

namespace arango2pg::run {

/// A document that PostgreSQL would refuse for its keys.
struct KeyRefusal {
  std::uint32_t doc = 0;
  std::string rule;  ///< pg_unique_violation | pg_foreign_key_violation
  std::string message;
};

/// One thread at a time. Batches must come in load order: referenced tables first.
class KeyCheck {
 public:
  /// `tables` by name, as inspected; empty without a target: then the mapping's keys are checked.
  /// `memory`: bytes that all sets may take.
  KeyCheck(const RunPlan& plan, const std::map<TableName, pg::TableInfo>& tables,
           std::uint64_t memory);

  /// Ascending by document. The keys of the others are remembered.
  std::vector<KeyRefusal> check(const doc::RowBatch& batch);

  /// What is not checked, for people; complete after the last check().
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

 private:
  struct Set {
    HashSet hashes;
    std::string table;
    bool full = false;
  };
  struct Key {
    std::string name;
    std::vector<std::size_t> columns;  ///< positions in the COPY list
    std::shared_ptr<Set> set;
  };
  struct Table {
    const mapping::TargetTable* target = nullptr;
    std::vector<Key> unique;
    std::vector<Key> foreign;
    std::size_t last_column = 0;  ///< the highest position that is asked for
  };
  struct Fields {
    std::vector<std::string_view> values;
    std::vector<bool> null;
  };

  void add_unique(Table& table, const std::string& name, const std::vector<std::string>& columns);
  void add_foreign(Table& table, const pg::ForeignKeyInfo& key, std::size_t wave);
  bool positions(const Table& table, const std::vector<std::string>& columns,
                 std::vector<std::size_t>& out) const;
  std::shared_ptr<Set> set_of(const TableName& table, std::vector<std::string> columns);
  static void read(const Table& table, std::string_view row, Fields& fields);
  static bool hash_of(const Key& key, const Fields& fields, std::uint64_t& hash);
  void remember(Set& set, std::uint64_t hash);

  std::vector<std::vector<Table>> collections_;  ///< by RowBatch::collection, then table
  std::map<std::pair<TableName, std::vector<std::string>>, std::shared_ptr<Set>> sets_;
  std::map<TableName, std::size_t> complete_after_;  ///< number of the wave that ends a table
  std::vector<std::string> notes_;
  std::uint64_t memory_;
  Fields fields_;
};

}  // namespace arango2pg::run
