#include "run/verify_state.h"

#include <spdlog/fmt/fmt.h>

#include <charconv>

#include "doc/json.h"
#include "run/json_text.h"

namespace arango2pg::run {
namespace {

constexpr std::string_view version = "2";

std::string list(const std::vector<std::string>& items) {
  return fmt::format("[{}]", fmt::join(items, ","));
}

/// A number as text: JSON readers, PostgreSQL's included, may not keep 64 bits of others.
std::string number(std::uint64_t n) { return fmt::format("\"{}\"", n); }

std::string block(const std::optional<std::uint64_t>& n) { return n ? number(*n) : "null"; }

/// Reads what json() wrote: lists of texts.
class StateReader {
 public:
  explicit StateReader(const std::string& json) {
    text_.append(json);
    ok_ = !document_.parse(text_.view());
  }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] doc::Value root() const { return document_.root(); }

  static std::string text(const doc::Value& v) {
    std::string scratch;
    return v.kind() == doc::Kind::string ? std::string(v.string(scratch)) : std::string();
  }
  static std::uint64_t number(const doc::Value& v) {
    const std::string digits = text(v);
    std::uint64_t n = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), n);
    return n;
  }
  [[nodiscard]] std::vector<doc::Value> list(std::string_view name) const {
    std::vector<doc::Value> out;
    if (const auto array = root().find(name); array && array->kind() == doc::Kind::array)
      for (const doc::Value v : doc::Elements(*array)) out.push_back(v);
    return out;
  }
  static std::vector<doc::Value> items(const doc::Value& array) {
    std::vector<doc::Value> out;
    if (array.kind() == doc::Kind::array)
      for (const doc::Value v : doc::Elements(array)) out.push_back(v);
    return out;
  }

 private:
  doc::PaddedBuffer text_;
  doc::Document document_;
  bool ok_ = false;
};

}  // namespace

std::string VerifyState::json() const {
  std::vector<std::string> all_ranges, all_tables, all_lost;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const pg::RowRange& r = ranges[i];
    all_ranges.push_back(list({number(r.table), json_text(r.heap.schema), json_text(r.heap.name),
                               number(r.with_partitions ? 1 : 0), block(r.begin), block(r.end),
                               number(r.bytes), json_text(r.file), number(done[i] ? 1 : 0)}));
  }
  for (const Table& t : tables)
    all_tables.push_back(list({number(t.expected), number(t.present), number(t.a), number(t.b)}));
  for (const std::uint64_t n : lost) all_lost.push_back(number(n));
  return fmt::format(
      R"({{"version":"{}","seed":{},"buckets":{},"ranges":{},"tables":{},"lost":{}}})", version,
      number(seed), number(buckets), list(all_ranges), list(all_tables), list(all_lost));
}

std::optional<VerifyState> VerifyState::parse(const std::string& json) {
  const StateReader reader(json);
  if (!reader.ok()) return std::nullopt;
  const auto member = [&](std::string_view name) { return reader.root().find(name); };
  const auto written = member("version");
  if (!written || StateReader::text(*written) != version) return std::nullopt;
  VerifyState out;
  if (const auto v = member("seed")) out.seed = StateReader::number(*v);
  if (const auto v = member("buckets")) out.buckets = StateReader::number(*v);
  for (const doc::Value& v : reader.list("ranges")) {
    const auto f = StateReader::items(v);
    if (f.size() != 9) return std::nullopt;
    pg::RowRange r;
    r.table = StateReader::number(f[0]);
    r.heap = {StateReader::text(f[1]), StateReader::text(f[2])};
    r.with_partitions = StateReader::number(f[3]) != 0;
    if (!f[4].is_null()) r.begin = StateReader::number(f[4]);
    if (!f[5].is_null()) r.end = StateReader::number(f[5]);
    r.bytes = StateReader::number(f[6]);
    r.file = StateReader::text(f[7]);
    out.ranges.push_back(std::move(r));
    out.done.push_back(StateReader::number(f[8]) != 0);
  }
  for (const doc::Value& v : reader.list("tables")) {
    const auto f = StateReader::items(v);
    if (f.size() != 4) return std::nullopt;
    out.tables.push_back({StateReader::number(f[0]), StateReader::number(f[1]),
                          StateReader::number(f[2]), StateReader::number(f[3])});
  }
  for (const doc::Value& v : reader.list("lost")) out.lost.push_back(StateReader::number(v));
  return out;
}

}  // namespace arango2pg::run
