// Schema packs as files: pack.yaml and the sections of a migration.
#include <openssl/evp.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <tuple>

#include "base/error.h"
#include "pg/migrations_internal.h"
#include "pg/sql_split_internal.h"

namespace arango2pg::pg {
namespace {

namespace fs = std::filesystem;

std::string sha256(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
    throw Error(Exit::unexpected, "cannot compute a SHA-256 checksum");
  constexpr std::string_view hex = "0123456789abcdef";
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    out += hex[digest[i] >> 4U];
    out += hex[digest[i] & 15U];
  }
  return out;
}

std::string_view trimmed(std::string_view s) {
  constexpr std::string_view blank = " \t\r\n";
  const std::size_t begin = s.find_first_not_of(blank);
  if (begin == std::string_view::npos) return {};
  return s.substr(begin, s.find_last_not_of(blank) - begin + 1);
}

std::string read_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) throw Error(Exit::usage, "cannot read '" + path.string() + "'");
  return text.str();
}

constexpr std::array<std::string_view, 4> markers = {"up", "down", "verify", "no-transaction"};

/// The word behind "-- migrate:", empty if the line is no marker.
std::string_view marker_of(std::string_view line) {
  constexpr std::string_view prefix = "-- migrate:";
  line = trimmed(line);
  return line.substr(0, prefix.size()) == prefix ? trimmed(line.substr(prefix.size()))
                                                 : std::string_view();
}

/// "003_document_tables.sql" → 3. The form is checked: a file that only looks like a migration
/// would be left out in silence.
int number_of(const std::string& file_name) {
  const std::size_t underscore = file_name.find('_');
  const std::string_view digits = std::string_view(file_name).substr(0, underscore);
  int number = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (underscore == std::string::npos || underscore < 3 || problem != std::errc() ||
      end != digits.data() + digits.size() || number == 0 || file_name.size() < underscore + 6 ||
      fs::path(file_name).extension() != ".sql")
    throw Error(Exit::usage,
                "migration file '" + file_name + "' has no name of the form NNN_name.sql",
                "Rename it; numbers start at 001 and leave no gap.");
  return number;
}

fs::path find_directory(const std::string& name_or_dir) {
  const fs::path relative = name_or_dir.find('/') == std::string::npos
                                ? fs::path("schemas") / name_or_dir
                                : fs::path(name_or_dir);
  if (fs::is_directory(relative)) return relative;
  std::error_code none;
  const fs::path program = fs::read_symlink("/proc/self/exe", none);
  const fs::path installed = program.parent_path().parent_path() / "share/arango2pg" / relative;
  if (relative.is_relative() && !program.empty() && fs::is_directory(installed)) return installed;
  throw Error(Exit::usage,
              "no schema pack '" + name_or_dir + "': '" + relative.string() + "' is no directory",
              "Give the pack's directory with --pack, or the name of one below schemas/.");
}

Pack read_description(const fs::path& file) {
  constexpr std::array<std::string_view, 5> keys = {"name", "description", "schema", "postgres",
                                                    "extensions"};
  Pack pack;
  pack.name = fs::absolute(file).parent_path().filename().string();
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

}  // namespace

Migration parse_migration(std::string_view file_name, std::string_view text) {
  Migration m;
  m.file = file_name;
  const std::string base = fs::path(m.file).filename().string();
  m.number = number_of(base);
  m.name = base.substr(0, base.size() - 4);
  std::string before;  // the first marker: comments only
  std::string* section = &before;
  std::vector<std::string_view> seen;
  int line_number = 0;
  std::string
      skipped;  // as many line ends as stand before: a section keeps the file's line numbers
  const auto fail = [&](const std::string& what, const std::string& hint = {}) {
    throw Error(Exit::usage, m.file + ":" + std::to_string(line_number) + ": " + what, hint);
  };
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end);
    ++line_number;
    const std::string_view marker = marker_of(line);
    if (!marker.empty()) {
      if (std::find(markers.begin(), markers.end(), marker) == markers.end())
        fail("unknown section '" + std::string(marker) + "'" + suggestion(marker, markers));
      if (std::find(seen.begin(), seen.end(), marker) != seen.end())
        fail("section '" + std::string(marker) + "' stands here a second time");
      seen.push_back(marker);
      if (marker == "no-transaction") {
        m.transaction = false;
      } else {
        section = marker == "up" ? &m.up : marker == "down" ? &m.down : &m.verify;
        *section = skipped;
      }
      *section += '\n';
    } else {
      *section += line;
    }
    skipped += '\n';
  }
  line_number = 1;
  if (std::find(seen.begin(), seen.end(), "up") == seen.end())
    fail("no section '-- migrate:up'", "Put `-- migrate:up` on a line of its own before the SQL.");
  if (split_statements(m.up).empty()) fail("section 'up' holds no statement");
  if (const auto early = split_statements(before); !early.empty()) {
    line_number = early.front().line;
    fail("SQL before the first section", "Put `-- migrate:up` on a line of its own before it.");
  }
  m.checksum = sha256(std::string(trimmed(m.up)) + '\0' + std::string(trimmed(m.down)) + '\0' +
                      std::string(trimmed(m.verify)) + '\0' + (m.transaction ? "t" : "n"));
  return m;
}

Pack load_pack(const std::string& name_or_dir) {
  const fs::path directory = find_directory(name_or_dir);
  Pack pack = read_description(directory / "pack.yaml");
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(directory)) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() == ".sql" && name[0] >= '0' && name[0] <= '9')
      files.push_back(entry.path());
  }
  for (const fs::path& file : files)
    pack.migrations.push_back(parse_migration(file.string(), read_text(file)));
  order_migrations(pack);
  return pack;
}

void order_migrations(Pack& pack) {
  std::sort(pack.migrations.begin(), pack.migrations.end(), [](const auto& a, const auto& b) {
    return std::tie(a.number, a.name) < std::tie(b.number, b.name);
  });
  if (pack.migrations.empty())
    throw Error(Exit::usage, "schema pack '" + pack.name + "' holds no migration");
  int expected = 1;
  for (const Migration& m : pack.migrations) {
    if (m.number < expected)
      throw Error(Exit::usage,
                  "two migrations of pack '" + pack.name + "' have number " +
                      std::to_string(m.number) + ", one is '" + m.name + "'",
                  "Give one of them the next free number.");
    if (m.number > expected)
      throw Error(Exit::usage,
                  "pack '" + pack.name + "' has no migration " + std::to_string(expected) +
                      ", the next one is '" + m.name + "'",
                  "Restore the missing file or renumber the later ones that were never applied.");
    ++expected;
  }
}

}  // namespace arango2pg::pg
