// The schema pack.
#include <spdlog/fmt/fmt.h>

#include <functional>

#include "base/units.h"
#include "pg/connection.h"
#include "run/infer_names.h"
#include "run/infer_write.h"

namespace arango2pg::run {
namespace {

using pg::quote;

std::string literal(const std::string& text) { return pg::quote_literal(text); }

/// Members that one jsonb_build_object() takes: functions have at most 100 arguments.
constexpr std::size_t most_members = 45;

/// One numbered file, section by section.
struct SqlMigration {
  std::string title, up, down, verify;

  void drop_first(const std::string& statement) { down.insert(0, statement + ";\n"); }
  [[nodiscard]] std::string text() const {
    return fmt::format("-- {}\n\n-- migrate:up\n{}\n-- migrate:down\n{}\n-- migrate:verify\n{}",
                       title, up, down, verify);
  }
};

/// A body between dollars that it does not hold itself.
std::string dollar_quoted(const std::string& body) {
  std::string tag = "body";
  while (body.find("$" + tag + "$") != std::string::npos) tag += "x";
  return fmt::format("${}$\n{}${}$", tag, body, tag);
}

std::string comment(const std::string& text, const char* indent = "") {
  return fmt::format("{}-- {}\n", indent, one_line(text));
}

// -- tables

void end_columns(const InferredTable& table, std::string& sql) {
  if (table.ends == Ends::none) return;
  const char* required = table.ends == Ends::strict ? " NOT NULL" : "";
  for (const char* column : {"from_collection", "from_key", "to_collection", "to_key"})
    sql += fmt::format("  {} text COLLATE \"C\"{},\n", column, required);
}

void make_table(const InferredTable& table, SqlMigration& m) {
  const std::string name = quote(table.name);
  m.up += "\n" + comment(fmt::format("{} {}: {} {}documents were looked at.",
                                     table.ends == Ends::none ? "Collection" : "Edge collection",
                                     table.collection, format_count(table.documents),
                                     table.sampled ? "sampled " : ""));
  if (!table.sequence.empty())
    m.up += fmt::format("CREATE SEQUENCE {} START WITH {};\n", quote(table.sequence),
                        table.sequence_start);
  m.up += fmt::format("CREATE TABLE {} (\n", name);
  m.up += comment("_key; " + table.key_note, "  ");
  const std::string key_default =
      table.sequence.empty() ? table.key_default
                             : fmt::format("nextval({})::text", literal(quote(table.sequence)));
  m.up += fmt::format("  key text COLLATE \"C\" NOT NULL DEFAULT {},\n", key_default);
  std::string names = "'key', 'doc'";
  std::size_t columns = 2;
  const auto counted = [&](const std::string& column) {
    names += ", " + literal(column);
    ++columns;
  };
  if (table.revision) {
    m.up += "  revision bigint,\n";
    counted("revision");
  }
  end_columns(table, m.up);
  for (const InferredColumn& c : table.columns) {
    m.up += comment(c.because, "  ");
    m.up += fmt::format("  {} {}{}{},\n", quote(c.name), c.type,
                        c.compress || c.type == "jsonb" ? " COMPRESSION lz4" : "",
                        c.not_null ? " NOT NULL" : "");
    counted(c.name);
  }
  m.up += "  doc jsonb COMPRESSION lz4 NOT NULL DEFAULT '{}',\n";
  if (table.revision)
    m.up += comment("With the revision in it, a resync reads this index and no documents.", "  ");
  m.up += fmt::format("  PRIMARY KEY (key){}\n);\n", table.revision ? " INCLUDE (revision)" : "");
  if (!table.sequence.empty())
    m.up += fmt::format("ALTER SEQUENCE {} OWNED BY {}.key;\n", quote(table.sequence), name);
  m.up += fmt::format("COMMENT ON TABLE {} IS {};\n", name,
                      literal("ArangoDB collection " + one_line(table.collection)));
  m.drop_first("DROP TABLE IF EXISTS " + name);
  m.verify += fmt::format(
      "SELECT count(*) = {}, {}\n  FROM pg_attribute WHERE attrelid = to_regclass({})\n"
      "   AND NOT attisdropped AND attname IN ({});\n",
      columns, literal("table " + one_line(table.name) + " or columns of it are missing"),
      literal(name), names);
}

// -- indexes and expiry

void make_index(const InferredSchema& schema, const InferredIndex& index, SqlMigration& m) {
  const std::string name = quote(index.name);
  std::string terms;
  for (const std::string& t : index.terms) terms += (terms.empty() ? "" : ", ") + t;
  m.up += "\n" + comment(index.because);
  m.up += fmt::format("CREATE {}INDEX {} ON {}{}\n  ({}){};\n", index.unique ? "UNIQUE " : "", name,
                      quote(schema.tables[index.table].name),
                      index.method.empty() ? "" : " USING " + index.method, terms,
                      index.where.empty() ? "" : "\n  WHERE " + index.where);
  m.drop_first("DROP INDEX IF EXISTS " + name);
  m.verify += fmt::format(
      "SELECT coalesce((SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass({})), "
      "false), {};\n",
      literal(name), literal("index " + one_line(index.name) + " is missing or not usable"));
}

void make_expiry(const InferredSchema& schema, const InferredExpiry& e, SqlMigration& m) {
  const std::string name = quote(e.function);
  m.up += "\n" + comment(e.because) +
          comment("Deletes what is due and says how many rows that were; to be called regularly.");
  m.up += fmt::format(
      "CREATE FUNCTION {}(at timestamptz DEFAULT now()) RETURNS bigint\n"
      "  LANGUAGE sql SET search_path FROM CURRENT AS {};\n",
      name,
      dollar_quoted(fmt::format("  WITH gone AS (DELETE FROM {} WHERE {} RETURNING 1)\n"
                                "  SELECT count(*) FROM gone\n",
                                quote(schema.tables[e.table].name), e.condition)));
  m.drop_first(fmt::format("DROP FUNCTION IF EXISTS {}(timestamptz)", name));
  m.verify +=
      fmt::format("SELECT to_regprocedure({}) IS NOT NULL, {};\n", literal(name + "(timestamptz)"),
                  literal("function " + one_line(e.function) + " is missing"));
}

// -- documents as they were

/// The columns that `doc` has not, as members of objects of at most so many.
std::string members(const InferredTable& table,
                    const std::function<bool(const InferredColumn&)>& which, const char* around) {
  std::string out, object;
  std::size_t count = 0;
  const auto flush = [&] {
    if (count > 0) out += fmt::format("\n    || {}(jsonb_build_object({}))", around, object);
    object.clear();
    count = 0;
  };
  for (const InferredColumn& c : table.columns) {
    if (!c.moved || c.back.empty() || !which(c)) continue;
    object += (count > 0 ? ", " : "") + literal(c.attribute) + ", " + c.back;
    if (++count == most_members) flush();
  }
  flush();
  return out;
}

void make_document_view(const InferredTable& table, SqlMigration& m) {
  std::string system =
      fmt::format("'_key', key, '_id', {} || key", literal(table.collection + "/"));
  if (table.ends == Ends::strict)
    system +=
        ", '_from', from_collection || '/' || from_key, '_to', to_collection || '/' || to_key";
  const std::string name = quote(table.document_view);
  m.up += fmt::format(
      "\nCREATE VIEW {} AS\n  SELECT key, jsonb_build_object({})\n    || doc{}{} AS document\n"
      "    FROM {};\n",
      name, system,
      members(
          table, [](const InferredColumn& c) { return !c.is_null; }, "jsonb_strip_nulls"),
      members(
          table, [](const InferredColumn& c) { return c.is_null; }, ""),
      quote(table.name));
  m.drop_first("DROP VIEW IF EXISTS " + name);
  m.verify += fmt::format("SELECT to_regclass({}) IS NOT NULL, {};\n", literal(name),
                          literal("view " + one_line(table.document_view) + " is missing"));
}

// -- graphs

std::string union_of(const InferredSchema& schema, const std::vector<std::size_t>& tables,
                     const std::string& columns) {
  std::string out;
  for (const std::size_t t : tables)
    out += fmt::format("{}  SELECT {}::text COLLATE \"C\" AS collection, {} FROM {}",
                       out.empty() ? "" : "\n  UNION ALL\n", literal(schema.tables[t].collection),
                       columns, quote(schema.tables[t].name));
  return out;
}

std::string walk_body(const std::string& edges) {
  return fmt::format(R"(#variable_conflict use_column
BEGIN
  IF direction NOT IN ('outbound', 'inbound', 'any') THEN
    RAISE EXCEPTION 'direction is %, not outbound, inbound or any', direction;
  END IF;
  RETURN QUERY
  WITH RECURSIVE walk (depth, collection, key, edge_collection, edge_key, path, edges) AS (
    SELECT 0, start_collection COLLATE "C", start_key COLLATE "C", NULL::text COLLATE "C",
           NULL::text COLLATE "C", ARRAY[start_collection || '/' || start_key] COLLATE "C",
           ARRAY[]::text[] COLLATE "C"
    UNION ALL
    SELECT w.depth + 1, s.collection, s.key, s.edge_collection, s.edge_key,
           w.path || (s.collection || '/' || s.key),
           w.edges || (s.edge_collection || '/' || s.edge_key)
      FROM walk w CROSS JOIN LATERAL (
        SELECT e.to_collection, e.to_key, e.collection, e.key FROM {0} e
         WHERE direction IN ('outbound', 'any')
           AND e.from_collection = w.collection AND e.from_key = w.key
        UNION ALL
        SELECT e.from_collection, e.from_key, e.collection, e.key FROM {0} e
         WHERE direction IN ('inbound', 'any')
           AND e.to_collection = w.collection AND e.to_key = w.key
      ) s (collection, key, edge_collection, edge_key)
     WHERE w.depth < max_depth
       AND NOT (s.edge_collection || '/' || s.edge_key) = ANY (w.edges)
  )
  SELECT depth, collection, key, edge_collection, edge_key, path FROM walk;
END
)",
                     edges);
}

void make_graph(const InferredSchema& schema, const InferredGraph& g, SqlMigration& m) {
  const std::string vertices = quote(g.vertices_view), edges = quote(g.edges_view),
                    function = quote(g.walk_function), walk = quote(g.walk_view);
  m.up += "\n" + comment("Named graph " + g.graph + ".");
  m.up +=
      fmt::format("CREATE VIEW {} AS\n{};\n", vertices, union_of(schema, g.vertices, "key, doc"));
  m.up += fmt::format(
      "CREATE VIEW {} AS\n{};\n", edges,
      union_of(schema, g.edges, "key, from_collection, from_key, to_collection, to_key, doc"));
  m.up += comment(
      "Every path from one vertex, no edge twice in a path, as AQL's traversal: FOR v, e, "
      "p IN 0..max_depth.");
  m.up += fmt::format(
      "CREATE FUNCTION {}(start_collection text, start_key text, max_depth integer DEFAULT 10,\n"
      "    direction text DEFAULT 'outbound')\n"
      "  RETURNS TABLE (depth integer, collection text, key text, edge_collection text,\n"
      "    edge_key text, path text[])\n"
      "  LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS {};\n",
      function, dollar_quoted(walk_body(edges)));
  m.up += comment(
      "The same from every vertex: name start_collection and start_key, and only that "
      "one is walked from.");
  m.up += fmt::format(
      "CREATE VIEW {} AS\n  SELECT v.collection AS start_collection, v.key AS start_key, w.*\n"
      "    FROM {} v CROSS JOIN LATERAL {}(v.collection, v.key) w;\n",
      walk, vertices, function);
  m.drop_first("DROP VIEW IF EXISTS " + vertices);
  m.drop_first("DROP VIEW IF EXISTS " + edges);
  m.drop_first(fmt::format("DROP FUNCTION IF EXISTS {}(text, text, integer, text)", function));
  m.drop_first("DROP VIEW IF EXISTS " + walk);
  for (const std::string& view : {g.vertices_view, g.edges_view, g.walk_view})
    m.verify += fmt::format("SELECT to_regclass({}) IS NOT NULL, {};\n", literal(quote(view)),
                            literal("view " + one_line(view) + " is missing"));
}

// -- references

void make_reference(const InferredSchema& schema, const InferredReference& r, SqlMigration& m) {
  const std::string table = quote(schema.tables[r.table].name), name = quote(r.name);
  m.up += fmt::format(
      "\nALTER TABLE {} ADD CONSTRAINT {}\n  FOREIGN KEY ({}) REFERENCES {} (key) ON DELETE "
      "CASCADE;\n",
      table, name, r.column, quote(schema.tables[r.target].name));
  m.drop_first(fmt::format("ALTER TABLE IF EXISTS {} DROP CONSTRAINT IF EXISTS {}", table, name));
  m.verify += fmt::format(
      "SELECT coalesce((SELECT convalidated FROM pg_constraint WHERE conrelid = to_regclass({}) "
      "AND "
      "conname = {}), false), {};\n",
      literal(table), literal(r.name),
      literal("foreign key " + one_line(r.name) + " is missing or not valid"));
}

std::string pack_yaml(const InferredSchema& schema) {
  const auto text = [](const std::string& value) {
    std::string out;
    for (const char c : one_line(value)) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    return "\"" + out + "\"";
  };
  return fmt::format(
      "# Written by arango2pg infer {}.\nname: {}\ndescription: {}\nschema: {}\n"
      "postgres: 14  # JSONB with COMPRESSION lz4\nextensions: [{}]\n",
      schema.version, text(schema.pack), text("what arango2pg infer found in " + schema.source),
      text(schema.schema), schema.postgis ? "postgis" : "");
}

}  // namespace

