// The small tools: decimals, times, characters, paths, literals.
#include <gtest/gtest.h>

#include "mapping/decimal.h"
#include "mapping/formats.h"
#include "mapping/literal.h"
#include "mapping/path.h"
#include "mapping/time.h"
#include "mapping/unicode.h"

using namespace arango2pg::mapping;

namespace {

std::string rounded(const char* number, int places) {
  auto d = *Decimal::parse(number);
  d.round(places);
  return d.text();
}

std::string product(const char* a, const char* b) {
  auto d = *Decimal::parse(a);
  d.multiply(*Decimal::parse(b));
  return d.text();
}

/// "micros", with "local" if the text named no zone, or the phrase of the fault.
std::string read_time(const char* format, const char* text, bool number = false,
                      Cut cut = Cut::refuse) {
  std::string why;
  const auto f = TimeFormat::parse(format, why);
  if (!f) return why;
  Instant at;
  const TimeFault fault = f->read(text, number, cut, at);
  if (fault != TimeFault::none) return std::string(describe(fault));
  std::string out;
  append_timestamp(out, at.micros);
  return out + (at.zoned ? "" : " local");
}

std::string steps_of(const char* path) {
  std::string why;
  const auto p = Path::parse(path, why);
  return p ? p->text() : why;
}

constexpr const char* no_match = "has none of the expected formats";
constexpr const char* impossible = "names a date or time that does not exist";
constexpr const char* precision = "has digits beyond the microsecond";

}  // namespace

TEST(Decimal, RoundsHalfAwayFromZeroLikePostgres) {
  EXPECT_EQ(rounded("2.345", 2), "2.35");
  EXPECT_EQ(rounded("-2.345", 2), "-2.35");
  EXPECT_EQ(rounded("0.5", 0), "1");
  EXPECT_EQ(rounded("-0.5", 0), "-1");
  EXPECT_EQ(rounded("0.49", 0), "0");
  EXPECT_EQ(rounded("9.995", 2), "10");
  EXPECT_EQ(rounded("99.5", 0), "100");
  EXPECT_EQ(rounded("1250", -2), "1300");
  EXPECT_EQ(rounded("4", -1), "0");
  EXPECT_EQ(rounded("5", -1), "10");
  EXPECT_EQ(rounded("1.2", 5), "1.2");
}

TEST(Decimal, DoesNotGoThroughADouble) {
  EXPECT_EQ(rounded("1.005", 2), "1.01");  // the double nearest to 1.005 lies below it
  EXPECT_EQ(product("0.1", "3"), "0.3");
  EXPECT_EQ(product("12345678901234567890.123", "100"), "1234567890123456789012.3");
  EXPECT_EQ(product("-1.5e3", "0.001"), "-1.5");
  EXPECT_EQ(product("0", "-5"), "0");
}

TEST(Decimal, WritesPlainDigits) {
  EXPECT_EQ(Decimal::parse("1e3")->text(), "1000");
  EXPECT_EQ(Decimal::parse("1.50e-3")->text(), "0.0015");
  EXPECT_EQ(Decimal::parse("-0.0")->text(), "0");
  EXPECT_EQ(Decimal::parse("12")->text(2), "12.00");
  EXPECT_EQ(Decimal::parse(".5")->text(), "0.5");
}

TEST(Decimal, RefusesWhatIsNoNumber) {
  for (const char* bad :
       {"", "-", ".", "1.2.3", "1e", "e5", " 1", "1 ", "0x10", "1,5", "NaN", "1e+-5"})
    EXPECT_FALSE(Decimal::parse(bad)) << bad;
}

TEST(Decimal, ComparesByValue) {
  EXPECT_EQ(*Decimal::parse("1.0"), *Decimal::parse("1"));
  EXPECT_LT(*Decimal::parse("-2"), *Decimal::parse("-1"));
  EXPECT_LT(*Decimal::parse("9"), *Decimal::parse("10"));
  EXPECT_LT(*Decimal::parse("0.09"), *Decimal::parse("0.1"));
  EXPECT_LT(*Decimal::parse("-1"), *Decimal::parse("0"));
}

TEST(Decimal, KnowsTheLimitsOf64Bits) {
  EXPECT_EQ(Decimal::parse("9223372036854775807")->to_int64(), INT64_MAX);
  EXPECT_EQ(Decimal::parse("-9223372036854775808")->to_int64(), INT64_MIN);
  EXPECT_EQ(Decimal::parse("9223372036854775808")->to_int64(), std::nullopt);
  EXPECT_EQ(Decimal::parse("1.5")->to_int64(), std::nullopt);
}

