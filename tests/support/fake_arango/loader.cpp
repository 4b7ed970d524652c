#include "fake_arango/loader.h"

#include <zlib.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <regex>
#include <stdexcept>
#include <vector>

#include "fake_arango/api_error.h"
#include "fake_arango/store.h"

namespace fake_arango {
namespace {

namespace fs = std::filesystem;

// Lines of a file, gzip or not (zlib reads both).
class Lines {
 public:
  explicit Lines(const fs::path& path) : file_(gzopen(path.c_str(), "rb")) {
    if (file_ == nullptr) throw std::invalid_argument("cannot read '" + path.string() + "'");
    gzbuffer(file_.get(), 1U << 18);
  }
  /// The next line that is not blank; valid until the next call.
  bool next(std::string_view& line) {
    for (;;) {
      const std::size_t end = buffer_.find('\n', begin_);
      if (end == std::string::npos && fill()) continue;
      const std::size_t stop = std::min(end, buffer_.size());
      line = std::string_view(buffer_).substr(begin_, stop - begin_);
      if (begin_ >= buffer_.size()) return false;
      begin_ = std::min(stop + 1, buffer_.size());
      if (line.find_first_not_of(" \t\r") != std::string_view::npos) return true;
    }
  }

 private:
  bool fill() {
    buffer_.erase(0, begin_);
    begin_ = 0;
    char chunk[1U << 16];
    const int n = gzread(file_.get(), chunk, sizeof chunk);
    if (n < 0) throw std::invalid_argument("a file is damaged");
    buffer_.append(chunk, static_cast<std::size_t>(n));
    return n > 0;
  }
  struct Close {
    void operator()(gzFile_s* f) const { gzclose(f); }
  };
  std::unique_ptr<gzFile_s, Close> file_;
  std::string buffer_;
  std::size_t begin_ = 0;
};

std::string whole_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void ensure_collection(Store& store, const std::string& database, const std::string& name,
                       const CollectionSpec& spec) {
  if (!store.find(database, name)) store.create_collection(database, name, spec);
}

// {"type":2300,"data":{…}} → the document; empty for a removal.
std::string_view unwrapped(std::string_view line) {
  if (line.find("\"type\"") == std::string_view::npos ||
      line.find("\"data\"") == std::string_view::npos)
    return line;
  const Value v = parse_json(line);
  const auto type = v.find("type");
  const auto data = v.find("data");
  if (!type || !type->is_number() || !data || !data->is_object()) return line;
  if (type->as_integer() != 2300 && type->as_integer() != 2301) return {};
  const std::size_t at = line.find('{', line.find("\"data\""));
  // Behind the data there may be "type" (either order) and the closing brace.
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = at; i < line.size(); ++i) {
    if (in_string) {
      if (line[i] == '\\')
        ++i;
      else if (line[i] == '"')
        in_string = false;
    } else if (line[i] == '"') {
      in_string = true;
    } else if (line[i] == '{') {
      ++depth;
    } else if (line[i] == '}' && --depth == 0) {
      return line.substr(at, i + 1 - at);
    }
  }
  return {};
}

void load_files(Store& store, const std::string& database, const std::string& collection,
                const std::vector<fs::path>& files) {
  std::size_t at = 0;
  std::unique_ptr<Lines> lines;
  store.insert_all(database, collection, [&](std::string_view& json) {
    for (;;) {
      if (!lines) {
        if (at == files.size()) return false;
        lines = std::make_unique<Lines>(files[at++]);
      }
      std::string_view line;
      if (!lines->next(line)) {
        lines.reset();
        continue;
      }
      json = unwrapped(line);
      if (!json.empty()) return true;
    }
  });
}

void load_structure(Store& store, const std::string& database, const Value& structure,
                    const std::string& name) {
  const Value parameters = structure.find("parameters").value_or(Object{});
  CollectionSpec spec;
  if (parameters.find("type").value_or(2).as_integer() == 3) spec.type = CollectionType::edge;
  Object properties;
  for (const char* kept : {"keyOptions", "schema", "computedValues", "waitForSync", "cacheEnabled"})
    if (const auto v = parameters.find(kept)) properties.emplace_back(kept, *v);
  spec.properties = to_json(properties);
  ensure_collection(store, database, name, spec);
  const Value indexes = structure.find("indexes").value_or(Array{});
  for (const Value& index : indexes.items()) {
    const Value type = index.find("type").value_or(Value());
    if (type.is_string() && type.string() != "primary" && type.string() != "edge")
      store.add_index(database, name, index);
  }
}

std::vector<fs::path> files_in(const fs::path& directory) {
  std::vector<fs::path> all;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) all.push_back(entry.path());
  if (error) throw std::invalid_argument("cannot read directory '" + directory.string() + "'");
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace

void load_dump(Store& store, const std::string& database, const fs::path& directory) {
  static const std::regex structure_name(R"((.+?)(_[0-9a-f]{32})?\.structure\.json)");
  static const std::regex data_name(R"((.+?)(_[0-9a-f]{32})?(\.[0-9]+)?\.data\.json(\.gz)?)");
  store.create_database(database);
  std::map<std::string, std::string> names;  // as in file names → as in the server
  std::map<std::string, std::vector<fs::path>> data;
  for (const fs::path& path : files_in(directory)) {
    const std::string file = path.filename().string();
    std::smatch m;
    if (std::regex_match(file, m, structure_name)) {
      const Value structure = parse_json(whole_file(path));
      const auto parameters = structure.find("parameters");
      const Value name =
          parameters ? parameters->find("name").value_or(m[1].str()) : Value(m[1].str());
      names[m[1].str()] = name.string();
      load_structure(store, database, structure, name.string());
    } else if (std::regex_match(file, m, data_name)) {
      data[m[1].str()].push_back(path);
    } else if (file.ends_with(".view.json")) {
      store.add_view(database, parse_json(whole_file(path)));
    }
  }
  for (const auto& [file_name, files] : data) {
    const auto name = names.find(file_name);
    if (name == names.end())
      throw std::invalid_argument("data without structure: '" + file_name + "'");
    load_files(store, database, name->second, files);
  }
}

void load_jsonl(Store& store, const std::string& database, const fs::path& directory) {
  static const std::regex data_name(R"((.+)\.jsonl(\.gz)?)");
  store.create_database(database);
  for (const fs::path& path : files_in(directory)) {
    const std::string file = path.filename().string();
    std::smatch m;
    if (!std::regex_match(file, m, data_name)) continue;
    CollectionSpec spec;
    Lines lines(path);
    if (std::string_view first; lines.next(first)) {
      const Value v = parse_json(first);
      if (v.find("_from") && v.find("_to")) spec.type = CollectionType::edge;
    }
    ensure_collection(store, database, m[1].str(), spec);
    load_files(store, database, m[1].str(), {path});
  }
}

}  // namespace fake_arango
