// The clauses behind FOR, as steps that pull rows from each other.
#include <algorithm>
#include <map>
#include <set>

#include "fake_arango/aql_functions.h"
#include "fake_arango/aql_run.h"
#include "fake_arango/collation.h"

namespace fake_arango {
namespace {

class Once : public Step {
 public:
  bool next(Evaluation&) override { return !std::exchange(done_, true); }

 private:
  bool done_ = false;
};

class Filter : public Step {
 public:
  Filter(std::unique_ptr<Step> input, const Clause& c)
      : input_(std::move(input)), condition_(c.expression) {}
  bool next(Evaluation& run) override {
    while (input_->next(run)) {
      if (run.evaluate(*condition_).truthy()) return true;
      ++run.stats.filtered;
      if (run.stats.filtered % 1024 == 0) run.check_runtime();
    }
    return false;
  }

 private:
  std::unique_ptr<Step> input_;
  ExprPtr condition_;
};

class Let : public Step {
 public:
  Let(std::unique_ptr<Step> input, const Clause& c)
      : input_(std::move(input)), expression_(c.expression), slot_(c.slot) {}
  bool next(Evaluation& run) override {
    if (!input_->next(run)) return false;
    run.slots[slot_] = run.evaluate(*expression_);
    return true;
  }

 private:
  std::unique_ptr<Step> input_;
  ExprPtr expression_;
  unsigned slot_;
};

class Sort : public Step {
 public:
  Sort(std::unique_ptr<Step> input, const Clause& c) : input_(std::move(input)), by_(c.sort) {}
  bool next(Evaluation& run) override {
    if (!read_) read(run);
    if (at_ == rows_.size()) return false;
    run.slots = rows_[at_++].slots;
    return true;
  }

 private:
  struct Row {
    Array keys;
    std::vector<Value> slots;
  };
  void read(Evaluation& run) {
    read_ = true;
    while (input_->next(run)) {
      Row row;
      for (const auto& [e, _] : by_) row.keys.push_back(run.evaluate(*e));
      row.slots = run.slots;
      rows_.push_back(std::move(row));
      if (rows_.size() % 1024 == 0) run.check_runtime();
    }
    std::stable_sort(rows_.begin(), rows_.end(), [&](const Row& a, const Row& b) {
      for (std::size_t i = 0; i < by_.size(); ++i)
        if (const int c = compare_values(a.keys[i], b.keys[i]); c != 0)
          return by_[i].second ? c > 0 : c < 0;
      return false;
    });
  }
  std::unique_ptr<Step> input_;
  std::vector<std::pair<ExprPtr, bool>> by_;
  std::vector<Row> rows_;
  std::size_t at_ = 0;
  bool read_ = false;
};

class Limit : public Step {
 public:
  Limit(std::unique_ptr<Step> input, const Clause& c, bool counts_rest)
      : input_(std::move(input)),
        offset_(c.offset ? static_cast<std::uint64_t>(c.offset->value.as_integer()) : 0),
        count_(static_cast<std::uint64_t>(c.count->value.as_integer())),
        counts_rest_(counts_rest) {}
  bool next(Evaluation& run) override {
    for (; seen_ < offset_; ++seen_)
      if (!input_->next(run)) return finish(run, false);
    if (seen_ - offset_ < count_) {
      if (!input_->next(run)) return finish(run, false);
      ++seen_;
      return true;
    }
    return finish(run, true);
  }

 private:
  bool finish(Evaluation& run, bool more) {
    if (!counts_rest_) return false;
    if (more)
      while (input_->next(run)) ++seen_;
    run.stats.full_count = seen_;
    counts_rest_ = false;
    return false;
  }
  std::unique_ptr<Step> input_;
  std::uint64_t offset_, count_;
  std::uint64_t seen_ = 0;
  bool counts_rest_;
};

class Collect : public Step {
 public:
  Collect(std::unique_ptr<Step> input, Clause c)
      : input_(std::move(input)), clause_(std::move(c)) {}
  bool next(Evaluation& run) override {
    if (!read_) read(run);
    if (at_ == groups_.size()) return false;
    const Group& g = groups_[at_++];
    for (std::size_t i = 0; i < clause_.keys.size(); ++i)
      run.slots[clause_.keys[i].first] = g.keys[i];
    for (std::size_t i = 0; i < clause_.aggregates.size(); ++i)
      run.slots[clause_.aggregates[i].slot] =
          aggregate(clause_.aggregates[i].function, g.values[i]);
    if (clause_.into) run.slots[*clause_.into] = g.members;
    if (clause_.count_into) run.slots[*clause_.count_into] = Value(g.count);
    return true;
  }

 private:
  struct Group {
    Array keys;
    std::vector<Array> values;
    Array members;
    std::uint64_t count = 0;
  };
  struct Less {
    bool operator()(const Array& a, const Array& b) const {
      return compare_values(Value(a), Value(b)) < 0;
    }
  };

  void read(Evaluation& run) {
    read_ = true;
    std::map<Array, Group, Less> groups;
    while (input_->next(run)) {
      Array keys;
      for (const auto& [_, e] : clause_.keys) keys.push_back(run.evaluate(*e));
      Group& g = groups[keys];
      if (g.count++ == 0) {
        g.keys = keys;
        g.values.resize(clause_.aggregates.size());
      }
      for (std::size_t i = 0; i < clause_.aggregates.size(); ++i)
        g.values[i].push_back(run.evaluate(*clause_.aggregates[i].argument));
      if (clause_.into) g.members.push_back(member(run));
    }
    for (auto& [_, g] : groups) groups_.push_back(std::move(g));
    // Without group keys there is one row even for no input.
    if (groups_.empty() && clause_.keys.empty()) {
      groups_.emplace_back();
      groups_.back().values.resize(clause_.aggregates.size());
    }
  }

  Value member(Evaluation& run) {
    if (clause_.into_expression) return run.evaluate(*clause_.into_expression);
    Object o;
    for (const auto& [name, slot] : clause_.visible) o.emplace_back(name, run.slots[slot]);
    return o;
  }

  std::unique_ptr<Step> input_;
  Clause clause_;
  std::vector<Group> groups_;
  std::size_t at_ = 0;
  bool read_ = false;
};

}  // namespace

std::unique_ptr<Step> make_step(std::unique_ptr<Step> input, const Clause& c, bool counts_rest) {
  if (!input) input = std::make_unique<Once>();
  switch (c.kind) {
    case Clause::Kind::filter:
      return std::make_unique<Filter>(std::move(input), c);
    case Clause::Kind::let:
      return std::make_unique<Let>(std::move(input), c);
    case Clause::Kind::sort:
      return std::make_unique<Sort>(std::move(input), c);
    case Clause::Kind::limit:
      return std::make_unique<Limit>(std::move(input), c, counts_rest);
    case Clause::Kind::collect:
      return std::make_unique<Collect>(std::move(input), c);
    default:
      return input;
  }
}

}  // namespace fake_arango
