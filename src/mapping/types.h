/// \file
/// Private to mapping/. Column types: as text, as derived from a mapping, and as SQL.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "doc/table.h"
#include "mapping/rules_internal.h"
#include "mapping/transforms.h"

namespace arango2pg::mapping {

/// A type as people write it: "varchar(255)", "numeric(5,2)", "timestamptz", "text[]",
/// "enum('a','b')". Names we do not know become `other`. Nothing for a text that is no type name.
std::optional<doc::ColumnType> parse_type(std::string_view text);
doc::ColumnType simple_type(doc::TypeKind kind);

/// What the value of a source looks like, as far as the mapping says. `guess`: a path that says
/// nothing itself is taken to look like its default.
Shape shape_of(const Source& source, bool guess = true);
/// That of a column, for `parent`.
Shape shape_of(const doc::ColumnType& type);
/// The type for a column that is to be created. `unknown` is for sources that say nothing.
doc::ColumnType type_for(Shape shape, doc::TypeKind unknown);

/// A phrase if no value of this shape fits the type: "a timestamp does not fit integer". Empty if
/// some do.
std::string misfit(Shape shape, const doc::ColumnType& type);

/// Quoted for SQL. Any name is legal.
std::string quoted(std::string_view identifier);
std::string quoted(const TableName& name);
/// CREATE TABLE IF NOT EXISTS with the primary key. `collate_c`: columns that hold keys.
/// `beside_key`: a column that the key's index holds as well, "" = none.
std::string create_table_sql(const doc::Table& table, const std::vector<std::string>& key,
                             const std::vector<std::string>& collate_c,
                             const std::string& beside_key);

}  // namespace arango2pg::mapping
