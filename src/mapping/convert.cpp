#include "mapping/convert.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "mapping/decimal.h"
#include "mapping/time.h"
#include "mapping/unicode.h"

namespace arango2pg::mapping {
namespace {

using doc::TypeKind;

bool is_json_kind(const Cell& cell, doc::Kind kind) {
  return cell.kind == Cell::Kind::value && cell.value().kind() == kind;
}

/// The literal of a number; nothing if the cell is none.
bool number_of(const Cell& cell, Evaluator& e, std::string_view& literal) {
  if (cell.kind == Cell::Kind::number || cell.kind == Cell::Kind::integer ||
      is_json_kind(cell, doc::Kind::number))
    return e.text_of(cell, literal);
  return e.fail("wrong_type", "needs a number; a text can be converted by `then: [number]`");
}

/// For messages: a long enumeration is cut.
std::string listed(const std::vector<std::string>& labels) {
  constexpr std::size_t most = 20;
  std::string out;
  for (std::size_t i = 0; i < labels.size() && i < most; ++i)
    out += (i == 0 ? "" : ", ") + labels[i];
  return labels.size() > most ? out + ", …" : out;
}

bool to_text(Cell& cell, const doc::ColumnType& type, Evaluator& e) {
  if (cell.kind == Cell::Kind::json || cell.kind == Cell::Kind::shaped ||
      is_json_kind(cell, doc::Kind::object) || is_json_kind(cell, doc::Kind::array))
    return e.fail("wrong_type",
                  "an object or array does not fit a text column; map it to jsonb, or to text by "
                  "`then: [json]`");
  if (is_json_kind(cell, doc::Kind::string) && type.kind == TypeKind::text)
    return e.clean(cell.value(), cell.origin);  // unescaped straight into the row
  std::string_view text;
  if (!e.text_of(cell, text)) return false;
  cell.become_text(Cell::Kind::text, text);
  if (type.length && text.size() > *type.length && count_characters(text) > *type.length)
    return e.fail("too_long", "is longer than " + std::to_string(*type.length) + " characters");
  if (type.kind == TypeKind::enumeration &&
      std::find(type.labels.begin(), type.labels.end(), text) == type.labels.end())
    return e.fail("unknown_label", "is no label of the enumeration '" + type.name + "' (" +
                                       listed(type.labels) + ")");
  return true;
}

struct Range {
  std::int64_t min, max;
};

Range range_of(TypeKind kind) {
  if (kind == TypeKind::int2) return {INT16_MIN, INT16_MAX};
  if (kind == TypeKind::int4) return {INT32_MIN, INT32_MAX};
  return {INT64_MIN, INT64_MAX};
}

bool to_integer(Cell& cell, const doc::ColumnType& type, Evaluator& e) {
  std::string_view literal;
  std::int64_t v = 0;
  if (cell.kind == Cell::Kind::integer) {
    v = cell.integer;
  } else {
    if (!number_of(cell, e, literal)) return false;
    const char* end = literal.data() + literal.size();
    const auto [stop, ec] = std::from_chars(literal.data(), end, v);
    if (ec != std::errc() || stop != end) {
      const auto number = Decimal::parse(literal);
      if (number && !number->is_integer())
        return e.fail("bad_integer", "has digits behind the point; `then: [round]` cuts them off");
      const auto whole = number ? number->to_int64() : std::nullopt;
      if (!whole) return e.fail("out_of_range", "is beyond '" + type.name + "'");
      v = *whole;
    }
  }
  const Range range = range_of(type.kind);
  if (v < range.min || v > range.max)
    return e.fail("out_of_range", "is beyond '" + type.name + "'");
  cell.become_integer(Cell::Kind::integer, v);
  return true;
}

bool to_numeric(Cell& cell, const doc::ColumnType& type, Evaluator& e) {
  std::string_view literal;
  if (!number_of(cell, e, literal)) return false;
  if (type.precision) {
    const auto number = Decimal::parse(literal);
    const int scale = type.scale.value_or(0);
    if (!number) return e.fail("out_of_range", "is beyond '" + type.name + "'");
    if (number->fraction_digits() > std::max(scale, 0))
      return e.fail("inexact", "has more digits behind the point than '" + type.name +
                                   "' keeps; `then: [{ round: " + std::to_string(scale) +
                                   " }]` rounds");
    if (number->integer_digits() > *type.precision - scale)
      return e.fail("out_of_range", "is beyond '" + type.name + "'");
  }
  cell.become_text(Cell::Kind::number, literal);
  return true;
}

template <class Float>
bool to_float(Cell& cell, const doc::ColumnType& type, Evaluator& e) {
  std::string_view literal;
  if (!number_of(cell, e, literal)) return false;
  Float v = 0;
  const auto [stop, ec] = std::from_chars(literal.data(), literal.data() + literal.size(), v);
  if (ec == std::errc::result_out_of_range || std::isinf(v))
    return e.fail("out_of_range", "is beyond '" + type.name + "'");
  cell.kind = Cell::Kind::real;
  cell.real = v;
  return true;
}

bool to_boolean(Cell& cell, Evaluator& e) {
  if (cell.kind == Cell::Kind::boolean) return true;
  if (!is_json_kind(cell, doc::Kind::boolean))
    return e.fail("wrong_type", "needs true or false; other values by `then: [boolean]`");
  cell.become_integer(Cell::Kind::boolean, cell.value().boolean() ? 1 : 0);
  return true;
}

/// A text in ISO 8601 is the only form a time has without a `timestamp` step.
bool to_timestamp(Cell& cell, Evaluator& e) {
  if (cell.kind == Cell::Kind::date)
    cell.become_integer(Cell::Kind::timestamp, cell.integer * micros_per_day);
  if (cell.kind != Cell::Kind::timestamp) {
    if (cell.kind != Cell::Kind::text && !is_json_kind(cell, doc::Kind::string))
      return e.fail("wrong_type",
                    "needs a time as ISO 8601 text; other forms by `then: [{ timestamp: … }]`");
    static const TimeFormat iso = [] {
      std::string why;
      return *TimeFormat::parse("iso8601", why);
    }();
    std::string_view text;
    if (!e.text_of(cell, text)) return false;
    Instant at;
    const TimeFault fault = iso.read(text, false, Cut::refuse, at);
    if (fault != TimeFault::none) return e.fail("bad_timestamp", std::string(describe(fault)));
    cell.become_integer(Cell::Kind::timestamp, at.micros);
  }
  if (!in_timestamp_range(cell.integer))
    return e.fail("out_of_range", "is beyond the range of timestamps");
  return true;
}

bool to_date(Cell& cell, Evaluator& e) {
  if (cell.kind == Cell::Kind::date) return true;
  if (!to_timestamp(cell, e)) {
    if (e.workspace().fault.rule == "bad_timestamp") e.workspace().fault.rule = "bad_date";
    return false;
  }
  const std::int64_t day = cut_to(Cut::days, cell.integer);
  if (day != cell.integer)
    return e.fail("bad_date",
                  "has a time of day; `then: [{ timestamp: { truncate: day } }]` cuts it off");
  cell.become_integer(Cell::Kind::date, day / micros_per_day);
  return true;
}

bool to_uuid(Cell& cell, Evaluator& e) {
  if (cell.kind == Cell::Kind::uuid) return true;
  if (cell.kind != Cell::Kind::text && !is_json_kind(cell, doc::Kind::string))
    return e.fail("wrong_type", "needs a UUID as text");
  std::string_view text;
  if (!e.text_of(cell, text)) return false;
  const auto id = Uuid::parse(text);
  if (!id) return e.fail("bad_uuid", "is no UUID; keys become UUIDs by `uuid` or `reference`");
  cell.kind = Cell::Kind::uuid;
  cell.uuid = *id;
  return true;
}

/// RFC 4648 with padding; no line breaks.
bool decode_base64(std::string_view text, std::string& out) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.size() % 4 != 0) return false;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t digit = i >= text.size() - padding ? 0 : alphabet.find(text[i]);
    if (digit == std::string_view::npos) return false;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    if (i % 4 != 3) continue;
    const std::size_t keep = i + 1 == text.size() ? 3 - padding : 3;
    for (std::size_t b = 0; b < 3; ++b) {
      const auto byte = static_cast<unsigned char>(bits >> (16 - 8 * b));
      if (b < keep) {
        out.push_back(static_cast<char>(byte));
      } else if (byte != 0) {
        return false;
      }
    }
    bits = 0;
  }
  return true;
}

