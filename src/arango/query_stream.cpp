#include "arango/query_stream.h"

#include <utility>

#include "base/error.h"

namespace arango2pg::arango {

QueryStream::QueryStream(std::shared_ptr<Session> session, Query query)
    : client_(std::move(session)), query_(std::move(query)) {
  query_.stream = true;
}

/// The snapshot that a cursor holds keeps the server from tidying up.
QueryStream::~QueryStream() {
  if (!open_id_.empty()) client_.try_once(delete_cursor(open_id_));
}

bool QueryStream::next(doc::DocBatch& batch, const std::stop_token& stop) {
  if (created_ && !state_.has_more) return false;
  const std::size_t begin = batch.bytes.size();
  const Reply reply = client_.call(
      created_ ? next_batch(state_, query_.allow_retry) : create_cursor(query_), batch.bytes, stop);
  if (reply.stopped) return false;
  const std::string what = "cannot read documents of collection '" + query_.collection + "'";
  if (reply.lost || reply.error_num == 1600)
    throw Error(Exit::source, what + ": the server has lost its cursor",
                "The same command starts this collection over.", true);
  if (!reply.ok()) throw Client::failure(what, reply);
  created_ = true;
  state_ = read_cursor_answer(batch.bytes, begin, batch.docs);
  if (!state_.id.empty()) open_id_ = state_.id;
  if (state_.id.empty()) state_.id = open_id_;
  if (!state_.has_more && !query_.allow_retry) open_id_.clear();  // dropped with its last batch
  return true;
}

}  // namespace arango2pg::arango
