#include "mapping/time.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "mapping/decimal.h"

namespace arango2pg::mapping {
namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool is_leap(std::int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int days_in_month(std::int64_t year, int month) {
  constexpr std::array<int, 12> days = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : days[static_cast<std::size_t>(month - 1)];
}

/// The fields of a date and time as they are read.
struct Fields {
  int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0;
  int day_of_year = 0;  ///< 0 = not given
  std::int64_t micros = 0;
  bool below_micros = false;  ///< non-zero digits behind the sixth
  bool zoned = false;
  int offset_minutes = 0;
  bool twelve_hours = false, afternoon = false;
};

/// A reader over the text; every take_ moves on only if it succeeds.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : left_(text) {}
  [[nodiscard]] bool done() const { return left_.empty(); }
  [[nodiscard]] char peek() const { return left_.empty() ? '\0' : left_[0]; }

  bool take(char c) {
    if (peek() != c || left_.empty()) return false;
    left_.remove_prefix(1);
    return true;
  }
  bool take_any(std::string_view chars) {
    if (left_.empty() || chars.find(left_[0]) == std::string_view::npos) return false;
    left_.remove_prefix(1);
    return true;
  }
  void skip_space() {
    while (!left_.empty() && is_space(left_[0])) left_.remove_prefix(1);
  }
  /// From `min` to `max` digits, as many as there are.
  bool number(std::size_t min, std::size_t max, int& out) {
    std::size_t n = 0;
    int v = 0;
    while (n < max && n < left_.size() && is_digit(left_[n])) v = v * 10 + (left_[n++] - '0');
    if (n < min) return false;
    out = v;
    left_.remove_prefix(n);
    return true;
  }
  /// Digits of a second's fraction, one or more.
  bool fraction(Fields& f) {
    if (left_.empty() || !is_digit(left_[0])) return false;
    std::int64_t unit = 100'000;
    f.micros = 0;
    for (; !left_.empty() && is_digit(left_[0]); left_.remove_prefix(1)) {
      if (unit == 0 && left_[0] != '0') f.below_micros = true;
      f.micros += (left_[0] - '0') * unit;
      unit /= 10;
    }
    return true;
  }
  /// One of `names` in any case; its index.
  template <std::size_t N>
  bool name(const std::array<std::string_view, N>& names, bool short_form, int& out) {
    for (std::size_t i = 0; i < N; ++i) {
      const std::string_view n = short_form ? names[i].substr(0, 3) : names[i];
      if (left_.size() < n.size() || !std::equal(n.begin(), n.end(), left_.begin(),
                                                 [](char a, char b) { return a == to_lower(b); }))
        continue;
      left_.remove_prefix(n.size());
      out = static_cast<int>(i);
      return true;
    }
    return false;
  }
  /// "Z", "+01", "+0100", "+01:00".
  bool zone(Fields& f) {
    const std::string_view before = left_;
    f.offset_minutes = 0;
    if (take_any("Zz")) return f.zoned = true;
    const bool west = peek() == '-';
    int hours = 0, minutes = 0;
    if (!take_any("+-") || !number(2, 2, hours)) return restore(before);
    if (take(':') ? !number(2, 2, minutes) : (is_digit(peek()) && !number(2, 2, minutes)))
      return restore(before);
    if (hours > 15 || minutes > 59) return restore(before);
    f.offset_minutes = (hours * 60 + minutes) * (west ? -1 : 1);
    return f.zoned = true;
  }
  bool words(std::string_view word) {
    if (left_.substr(0, word.size()) != word) return false;
    left_.remove_prefix(word.size());
    return true;
  }
  /// Digits with an optional sign, for %s.
  std::string_view signed_digits() {
    std::size_t n = left_.empty() || left_[0] != '-' ? 0 : 1;
    while (n < left_.size() && is_digit(left_[n])) ++n;
    const std::string_view out = left_.substr(0, n);
    left_.remove_prefix(n);
    return out;
  }

 private:
  bool restore(std::string_view before) {
    left_ = before;
    return false;
  }
  std::string_view left_;
};

TimeFault combine(const Fields& given, Cut cut, Instant& out) {
  Fields f = given;
  if (f.twelve_hours) {
    if (f.hour < 1 || f.hour > 12) return TimeFault::impossible;
    f.hour = f.hour % 12 + (f.afternoon ? 12 : 0);
  }
  if (f.year < 1 || f.month < 1 || f.month > 12 || f.day < 1 ||
      f.day > days_in_month(f.year, f.month) || f.hour > 23 || f.minute > 59 || f.second > 59)
    return TimeFault::impossible;
  std::int64_t days =
      days_from_civil(f.year, static_cast<unsigned>(f.month), static_cast<unsigned>(f.day));
  if (f.day_of_year != 0) {
    if (f.day_of_year > (is_leap(f.year) ? 366 : 365)) return TimeFault::impossible;
    days = days_from_civil(f.year, 1, 1) + f.day_of_year - 1;
  }
  if (f.below_micros && cut == Cut::refuse) return TimeFault::precision;
  const std::int64_t minutes = f.hour * 60 + f.minute - f.offset_minutes;
  out.micros = days * micros_per_day + (minutes * 60 + f.second) * 1'000'000 + f.micros;
  out.zoned = f.zoned;
  if (cut != Cut::refuse) out.micros = cut_to(cut, out.micros);
  return TimeFault::none;
}

bool read_date(Cursor& in, Fields& f) {
  return in.number(4, 4, f.year) && in.take('-') && in.number(2, 2, f.month) && in.take('-') &&
         in.number(2, 2, f.day);
}

TimeFault read_iso8601(std::string_view text, bool strict, Cut cut, Instant& out) {
  Cursor in(text);
  Fields f;
  if (!read_date(in, f)) return TimeFault::no_match;
  if (in.done()) return strict ? TimeFault::no_match : combine(f, cut, out);
  if (!in.take_any("Tt ")) return TimeFault::no_match;
  if (!in.number(2, 2, f.hour) || !in.take(':') || !in.number(2, 2, f.minute))
    return TimeFault::no_match;
  if (in.take(':')) {
    if (!in.number(2, 2, f.second)) return TimeFault::no_match;
    if (in.take_any(strict ? "." : ".,") && !in.fraction(f)) return TimeFault::no_match;
  } else if (strict) {
    return TimeFault::no_match;
  }
  if (!in.done()) {
    if (!strict) in.skip_space();
    if (!in.zone(f)) return TimeFault::no_match;
  } else if (strict) {
    return TimeFault::no_match;
  }
  return in.done() ? combine(f, cut, out) : TimeFault::no_match;
}

TimeFault read_epoch(std::string_view text, std::int64_t micros_per_unit, Cut cut, Instant& out) {
  auto number = Decimal::parse(text);
  if (!number || text[0] == '+') return TimeFault::no_match;
  number->multiply(*Decimal::parse(std::to_string(micros_per_unit)));
  if (!number->is_integer()) {
    if (cut == Cut::refuse) return TimeFault::precision;
    // Downwards, so that times before 1970 are cut in the same direction as those behind it.
    Decimal down = *number;
    down.round(0);
    if (down > *number) {
      const auto whole = down.to_int64();
      if (!whole) return TimeFault::range;
      down = *Decimal::parse(std::to_string(*whole - 1));
    }
    *number = down;
  }
  const auto micros = number->to_int64();
  if (!micros || !in_timestamp_range(*micros)) return TimeFault::range;
  out = {cut == Cut::refuse ? *micros : cut_to(cut, *micros), true};
  return TimeFault::none;
}

constexpr std::array<std::string_view, 12> months = {
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};
constexpr std::array<std::string_view, 7> weekdays = {"sunday",   "monday", "tuesday", "wednesday",
                                                      "thursday", "friday", "saturday"};
constexpr std::string_view directives = "YmdeyjHIMSfpzZbBhaAsTFDRntk%";

/// Shorthands of strftime, written out.
std::string_view long_form(char directive) {
  switch (directive) {
    case 'T':
      return "%H:%M:%S";
    case 'F':
      return "%Y-%m-%d";
    case 'D':
      return "%m/%d/%y";
    case 'R':
      return "%H:%M";
    default:
      return {};
  }
}

bool read_pattern(Cursor& in, std::string_view pattern, Fields& f);

bool read_directive(Cursor& in, char directive, Fields& f) {
  int ignored = 0;
  switch (directive) {
    case 'Y':
      return in.number(4, 4, f.year);
    case 'y':
      if (!in.number(2, 2, f.year)) return false;
      f.year += f.year < 69 ? 2000 : 1900;  // as POSIX strptime
      return true;
    case 'm':
      return in.number(1, 2, f.month);
    case 'e':
      in.skip_space();
      return in.number(1, 2, f.day);
    case 'd':
      return in.number(1, 2, f.day);
    case 'j':
      return in.number(1, 3, f.day_of_year) && f.day_of_year > 0;
    case 'k':
      in.skip_space();
      return in.number(1, 2, f.hour);
    case 'H':
      return in.number(1, 2, f.hour);
    case 'I':
      f.twelve_hours = true;
      return in.number(1, 2, f.hour);
    case 'M':
      return in.number(1, 2, f.minute);
    case 'S':
      return in.number(1, 2, f.second);
    case 'f':
      return in.fraction(f);
    case 'p':
      f.twelve_hours = true;
      f.afternoon = to_lower(in.peek()) == 'p';
      return in.take_any("AaPp") && in.take_any("Mm");
    case 'z':
      return in.zone(f);
    case 'Z':
      return f.zoned = in.words("UTC") || in.words("GMT") || in.take('Z');
    case 'b':
    case 'h':
      if (!in.name(months, true, f.month)) return false;
      ++f.month;
      return true;
    case 'B':
      if (!in.name(months, false, f.month)) return false;
      ++f.month;
      return true;
    case 'a':
      return in.name(weekdays, true, ignored);
    case 'A':
      return in.name(weekdays, false, ignored);
    case 'n':
    case 't':
      in.skip_space();
      return true;
    case '%':
      return in.take('%');
    default:
      return read_pattern(in, long_form(directive), f);
  }
}

bool read_pattern(Cursor& in, std::string_view pattern, Fields& f) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (is_space(c)) {
      in.skip_space();
    } else if (c != '%') {
      if (!in.take(c)) return false;
    } else if (!read_directive(in, pattern[++i], f)) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day) {
  // Years begin in March, so that the leap day comes last; 400 years are one era of 146,097 days.
  year -= month <= 2;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

Civil civil_from_days(std::int64_t days) {
  days += 719'468;
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const std::int64_t day_of_era = days - era * 146'097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t m = (5 * day_of_year + 2) / 153;
  const auto day = static_cast<unsigned>(day_of_year - (153 * m + 2) / 5 + 1);
  const auto month = static_cast<unsigned>(m < 10 ? m + 3 : m - 9);
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

std::string_view describe(TimeFault fault) {
  switch (fault) {
    case TimeFault::impossible:
      return "names a date or time that does not exist";
    case TimeFault::precision:
      return "has digits beyond the microsecond";
    case TimeFault::range:
      return "is beyond the range of timestamps";
    default:
      return "has none of the expected formats";
  }
}

const std::vector<std::string_view>& TimeFormat::names() {
  static const std::vector<std::string_view> all = {"iso8601", "rfc3339",  "date",
                                                    "epoch_s", "epoch_ms", "epoch_us"};
  return all;
}

std::optional<TimeFormat> TimeFormat::parse(std::string_view text, std::string& why) {
  TimeFormat f;
  if (text == "iso8601") return f;
  if (text == "rfc3339") return f.kind_ = Kind::rfc3339, f;
  if (text == "date") return f.kind_ = Kind::date, f;
  f.kind_ = Kind::epoch;
  if (text == "epoch_s") return f.micros_per_unit_ = 1'000'000, f;
  if (text == "epoch_ms") return f.micros_per_unit_ = 1'000, f;
  if (text == "epoch_us") return f;
  if (text.find('%') == std::string_view::npos) {
    why = "is no format";
    return std::nullopt;
  }
  f.kind_ = Kind::pattern;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') continue;
    if (++i == text.size() || directives.find(text[i]) == std::string_view::npos) {
      why = i == text.size() ? "ends in '%'"
                             : std::string("has the unknown directive '%") + text[i] + "'";
      return std::nullopt;
    }
  }
  if (const std::size_t at = text.find("%s"); at != std::string_view::npos && text != "%s") {
    why = "mixes '%s' with other directives";
    return std::nullopt;
  }
  f.pattern_ = text;
  return f;
}

TimeFault TimeFormat::read(std::string_view text, bool is_number, Cut cut, Instant& out) const {
  if (is_number && kind_ != Kind::epoch) return TimeFault::no_match;
  switch (kind_) {
    case Kind::iso8601:
      return read_iso8601(text, false, cut, out);
    case Kind::rfc3339:
      return read_iso8601(text, true, cut, out);
    case Kind::epoch:
      return read_epoch(text, micros_per_unit_, cut, out);
    case Kind::date: {
      Cursor in(text);
      Fields f;
      if (!read_date(in, f) || !in.done()) return TimeFault::no_match;
      return combine(f, cut, out);
    }
    case Kind::pattern:
      break;
  }
  if (pattern_ == "%s") {
    Cursor in(text);
    const std::string_view digits = in.signed_digits();
    return in.done() ? read_epoch(digits, 1'000'000, cut, out) : TimeFault::no_match;
  }
  Cursor in(text);
  Fields f;
  if (!read_pattern(in, pattern_, f) || !in.done()) return TimeFault::no_match;
  return combine(f, cut, out);
}

std::int64_t cut_to(Cut unit, std::int64_t micros) {
  std::int64_t step = 1;
  if (unit == Cut::milliseconds) step = 1'000;
  if (unit == Cut::seconds) step = 1'000'000;
  if (unit == Cut::days) step = micros_per_day;
  std::int64_t rest = micros % step;
  if (rest < 0) rest += step;
  return micros - rest;
}

bool in_timestamp_range(std::int64_t unix_micros) {
  // 4714-11-24 BC is PostgreSQL's first day; its last lies behind the end of our int64.
  return unix_micros >= -210'866'803'200'000'000;
}

namespace {

void append_padded(std::string& out, std::int64_t v, std::size_t width) {
  const std::string digits = std::to_string(v);
  if (digits.size() < width) out.append(width - digits.size(), '0');
  out += digits;
}

}  // namespace

void append_date(std::string& out, std::int64_t days) {
  const Civil c = civil_from_days(days);
  append_padded(out, c.year, 4);
  out += '-';
  append_padded(out, c.month, 2);
  out += '-';
  append_padded(out, c.day, 2);
}

void append_timestamp(std::string& out, std::int64_t unix_micros) {
  const std::int64_t start = cut_to(Cut::days, unix_micros);
  std::int64_t rest = unix_micros - start;
  append_date(out, start / micros_per_day);
  out += 'T';
  append_padded(out, rest / 3'600'000'000, 2);
  rest %= 3'600'000'000;
  out += ':';
  append_padded(out, rest / 60'000'000, 2);
  rest %= 60'000'000;
  out += ':';
  append_padded(out, rest / 1'000'000, 2);
  rest %= 1'000'000;
  if (rest != 0) {
    out += '.';
    append_padded(out, rest, 6);
    out.erase(out.find_last_not_of('0') + 1);
  }
  out += 'Z';
}

}  // namespace arango2pg::mapping
