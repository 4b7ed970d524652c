#include "arango/cursor_reader.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace arango2pg::arango {
namespace {

/// A coordinator's own default, said aloud: the lanes may keep us waiting between two batches.
constexpr std::chrono::seconds cursor_ttl{600};

constexpr std::uint64_t most_documents = 10'000;
constexpr std::uint64_t usual_documents = 1000;

/// The size of a batch can't be changed later, so it is chosen for what is known beforehand.
std::uint64_t batch_size(const doc::PartSpec& spec, std::uint64_t aim) {
  if (spec.documents == 0 || spec.bytes == 0) return usual_documents;
  const std::uint64_t each = std::max<std::uint64_t>(spec.bytes / spec.documents, 1);
  return std::clamp<std::uint64_t>(aim / each, 1, most_documents);
}

}  // namespace

CursorReader::CursorReader(std::shared_ptr<Session> session, std::vector<doc::PartTask> tasks,
                           ByteBudget& budget, bool allow_retry)
    : client_(std::move(session)),
      budget_(budget),
      tasks_(std::move(tasks)),
      allow_retry_(allow_retry),
      aim_(std::min(client_.session().options().page_bytes,
                    std::max<std::uint64_t>(budget.limit() / 8, 64U << 10))) {
  std::reverse(tasks_.begin(), tasks_.end());
  ahead_.emplace([this](const std::stop_token& stop) { return produce(stop); });
}

CursorReader::~CursorReader() {
  ahead_.reset();  // joins the thread, which uses the cursor
  close();
}

std::optional<doc::DocBatch> CursorReader::next(const std::stop_token& stop) {
  return ahead_->next(stop);
}

Call CursorReader::next_call() const {
  if (created_) return next_batch(state_, allow_retry_);
  Query query;
  query.text = "FOR d IN @@c RETURN d";
  query.collection = tasks_.back().spec.collection;
  query.stream = true;
  query.allow_retry = allow_retry_;
  query.ttl = cursor_ttl;
  query.batch_size = batch_size(tasks_.back().spec, aim_);
  return create_cursor(query);
}

std::optional<doc::DocBatch> CursorReader::produce(const std::stop_token& stop) {
  if (tasks_.empty()) return std::nullopt;
  doc::DocBatch batch;
  batch.lease = budget_.acquire(aim_, stop);
  if (stop.stop_requested()) return std::nullopt;
  const Reply reply = client_.call(next_call(), batch.bytes, stop);
  if (reply.stopped) return std::nullopt;
  if (!reply.ok()) fail(reply);
  created_ = true;
  state_ = read_cursor_answer(batch.bytes, 0, batch.docs);
  if (!state_.id.empty()) open_id_ = state_.id;
  if (state_.id.empty()) state_.id = open_id_;
  documents_ += batch.docs.size();
  batch.collection = tasks_.back().collection;
  batch.part = tasks_.back().id;
  batch.seq = seq_++;
  batch.position_after = std::to_string(documents_);
  batch.lease.resize(batch.bytes.capacity() + batch.docs.capacity() * sizeof(doc::DocRef));
  if (!state_.has_more) {
    if (!allow_retry_) open_id_.clear();  // the server has dropped it with its last batch
    close();
    batch.last = true;
    tasks_.pop_back();
    created_ = false;
    documents_ = seq_ = 0;
  }
  return batch;
}

/// Throws Error(source); retryable if the collection can be read from its beginning.
void CursorReader::fail(const Reply& reply) const {
  const std::string what = "cannot read collection '" + tasks_.back().spec.collection + "'";
  const std::string hint = "The same command starts this collection over.";
  if (reply.lost)
    throw Error(Exit::source, what + ": a batch was lost: " + reply.message, hint, true);
  if (created_ && reply.error_num == 1600)
    throw Error(Exit::source, what + ": the server has lost its cursor", hint, true);
  throw Client::failure(what, reply);
}

/// The snapshot that a cursor holds keeps the server from tidying up.
void CursorReader::close() {
  if (!open_id_.empty()) client_.try_once(delete_cursor(std::exchange(open_id_, {})));
}

}  // namespace arango2pg::arango
