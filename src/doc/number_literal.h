/// \file
/// Private to doc/. A number literal taken apart, without ever being turned into a double.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace arango2pg::doc {

/// ±integer.fraction × 10^exponent, as written; the views point into the literal.
struct NumberLiteral {
  bool negative = false;
  std::string_view integer;   ///< digits before the point, may be empty
  std::string_view fraction;  ///< digits behind it, may be empty
  /// Held at ±2^40, which is far beyond every range that is checked.
  std::int64_t exponent = 0;

  /// JSON numbers and PostgreSQL's decimal literals: `+1`, `.5` and `5.` pass too. Nothing for
  /// anything else (NaN and Infinity are no literals here).
  static std::optional<NumberLiteral> parse(std::string_view text);

  /// True if PostgreSQL's numeric holds it: at most 131072 digits before and 16383 behind the point
  /// once the exponent is applied.
  [[nodiscard]] bool fits_numeric() const;

  /// Digits behind the point once the exponent is applied; what numeric_in makes the scale.
  [[nodiscard]] std::int64_t scale() const;
};

}  // namespace arango2pg::doc
