#include "arango/open.h"

#include <filesystem>

#include "arango/dump_directory.h"
#include "arango/file_source.h"
#include "arango/jsonl_directory.h"
#include "arango/server_source.h"
#include "arango/url.h"

namespace arango2pg::arango {

std::unique_ptr<doc::Source> open_source(const SourceOptions& options) {
  const SourceUrl url = parse_url(options.url);
  const std::filesystem::path directory = url.directory;
  switch (url.kind) {
    case SourceUrl::Kind::dump:
      return std::make_unique<FileSource>([directory] { return scan_dump(directory); });
    case SourceUrl::Kind::jsonl:
      return std::make_unique<FileSource>([directory] { return scan_jsonl(directory); });
    case SourceUrl::Kind::server:
      break;
  }
  return std::make_unique<ServerSource>(options);
}

}  // namespace arango2pg::arango
