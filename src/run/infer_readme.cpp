// The README, the JSON Schemas' layout, and all files together.
#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "base/units.h"
#include "doc/parsed_json.h"
#include "run/infer_names.h"
#include "run/infer_write.h"
#include "run/json_text.h"

namespace arango2pg::run {
namespace {

using doc::Kind;

/// JSON with an indent, for people.
void pretty(const doc::Value& value, const std::string& indent, std::string& out) {
  const bool object = value.kind() == Kind::object;
  if ((!object && value.kind() != Kind::array) || value.count() == 0) {
    out += value.json();
    return;
  }
  const bool flat = !object && value.json().size() < 80 &&
                    value.json().find_first_of("[{", 1) == std::string_view::npos;
  if (flat) {
    out += value.json();
    return;
  }
  const std::string deeper = indent + "  ";
  const char* comma = "";
  out += object ? '{' : '[';
  const auto next = [&] {
    out += comma;
    out += "\n" + deeper;
    comma = ",";
  };
  if (object)
    for (const auto m : doc::Members(value)) {
      next();
      out += m.name.json();
      out += ": ";
      pretty(m.value, deeper, out);
    }
  else
    for (const doc::Value v : doc::Elements(value)) {
      next();
      pretty(v, deeper, out);
    }
  out += "\n" + indent + (object ? '}' : ']');
}

std::string pretty(const std::string& json) {
  const doc::ParsedJson parsed(json);
  if (!parsed.valid()) return json + "\n";
  std::string out;
  pretty(parsed.root(), "", out);
  return out + "\n";
}

/// A text in a cell or a list of Markdown.
std::string cell(const std::string& text) {
  std::string out;
  for (const char c : one_line(text)) {
    if (c == '|' || c == '<') out += '\\';
    out += c;
  }
  return out;
}

std::string code(const std::string& text) {
  std::string out = one_line(text);
  std::replace(out.begin(), out.end(), '`', '\'');
  return "`" + out + "`";
}

class Readme {
 public:
  explicit Readme(const InferredSchema& schema) : s_(schema) {}

  std::string write() {
    line("# From ArangoDB to PostgreSQL: " + cell(s_.pack));
    line("");
    line(fmt::format("Written by arango2pg infer {} on {}, from {}.", s_.version, s_.created_at,
                     cell(s_.source)));
    line(s_.sample == 0
             ? "All documents were looked at: none of them is refused by these types."
             : fmt::format(
                   "A sample of about {} documents per collection (seed {}) was looked at. So "
                   "every column is a copy that may be NULL where its guess was wrong, and "
                   "`doc` holds every document whole. Run `infer` without --sample before "
                   "the real migration: then attributes move into their columns.",
                   format_count(s_.sample), s_.seed));
    run_it();
    collections();
    notes("What needs a person", s_.person, "Nothing that this program could see.");
    notes("What queries will notice", s_.changes, "");
    general();
    notes("What else was found", s_.facts, "");
    if (!s_.unknown.empty()) {
      head("What could not be found out");
      for (const std::string& u : s_.unknown) line("- " + cell(u));
    }
    return std::move(out_);
  }

 private:
  void line(const std::string& text) { out_ += text + "\n"; }
  void head(const std::string& text) {
    line("");
    line("## " + text);
    line("");
  }

  void run_it() {
    const std::string source = s_.location, dir = s_.out;
    std::string chosen;
    for (const std::string& c : s_.collections) chosen += " --collection '" + one_line(c) + "'";
    if (s_.schema != "public") chosen += " --target-schema '" + s_.schema + "'";
    head("Run it");
    line("```sh");
    line(fmt::format("arango2pg schema up --pack {}/schemas --target \"$TARGET\"", dir));
    line(
        fmt::format("arango2pg validate  --source '{}' --mapping {}/mappings --target \"$TARGET\" "
                    "--probe{}",
                    source, dir, chosen));
    line(
        fmt::format("arango2pg migrate   --source '{}' --mapping {}/mappings --target "
                    "\"$TARGET\"{}",
                    source, dir, chosen));
    line(
        fmt::format("arango2pg verify    --source '{}' --mapping {}/mappings --target "
                    "\"$TARGET\"{}",
                    source, dir, chosen));
    line("```");
    line("");
    line(
        "Nothing here must be edited before; everything may be. `schema down --to 0 --yes` takes "
        "the tables down again.");
    if (s_.references.empty()) return;
    line("");
    line(fmt::format(
        "The last migration adds foreign keys ({}). While `resync` follows a server that "
        "still changes, take it down (`schema down --yes`) and up again at the "
        "cut-over: until then edges may come before what they point at.",
        s_.references.size()));
  }

