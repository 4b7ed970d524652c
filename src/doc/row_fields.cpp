#include "doc/row_fields.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/ids.h"
#include "doc/big_endian.h"
#include "doc/calendar_text.h"

namespace arango2pg::doc {
namespace {

constexpr std::int64_t micros_1970_to_2000 = 946'684'800'000'000;
constexpr std::int64_t days_1970_to_2000 = 10'957;
constexpr int digits_per_group = 4;

/// numeric_send's form in decimal digits: sign, groups of four digits, display scale.
std::string numeric_text(std::string_view bytes) {
  if (bytes.size() < 8) return "(unreadable)";
  const auto count = load_big_endian<std::uint16_t>(bytes.data());
  const auto weight = load_big_endian<std::int16_t>(bytes.data() + 2);
  const auto sign = load_big_endian<std::uint16_t>(bytes.data() + 4);
  const auto scale = load_big_endian<std::uint16_t>(bytes.data() + 6);
  if (sign == 0xc000) return "NaN";
  if (sign == 0xd000) return "Infinity";
  if (sign == 0xf000) return "-Infinity";
  const auto group = [&](int i) {
    const std::size_t at = 8 + 2 * static_cast<std::size_t>(i);
    return i < 0 || i >= count || at + 2 > bytes.size()
               ? std::uint16_t{0}
               : load_big_endian<std::uint16_t>(bytes.data() + at);
  };
  const auto append_group = [](std::string& out, std::uint16_t value) {
    const std::string digits = std::to_string(value);
    if (digits.size() < digits_per_group) out.append(digits_per_group - digits.size(), '0');
    out += digits;
  };
  std::string whole;
  for (int i = 0; i <= weight; ++i) append_group(whole, group(i));
  const std::size_t first = whole.find_first_not_of('0');
  std::string out = sign != 0 ? "-" : "";
  out += first == std::string::npos ? "0" : whole.substr(first);
  if (scale == 0) return out;
  std::string fraction;
  for (int i = weight + 1; fraction.size() < scale; ++i) append_group(fraction, group(i));
  return out + "." + fraction.substr(0, scale);
}

template <class Int>
std::string integer_text(std::string_view bytes) {
  return bytes.size() == sizeof(Int) ? std::to_string(load_big_endian<Int>(bytes.data()))
                                     : "(unreadable)";
}

template <class Float, class Bits>
std::string float_text(std::string_view bytes) {
  if (bytes.size() != sizeof(Bits)) return "(unreadable)";
  const auto v = std::bit_cast<Float>(load_big_endian<Bits>(bytes.data()));
  if (std::isnan(v)) return "NaN";
  if (std::isinf(v)) return v > 0 ? "Infinity" : "-Infinity";
  std::array<char, 32> digits{};
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), v).ptr};
}

std::string time_text(std::string_view bytes, bool zone) {
  if (bytes.size() != 8) return "(unreadable)";
  const auto v = load_big_endian<std::int64_t>(bytes.data());
  if (v == std::numeric_limits<std::int64_t>::max()) return "infinity";
  if (v == std::numeric_limits<std::int64_t>::min()) return "-infinity";
  std::string out;
  append_timestamp(out, v + micros_1970_to_2000);
  const std::size_t at = zone ? std::string::npos : out.find("+00");
  return at == std::string::npos ? out : out.erase(at, 3);
}

std::string date_text(std::string_view bytes) {
  if (bytes.size() != 4) return "(unreadable)";
  const auto v = load_big_endian<std::int32_t>(bytes.data());
  if (v == std::numeric_limits<std::int32_t>::max()) return "infinity";
  if (v == std::numeric_limits<std::int32_t>::min()) return "-infinity";
  std::string out;
  append_date(out, v + days_1970_to_2000);
  return out;
}

std::string uuid_text(std::string_view bytes) {
  Uuid id;
  if (bytes.size() != sizeof id.bytes) return "(unreadable)";
  std::memcpy(id.bytes, bytes.data(), sizeof id.bytes);
  return id.text();
}

