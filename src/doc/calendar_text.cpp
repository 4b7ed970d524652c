#include "doc/calendar_text.h"

#include <charconv>
#include <chrono>

namespace arango2pg::doc {
namespace {

constexpr std::int64_t days_in_400_years = 146'097;
constexpr std::int64_t micros_in_day = 86'400'000'000;

/// Rounds towards minus infinity.
std::int64_t floor_divide(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

void append_padded(std::string& out, std::int64_t number, std::size_t width) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  const auto size = static_cast<std::size_t>(end - digits);
  if (size < width) out.append(width - size, '0');
  out.append(digits, size);
}

/// Appends year-month-day; true if the year is to be read as BC.
bool append_civil(std::string& out, std::int64_t days_since_1970) {
  using namespace std::chrono;
  // The calendar repeats every 400 years: chrono only sees the years 2000 to 2399.
  constexpr sys_days base = 2000y / January / 1;
  const std::int64_t days = days_since_1970 - base.time_since_epoch().count();
  const std::int64_t era = floor_divide(days, days_in_400_years);
  const year_month_day date(base + std::chrono::days(days - era * days_in_400_years));
  const std::int64_t year = int{date.year()} + era * 400;
  const bool bc = year <= 0;
  append_padded(out, bc ? 1 - year : year, 4);
  out.push_back('-');
  append_padded(out, unsigned{date.month()}, 2);
  out.push_back('-');
  append_padded(out, unsigned{date.day()}, 2);
  return bc;
}

}  // namespace

void append_date(std::string& out, std::int64_t days_since_1970) {
  if (append_civil(out, days_since_1970)) out.append(" BC");
}

void append_timestamp(std::string& out, std::int64_t unix_micros) {
  const std::int64_t day = floor_divide(unix_micros, micros_in_day);
  const std::int64_t in_day = unix_micros - day * micros_in_day;
  const bool bc = append_civil(out, day);
  const std::int64_t seconds = in_day / 1'000'000;
  const std::int64_t micros = in_day % 1'000'000;
  out.push_back(' ');
  append_padded(out, seconds / 3600, 2);
  out.push_back(':');
  append_padded(out, seconds / 60 % 60, 2);
  out.push_back(':');
  append_padded(out, seconds % 60, 2);
  if (micros != 0) {
    out.push_back('.');
    append_padded(out, micros, 6);
  }
  out.append(bc ? "+00 BC" : "+00");
}

}  // namespace arango2pg::doc
