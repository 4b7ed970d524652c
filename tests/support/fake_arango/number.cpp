// Numbers: kinds, and the server's print forms (protocol 11.1).
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "fake_arango/json.h"

namespace fake_arango {
namespace {

constexpr double two_53 = 9007199254740992.0;
constexpr double two_64 = 18446744073709551616.0;

// Shortest digits and the power of ten behind the last of them.
struct Digits {
  std::string digits;
  int exponent = 0;
};

Digits shortest(double v) {
  std::array<char, 40> buffer{};
  const auto r =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), v, std::chars_format::scientific);
  const std::string_view text(buffer.data(), static_cast<std::size_t>(r.ptr - buffer.data()));
  const std::size_t e = text.find('e');
  Digits d;
  for (char c : text.substr(0, e))
    if (c != '.') d.digits.push_back(c);
  std::string_view power = text.substr(e + 1);
  if (power.front() == '+') power.remove_prefix(1);
  std::from_chars(power.data(), power.data() + power.size(), d.exponent);
  d.exponent -= static_cast<int>(d.digits.size()) - 1;
  return d;
}

// Plain digits where that is short, else an exponent (protocol 11.1).
std::string printed_positive(double v) {
  if (v >= two_53 && v < two_64) {
    std::array<char, 40> buffer{};
    const int n = std::snprintf(buffer.data(), buffer.size(), "%.1f", v);
    return {buffer.data(), static_cast<std::size_t>(n)};
  }
  Digits d = shortest(v);
  const int n = static_cast<int>(d.digits.size());
  const int magnitude = std::abs(d.exponent + n - 1);
  if (d.exponent >= 0 && magnitude < n + 7)
    return d.digits + std::string(static_cast<std::size_t>(d.exponent), '0');
  if (d.exponent < 0 && (d.exponent > -7 || magnitude < 4)) {
    const int before = n + d.exponent;
    if (before <= 0) return "0." + std::string(static_cast<std::size_t>(-before), '0') + d.digits;
    return d.digits.insert(static_cast<std::size_t>(before), ".");
  }
  std::string out = d.digits.substr(0, 1);
  if (n > 1) out += "." + d.digits.substr(1);
  const int power = d.exponent + n - 1;
  return out + (power < 0 ? "e-" : "e+") + std::to_string(std::abs(power));
}

}  // namespace

Number Number::of(std::int64_t v) { return {Kind::integer, v, 0, static_cast<double>(v), {}}; }

Number Number::of(std::uint64_t v) {
  if (v <= static_cast<std::uint64_t>(INT64_MAX)) return of(static_cast<std::int64_t>(v));
  return {Kind::big, 0, v, static_cast<double>(v), {}};
}

Number Number::of(double v) { return {Kind::real, 0, 0, v, {}}; }

std::optional<Number> Number::parse(std::string_view text) {
  Number n;
  const char* const end = text.data() + text.size();
  if (text.find_first_of(".eE") == std::string_view::npos) {
    if (std::from_chars(text.data(), end, n.integer).ec == std::errc()) {
      n.real = static_cast<double>(n.integer);
      n.text = text;
      return n;
    }
    if (std::from_chars(text.data(), end, n.big).ec == std::errc() && text.front() != '-') {
      n.kind = Kind::big;
      n.integer = 0;
      n.real = static_cast<double>(n.big);
      n.text = text;
      return n;
    }
  }
  n = Number{};
  n.kind = Kind::real;
  const auto r = std::from_chars(text.data(), end, n.real);
  if (r.ec == std::errc::result_out_of_range) {
    // Too small is zero; too big is no number.
    const std::size_t e = text.find_first_of("eE");
    if (e == std::string_view::npos || text[e + 1] != '-') return std::nullopt;
    n.real = 0;
  }
  n.text = text;
  return n;
}

std::string Number::printed() const {
  if (!text.empty()) return text;
  if (kind == Kind::integer) return std::to_string(integer);
  if (kind == Kind::big) return std::to_string(big);
  if (!std::isfinite(real)) return "null";
  if (real == 0) return std::signbit(real) ? "-0" : "0";
  return real < 0 ? "-" + printed_positive(-real) : printed_positive(real);
}

}  // namespace fake_arango
