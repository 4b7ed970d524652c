// FOR: over arrays, ranges and collections. Each shard is read in byte order of keys (index) or in
// order of writing (full scan); a sorted read of several shards is merged by ICU order, as a
// coordinator does it (protocol 4.4).
#include <algorithm>

#include "fake_arango/api_error.h"
#include "fake_arango/aql_run.h"
#include "fake_arango/collation.h"

namespace fake_arango {
namespace {

using Op = Expr::Op;

struct Bounds {
  std::optional<std::pair<std::string, bool>> low;   // key, inclusive
  std::optional<std::pair<std::string, bool>> high;  // key, inclusive
  bool nothing = false;
  std::optional<std::vector<std::string>> points;  // == and IN: sorted, different

  void raise(const std::string& key, bool inclusive) {
    if (!low || key > low->first || (key == low->first && !inclusive)) low.emplace(key, inclusive);
  }
  void lower(const std::string& key, bool inclusive) {
    if (!high || key < high->first || (key == high->first && !inclusive))
      high.emplace(key, inclusive);
  }
  void only(std::vector<std::string> keys) {
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    if (points)
      std::erase_if(keys, [&](const std::string& k) {
        return !std::binary_search(points->begin(), points->end(), k);
      });
    points = std::move(keys);
  }
  [[nodiscard]] bool contains(std::string_view key) const {
    if (nothing) return false;
    if (low && (key < low->first || (key == low->first && !low->second))) return false;
    return !(high && (key > high->first || (key == high->first && !high->second)));
  }
};

// What a comparison with something other than a string means (protocol 4.2).
void bound_by_other(Bounds& b, Op op, const Value& v) {
  if (v.is_number() && v.number().kind == Number::Kind::real)
    throw ApiError{500, 4, "internal error: unhandled type for valNode"};
  const bool above_all = v.is_array() || v.is_object();
  if (op == Op::equal) b.nothing = true;
  if ((op == Op::less || op == Op::less_equal) && !above_all) b.nothing = true;
  if ((op == Op::greater || op == Op::greater_equal) && above_all) b.nothing = true;
}

Bounds bounds_of(Evaluation& run, const ScanPlan& plan) {
  Bounds b;
  for (const ScanPlan::Condition& c : plan.conditions) {
    const Value v = run.evaluate(*c.value);
    if (c.op == Op::in) {
      std::vector<std::string> keys;
      if (v.is_array())
        for (const Value& k : v.items())
          if (k.is_string()) keys.push_back(k.string());
      b.only(std::move(keys));
    } else if (!v.is_string()) {
      bound_by_other(b, c.op, v);
    } else {
      switch (c.op) {
        case Op::equal:
          b.only({v.string()});
          break;
        case Op::greater:
          b.raise(v.string(), false);
          break;
        case Op::greater_equal:
          b.raise(v.string(), true);
          break;
        case Op::less:
          b.lower(v.string(), false);
          break;
        default:
          b.lower(v.string(), true);
      }
    }
  }
  return b;
}

// Documents of one shard, one after the other.
class ShardStream {
 public:
  virtual ~ShardStream() = default;
  [[nodiscard]] virtual std::optional<DocRef> next() = 0;
};

class RangeStream : public ShardStream {
 public:
  RangeStream(const ShardData& shard, const Bounds& b, bool descending)
      : shard_(shard), descending_(descending) {
    first_ = b.low ? shard.seek(b.low->first, b.low->second) : shard.begin();
    last_ = b.high ? shard.seek(b.high->first, !b.high->second) : shard.end();
    const bool empty = b.nothing || first_.chunk > last_.chunk ||
                       (first_.chunk == last_.chunk && first_.index >= last_.index);
    if (empty) first_ = last_;
  }
  std::optional<DocRef> next() override {
    if (first_.chunk == last_.chunk && first_.index == last_.index) return std::nullopt;
    ShardData::Position p = first_;
    if (descending_) {
      shard_.back(last_);
      p = last_;
    } else {
      shard_.forward(first_);
    }
    return DocRef{shard_.chunks[p.chunk].get(), static_cast<std::uint32_t>(p.index)};
  }

 private:
  const ShardData& shard_;
  ShardData::Position first_, last_;
  bool descending_;
};

class PointStream : public ShardStream {
 public:
  PointStream(const ShardData& shard, const Bounds& b, bool descending) {
    for (const std::string& key : *b.points) {
      const auto p = b.contains(key) ? shard.find(key) : std::nullopt;
      if (p) found_.push_back({shard.chunks[p->chunk].get(), static_cast<std::uint32_t>(p->index)});
    }
    if (!descending) std::reverse(found_.begin(), found_.end());
  }
  std::optional<DocRef> next() override {
    if (found_.empty()) return std::nullopt;
    const DocRef d = found_.back();
    found_.pop_back();
    return d;
  }

 private:
  std::vector<DocRef> found_;
};

// In order of writing, which is not the order of keys.
class WriteOrderStream : public ShardStream {
 public:
  explicit WriteOrderStream(const ShardData& shard) {
    order_.reserve(shard.count);
    for (const auto& c : shard.chunks)
      for (std::size_t i = 0; i < c->entries.size(); ++i)
        order_.push_back({c->entries[i].sequence, {c.get(), static_cast<std::uint32_t>(i)}});
    const auto by_sequence = [](const Item& a, const Item& b) { return a.sequence < b.sequence; };
    if (!std::is_sorted(order_.begin(), order_.end(), by_sequence))
      std::sort(order_.begin(), order_.end(), by_sequence);
  }
  std::optional<DocRef> next() override {
    if (at_ == order_.size()) return std::nullopt;
    return order_[at_++].document;
  }