bool to_bytes(Cell& cell, Evaluator& e) {
  if (cell.kind == Cell::Kind::bytes) return true;
  if (cell.kind != Cell::Kind::text && !is_json_kind(cell, doc::Kind::string))
    return e.fail("wrong_type", "needs bytes as base64 text");
  std::string_view text;
  if (!e.text_of(cell, text)) return false;
  TextBuffer bytes(e.workspace());
  if (!decode_base64(text, *bytes)) return e.fail("bad_base64", "is no base64");
  cell.become_text(Cell::Kind::bytes, e.keep(*bytes));
  return true;
}

bool to_json(Cell& cell, Evaluator& e) {
  if (cell.kind == Cell::Kind::value) return e.clean(cell.value(), cell.origin);
  return true;
}

bool convert_scalar(Cell& cell, const doc::ColumnType& type, Evaluator& e);
bool write_scalar(doc::RowWriter& out, const Cell& cell, const doc::ColumnType& type, Evaluator& e);

bool to_array(Cell& cell, const doc::ColumnType& type, Evaluator& e) {
  if (cell.kind == Cell::Kind::elements) return true;
  if (cell.kind == Cell::Kind::json && !e.open(cell)) return false;
  if (!is_json_kind(cell, doc::Kind::array)) return e.fail("wrong_type", "needs an array");
  std::vector<Cell>& list = e.workspace().elements;
  const std::size_t first = list.size();
  for (const doc::Value v : doc::Elements(cell.value())) {
    Cell c = Cell::of(v, cell.origin);
    if (!convert_scalar(c, type, e)) return false;
    list.push_back(c);
  }
  cell.kind = Cell::Kind::elements;
  cell.integer = static_cast<std::int64_t>(first);
  cell.count = static_cast<std::uint32_t>(list.size() - first);
  return true;
}

