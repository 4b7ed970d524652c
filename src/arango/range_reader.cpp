#include "arango/range_reader.h"

#include <algorithm>
#include <utility>

#include "arango/cursor.h"
#include "arango/raw_json.h"
#include "base/error.h"
#include "base/log.h"
#include "doc/json.h"

namespace arango2pg::arango {
namespace {

std::optional<std::string> member_of(const doc::Document& document, std::string_view name) {
  const auto value = document.root().find(name);
  if (!value || value->kind() != doc::Kind::string) return std::nullopt;
  std::string scratch;
  return std::string(value->string(scratch));
}

/// Two pages are in flight, and other readers and the lanes need room too.
std::uint64_t page_aim(const Session& session, const ByteBudget& budget) {
  constexpr std::uint64_t smallest = 64U << 10;
  return std::max(smallest, std::min(session.options().page_bytes, budget.limit() / 8));
}

}  // namespace

std::string KeyRange::json() const {
  std::string out;
  const auto add = [&out](std::string_view name, const std::string& text) {
    out.append(out.empty() ? "{\"" : ",\"").append(name).append("\":");
    doc::append_json_string(out, text);
  };
  if (lo) add("lo", *lo);
  if (hi) add("hi", *hi);
  if (!shard.empty()) add("shard", shard);
  return out.empty() ? "{}" : out + "}";
}

KeyRange KeyRange::parse(const std::string& json) {
  doc::PaddedBuffer text;
  text.append(json);
  doc::Document document;
  if (document.parse(text.view()))
    throw Error(Exit::source, "stored part of a collection can't be read",
                "The control schema was written by another version; start over with --fresh.");
  return {member_of(document, "lo"), member_of(document, "hi"),
          member_of(document, "shard").value_or("")};
}

std::vector<doc::PartSpec> joined_ranges(const std::vector<doc::PartSpec>& parts, std::size_t lanes,
                                         std::uint64_t documents) {
  std::uint64_t all = 0;
  for (const auto& part : parts) all += part.documents;
  const std::size_t wanted = std::max<std::size_t>({lanes, all / documents, 1});
  const std::size_t together = (parts.size() + wanted - 1) / wanted;
  std::vector<doc::PartSpec> out;
  std::size_t joined = 0;
  for (const auto& part : parts) {
    const KeyRange range = KeyRange::parse(part.spec);
    KeyRange last = out.empty() ? KeyRange() : KeyRange::parse(out.back().spec);
    const bool follows = last.hi && last.hi == range.lo && last.shard == range.shard;
    if (!follows || joined >= together) {
      out.push_back(part);
      out.back().stream = static_cast<std::uint32_t>(out.size() - 1);
      joined = 1;
      continue;
    }
    last.hi = range.hi;
    out.back().spec = last.json();
    out.back().documents += part.documents;
    out.back().bytes += part.bytes;
    ++joined;
  }
  return out;
}

Query key_query(const std::string& collection, const KeyRange& range, bool hinted) {
  Query query;
  query.collection = collection;
  query.lo = range.lo.value_or("");
  query.hi = range.hi;
  query.shard = range.shard;
  query.text = "FOR d IN @@c ";
  if (hinted) query.text += "OPTIONS { indexHint: \"primary\", forceIndexHint: true } ";
  query.text += "FILTER d._key > @lo ";
  if (range.hi) query.text += "AND d._key <= @hi ";
  query.text += "SORT d._key ";
  return query;
}

RangeReader::RangeReader(std::shared_ptr<Session> session, std::vector<doc::PartTask> tasks,
                         ByteBudget& budget)
    : client_(std::move(session)),
      budget_(budget),
      tasks_(std::move(tasks)),
      ahead_([this](const std::stop_token& stop) { return produce(stop); }) {
  std::reverse(tasks_.begin(), tasks_.end());
  if (!tasks_.empty()) begin_part();
}

RangeReader::~RangeReader() = default;

std::optional<doc::DocBatch> RangeReader::next(const std::stop_token& stop) {
  return ahead_.next(stop);
}

void RangeReader::begin_part() {
  const doc::PartTask& task = tasks_.back();
  range_ = KeyRange::parse(task.spec.spec);
  last_key_ = task.position.empty() ? range_.lo.value_or("") : task.position;
  seq_ = 0;
  if (!size_)
    size_.emplace(page_aim(client_.session(), budget_),
                  task.spec.documents > 0 ? task.spec.bytes / task.spec.documents : 0);
}

/// Runs on the thread of ahead_. The lease is taken here, so that this reader never holds one page
/// while it waits for the bytes of the next.
std::optional<doc::DocBatch> RangeReader::produce(const std::stop_token& stop) {
  if (tasks_.empty()) return std::nullopt;
  doc::DocBatch batch;
  batch.lease = budget_.acquire(size_->aim(), stop);
  if (stop.stop_requested()) return std::nullopt;
  restarts_ = 0;
  if (!fetch_page(batch, stop)) return std::nullopt;
  check_order(batch);
  batch.collection = tasks_.back().collection;
  batch.part = tasks_.back().id;
  batch.seq = seq_++;
  batch.position_after = last_key_;
  batch.lease.resize(batch.bytes.capacity() + batch.docs.capacity() * sizeof(doc::DocRef));
  // Only an empty page is the end: some server versions lose the last row of a LIMIT (protocol
  // 4.7), and then a short page is not the last one.
  if (batch.docs.empty()) {
    batch.last = true;
    tasks_.pop_back();
    if (!tasks_.empty()) begin_part();
  }
  return batch;
}

/// False if it was stopped.
bool RangeReader::fetch_page(doc::DocBatch& batch, const std::stop_token& stop) {
  for (;;) {
    KeyRange from = range_;
    from.lo = last_key_;
    Query query = key_query(tasks_.back().spec.collection, from, hinted_);
    query.text += "LIMIT @n RETURN d";
    query.n = size_->documents();
    query.batch_size = size_->documents();
    query.body_limit = size_->limit();
    batch.bytes.clear();
    batch.docs.clear();
    const Reply reply = client_.call(create_cursor(query), batch.bytes, stop);
    if (reply.stopped) return false;
    if (!reply.ok()) {
      adapt_or_fail(reply);
      continue;
    }
    const CursorState state = read_cursor_answer(batch.bytes, 0, batch.docs);
    if (state.has_more && !fetch_rest(state, batch, stop)) {
      if (stop.stop_requested()) return false;
      continue;
    }
    size_->learn(batch.docs.size(), batch.bytes.size());
    return true;
  }
}

/// The server may cut a page into several batches. False if the page has to be asked for again, or
/// it was stopped.
bool RangeReader::fetch_rest(CursorState state, doc::DocBatch& batch, const std::stop_token& stop) {
  while (state.has_more) {
    const std::size_t begin = batch.bytes.size();
    const Reply reply = client_.call(next_batch(state, false), batch.bytes, stop);
    if (reply.ok()) {
      const std::string id = state.id;
      state = read_cursor_answer(batch.bytes, begin, batch.docs);
      if (state.id.empty()) state.id = id;
      continue;
    }
    client_.try_once(delete_cursor(state.id));
    if (reply.stopped) return false;
    if (!reply.lost && reply.error_num != 1600) adapt_or_fail(reply);
    if (++restarts_ > most_restarts)
      throw Client::failure("collection '" + tasks_.back().spec.collection +
                                "' can't be read: the cursor of a page is lost again and again",
                            reply);
    return false;
  }
  return true;
}

/// Changes what the next try asks for, or throws Error(source) if that can't help.
void RangeReader::adapt_or_fail(const Reply& reply) {
  const std::string what = "cannot read collection '" + tasks_.back().spec.collection + "'";
  const bool out_of_memory = reply.error_num == 32;
  if ((reply.too_large || out_of_memory) && size_->documents() > 1) {
    size_->shrink(reply.length);
    spdlog::debug("source.page smaller collection={} documents={}", tasks_.back().spec.collection,
                  size_->documents());
    return;
  }
  if (reply.too_large)
    throw Error(
        Exit::source, what + ": a document is larger than 4 GiB",
        "No JSONB value can be that large; remove the document or leave the collection out.");
  if (reply.error_num == 1577 && hinted_) {
    // The order of every page is checked, so a server that picks another index can't lose documents
    // unnoticed.
    hinted_ = false;
    return;
  }
  const bool ended_by_server = reply.error_num == 1500 || reply.error_num == 21;
  if (ended_by_server && ++restarts_ <= most_restarts) return;
  if (reply.status == 403)
    throw Client::failure(what, reply, "The user needs read access to the collection.");
  if (reply.error_num == 1203)
    throw Client::failure(what, reply, "It was dropped or renamed under the run.");
  if (out_of_memory) throw Client::failure(what, reply, "Raise the server's --query.memory-limit.");
  throw Client::failure(what, reply);
}

/// Keyset paging is only right if pages come in byte order: a page in another order (an index hint
/// without effect, shards merged by locale) would skip documents for ever.
void RangeReader::check_order(const doc::DocBatch& batch) {
  for (std::size_t i = 0; i < batch.docs.size(); ++i) {
    const auto key = plain_string_member(batch.document(i), "_key");
    if (!key && i + 1 < batch.docs.size()) continue;  // the mapping will reject it
    const bool in_range =
        key && std::string_view(last_key_) < *key && (!range_.hi || *key <= *range_.hi);
    if (!in_range)
      throw Error(Exit::source,
                  "collection '" + tasks_.back().spec.collection +
                      "' does not come in the order of its keys: reading it in pages would lose "
                      "documents",
                  "Please report this with the server's version; arangodump and a dump: source "
                  "work around it.");
    last_key_ = *key;
  }
}

}  // namespace arango2pg::arango
