/// \file
/// A target table as mapping and loading see it: read from the catalog by pg/, compiled against by
/// mapping/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"

namespace arango2pg::doc {

/// The types that mapping can produce a value for. `other` is loaded through the type's text input.
enum class TypeKind : std::uint8_t {
  text,
  varchar,
  bpchar,
  jsonb,
  json,
  uuid,
  int2,
  int4,
  int8,
  float4,
  float8,
  numeric,
  boolean,
  timestamptz,
  timestamp,
  date,
  bytea,
  enumeration,
  other,
};

struct ColumnType {
  TypeKind kind = TypeKind::text;
  bool array = false;                   ///< one-dimensional array of `kind`
  std::optional<std::uint32_t> length;  ///< varchar(n), char(n): characters
  std::optional<int> precision, scale;  ///< numeric(p,s)
  std::vector<std::string> labels;      ///< of an enumeration
  std::string name;                     ///< as format_type() prints it: "character varying(255)"
  std::uint32_t element_oid = 0;  ///< pg_type oid of the element (arrays) or of the type itself

  /// True if the encoder knows a binary form; a table with one column that has none is loaded as
  /// text.
  [[nodiscard]] bool has_binary() const;
};

struct Column {
  std::string name;
  ColumnType type;
  bool not_null = false;
  bool has_default = false;
  bool generated = false;  ///< GENERATED ALWAYS (expression or identity): can't be loaded
};

struct Table {
  TableName name;
  std::vector<Column> columns;
  std::vector<std::string> primary_key;
  std::vector<std::vector<std::string>>
      unique_keys;                    ///< further unique constraints and unique indexes on columns
  std::vector<TableName> references;  ///< tables that foreign keys of this one point at

  [[nodiscard]] const Column* column(std::string_view name) const;
};

}  // namespace arango2pg::doc
