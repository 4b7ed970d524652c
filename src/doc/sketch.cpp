#include "doc/sketch.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace arango2pg::doc {
namespace {

/// Longer values are recognised by their ends: reading megabytes for an estimate is not worth it.
constexpr std::size_t hashed_whole = 1024;
/// So much of a value is kept to be shown.
constexpr std::size_t kept_text = 60;
/// After so many values that found no place, a look at whether any stands out at all.
constexpr std::uint64_t patience = 2000;

__extension__ using Wide = unsigned __int128;

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

template <class Word>
std::uint64_t load(const char* at) {
  Word v = 0;
  std::memcpy(&v, at, sizeof v);
  return v;
}

/// Up to eight bytes, the first one lowest. Loads that overlap agree where they do: that spares the
/// call that a copy of unknown size would be.
std::uint64_t load(const char* at, std::size_t n) {
  if (n == 8) return load<std::uint64_t>(at);
  if (n >= 4) return load<std::uint32_t>(at) | load<std::uint32_t>(at + n - 4) << (8 * (n - 4));
  if (n == 0) return 0;
  const auto byte = [&](std::size_t i) { return load<std::uint8_t>(at + i) << (8 * i); };
  return byte(0) | byte(n / 2) | byte(n - 1);
}

constexpr std::uint64_t odd_a = 0xa0761d6478bd642fULL, odd_b = 0xe7037ed1a0b428dbULL;

std::uint64_t hash_whole(const char* at, std::size_t size, std::uint64_t h) {
  std::size_t left = size;
  for (; left >= 16; at += 16, left -= 16)
    h = mix(load<std::uint64_t>(at) ^ odd_a, load<std::uint64_t>(at + 8) ^ h);
  const std::size_t first = std::min<std::size_t>(left, 8);
  return mix(load(at, first) ^ odd_a, load(at + first, left - first) ^ h);
}

}  // namespace

std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed) {
  std::uint64_t h = mix(seed ^ odd_b, bytes.size() ^ odd_a);
  if (bytes.size() > hashed_whole) {
    h = hash_whole(bytes.data(), hashed_whole / 2, h);
    bytes.remove_prefix(bytes.size() - hashed_whole / 2);
  }
  return mix(hash_whole(bytes.data(), bytes.size(), h), odd_b);
}

void DistinctCounter::merge(const DistinctCounter& other) {
  if (!other.registers_) return;
  if (!registers_) registers_ = std::make_unique<Registers>();
  for (std::size_t i = 0; i < size; ++i)
    (*registers_)[i] = std::max((*registers_)[i], (*other.registers_)[i]);
}

std::uint64_t DistinctCounter::estimate() const {
  if (!registers_) return 0;
  double sum = 0;
  std::size_t empty = 0;
  for (const std::uint8_t rank : *registers_) {
    sum += std::ldexp(1.0, -rank);
    if (rank == 0) ++empty;
  }
  constexpr double m = size;
  const double raw = 0.7213 / (1 + 1.079 / m) * m * m / sum;
  // Few values leave registers empty, and the number of those tells more.
  const double best =
      raw <= 2.5 * m && empty != 0 ? m * std::log(m / static_cast<double>(empty)) : raw;
  return static_cast<std::uint64_t>(std::llround(best));
}

void FrequentValues::add_new(std::uint64_t hash, std::string_view json, std::uint64_t count,
                             std::uint64_t error) {
  std::size_t at = used_;
  if (used_ < capacity) {
    ++used_;
  } else {
    const auto least =
        std::min_element(entries_.begin(), entries_.end(),
                         [](const auto& a, const auto& b) { return a.count < b.count; });
    at = static_cast<std::size_t>(least - entries_.begin());
    count += least->count;
    error += least->count;
    if (++replaced_ % patience == 0) {
      std::uint64_t certain = 0;
      for (const Entry& e : entries_) certain = std::max(certain, e.count - e.error);
      if (certain < total_ / 100) {
        *this = FrequentValues();
        gave_up_ = true;
        return;
      }
    }
  }
  hashes_[at] = hash;
  entries_[at].count = count;
  entries_[at].error = error;
  entries_[at].text.assign(json.substr(0, kept_text));
}

void FrequentValues::merge(const FrequentValues& other) {
  if (gave_up_ || other.gave_up_) {
    *this = FrequentValues();
    gave_up_ = true;
    return;
  }
  total_ += other.total_;
  for (std::size_t o = 0; o < other.used_ && !gave_up_; ++o) {
    const Entry& from = other.entries_[o];
    std::size_t at = 0;
    while (at < used_ && hashes_[at] != other.hashes_[o]) ++at;
    if (at == used_) {
      add_new(other.hashes_[o], from.text, from.count, from.error);
      continue;
    }
    Entry& to = entries_[at];
    to.count += from.count;
    to.error += from.error;
  }
}

std::vector<FrequentValues::Entry> FrequentValues::top() const {
  std::vector<Entry> out(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(used_));
  std::sort(out.begin(), out.end(), [](const Entry& a, const Entry& b) {
    return a.count != b.count ? a.count > b.count : a.text < b.text;
  });
  if (used_ < capacity) return out;
  const std::uint64_t left_out = out.back().count;
  std::erase_if(out, [&](const Entry& e) { return e.count - e.error < left_out; });
  return out;
}

std::uint64_t SizeHistogram::quantile(double share) const {
  std::uint64_t all = 0;
  for (const std::uint64_t n : counts_) all += n;
  const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(all)));
  std::uint64_t seen = 0;
  for (std::size_t b = 0; b < buckets; ++b) {
    seen += counts_[b];
    if (seen >= wanted && seen > 0) return b == 0 ? 0 : (std::uint64_t{1} << b) - 1;
  }
  return 0;
}

}  // namespace arango2pg::doc
