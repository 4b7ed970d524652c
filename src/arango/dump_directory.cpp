#include "arango/dump_directory.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "arango/byte_stream.h"
#include "base/error.h"
#include "doc/parsed_json.h"

namespace arango2pg::arango {
namespace {

namespace fs = std::filesystem;

/// `users_<md5>.3.data.json.gz` taken apart.
struct DataName {
  std::string stem;                     ///< "users_<md5>": what structure and data share
  std::optional<std::uint32_t> number;  ///< of a split file
  bool gzip = false;
};

struct Structure {
  std::string stem;
  DirectoryEntry file;
  std::string name;  ///< parameters.name: the file name can't hold every collection name
  bool edge = false;
  bool system = false;
  std::string properties, indexes;  ///< JSON
};

/// Data files of one stem that one dump wrote.
struct DataSet {
  std::string stem;
  Variant variant;
};

bool remove_suffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

bool is_md5(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// The stem without "_<md5>": clusters and old versions write structure files so.
std::string_view base_of(std::string_view stem) {
  if (stem.size() > 33 && stem[stem.size() - 33] == '_' && is_md5(stem.substr(stem.size() - 32)))
    return stem.substr(0, stem.size() - 33);
  return stem;
}

std::optional<DataName> read_data_name(std::string_view file) {
  DataName out;
  out.gzip = remove_suffix(file, ".gz");
  if (!remove_suffix(file, ".data.json")) return std::nullopt;
  if (const auto dot = file.rfind('.'); dot != std::string_view::npos && dot + 1 < file.size()) {
    std::uint32_t n = 0;
    const std::string_view digits = file.substr(dot + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
    if (error == std::errc() && end == digits.data() + digits.size()) {
      out.number = n;
      file = file.substr(0, dot);
    }
  }
  out.stem = file;
  return out;
}

class DumpScan {
 public:
  explicit DumpScan(const fs::path& path) : directory_(list_directory(path)) {}
  FileCatalog run();

 private:
  void refuse_what_we_cannot_read() const;
  void read_dump_json();
  void read_structures();
  void read_structure(const DirectoryEntry& file, std::string_view stem);
  void read_data_names();
  void note_what_is_left_out();
  void read_view(const DirectoryEntry& file);
  void add_details();
  [[nodiscard]] const Structure* newest_structure(const std::string& name) const;
  [[nodiscard]] const Structure* structure_of(const DataSet& set) const;
  void add_collections();
  FileCollection collection_of(const std::string& name, const std::vector<const DataSet*>& sets);
  void describe();
  void warn(std::string text) { catalog_.info.warnings.push_back(std::move(text)); }
  [[nodiscard]] std::string where() const { return "'" + directory_.path.string() + "'"; }

  Directory directory_;
  FileCatalog catalog_;
  std::string database_;
  std::vector<Structure> structures_;
  std::vector<DataSet> sets_;
  bool split_files_ = false;
};

FileCatalog DumpScan::run() {
  refuse_what_we_cannot_read();
  read_dump_json();
  read_structures();
  read_data_names();
  note_what_is_left_out();
  add_collections();
  add_details();
  describe();
  return std::move(catalog_);
}

void DumpScan::refuse_what_we_cannot_read() const {
  bool any = false;
  for (const auto& file : directory_.files) {
    if (file.name == "ENCRYPTION") {
      std::string kind = read_small_file(directory_.path / file.name);
      kind.erase(std::remove_if(kind.begin(), kind.end(),
                                [](char c) { return c == '\n' || c == '\r' || c == ' '; }),
                 kind.end());
      if (!kind.empty() && kind != "none")
        throw Error(Exit::source, "the dump in " + where() + " is encrypted (" + kind + ")",
                    "Restore it with arangorestore, or dump again without --encryption.keyfile.");
    }
    if (file.name.find(".data.vpack") != std::string::npos)
      throw Error(Exit::source, "the dump in " + where() + " is VelocyPack, not JSON",
                  "Dump again with --dump-vpack false.");
    any = any || file.name.ends_with(".structure.json") || read_data_name(file.name);
  }
  if (any) return;
  std::string databases;
  for (const auto& sub : directory_.subdirectories)
    for (const auto& file : list_directory(directory_.path / sub).files)
      if (file.name == "dump.json" || file.name.ends_with(".structure.json")) {
        databases += (databases.empty() ? "'" : ", '") + sub + "'";
        break;
      }
  if (!databases.empty())
    throw Error(Exit::usage, where() + " holds dumps of several databases: " + databases,
                "Name one of them: dump:" + (directory_.path / "DATABASE").string() + ".");
  throw Error(Exit::source, where() + " holds no arangodump files",
              "Name the directory that arangodump wrote (--output-directory).");
}

/// A small JSON file; not valid if it is absent, empty or no JSON.
doc::ParsedJson parse_file(const fs::path& path) { return doc::ParsedJson(read_small_file(path)); }

void DumpScan::read_dump_json() {
  const auto file = std::find_if(directory_.files.begin(), directory_.files.end(),
                                 [](const auto& f) { return f.name == "dump.json"; });
  if (file == directory_.files.end()) {
    warn("dump.json is missing: a resync by WAL can't start from this dump");
    return;
  }
  const doc::ParsedJson json = parse_file(directory_.path / file->name);
  if (!json.valid() || json.root().kind() != doc::Kind::object) {
    warn("dump.json can't be read: a resync by WAL can't start from this dump");
    return;
  }
  database_ = doc::text_of(json.find("database"));
  catalog_.info.start_tick = doc::text_of(json.find("lastTickAtDumpStart"));
  if (catalog_.info.start_tick == "0") catalog_.info.start_tick.clear();
}

void DumpScan::read_structures() {
  for (const auto& file : directory_.files) {
    std::string_view stem = file.name;
    if (remove_suffix(stem, ".structure.json")) read_structure(file, stem);
  }
}

void DumpScan::read_structure(const DirectoryEntry& file, std::string_view stem) {
  const doc::ParsedJson json = parse_file(directory_.path / file.name);
  const auto parameters = json.find("parameters");
  Structure s;
  s.stem = stem;
  s.file = file;
  if (parameters) s.name = doc::text_of(parameters->find("name"));
  if (s.name.empty())
    throw Error(Exit::source,
                "cannot read '" + (directory_.path / file.name).string() +
                    "': it does not describe a collection",
                "The file is damaged or cut off; copy or make the dump again.");
  const auto is = [&](const char* name) {
    const auto value = parameters->find(name);
    return value && value->boolean();
  };
  if (is("deleted") || is("isSmartChild")) return;
  const auto type = parameters->find("type");
  s.edge = type && type->raw() == "3";
  s.system = is("isSystem") || s.name.starts_with('_');
  s.properties = parameters->json();
  if (const auto indexes = json.find("indexes")) s.indexes = indexes->json();
  structures_.push_back(std::move(s));
}

void DumpScan::read_data_names() {
  std::map<std::tuple<std::string, bool, bool>, std::map<std::uint32_t, DirectoryEntry>> found;
  for (const auto& file : directory_.files)
    if (const auto name = read_data_name(file.name)) {
      split_files_ = split_files_ || name->number;
      found[{name->stem, name->gzip, name->number.has_value()}][name->number.value_or(0)] = file;
    }
  for (const auto& [key, files] : found) {
    DataSet set;
    set.stem = std::get<0>(key);
    for (const auto& [number, file] : files) set.variant.files.push_back(file);
    sets_.push_back(std::move(set));
  }
}

void DumpScan::note_what_is_left_out() {
  std::size_t views = 0;
  for (const auto& file : directory_.files) {
    if (file.name.ends_with(".view.json")) {
      ++views;
      read_view(file);
    }
    const bool data = file.name.find(".data.") != std::string::npos;
    if (data && !read_data_name(file.name))
      warn("file '" + file.name + "' left out: neither .data.json nor .data.json.gz");
  }
  if (views > 0) warn(std::to_string(views) + " view definitions left out: views hold no data");
}

void DumpScan::read_view(const DirectoryEntry& file) {
  const doc::ParsedJson json = parse_file(directory_.path / file.name);
  if (json.valid())
    catalog_.details.views.emplace_back(json.root().json());
  else
    catalog_.details.unknown.push_back("'" + file.name + "' can't be read");
}

void DumpScan::add_details() {
  for (const auto& collection : catalog_.collections) {
    const Structure* structure = newest_structure(collection.info.name);
    catalog_.details.collections.push_back(
        {structure->name, structure->properties, structure->indexes});
  }
}

/// A name may have several structure files, left by several dumps into one directory.
const Structure* DumpScan::newest_structure(const std::string& name) const {
  const Structure* newest = nullptr;
  for (const auto& s : structures_)
    if (s.name == name && (newest == nullptr || s.file.modified > newest->file.modified))
      newest = &s;
  return newest;
}

/// The structure file that describes these data: the one of the same stem, else one that differs
/// in having no md5.
const Structure* DumpScan::structure_of(const DataSet& set) const {
  const Structure* base = nullptr;
  for (const auto& s : structures_) {
    if (s.stem == set.stem) return &s;
    const bool one_is_bare = s.stem == base_of(set.stem) || base_of(s.stem) == set.stem;
    if (one_is_bare && base == nullptr) base = &s;
  }
  return base;
}

void DumpScan::add_collections() {
  std::map<std::string, std::vector<const DataSet*>> by_name;
  for (const auto& s : structures_) by_name[s.name];
  for (const auto& set : sets_) {
    const Structure* structure = structure_of(set);
    const std::string& file = set.variant.files.front().name;
    if (structure == nullptr)
      throw Error(Exit::source, "data file '" + file + "' has no structure file",
                  "Copy '" + set.stem + ".structure.json' beside it, or remove the data file.");
    by_name[structure->name].push_back(&set);
  }
  for (const auto& [name, sets] : by_name) {
    if (sets.empty() && name.starts_with('_'))
      warn("system collection '" + name + "' left out: it has no data file");
    else
      catalog_.collections.push_back(collection_of(name, sets));
  }
}

FileCollection DumpScan::collection_of(const std::string& name,
                                       const std::vector<const DataSet*>& sets) {
  FileCollection out;
  out.may_be_enveloped = true;
  out.info.name = name;
  const Structure* structure = newest_structure(name);
  out.info.edge = structure->edge;
  out.info.system = structure->system;
  if (sets.empty() && !split_files_)
    throw Error(Exit::source,
                "collection '" + name + "' has a structure file but no data file in " + where(),
                "The dump is incomplete (or was made with --dump-data false); make it again.");
  if (sets.empty()) {
    out.info.count = 0;
    warn("collection '" + name + "' has no data file: taken as empty, as --split-files writes it");
    return out;
  }
  std::vector<Variant> variants;
  for (const auto* set : sets) variants.push_back(set->variant);
  for (const auto& file : newest(name, variants, catalog_.info.warnings).files) {
    DataFile data;
    data.path = directory_.path / file.name;
    data.size = file.size;
    data.bytes = estimated_size(data.path, file.size);
    out.info.bytes += data.bytes;
    out.files.push_back(std::move(data));
  }
  return out;
}

void DumpScan::describe() {
  auto& info = catalog_.info;
  info.kind = "dump";
  info.description = "arangodump";
  if (!database_.empty()) info.description += " of database '" + database_ + "'";
  info.description += " in " + where();
  info.identity = "dump:" + database_ + ":" + info.start_tick + ":" + fingerprint(catalog_);
}

}  // namespace

FileCatalog scan_dump(const fs::path& directory) { return DumpScan(directory).run(); }

}  // namespace arango2pg::arango
