#include "base/ids.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace arango2pg {
namespace {

constexpr std::string_view digits =
    "-_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

constexpr auto digit_values = [] {
  std::array<signed char, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < digits.size(); ++i)
    values[static_cast<unsigned char>(digits[i])] = static_cast<signed char>(i);
  return values;
}();

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr bool is_dash(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

}  // namespace

std::optional<Rev> Rev::parse(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (text[0] >= '1' && text[0] <= '9') {  // decimal revisions of servers before HLC stamps
    std::uint64_t v = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), v);
    if (ec == std::errc() && end == text.data() + text.size()) return Rev{v};
    return std::nullopt;
  }
  if (text.size() > 11) return std::nullopt;
  std::uint64_t v = 0;
  for (const char c : text) {
    const int d = digit_values[static_cast<unsigned char>(c)];
    if (d < 0 || v >> 58 != 0) return std::nullopt;
    v = v << 6 | static_cast<std::uint64_t>(d);
  }
  return Rev{v};
}

std::string Rev::text() const {
  std::string out;
  for (std::uint64_t v = value; v != 0; v >>= 6) out.push_back(digits[v & 63]);
  std::reverse(out.begin(), out.end());
  return out;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Uuid id;
  std::size_t nibble = 0;
  for (std::size_t i = 0; i < 36; ++i) {
    if (is_dash(i)) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const int h = hex_value(text[i]);
    if (h < 0) return std::nullopt;
    auto& byte = id.bytes[nibble / 2];
    byte = static_cast<unsigned char>(nibble % 2 == 0 ? h << 4 : byte | h);
    ++nibble;
  }
  return id;
}

std::string Uuid::text() const {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string out;
  out.reserve(36);
  for (std::size_t i = 0; i < 16; ++i) {
    if (is_dash(out.size())) out.push_back('-');
    out.push_back(hex[bytes[i] >> 4]);
    out.push_back(hex[bytes[i] & 15]);
  }
  return out;
}

}  // namespace arango2pg
