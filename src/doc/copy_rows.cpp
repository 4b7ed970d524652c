#include "doc/copy_rows.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <type_traits>

#include "doc/big_endian.h"
#include "doc/calendar_text.h"
#include "doc/copy_escapes.h"
#include "doc/number_literal.h"
#include "doc/numeric_binary.h"
#include "doc/utf8.h"

namespace arango2pg::doc {
namespace {

using namespace std::string_view_literals;

/// PostgreSQL's MaxAllocSize: no line, field or row may be larger.
constexpr std::size_t max_row = 0x3fff'ffff;

constexpr std::int64_t micros_1970_to_2000 = 946'684'800'000'000;
constexpr std::int64_t days_1970_to_2000 = 10'957;

/// The same moment counted from 2000. The lowest value would mean -infinity: held one above, it is
/// out of range for the server, which is the truth.
template <class Int>
Int since_2000(Int since_1970, std::int64_t distance) {
  const auto low = static_cast<std::int64_t>(std::numeric_limits<Int>::min()) + 1;
  const auto value = static_cast<std::int64_t>(since_1970);
  return static_cast<Int>(value < low + distance ? low : value - distance);
}

void append_hex(std::string& out, unsigned char byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  out.push_back(digits[byte >> 4]);
  out.push_back(digits[byte & 15]);
}

[[maybe_unused]] bool is_plain_text(std::string_view bytes) {
  return bytes.find('\0') == std::string_view::npos && valid_utf8_prefix(bytes) == bytes.size();
}

}  // namespace

std::string_view RowWriter::header(CopyFormat format) {
  // Signature, no flags, no extension.
  return format == CopyFormat::binary ? "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"sv : ""sv;
}

std::string_view RowWriter::trailer(CopyFormat format) {
  return format == CopyFormat::binary ? "\377\377"sv : ""sv;
}

void RowWriter::begin_row() {
  row_start_ = out_->bytes.size();
  field_ = 0;
  in_array_ = false;
  if (format_ == CopyFormat::binary) append_big_endian(out_->bytes, columns_);
}

bool RowWriter::row_too_large() const {
  return out_->bytes.size() - row_start_ > max_row ||
         out_->bytes.size() >= std::numeric_limits<std::uint32_t>::max();
}

void RowWriter::end_row(std::uint32_t doc) {
  assert(field_ == columns_ && !in_array_);
  if (row_too_large()) throw std::length_error("a row is larger than a batch can hold");
  if (format_ == CopyFormat::text) out_->bytes.push_back('\n');
  out_->row_end.push_back(static_cast<std::uint32_t>(out_->bytes.size()));
  out_->row_doc.push_back(doc);
}

void RowWriter::rollback_row() {
  out_->bytes.resize(row_start_);
  field_ = 0;
  in_array_ = false;
}

void RowWriter::begin_field() {
  std::string& bytes = out_->bytes;
  if (in_array_) {
    assert(array_left_ > 0);
    --array_left_;
  } else {
    assert(field_ < columns_);
    ++field_;
  }
  if (format_ == CopyFormat::binary)
    bytes.append(4, '\0');  // end_field() writes the length
  else if (in_array_ ? bytes.size() > array_start_ + 1 : field_ > 1)
    bytes.push_back(in_array_ ? ',' : '\t');
  field_start_ = bytes.size();
}

void RowWriter::end_field() {
  if (format_ == CopyFormat::text) return;
  // A length beyond 31 bits is wrong here, but then row_too_large() is true.
  store_big_endian(out_->bytes.data() + field_start_ - 4,
                   static_cast<std::uint32_t>(out_->bytes.size() - field_start_));
}

void RowWriter::null() {
  begin_field();
  if (format_ == CopyFormat::binary)
    store_big_endian(out_->bytes.data() + field_start_ - 4, std::int32_t{-1});
  else
    out_->bytes.append(in_array_ ? "NULL"sv : "\\N"sv);
}

/// A value whose text needs no escaping and whose binary form is `v` itself.
void RowWriter::plain(std::string_view v) {
  begin_field();
  out_->bytes.append(v);
  end_field();
}

template <class Number>
void RowWriter::number(Number v) {
  if (format_ == CopyFormat::text) {
    char digits[32];
    plain({digits, std::to_chars(digits, digits + sizeof digits, v).ptr});
    return;
  }
  char bytes[sizeof v];
  if constexpr (std::is_same_v<Number, float>)
    store_big_endian(bytes, std::bit_cast<std::uint32_t>(v));
  else if constexpr (std::is_same_v<Number, double>)
    store_big_endian(bytes, std::bit_cast<std::uint64_t>(v));
  else
    store_big_endian(bytes, v);
  plain({bytes, sizeof bytes});
}

void RowWriter::boolean(bool v) {
  if (format_ == CopyFormat::text)
    plain(v ? "t" : "f");
  else
    plain(v ? "\1"sv : "\0"sv);
}

void RowWriter::int2(std::int16_t v) { number(v); }
void RowWriter::int4(std::int32_t v) { number(v); }
void RowWriter::int8(std::int64_t v) { number(v); }

// to_chars would print the sign of a NaN, which PostgreSQL does not read.
void RowWriter::float4(float v) {
  if (format_ == CopyFormat::text && std::isnan(v))
    plain("NaN");
  else
    number(v);
}

void RowWriter::float8(double v) {
  if (format_ == CopyFormat::text && std::isnan(v))
    plain("NaN");
  else
    number(v);
}

bool RowWriter::numeric(std::string_view literal) {
  const auto parsed = NumberLiteral::parse(literal);
  if (!parsed || !parsed->fits_numeric()) return false;
  if (format_ == CopyFormat::text) {
    plain(literal);
    return true;
  }
  begin_field();
  append_numeric_binary(out_->bytes, *parsed);
  end_field();
  return true;
}

void RowWriter::uuid(const Uuid& v) {
  begin_field();
  std::string& bytes = out_->bytes;
  for (std::size_t i = 0; i < sizeof v.bytes; ++i) {
    if (format_ == CopyFormat::binary) {
      bytes.push_back(static_cast<char>(v.bytes[i]));
      continue;
    }
    if (i == 4 || i == 6 || i == 8 || i == 10) bytes.push_back('-');
    append_hex(bytes, v.bytes[i]);
  }
  end_field();
}

void RowWriter::timestamp(std::int64_t unix_micros) {
  if (format_ == CopyFormat::binary) {
    number(since_2000(unix_micros, micros_1970_to_2000));
    return;
  }
  begin_value(false);
  append_timestamp(out_->bytes, unix_micros);
  end_value();
}

void RowWriter::date(std::int32_t days_since_1970) {
  if (format_ == CopyFormat::binary) {
    number(since_2000(days_since_1970, days_1970_to_2000));
    return;
  }
  begin_value(false);
  append_date(out_->bytes, days_since_1970);
  end_value();
}

void RowWriter::text(std::string_view v) {
  assert(is_plain_text(v));
  begin_value(false);
  out_->bytes.append(v);
  end_value();
}

void RowWriter::jsonb(std::string_view json) {
  begin_value(true);
  out_->bytes.append(json);
  end_value();
}

void RowWriter::bytea(std::string_view v) {
  begin_value(false);
  if (format_ == CopyFormat::binary) {
    out_->bytes.append(v);
  } else {
    out_->bytes.append("\\x");
    for (const char c : v) append_hex(out_->bytes, static_cast<unsigned char>(c));
  }
  end_value();
}

void RowWriter::begin_value(bool is_jsonb) {
  begin_field();
  if (format_ == CopyFormat::binary) {
    if (is_jsonb) out_->bytes.push_back('\1');  // the only version there is
  } else if (in_array_) {
    out_->bytes.push_back('"');
    ++field_start_;
  }
}

std::string& RowWriter::begin_jsonb() {
  begin_value(true);
  return out_->bytes;
}

std::string& RowWriter::begin_text() {
  begin_value(false);
  return out_->bytes;
}

void RowWriter::end_value() {
  if (format_ == CopyFormat::binary) {
    end_field();
  } else if (in_array_) {
    // COPY's own escaping follows in end_array(), for the literal as a whole.
    escape_array_element(out_->bytes, field_start_);
    out_->bytes.push_back('"');
  } else {
    escape_copy_field(out_->bytes, field_start_);
  }
}

void RowWriter::begin_array(std::uint32_t count, std::uint32_t element_oid, bool has_null) {
  assert(!in_array_);
  begin_field();
  array_start_ = field_start_;
  array_left_ = count;
  in_array_ = true;
  std::string& bytes = out_->bytes;
  if (format_ == CopyFormat::text) {
    bytes.push_back('{');
    return;
  }
  append_big_endian(bytes, std::uint32_t{count > 0});  // dimensions
  append_big_endian(bytes, std::uint32_t{has_null});
  append_big_endian(bytes, element_oid);
  if (count == 0) return;
  append_big_endian(bytes, count);
  append_big_endian(bytes, std::uint32_t{1});  // lower bound
}

void RowWriter::end_array() {
  assert(in_array_ && array_left_ == 0);
  in_array_ = false;
  field_start_ = array_start_;
  if (format_ == CopyFormat::text) {
    out_->bytes.push_back('}');
    escape_copy_field(out_->bytes, array_start_);
  } else {
    end_field();
  }
}

}  // namespace arango2pg::doc
