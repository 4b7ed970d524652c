// ICU's time zones behind mapping/time.h.
#include <unicode/basictz.h>
#include <unicode/timezone.h>
#include <unicode/unistr.h>

#include <cmath>

#include "mapping/time.h"

namespace arango2pg::mapping {
namespace {

class IcuZone : public Zone {
 public:
  explicit IcuZone(std::unique_ptr<icu::BasicTimeZone> zone) : zone_(std::move(zone)) {}

  std::optional<std::int64_t> to_utc(std::int64_t wall_micros) const override {
    const std::int64_t below_ms = wall_micros - cut_to(Cut::milliseconds, wall_micros);
    const std::int64_t wall_ms = (wall_micros - below_ms) / 1000;
    UErrorCode status = U_ZERO_ERROR;
    std::int32_t raw = 0, saving = 0;
    zone_->getOffsetFromLocal(static_cast<UDate>(wall_ms), UCAL_TZ_LOCAL_STANDARD_LATTER,
                              UCAL_TZ_LOCAL_STANDARD_LATTER, raw, saving, status);
    if (U_FAILURE(status)) return std::nullopt;
    const std::int64_t utc_ms = wall_ms - raw - saving;
    // A skipped time comes back as another one.
    zone_->getOffset(static_cast<UDate>(utc_ms), false, raw, saving, status);
    if (U_FAILURE(status) || utc_ms + raw + saving != wall_ms) return std::nullopt;
    return utc_ms * 1000 + below_ms;
  }

 private:
  std::unique_ptr<icu::BasicTimeZone> zone_;
};

}  // namespace

std::shared_ptr<const Zone> Zone::find(const std::string& name) {
  std::unique_ptr<icu::TimeZone> zone(
      icu::TimeZone::createTimeZone(icu::UnicodeString::fromUTF8(name)));
  icu::UnicodeString id;
  // An unknown name gives the zone "Etc/Unknown" instead of an error.
  if (!zone || *zone == icu::TimeZone::getUnknown()) return nullptr;
  auto* basic = dynamic_cast<icu::BasicTimeZone*>(zone.get());
  if (basic == nullptr) return nullptr;
  static_cast<void>(zone.release());
  return std::make_shared<IcuZone>(std::unique_ptr<icu::BasicTimeZone>(basic));
}

}  // namespace arango2pg::mapping
