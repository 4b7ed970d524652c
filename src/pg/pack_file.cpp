// Schema packs as directories: pack.yaml and its migration files.
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <tuple>

#include "base/error.h"
#include "pg/migrations_internal.h"

namespace arango2pg::pg {
namespace {

namespace fs = std::filesystem;

std::string read_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) throw Error(Exit::usage, "cannot read '" + path.string() + "'");
  return text.str();
}

bool is_path(const std::string& name_or_dir) {
  return name_or_dir.find('/') != std::string::npos || name_or_dir == "." || name_or_dir == "..";
}

/// Where the pack is, or nothing.
std::optional<fs::path> find_directory(const std::string& name_or_dir) {
  const fs::path relative =
      is_path(name_or_dir) ? fs::path(name_or_dir) : fs::path("schemas") / name_or_dir;
  if (fs::is_directory(relative)) return relative;
  std::error_code none;
  const fs::path program = fs::read_symlink("/proc/self/exe", none);
  const fs::path installed = program.parent_path().parent_path() / "share/arango2pg" / relative;
  if (relative.is_relative() && !program.empty() && fs::is_directory(installed)) return installed;
  return std::nullopt;
}

fs::path require_directory(const std::string& name_or_dir) {
  if (const auto found = find_directory(name_or_dir)) return *found;
  const fs::path looked =
      is_path(name_or_dir) ? fs::path(name_or_dir) : fs::path("schemas") / name_or_dir;
  throw Error(Exit::usage,
              "no schema pack '" + name_or_dir + "': '" + looked.string() + "' is no directory",
              "Give the pack's directory with --pack, or the name of one below schemas/.");
}

Pack read_description(const fs::path& file) {
  constexpr std::array<std::string_view, 5> keys = {"name", "description", "schema", "postgres",
                                                    "extensions"};
  Pack pack;
  pack.name = fs::weakly_canonical(file).parent_path().filename().string();
  pack.directory = file.parent_path().string();
  if (!fs::exists(file))
    throw Error(Exit::usage, "'" + pack.directory + "' is no schema pack: it has no pack.yaml",
                "Write one with name, description, schema, postgres and extensions, or make the "
                "pack with `arango2pg schema new`.");
  try {
    const YAML::Node root = YAML::Load(read_text(file));
    if (!root.IsMap()) throw Error(Exit::usage, "'" + file.string() + "' is no map of keys");
    for (const auto& entry : root) {
      const auto key = entry.first.as<std::string>();
      if (std::find(keys.begin(), keys.end(), key) == keys.end())
        throw Error(Exit::usage, file.string() + ":" + std::to_string(entry.first.Mark().line + 1) +
                                     ": unknown key '" + key + "'" + suggestion(key, keys));
    }
    if (root["name"]) pack.name = root["name"].as<std::string>();
    if (root["description"]) pack.description = root["description"].as<std::string>();
    if (root["schema"]) pack.default_schema = root["schema"].as<std::string>();
    if (root["postgres"]) pack.postgres_minimum = root["postgres"].as<int>() * 10000;
    if (root["extensions"]) pack.extensions = root["extensions"].as<std::vector<std::string>>();
  } catch (const YAML::Exception& e) {
    throw Error(Exit::usage, file.string() + ":" + std::to_string(e.mark.line + 1) + ": " + e.msg);
  }
  return pack;
}

/// The files of a directory that are migrations by their names.
std::vector<fs::path> migration_files(const fs::path& directory) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(directory)) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() == ".sql" && name[0] >= '0' && name[0] <= '9')
      out.push_back(entry.path());
  }
  return out;
}

std::string three_digits(int number) {
  const std::string digits = std::to_string(number);
  return std::string(digits.size() < 3 ? 3 - digits.size() : 0, '0') + digits;
}

/// "001_drop_flags_ROLLBACK" and the like: the way down in a file of its own.
bool looks_like_a_way_back(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const char* end : {"_rollback", "_down", "_undo", "_revert"})
    if (name.size() > std::string_view(end).size() && name.ends_with(end)) return true;
  return false;
}

[[noreturn]] void refuse_duplicate(const Pack& pack, const Migration& a, const Migration& b) {
  const std::string free = three_digits(pack.migrations.back().number + 1);
  std::string hint = "Give the one that was written later the next free number: rename '" + b.name +
                     ".sql' to '" + free + b.name.substr(b.name.find('_')) +
                     ".sql'. If both ran already without this tool, number all files in the order "
                     "they ran and record them with `arango2pg schema stamp`.";
  for (const Migration* m : {&a, &b})
    if (looks_like_a_way_back(m->name))
      hint = "If '" + m->name +
             ".sql' is the way back, put its SQL under `-- migrate:down` of the "
             "other file and delete it. Else: " +
             hint;
  throw Error(Exit::usage,
              "two migrations of pack '" + pack.name + "' have number " + std::to_string(a.number) +
                  ": '" + a.file + "' and '" + b.file + "'",
              hint);
}

/// "Add user prefs" → "add_user_prefs".
std::string file_word(const std::string& name) {
  std::string out;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 && byte < 0x80)
      out += static_cast<char>(std::tolower(byte));
    else if ((c == ' ' || c == '-' || c == '_') && !out.empty() && out.back() != '_')
      out += '_';
    else if (c != ' ' && c != '-' && c != '_')
      throw Error(Exit::usage, "'" + name + "' is no name for a migration",
                  "Use letters, digits and underscores, as in add_user_prefs.");
  }
  while (!out.empty() && out.back() == '_') out.pop_back();
  if (out.empty())
    throw Error(Exit::usage, "a migration needs a name",
                "Use letters, digits and underscores, as in add_user_prefs.");
  return out;
}

