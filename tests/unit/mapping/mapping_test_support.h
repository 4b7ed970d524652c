/// \file
/// Helpers for the mapping tests: a mapping and documents in, COPY text rows and rejections out.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "mapping/plan.h"
#include "mapping/spec_internal.h"
#include "mapping/types.h"
#include "mapping/yaml_tree.h"

namespace arango2pg::mapping {

inline Spec spec_of(const std::string& yaml, const std::string& file = "users.yaml") {
  return read_spec(parse_yaml(yaml, file), file);
}

/// The message of the Error(usage) that reading the mapping gives.
inline std::string error_of(const std::string& yaml, const std::string& file = "users.yaml") {
  try {
    static_cast<void>(spec_of(yaml, file));
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), Exit::usage);
    return e.what();
  }
  return "no error";
}

/// "id uuid not null, tags text[], n numeric(5,2)".
inline doc::Table table_of(const std::string& name, const std::string& columns) {
  doc::Table table;
  table.name.name = name;
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i <= columns.size(); ++i) {
    if (i < columns.size() && columns[i] == '(') ++depth;
    if (i < columns.size() && columns[i] == ')') --depth;
    if (i < columns.size() && (columns[i] != ',' || depth > 0)) continue;
    std::string text = columns.substr(begin, i - begin);
    begin = i + 1;
    text.erase(0, text.find_first_not_of(' '));
    const std::size_t space = text.find(' ');
    doc::Column c;
    c.name = text.substr(0, space);
    std::string type = text.substr(space + 1);
    const auto ends = [&](const std::string& suffix) {
      if (type.size() < suffix.size() || type.substr(type.size() - suffix.size()) != suffix)
        return false;
      type.erase(type.size() - suffix.size());
      return true;
    };
    c.generated = ends(" generated");
    c.has_default = ends(" default");
    c.not_null = ends(" not null");
    c.type = *parse_type(type);
    table.columns.push_back(std::move(c));
  }
  return table;
}

struct Outcome {
  std::map<std::string, std::string> rows;  ///< by table, COPY text
  std::vector<doc::Rejection> rejections;
  std::uint64_t filtered = 0;
  doc::MappingNotes notes;
  doc::RowBatch batch;

  /// "rule path", of the only rejection.
  [[nodiscard]] std::string rejection() const {
    if (rejections.size() != 1) return std::to_string(rejections.size()) + " rejections";
    return rejections[0].rule + " " + rejections[0].path;
  }
};

/// The tables of a catalog; none = no target.
inline TableLookup lookup_of(std::vector<doc::Table> tables) {
  if (tables.empty()) return {};
  return [tables = std::move(tables)](const TableName& name) -> std::optional<doc::Table> {
    for (const doc::Table& t : tables)
      if (t.name.name == name.name && (name.schema.empty() || name.schema == t.name.schema))
        return t;
    return std::nullopt;
  };
}

inline std::shared_ptr<const CollectionPlan> plan_of(const std::vector<Spec>& specs,
                                                     const TableLookup& lookup, bool edge = false) {
  CompileOptions options;
  options.format = doc::CopyFormat::text;
  options.jsonb_order = false;
  return CollectionPlan::compile({specs[0].from, edge, false, {}, 0}, specs, lookup, options);
}

inline doc::DocBatch batch_of(const std::vector<std::string>& documents) {
  doc::DocBatch batch;
  for (const std::string& d : documents) {
    batch.docs.push_back(
        {static_cast<std::uint32_t>(batch.bytes.size()), static_cast<std::uint32_t>(d.size())});
    batch.bytes.append(d);
    batch.bytes.append("\n");
  }
  return batch;
}

inline Outcome apply(const CollectionPlan& plan, const std::vector<std::string>& documents) {
  Scratch scratch(7);
  Outcome out;
  out.batch = plan.apply(batch_of(documents), scratch);
  for (std::size_t t = 0; t < plan.tables().size(); ++t)
    out.rows[plan.tables()[t].table.name.name] += out.batch.tables[t].bytes;
  out.rejections = out.batch.rejections;
  out.filtered = out.batch.filtered;
  out.notes = out.batch.notes;
  EXPECT_EQ(out.batch.docs.size(), out.batch.written() + out.filtered + out.rejections.size());
  return out;
}

/// One column `v` of a type, fed from one document {"_key":"k","a":<value>}.
inline Outcome map_value(const std::string& column, const std::string& type,
                         const std::string& value) {
  const Spec spec = spec_of(
      "version: 1\nfrom: c\ninto: t\nkey: id\ncolumns:\n"
      "  id: { meta: key }\n  v: " +
      column + "\n");
  const auto plan = plan_of({spec}, lookup_of({table_of("t", "id text, v " + type)}));
  return apply(*plan, {value.empty() ? R"({"_key":"k"})" : R"({"_key":"k","a":)" + value + "}"});
}

/// The column's COPY text, or "rule path" of the rejection.
inline std::string mapped(const std::string& column, const std::string& type,
                          const std::string& value) {
  const Outcome out = map_value(column, type, value);
  if (!out.rejections.empty()) return out.rejection();
  const std::string& row = out.rows.at("t");
  return row.substr(2, row.size() - 3);  // behind "k\t", without the line end
}

}  // namespace arango2pg::mapping