std::string hex_text(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out = "\\x";
  for (const char c : bytes) {
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

/// As PostgreSQL quotes the elements of an array.
void append_element(std::string& out, const std::string& text) {
  const bool is_null = text.size() == 4 && (text[0] | 32) == 'n' && (text[1] | 32) == 'u' &&
                       (text[2] | 32) == 'l' && (text[3] | 32) == 'l';
  if (!text.empty() && !is_null && text.find_first_of("\"\\{}, \t\n\r\v\f") == std::string::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

std::string array_text(const ColumnType& type, std::string_view bytes) {
  const auto elements = read_array(bytes);
  if (!elements) return "(array of several dimensions)";
  ColumnType element = type;
  element.array = false;
  std::string out = "{";
  for (const Field& e : *elements) {
    if (out.size() > 1) out += ',';
    if (!e) {
      out += "NULL";
      continue;
    }
    append_element(out, field_text(element, e));
  }
  return out + "}";
}

}  // namespace

RowEnd read_row(std::string_view bytes, std::size_t columns, std::vector<Field>& fields,
                std::size_t& size) {
  fields.clear();
  if (bytes.size() < 2) return RowEnd::more;
  const auto count = load_big_endian<std::int16_t>(bytes.data());
  if (count == -1) return RowEnd::trailer;
  if (count < 0 || static_cast<std::size_t>(count) != columns) return RowEnd::broken;
  std::size_t at = 2;
  for (std::size_t c = 0; c < columns; ++c) {
    if (bytes.size() - at < 4) return RowEnd::more;
    const auto length = load_big_endian<std::int32_t>(bytes.data() + at);
    at += 4;
    if (length == -1) {
      fields.emplace_back(std::nullopt);
      continue;
    }
    if (length < 0) return RowEnd::broken;
    if (bytes.size() - at < static_cast<std::size_t>(length)) return RowEnd::more;
    fields.emplace_back(bytes.substr(at, static_cast<std::size_t>(length)));
    at += static_cast<std::size_t>(length);
  }
  size = at;
  return RowEnd::row;
}

std::optional<std::vector<Field>> read_array(std::string_view bytes) {
  constexpr std::size_t head = 12, dimension = 8;
  std::vector<Field> out;
  if (bytes.size() < head) return std::nullopt;
  const auto dimensions = load_big_endian<std::int32_t>(bytes.data());
  if (dimensions == 0) return out;
  if (dimensions != 1 || bytes.size() < head + dimension) return std::nullopt;
  const auto count = load_big_endian<std::int32_t>(bytes.data() + head);
  if (count < 0 || load_big_endian<std::int32_t>(bytes.data() + head + 4) != 1) return std::nullopt;
  bytes.remove_prefix(head + dimension);
  for (std::int32_t i = 0; i < count; ++i) {
    if (bytes.size() < 4) return std::nullopt;
    const auto length = load_big_endian<std::int32_t>(bytes.data());
    bytes.remove_prefix(4);
    if (length == -1) {
      out.emplace_back(std::nullopt);
      continue;
    }
    if (length < 0 || bytes.size() < static_cast<std::size_t>(length)) return std::nullopt;
    out.emplace_back(bytes.substr(0, static_cast<std::size_t>(length)));
    bytes.remove_prefix(static_cast<std::size_t>(length));
  }
  return out;
}

std::string field_text(const ColumnType& type, const Field& field) {
  if (!field) return "NULL";
  const std::string_view bytes = *field;
  if (type.array && type.kind != TypeKind::other) return array_text(type, bytes);
  switch (type.kind) {
    case TypeKind::jsonb:
      return std::string(bytes.substr(bytes.empty() ? 0 : 1));
    case TypeKind::uuid:
      return uuid_text(bytes);
    case TypeKind::int2:
      return integer_text<std::int16_t>(bytes);
    case TypeKind::int4:
      return integer_text<std::int32_t>(bytes);
    case TypeKind::int8:
      return integer_text<std::int64_t>(bytes);
    case TypeKind::float4:
      return float_text<float, std::uint32_t>(bytes);
    case TypeKind::float8:
      return float_text<double, std::uint64_t>(bytes);
    case TypeKind::numeric:
      return numeric_text(bytes);
    case TypeKind::boolean:
      return bytes == std::string_view("\0", 1) ? "false" : "true";
    case TypeKind::timestamptz:
      return time_text(bytes, true);
    case TypeKind::timestamp:
      return time_text(bytes, false);
    case TypeKind::date:
      return date_text(bytes);
    case TypeKind::bytea:
      return hex_text(bytes);
    case TypeKind::bpchar:  // its padding is no part of the value
      return std::string(bytes.substr(0, bytes.find_last_not_of(' ') + 1));
    default:
      return std::string(bytes);
  }
}

}  // namespace arango2pg::doc
