/// \file
/// From `--source` to a doc::Source.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "doc/ports.h"

namespace arango2pg::arango {

/// Everything about the source that a user can set.
struct SourceOptions {
  std::string
      url;  ///< http(s)://[user:password@]host:port[/database][,host:port…] | dump:DIR | jsonl:DIR
  std::string username, password;  ///< from the environment or files; the URL wins
  std::string jwt;
  std::string database;                 ///< wins over the URL's path
  std::string ca_file;                  ///< --source-ca
  bool insecure = false;                ///< --source-insecure: no certificate check
  unsigned max_requests = 8;            ///< --max-source-requests: HTTP requests under way at once
  std::uint64_t page_bytes = 8U << 20;  ///< aim for one response (4–16 MB)
  std::chrono::seconds request_timeout{
      300};  ///< a page that takes longer is a failure; ≥ minutes (protocol 14)
  std::chrono::seconds give_up_after{300};  ///< retries of one request stop after this
  bool include_system = false;
};

/// Opens a source; no request is made before Source::info(). Throws Error(usage) for a URL that
/// can't be meant.
std::unique_ptr<doc::Source> open_source(const SourceOptions& options);

/// The URL without user and password, for messages and the control schema.
std::string redacted(const std::string& url);

}  // namespace arango2pg::arango
