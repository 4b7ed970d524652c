/// \file
/// `--source` taken apart. Knows nothing of networks and files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arango2pg::arango {

/// A coordinator or single server.
struct Endpoint {
  bool tls = false;
  std::string host;  ///< IPv6 addresses without brackets
  std::uint16_t port = 8529;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
  /// "https://host:8529", "http://[::1]:8529".
  [[nodiscard]] std::string text() const;
};

struct SourceUrl {
  enum class Kind : std::uint8_t { server, dump, jsonl };
  Kind kind = Kind::server;
  std::vector<Endpoint> endpoints;
  std::string username, password;  ///< decoded
  std::string database;            ///< decoded; empty = the URL has none
  std::string directory;           ///< dump, jsonl
};

/// Throws Error(usage) that names what can't be read, never the user or the password.
SourceUrl parse_url(std::string_view url);

/// "http://host:8529", "ssl://[::1]:8530": as servers print themselves. Nothing if it is no
/// endpoint.
std::optional<Endpoint> parse_endpoint(std::string_view text);

/// `%XX` for everything but unreserved characters: safe as one path segment.
std::string percent_encode(std::string_view segment);

/// Nothing if a `%` is not followed by two hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text);

}  // namespace arango2pg::arango
