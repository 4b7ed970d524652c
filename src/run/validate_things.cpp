#include "run/validate_things.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "doc/parsed_json.h"

namespace arango2pg::run {
namespace {

using doc::is_true;
using doc::text_of;

std::string joined(const std::vector<std::string>& names, const char* between = ", ") {
  std::string out;
  for (const std::string& n : names) out += (out.empty() ? "" : between) + n;
  return out;
}

/// Names of an index's fields; of inverted indexes the members `name`.
std::vector<std::string> fields_of(const doc::Value& index) {
  std::vector<std::string> out;
  const auto fields = index.find("fields");
  if (!fields || fields->kind() != doc::Kind::array) return out;
  for (const doc::Value f : doc::Elements(*fields))
    out.push_back(f.kind() == doc::Kind::object ? text_of(f.find("name")) : text_of(f));
  return out;
}

class Things {
 public:
  Things(const doc::SourceDetails& details, const RunPlan& plan,
         const std::map<TableName, pg::TableInfo>& tables)
      : details_(details), plan_(plan), tables_(tables) {}

  std::vector<ReportThing> run() {
    for (const auto& collection : details_.collections) {
      const auto at = plan_.index.find(collection.name);
      if (at == plan_.index.end()) continue;  // not migrated: told elsewhere
      collection_ = collection.name;
      compiled_ = plan_.plans[at->second].get();
      uses_ = compiled_->uses();
      rules(doc::ParsedJson(collection.properties));
      const doc::ParsedJson indexes(collection.indexes);
      if (!indexes.valid() || indexes.root().kind() != doc::Kind::array) continue;
      for (const doc::Value index : doc::Elements(indexes.root())) this->index(index);
    }
    collection_.clear();
    for (const std::string& graph : details_.graphs) this->graph(doc::ParsedJson(graph));
    for (const std::string& view : details_.views) this->view(doc::ParsedJson(view));
    for (const std::string& a : details_.analyzers)
      add("analyzer", text_of(doc::ParsedJson(a).find("name")),
          "of type " + text_of(doc::ParsedJson(a).find("type")),
          "nothing: PostgreSQL analyses text by text search configurations", false);
    for (const std::string& f : details_.functions)
      add("AQL function", text_of(doc::ParsedJson(f).find("name")), "",
          "nothing: write it as an SQL function where queries need it", true);
    return std::move(out_);
  }

 private:
  void add(const std::string& kind, const std::string& name, const std::string& what,
           const std::string& becomes, bool attention) {
    out_.push_back({kind, collection_, name, what, becomes, attention});
  }

  // -- indexes

  void index(const doc::Value& index) {
    const std::string type = text_of(index.find("type"));
    const std::string name = text_of(index.find("name"));
    const auto fields = fields_of(index);
    const bool unique = is_true(index.find("unique"));
    const std::string what =
        fmt::format("{}{}{} on {}", unique ? "unique " : "",
                    is_true(index.find("sparse")) ? "sparse " : "", type, joined(fields));
    if (type == "persistent" || type == "hash" || type == "skiplist" || type == "rocksdb")
      return plain_index(name, what, fields, unique);
    if (type == "ttl") {
      const std::string after = text_of(index.find("expireAfter"));
      return add("ttl", name, fmt::format("{}, {} s after its value", what, after),
                 "rows do not expire in PostgreSQL: an index on the time and a job that deletes "
                 "what is due",
                 true);
    }
    if (type == "geo" || type == "geo1" || type == "geo2")
      return add("index", name, what, "a GiST index over point, or over PostGIS geography", false);
    if (type == "fulltext" || type == "inverted")
      return add("index", name, what, "a GIN index over to_tsvector(…), or jsonb_path_ops", false);
    if (type == "zkd" || type.starts_with("mdi"))
      return add("index", name, what, "a btree index per attribute, or GiST over a cube", false);
    if (type == "vector")
      return add("index", name, what, "an index of the extension pgvector", true);
    add("index", name, what, "nothing that this program knows", true);
  }