std::string template_text(const std::string& title, const TemplateOptions& options) {
  std::string out = "-- " + title + ": what for?\n";
  if (!options.transaction || options.batches)
    out +=
        "-- Statement by statement: each commits on its own, and a run that stopped goes on.\n"
        "-- migrate:no-transaction\n";
  out += "\n-- migrate:up\n";
  if (options.batches)
    out +=
        "-- Repeated until it returns no row. $1: the key where the batch before ended (NULL at "
        "first), $2: the size.\n"
        "-- migrate:batches 5000\n"
        "WITH batch AS (\n"
        "  SELECT id FROM my_table WHERE ($1::uuid IS NULL OR id > $1::uuid) ORDER BY id LIMIT "
        "$2::integer\n"
        "), changed AS (\n"
        "  UPDATE my_table t SET my_column = 1 FROM batch b WHERE t.id = b.id AND t.my_column IS "
        "NULL\n"
        ")\n"
        "SELECT id FROM batch ORDER BY id;\n";
  else
    out += "-- CREATE TABLE my_table (id uuid PRIMARY KEY DEFAULT gen_random_uuid());\n";
  out += "\n-- migrate:down\n";
  out += options.batches ? "-- Left empty: there is nothing to undo.\n"
         : options.transaction
             ? "-- DROP TABLE my_table;\n"
             : "-- With IF EXISTS: it must undo a half-applied up section, too.\n";
  out +=
      "\n-- migrate:verify\n"
      "-- Each statement returns true (a second column explains a failure), or a DO block "
      "raises.\n"
      "-- SELECT to_regclass('my_table') IS NOT NULL, 'my_table is missing';\n";
  return out;
}

/// Only if there is no such file yet.
void write_new(const fs::path& path, const std::string& text) {
  if (fs::exists(path)) throw Error(Exit::usage, "'" + path.string() + "' is there already");
  std::ofstream out(path, std::ios::binary);
  out << text;
  if (!out.flush()) throw Error(Exit::usage, "cannot write '" + path.string() + "'");
}

}  // namespace

Pack load_pack(const std::string& name_or_dir) {
  if (name_or_dir == control_name) return control_pack();
  const fs::path directory = require_directory(name_or_dir);
  Pack pack = read_description(directory / "pack.yaml");
  if (pack.name == control_name) return control_pack();
  for (const fs::path& file : migration_files(directory))
    pack.migrations.push_back(parse_migration(file.string(), read_text(file)));
  if (pack.migrations.empty())
    throw Error(
        Exit::usage, "schema pack '" + pack.name + "' holds no migration",
        "Write the first one with `arango2pg schema new NAME --pack " + pack.directory + "`.");
  order_migrations(pack);
  return pack;
}

void order_migrations(Pack& pack) {
  std::sort(pack.migrations.begin(), pack.migrations.end(), [](const auto& a, const auto& b) {
    return std::tie(a.number, a.name) < std::tie(b.number, b.name);
  });
  for (std::size_t i = 1; i < pack.migrations.size(); ++i)
    if (pack.migrations[i].number == pack.migrations[i - 1].number)
      refuse_duplicate(pack, pack.migrations[i - 1], pack.migrations[i]);
  int expected = 1;
  for (const Migration& m : pack.migrations) {
    if (m.number > expected)
      throw Error(Exit::usage,
                  "pack '" + pack.name + "' has no migration " + std::to_string(expected) +
                      ", the next one is '" + m.file + "'",
                  "Restore the missing file (its name is in arango2pg.migration_history if it was "
                  "applied), or renumber the later ones if those were never applied.");
    ++expected;
  }
}

std::vector<std::string> new_migration(const std::string& name_or_dir, const std::string& name,
                                       const TemplateOptions& options) {
  const std::string word = file_word(name);
  std::vector<std::string> written;
  fs::path directory;
  if (const auto found = find_directory(name_or_dir)) {
    directory = *found;
  } else {
    if (!is_path(name_or_dir)) require_directory(name_or_dir);  // throws
    directory = name_or_dir;
    std::error_code problem;
    fs::create_directories(directory, problem);
    if (problem)
      throw Error(Exit::usage, "cannot create '" + directory.string() + "': " + problem.message());
  }
  if (const fs::path file = directory / "pack.yaml"; !fs::exists(file)) {
    const std::string pack_name =
        file_word(fs::weakly_canonical(directory / "x").parent_path().filename().string());
    write_new(file, "name: " + pack_name +
                        "\ndescription: what it holds\nschema: public\npostgres: 14\n"
                        "extensions: []\n");
    written.push_back(file.string());
  }
  Pack pack = read_description(directory / "pack.yaml");
  if (pack.name == control_name)
    throw Error(Exit::usage, "pack 'arango2pg' is the tool's own state",
                "Give your pack with --pack DIR.");
  for (const fs::path& file : migration_files(directory)) {
    Migration m;  // by name only: others may still be unwritten
    m.file = file.string();
    m.name = file.stem().string();
    m.number = migration_number(file.filename().string());
    pack.migrations.push_back(std::move(m));
  }
  order_migrations(pack);
  const int number = pack.migrations.empty() ? 1 : pack.migrations.back().number + 1;
  const fs::path file = directory / (three_digits(number) + "_" + word + ".sql");
  write_new(file, template_text(word, options));
  written.push_back(file.string());
  return written;
}

}  // namespace arango2pg::pg
