/// \file
/// What `infer` decided, as data: made by infer_decide.cpp and its likes, written as mapping files,
/// SQL, JSON Schemas and a README by others. Nothing here holds contents of documents.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace arango2pg::run {

/// A column that one attribute fills.
struct InferredColumn {
  std::string name;
  std::string attribute;  ///< at the top of the documents
  std::string type;       ///< SQL
  bool not_null = false;
  bool moved = true;      ///< `doc` leaves the attribute out; false: the column is a copy
  bool lenient = false;   ///< a value that does not fit is NULL here (and stays in `doc`)
  bool epoch = false;     ///< filled from seconds since 1970
  bool is_null = false;   ///< NULL means JSON null, not an absent attribute
  bool compress = false;  ///< long texts: lz4
  std::string back;       ///< SQL: the attribute's JSON value again; "" = not from this column
  std::string because;    ///< why this type and place
};

enum class Ends : std::uint8_t {
  none,     ///< no edges
  strict,   ///< every document has both ends
  lenient,  ///< some have not: NULL there, and the attributes as they are in columns of their own
};

struct InferredTable {
  std::string collection;
  std::string name;
  std::string file;  ///< of its mapping, without suffix
  Ends ends = Ends::none;
  bool revision = true;
  std::vector<InferredColumn> columns;
  std::vector<std::string> stays;     ///< why other attributes stay in `doc`, a line each
  std::string key_default, key_note;  ///< SQL for new rows; how the server made keys
  std::string sequence;               ///< that the default takes from; "" = none
  std::uint64_t sequence_start = 0;
  bool replace_nul = false, replace_surrogate = false;
  std::uint64_t documents = 0, bytes = 0;
  bool sampled = false;
  std::string document_view;
  std::string observed;       ///< JSON Schema of what was seen
  std::string rule;           ///< ArangoDB's own validation rule as JSON Schema; "" = none
  std::string rule_level;     ///< none | new | moderate | strict
  bool rule_checked = false;  ///< the mapping checks it (as a warning)
  std::string schema_file, observed_file;  ///< below documents/
};

struct InferredIndex {
  std::string name;
  std::size_t table = 0;
  bool unique = false;
  std::string method;  ///< "" = btree
  std::vector<std::string> terms;
  std::string where;
  std::string because;  ///< what it was, and how to use it
};

/// What became of a TTL index beside its index.
struct InferredExpiry {
  std::size_t table = 0;
  std::string function;
  std::string condition;  ///< SQL over the row and the parameter $1, the time: it is due
  std::string because;
};

struct InferredReference {
  std::string name;
  std::size_t table = 0, target = 0;
  std::string column;  ///< from_key or to_key
};

struct InferredGraph {
  std::string graph;  ///< as ArangoDB calls it
  std::vector<std::size_t> edges, vertices;
  std::string vertices_view, edges_view, walk_function, walk_view;
};

/// A line of the README.
struct InferredNote {
  std::string where;  ///< collection, graph or view; "" = the database
  std::string text;
};

struct InferredSchema {
  std::string pack;      ///< its name
  std::string schema;    ///< of the target
  std::string source;    ///< for people
  std::string location;  ///< --source, without secrets
  std::string out;       ///< the directory, as the user wrote it
  std::string version, created_at;
  std::uint64_t sample = 0, seed = 0;
  bool postgis = false;
  std::vector<std::string> collections;  ///< those chosen by name; empty = all
  std::vector<InferredTable> tables;
  std::vector<InferredIndex> indexes;
  std::vector<InferredExpiry> expiries;
  std::vector<InferredReference> references;
  std::vector<InferredGraph> graphs;
  std::vector<InferredNote> person;   ///< what needs one
  std::vector<InferredNote> changes;  ///< what queries will notice
  std::vector<InferredNote> facts;    ///< what else was found
  std::vector<std::string> unknown;   ///< what could not be found out

  [[nodiscard]] std::optional<std::size_t> table_of(const std::string& collection) const {
    for (std::size_t t = 0; t < tables.size(); ++t)
      if (tables[t].collection == collection) return t;
    return std::nullopt;
  }
};

}  // namespace arango2pg::run