  void plain_index(const std::string& name, const std::string& what,
                   const std::vector<std::string>& fields, bool unique) {
    // Several tables may hold what one collection held.
    std::vector<std::string> there, missing;
    for (std::size_t t = 0; t < compiled_->tables().size(); ++t) {
      if (const auto covering = covered(fields, unique, t))
        there.push_back(*covering);
      else if (const std::string sql = statement(fields, unique, t); !sql.empty())
        missing.push_back(sql);
    }
    std::string becomes = there.empty() ? "" : "there already: " + joined(there);
    if (!missing.empty())
      becomes += (there.empty() ? "" : "; ") +
                 std::string(unique ? "nothing keeps it unique until: " : "not there yet: ") +
                 joined(missing, "; ");
    if (becomes.empty())
      becomes = unique ? "nothing yet: no column holds all of it, so nothing would keep it unique"
                       : "nothing yet: no column holds all of it";
    add("index", name, what, becomes, unique && (there.empty() || !missing.empty()));
  }

  /// The column of the table that holds this attribute, and nothing else if `exactly`.
  [[nodiscard]] const mapping::ColumnUse* column_of(const std::string& path, std::size_t table,
                                                    bool exactly) const {
    for (const auto& use : uses_)
      if (use.table == table && !use.takes_document && use.paths.size() == 1 &&
          use.paths[0] == path)
        return &use;
    if (exactly) return nullptr;
    // `first: [created_at, createdAt]`, say, or a default.
    for (const auto& use : uses_)
      if (use.table == table && (use.word == "first" || use.word == "path") &&
          use.paths.size() > 1 && use.paths[0] == path)
        return &use;
    return nullptr;
  }

  /// An index of the target over all rows whose first columns are those of the attributes.
  [[nodiscard]] std::optional<std::string> covered(const std::vector<std::string>& fields,
                                                   bool unique, std::size_t table) const {
    std::vector<std::string> columns;
    for (const std::string& field : fields) {
      const auto* use = column_of(field, table, unique);
      if (use == nullptr) return std::nullopt;
      columns.push_back(use->column);
    }
    const auto info = tables_.find(compiled_->tables()[table].table.name);
    if (columns.empty() || info == tables_.end()) return std::nullopt;
    for (const pg::IndexInfo& index : info->second.indexes)
      if (index.columns.size() >= columns.size() && !index.expression && !index.partial &&
          index.method == "btree" &&
          std::equal(columns.begin(), columns.end(), index.columns.begin()) &&
          (!unique || (index.unique && index.columns.size() == columns.size())))
        return index.name;
    return std::nullopt;
  }

  /// The SQL that would make it; "" if no column of the table holds the attributes.
  [[nodiscard]] std::string statement(const std::vector<std::string>& fields, bool unique,
                                      std::size_t table) const {
    const std::string on = pg::quote(compiled_->tables()[table].table.name);
    std::string expressions;
    for (std::string field : fields) {
      const bool elements = field.ends_with("[*]");
      if (elements) field.resize(field.size() - 3);
      std::string expression;
      if (const auto* use = column_of(field, table, unique))
        expression = pg::quote(use->column);
      else if (const auto* document = document_column(field, table))
        expression = elements ? fmt::format("({} -> {})", pg::quote(document->column),
                                            pg::quote_literal(field))
                              : fmt::format("({})", member_of(pg::quote(document->column), field));
      else
        return {};
      if (elements) return fmt::format("CREATE INDEX ON {} USING gin ({})", on, expression);
      expressions += (expressions.empty() ? "" : ", ") + expression;
    }
    return expressions.empty()
               ? std::string()
               : fmt::format("CREATE {}INDEX ON {} ({})", unique ? "UNIQUE " : "", on, expressions);
  }