  void collections() {
    head("What was decided");
    line("| collection | documents | table | columns | in `doc` | indexes |");
    line("| --- | ---: | --- | --- | ---: | ---: |");
    for (std::size_t t = 0; t < s_.tables.size(); ++t) {
      const InferredTable& table = s_.tables[t];
      std::string columns;
      for (const InferredColumn& c : table.columns)
        columns += fmt::format("{}{} {}{}", columns.empty() ? "" : ", ", cell(c.name), c.type,
                               c.moved ? "" : " (copy)");
      const auto indexes = std::count_if(s_.indexes.begin(), s_.indexes.end(),
                                         [&](const auto& i) { return i.table == t; });
      line(fmt::format("| {}{} | {} | {} | {} | {} | {} |", cell(table.collection),
                       table.ends == Ends::none ? "" : " (edges)", format_count(table.documents),
                       cell(table.name), columns, table.stays.size(), indexes));
    }
    line("");
    line(
        "Each table has `key` (the document's `_key`), `revision` (its `_rev` as a number) and "
        "`doc` (all attributes without a column); edges have `from_collection`, `from_key`, "
        "`to_collection` and `to_key`. Why each column is what it is stands beside it, in the "
        "mapping and in the SQL.");
    line("");
    line("- `mappings/`: what becomes of the documents, a file per collection;");
    line("- `schemas/`: the schema pack, numbered steps with a way down and checks;");
    line(
        "- `documents/`: JSON Schemas; where ArangoDB enforced a rule, that one, and what was seen "
        "beside it as `.observed.schema.json`;");
    line("- views `…_document`: the documents as ArangoDB had them, rebuilt from the rows.");
    for (const InferredGraph& g : s_.graphs)
      line(fmt::format("- the named graph {}: views {}, {}, {} and the function {}.", code(g.graph),
                       code(g.vertices_view), code(g.edges_view), code(g.walk_view),
                       code(g.walk_function)));
  }

  void notes(const std::string& title, const std::vector<InferredNote>& notes,
             const std::string& none) {
    if (notes.empty() && none.empty()) return;
    head(title);
    if (notes.empty()) line(none);
    for (const InferredNote& n : notes)
      line(n.where.empty() ? "- " + cell(n.text)
                           : fmt::format("- **{}**: {}", cell(n.where), cell(n.text)));
  }

  void general() {
    if (s_.changes.empty()) head("What queries will notice");
    line(
        "- `_key` is `key`; `_id` is the collection's name and the key; `_from` and `_to` are two "
        "columns each.");
    line(
        "- An attribute with a column is no longer in `doc` (unless it says *copy*). Absent is "
        "NULL.");
    line(
        "- What is in `doc` is JSON: `doc ->> 'name'` is text, `doc -> 'name'` JSON; numbers of it "
        "need a cast.");
    const bool quoted = std::any_of(s_.tables.begin(), s_.tables.end(), [](const auto& t) {
      return std::any_of(t.name.begin(), t.name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    });
    if (quoted)
      line(
          "- Names with capital letters need quotes in SQL: `\"likeThis\"`. `infer --names plain` "
          "gives names that need none.");
  }

  const InferredSchema& s_;
  std::string out_;
};

}  // namespace

std::string readme(const InferredSchema& schema) { return Readme(schema).write(); }

std::vector<InferredFile> schema_files(const InferredSchema& schema) {
  std::vector<InferredFile> out;
  for (const InferredTable& t : schema.tables) {
    out.push_back({"documents/" + t.observed_file, pretty(t.observed)});
    if (!t.rule.empty()) out.push_back({"documents/" + t.schema_file, pretty(t.rule)});
  }
  return out;
}

std::vector<InferredFile> write_files(const InferredSchema& schema) {
  std::vector<InferredFile> out = {{"README.md", readme(schema)}};
  for (std::size_t t = 0; t < schema.tables.size(); ++t)
    out.push_back({"mappings/" + schema.tables[t].file + ".yaml", mapping_yaml(schema, t)});
  for (auto& f : pack_files(schema)) out.push_back(std::move(f));
  for (auto& f : schema_files(schema)) out.push_back(std::move(f));
  return out;
}

}  // namespace arango2pg::run
