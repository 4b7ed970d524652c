/// \file
/// Runs a query: plan, steps, expressions.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "fake_arango/aql_ast.h"
#include "fake_arango/store.h"

namespace fake_arango {

/// Members of a cursor's `options` that change what a query does.
struct QueryOptions {
  std::vector<std::string> rules;      ///< optimizer.rules
  std::vector<std::string> shard_ids;  ///< empty = all
  bool full_count = false;
  std::chrono::duration<double> max_runtime{0};  ///< 0 = no limit
};

struct QueryStats {
  std::uint64_t scanned_full = 0;
  std::uint64_t scanned_index = 0;
  std::uint64_t document_lookups = 0;
  std::uint64_t seeks = 0;
  std::uint64_t filtered = 0;
  std::optional<std::uint64_t> full_count;
};

/// What a query may see.
struct QueryContext {
  const Store* store = nullptr;
  std::string database;
  std::string user;
  std::string version;
  /// False: 403 / 11 on reading the collection.
  std::function<bool(const std::string& collection)> may_read;
};

/// How a FOR over a collection reads it.
struct ScanPlan {
  struct Condition {
    Expr::Op op;  ///< equal, in, less, less_equal, greater, greater_equal
    ExprPtr value;
  };
  std::vector<Condition> conditions;  ///< on _key, covered by the primary index
  bool primary = false;               ///< reads the primary index, else the whole collection
  bool sorted = false;                ///< the index gives the order; the SORT is gone
  bool descending = false;
};

/// A block with its clauses as they run: covered filters and sorts removed.
struct PlannedBlock {
  std::vector<Clause> clauses;
  std::map<std::size_t, ScanPlan> scans;  ///< by index of the FOR clause
  std::vector<std::string> rules;         ///< optimizer rules that were used
};

/// Throws ApiError 1577.
PlannedBlock plan_block(const Block& block, const QueryOptions& options,
                        const std::function<std::vector<Value>(const std::string&)>& indexes_of);

class Step;

/// One query being run; the values of its variables. Holds snapshots of its collections from the
/// start. Not thread-safe.
class Evaluation {
 public:
  /// Throws ApiError: 1203, 11, 1577.
  Evaluation(Query query, QueryOptions options, QueryContext context);
  ~Evaluation();
  Evaluation(const Evaluation&) = delete;
  Evaluation& operator=(const Evaluation&) = delete;

  /// The next row; nothing at the end. Throws ApiError. Unparsed documents in it live as long as
  /// this.
  std::optional<Value> next();

  Value evaluate(const Expr& e);
  Array run_block(const Block& block);
  const Snapshot& collection(const std::string& name) const { return snapshots_.at(name); }
  /// Is this shard read, after options.shardIds?
  [[nodiscard]] bool uses_shard(const std::string& name) const;
  void warn(int code, const std::string& message);
  void check_runtime() const;
  double random();

  [[nodiscard]] const QueryContext& context() const { return context_; }
  [[nodiscard]] const QueryOptions& options() const { return options_; }
  [[nodiscard]] const Array& warnings() const { return warnings_; }
  [[nodiscard]] const PlannedBlock& plan() const { return plan_; }
  [[nodiscard]] const Query& query() const { return query_; }
  [[nodiscard]] double seconds() const;

  QueryStats stats;
  std::vector<Value> slots;

 private:
  struct Pipeline;
  Value expand(const Expr& e);
  Value arithmetic(Expr::Op op, const Value& a, const Value& b);
  Value object(const Expr& e);

  Query query_;
  QueryOptions options_;
  QueryContext context_;
  std::map<std::string, Snapshot> snapshots_;
  PlannedBlock plan_;
  std::unique_ptr<Pipeline> pipeline_;
  std::map<const Block*, PlannedBlock> subplans_;
  Array warnings_;
  std::mt19937_64 random_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

/// Pulls rows: each leaves its result in the slots of the evaluation.
class Step {
 public:
  virtual ~Step() = default;
  virtual bool next(Evaluation& run) = 0;
};

/// `scan` null = an array or range is walked. `input` null = once.
std::unique_ptr<Step> make_scan(std::unique_ptr<Step> input, const Clause& clause,
                                const ScanPlan* scan);
std::unique_ptr<Step> make_step(std::unique_ptr<Step> input, const Clause& clause,
                                bool counts_rest);

}  // namespace fake_arango
