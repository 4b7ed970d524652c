#include "fake_arango/revision.h"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace fake_arango {
namespace {

constexpr std::string_view alphabet =
    "-_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

}  // namespace

std::string encode_revision(std::uint64_t value) {
  std::string out;
  for (; value != 0; value >>= 6) out.push_back(alphabet[value & 63]);
  std::reverse(out.begin(), out.end());
  return out;
}

std::optional<std::uint64_t> decode_revision(std::string_view text) {
  std::uint64_t value = 0;
  if (!text.empty() && text.front() >= '1' && text.front() <= '9') {
    const auto r = std::from_chars(text.data(), text.data() + text.size(), value);
    if (r.ec != std::errc() || r.ptr != text.data() + text.size()) return std::nullopt;
    return value;
  }
  if (text.empty() || text.size() > 11) return std::nullopt;
  for (char c : text) {
    const std::size_t digit = alphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    value = value << 6 | digit;
  }
  return value;
}

std::uint64_t RevisionClock::next() {
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  const std::uint64_t clock = counts_ ? 0 : static_cast<std::uint64_t>(now.count()) << 20;
  last_ = std::max(last_ + 1, clock);
  return last_;
}

void RevisionClock::see(std::uint64_t revision) {
  // A decimal revision of an old server is no time; one from the far future would stop the clock.
  if (!counts_ && revision < (std::uint64_t{1} << 62)) last_ = std::max(last_, revision);
}

}  // namespace fake_arango
