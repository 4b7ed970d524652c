#include "mapping/types.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "mapping/convert.h"

namespace arango2pg::mapping {
namespace {

using doc::TypeKind;

struct TypeName {
  std::string_view name;
  TypeKind kind;
};
constexpr std::array<TypeName, 29> type_names = {
    {{"text", TypeKind::text},
     {"varchar", TypeKind::varchar},
     {"character varying", TypeKind::varchar},
     {"char", TypeKind::bpchar},
     {"character", TypeKind::bpchar},
     {"jsonb", TypeKind::jsonb},
     {"json", TypeKind::json},
     {"uuid", TypeKind::uuid},
     {"smallint", TypeKind::int2},
     {"int2", TypeKind::int2},
     {"integer", TypeKind::int4},
     {"int", TypeKind::int4},
     {"int4", TypeKind::int4},
     {"bigint", TypeKind::int8},
     {"int8", TypeKind::int8},
     {"real", TypeKind::float4},
     {"float4", TypeKind::float4},
     {"double precision", TypeKind::float8},
     {"float8", TypeKind::float8},
     {"numeric", TypeKind::numeric},
     {"decimal", TypeKind::numeric},
     {"boolean", TypeKind::boolean},
     {"bool", TypeKind::boolean},
     {"timestamptz", TypeKind::timestamptz},
     {"timestamp with time zone", TypeKind::timestamptz},
     {"timestamp", TypeKind::timestamp},
     {"timestamp without time zone", TypeKind::timestamp},
     {"date", TypeKind::date},
     {"bytea", TypeKind::bytea}}};

struct TypeFacts {
  TypeKind kind;
  std::string_view sql;
  std::uint32_t oid;
};
constexpr std::array<TypeFacts, 17> facts = {
    {{TypeKind::text, "text", 25},
     {TypeKind::varchar, "character varying", 1043},
     {TypeKind::bpchar, "character", 1042},
     {TypeKind::jsonb, "jsonb", 3802},
     {TypeKind::json, "json", 114},
     {TypeKind::uuid, "uuid", 2950},
     {TypeKind::int2, "smallint", 21},
     {TypeKind::int4, "integer", 23},
     {TypeKind::int8, "bigint", 20},
     {TypeKind::float4, "real", 700},
     {TypeKind::float8, "double precision", 701},
     {TypeKind::numeric, "numeric", 1700},
     {TypeKind::boolean, "boolean", 16},
     {TypeKind::timestamptz, "timestamp with time zone", 1184},
     {TypeKind::timestamp, "timestamp without time zone", 1114},
     {TypeKind::date, "date", 1082},
     {TypeKind::bytea, "bytea", 17}}};

std::string_view strip(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

bool read_number(std::string_view text, int& out) {
  text = strip(text);
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
  return ec == std::errc() && end == text.data() + text.size() && !text.empty();
}

/// 'a','b' or a, b.
std::vector<std::string> read_labels(std::string_view text) {
  std::vector<std::string> labels;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    std::string_view label = strip(text.substr(0, comma));
    if (label.size() >= 2 && label.front() == '\'' && label.back() == '\'')
      label = label.substr(1, label.size() - 2);
    labels.emplace_back(label);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return labels;
}

bool read_modifier(std::string_view inside, doc::ColumnType& type) {
  int first = 0;
  const std::size_t comma = inside.find(',');
  if (!read_number(inside.substr(0, comma), first) || first < 1) return false;
  if (type.kind == TypeKind::numeric) {
    type.precision = first;
    type.scale = 0;
    int scale = 0;
    if (comma != std::string_view::npos) {
      if (!read_number(inside.substr(comma + 1), scale)) return false;
      type.scale = scale;
    }
    return true;
  }
  if (type.kind != TypeKind::varchar && type.kind != TypeKind::bpchar) return false;
  type.length = static_cast<std::uint32_t>(first);
  return comma == std::string_view::npos;
}

std::string sql_name(const doc::ColumnType& type) {
  std::string name;
  for (const TypeFacts& f : facts)
    if (f.kind == type.kind) name = f.sql;
  if (type.length) name += '(' + std::to_string(*type.length) + ')';
  if (type.precision)
    name +=
        '(' + std::to_string(*type.precision) + ',' + std::to_string(type.scale.value_or(0)) + ')';
  if (type.array) name += "[]";
  return name;
}

std::string_view phrase_of(Shape shape) {
  switch (shape) {
    case Shape::text:
      return "a text";
    case Shape::integer:
      return "a whole number";
    case Shape::number:
      return "a number";
    case Shape::boolean:
      return "a boolean";
    case Shape::timestamp:
      return "a timestamp";
    case Shape::uuid:
      return "a UUID";
    case Shape::object:
      return "an object";
    case Shape::array:
      return "an array";
    case Shape::texts:
      return "an array of texts";
    default:
      return "this value";
  }
}

Shape shape_of_literal(const Literal& literal) {
  switch (literal.kind()) {
    case doc::Kind::null:
      return Shape::null;
    case doc::Kind::boolean:
      return Shape::boolean;
    case doc::Kind::string:
      return Shape::text;
    case doc::Kind::array:
      return Shape::array;
    case doc::Kind::object:
      return Shape::object;
    case doc::Kind::number:
      break;
  }
  return literal.json().find_first_of(".eE") == std::string::npos ? Shape::integer : Shape::number;
}

Shape shape_of_word(const Source& source, bool guess) {
  switch (source.word) {
    case Word::join:
      return Shape::text;
    case Word::object:
      return Shape::object;
    case Word::document:
      return Shape::object;
    case Word::array:
      return Shape::array;
    case Word::constant:
      return shape_of_literal(source.literal);
    case Word::uuid:
    case Word::reference:
      return Shape::uuid;
    case Word::meta:
      if (source.meta == Meta::revision_time) return Shape::timestamp;
      if (source.meta == Meta::revision || source.meta == Meta::index ||
          source.meta == Meta::run_id)
        return Shape::integer;
      return Shape::text;
    case Word::first: {
      Shape all = Shape::null;
      for (const Source& part : source.parts) {
        const Shape s = shape_of(part, guess);
        if (s == Shape::null) continue;
        if (s == Shape::object || s == Shape::array) return s;  // only jsonb takes all parts
        all = all == Shape::null || all == s ? s : Shape::any;
      }
      return all;
    }
    default:
      return Shape::any;
  }
}

}  // namespace

doc::ColumnType simple_type(TypeKind kind) {
  doc::ColumnType type;
  type.kind = kind;
  for (const TypeFacts& f : facts)
    if (f.kind == kind) type.element_oid = f.oid;
  type.name = sql_name(type);
  return type;
}

std::optional<doc::ColumnType> parse_type(std::string_view text) {
  text = strip(text);
  const std::string whole(text);
  bool array = false;
  if (text.size() > 2 && text.substr(text.size() - 2) == "[]") {
    array = true;
    text = strip(text.substr(0, text.size() - 2));
  }
  std::string_view inside;
  bool has_inside = false;
  if (!text.empty() && text.back() == ')') {
    const std::size_t open = text.find('(');
    if (open == std::string_view::npos) return std::nullopt;
    inside = text.substr(open + 1, text.size() - open - 2);
    text = strip(text.substr(0, open));
    has_inside = true;
  }
  std::string low(text);
  for (char& c : low) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  doc::ColumnType type;
  type.kind = TypeKind::other;
  if (low == "enum" && has_inside) {
    type.kind = TypeKind::enumeration;
    type.labels = read_labels(inside);
    type.name = whole;
    type.array = array;
    return type;
  }
  for (const TypeName& n : type_names)
    if (n.name == low) type = simple_type(n.kind);
  if (type.kind == TypeKind::other) {
    // Goes into SQL as it is: only what type names are made of.
    constexpr std::string_view allowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_ ().,\"[]";
    if (text.empty() || whole.find_first_not_of(allowed) != std::string::npos) return std::nullopt;
    type.array = array;
    type.name = whole;
    return type;
  }
  if (has_inside && !read_modifier(inside, type)) return std::nullopt;
  if (low == "char" || low == "character")
    if (!type.length) type.length = 1;
  type.array = array;
  type.name = sql_name(type);
  return type;
}

Shape shape_of(const Source& source, bool guess) {
  Shape shape = shape_of_word(source, guess);
  bool changed = false;
  for (const Step& step : source.then) {
    if (step.transform->result == Shape::any && step.transform->name == "map") {
      shape = Shape::any;
      changed = true;
    } else if (step.transform->result != Shape::any) {
      shape = step.transform->result;
      changed = true;
    }
  }
  // A default tells the type of a path that says nothing itself.
  if (!source.fallback) return shape;
  if (shape == Shape::null || (guess && shape == Shape::any && !changed))
    return shape_of(*source.fallback, guess);
  return shape;
}

Shape shape_of(const doc::ColumnType& type) {
  if (type.array) return Shape::array;
  if (is_integer_type(type.kind)) return Shape::integer;
  if (is_number_type(type.kind)) return Shape::number;
  switch (type.kind) {
    case TypeKind::jsonb:
    case TypeKind::json:
    case TypeKind::bytea:
      return Shape::any;
    case TypeKind::uuid:
      return Shape::uuid;
    case TypeKind::boolean:
      return Shape::boolean;
    case TypeKind::timestamptz:
    case TypeKind::timestamp:
    case TypeKind::date:
      return Shape::timestamp;
    default:
      return Shape::text;
  }
}

doc::ColumnType type_for(Shape shape, TypeKind unknown) {
  switch (shape) {
    case Shape::text:
      return simple_type(TypeKind::text);
    case Shape::integer:
      return simple_type(TypeKind::int8);
    case Shape::number:
      return simple_type(TypeKind::numeric);
    case Shape::boolean:
      return simple_type(TypeKind::boolean);
    case Shape::timestamp:
      return simple_type(TypeKind::timestamptz);
    case Shape::uuid:
      return simple_type(TypeKind::uuid);
    case Shape::object:
    case Shape::array:
      return simple_type(TypeKind::jsonb);
    case Shape::texts:
      return *parse_type("text[]");
    default:
      return simple_type(unknown);
  }
}

std::string misfit(Shape shape, const doc::ColumnType& type) {
  if (shape == Shape::any || shape == Shape::null) return {};
  const bool is_list = shape == Shape::array || shape == Shape::texts;
  bool fits = false;
  if (is_json_type(type.kind) && !type.array) {
    fits = true;
  } else if (type.array || is_list || shape == Shape::object) {
    fits = type.array && is_list;
  } else if (is_text_like(type.kind)) {
    fits = true;
  } else if (is_number_type(type.kind)) {
    fits = shape == Shape::integer || shape == Shape::number;
  } else if (type.kind == TypeKind::boolean) {
    fits = shape == Shape::boolean;
  } else if (type.kind == TypeKind::uuid) {
    fits = shape == Shape::uuid || shape == Shape::text;
  } else if (type.kind == TypeKind::bytea) {
    fits = shape == Shape::text;
  } else {
    fits = shape == Shape::timestamp || shape == Shape::text;
  }
  if (fits) return {};
  return std::string(phrase_of(shape)) + " does not fit '" + type.name + "'";
}

std::string quoted(std::string_view identifier) {
  std::string out = "\"";
  for (const char c : identifier) {
    if (c == '"') out += c;
    out += c;
  }
  return out + '"';
}

std::string quoted(const TableName& name) {
  return name.schema.empty() ? quoted(name.name) : quoted(name.schema) + "." + quoted(name.name);
}

std::string create_table_sql(const doc::Table& table, const std::vector<std::string>& key,
                             const std::vector<std::string>& collate_c,
                             const std::string& beside_key) {
  std::string sql = "CREATE TABLE IF NOT EXISTS " + quoted(table.name) + " (\n";
  for (const doc::Column& c : table.columns) {
    sql += "  " + quoted(c.name) + " " + c.type.name;
    if (std::find(collate_c.begin(), collate_c.end(), c.name) != collate_c.end())
      sql += " COLLATE \"C\"";
    if (c.type.kind == TypeKind::jsonb && !c.type.array) sql += " COMPRESSION lz4";
    if (c.not_null) sql += " NOT NULL";
    sql += ",\n";
  }
  sql += "  PRIMARY KEY (";
  for (std::size_t i = 0; i < key.size(); ++i) sql += (i > 0 ? ", " : "") + quoted(key[i]);
  sql += ")";
  if (!beside_key.empty()) sql += " INCLUDE (" + quoted(beside_key) + ")";
  return sql + "\n)";
}

}  // namespace arango2pg::mapping
