#include "doc/number_literal.h"

#include <algorithm>
#include <cstddef>

namespace arango2pg::doc {
namespace {

constexpr std::int64_t exponent_bound = std::int64_t{1} << 40;
/// Limits of PostgreSQL's on-disk numeric.
constexpr std::int64_t max_scale = 16383;
constexpr std::int64_t max_power = 131071;
/// numeric_in() refuses exponents from here on even for zero.
constexpr std::int64_t max_exponent = 1073741822;

std::string_view take_digits(std::string_view& rest) {
  std::size_t n = 0;
  while (n < rest.size() && rest[n] >= '0' && rest[n] <= '9') ++n;
  const std::string_view digits = rest.substr(0, n);
  rest.remove_prefix(n);
  return digits;
}

/// '+' or '-' at the front is taken; true for '-'.
bool take_sign(std::string_view& rest) {
  if (rest.empty() || (rest.front() != '-' && rest.front() != '+')) return false;
  const bool negative = rest.front() == '-';
  rest.remove_prefix(1);
  return negative;
}

std::int64_t bounded_value(std::string_view digits) {
  std::int64_t v = 0;
  for (const char c : digits) v = std::min(v * 10 + (c - '0'), exponent_bound);
  return v;
}

}  // namespace

std::optional<NumberLiteral> NumberLiteral::parse(std::string_view text) {
  NumberLiteral n;
  n.negative = take_sign(text);
  n.integer = take_digits(text);
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    n.fraction = take_digits(text);
  }
  if (n.integer.empty() && n.fraction.empty()) return std::nullopt;
  if (text.empty()) return n;

  if (text.front() != 'e' && text.front() != 'E') return std::nullopt;
  text.remove_prefix(1);
  const bool down = take_sign(text);
  const std::string_view digits = take_digits(text);
  if (digits.empty() || !text.empty()) return std::nullopt;
  n.exponent = down ? -bounded_value(digits) : bounded_value(digits);
  return n;
}

std::int64_t NumberLiteral::scale() const {
  return std::max<std::int64_t>(0, static_cast<std::int64_t>(fraction.size()) - exponent);
}

bool NumberLiteral::fits_numeric() const {
  if (exponent > max_exponent || exponent < -max_exponent || scale() > max_scale) return false;
  // The power of ten of the first digit that counts.
  std::int64_t power = exponent - 1;
  const std::size_t in_integer = integer.find_first_not_of('0');
  if (in_integer != std::string_view::npos) {
    power += static_cast<std::int64_t>(integer.size() - in_integer);
  } else {
    const std::size_t in_fraction = fraction.find_first_not_of('0');
    if (in_fraction == std::string_view::npos) return true;  // zero has no digits
    power -= static_cast<std::int64_t>(in_fraction);
  }
  return power <= max_power;
}

}  // namespace arango2pg::doc
