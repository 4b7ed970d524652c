/// \file
/// Words everybody uses: revisions, sizes, names. Strong types where a mix-up would cost data.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace arango2pg {

/// A document revision as its 64-bit number: milliseconds since 1970 << 20 | counter. The text form
/// does not sort (protocol section 5), so revisions are decoded at the door and only numbers are
/// compared.
struct Rev {
  std::uint64_t value = 0;
  friend auto operator<=>(Rev, Rev) = default;

  /// Reads a `_rev` string: the server's base-64, or decimal digits for very old documents. Nothing
  /// if it is neither.
  static std::optional<Rev> parse(std::string_view text);
  /// The server's text form.
  [[nodiscard]] std::string text() const;
  /// Microseconds since 1970 of the write. Only meaningful for clock revisions, not for decimal
  /// ones of old servers.
  [[nodiscard]] std::int64_t unix_micros() const {
    return static_cast<std::int64_t>(value >> 20) * 1000;
  }
};

/// A table as the user wrote it; `schema` empty = the search path's first schema.
struct TableName {
  std::string schema;
  std::string name;
  friend auto operator<=>(const TableName&, const TableName&) = default;
  /// For messages: schema.name without quotes.
  [[nodiscard]] std::string text() const { return schema.empty() ? name : schema + "." + name; }
};

using RunId = std::int64_t;   ///< arango2pg.run.id
using PartId = std::int64_t;  ///< arango2pg.part.id, unique over all runs

/// A 128-bit UUID, bytes in network order.
struct Uuid {
  unsigned char bytes[16] = {};
  friend auto operator<=>(const Uuid&, const Uuid&) = default;
  /// Accepts the 36-character form in either case, nothing else.
  static std::optional<Uuid> parse(std::string_view text);
  [[nodiscard]] std::string text() const;  ///< lower case, 36 characters
};

}  // namespace arango2pg