  static std::string member_of(const std::string& column, const std::string& path) {
    if (path.find('.') == std::string::npos) return column + " ->> " + pg::quote_literal(path);
    std::string list = path;
    std::replace(list.begin(), list.end(), '.', ',');
    return column + " #>> " + pg::quote_literal("{" + list + "}");
  }

  [[nodiscard]] const mapping::ColumnUse* document_column(const std::string& path,
                                                          std::size_t table) const {
    const std::string top = path.substr(0, path.find_first_of(".["));
    const auto has = [&](const std::vector<std::string>& names) {
      return std::find(names.begin(), names.end(), top) != names.end();
    };
    for (const auto& use : uses_)
      if (use.table == table && use.takes_document &&
          (use.has_only ? has(use.only) : !has(use.omit)) && top[0] != '_')
        return &use;
    return nullptr;
  }

  // -- rules of the collection

  void rules(const doc::ParsedJson& properties) {
    if (const auto schema = properties.find("schema");
        schema && schema->kind() == doc::Kind::object)
      add("validation rule", "schema", "level " + text_of(schema->find("level")),
          "nothing by itself: `check: [{ schema: FILE }]` in the mapping, or constraints of the "
          "table",
          true);
    if (const auto values = properties.find("computedValues");
        values && values->kind() == doc::Kind::array)
      for (const doc::Value v : doc::Elements(*values))
        add("computed value", text_of(v.find("name")),
            "computed by the server when a document is "
            "written",
            "the stored values are migrated; new rows need a generated column or a trigger", true);
    if (const auto options = properties.find("keyOptions");
        options && text_of(options->find("type")) == "autoincrement")
      add("key generator", "autoincrement", "last key " + text_of(options->find("lastValue")),
          "new rows need a sequence that goes on behind it", true);
    if (const auto smart = properties.find("isSmart"); is_true(smart))
      add("sharding", "smart", "smart collection", "nothing: a table is not sharded", false);
  }

  // -- of the database

  void graph(const doc::ParsedJson& graph) {
    std::string name = text_of(graph.find("name"));
    if (name.empty()) name = text_of(graph.find("_key"));
    std::vector<std::string> edges;
    if (const auto all = graph.find("edgeDefinitions"); all && all->kind() == doc::Kind::array)
      for (const doc::Value e : doc::Elements(*all)) edges.push_back(text_of(e.find("collection")));
    std::vector<std::string> missing;
    for (const std::string& e : edges)
      if (!plan_.index.contains(e)) missing.push_back(e);
    std::string becomes =
        "its edges are rows with both ends indexed; traversals become recursive queries";
    if (!missing.empty())
      becomes = "incomplete: edge collections are not migrated: " + joined(missing);
    add("graph", name, "edges: " + joined(edges), becomes, !missing.empty());
  }

  void view(const doc::ParsedJson& view) {
    std::vector<std::string> over;
    if (const auto links = view.find("links"); links && links->kind() == doc::Kind::object)
      for (const auto m : doc::Members(*links)) over.push_back(text_of(m.name));
    if (const auto indexes = view.find("indexes"); indexes && indexes->kind() == doc::Kind::array)
      for (const doc::Value i : doc::Elements(*indexes))
        over.push_back(text_of(i.find("collection")));
    add("view", text_of(view.find("name")),
        text_of(view.find("type")) + (over.empty() ? "" : " over " + joined(over)),
        "nothing: it holds no data of its own; searches become GIN indexes over text", true);
  }

