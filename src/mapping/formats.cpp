#include "mapping/formats.h"

#include <algorithm>
#include <string>

#include "base/ids.h"
#include "base/text.h"
#include "mapping/time.h"

namespace arango2pg::mapping {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
/// Letters of internationalised names are any bytes beyond ASCII.
bool is_name_char(char c) {
  return is_letter(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80;
}

/// Calls `test` for each part between separators; false if one fails or is empty.
template <class F>
bool each_part(std::string_view text, char separator, F&& test) {
  while (true) {
    const std::size_t end = text.find(separator);
    if (text.empty() || end == 0 || !test(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
    if (text.empty()) return false;
  }
}

bool is_hostname(std::string_view text) {
  return text.size() <= 253 && each_part(text, '.', [](std::string_view label) {
           return label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
                  std::all_of(label.begin(), label.end(),
                              [](char c) { return is_name_char(c) || c == '-'; });
         });
}

bool is_ipv4(std::string_view text) {
  int parts = 0;
  return each_part(text, '.',
                   [&](std::string_view part) {
                     if (++parts > 4 || part.size() > 3 || (part.size() > 1 && part[0] == '0'))
                       return false;
                     int v = 0;
                     for (const char c : part) {
                       if (!is_digit(c)) return false;
                       v = v * 10 + (c - '0');
                     }
                     return v <= 255;
                   }) &&
         parts == 4;
}

/// Groups of one side of "::"; -1 if one is broken. An IPv4 tail counts as two.
int ipv6_groups(std::string_view text, bool last) {
  if (text.empty()) return 0;
  int groups = 0;
  const bool good = each_part(text, ':', [&](std::string_view group) {
    if (last && group.find('.') != std::string_view::npos &&
        group.data() + group.size() == text.data() + text.size()) {
      groups += 2;
      return is_ipv4(group);
    }
    ++groups;
    return group.size() <= 4 && std::all_of(group.begin(), group.end(), is_hex);
  });
  return good ? groups : -1;
}

bool is_ipv6(std::string_view text) {
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) return ipv6_groups(text, true) == 8;
  const int left = ipv6_groups(text.substr(0, gap), false);
  const int right = ipv6_groups(text.substr(gap + 2), true);
  return left >= 0 && right >= 0 && left + right <= 7;
}

/// local@domain, the domain with a dot; quoted local parts and address literals are not taken.
bool is_email(std::string_view text) {
  constexpr std::string_view special = "!#$%&'*+-/=?^_`{|}~";
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || at > 64) return false;
  const std::string_view domain = text.substr(at + 1);
  return each_part(text.substr(0, at), '.',
                   [&](std::string_view part) {
                     return std::all_of(part.begin(), part.end(), [&](char c) {
                       return is_name_char(c) || special.find(c) != std::string_view::npos;
                     });
                   }) &&
         domain.find('.') != std::string_view::npos && is_hostname(domain);
}

/// scheme:rest without white space, control characters and the delimiters RFC 3986 forbids.
bool is_uri(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || !is_letter(text[0])) return false;
  if (!std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon), [](char c) {
        return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
      }))
    return false;
  constexpr std::string_view forbidden = " <>\"{}|\\^`";
  for (std::size_t i = colon + 1; i < text.size(); ++i) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F ||
        forbidden.find(c) != std::string_view::npos)
      return false;
    if (c == '%' && (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])))
      return false;
  }
  return true;
}

/// http, https, ftp or ws(s) with a host.
bool is_url(std::string_view text) {
  if (!is_uri(text)) return false;
  std::string scheme(text.substr(0, text.find(':')));
  for (char& c : scheme) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  if (scheme != "http" && scheme != "https" && scheme != "ftp" && scheme != "ws" && scheme != "wss")
    return false;
  std::string_view rest = text.substr(scheme.size() + 1);
  if (rest.substr(0, 2) != "//") return false;
  std::string_view host = rest.substr(2, rest.find_first_of("/?#", 2) - 2);
  if (const std::size_t at = host.rfind('@'); at != std::string_view::npos)
    host.remove_prefix(at + 1);
  if (!host.empty() && host[0] == '[') {
    const std::size_t end = host.find(']');
    return end != std::string_view::npos && is_ipv6(host.substr(1, end - 1));
  }
  if (const std::size_t colon = host.find(':'); colon != std::string_view::npos) {
    const std::string_view port = host.substr(colon + 1);
    if (port.size() > 5 || !std::all_of(port.begin(), port.end(), is_digit)) return false;
    host = host.substr(0, colon);
  }
  return is_hostname(host);
}

bool is_time(std::string_view text, const char* format) {
  std::string why;
  Instant at;
  return TimeFormat::parse(format, why)->read(text, false, Cut::microseconds, at) ==
         TimeFault::none;
}

}  // namespace

const std::vector<std::string_view>& format_names() {
  static const std::vector<std::string_view> names = {
      "email", "url", "uri", "uuid", "date", "date-time", "ipv4", "ipv6", "hostname"};
  return names;
}

bool has_format(std::string_view text, std::string_view format) {
  if (format == "email") return is_email(text);
  if (format == "url") return is_url(text);
  if (format == "uri") return is_uri(text);
  if (format == "uuid") return Uuid::parse(text).has_value();
  if (format == "date") return is_time(text, "date");
  if (format == "date-time") return is_time(text, "rfc3339");
  if (format == "ipv4") return is_ipv4(text);
  if (format == "ipv6") return is_ipv6(text);
  return is_hostname(text);
}

}  // namespace arango2pg::mapping