 private:
  struct Item {
    std::uint64_t sequence;
    DocRef document;
  };
  std::vector<Item> order_;
  std::size_t at_ = 0;
};

// What a coordinator makes of the streams of its shards.
class Gather {
 public:
  Gather(std::vector<std::unique_ptr<ShardStream>> streams, bool merges, bool descending)
      : streams_(std::move(streams)),
        merges_(merges && streams_.size() > 1),
        descending_(descending) {
    if (!merges_) return;
    for (auto& s : streams_) heads_.push_back(s->next());
  }

  std::optional<DocRef> next() {
    if (merges_) return next_merged();
    for (; at_ < streams_.size(); ++at_)
      if (auto d = streams_[at_]->next()) return d;
    return std::nullopt;
  }

 private:
  std::optional<DocRef> next_merged() {
    std::size_t best = heads_.size();
    for (std::size_t i = 0; i < heads_.size(); ++i)
      if (heads_[i] && (best == heads_.size() || before(*heads_[i], *heads_[best]))) best = i;
    if (best == heads_.size()) return std::nullopt;
    const auto d = heads_[best];
    heads_[best] = streams_[best]->next();
    return d;
  }

  [[nodiscard]] bool before(const DocRef& a, const DocRef& b) const {
    const int c = compare_text(a.chunk->key(a.index), b.chunk->key(b.index));
    return descending_ ? c > 0 : c < 0;
  }

  std::vector<std::unique_ptr<ShardStream>> streams_;
  std::vector<std::optional<DocRef>> heads_;
  std::size_t at_ = 0;
  bool merges_;
  bool descending_;
};

class CollectionScan : public Step {
 public:
  CollectionScan(std::unique_ptr<Step> input, const Clause& clause, const ScanPlan& plan)
      : input_(std::move(input)),
        collection_(clause.expression->name),
        slot_(clause.slot),
        plan_(plan) {}

  bool next(Evaluation& run) override {
    for (;;) {
      if (!gather_) {
        if (!enter(run)) return false;
      }
      if (auto d = gather_->next()) {
        if (plan_.primary) {
          ++run.stats.scanned_index;
          ++run.stats.document_lookups;
        } else {
          ++run.stats.scanned_full;
        }
        run.slots[slot_] = Value(*d);
        return true;
      }
      gather_.reset();
    }
  }

 private:
  bool enter(Evaluation& run) {
    if (input_ ? !input_->next(run) : started_) return false;
    started_ = true;
    const Snapshot& snapshot = run.collection(collection_);
    const Bounds bounds = plan_.primary ? bounds_of(run, plan_) : Bounds{};
    std::vector<std::unique_ptr<ShardStream>> streams;
    for (std::size_t i = 0; i < snapshot.shards.size(); ++i) {
      if (!run.uses_shard(snapshot.info.shard_names[i])) continue;
      const ShardData& shard = *snapshot.shards[i];
      if (!plan_.primary) {
        streams.push_back(std::make_unique<WriteOrderStream>(shard));
      } else if (bounds.points) {
        streams.push_back(std::make_unique<PointStream>(shard, bounds, plan_.descending));
      } else {
        streams.push_back(std::make_unique<RangeStream>(shard, bounds, plan_.descending));
      }
      if (plan_.primary) ++run.stats.seeks;
    }
    gather_ = std::make_unique<Gather>(std::move(streams), plan_.sorted, plan_.descending);
    return true;
  }

  std::unique_ptr<Step> input_;
  std::string collection_;
  unsigned slot_;
  ScanPlan plan_;
  std::unique_ptr<Gather> gather_;
  bool started_ = false;
};

class ListScan : public Step {
 public:
  ListScan(std::unique_ptr<Step> input, const Clause& clause)
      : input_(std::move(input)), expression_(clause.expression), slot_(clause.slot) {}

  bool next(Evaluation& run) override {
    for (;;) {
      if (inside_) {
        if (counting_ && left_ > 0) {
          run.slots[slot_] = Value(number_);
          number_ += step_;
          --left_;
          return true;
        }
        if (!counting_ && at_ < items_.items().size()) {
          run.slots[slot_] = items_.items()[at_++];
          return true;
        }
        inside_ = false;
      }
      if (!enter(run)) return false;
    }
  }

 private:
  bool enter(Evaluation& run) {
    if (input_ ? !input_->next(run) : started_) return false;
    started_ = true;
    inside_ = true;
    counting_ = expression_->op == Op::range;
    if (counting_) {  // not built as an array: 1..1000000000 costs nothing
      number_ = run.evaluate(*expression_->kids[0]).as_integer();
      const std::int64_t last = run.evaluate(*expression_->kids[1]).as_integer();
      step_ = last >= number_ ? 1 : -1;
      left_ = (last - number_) * step_ + 1;
      return true;
    }
    items_ = run.evaluate(*expression_);
    if (!items_.is_array())
      throw ApiError{400, 1563, "collection or array expected as operand to FOR loop"};
    at_ = 0;
    return true;
  }

  std::unique_ptr<Step> input_;
  ExprPtr expression_;
  unsigned slot_;
  Value items_ = Array{};
  std::size_t at_ = 0;
  bool counting_ = false;
  std::int64_t number_ = 0, step_ = 1, left_ = 0;
  bool inside_ = false;
  bool started_ = false;
};

}  // namespace

std::unique_ptr<Step> make_scan(std::unique_ptr<Step> input, const Clause& clause,
                                const ScanPlan* scan) {
  if (scan != nullptr) return std::make_unique<CollectionScan>(std::move(input), clause, *scan);
  return std::make_unique<ListScan>(std::move(input), clause);
}

}  // namespace fake_arango
