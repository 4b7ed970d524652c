/// \file
/// AQL queries and their answers (protocol 3).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "arango/client.h"
#include "doc/batch.h"

namespace arango2pg::arango {

/// A query that the server gives up on (killed, its cursor lost between two batches) is asked again
/// so often.
inline constexpr unsigned most_restarts = 5;
/// Documents asked for by key in one query.
inline constexpr std::size_t most_keys = 1000;

/// A query over one collection, `@@c`; further bind values as far as the text uses them.
struct Query {
  std::string text;
  std::string collection;
  std::optional<std::string> lo, hi;       ///< @lo, @hi
  std::optional<std::uint64_t> n, offset;  ///< @n, @off
  std::vector<std::string> keys;           ///< @keys, if there are any
  std::string value;                       ///< JSON of @value, if there is one
  std::string shard;                       ///< options.shardIds; empty = all
  std::uint64_t batch_size = 1000;
  bool stream = false;
  bool allow_retry = false;      ///< 3.11 on: a lost batch can be asked for again
  std::chrono::seconds ttl{0};   ///< 0 = the server's
  std::uint64_t body_limit = 0;  ///< see Call

  /// The body of POST /_api/cursor. `fillBlockCache` is off: a bulk read must not push out what the
  /// server's users need.
  [[nodiscard]] std::string json() const;
};

/// What an answer says beside its rows.
struct CursorState {
  bool has_more = false;
  std::string id;          ///< empty = the cursor is gone
  std::string next_batch;  ///< empty = the server is too old to say
};

/// Finds the rows of an answer that begins at `begin`: appends them to `rows` (offsets in `body`).
/// Throws Error(source) if the text is no cursor answer.
CursorState read_cursor_answer(const doc::PaddedBuffer& body, std::size_t begin,
                               std::vector<doc::DocRef>& rows);

/// POST /_api/cursor.
Call create_cursor(const Query& query);
/// The batch behind the one that gave `state`. With `retryable` (Query::allow_retry) the same call
/// may be sent again.
Call next_batch(const CursorState& state, bool retryable);
/// DELETE /_api/cursor/{id}.
Call delete_cursor(const std::string& id);

}  // namespace arango2pg::arango
