#include "doc/text_form.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace arango2pg::doc {
namespace {

/// Longer texts are prose, or a URL.
constexpr std::size_t longest = 100;

/// The characters that tell more about a text: a sign of an address or id, or the end of a word.
constexpr auto telling = [] {
  std::array<bool, 256> out{};
  for (const char c : {'@', '/', ' '}) out[static_cast<unsigned char>(c)] = true;
  return out;
}();

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/// '0' in `shape` stands for a digit, everything else for itself.
bool has_shape(std::string_view text, std::string_view shape) {
  if (text.size() < shape.size()) return false;
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (shape[i] == '0' ? !is_digit(text[i]) : text[i] != shape[i]) return false;
  return true;
}

bool is_zone(std::string_view text) {
  if (text == "Z" || text == "z") return true;
  if (text.size() < 3 || (text[0] != '+' && text[0] != '-')) return false;
  text.remove_prefix(1);
  return (text.size() == 5 && has_shape(text, "00:00")) ||
         (text.size() == 4 && has_shape(text, "0000")) ||
         (text.size() == 2 && has_shape(text, "00"));
}

TextForm time_form(std::string_view text) {
  if (text.size() == 10) return TextForm::date;
  if (text[10] != 'T' && text[10] != ' ' && text[10] != 't') return TextForm::other;
  std::string_view rest = text.substr(11);
  if (!has_shape(rest, "00:00")) return TextForm::other;
  rest.remove_prefix(5);
  if (has_shape(rest, ":00")) rest.remove_prefix(3);
  if (rest.size() > 1 && rest[0] == '.' && is_digit(rest[1])) {
    rest.remove_prefix(1);
    while (!rest.empty() && is_digit(rest[0])) rest.remove_prefix(1);
  }
  if (rest.empty()) return TextForm::timestamp;
  return is_zone(rest) ? TextForm::timestamp_zone : TextForm::other;
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < 36; ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

TextForm number_form(std::string_view text) {
  if (text[0] == '-') text.remove_prefix(1);
  std::size_t point = std::string_view::npos;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_digit(text[i])) continue;
    if (text[i] != '.' || point != std::string_view::npos || i == 0 || i + 1 == text.size())
      return TextForm::other;
    point = i;
  }
  if (text.empty() || text.size() > 40) return TextForm::other;
  return point == std::string_view::npos ? TextForm::integer : TextForm::number;
}

bool is_document_id(std::string_view text, std::size_t slash) {
  if (slash == 0 || slash + 1 == text.size() || text.size() > longest) return false;
  if (!is_letter(text[0]) && text[0] != '_') return false;
  const auto of_name = [](char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-'; };
  const auto of_key = [&](char c) {
    return of_name(c) || std::string_view(":.@()+,=;$!*'%").find(c) != std::string_view::npos;
  };
  const std::string_view collection = text.substr(0, slash), key = text.substr(slash + 1);
  return std::all_of(collection.begin(), collection.end(), of_name) &&
         std::all_of(key.begin(), key.end(), of_key);
}

bool is_email(std::string_view text, std::size_t at) {
  const std::string_view domain = text.substr(at + 1);
  return at > 0 && domain.find('.') != std::string_view::npos && domain.back() != '.' &&
         domain.find('@') == std::string_view::npos &&
         text.find_first_of(" \t\n,;<>") == std::string_view::npos;
}

}  // namespace

TextForm text_form(std::string_view text) {
  if (text.empty()) return TextForm::empty;
  const char first = text[0];
  if (first == 'h' && (text.starts_with("http://") || text.starts_with("https://")))
    return TextForm::url;
  if (text.size() > longest) return TextForm::other;
  if (is_digit(first) || first == '-') {
    if (text.size() >= 10 && text[4] == '-' && has_shape(text, "0000-00-00"))
      return time_form(text);
    if (const TextForm form = number_form(text); form != TextForm::other) return form;
  }
  if (is_hex(first) && is_uuid(text)) return TextForm::uuid;
  if (text == "true" || text == "false") return TextForm::boolean;
  std::size_t sign = 0;  // prose ends this soon, at its first space
  while (sign < text.size() && !telling[static_cast<unsigned char>(text[sign])]) ++sign;
  if (sign == text.size() || text[sign] == ' ') return TextForm::other;
  if (text[sign] == '/')
    return is_document_id(text, sign) ? TextForm::document_id : TextForm::other;
  return is_email(text, sign) ? TextForm::email : TextForm::other;
}

std::string_view text_form_name(TextForm form) {
  static constexpr std::array<std::string_view, text_forms> names = {
      "other", "empty",   "date",   "timestamp", "timestamp with zone",
      "uuid",  "integer", "number", "boolean",   "document id",
      "email", "url"};
  return names[static_cast<std::size_t>(form)];
}

}  // namespace arango2pg::doc
