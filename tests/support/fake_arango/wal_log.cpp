#include "fake_arango/wal_log.h"

#include <algorithm>
#include <array>

#include "fake_arango/json.h"
#include "fake_arango/json_internal.h"
#include "fake_arango/revision.h"

namespace fake_arango {
namespace {

constexpr std::array<std::string_view, 7> never_shown = {
    "_configuration", "_frontend", "_cluster_kickstarter_plans", "_routing", "_fishbowl",
    "_foxxlog",       "_sessions"};

bool shown(const std::string& name, const WalQuery& query) {
  if (!name.starts_with('_')) return true;
  if (name.starts_with("_statistics") ||
      std::find(never_shown.begin(), never_shown.end(), name) != never_shown.end())
    return false;
  if (name == "_jobs" || name == "_queues") return query.include_foxx_queues;
  return query.include_system;
}

std::size_t size_of(const WalBatch& batch) {
  std::size_t n = sizeof batch;
  for (const WalEntry& e : batch.entries)
    n += sizeof e + e.text.size() + e.key.size() + e.guid.size() + e.name.size();
  return n;
}

/// `_id` follows the collection's name: it is printed anew.
void rename_id(std::string& document, const std::string& from, const std::string& to) {
  std::string old_id;
  append_json_string(old_id, from);
  old_id.back() = '/';
  const std::string member = "\"_id\":";
  const std::size_t at = document.find(member + old_id);
  if (at == std::string::npos) return;
  std::string new_id;
  append_json_string(new_id, to);
  new_id.back() = '/';
  document.replace(at + member.size(), old_id.size(), new_id);
}

unsigned hex4(std::string_view s) {
  unsigned v = 0;
  for (const char c : s.substr(0, 4))
    v = v * 16 + static_cast<unsigned>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  return v;
}

}  // namespace

std::string raw_utf8(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  for (std::size_t i = 0; i < json.size();) {
    if (json[i] != '\\') {
      out.push_back(json[i++]);
      continue;
    }
    if (json.substr(i + 1, 1) != "u") {
      out.append(json.substr(i, 2));
      i += 2;
      continue;
    }
    const unsigned c = hex4(json.substr(i + 2));
    const bool high = c >= 0xD800 && c < 0xDC00;
    const bool pair = high && json.substr(i + 6, 2) == "\\u" &&
                      hex4(json.substr(i + 8)) >= 0xDC00 && hex4(json.substr(i + 8)) < 0xE000;
    if (pair) {
      append_utf8(out, 0x10000U + ((c - 0xD800U) << 10U) + (hex4(json.substr(i + 8)) - 0xDC00U));
      i += 12;
    } else if (c < 0x80 || (c >= 0xD800 && c < 0xE000)) {
      out.append(json.substr(i, 6));
      i += 6;
    } else {
      append_utf8(out, c);
      i += 6;
    }
  }
  return out;
}

void WalLog::advance(std::uint64_t by) {
  WalBatch inner;
  inner.first = tick_ + 1;
  tick_ = inner.last = tick_ + by;
  add(std::move(inner));
}

// Numbers as RocksDB gives them out (checked against recorded logs): an insert uses two, the first
// of which is its tick; an update first takes the old document away; a remove takes the index entry
// away first. The commit has the batch's last number, the begin its first.
void WalLog::append(WalBatch batch) {
  batch.first = tick_ + 1;
  std::uint64_t next = batch.first;
  for (WalEntry& e : batch.entries) {
    switch (e.type) {
      case WalType::insert:
        e.tick = e.update ? next + 1 : next;
        next += e.update ? 3 : 2;
        break;
      case WalType::remove:
        e.tick = next + 1;
        next += 2;
        break;
      default:
        e.tick = next;
        next += 3;
    }
  }
  tick_ = batch.last = next - 1;
  add(std::move(batch));
}

void WalLog::append_as_it_is(WalBatch batch) {
  tick_ = std::max(tick_, batch.last);
  add(std::move(batch));
}

void WalLog::add(WalBatch batch) {
  bytes_ += size_of(batch);
  batches_.push_back(std::move(batch));
  while (bytes_ > keep_bytes_ && batches_.size() > 1) drop_first();
}

void WalLog::drop_first() {
  purged_to_ = batches_.front().last;
  bytes_ -= size_of(batches_.front());
  batches_.pop_front();
}

/// Lines of one answer.
struct WalLog::Writer {
  const WalQuery& query;
  const NameOf& name_of;
  WalPage& page;

  [[nodiscard]] bool full() const { return page.body.size() >= query.chunk_size; }

  void begin(std::uint64_t tick, WalType type) {
    page.body += "{\"tick\":\"" + std::to_string(tick) + "\"";
    if (type != WalType::create_collection && type != WalType::rename_collection &&
        type != WalType::change_collection)
      add_type(type);
    page.last_included = tick;
  }
  void add_type(WalType type) {
    page.body += ",\"type\":" + std::to_string(static_cast<unsigned>(type));
  }
  void add(const char* name, std::string_view text) {
    page.body += std::string(",\"") + name + "\":";
    append_json_string(page.body, text);
  }
  void end() { page.body += "}\n"; }

  [[nodiscard]] bool wanted(std::uint64_t tick) const {
    return tick > query.from && tick <= query.to;
  }

