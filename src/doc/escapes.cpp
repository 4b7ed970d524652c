#include "doc/escapes.h"

#include <array>
#include <cstring>

namespace arango2pg::doc {
namespace {

constexpr auto hex_values = [] {
  std::array<signed char, 256> values{};
  values.fill(-1);
  for (int i = 0; i < 10; ++i)
    values[static_cast<std::size_t>('0' + i)] = static_cast<signed char>(i);
  for (int i = 0; i < 6; ++i) {
    values[static_cast<std::size_t>('a' + i)] = static_cast<signed char>(10 + i);
    values[static_cast<std::size_t>('A' + i)] = static_cast<signed char>(10 + i);
  }
  return values;
}();

/// The code unit of `\uXXXX` at `at`, or -1.
std::int32_t code_unit(const char* at, const char* end) {
  if (end - at < 6 || at[0] != '\\' || at[1] != 'u') return -1;
  std::int32_t code = 0;
  std::int32_t bad = 0;
  for (int i = 2; i < 6; ++i) {
    const std::int32_t digit = hex_values[static_cast<unsigned char>(at[i])];
    bad |= digit;
    code = code * 16 + digit;
  }
  return bad < 0 ? -1 : code;
}

}  // namespace

Escape read_escape(const char* at, const char* end) {
  if (end - at < 2) return {};
  switch (at[1]) {
    case '"':
    case '\\':
    case '/':
      return {static_cast<unsigned char>(at[1]), 2};
    case 'b':
      return {'\b', 2};
    case 'f':
      return {'\f', 2};
    case 'n':
      return {'\n', 2};
    case 'r':
      return {'\r', 2};
    case 't':
      return {'\t', 2};
    default:
      break;
  }
  const std::int32_t unit = code_unit(at, end);
  if (unit < 0) return {};
  const auto code = static_cast<std::uint32_t>(unit);
  if (code < 0xd800 || code > 0xdbff) return {code, 6};
  const std::int32_t low = code_unit(at + 6, end);
  if (low < 0xdc00 || low > 0xdfff) return {code, 6};
  return {0x10000 + ((code - 0xd800) << 10) + (static_cast<std::uint32_t>(low) - 0xdc00), 12};
}

std::size_t unescaped_size(std::string_view raw) {
  const char* const end = raw.data() + raw.size();
  std::size_t size = raw.size();
  for (const char* at = raw.data(); at < end;) {
    const void* hit = std::memchr(at, '\\', static_cast<std::size_t>(end - at));
    if (hit == nullptr) break;
    at = static_cast<const char*>(hit);
    const Escape escape = read_escape(at, end);
    const std::size_t bytes = escape.code < 0x80      ? 1
                              : escape.code < 0x800   ? 2
                              : escape.code < 0x10000 ? 3
                                                      : 4;
    size -= escape.size - bytes;
    at += escape.size;
  }
  return size;
}

}  // namespace arango2pg::doc
