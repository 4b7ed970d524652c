#include "arango/wal.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "arango/raw_json.h"
#include "arango/url.h"
#include "base/error.h"
#include "base/log.h"

namespace arango2pg::arango {
namespace {

// Marker types (protocol 6.6); all others are none of our business.
constexpr std::uint64_t create_collection = 2000, drop_collection = 2001, rename_collection = 2002,
                        truncate_collection = 2004, begin_transaction = 2200,
                        commit_transaction = 2201, write_document = 2300, remove_document = 2302;

constexpr const char* revisions_hint =
    "Use `--strategy revisions`, which compares keys and revisions.";

/// Digits with or without quotes; 0 for anything else.
std::uint64_t number(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"') text = text.substr(1, text.size() - 2);
  std::uint64_t n = 0;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

std::uint64_t header(const Reply& reply, std::string_view name) {
  for (const auto& [n, value] : reply.headers)
    if (n == name) return number(value);
  return 0;
}

bool is_true(const Reply& reply, std::string_view name) {
  return std::any_of(reply.headers.begin(), reply.headers.end(),
                     [&](const auto& h) { return h.first == name && h.second == "true"; });
}

Error refused(const Reply& reply) {
  if (reply.status == 501)
    return {Exit::source, "a cluster has no common log to read changes from", revisions_hint};
  if (reply.status == 403)
    return {Exit::source, "the user may not read the server's log",
            std::string("Give it write access to the database _system. ") + revisions_hint};
  return Client::failure("cannot read the server's log", reply, revisions_hint);
}

}  // namespace

/// The members of a line; views of it.
struct WalReader::Marker {
  std::uint64_t tick = 0, type = 0, tid = 0;
  std::string_view cuid, data;
  bool has_tid = false;
};

WalReader::WalReader(std::shared_ptr<Session> session, WalOptions options)
    : client_(std::move(session)),
      options_(std::move(options)),
      from_(options_.from),
      // Only who says where it stands gets large transactions in pieces; the least that counts
      // is 1.
      last_scanned_(std::max<std::uint64_t>(options_.from, 1)),
      position_(options_.from) {}

WalReader::Answer WalReader::ask(const std::stop_token& stop) {
  Call call;
  call.path = "/_api/wal/tail?from=" + std::to_string(from_) +
              "&lastScanned=" + std::to_string(last_scanned_) +
              "&chunkSize=" + std::to_string(options_.chunk_bytes) +
              "&includeSystem=" + (options_.include_system ? "true" : "false");
  if (options_.syncer_id != 0)
    call.path += "&syncerId=" + std::to_string(options_.syncer_id) +
                 "&clientInfo=" + percent_encode(options_.client_info);
  const Reply reply = client_.call(call, bytes_, stop);
  Answer answer;
  answer.stopped = reply.stopped;
  if (reply.stopped) return answer;
  if (!reply.ok()) throw refused(reply);
  answer.last_included = header(reply, "x-arango-replication-lastincluded");
  answer.last_scanned = header(reply, "x-arango-replication-lastscanned");
  answer.last_tick = header(reply, "x-arango-replication-lasttick");
  answer.more = is_true(reply, "x-arango-replication-checkmore");
  answer.from_present = is_true(reply, "x-arango-replication-frompresent");
  if (answer.last_tick == 0)
    throw Error(Exit::source, "the answer of the server's log does not say where it stands",
                "Something between here and the server drops the x-arango-replication headers; try "
                "without the proxy.");
  return answer;
}

/// Why the log behind the position is not all there; empty if it is. That the position itself is
/// not in the log any more does not mean that something behind it is missing (protocol 6.4).
std::string WalReader::missing(const Answer& answer, const std::stop_token& stop) {
  if (answer.last_tick < from_)
    return "the server's log ends at " + std::to_string(answer.last_tick) +
           ", before the position " + std::to_string(from_) +
           ": the server was restored from an older copy, or is another one";
  if (answer.from_present || answer.last_tick == from_) return {};
  Call call;
  call.path = "/_api/wal/range";
  doc::PaddedBuffer body;
  const Reply reply = client_.call(call, body, stop);
  if (reply.stopped) return {};
  if (!reply.ok()) throw refused(reply);
  const auto first = plain_string_member(body.view(), "tickMin");
  if (first && number(*first) <= from_ + 1) return {};
  return "the server has dropped its log before " + std::string(first.value_or("its present end")) +
         ", and the position is " + std::to_string(from_);
}

WalChunk WalReader::next(const std::stop_token& stop) {
  for (;;) {
    const Answer answer = ask(stop);
    WalChunk nothing;
    nothing.tick = position_;
    nothing.last_tick = answer.last_tick;
    if (answer.stopped) return nothing;
    // Each answer tells: the log may be dropped behind a reader that is too slow.
    if (from_ != 0 || checked_) {
      nothing.lost = missing(answer, stop);
      if (stop.stop_requested()) nothing.lost.clear();
      if (!nothing.lost.empty() || stop.stop_requested()) return nothing;
    }
    checked_ = true;
    read_lines();
    // A transaction's first operation has its begin's tick: should an answer end between them, the
    // begin is asked for once more.
    if (answer.last_included != 0) from_ = answer.last_included - (at_begin_ ? 1 : 0);
    last_scanned_ = std::max<std::uint64_t>(answer.last_scanned, 1);
    // The commit marker can be cut off together with the last document of its tick.
    if (!answer.more && !at_begin_) close_transaction();
    if (whole_bytes_ > 0 || !answer.more) {
      WalChunk chunk = take(whole_events_, whole_bytes_, std::max(whole_tick_, position_));
      if (!answer.more && answer.last_included == 0) {
        // Nothing of ours up to what was looked at.
        from_ = std::max(from_, answer.last_scanned);
        chunk.tick = position_ = std::max(position_, from_);
      }
      chunk.last_tick = answer.last_tick;
      chunk.caught_up = !answer.more;
      return chunk;
    }
    if (bytes_.size() > options_.transaction_bytes) {
      WalChunk part = take(events_.size(), bytes_.size(), std::max(from_, position_));
      part.whole = false;
      part.last_tick = answer.last_tick;
      return part;
    }
  }
}

void WalReader::read_lines() {
  while (read_ < bytes_.size()) {
    const std::string_view rest = bytes_.view().substr(read_);
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    if (end > 0) read_line(rest.substr(0, end));
    read_ += std::min(end + 1, rest.size());
    if (tid_ == 0) {
      whole_events_ = events_.size();
      whole_bytes_ = read_;
      whole_tick_ = tick_;
    }
  }
}

/// Everything read so far is complete.
void WalReader::close_transaction() {
  tid_ = 0;
  whole_events_ = events_.size();
  whole_bytes_ = read_;
  whole_tick_ = std::max(whole_tick_, tick_);
}

void WalReader::read_line(std::string_view line) {
  Marker m;
  RawMembers members(line);
  while (const auto member = members.next()) {
    if (member->name == "tick") m.tick = number(member->value);
    if (member->name == "type") m.type = number(member->value);
    if (member->name == "cuid") m.cuid = string_text(member->value);
    if (member->name == "data") m.data = member->value;
    if (member->name != "tid") continue;
    m.tid = number(member->value);
    m.has_tid = true;
  }
  if (!members.complete() || m.tick == 0 || m.type == 0)
    throw Error(
        Exit::source,
        "a line of the server's log behind tick " + std::to_string(tick_) + " can't be read",
        "Something between here and the server changes answers; try without the proxy.");
  // Transactions are never interleaved: another id, or a marker without one, means that the commit
  // marker of the one before was cut off.
  if (tid_ != 0 && m.tid != tid_) close_transaction();
  // In the middle of a transaction its begin is not repeated.
  if (m.has_tid && m.tid != 0 && m.type != commit_transaction) tid_ = m.tid;
  if (m.type == commit_transaction) tid_ = 0;
  const bool again = m.type == begin_transaction && at_begin_ && m.tick == tick_;
  if (m.type == begin_transaction && whole_bytes_ < read_ && !again) {
    // A second section of the same transaction (intermediate commit): the first is complete.
    whole_events_ = events_.size();
    whole_bytes_ = read_;
    whole_tick_ = tick_;
  }
  tick_ = m.tick;
  at_begin_ = m.type == begin_transaction;
  add_event(m);
}

void WalReader::add_event(const Marker& m) {
  WalEvent event;
  event.tick = m.tick;
  switch (m.type) {
    case write_document:
      event.kind = WalEvent::Kind::write;
      event.document = place(m.data);
      event.key = place(plain_string_member(m.data, "_key").value_or(std::string_view()));
      break;
    case remove_document:
      event.kind = WalEvent::Kind::remove;
      event.key = place(plain_string_member(m.data, "_key").value_or(std::string_view()));
      event.revision = place(plain_string_member(m.data, "_rev").value_or(std::string_view()));
      break;
    case truncate_collection:
      event.kind = WalEvent::Kind::truncate;
      break;
    case create_collection:
    case rename_collection:
      event.kind = m.type == create_collection ? WalEvent::Kind::create : WalEvent::Kind::rename;
      event.name = plain_string_member(m.data, "name").value_or(std::string_view());
      break;
    case drop_collection:
      event.kind = WalEvent::Kind::drop;
      break;
    default:
      return;
  }
  event.collection = collection(m.cuid);
  events_.push_back(std::move(event));
}

std::uint32_t WalReader::collection(std::string_view cuid) {
  // Neighbours in the log are mostly of one collection.
  if (!events_.empty() && collections_[events_.back().collection] == cuid)
    return events_.back().collection;
  const auto at = std::find(collections_.begin(), collections_.end(), cuid);
  const auto index = static_cast<std::uint32_t>(at - collections_.begin());
  if (at == collections_.end()) collections_.emplace_back(cuid);
  return index;
}

doc::DocRef WalReader::place(std::string_view text) const {
  if (text.data() == nullptr) return {};
  return {static_cast<std::uint32_t>(text.data() - bytes_.data()),
          static_cast<std::uint32_t>(text.size())};
}

/// A chunk of the first `events` events and `bytes` bytes; the rest is kept for the next one.
WalChunk WalReader::take(std::size_t events, std::size_t bytes, std::uint64_t tick) {
  WalChunk chunk;
  chunk.collections = collections_;
  doc::PaddedBuffer rest;
  rest.append(bytes_.view().substr(bytes));
  bytes_.resize(bytes);
  chunk.bytes = std::move(bytes_);
  bytes_ = std::move(rest);
  const auto end = events_.begin() + static_cast<std::ptrdiff_t>(events);
  chunk.events.assign(std::make_move_iterator(events_.begin()), std::make_move_iterator(end));
  events_.erase(events_.begin(), end);
  const auto moved = static_cast<std::uint32_t>(bytes);
  for (WalEvent& e : events_)
    for (doc::DocRef* at : {&e.document, &e.key, &e.revision})
      if (at->size != 0) at->begin -= moved;
  read_ -= bytes;
  whole_events_ = whole_bytes_ = 0;
  whole_tick_ = 0;
  chunk.tick = position_ = tick;
  return chunk;
}

}  // namespace arango2pg::arango