std::vector<InferredFile> pack_files(const InferredSchema& schema) {
  std::vector<InferredFile> out = {{"schemas/pack.yaml", pack_yaml(schema)}};
  int number = 0;
  const auto file = [&](const char* name, const std::string& title,
                        const std::function<void(SqlMigration&)>& fill) {
    SqlMigration m;
    m.title = title + " Written by arango2pg infer.";
    fill(m);
    if (m.up.empty()) return;
    out.push_back({fmt::format("schemas/{:03}_{}.sql", ++number, name), m.text()});
  };
  file("tables",
       "A table per collection: typed columns for the attributes that allow it, `doc` for all "
       "others.",
       [&](SqlMigration& m) {
         for (const InferredTable& t : schema.tables) make_table(t, m);
       });
  file("indexes", "ArangoDB's indexes; edges both ways; functions that delete what has expired.",
       [&](SqlMigration& m) {
         for (const InferredIndex& i : schema.indexes) make_index(schema, i, m);
         for (const InferredExpiry& e : schema.expiries) make_expiry(schema, e, m);
       });
  file("documents",
       "The documents as ArangoDB had them (without _rev), for code that still wants them whole.",
       [&](SqlMigration& m) {
         for (const InferredTable& t : schema.tables) make_document_view(t, m);
       });
  file("graphs", "Named graphs: their vertices, their edges, and a walk along them.",
       [&](SqlMigration& m) {
         for (const InferredGraph& g : schema.graphs) make_graph(schema, g, m);
       });
  file("foreign_keys",
       "Edges point at rows that are there; they go with them, as in ArangoDB's graph API.",
       [&](SqlMigration& m) {
         for (const InferredReference& r : schema.references) make_reference(schema, r, m);
       });
  return out;
}

}  // namespace arango2pg::run
