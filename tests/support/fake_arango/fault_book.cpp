#include "fake_arango/fault_book.h"

#include <array>
#include <stdexcept>

#include "fake_arango/json.h"

namespace fake_arango {
namespace {

constexpr std::array<std::pair<std::string_view, Fault::Kind>, 13> kinds = {{
    {"status", Fault::Kind::status},
    {"reset_before", Fault::Kind::reset_before},
    {"reset_after", Fault::Kind::reset_after},
    {"truncate", Fault::Kind::truncate},
    {"slow", Fault::Kind::slow},
    {"html", Fault::Kind::html},
    {"lose_cursor", Fault::Kind::lose_cursor},
    {"expire_tokens", Fault::Kind::expire_tokens},
    {"refuse_shard_ids", Fault::Kind::refuse_shard_ids},
    {"ignore_shard_ids", Fault::Kind::ignore_shard_ids},
    {"close_idle", Fault::Kind::close_idle},
    {"delay", Fault::Kind::delay},
    {"wrong_rows", Fault::Kind::wrong_rows},
}};

Fault::Kind kind_named(std::string_view name) {
  for (const auto& [text, kind] : kinds)
    if (text == name) return kind;
  throw std::invalid_argument("unknown fault '" + std::string(name) + "'");
}

std::uint64_t count_of(const Value& v) { return static_cast<std::uint64_t>(v.as_integer()); }

}  // namespace

void FaultBook::add(Fault fault) {
  const std::lock_guard lock(mutex_);
  faults_.push_back(std::move(fault));
}

void FaultBook::clear() {
  const std::lock_guard lock(mutex_);
  faults_.clear();
}

void FaultBook::seed(std::uint64_t seed) {
  const std::lock_guard lock(mutex_);
  random_.seed(seed);
}

std::uint64_t FaultBook::fired() const {
  const std::lock_guard lock(mutex_);
  return fired_;
}

std::vector<Fault> FaultBook::hits(std::string_view method, std::string_view path) {
  const std::lock_guard lock(mutex_);
  std::vector<Fault> out;
  for (auto it = faults_.begin(); it != faults_.end();) {
    Fault& f = *it;
    const auto here = it++;
    if (!f.method.empty() && f.method != method) continue;
    if (!path.starts_with(f.path)) continue;
    if (f.skip > 0) {
      --f.skip;
      continue;
    }
    if (f.probability < 1 && std::uniform_real_distribution<>(0, 1)(random_) >= f.probability)
      continue;
    out.push_back(f);
    if (f.times > 0 && --f.times == 0) faults_.erase(here);
  }
  if (!out.empty()) ++fired_;
  return out;
}

Fault fault_from_json(std::string_view json) {
  Value v;
  try {
    v = parse_json(json);
  } catch (const JsonError& e) {
    throw std::invalid_argument(std::string("a fault is no JSON: ") + e.what());
  }
  if (!v.is_object()) throw std::invalid_argument("a fault is an object");
  Fault f;
  for (const auto& [name, value] : v.members()) {
    if (name == "kind" && value.is_string())
      f.kind = kind_named(value.string());
    else if (name == "method" && value.is_string())
      f.method = value.string();
    else if (name == "path" && value.is_string())
      f.path = value.string();
    else if (name == "message" && value.is_string())
      f.message = value.string();
    else if (name == "skip" && value.is_number())
      f.skip = count_of(value);
    else if (name == "times" && value.is_number())
      f.times = count_of(value);
    else if (name == "probability" && value.is_number())
      f.probability = value.number().real;
    else if (name == "status" && value.is_number())
      f.status = static_cast<int>(value.as_integer());
    else if (name == "error_num" && value.is_number())
      f.error_num = static_cast<int>(value.as_integer());
    else if (name == "bytes" && value.is_number())
      f.bytes = count_of(value);
    else if (name == "delay" && value.is_number())
      f.delay = std::chrono::milliseconds(value.as_integer());
    else if (name == "headers" && value.is_object())
      for (const auto& [h, text] : value.members())
        f.headers.emplace_back(h, text.is_string() ? text.string() : to_json(text));
    else
      throw std::invalid_argument("unknown or bad member '" + name + "' of a fault");
  }
  return f;
}

Fault Fault::reply(int status, int error_num, std::string path, std::uint64_t times) {
  Fault f;
  f.status = status;
  f.error_num = error_num;
  f.path = std::move(path);
  f.times = times;
  return f;
}

Fault Fault::of(Kind kind, std::string path, std::uint64_t times) {
  Fault f;
  f.kind = kind;
  f.path = std::move(path);
  f.times = times;
  return f;
}

Fault Fault::queue_full(std::uint64_t times) { return reply(503, 21003, {}, times); }
Fault Fault::shutting_down(std::uint64_t times) { return reply(503, 30, {}, times); }
Fault Fault::starting_up(std::uint64_t times) { return reply(503, 503, {}, times); }
Fault Fault::queue_time(std::uint64_t times) { return reply(412, 21004, {}, times); }

Fault Fault::not_leader(std::string endpoint, std::uint64_t times) {
  Fault f = reply(503, 1496, {}, times);
  f.headers.emplace_back("X-Arango-Endpoint", std::move(endpoint));
  return f;
}

}  // namespace fake_arango
