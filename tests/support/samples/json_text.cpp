#include "samples/json_text.h"

namespace arango2pg::samples {
namespace {

constexpr std::string_view hex = "0123456789ABCDEF";

void append_unit(std::string& out, std::uint32_t unit) {
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += hex[unit >> shift & 15U];
}

/// Decodes one UTF-8 character of more than one byte; moves `at` behind it.
std::uint32_t decode(std::string_view text, std::size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at++]);
  const std::size_t more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
  std::uint32_t code = lead & (0x3fU >> more);
  for (std::size_t i = 0; i < more; ++i)
    code = code << 6 | (static_cast<unsigned char>(text[at++]) & 0x3fU);
  return code;
}

}  // namespace

void JsonText::comma() {
  if (!first_) out_ += ',';
  first_ = false;
}

JsonText& JsonText::begin_object() {
  comma();
  out_ += '{';
  first_ = true;
  return *this;
}

JsonText& JsonText::end_object() {
  out_ += '}';
  first_ = false;
  return *this;
}

JsonText& JsonText::begin_array() {
  comma();
  out_ += '[';
  first_ = true;
  return *this;
}

JsonText& JsonText::end_array() {
  out_ += ']';
  first_ = false;
  return *this;
}

JsonText& JsonText::name(std::string_view name) {
  comma();
  quoted(name);
  out_ += ':';
  first_ = true;
  return *this;
}

JsonText& JsonText::string(std::string_view text) {
  comma();
  quoted(text);
  return *this;
}

JsonText& JsonText::number(std::int64_t value) { return raw(std::to_string(value)); }

JsonText& JsonText::raw(std::string_view json) {
  comma();
  out_ += json;
  return *this;
}

JsonText& JsonText::strings(std::initializer_list<std::string_view> texts) {
  begin_array();
  for (const auto text : texts) string(text);
  return end_array();
}

void JsonText::quoted(std::string_view text) {
  // The escapes the server uses (protocol 11.2); '/' and 0x7f stay raw.
  constexpr std::string_view special = "\"\\\b\f\n\r\t";
  constexpr std::string_view letters = "\"\\bfnrt";
  out_ += '"';
  for (std::size_t at = 0; at < text.size();) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (const auto found = special.find(text[at]); found != std::string_view::npos) {
      out_ += '\\';
      out_ += letters[found];
      ++at;
    } else if (c < 0x20) {
      append_unit(out_, c);
      ++at;
    } else if (c < 0x80 || !ascii_) {
      out_ += text[at++];
    } else {
      const std::uint32_t code = decode(text, at);
      if (code >= 0x10000) {
        append_unit(out_, 0xd800 + ((code - 0x10000) >> 10));
        append_unit(out_, 0xdc00 + ((code - 0x10000) & 0x3ffU));
      } else {
        append_unit(out_, code);
      }
    }
  }
  out_ += '"';
}

}  // namespace arango2pg::samples
