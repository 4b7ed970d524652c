#include "mapping/unicode.h"

#include <unicode/bytestream.h>
#include <unicode/casemap.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <cstdint>

#include "base/error.h"

namespace arango2pg::mapping {
namespace {

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_white(UChar32 c) {
  if (c < 0x80) return c == ' ' || (c >= '\t' && c <= '\r');
  return u_isUWhiteSpace(c) != 0;
}

/// The code point at `at`; moves `at` behind it.
UChar32 next(std::string_view text, std::size_t& at) {
  UChar32 c = 0;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  U8_NEXT(bytes, at, text.size(), c);
  return c;
}

/// The code point before `end`; moves `end` to its start.
UChar32 previous(std::string_view text, std::size_t& end) {
  do --end;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80);
  std::size_t at = end;
  return next(text, at);
}

/// ICU's lengths are 32 bits.
constexpr std::size_t piece_limit = std::size_t{1} << 30;

template <class Map>
void append_mapped(std::string& out, std::string_view text, Map map) {
  if (text.size() > piece_limit) throw Error(Exit::unexpected, "text of more than 1 GiB");
  icu::StringByteSink<std::string> sink(&out);
  UErrorCode status = U_ZERO_ERROR;
  // The root locale: the result must not depend on where the program runs (Turkish i).
  map("", icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())), sink, status);
  if (U_FAILURE(status)) throw Error(Exit::unexpected, "ICU can't change the case of a text");
}

}  // namespace

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::size_t character_offset(std::string_view text, std::size_t n) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) == 0x80) continue;
    if (n-- == 0) return i;
  }
  return text.size();
}

void append_lower(std::string& out, std::string_view text) {
  if (is_ascii(text)) {
    for (const char c : text) out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
    return;
  }
  append_mapped(
      out, text,
      [](const char* locale, icu::StringPiece in, icu::ByteSink& sink, UErrorCode& status) {
        icu::CaseMap::utf8ToLower(locale, 0, in, sink, nullptr, status);
      });
}

void append_upper(std::string& out, std::string_view text) {
  if (is_ascii(text)) {
    for (const char c : text) out.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c);
    return;
  }
  append_mapped(
      out, text,
      [](const char* locale, icu::StringPiece in, icu::ByteSink& sink, UErrorCode& status) {
        icu::CaseMap::utf8ToUpper(locale, 0, in, sink, nullptr, status);
      });
}

std::string_view trimmed(std::string_view text) {
  std::size_t begin = 0, end = text.size();
  for (std::size_t at = begin; at < end && is_white(next(text, at));) begin = at;
  for (std::size_t at = end; at > begin && is_white(previous(text, at));) end = at;
  return text.substr(begin, end - begin);
}

void append_collapsed(std::string& out, std::string_view text) {
  text = trimmed(text);
  bool in_gap = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    if (is_white(next(text, at))) {
      if (!in_gap) out.push_back(' ');
      in_gap = true;
    } else {
      out.append(text.substr(start, at - start));
      in_gap = false;
    }
  }
}

}  // namespace arango2pg::mapping
