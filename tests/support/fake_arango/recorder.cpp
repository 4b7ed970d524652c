#include <algorithm>

#include "fake_arango/state.h"

namespace fake_arango {
namespace {

// Numbers, keys and names do not make a route of their own.
std::string route_of(const HttpRequest& r) {
  std::string out = r.method;
  out.push_back(' ');
  const auto& s = r.segments;
  for (std::size_t i = 0; i < s.size(); ++i) {
    const bool api = i < 2 || (s[0] == "_admin" || s[0] == "_open");
    const bool sub =
        s[0] == "_api" && s.size() > 3 && i == 3 && (s[1] == "collection" || s[1] == "view");
    const bool fixed = s[0] == "_api" && (s[1] == "wal" || s[1] == "database");
    out += "/" + (api || sub || fixed          ? s[i]
                  : i == 2 && s[1] == "cursor" ? "{id}"
                  : i == 3 && s[1] == "cursor" ? "{batch}"
                                               : std::string("{name}"));
  }
  return out;
}

}  // namespace

std::uint64_t Counters::count(std::string_view prefix) const {
  std::uint64_t n = 0;
  for (const auto& [route, times] : requests)
    if (std::string_view(route).starts_with(prefix)) n += times;
  return n;
}

void Recorder::begin(const HttpRequest& request) {
  const std::lock_guard lock(mutex_);
  ++counters_.requests[route_of(request)];
  ++counters_.total_requests;
  ++counters_.requests_now;
  counters_.peak_requests = std::max(counters_.peak_requests, counters_.requests_now);
  if (limit_ == 0) return;
  if (requests_.size() >= limit_) requests_.pop_front();
  requests_.push_back(request);
}

void Recorder::end() {
  const std::lock_guard lock(mutex_);
  --counters_.requests_now;
}

void Recorder::connected() {
  const std::lock_guard lock(mutex_);
  ++counters_.connections;
}

void Recorder::sent(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  counters_.bytes_sent += bytes;
}

void Recorder::login() {
  const std::lock_guard lock(mutex_);
  ++counters_.logins;
}

Counters Recorder::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

std::vector<Request> Recorder::requests() const {
  const std::lock_guard lock(mutex_);
  return {requests_.begin(), requests_.end()};
}

void Recorder::forget_requests() {
  const std::lock_guard lock(mutex_);
  requests_.clear();
}

}  // namespace fake_arango
