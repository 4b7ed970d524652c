#include "base/units.h"

#include <spdlog/fmt/fmt.h>

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "base/error.h"

namespace arango2pg {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

template <std::size_t N>
std::optional<double> parse_with_unit(std::string_view text, const std::array<Unit, N>& units) {
  double number = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (ec != std::errc() || number < 0 || !std::isfinite(number)) return std::nullopt;
  std::string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
  while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  for (const Unit& u : units)
    if (rest == u.name) return number * u.factor;
  return std::nullopt;
}

}  // namespace

std::uint64_t parse_size(std::string_view text, std::string_view option) {
  constexpr double k = 1024, d = 1000;
  static constexpr std::array<Unit, 14> units = {{{"", 1},
                                                  {"B", 1},
                                                  {"K", k},
                                                  {"M", k * k},
                                                  {"G", k * k * k},
                                                  {"KiB", k},
                                                  {"MiB", k * k},
                                                  {"GiB", k * k * k},
                                                  {"TiB", k * k * k * k},
                                                  {"kB", d},
                                                  {"KB", d},
                                                  {"MB", d * d},
                                                  {"GB", d * d * d},
                                                  {"TB", d * d * d * d}}};
  const auto value = parse_with_unit(text, units);
  if (!value || *value > 9e18)
    throw Error(Exit::usage, fmt::format("'{}' is no size for {}", text, option),
                "Write it like 64MiB or 1GiB.");
  return static_cast<std::uint64_t>(*value);
}

std::chrono::milliseconds parse_duration(std::string_view text, std::string_view option) {
  static constexpr std::array<Unit, 5> units = {
      {{"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60e3}, {"h", 3600e3}}};
  const auto value = parse_with_unit(text, units);
  if (!value || *value > 1e15)
    throw Error(Exit::usage, fmt::format("'{}' is no duration for {}", text, option),
                "Write it like 500ms, 5s or 10m.");
  return std::chrono::milliseconds(static_cast<std::int64_t>(*value));
}

std::string format_size(std::uint64_t bytes) {
  constexpr std::array<const char*, 5> names = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < names.size()) {
    value /= 1024;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, names[unit]);
}

std::string format_count(std::uint64_t n) {
  std::string text = std::to_string(n);
  for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, ",");
  return text;
}

std::string format_duration(std::chrono::milliseconds d) {
  const auto ms = d.count();
  if (ms < 1000) return fmt::format("{}ms", ms);
  if (ms < 60'000) return fmt::format("{:.1f}s", static_cast<double>(ms) / 1000);
  if (ms < 3'600'000) return fmt::format("{}m {:02}s", ms / 60'000, ms / 1000 % 60);
  return fmt::format("{}h {:02}m", ms / 3'600'000, ms / 60'000 % 60);
}

}  // namespace arango2pg