  void boundary(const WalBatch& batch, WalType type, std::uint64_t tick) {
    if (batch.tid == 0 || !wanted(tick)) return;
    begin(tick, type);
    add("tid", std::to_string(batch.tid));
    add("db", batch.database);
    end();
  }

  void entry(const WalBatch& batch, const WalEntry& e) {
    if (!wanted(e.tick)) return;
    if (e.type == WalType::create_database) {
      begin(e.tick, e.type);
      add("db", batch.database);
      page.body += ",\"data\":" + e.text;
      return end();
    }
    if (!query.guid.empty() && e.guid != query.guid) return;
    const auto name = name_of(batch.database, e.guid);
    // Of a collection that is gone nothing is left but that it went.
    if (!name && e.type != WalType::drop_collection) return;
    if (!shown(name ? *name : e.name, query)) return;
    begin(e.tick, e.type);
    add("db", batch.database);
    add("cuid", e.guid);
    details(batch, e, name.value_or(""));
    end();
  }

  void details(const WalBatch& batch, const WalEntry& e, const std::string& name) {
    switch (e.type) {
      case WalType::insert: {
        add("tid", std::to_string(batch.tid));
        std::string document = e.text;
        if (name != e.name) rename_id(document, e.name, name);
        page.body += ",\"data\":" + raw_utf8(document);
        break;
      }
      case WalType::remove:
        add("tid", std::to_string(batch.tid));
        page.body += ",\"data\":{\"_key\":\"" + e.key + "\",\"_rev\":\"" +
                     encode_revision(e.revision) + "\"}";
        break;
      case WalType::rename_collection: {
        add_type(e.type);
        std::string now;
        append_json_string(now, name);  // the present one, not the one then
        page.body += ",\"data\":{\"name\":" + raw_utf8(now) + "}";
        break;
      }
      case WalType::create_collection:
      case WalType::change_collection:
        add_type(e.type);
        page.body += ",\"data\":" + raw_utf8(e.text);
        break;
      case WalType::create_index:
        page.body += ",\"data\":" + raw_utf8(e.text);
        break;
      default:
        break;
    }
  }

  /// Before each record of a batch, as RocksDB goes through it. An answer that is full still takes
  /// one more record, and never ends within a removal: so the first operation, which has its
  /// begin's number, is not parted from it.
  bool next_record(bool in_removal = false) {
    if (stop_on_next) return false;
    stop_on_next = query.last_scanned > 0 && full() && !in_removal;
    return true;
  }

  /// An update first takes the old document away; a removal says which, then takes the document and
  /// its index entry.
  bool records(const WalBatch& b, const WalEntry& e) {
    if (e.type == WalType::remove && !(next_record() && next_record(true))) return false;
    if (e.update && !next_record()) return false;
    if (!next_record(e.type == WalType::remove)) return false;
    entry(b, e);
    return e.type != WalType::insert || next_record();
  }

  /// False: the answer is full, in the middle of the batch. Only who says where it stands gets a
  /// transaction in pieces.
  bool batch(const WalBatch& b) {
    boundary(b, WalType::begin, b.first);
    for (const WalEntry& e : b.entries)
      if (b.tid == 0)
        entry(b, e);
      else if (!records(b, e))
        return false;
    if (b.tid != 0 && !next_record()) return false;
    boundary(b, WalType::commit, b.last);
    return true;
  }

  bool stop_on_next = false;
};

WalPage WalLog::tail(const WalQuery& query, const NameOf& name_of) const {
  WalPage page;
  page.last_tick = tick_;
  // Reading begins with the batch that holds the number; without lastScanned at the log's
  // beginning.
  const std::uint64_t since = query.last_scanned > 0 ? std::min(query.from, query.last_scanned) : 0;
  auto at = std::partition_point(batches_.begin(), batches_.end(),
                                 [&](const WalBatch& b) { return b.last < since; });
  page.from_present = at != batches_.end() && at->first <= query.from && query.from <= tick_;
  Writer writer{query, name_of, page};
  for (; at != batches_.end() && at->first <= query.to; ++at) {
    page.last_scanned = at->first;
    if (at->database.empty() || (!query.database.empty() && at->database != query.database))
      continue;
    if (!writer.batch(*at) || writer.full()) break;
  }
  return page;
}

void WalLog::track(WalClient client) {
  client.seen = std::chrono::system_clock::now();
  clients_[client.syncer_id + "/" + client.server_id] = std::move(client);
}

std::vector<WalClient> WalLog::clients() {
  const auto oldest = std::chrono::system_clock::now() - keep_for_;
  std::vector<WalClient> out;
  for (auto it = clients_.begin(); it != clients_.end();) {
    if (it->second.seen < oldest) {
      it = clients_.erase(it);
    } else {
      out.push_back(it->second);
      ++it;
    }
  }
  return out;
}

std::optional<std::uint64_t> WalLog::needed_from() {
  std::optional<std::uint64_t> least;
  for (const WalClient& c : clients()) least = std::min(least.value_or(c.tick), c.tick);
  return least;
}

void WalLog::purge() {
  const auto needed = needed_from();
  // The batch that holds the client's tick stays: reading goes on from it.
  while (!batches_.empty() && (!needed || batches_.front().last < *needed)) drop_first();
}

void WalLog::lose() {
  while (!batches_.empty()) drop_first();
}

}  // namespace fake_arango
