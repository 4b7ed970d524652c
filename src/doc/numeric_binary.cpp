#include "doc/numeric_binary.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "doc/big_endian.h"

namespace arango2pg::doc {
namespace {

constexpr std::uint16_t sign_positive = 0x0000;
constexpr std::uint16_t sign_negative = 0x4000;

/// The decimal digits of a literal, addressed by their power of ten.
class Digits {
 public:
  explicit Digits(const NumberLiteral& n)
      : n_(n), top_(static_cast<std::int64_t>(n.integer.size()) + n.exponent - 1) {}

  [[nodiscard]] std::int64_t highest() const { return top_; }
  [[nodiscard]] std::int64_t lowest() const { return top_ + 1 - size(); }
  [[nodiscard]] int at(std::int64_t power) const {
    const std::int64_t i = top_ - power;
    if (i < 0 || i >= size()) return 0;
    const auto integer = static_cast<std::int64_t>(n_.integer.size());
    return (i < integer ? n_.integer[static_cast<std::size_t>(i)]
                        : n_.fraction[static_cast<std::size_t>(i - integer)]) -
           '0';
  }

 private:
  [[nodiscard]] std::int64_t size() const {
    return static_cast<std::int64_t>(n_.integer.size() + n_.fraction.size());
  }

  const NumberLiteral& n_;
  std::int64_t top_;
};

/// Rounds towards minus infinity: power 3 is in group 0, power -1 in group -1.
std::int64_t group_of(std::int64_t power) { return power >= 0 ? power / 4 : (power - 3) / 4; }

}  // namespace

void append_numeric_binary(std::string& out, const NumberLiteral& literal) {
  const auto scale = static_cast<std::uint16_t>(literal.scale());
  const Digits digits(literal);
  std::int64_t high = digits.highest();
  std::int64_t low = digits.lowest();
  while (high >= low && digits.at(high) == 0) --high;
  while (low < high && digits.at(low) == 0) ++low;
  if (high < low) {  // zero has no digits and no sign
    for (const std::uint16_t v : {std::uint16_t{0}, std::uint16_t{0}, sign_positive, scale})
      append_big_endian(out, v);
    return;
  }
  const std::int64_t weight = group_of(high);
  const std::int64_t last = group_of(low);
  append_big_endian(out, static_cast<std::uint16_t>(weight - last + 1));
  append_big_endian(out, static_cast<std::int16_t>(weight));
  append_big_endian(out, literal.negative ? sign_negative : sign_positive);
  append_big_endian(out, scale);
  for (std::int64_t group = weight; group >= last; --group) {
    int value = 0;
    for (std::int64_t power = 4 * group + 3; power >= 4 * group; --power)
      value = value * 10 + digits.at(power);
    append_big_endian(out, static_cast<std::int16_t>(value));
  }
}

}  // namespace arango2pg::doc
