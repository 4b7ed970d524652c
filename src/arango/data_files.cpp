#include "arango/data_files.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "base/error.h"

namespace arango2pg::arango {

namespace fs = std::filesystem;

namespace {

/// A variant is as old as its newest file: files of one export are written one after the other.
fs::file_time_type modified(const Variant& variant) {
  fs::file_time_type latest = fs::file_time_type::min();
  for (const auto& file : variant.files) latest = std::max(latest, file.modified);
  return latest;
}

std::string names(const Variant& variant) {
  std::string out = "'" + variant.files.front().name + "'";
  if (variant.files.size() > 1) out += " and " + std::to_string(variant.files.size() - 1) + " more";
  return out;
}

class Fnv1a {
 public:
  void add(std::string_view bytes) {
    for (const char c : bytes) add_byte(static_cast<unsigned char>(c));
    add_byte(0);
  }
  void add(std::uint64_t number) { add(std::to_string(number)); }
  [[nodiscard]] std::string text() const {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (int shift = 60; shift >= 0; shift -= 4) out += digits[(hash_ >> shift) & 15];
    return out;
  }

 private:
  void add_byte(unsigned char byte) { hash_ = (hash_ ^ byte) * 0x100000001b3U; }
  std::uint64_t hash_ = 0xcbf29ce484222325U;
};

}  // namespace

Directory list_directory(const fs::path& path) {
  Directory out;
  out.path = path;
  std::error_code error;
  if (!fs::exists(path, error) && !error)
    throw Error(Exit::source, "directory '" + path.string() + "' does not exist",
                "Check the path behind dump: or jsonl:.");
  fs::directory_iterator it(path, error);
  if (error)
    throw Error(Exit::source, "cannot read directory '" + path.string() + "': " + error.message());
  for (const auto& entry : it) {
    if (entry.is_directory(error)) out.subdirectories.push_back(entry.path().filename().string());
    if (!entry.is_regular_file(error)) continue;
    DirectoryEntry file;
    file.name = entry.path().filename().string();
    file.size = entry.file_size(error);
    if (!error) file.modified = entry.last_write_time(error);
    if (error)
      throw Error(Exit::source, "cannot read '" + entry.path().string() + "': " + error.message());
    out.files.push_back(std::move(file));
  }
  std::sort(out.files.begin(), out.files.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  std::sort(out.subdirectories.begin(), out.subdirectories.end());
  return out;
}

std::string read_small_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in.good() && !in.eof())
    throw Error(Exit::source, "cannot read '" + path.string() + "'",
                "Check the permissions of the directory and its files.");
  return text;
}

const Variant& newest(const std::string& collection, const std::vector<Variant>& variants,
                      std::vector<std::string>& warnings) {
  const Variant* best = &variants.front();
  for (const auto& v : variants)
    if (modified(v) > modified(*best)) best = &v;
  for (const auto& v : variants) {
    if (&v == best) continue;
    if (modified(v) == modified(*best))
      throw Error(Exit::source,
                  "collection '" + collection + "' has two sets of data files of the same age: " +
                      names(*best) + ", " + names(v),
                  "Remove the outdated one; usually an earlier dump into the same directory left "
                  "it.");
    warnings.push_back("collection '" + collection + "': " + names(v) + " left out, because " +
                       names(*best) + " is newer");
  }
  return *best;
}

std::string fingerprint(const FileCatalog& catalog) {
  Fnv1a hash;
  for (const auto& collection : catalog.collections) {
    hash.add(collection.info.name);
    for (const auto& file : collection.files) {
      hash.add(file.path.filename().string());
      hash.add(file.size);
    }
  }
  return hash.text();
}

}  // namespace arango2pg::arango
