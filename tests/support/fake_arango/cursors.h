/// \file
/// Cursors between requests (protocol section 3).
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "fake_arango/aql_run.h"

namespace fake_arango {

/// A query with rows left, or with its last batch kept for a retry.
struct Cursor {
  std::string id;
  std::string user;
  std::string database;
  unsigned coordinator = 0;
  bool stream = false;
  bool allow_retry = false;
  bool count = false;
  std::size_t batch_size = 1000;
  std::chrono::milliseconds ttl{0};
  std::unique_ptr<Evaluation> run;
  std::deque<Value> rows;   ///< not streaming: all that are left; streaming: fetched ahead
  std::uint64_t total = 0;  ///< not streaming
  std::uint64_t batch = 0;  ///< number of the newest batch
  bool finished = false;    ///< the newest batch was the last
  std::shared_ptr<const std::string> last_body;  ///< of the newest batch, for a retry
  int last_status = 200;
  std::size_t body_size = 0;  ///< of the newest batch: the next one is about as big

  /// Up to batch_size rows; sets finished. `look_ahead` false: more rows are promised after a full
  /// batch without looking.
  std::vector<Value> take_batch(bool look_ahead);
};

/// Thread-safe.
class Cursors {
 public:
  /// A cursor in use by one request; others get "busy". Its time to live starts anew when the
  /// lease ends.
  class Lease {
   public:
    Lease(Cursors& all, std::shared_ptr<Cursor> cursor) : all_(&all), cursor_(std::move(cursor)) {}
    ~Lease();
    Lease(Lease&& o) noexcept : all_(o.all_), cursor_(std::move(o.cursor_)) {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Lease& operator=(Lease&&) = delete;
    Cursor& operator*() const { return *cursor_; }
    Cursor* operator->() const { return cursor_.get(); }
    /// The cursor ends with this lease.
    void remove() { removed_ = true; }

   private:
    Cursors* all_;
    std::shared_ptr<Cursor> cursor_;
    bool removed_ = false;
  };

  void add(std::shared_ptr<Cursor> cursor);
  /// Throws ApiError 1600 (also for another user's or database's) and 1601.
  Lease lease(const std::string& id, const std::string& user, const std::string& database);
  /// Ends it, also while another request uses it: that one still gets its answer. Throws ApiError
  /// 1600.
  void remove(const std::string& id, const std::string& user, const std::string& database);
  /// Which coordinator it is on; nothing if there is no such cursor.
  [[nodiscard]] std::optional<unsigned> owner(const std::string& id) const;
  void lose(const std::string& id);
  void lose_all();
  void lose_all_of(unsigned coordinator);
  /// Those that have not expired.
  [[nodiscard]] std::uint64_t open() const;
  [[nodiscard]] std::uint64_t created() const;

 private:
  struct Entry {
    std::shared_ptr<Cursor> cursor;
    std::chrono::steady_clock::time_point expires;
    bool busy = false;
  };
  using Entries = std::map<std::string, Entry>;
  Entries::iterator find(const std::string& id, const std::string& user,
                         const std::string& database);
  void release(const Cursor& cursor, bool removed);
  void sweep();

  mutable std::mutex mutex_;
  Entries entries_;
  std::uint64_t created_ = 0;
};

}  // namespace fake_arango
