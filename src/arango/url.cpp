#include "arango/url.h"

#include <array>
#include <charconv>
#include <utility>

#include "arango/open.h"
#include "base/error.h"

namespace arango2pg::arango {
namespace {

constexpr std::string_view forms =
    "Write http://[user:password@]host:8529[/database], https://…, dump:DIR or jsonl:DIR.";

[[noreturn]] void refuse(const std::string& message, std::string hint = std::string(forms)) {
  throw Error(Exit::usage, message, std::move(hint));
}

struct Scheme {
  std::string_view word;
  bool tls;
};
/// ArangoDB's own tools and endpoint lists write tcp:// and ssl://.
constexpr std::array<Scheme, 6> schemes{{{"http://", false},
                                         {"https://", true},
                                         {"tcp://", false},
                                         {"ssl://", true},
                                         {"http+tcp://", false},
                                         {"http+ssl://", true}}};

const Scheme* scheme_of(std::string_view url) {
  for (const auto& s : schemes)
    if (url.starts_with(s.word)) return &s;
  return nullptr;
}

bool is_host_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}

bool is_address_char(char c) {
  return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || (c >= '0' && c <= '9') || c == ':' ||
         c == '.' || c == '%';
}

template <class Predicate>
bool all_of(std::string_view text, Predicate is_good) {
  for (const char c : text)
    if (!is_good(c)) return false;
  return !text.empty();
}

/// host, host:port, [v6] or [v6]:port.
std::optional<Endpoint> parse_host(std::string_view text, bool tls) {
  Endpoint e;
  e.tls = tls;
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    e.host = text.substr(1, end - 1);
    if (!all_of(e.host, is_address_char)) return std::nullopt;
    const std::string_view rest = text.substr(end + 1);
    if (!rest.empty() && !rest.starts_with(':')) return std::nullopt;
    port = rest;
  } else {
    const auto colon = text.find(':');
    e.host = text.substr(0, colon);
    if (!all_of(e.host, is_host_char)) return std::nullopt;
    if (colon != std::string_view::npos) port = text.substr(colon);
  }
  if (port.empty()) return e;
  port.remove_prefix(1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), e.port);
  if (error != std::errc() || end != port.data() + port.size() || e.port == 0) return std::nullopt;
  return e;
}

void read_user(std::string_view text, SourceUrl& url) {
  const auto colon = text.find(':');
  const auto user = percent_decode(text.substr(0, colon));
  const auto password =
      percent_decode(colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1));
  if (!user || !password)
    refuse("user or password in the source URL is not percent-encoded correctly",
           "Write a '%' as %25, or give them as ARANGO_USERNAME and ARANGO_PASSWORD.");
  url.username = *user;
  url.password = *password;
}

void read_hosts(std::string_view text, bool tls, SourceUrl& url) {
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto comma = std::min(text.find(',', begin), text.size());
    const std::string_view one = text.substr(begin, comma - begin);
    const auto endpoint = parse_host(one, tls);
    if (!endpoint)
      refuse("'" + std::string(one) + "' in the source URL is no host:port",
             "Special characters in a password must be percent-encoded ('/' is %2F); "
             "IPv6 addresses stand in brackets.");
    url.endpoints.push_back(*endpoint);
    begin = comma + 1;
  }
}

void read_path(std::string_view path, SourceUrl& url) {
  if (path.starts_with("_db/")) path.remove_prefix(4);  // copied from a browser or driver
  if (path.ends_with('/')) path.remove_suffix(1);
  if (path.find_first_of("/?#") != std::string_view::npos)
    refuse("the source URL has more than a database behind the host",
           "End it behind the database: http://host:8529/database. Reserved characters in the name "
           "must be percent-encoded.");
  const auto database = percent_decode(path);
  if (!database)
    refuse("the database in the source URL is not percent-encoded correctly",
           "Write a '%' in a database name as %25.");
  url.database = *database;
}

SourceUrl parse_server_url(std::string_view text, const Scheme& scheme) {
  SourceUrl url;
  text.remove_prefix(scheme.word.size());
  const auto slash = std::min(text.find('/'), text.size());
  std::string_view authority = text.substr(0, slash);
  // The last '@': user names may be mail addresses.
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    read_user(authority.substr(0, at), url);
    authority.remove_prefix(at + 1);
  } else if (text.find('@') != std::string_view::npos) {
    refuse("the source URL has an '@' behind the first '/'",
           "Percent-encode special characters in user and password ('/' is %2F, '@' is %40).");
  }
  if (authority.empty()) refuse("the source URL has no host");
  read_hosts(authority, scheme.tls, url);
  if (slash < text.size()) read_path(text.substr(slash + 1), url);
  return url;
}

SourceUrl parse_directory_url(std::string_view text, SourceUrl::Kind kind) {
  SourceUrl url;
  url.kind = kind;
  const auto colon = text.find(':');
  url.directory = text.substr(colon + 1);
  if (url.directory.starts_with("//")) url.directory.erase(0, 2);  // dump:///backup means /backup
  if (url.directory.empty())
    refuse("'" + std::string(text) + "' names no directory",
           "Write the directory behind the colon: " + std::string(text.substr(0, colon)) +
               ":/path/to/it.");
  return url;
}

/// What a message may show of a URL that can't be read: everything behind the last '@'.
std::string harmless(std::string_view url) {
  const auto at = url.rfind('@');
  if (at == std::string_view::npos) return std::string(url);
  const auto scheme = url.find("://");
  std::string shown = scheme < at ? std::string(url.substr(0, scheme + 3)) : std::string();
  return shown += url.substr(at + 1);
}

}  // namespace

std::string Endpoint::text() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (tls ? "https://" : "http://") + (v6 ? "[" + host + "]" : host) + ":" +
         std::to_string(port);
}

SourceUrl parse_url(std::string_view url) {
  if (url.empty()) refuse("no source is given");
  if (url.starts_with("dump:")) return parse_directory_url(url, SourceUrl::Kind::dump);
  if (url.starts_with("jsonl:")) return parse_directory_url(url, SourceUrl::Kind::jsonl);
  if (const Scheme* scheme = scheme_of(url)) return parse_server_url(url, *scheme);
  refuse("'" + harmless(url) + "' is no source");
}

std::optional<Endpoint> parse_endpoint(std::string_view text) {
  const Scheme* scheme = scheme_of(text);
  if (scheme == nullptr) return std::nullopt;
  text.remove_prefix(scheme->word.size());
  if (text.ends_with('/')) text.remove_suffix(1);
  return parse_host(text, scheme->tls);
}

std::string percent_encode(std::string_view segment) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : segment) {
    if (is_host_char(c) || c == '~') {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned char byte = 0;
    if (i + 2 >= text.size()) return std::nullopt;
    const char* begin = text.data() + i + 1;
    const auto [end, error] = std::from_chars(begin, begin + 2, byte, 16);
    if (error != std::errc() || end != begin + 2) return std::nullopt;
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

std::string redacted(const std::string& url) {
  try {
    const SourceUrl parsed = parse_url(url);
    if (parsed.kind != SourceUrl::Kind::server) return url;
    std::string out;
    for (const auto& e : parsed.endpoints) {
      const std::string text = e.text();
      out += out.empty() ? text : "," + text.substr(text.find("//") + 2);
    }
    if (!parsed.database.empty()) out += "/" + percent_encode(parsed.database);
    return out;
  } catch (const Error&) {
    return harmless(url);
  }
}

}  // namespace arango2pg::arango
