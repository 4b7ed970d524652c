/// \file
/// Private to mapping/. From a cell to what its column can hold, and into the row.
#pragma once

#include "doc/copy_rows.h"
#include "doc/table.h"
#include "mapping/cell.h"
#include "mapping/evaluate.h"

namespace arango2pg::mapping {

/// Brings a cell into the form that write() puts into a column of this type. False: the evaluator's
/// fault says why; the rule is one of docs/rules.md. Absent stays absent.
bool convert(Cell& cell, const doc::ColumnType& type, Evaluator& evaluator);

/// Writes a converted cell. False only for numbers that numeric can't hold; the row must be rolled
/// back then.
bool write(doc::RowWriter& out, const Cell& cell, const doc::ColumnType& type,
           Evaluator& evaluator);

/// Order of two converted cells of one type (times, numbers, texts); 0 if they can't be ordered.
int order(const Cell& a, const Cell& b);

/// True for text, varchar, char, enumerations and types loaded through their text input.
bool is_text_like(doc::TypeKind kind);
bool is_integer_type(doc::TypeKind kind);
bool is_number_type(doc::TypeKind kind);
bool is_json_type(doc::TypeKind kind);

}  // namespace arango2pg::mapping
