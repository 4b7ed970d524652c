#include "fake_arango/cursors.h"

#include "fake_arango/api_error.h"

namespace fake_arango {

using Clock = std::chrono::steady_clock;

std::vector<Value> Cursor::take_batch(bool look_ahead) {
  const std::size_t wanted = batch_size + (look_ahead ? 1 : 0);
  while (stream && rows.size() < wanted) {
    auto v = run->next();
    if (!v) {
      finished = true;
      break;
    }
    rows.push_back(std::move(*v));
  }
  std::vector<Value> out;
  while (!rows.empty() && out.size() < batch_size) {
    out.push_back(std::move(rows.front()));
    rows.pop_front();
  }
  if (stream) {
    finished = finished && rows.empty();
  } else {
    finished = rows.empty() && (look_ahead || out.size() < batch_size);
  }
  ++batch;
  return out;
}

Cursors::Lease::~Lease() {
  if (cursor_) all_->release(*cursor_, removed_);
}

void Cursors::sweep() {
  const auto now = Clock::now();
  std::erase_if(entries_, [&](const auto& e) { return !e.second.busy && e.second.expires <= now; });
}

void Cursors::add(std::shared_ptr<Cursor> cursor) {
  const std::lock_guard lock(mutex_);
  sweep();
  ++created_;
  const auto expires = Clock::now() + cursor->ttl;
  const std::string id = cursor->id;
  entries_.emplace(id, Entry{std::move(cursor), expires});
}

Cursors::Entries::iterator Cursors::find(const std::string& id, const std::string& user,
                                         const std::string& database) {
  sweep();
  const auto it = entries_.find(id);
  if (it == entries_.end() || it->second.cursor->user != user ||
      it->second.cursor->database != database)
    throw api_error(404, 1600);
  return it;
}

Cursors::Lease Cursors::lease(const std::string& id, const std::string& user,
                              const std::string& database) {
  const std::lock_guard lock(mutex_);
  const auto it = find(id, user, database);
  if (it->second.busy) throw api_error(409, 1601);
  it->second.busy = true;
  return {*this, it->second.cursor};
}

void Cursors::remove(const std::string& id, const std::string& user, const std::string& database) {
  const std::lock_guard lock(mutex_);
  entries_.erase(find(id, user, database));
}

void Cursors::release(const Cursor& cursor, bool removed) {
  const std::lock_guard lock(mutex_);
  const auto it = entries_.find(cursor.id);
  if (it == entries_.end()) return;
  it->second.busy = false;
  it->second.expires = Clock::now() + cursor.ttl;
  if (removed) entries_.erase(it);
}

std::optional<unsigned> Cursors::owner(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto it = entries_.find(id);
  if (it == entries_.end()) return std::nullopt;
  return it->second.cursor->coordinator;
}

void Cursors::lose(const std::string& id) {
  const std::lock_guard lock(mutex_);
  entries_.erase(id);
}

void Cursors::lose_all() {
  const std::lock_guard lock(mutex_);
  entries_.clear();
}

void Cursors::lose_all_of(unsigned coordinator) {
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_,
                [&](const auto& e) { return e.second.cursor->coordinator == coordinator; });
}

std::uint64_t Cursors::open() const {
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  std::uint64_t n = 0;
  for (const auto& [_, e] : entries_)
    if (e.busy || e.expires > now) ++n;
  return n;
}

std::uint64_t Cursors::created() const {
  const std::lock_guard lock(mutex_);
  return created_;
}

}  // namespace fake_arango
