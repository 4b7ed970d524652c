/// \file
/// One row-writer vocabulary, two COPY encoders: text and binary. Bytes in, bytes out; no I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "doc/batch.h"
#include "doc/table.h"

namespace arango2pg::doc {

enum class CopyFormat : std::uint8_t { text, binary };

/// Appends rows to a TableRows. Call begin_row(), then exactly one value per column in column
/// order, then end_row(); rollback_row() forgets the row since begin_row(). Not thread-safe.
/// Precondition everywhere: texts hold no NUL and are valid UTF-8 (the mapping has refused or
/// repaired them).
class RowWriter {
 public:
  RowWriter(CopyFormat format, std::uint16_t columns) : format_(format), columns_(columns) {}

  /// The rows go to `out`; call again for each batch. `out` must outlive the calls that follow.
  void attach(TableRows& out) { out_ = &out; }

  void begin_row();
  /// Throws std::length_error if row_too_large(), which the caller should have asked.
  void end_row(std::uint32_t doc);
  void rollback_row();
  /// True if the row since begin_row() is more than PostgreSQL takes (1 GiB) or than TableRows can
  /// address (4 GiB in all): roll it back and, if it is not alone, try it in a TableRows of its
  /// own.
  [[nodiscard]] bool row_too_large() const;

  void null();
  void boolean(bool v);
  void int2(std::int16_t v);
  void int4(std::int32_t v);
  void int8(std::int64_t v);
  void float4(float v);
  void float8(double v);
  /// A JSON or PostgreSQL number literal: any number of digits, optional fraction and exponent.
  /// False (nothing written) if it is none, or beyond what numeric can hold.
  bool numeric(std::string_view literal);
  /// text, varchar, char, enumerations and any type loaded through its text input (text format only
  /// for those).
  void text(std::string_view v);
  void jsonb(std::string_view json);
  void json(std::string_view json) { text(json); }
  void uuid(const Uuid& v);
  void bytea(std::string_view bytes);
  /// Microseconds since 1970-01-01 00:00 UTC; the same for timestamp without zone. What is outside
  /// of PostgreSQL's range (4713 BC to 294276 AD) is refused by the server, not turned into
  /// infinity; so for date.
  void timestamp(std::int64_t unix_micros);
  void date(std::int32_t days_since_1970);

  /// A one-dimensional array: begin_array, then `count` values by the calls above, then end_array.
  void begin_array(std::uint32_t count, std::uint32_t element_oid, bool has_null);
  void end_array();

  /// A value that is built in place: returns the buffer to append the JSON or text to; finish with
  /// end_value(). The bytes must be plain (unescaped): end_value() escapes them in place for the
  /// text format.
  std::string& begin_jsonb();
  std::string& begin_text();
  void end_value();

  [[nodiscard]] CopyFormat format() const { return format_; }

  /// The bytes before the first and after the last row of a COPY stream.
  static std::string_view header(CopyFormat format);
  static std::string_view trailer(CopyFormat format);

 private:
  void begin_field();
  void end_field();
  void begin_value(bool is_jsonb);
  void plain(std::string_view v);
  template <class Number>
  void number(Number v);

  CopyFormat format_;
  std::uint16_t columns_;
  TableRows* out_ = nullptr;
  std::size_t row_start_ = 0;
  std::size_t field_start_ = 0;  ///< of the current value, behind its length and separator
  std::size_t array_start_ = 0;  ///< of the current array, likewise
  std::uint16_t field_ = 0;
  bool in_array_ = false;
  std::uint32_t array_left_ = 0;
};

}  // namespace arango2pg::doc
