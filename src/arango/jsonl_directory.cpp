#include "arango/jsonl_directory.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "arango/block_reader.h"
#include "arango/byte_stream.h"
#include "arango/raw_json.h"
#include "base/error.h"
#include "doc/json.h"

namespace arango2pg::arango {
namespace {

namespace fs = std::filesystem;

/// So many documents at the beginning of a file tell whether it holds edges.
constexpr std::size_t documents_to_look_at = 10;

std::string_view collection_of(std::string_view file) {
  for (const std::string_view suffix : {".jsonl", ".jsonl.gz"})
    if (file.ends_with(suffix)) return file.substr(0, file.size() - suffix.size());
  return {};
}

bool holds_edges(const DataFile& file) {
  BlockReader reader(ByteStream(file.path, file.size));
  doc::PaddedBuffer bytes;
  reader.read_lines(0, bytes);
  std::vector<doc::DocRef> lines;
  doc::split_lines(bytes.view(), bytes.view().starts_with("\xEF\xBB\xBF") ? 3 : 0, lines);
  lines.resize(std::min(lines.size(), documents_to_look_at));
  return !lines.empty() && std::all_of(lines.begin(), lines.end(), [&](const doc::DocRef& line) {
    const std::string_view text = bytes.view().substr(line.begin, line.size);
    return plain_string_member(text, "_from") && plain_string_member(text, "_to");
  });
}

}  // namespace

FileCatalog scan_jsonl(const fs::path& path) {
  const Directory directory = list_directory(path);
  FileCatalog out;
  out.info.kind = "jsonl";
  out.info.description = "JSON lines in '" + path.string() + "'";
  std::map<std::string, std::vector<Variant>> variants;
  for (const auto& file : directory.files) {
    const std::string name(collection_of(file.name));
    if (!name.empty()) {
      variants[name].push_back({{file}});
    } else if (file.name.ends_with(".json") || file.name.ends_with(".json.gz")) {
      out.info.warnings.push_back("file '" + file.name +
                                  "' left out: its name does not end with .jsonl or .jsonl.gz");
    }
  }
  if (variants.empty())
    throw Error(Exit::source, "'" + path.string() + "' holds no .jsonl or .jsonl.gz file",
                "Export with: arangoexport --type jsonl --collection NAME --output-directory DIR.");
  for (const auto& [name, candidates] : variants) {
    const DirectoryEntry& file = newest(name, candidates, out.info.warnings).files.front();
    DataFile data;
    data.path = path / file.name;
    data.size = file.size;
    data.bytes = estimated_size(data.path, file.size);
    FileCollection collection;
    collection.info.name = name;
    collection.info.system = name.starts_with('_');
    collection.info.bytes = data.bytes;
    collection.info.edge = holds_edges(data);
    collection.files.push_back(std::move(data));
    out.collections.push_back(std::move(collection));
  }
  out.details.unknown.emplace_back(
      "JSON lines carry no indexes, validation rules, computed values, graphs and views; an "
      "arangodump directory or the server itself does");
  out.info.identity = "jsonl:" + fingerprint(out);
  return out;
}

}  // namespace arango2pg::arango