TEST(Time, ReadsIso8601) {
  EXPECT_EQ(read_time("iso8601", "2025-08-17T09:12:31.004211"),
            "2025-08-17T09:12:31.004211Z local");
  EXPECT_EQ(read_time("iso8601", "2025-08-17T09:12:31.004211+00:00"),
            "2025-08-17T09:12:31.004211Z");
  EXPECT_EQ(read_time("iso8601", "2025-08-17 09:12:31Z"), "2025-08-17T09:12:31Z");
  EXPECT_EQ(read_time("iso8601", "2025-08-17T09:12:31+0200"), "2025-08-17T07:12:31Z");
  EXPECT_EQ(read_time("iso8601", "2025-08-17T09:12:31-05:30"), "2025-08-17T14:42:31Z");
  EXPECT_EQ(read_time("iso8601", "2025-08-17T09:12"), "2025-08-17T09:12:00Z local");
  EXPECT_EQ(read_time("iso8601", "2025-08-17"), "2025-08-17T00:00:00Z local");
  EXPECT_EQ(read_time("iso8601", "2025-08-17T09:12:31,5"), "2025-08-17T09:12:31.5Z local");
}

TEST(Time, RefusesImpossibleDates) {
  for (const char* bad :
       {"2025-02-29", "2025-04-31T00:00:00Z", "2025-13-01", "2025-00-10", "2025-08-17T24:00:00",
        "2025-08-17T09:60:00", "2025-08-17T09:12:60", "0000-01-01", "1900-02-29"})
    EXPECT_EQ(read_time("iso8601", bad), impossible) << bad;
  EXPECT_EQ(read_time("iso8601", "2024-02-29"), "2024-02-29T00:00:00Z local");
}

TEST(Time, RefusesDigitsBeyondTheMicrosecondUnlessToldToCutThem) {
  EXPECT_EQ(read_time("iso8601", "2025-08-17T09:12:31.1234567Z"), precision);
  EXPECT_EQ(read_time("iso8601", "2025-08-17T09:12:31.1234560Z"), "2025-08-17T09:12:31.123456Z");
  EXPECT_EQ(read_time("iso8601", "2025-08-17T09:12:31.1234567Z", false, Cut::microseconds),
            "2025-08-17T09:12:31.123456Z");
  EXPECT_EQ(read_time("iso8601", "2025-08-17T09:12:31.1234567Z", false, Cut::milliseconds),
            "2025-08-17T09:12:31.123Z");
  EXPECT_EQ(read_time("iso8601", "2025-08-17T09:12:31.9Z", false, Cut::seconds),
            "2025-08-17T09:12:31Z");
  EXPECT_EQ(read_time("iso8601", "2025-08-17T09:12:31.9Z", false, Cut::days),
            "2025-08-17T00:00:00Z");
}

TEST(Time, RefusesWhatIsNotIso8601) {
  for (const char* bad : {"", "2025", "17.08.2025", "2025-8-17", "2025-08-17T", "2025-08-17T9:12",
                          "2025-08-17T09:12:31+2", "2025-08-17 09:12:31 CET", "now", "2025-08-17x"})
    EXPECT_EQ(read_time("iso8601", bad), no_match) << bad;
  EXPECT_EQ(read_time("iso8601", "1755421951", true), no_match);
}

TEST(Time, Rfc3339WantsAZone) {
  EXPECT_EQ(read_time("rfc3339", "2025-08-17T09:12:31Z"), "2025-08-17T09:12:31Z");
  EXPECT_EQ(read_time("rfc3339", "2025-08-17T09:12:31"), no_match);
  EXPECT_EQ(read_time("rfc3339", "2025-08-17"), no_match);
}

TEST(Time, ReadsEpochsExactly) {
  EXPECT_EQ(read_time("epoch_s", "1755421951", true), "2025-08-17T09:12:31Z");
  EXPECT_EQ(read_time("epoch_s", "1755421951.25", true), "2025-08-17T09:12:31.25Z");
  EXPECT_EQ(read_time("epoch_ms", "1755421951004", true), "2025-08-17T09:12:31.004Z");
  EXPECT_EQ(read_time("epoch_us", "1755421951004211", true), "2025-08-17T09:12:31.004211Z");
  EXPECT_EQ(read_time("epoch_ms", "1755421951004", false), "2025-08-17T09:12:31.004Z");
  EXPECT_EQ(read_time("epoch_s", "-1", true), "1969-12-31T23:59:59Z");
  EXPECT_EQ(read_time("epoch_s", "1.755421951e9", true), "2025-08-17T09:12:31Z");
}

