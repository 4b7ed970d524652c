/// \file
/// Fingerprints of rows: equal where PostgreSQL would call the compared columns equal.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "doc/batch.h"
#include "doc/canonical_json.h"
#include "doc/hash128.h"
#include "doc/row_fields.h"
#include "doc/table.h"

namespace arango2pg::doc {

/// What is looked at of a table's rows.
struct ComparedTable {
  std::vector<ColumnType> types;  ///< of all columns, in row order
  std::vector<bool> compared;     ///< false: the column's value does not count
  std::vector<std::size_t> key;   ///< columns that identify a row; all of them compared
  std::uint64_t number = 0;       ///< tells the rows of different tables apart
};

/// Appends a value in a form that is equal exactly where PostgreSQL calls two values of the type
/// equal: jsonb (and json) by content, numeric by value, char(n) without its padding, floats with
/// one zero and one NaN, everything else byte by byte.
void append_canonical(PaddedBuffer& out, const ColumnType& type, const Field& field,
                      CanonicalJson& json);

/// How jsonb columns go into the fingerprints of rows; key columns always go by value. Printed text
/// costs least, for what PostgreSQL sent needs no look at all, but rows whose numbers have other
/// digits behind the point (1.0 and 1) then have different fingerprints although they are equal.
enum class JsonbForm : std::uint8_t {
  by_value,
  printed,    ///< the fields came from PostgreSQL: their text is taken as it is
  unprinted,  ///< the fields did not: their text is written as PostgreSQL would print it
};

/// Keeps its memory from row to row; one thread at a time.
class RowDigester {
 public:
  explicit RowDigester(std::uint64_t seed, JsonbForm jsonb = JsonbForm::by_value)
      : seed_(seed), jsonb_(jsonb) {}

  struct Result {
    Digest key;  ///< of the key columns
    Digest row;  ///< of all compared columns
  };
  Result digest(const ComparedTable& table, const std::vector<Field>& fields);

 private:
  void append_printed(std::string_view json);

  std::uint64_t seed_;
  JsonbForm jsonb_;
  PaddedBuffer bytes_;
  PaddedBuffer printed_;
  CanonicalJson json_;
};

}  // namespace arango2pg::doc