bool is_clean(const Cell& cell) {
  return (cell.value().flags() & (doc::Node::has_nul | doc::Node::has_surrogate)) == 0;
}

void write_json(doc::RowWriter& out, const Cell& cell, Evaluator& e) {
  if (cell.kind == Cell::Kind::value && is_clean(cell)) return out.json(cell.value().json());
  if (cell.kind == Cell::Kind::json || cell.kind == Cell::Kind::number) return out.json(cell.text);
  e.append_json_of(cell, out.begin_text());
  out.end_value();
}

void write_jsonb(doc::RowWriter& out, const Cell& cell, Evaluator& e) {
  if (cell.kind == Cell::Kind::json || cell.kind == Cell::Kind::number) return out.jsonb(cell.text);
  if (cell.kind == Cell::Kind::shaped) {
    e.append_shaped_for_jsonb(*cell.source, out.begin_jsonb());
  } else if (cell.kind != Cell::Kind::value || !is_clean(cell)) {
    e.append_json_of(cell, out.begin_jsonb());
  } else if (e.workspace().jsonb_order) {
    e.workspace().order.append(out.begin_jsonb(), cell.value());
  } else {
    return out.jsonb(cell.value().json());
  }
  out.end_value();
}

bool write_array(doc::RowWriter& out, const Cell& cell, const doc::ColumnType& type, Evaluator& e) {
  const Cell* cells = e.workspace().elements.data() + cell.integer;
  const bool has_null =
      std::any_of(cells, cells + cell.count, [](const Cell& c) { return c.absent(); });
  out.begin_array(cell.count, type.element_oid, has_null);
  for (std::uint32_t i = 0; i < cell.count; ++i)
    if (!write_scalar(out, cells[i], type, e)) return false;
  out.end_array();
  return true;
}

