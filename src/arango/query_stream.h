/// \file
/// The documents of one query, batch by batch, through a streaming cursor.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "arango/cursor.h"
#include "doc/batch.h"

namespace arango2pg::arango {

/// One thread at a time. Owns: the cursor.
class QueryStream {
 public:
  QueryStream(std::shared_ptr<Session> session, Query query);
  ~QueryStream();
  QueryStream(const QueryStream&) = delete;
  QueryStream& operator=(const QueryStream&) = delete;

  /// Appends the next rows. False behind the last ones, and when `stop` was requested. Throws
  /// Error(source); retryable if asking the query again helps.
  bool next(doc::DocBatch& batch, const std::stop_token& stop);

 private:
  Client client_;
  Query query_;
  CursorState state_;
  std::string open_id_;
  bool created_ = false;
};

}  // namespace arango2pg::arango