TEST(Time, EpochsOutsideTheRangeOrTooFineAreFaults) {
  EXPECT_EQ(read_time("epoch_s", "0.0000001", true), precision);
  EXPECT_EQ(read_time("epoch_s", "0.0000019", true, Cut::microseconds),
            "1970-01-01T00:00:00.000001Z");
  EXPECT_EQ(read_time("epoch_s", "-0.0000001", true, Cut::microseconds),
            "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(read_time("epoch_s", "1e18", true), "is beyond the range of timestamps");
}

TEST(Time, ReadsPatterns) {
  EXPECT_EQ(read_time("%d.%m.%Y %H:%M", "17.08.2025 09:12"), "2025-08-17T09:12:00Z local");
  EXPECT_EQ(read_time("%d.%m.%Y", "7.8.2025"), "2025-08-07T00:00:00Z local");
  EXPECT_EQ(read_time("%b %e, %Y %I:%M %p", "Aug 17, 2025 09:12 PM"), "2025-08-17T21:12:00Z local");
  EXPECT_EQ(read_time("%a, %d %b %Y %T %z", "Sun, 17 Aug 2025 09:12:31 +0200"),
            "2025-08-17T07:12:31Z");
  EXPECT_EQ(read_time("%a, %d %b %Y %T %Z", "Sun, 17 Aug 2025 09:12:31 GMT"),
            "2025-08-17T09:12:31Z");
  EXPECT_EQ(read_time("%F %T.%f", "2025-08-17 09:12:31.5"), "2025-08-17T09:12:31.5Z local");
  EXPECT_EQ(read_time("%Y-%j", "2025-229"), "2025-08-17T00:00:00Z local");
  EXPECT_EQ(read_time("%y%m%d", "991231"), "1999-12-31T00:00:00Z local");
  EXPECT_EQ(read_time("%s", "1755421951"), "2025-08-17T09:12:31Z");
  EXPECT_EQ(read_time("%B %Y 100%%", "may 2025 100%"), "2025-05-01T00:00:00Z local");
  EXPECT_EQ(read_time("%I:%M", "13:00"), impossible);
  EXPECT_EQ(read_time("%Y-%j", "2025-366"), impossible);
  EXPECT_EQ(read_time("%d.%m.%Y", "31.02.2025"), impossible);
  EXPECT_EQ(read_time("%d.%m.%Y", "2025-08-17"), no_match);
}

TEST(Time, RefusesUnknownFormats) {
  EXPECT_EQ(read_time("iso", ""), "is no format");
  EXPECT_EQ(read_time("%Q", ""), "has the unknown directive '%Q'");
  EXPECT_EQ(read_time("%Y%", ""), "ends in '%'");
  EXPECT_EQ(read_time("%s.%f", ""), "mixes '%s' with other directives");
}

TEST(Time, CalendarGoesThereAndBack) {
  for (const std::int64_t days : {-719162LL, -1LL, 0LL, 59LL, 11016LL, 19782LL, 2932896LL}) {
    const Civil c = civil_from_days(days);
    EXPECT_EQ(days_from_civil(c.year, c.month, c.day), days);
  }
}

TEST(Zone, KnowsSummerTime) {
  const auto prague = Zone::find("Europe/Prague");
  ASSERT_TRUE(prague);
  const std::int64_t day = 86'400'000'000, hour = 3'600'000'000;
  const std::int64_t winter = days_from_civil(2025, 1, 15) * day;
  const std::int64_t summer = days_from_civil(2025, 7, 15) * day;
  EXPECT_EQ(prague->to_utc(winter), winter - hour);
  EXPECT_EQ(prague->to_utc(summer + 7), summer + 7 - 2 * hour);
}

TEST(Zone, RefusesSkippedTimesAndTakesStandardTimeForDoubledOnes) {
  const auto prague = Zone::find("Europe/Prague");
  const std::int64_t day = 86'400'000'000, hour = 3'600'000'000, minute = 60'000'000;
  const std::int64_t spring = days_from_civil(2025, 3, 30) * day;
  const std::int64_t autumn = days_from_civil(2025, 10, 26) * day;
  EXPECT_EQ(prague->to_utc(spring + 2 * hour + 30 * minute), std::nullopt);
  EXPECT_EQ(prague->to_utc(autumn + 2 * hour + 30 * minute), autumn + hour + 30 * minute);
  EXPECT_FALSE(Zone::find("Europe/Prag"));
}

TEST(Unicode, CountsCharactersNotBytes) {
  EXPECT_EQ(count_characters("Žofie"), 5U);
  EXPECT_EQ(count_characters("😀!"), 2U);
  EXPECT_EQ(character_offset("Žofie", 1), 2U);
  EXPECT_EQ(character_offset("ab", 9), 2U);
}

TEST(Unicode, ChangesCaseInAllScripts) {
  std::string out;
  append_lower(out, "ŽOFIE ΟΔΟΣ İ");
  EXPECT_EQ(out, "žofie οδος i̇");
  out.clear();
  append_upper(out, "straße ñ");
  EXPECT_EQ(out, "STRASSE Ñ");
}

TEST(Unicode, TrimsAllWhiteSpace) {
  EXPECT_EQ(trimmed(" \t\u00a0a b\u3000\n"), "a b");
  EXPECT_EQ(trimmed("   "), "");
  EXPECT_EQ(trimmed("Ž"), "Ž");
  std::string out;
  append_collapsed(out, "  a \u2003 b\n\nc ");
  EXPECT_EQ(out, "a b c");
}

TEST(Path, KeepsTheirSpelling) {
  for (const char* path :
       {"a", "a.b", "a.b[0].c", "a.\"b.c\"", "[0].a", "\"\"", "\"say \"\"hi\"\"\""})
    EXPECT_EQ(steps_of(path), path);
}

TEST(Path, SaysWhatIsWrong) {
  EXPECT_EQ(steps_of(""), "is empty");
  EXPECT_EQ(steps_of("a..b"), "has an empty name");
  EXPECT_EQ(steps_of("a."), "has an empty name");
  EXPECT_EQ(steps_of("a[x]"), "has an index that is no number (they count from 0)");
  EXPECT_EQ(steps_of("a[-1]"), "has an index that is no number (they count from 0)");
  EXPECT_EQ(steps_of("a[0"), "has a '[' without ']'");
  EXPECT_EQ(steps_of("a[0]b"), "has text behind a quoted name or an index");
  EXPECT_EQ(steps_of("\"a"), "has a quote that is not closed");
}

TEST(Literal, EqualsAsJsonbSeesIt) {
  const auto same = [](const char* a, const char* b) {
    return equal(Literal(a).value(), Literal(b).value());
  };
  EXPECT_TRUE(same("1.0", "1"));
  EXPECT_TRUE(same(R"({"a":1,"b":[2]})", R"({"b":[2.0],"a":1e0})"));
  EXPECT_TRUE(same(R"({"a":1,"a":2})", R"({"a":2})"));
  EXPECT_TRUE(same(R"("\u0041")", R"("A")"));
  EXPECT_FALSE(same("1", "\"1\""));
  EXPECT_FALSE(same("[1,2]", "[2,1]"));
  EXPECT_FALSE(same(R"({"a":1})", R"({"a":1,"b":null})"));
}

TEST(Literal, FindsDuplicatesByValue) {
  EXPECT_TRUE(has_duplicates(Literal(R"([{"a":1,"b":2},{"b":2.0,"a":1}])").value()));
  EXPECT_FALSE(has_duplicates(Literal(R"([1,"1",[1],true])").value()));
}

TEST(Formats, TellGoodFromBad) {
  struct Case {
    const char* format;
    std::vector<const char*> good, bad;
  };
  const Case cases[] = {
      {"email",
       {"a@b.cz", "first.last+tag@sub.example.com", "žofie@příklad.cz"},
       {"", "a", "a@b", "@b.cz", "a b@c.cz", "a@b..cz", "a.@b.cz", "a@-b.cz"}},
      {"url",
       {"https://example.com", "http://h.org:8080/a?b=c#d", "https://[::1]/x", "ftp://u@h.org/f"},
       {"example.com", "http://", "http:/x", "https://ex ample.com", "javascript:alert(1)"}},
      {"uri",
       {"mailto:a@b.cz", "urn:isbn:1", "https://x/%20"},
       {"x", ":x", "1a:x", "a:%2", "a:<>"}},
      {"uuid", {"6ba7b810-9dad-11d1-80b4-00c04fd430c8"}, {"6ba7b8109dad11d180b400c04fd430c8"}},
      {"date", {"2024-02-29"}, {"2025-02-29", "2025-1-1", "2025-01-01T00:00:00Z"}},
      {"date-time", {"2025-08-17T09:12:31Z"}, {"2025-08-17", "2025-08-17T09:12:31"}},
      {"ipv4", {"127.0.0.1"}, {"127.0.0", "256.0.0.1", "1.2.3.4.5", "01.2.3.4"}},
      {"ipv6",
       {"::", "::1", "fe80::1:2", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4"},
       {"1:2", ":::", "1::2::3", "12345::", "1:2:3:4:5:6:7:8:9"}},
      {"hostname", {"example.com", "a-b"}, {"", "-a", "a..b", "a_b"}},
  };
  for (const Case& c : cases) {
    for (const char* text : c.good)
      EXPECT_TRUE(has_format(text, c.format)) << c.format << " " << text;
    for (const char* text : c.bad)
      EXPECT_FALSE(has_format(text, c.format)) << c.format << " " << text;
  }
}
