/// \file
/// Keyset paging: reads a range of keys of one collection (or of one shard) in byte order. The
/// position is the last key read, so reading goes on anywhere at the cost of one index seek.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arango/ahead.h"
#include "arango/cursor.h"
#include "arango/page_size.h"
#include "doc/ports.h"

namespace arango2pg::arango {

/// Keys in (lo, hi], what PartSpec::spec of a range says. Bounds compare bytewise.
struct KeyRange {
  std::optional<std::string> lo, hi;
  std::string shard;  ///< empty = the whole collection

  [[nodiscard]] std::string json() const;
  static KeyRange parse(const std::string& json);
};

/// A collection's parts in their order, neighbours joined: to about `lanes` parts, or more if each
/// would hold more than `documents`. Ranges of different shards stay apart.
std::vector<doc::PartSpec> joined_ranges(const std::vector<doc::PartSpec>& parts, std::size_t lanes,
                                         std::uint64_t documents);

/// `FOR d IN @@c … FILTER d._key > @lo [AND d._key <= @hi] SORT d._key LIMIT … RETURN …`. Without a
/// lower bound lo is "", which is below every key. `hinted` forces the primary index, without which
/// the server would compare keys by its locale.
Query key_query(const std::string& collection, const KeyRange& range, bool hinted);

class RangeReader final : public doc::Reader {
 public:
  RangeReader(std::shared_ptr<Session> session, std::vector<doc::PartTask> tasks,
              ByteBudget& budget);
  ~RangeReader() override;

  std::optional<doc::DocBatch> next(const std::stop_token& stop) override;

 private:
  std::optional<doc::DocBatch> produce(const std::stop_token& stop);
  void begin_part();
  bool fetch_page(doc::DocBatch& batch, const std::stop_token& stop);
  bool fetch_rest(CursorState state, doc::DocBatch& batch, const std::stop_token& stop);
  void adapt_or_fail(const Reply& reply);
  void check_order(const doc::DocBatch& batch);

  Client client_;
  ByteBudget& budget_;
  std::vector<doc::PartTask> tasks_;  ///< the one at work is the last
  KeyRange range_;
  std::string last_key_;
  std::optional<PageSize> size_;
  bool hinted_ = true;
  unsigned restarts_ = 0;  ///< of the page at work
  std::uint64_t seq_ = 0;
  Ahead<doc::DocBatch> ahead_;  ///< last: its thread uses the rest
};

}  // namespace arango2pg::arango