bool convert_scalar(Cell& cell, const doc::ColumnType& type, Evaluator& e) {
  if (cell.absent()) return true;
  switch (type.kind) {
    case TypeKind::text:
    case TypeKind::varchar:
    case TypeKind::bpchar:
    case TypeKind::enumeration:
    case TypeKind::other:
      return to_text(cell, type, e);
    case TypeKind::jsonb:
    case TypeKind::json:
      return to_json(cell, e);
    case TypeKind::uuid:
      return to_uuid(cell, e);
    case TypeKind::int2:
    case TypeKind::int4:
    case TypeKind::int8:
      return to_integer(cell, type, e);
    case TypeKind::float4:
      return to_float<float>(cell, type, e);
    case TypeKind::float8:
      return to_float<double>(cell, type, e);
    case TypeKind::numeric:
      return to_numeric(cell, type, e);
    case TypeKind::boolean:
      return to_boolean(cell, e);
    case TypeKind::timestamptz:
    case TypeKind::timestamp:
      return to_timestamp(cell, e);
    case TypeKind::date:
      return to_date(cell, e);
    case TypeKind::bytea:
      return to_bytes(cell, e);
  }
  return true;
}

bool write_scalar(doc::RowWriter& out, const Cell& cell, const doc::ColumnType& type,
                  Evaluator& e) {
  if (cell.absent()) return out.null(), true;
  switch (type.kind) {
    case TypeKind::jsonb:
      write_jsonb(out, cell, e);
      return true;
    case TypeKind::json:
      write_json(out, cell, e);
      return true;
    case TypeKind::uuid:
      out.uuid(cell.uuid);
      return true;
    case TypeKind::int2:
      out.int2(static_cast<std::int16_t>(cell.integer));
      return true;
    case TypeKind::int4:
      out.int4(static_cast<std::int32_t>(cell.integer));
      return true;
    case TypeKind::int8:
      out.int8(cell.integer);
      return true;
    case TypeKind::float4:
      out.float4(static_cast<float>(cell.real));
      return true;
    case TypeKind::float8:
      out.float8(cell.real);
      return true;
    case TypeKind::numeric:
      return out.numeric(cell.text) ||
             e.fail_at("out_of_range", cell.origin, "is beyond '" + type.name + "'");
    case TypeKind::boolean:
      out.boolean(cell.integer != 0);
      return true;
    case TypeKind::timestamptz:
    case TypeKind::timestamp:
      out.timestamp(cell.integer);
      return true;
    case TypeKind::date:
      out.date(static_cast<std::int32_t>(cell.integer));
      return true;
    case TypeKind::bytea:
      out.bytea(cell.text);
      return true;
    default:
      break;
  }
  if (cell.kind == Cell::Kind::value) {
    const doc::Value v = cell.value();
    if ((v.flags() & doc::Node::escaped) == 0) return out.text(v.raw()), true;
    doc::append_text(out.begin_text(), v, e.policy);
    out.end_value();
    return true;
  }
  out.text(cell.text);
  return true;
}

}  // namespace

bool is_text_like(TypeKind kind) {
  return kind == TypeKind::text || kind == TypeKind::varchar || kind == TypeKind::bpchar ||
         kind == TypeKind::enumeration || kind == TypeKind::other;
}

bool is_integer_type(TypeKind kind) {
  return kind == TypeKind::int2 || kind == TypeKind::int4 || kind == TypeKind::int8;
}

bool is_number_type(TypeKind kind) {
  return is_integer_type(kind) || kind == TypeKind::float4 || kind == TypeKind::float8 ||
         kind == TypeKind::numeric;
}

bool is_json_type(TypeKind kind) { return kind == TypeKind::jsonb || kind == TypeKind::json; }

bool convert(Cell& cell, const doc::ColumnType& type, Evaluator& e) {
  if (type.array && !cell.absent()) return to_array(cell, type, e);
  return convert_scalar(cell, type, e);
}

bool write(doc::RowWriter& out, const Cell& cell, const doc::ColumnType& type, Evaluator& e) {
  if (type.array && !cell.absent()) return write_array(out, cell, type, e);
  return write_scalar(out, cell, type, e);
}

int order(const Cell& a, const Cell& b) {
  if (a.kind == Cell::Kind::real) return a.real < b.real ? -1 : a.real > b.real ? 1 : 0;
  if (a.kind == Cell::Kind::number) {
    const auto x = Decimal::parse(a.text), y = Decimal::parse(b.text);
    return !x || !y || *x == *y ? 0 : *x < *y ? -1 : 1;
  }
  return a.integer < b.integer ? -1 : a.integer > b.integer ? 1 : 0;
}

}  // namespace arango2pg::mapping
