#include "mapping/decimal.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace arango2pg::mapping {
namespace {

constexpr std::int64_t max_exponent = 1'000'000;

std::string_view take_digits(std::string_view& text) {
  std::size_t n = 0;
  while (n < text.size() && is_digit(text[n])) ++n;
  const std::string_view digits = text.substr(0, n);
  text.remove_prefix(n);
  return digits;
}

std::optional<std::int64_t> take_exponent(std::string_view& text) {
  if (text.empty()) return 0;
  if (text[0] != 'e' && text[0] != 'E') return std::nullopt;
  text.remove_prefix(1);
  if (!text.empty() && text[0] == '+') {
    text.remove_prefix(1);
    if (!text.empty() && text[0] == '-') return std::nullopt;
  }
  std::int64_t exponent = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), exponent);
  if (ec != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (exponent > max_exponent || exponent < -max_exponent) return std::nullopt;
  return exponent;
}

}  // namespace

std::optional<Decimal> Decimal::parse(std::string_view text) {
  Decimal d;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    d.negative_ = text[0] == '-';
    text.remove_prefix(1);
  }
  const std::string_view integer = take_digits(text);
  std::string_view fraction;
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    fraction = take_digits(text);
  }
  if (integer.empty() && fraction.empty()) return std::nullopt;
  const auto exponent = take_exponent(text);
  if (!exponent) return std::nullopt;
  d.digits_.reserve(integer.size() + fraction.size());
  d.digits_.append(integer).append(fraction);
  d.exponent_ = *exponent - static_cast<std::int64_t>(fraction.size());
  d.normalise();
  return d;
}

/// No leading and no trailing zeros, so that equal numbers look equal.
void Decimal::normalise() {
  std::size_t last = digits_.size();
  while (last > 0 && digits_[last - 1] == '0') --last;
  exponent_ += static_cast<std::int64_t>(digits_.size() - last);
  digits_.resize(last);
  digits_.erase(0, std::min(digits_.find_first_not_of('0'), digits_.size()));
  if (digits_.empty()) {
    exponent_ = 0;
    negative_ = false;
  }
}

bool Decimal::is_integer() const { return exponent_ >= 0; }

std::int64_t Decimal::integer_digits() const {
  return std::max<std::int64_t>(0, static_cast<std::int64_t>(digits_.size()) + exponent_);
}

std::int64_t Decimal::fraction_digits() const { return std::max<std::int64_t>(0, -exponent_); }

std::optional<std::int64_t> Decimal::to_int64() const {
  if (is_zero()) return 0;
  if (!is_integer() || integer_digits() > 19) return std::nullopt;
  const std::string t = text();
  std::int64_t v = 0;
  const auto [end, ec] = std::from_chars(t.data(), t.data() + t.size(), v);
  if (ec != std::errc() || end != t.data() + t.size()) return std::nullopt;
  return v;
}

void Decimal::round(std::int64_t places) {
  if (is_zero() || -exponent_ <= places) return;
  // The last digit kept has the weight 10^-places.
  const std::int64_t keep = static_cast<std::int64_t>(digits_.size()) + exponent_ + places;
  if (keep < 0) {
    digits_.clear();
    normalise();
    return;
  }
  const auto kept = static_cast<std::size_t>(keep);
  bool up = digits_[kept] >= '5';
  digits_.resize(kept);
  exponent_ = -places;
  for (std::size_t i = kept; up && i-- > 0;) {
    up = digits_[i] == '9';
    digits_[i] = up ? '0' : static_cast<char>(digits_[i] + 1);
  }
  if (up) digits_.insert(0, 1, '1');
  normalise();
}

void Decimal::multiply(const Decimal& by) {
  std::string product(digits_.size() + by.digits_.size(), 0);
  for (std::size_t i = digits_.size(); i-- > 0;) {
    int carry = 0;
    for (std::size_t j = by.digits_.size(); j-- > 0;) {
      const int v = product[i + j + 1] + (digits_[i] - '0') * (by.digits_[j] - '0') + carry;
      product[i + j + 1] = static_cast<char>(v % 10);
      carry = v / 10;
    }
    product[i] = static_cast<char>(product[i] + carry);
  }
  for (char& c : product) c = static_cast<char>(c + '0');
  digits_ = std::move(product);
  exponent_ += by.exponent_;
  negative_ = negative_ != by.negative_;
  normalise();
}

std::string Decimal::text(std::int64_t places) const {
  std::string out = negative_ ? "-" : "";
  const auto size = static_cast<std::int64_t>(digits_.size());
  const std::int64_t before = size + exponent_;  // digits before the point, may be ≤ 0
  if (before <= 0) {
    out += '0';
  } else {
    out.append(digits_, 0, static_cast<std::size_t>(std::min(before, size)));
    if (before > size) out.append(static_cast<std::size_t>(before - size), '0');
  }
  const std::int64_t fraction = fraction_digits();
  if (fraction > 0 || places > 0) out += '.';
  if (fraction > 0) {
    if (before < 0) out.append(static_cast<std::size_t>(-before), '0');
    out.append(digits_, static_cast<std::size_t>(std::max<std::int64_t>(before, 0)));
  }
  if (places > fraction) out.append(static_cast<std::size_t>(places - fraction), '0');
  return out;
}

std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) {
  if (a.negative_ != b.negative_)
    return a.negative_ ? std::strong_ordering::less : std::strong_ordering::greater;
  std::strong_ordering size = std::strong_ordering::equal;
  if (a.is_zero() || b.is_zero()) {
    size = !a.is_zero() <=> !b.is_zero();
  } else {
    size = static_cast<std::int64_t>(a.digits_.size()) + a.exponent_ <=>
           static_cast<std::int64_t>(b.digits_.size()) + b.exponent_;
    if (size == 0) size = a.digits_.compare(b.digits_) <=> 0;
  }
  return a.negative_ ? 0 <=> size : size;
}

}  // namespace arango2pg::mapping
