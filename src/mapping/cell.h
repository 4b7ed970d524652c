/// \file
/// Private to mapping/. A value on its way from the document to its column.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/ids.h"
#include "doc/json.h"

namespace arango2pg::mapping {

struct Source;

/// Views live as long as the document is being worked on (source buffer, arena or mapping).
struct Cell {
  enum class Kind : std::uint8_t {
    absent,     ///< no value: SQL NULL in the end
    boolean,    ///< integer ≠ 0
    integer,    ///< integer
    number,     ///< text: a decimal literal
    real,       ///< real
    text,       ///< text: clean, without NUL and lone surrogates
    json,       ///< text: JSON built by us, clean
    bytes,      ///< text
    timestamp,  ///< integer: microseconds; zoned
    date,       ///< integer: days since 1970
    uuid,       ///< uuid
    value,      ///< document, index: a value of a parsed document, untouched
    shaped,     ///< source: a `document` word whose JSON is written straight into the row
    elements,   ///< integer: first of `count` cells in the workspace's list
  };

  Kind kind = Kind::absent;
  bool zoned = false;
  std::uint32_t index = 0;
  std::uint32_t count = 0;
  const doc::Document* document = nullptr;
  std::string_view text;
  std::int64_t integer = 0;
  double real = 0;
  Uuid uuid;
  const Source* source = nullptr;
  std::string_view origin;  ///< path it came from, for rejections

  [[nodiscard]] bool absent() const { return kind == Kind::absent; }
  [[nodiscard]] doc::Value value() const { return {*document, index}; }

  static Cell of(doc::Value v, std::string_view origin) {
    Cell c;
    if (v.is_null()) return c;
    c.kind = Kind::value;
    c.document = &v.document();
    c.index = v.index();
    c.origin = origin;
    return c;
  }
  /// Keeps the origin.
  void become_text(Kind new_kind, std::string_view new_text) {
    kind = new_kind;
    text = new_text;
  }
  void become_integer(Kind new_kind, std::int64_t v) {
    kind = new_kind;
    integer = v;
  }
};

}  // namespace arango2pg::mapping
