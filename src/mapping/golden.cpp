#include "mapping/golden.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include "base/error.h"
#include "doc/json.h"
#include "mapping/plan.h"
#include "mapping/types.h"
#include "mapping/yaml_tree.h"

namespace arango2pg::mapping {
namespace {

namespace fs = std::filesystem;

/// File name in expected/ → content.
using Files = std::map<std::string, std::string>;

std::string read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (!in) throw Error(Exit::usage, "can't read '" + file.string() + "'");
  text << in.rdbuf();
  return text.str();
}

void write_file(const fs::path& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  if (!(out << text).flush()) throw Error(Exit::usage, "can't write '" + file.string() + "'");
}

/// "uuid not null default": a type and flags behind it.
doc::Column read_column(const Place& place, const std::string& name, const Yaml& node) {
  doc::Column column;
  column.name = name;
  std::string type = place.want_text(node, "type of column '" + name + "'");
  const auto take = [&](const std::string& suffix) {
    if (type.size() <= suffix.size() || type.substr(type.size() - suffix.size()) != suffix)
      return false;
    type.erase(type.size() - suffix.size());
    return true;
  };
  for (bool more = true; more;) {
    more = false;
    if (take(" not null")) more = column.not_null = true;
    if (take(" default")) more = column.has_default = true;
    if (take(" generated")) more = column.generated = true;
  }
  const auto parsed = parse_type(type);
  if (!parsed) place.fail(node.line, "'" + type + "' is no type");
  column.type = *parsed;
  return column;
}

std::map<std::string, doc::Table> read_tables(const fs::path& file) {
  std::map<std::string, doc::Table> tables;
  if (!fs::exists(file)) return tables;
  const Place place(file.string());
  const Yaml root = read_yaml(file.string());
  for (const auto& table : place.want_map(root, "a file of tables").members) {
    doc::Table& t = tables[table.name];
    t.name.name = table.name;
    for (const auto& c : place.want_map(table.value, "table '" + table.name + "'").members)
      t.columns.push_back(read_column(place, c.name, c.value));
  }
  return tables;
}

/// The mappings of a golden folder, by collection.
std::map<std::string, std::vector<Spec>> read_specs(const fs::path& dir) {
  std::vector<Spec> all;
  const fs::path other = dir / "golden.yaml";
  if (fs::exists(other)) {
    const Place place(other.string());
    const Yaml root = read_yaml(other.string());
    place.only(place.want_map(root, "golden.yaml"), "", {"mapping"});
    if (root.find("mapping") == nullptr) place.fail(root.line, "'mapping' is missing");
    all = load((dir / place.want_text(*root.find("mapping"), "'mapping'")).string());
  } else {
    std::set<fs::path> files;
    for (const auto& entry : fs::directory_iterator(dir))
      if ((entry.path().extension() == ".yaml" || entry.path().extension() == ".yml") &&
          entry.path().filename() != "tables.yaml")
        files.insert(entry.path());
    for (const fs::path& file : files)
      for (Spec& spec : load(file.string())) all.push_back(std::move(spec));
  }
  if (all.empty()) throw Error(Exit::usage, dir.string() + ": no mapping file");
  std::map<std::string, std::vector<Spec>> by_collection;
  for (Spec& spec : all) by_collection[spec.from].push_back(std::move(spec));
  return by_collection;
}

/// Where a document belongs if there are several collections: its `_id` says so.
std::string collection_of(std::string_view document) {
  doc::PaddedBuffer text;
  text.append(document);
  doc::Document json;
  if (json.parse(text.view())) return {};
  const auto id = json.root().find("_id");
  return id ? std::string(id->raw().substr(0, id->raw().find('/'))) : std::string();
}

std::map<std::string, doc::DocBatch> read_documents(
    const fs::path& file, const std::map<std::string, std::vector<Spec>>& specs) {
  std::map<std::string, doc::DocBatch> batches;
  const std::string text = read_file(file) + "\n";
  std::vector<doc::DocRef> lines;
  doc::split_lines(text, 0, lines);
  for (const doc::DocRef& line : lines) {
    const std::string_view document = std::string_view(text).substr(line.begin, line.size);
    const std::string collection =
        specs.size() == 1 ? specs.begin()->first : collection_of(document);
    if (specs.find(collection) == specs.end())
      throw Error(Exit::usage,
                  file.string() + ": a document does not say to which mapped collection it belongs",
                  "With several collections each document needs an `_id`.");
    doc::DocBatch& batch = batches[collection];
    batch.docs.push_back({static_cast<std::uint32_t>(batch.bytes.size()), line.size});
    batch.bytes.append(document);
    batch.bytes.append("\n");
  }
  return batches;
}

void add_rows(Files& files, const TargetTable& table, const doc::TableRows& rows) {
  std::string header;
  for (const std::string& c : table.columns) header += (header.empty() ? "" : "\t") + c;
  header += '\n';
  std::string& text = files[table.table.name.name + ".tsv"];
  // A second mapping with other columns gets a header of its own.
  if (text.rfind(header, 0) != 0) text += header;
  text += rows.bytes;
}

void add_rejections(Files& files, const doc::RowBatch& batch) {
  for (const doc::Rejection& r : batch.rejections) {
    std::string& text = files["rejections.jsonl"];
    text += "{\"key\":";
    doc::append_json_string(text, r.key);
    text += ",\"path\":";
    doc::append_json_string(text, r.path);
    text += ",\"rule\":";
    doc::append_json_string(text, r.rule);
    text += "}\n";
  }
}

Files run(const fs::path& dir) {
  const auto tables = read_tables(dir / "tables.yaml");
  const TableLookup lookup = [&](const TableName& name) -> std::optional<doc::Table> {
    const auto found = tables.find(name.name);
    return found == tables.end() ? std::nullopt : std::optional(found->second);
  };
  const auto specs = read_specs(dir);
  auto batches = read_documents(dir / "input.jsonl", specs);
  CompileOptions options;
  options.format = doc::CopyFormat::text;
  options.jsonb_order = false;
  Files files;
  Scratch scratch(1);
  for (const auto& [collection, of_it] : specs) {
    std::vector<Spec> specs_here = of_it;
    if (tables.empty())
      for (Spec& spec : specs_here) spec.create = true;  // types follow from the mapping
    const auto plan = CollectionPlan::compile({collection, false, false, {}, 0}, specs_here,
                                              tables.empty() ? TableLookup() : lookup, options);
    const doc::RowBatch rows = plan->apply(std::move(batches[collection]), scratch);
    for (std::size_t t = 0; t < plan->tables().size(); ++t)
      add_rows(files, plan->tables()[t], rows.tables[t]);
    add_rejections(files, rows);
  }
  return files;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// Lines that only one side has, in order; equal lines in between are left out.
std::string difference(const std::string& name, const std::string& expected,
                       const std::string& found) {
  if (expected == found) return {};
  constexpr std::size_t shown = 20;
  const auto old_lines = lines_of(expected), new_lines = lines_of(found);
  std::string out = name + "\n";
  std::size_t count = 0, o = 0, n = 0;
  const auto line = [&](char mark, const std::string& text) {
    if (++count <= shown) out += std::string("  ") + mark + " " + text + "\n";
  };
  while (o < old_lines.size() || n < new_lines.size()) {
    if (o < old_lines.size() && n < new_lines.size() && old_lines[o] == new_lines[n]) {
      ++o, ++n;
      continue;
    }
    const auto later = [](const std::vector<std::string>& lines, std::size_t from,
                          const std::string& wanted) {
      return std::find(lines.begin() + static_cast<std::ptrdiff_t>(from), lines.end(), wanted) !=
             lines.end();
    };
    const bool inserted =
        o < old_lines.size() && n < new_lines.size() && later(new_lines, n, old_lines[o]);
    if (o < old_lines.size() && !inserted) line('-', old_lines[o++]);
    if (n < new_lines.size() && (o >= old_lines.size() || old_lines[o] != new_lines[n]))
      line('+', new_lines[n++]);
  }
  if (count > shown) out += "  … " + std::to_string(count - shown) + " more lines\n";
  if (count == 0) out += "  the line ends differ\n";
  return out;
}

Files read_expected(const fs::path& dir) {
  Files files;
  if (!fs::exists(dir)) return files;
  for (const auto& entry : fs::directory_iterator(dir))
    if (entry.is_regular_file()) files[entry.path().filename().string()] = read_file(entry.path());
  return files;
}

void write_expected(const fs::path& dir, const Files& files) {
  fs::create_directories(dir);
  for (const auto& [name, text] : read_expected(dir))
    if (files.find(name) == files.end()) fs::remove(dir / name);
  for (const auto& [name, text] : files) write_file(dir / name, text);
}

GoldenResult run_one(const fs::path& dir, const std::string& name, bool update) {
  GoldenResult result{name, false, {}};
  try {
    const Files found = run(dir);
    if (update) {
      write_expected(dir / "expected", found);
      result.passed = true;
      return result;
    }
    Files expected = read_expected(dir / "expected");
    if (expected.empty()) {
      result.text = "there is nothing in " + (dir / "expected").string() +
                    "; run with --update to write what the mapping gives today\n";
      return result;
    }
    for (const auto& [file, text] : found) {
      result.text += difference(file, expected[file], text);
      expected.erase(file);
    }
    for (const auto& [file, text] : expected) result.text += difference(file, text, "");
    result.passed = result.text.empty();
  } catch (const Error& e) {
    result.text = std::string(e.what()) + "\n" + (e.hint().empty() ? "" : e.hint() + "\n");
  } catch (const fs::filesystem_error& e) {
    result.text = std::string(e.what()) + "\n";
  }
  return result;
}

void find_goldens(const fs::path& dir, std::set<fs::path>& found) {
  if (fs::exists(dir / "input.jsonl")) {
    found.insert(dir);
    return;
  }
  for (const auto& entry : fs::directory_iterator(dir))
    if (entry.is_directory()) find_goldens(entry.path(), found);
}

}  // namespace

std::vector<GoldenResult> run_goldens(const std::string& dir, bool update) {
  std::set<fs::path> found;
  if (fs::is_directory(dir)) find_goldens(dir, found);
  if (found.empty())
    throw Error(Exit::usage, "no golden test in '" + dir + "'",
                "A golden test is a folder with input.jsonl and a mapping file.");
  std::vector<GoldenResult> results;
  for (const fs::path& golden : found) {
    std::string name = golden.lexically_relative(dir).string();
    if (name.empty() || name == ".") name = golden.filename().string();
    results.push_back(run_one(golden, name, update));
  }
  return results;
}

}  // namespace arango2pg::mapping
