/// \file
/// One streaming cursor over a whole collection: for clusters that don't let us read shard by
/// shard. Can't go on in the middle.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "arango/ahead.h"
#include "arango/cursor.h"
#include "doc/ports.h"

namespace arango2pg::arango {

class CursorReader final : public doc::Reader {
 public:
  /// `allow_retry`: the server (3.11 on) sends a lost batch again.
  CursorReader(std::shared_ptr<Session> session, std::vector<doc::PartTask> tasks,
               ByteBudget& budget, bool allow_retry);
  ~CursorReader() override;

  std::optional<doc::DocBatch> next(const std::stop_token& stop) override;

 private:
  std::optional<doc::DocBatch> produce(const std::stop_token& stop);
  [[nodiscard]] Call next_call() const;
  [[noreturn]] void fail(const Reply& reply) const;
  void close();

  Client client_;
  ByteBudget& budget_;
  std::vector<doc::PartTask> tasks_;  ///< the one at work is the last
  const bool allow_retry_;
  const std::uint64_t aim_;
  bool created_ = false;
  CursorState state_;
  std::string open_id_;  ///< to be deleted
  std::uint64_t documents_ = 0;
  std::uint64_t seq_ = 0;
  std::optional<Ahead<doc::DocBatch>> ahead_;  ///< last: its thread uses the rest
};

}  // namespace arango2pg::arango
