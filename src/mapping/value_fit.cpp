#include "mapping/value_fit.h"

#include "mapping/decimal.h"
#include "mapping/time.h"

namespace arango2pg::mapping {
namespace {

TimeFormat format(std::string_view name) {
  std::string why;
  return *TimeFormat::parse(name, why);
}

bool reads(const TimeFormat& format, std::string_view text, bool is_number) {
  Instant at;
  return format.read(text, is_number, Cut::refuse, at) == TimeFault::none &&
         in_timestamp_range(at.micros);
}

}  // namespace

bool fits_timestamp(std::string_view text) {
  static const TimeFormat iso = format("iso8601");
  return reads(iso, text, false);
}

bool fits_epoch_seconds(std::string_view literal) {
  static const TimeFormat seconds = format("epoch_s");
  return reads(seconds, literal, true);
}

NumberFit fit_of_number(std::string_view literal) {
  NumberFit fit;
  const auto n = Decimal::parse(literal);
  if (!n) return fit;  // an exponent beyond all ranges
  fit.whole = n->is_integer();
  fit.int8 = fit.whole && n->to_int64().has_value();
  fit.integer_digits = n->integer_digits();
  return fit;
}

}  // namespace arango2pg::mapping