  const doc::SourceDetails& details_;
  const RunPlan& plan_;
  const std::map<TableName, pg::TableInfo>& tables_;
  std::vector<ReportThing> out_;
  std::string collection_;
  const mapping::CollectionPlan* compiled_ = nullptr;
  std::vector<mapping::ColumnUse> uses_;
};

/// Words that name nothing in PostgreSQL unless quoted (pg_get_keywords(), reserved ones).
constexpr auto reserved = std::to_array<std::string_view>({"all",
                                                           "analyse",
                                                           "analyze",
                                                           "and",
                                                           "any",
                                                           "array",
                                                           "as",
                                                           "asc",
                                                           "asymmetric",
                                                           "authorization",
                                                           "binary",
                                                           "both",
                                                           "case",
                                                           "cast",
                                                           "check",
                                                           "collate",
                                                           "collation",
                                                           "column",
                                                           "concurrently",
                                                           "constraint",
                                                           "create",
                                                           "cross",
                                                           "current_catalog",
                                                           "current_date",
                                                           "current_role",
                                                           "current_schema",
                                                           "current_time",
                                                           "current_timestamp",
                                                           "current_user",
                                                           "default",
                                                           "deferrable",
                                                           "desc",
                                                           "distinct",
                                                           "do",
                                                           "else",
                                                           "end",
                                                           "except",
                                                           "false",
                                                           "fetch",
                                                           "for",
                                                           "foreign",
                                                           "freeze",
                                                           "from",
                                                           "full",
                                                           "grant",
                                                           "group",
                                                           "having",
                                                           "ilike",
                                                           "in",
                                                           "initially",
                                                           "inner",
                                                           "intersect",
                                                           "into",
                                                           "is",
                                                           "isnull",
                                                           "join",
                                                           "lateral",
                                                           "leading",
                                                           "left",
                                                           "like",
                                                           "limit",
                                                           "localtime",
                                                           "localtimestamp",
                                                           "natural",
                                                           "not",
                                                           "notnull",
                                                           "null",
                                                           "offset",
                                                           "on",
                                                           "only",
                                                           "or",
                                                           "order",
                                                           "outer",
                                                           "overlaps",
                                                           "placing",
                                                           "primary",
                                                           "references",
                                                           "returning",
                                                           "right",
                                                           "select",
                                                           "session_user",
                                                           "similar",
                                                           "some",
                                                           "symmetric",
                                                           "system_user",
                                                           "table",
                                                           "tablesample",
                                                           "then",
                                                           "to",
                                                           "trailing",
                                                           "true",
                                                           "union",
                                                           "unique",
                                                           "user",
                                                           "using",
                                                           "variadic",
                                                           "verbose",
                                                           "when",
                                                           "where",
                                                           "window",
                                                           "with"});

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

}  // namespace

std::string why_quoted(const std::string& name) {
  if (std::find(reserved.begin(), reserved.end(), name) != reserved.end())
    return "is a reserved word";
  for (const char c : name)
    if (c >= 'A' && c <= 'Z') return "has capital letters";
  const bool plain =
      !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
  return plain ? "" : "has characters beyond letters, digits and _";
}

std::vector<ReportThing> describe_things(const doc::SourceDetails& details, const RunPlan& plan,
                                         const std::map<TableName, pg::TableInfo>& tables) {
  return Things(details, plan, tables).run();
}

std::vector<std::string> describe_names(const RunPlan& plan) {
  std::vector<std::string> out;
  std::map<std::string, std::string> by_lower;
  for (const auto* table : plan.tables()) {
    if (!table->create) continue;
    const std::string& name = table->table.name.name;
    if (const std::string why = why_quoted(name); !why.empty())
      out.push_back(fmt::format("table '{}' {}: SQL must write it in quotes", name, why));
    for (const doc::Column& c : table->table.columns)
      if (const std::string why = why_quoted(c.name); !why.empty())
        out.push_back(fmt::format("column '{}' of table '{}' {}: SQL must write it in quotes",
                                  c.name, name, why));
    const auto [at, fresh] = by_lower.emplace(lower(name), name);
    if (!fresh)
      out.push_back(
          fmt::format("tables '{}' and '{}' differ only in capital letters", at->second, name));
  }
  return out;
}

}  // namespace arango2pg::run
