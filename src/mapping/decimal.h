/// \file
/// Private to mapping/. Exact arithmetic on decimal literals: digits stay digits, nothing goes
/// through a double.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace arango2pg::mapping {

/// ± digits × 10^exponent; `digits` has no leading zeros ("" = zero).
class Decimal {
 public:
  /// JSON numbers, and "+1", ".5", "5.". Nothing for anything else, and for exponents beyond
  /// ±1,000,000.
  static std::optional<Decimal> parse(std::string_view text);

  [[nodiscard]] bool is_zero() const { return digits_.empty(); }
  [[nodiscard]] bool negative() const { return negative_; }
  [[nodiscard]] bool is_integer() const;
  /// Nothing if there is a fraction or the number does not fit.
  [[nodiscard]] std::optional<std::int64_t> to_int64() const;

  /// Digits before the point (0 for 0.5) and behind it, without trailing zeros.
  [[nodiscard]] std::int64_t integer_digits() const;
  [[nodiscard]] std::int64_t fraction_digits() const;

  /// To `places` behind the point (negative: tens, hundreds …), half away from zero as PostgreSQL's
  /// round().
  void round(std::int64_t places);
  void multiply(const Decimal& by);

  /// Plain notation, without exponent: "-12.50" keeps no trailing zeros ("-12.5"). `places` ≥ 0
  /// pads the fraction to that many digits.
  [[nodiscard]] std::string text(std::int64_t places = -1) const;

  friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b);
  friend bool operator==(const Decimal& a, const Decimal& b) { return (a <=> b) == 0; }

 private:
  void normalise();

  bool negative_ = false;
  std::string digits_;
  std::int64_t exponent_ = 0;
};

}  // namespace arango2pg::mapping
