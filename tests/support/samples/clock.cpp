#include "samples/clock.h"

#include <chrono>
#include <cstdio>

#include "base/ids.h"

namespace arango2pg::samples {

std::string iso_time(Micros time, std::string_view zone) {
  using namespace std::chrono;
  const sys_time<microseconds> at{microseconds(time)};
  const auto day = floor<days>(at);
  const year_month_day date(day);
  const hh_mm_ss clock(at - day);
  char text[64];
  int size = std::snprintf(
      text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  std::string out(text, static_cast<std::size_t>(size));
  if (const auto fraction = clock.subseconds().count(); fraction != 0) {
    size = std::snprintf(text, sizeof text, ".%06d", static_cast<int>(fraction));
    out.append(text, static_cast<std::size_t>(size));
  }
  out += zone;
  return out;
}

std::string revision(Micros time, std::uint64_t counter) {
  return Rev{static_cast<std::uint64_t>(time / 1000) << 20 | counter}.text();
}

std::string uuid4(Random& random) {
  Uuid id;
  for (std::size_t i = 0; i < 16; i += 8) {
    const std::uint64_t bits = random.next();
    for (std::size_t b = 0; b < 8; ++b)
      id.bytes[i + b] = static_cast<unsigned char>(bits >> (8 * b) & 0xffU);
  }
  id.bytes[6] = static_cast<unsigned char>((id.bytes[6] & 0x0fU) | 0x40U);
  id.bytes[8] = static_cast<unsigned char>((id.bytes[8] & 0x3fU) | 0x80U);
  return id.text();
}

}  // namespace arango2pg::samples
