#include "run/infer_names.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "doc/sketch.h"
#include "run/validate_paths.h"
#include "run/validate_things.h"

namespace arango2pg::run {
namespace {

/// PostgreSQL cuts what is longer.
constexpr std::size_t longest_name = 63;

/// Every table has these already.
constexpr auto system_columns =
    std::to_array<std::string_view>({"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"});

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

/// At most `size` bytes, no character cut in two.
std::string_view cut(std::string_view text, std::size_t size) {
  if (text.size() <= size) return text;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
  return text.substr(0, size);
}

/// "officeCity" → "office_city", "HTTPServer 2" → "http_server_2".
std::string plain(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const char next = i + 1 < name.size() ? name[i + 1] : 0;
    if (is_upper(c)) {
      const bool word = i > 0 && (is_lower(name[i - 1]) || is_digit(name[i - 1]) ||
                                  (is_upper(name[i - 1]) && is_lower(next)));
      if (word && !out.empty() && out.back() != '_') out += '_';
      out += static_cast<char>(c - 'A' + 'a');
    } else {
      const bool kept =
          is_lower(c) || is_digit(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
      out += kept ? c : '_';
    }
  }
  if (out.empty() || is_digit(out[0])) out.insert(0, "_");
  if (why_quoted(out) == "is a reserved word") out += '_';
  return out;
}

}  // namespace

std::string NameBook::take(std::string_view wanted) {
  std::string name = shown_text(wanted);
  std::replace_if(name.begin(), name.end(), is_control, '_');
  if (style_ == NameStyle::plain) name = plain(name);
  if (name.empty()) name = "_";
  if (std::find(system_columns.begin(), system_columns.end(), name) != system_columns.end())
    name += '_';
  if (name.size() > longest_name) {
    // What is cut off must not make two names one.
    const std::uint64_t hash = doc::hash_bytes(wanted) & 0xffffffffU;
    name = fmt::format("{}_{:08x}", cut(name, longest_name - 9), hash);
  }
  std::string free = name;
  for (int n = 2; taken_.contains(free); ++n) {
    const std::string end = fmt::format("_{}", n);
    free = std::string(cut(name, longest_name - end.size())) + end;
  }
  taken_.insert(free);
  return free;
}

bool is_nameable(std::string_view attribute) {
  return !attribute.empty() && shown_text(attribute) == attribute &&
         std::none_of(attribute.begin(), attribute.end(), is_control);
}

std::string file_word(std::string_view text) {
  std::string out;
  for (const char c : cut(text, 100)) {
    const bool kept = is_upper(c) || is_lower(c) || is_digit(c) || c == '-' || c == '_' || c == '.';
    out += kept ? c : '_';
  }
  if (out.empty() || out[0] == '.') out.insert(0, "_");
  return out;
}

std::string one_line(std::string_view text) {
  std::string out = shown_text(text);
  std::replace_if(out.begin(), out.end(), is_control, ' ');
  // Line ends of Unicode: some readers of YAML end a comment there.
  for (const std::string_view end : {"\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9"})
    for (std::size_t at = 0; (at = out.find(end, at)) != std::string::npos;)
      out.replace(at, end.size(), " ");
  return out;
}

}  // namespace arango2pg::run
