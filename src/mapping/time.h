/// \file
/// Private to mapping/. Points in time: reading them by format, writing them, time zones.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arango2pg::mapping {

constexpr std::int64_t micros_per_day = 86'400'000'000;

/// Days since 1970-01-01 in the proleptic Gregorian calendar, and back.
std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day);
struct Civil {
  std::int64_t year;
  unsigned month, day;
};
Civil civil_from_days(std::int64_t days);

/// A point in time. `zoned` says whether the source named a zone (epoch numbers do: UTC).
struct Instant {
  std::int64_t micros = 0;  ///< since 1970-01-01 00:00 UTC (zone-less: as if it were UTC)
  bool zoned = false;
};

/// Why a text is no time.
enum class TimeFault : std::uint8_t {
  none,
  no_match,    ///< does not have the format
  impossible,  ///< has the format, but there is no such date or time
  precision,   ///< digits beyond the microsecond
  range,       ///< beyond what PostgreSQL's timestamps hold
};
/// A phrase for messages: "has digits beyond the microsecond".
std::string_view describe(TimeFault fault);

/// What to do with digits below a unit: refuse, or cut off.
enum class Cut : std::uint8_t { refuse, microseconds, milliseconds, seconds, days };

/// One format of the `timestamp` step.
class TimeFormat {
 public:
  /// iso8601, rfc3339, date, epoch_s, epoch_ms, epoch_us, or a pattern with '%'. Nothing with a
  /// phrase in `why` if it is none of these.
  static std::optional<TimeFormat> parse(std::string_view text, std::string& why);
  /// The names of the fixed formats, for suggestions.
  static const std::vector<std::string_view>& names();

  /// `is_number`: the value was a JSON number; only epoch formats take those.
  TimeFault read(std::string_view text, bool is_number, Cut cut, Instant& out) const;

 private:
  enum class Kind : std::uint8_t { iso8601, rfc3339, date, epoch, pattern };
  Kind kind_ = Kind::iso8601;
  std::int64_t micros_per_unit_ = 1;  ///< epoch
  std::string pattern_;
};

/// "2025-08-17T09:12:31.004211Z"; no fraction if it is zero.
void append_timestamp(std::string& out, std::int64_t unix_micros);
/// "2025-08-17".
void append_date(std::string& out, std::int64_t days);

/// Cuts `micros` down to a multiple of the unit.
std::int64_t cut_to(Cut unit, std::int64_t micros);

/// True if PostgreSQL's timestamp types hold it.
bool in_timestamp_range(std::int64_t unix_micros);

/// An IANA time zone. Thread-safe.
class Zone {
 public:
  /// Nothing if there is no such zone.
  static std::shared_ptr<const Zone> find(const std::string& name);
  virtual ~Zone() = default;
  /// What the wall clock's time is in UTC. Nothing if the clocks skipped that time; where a time
  /// happened twice, standard time is meant, as in PostgreSQL.
  [[nodiscard]] virtual std::optional<std::int64_t> to_utc(std::int64_t wall_micros) const = 0;
};

}  // namespace arango2pg::mapping
