#include <algorithm>
#include <array>
#include <cstdint>

#include "fake_arango/json.h"
#include "fake_arango/json_internal.h"

namespace fake_arango {
namespace {

constexpr int max_depth = 200;

// Printable ASCII that may stand in a string as it is.
constexpr std::array<bool, 256> plain_table = [] {
  std::array<bool, 256> t{};
  for (std::size_t c = 0x20; c < 0x80; ++c) t[c] = c != '"' && c != '\\';
  return t;
}();

bool is_plain(char c) { return plain_table[static_cast<unsigned char>(c)]; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char32_t hex4(std::string_view s) {
  char32_t v = 0;
  for (std::size_t i = 0; i < 4; ++i) v = v * 16 + static_cast<char32_t>(hex_digit(s[i]));
  return v;
}

}  // namespace

void JsonScanner::fail(const char* what) const { throw JsonError(what, at_); }

void JsonScanner::skip_space() {
  while (at_ < text_.size() &&
         (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t'))
    ++at_;
}

char JsonScanner::peek() {
  skip_space();
  return at_ < text_.size() ? text_[at_] : '\0';
}

bool JsonScanner::take(char c) {
  if (peek() != c || at_ >= text_.size()) return false;
  ++at_;
  return true;
}

void JsonScanner::expect(char c) {
  if (!take(c)) fail(at_ < text_.size() ? "unexpected character" : "unexpected end of text");
}

void JsonScanner::enter() {
  if (++depth_ > max_depth) fail("too deep nesting in array or object");
}

void JsonScanner::expect_end() {
  skip_space();
  if (at_ != text_.size()) fail("text behind the value");
}

void JsonScanner::word(std::string_view expected) {
  if (text_.substr(at_, expected.size()) != expected) fail("unexpected word");
  at_ += expected.size();
}

void JsonScanner::utf8_sequence() {
  const auto byte = [&](std::size_t i) -> unsigned {
    return at_ + i < text_.size() ? static_cast<unsigned char>(text_[at_ + i]) : 0U;
  };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned b = byte(0);
  std::size_t n = 0;
  if (b >= 0xC2 && b < 0xE0 && tail(1)) n = 2;
  // Three bytes that give a surrogate (WTF-8) are let through: old servers hold such strings.
  if (b >= 0xE0 && b < 0xF0 && tail(1) && tail(2) && (b != 0xE0 || byte(1) >= 0xA0)) n = 3;
  if (b >= 0xF0 && b < 0xF5 && tail(1) && tail(2) && tail(3) && (b != 0xF0 || byte(1) >= 0x90) &&
      (b != 0xF4 || byte(1) < 0x90))
    n = 4;
  if (n == 0) fail("invalid UTF-8");
  at_ += n;
}

void JsonScanner::escape() {
  const char c = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
  switch (c) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
      at_ += 2;
      return;
    case 'u':
      for (std::size_t i = 2; i < 6; ++i)
        if (at_ + i >= text_.size() || hex_digit(text_[at_ + i]) < 0) fail("bad \\u escape");
      at_ += 6;
      return;
    default:
      fail("unknown escape");
  }
}

std::string_view JsonScanner::string_token(bool& plain) {
  expect('"');
  const std::size_t begin = at_;
  plain = true;
  for (;;) {
    while (at_ < text_.size() && is_plain(text_[at_])) ++at_;
    if (at_ >= text_.size()) fail("unfinished string");
    const char c = text_[at_];
    if (c == '"') break;
    plain = false;
    if (c == '\\')
      escape();
    else if (static_cast<unsigned char>(c) < 0x20)
      fail("control character in string");
    else
      utf8_sequence();
  }
  return text_.substr(begin, at_++ - begin);
}

std::string_view JsonScanner::number_token() {
  const std::size_t begin = at_;
  const auto digits = [&] {
    const std::size_t from = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    if (at_ == from) fail("digit expected");
    return text_[from];
  };
  if (text_[at_] == '-') ++at_;
  const std::size_t first = at_;
  if (digits() == '0' && at_ - first > 1) fail("leading zero");
  if (at_ < text_.size() && text_[at_] == '.') {
    ++at_;
    digits();
  }
  if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
    ++at_;
    if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
    digits();
  }
  return text_.substr(begin, at_ - begin);
}

void append_utf8(std::string& out, char32_t c) {
  const auto put = [&](char32_t b) {
    out.push_back(static_cast<char>(static_cast<unsigned char>(b)));
  };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | (c >> 6));
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3F));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

std::string unescape_json(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const std::size_t backslash = std::min(raw.find('\\', i), raw.size());
    out.append(raw, i, backslash - i);
    if (backslash == raw.size()) break;
    i = backslash;
    switch (raw[++i]) {
      case 'b':
        out.push_back('\b');
        break;
      case 'f':
        out.push_back('\f');
        break;
      case 'n':
        out.push_back('\n');
        break;
      case 'r':
        out.push_back('\r');
        break;
      case 't':
        out.push_back('\t');
        break;
      case 'u': {
        char32_t c = hex4(raw.substr(i + 1));
        i += 4;
        if (c >= 0xD800 && c < 0xDC00 && raw.substr(i + 1, 2) == "\\u") {
          const char32_t low = hex4(raw.substr(i + 3));
          if (low >= 0xDC00 && low < 0xE000) {
            c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
            i += 6;
          }
        }
        append_utf8(out, c);
        break;
      }
      default:
        out.push_back(raw[i]);
    }
  }
  return out;
}

}  // namespace fake_arango
