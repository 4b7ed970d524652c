#include "pg/text_internal.h"

#include "pg/connection.h"

#include <array>
#include <random>

#include "base/error.h"
#include "pg_embedded.h"

namespace arango2pg::pg {
namespace {

/// Length of the UTF-8 sequence at the start of `s`; 0 if it is none (overlong forms, surrogates
/// and code points beyond U+10FFFF are none).
std::size_t sequence_length(std::string_view s) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const unsigned char first = at(0);
  if (first < 0x80) return 1;
  const std::size_t n = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || s.size() < n) return 0;
  for (std::size_t i = 1; i < n; ++i)
    if ((at(i) & 0xC0U) != 0x80U) return 0;
  const unsigned char second = at(1);
  if (first == 0xE0 && second < 0xA0) return 0;
  if (first == 0xED && second > 0x9F) return 0;
  if (first == 0xF0 && second < 0x90) return 0;
  if (first == 0xF4 && second > 0x8F) return 0;
  return n;
}

void append_counts(std::string& json, std::string_view name,
                   const std::map<std::string, std::uint64_t>& counts) {
  if (counts.empty()) return;
  json += json.size() > 1 ? "," : "";
  json += json_string(name) + ":{";
  const char* comma = "";
  for (const auto& [what, n] : counts) {
    json += comma + json_string(what) + ":" + std::to_string(n);
    comma = ",";
  }
  json += "}";
}

}  // namespace

std::string valid_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t n = text[0] == '\0' ? 0 : sequence_length(text);
    out += n == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(0, n);
    text.remove_prefix(n == 0 ? 1 : n);
  }
  return out;
}

std::string json_string(std::string_view text) {
  constexpr std::array hex = {'0', '1', '2', '3', '4', '5', '6', '7',
                              '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};
  std::string out = "\"";
  for (const char c : valid_text(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += hex[byte >> 4U];
      out += hex[byte & 15U];
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string json_of(const doc::MappingNotes& notes) {
  std::string json = "{";
  append_counts(json, "defaults_used", notes.defaults_used);
  append_counts(json, "warnings", notes.warnings);
  if (!notes.unmapped.empty()) {
    json += json.size() > 1 ? "," : "";
    json += "\"unmapped\":{";
    const char* comma = "";
    for (const auto& [name, seen] : notes.unmapped) {
      json += comma + json_string(name) + ":{\"count\":" + std::to_string(seen.count) +
              ",\"bytes\":" + std::to_string(seen.bytes) + "}";
      comma = ",";
    }
    json += "}";
  }
  return json + "}";
}

std::string array_literal(const std::vector<std::string>& items) {
  std::string out = "{";
  const char* comma = "";
  for (const std::string& item : items) {
    out += comma;
    out += '"';
    for (const char c : item) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
    comma = ",";
  }
  return out + "}";
}

std::string random_token() {
  thread_local std::random_device device;
  std::string out;
  for (int i = 0; i < 4; ++i) {
    unsigned bits = device();
    for (int digit = 0; digit < 8; ++digit, bits >>= 4U) out += "0123456789abcdef"[bits & 15U];
  }
  return out;
}

std::string statement(std::string_view file) {
  const std::string_view text = sql::embedded(file);
  if (text.empty())
    throw Error(Exit::unexpected, "statement '" + std::string(file) + "' was not compiled in");
  return std::string(text);
}

std::string quoted_list(const std::vector<std::string>& names, const std::string& of) {
  std::string out;
  for (const std::string& c : names) out += (out.empty() ? "" : ", ") + of + quote(c);
  return out;
}

}  // namespace arango2pg::pg
