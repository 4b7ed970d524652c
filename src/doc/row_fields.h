/// \file
/// One row in PostgreSQL's binary COPY form, taken apart: what RowWriter wrote, or what the server
/// sent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doc/table.h"

namespace arango2pg::doc {

/// Bytes in the type's binary form; nothing = NULL.
using Field = std::optional<std::string_view>;

enum class RowEnd : std::uint8_t { row, more, trailer, broken };

/// Reads the row that begins at the front of `bytes` into `fields` (views of `bytes`) and says how
/// many bytes it takes. `more`: the row goes on behind the end of `bytes`. `trailer`: there are no
/// more rows. `broken`: not that many fields.
RowEnd read_row(std::string_view bytes, std::size_t columns, std::vector<Field>& fields,
                std::size_t& size);

/// The elements of an array in binary form; nothing if it has not one dimension that begins at 1
/// (an empty one has none).
std::optional<std::vector<Field>> read_array(std::string_view bytes);

/// A field as PostgreSQL would print it (ISO dates, UTC, `NULL`). For people and for messages.
std::string field_text(const ColumnType& type, const Field& field);

}  // namespace arango2pg::doc
