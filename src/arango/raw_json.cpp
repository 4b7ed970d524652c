#include "arango/raw_json.h"

namespace arango2pg::arango {
namespace {

/// Offset behind the closing quote of the string whose opening quote is at `at`.
std::size_t skip_string(std::string_view text, std::size_t at) {
  for (std::size_t from = at + 1;;) {
    const std::size_t quote = text.find('"', from);
    if (quote == std::string_view::npos) return std::string_view::npos;
    std::size_t backslashes = 0;
    while (text[quote - 1 - backslashes] == '\\') ++backslashes;
    if (backslashes % 2 == 0) return quote + 1;
    from = quote + 1;
  }
}

std::size_t skip_container(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  while (at < text.size()) {
    switch (text[at]) {
      case '{':
      case '[':
        ++depth;
        break;
      case '}':
      case ']':
        if (--depth == 0) return at + 1;
        break;
      case '"':
        at = skip_string(text, at);
        if (at == std::string_view::npos) return std::string_view::npos;
        continue;
      default:
        break;
    }
    ++at;
  }
  return std::string_view::npos;
}

}  // namespace

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() &&
         (text[at] == ' ' || text[at] == '\n' || text[at] == '\t' || text[at] == '\r'))
    ++at;
  return at;
}

std::size_t skip_value(std::string_view text, std::size_t at) {
  if (at >= text.size()) return std::string_view::npos;
  if (text[at] == '"') return skip_string(text, at);
  if (text[at] == '{' || text[at] == '[') return skip_container(text, at);
  const std::size_t end = text.find_first_of(",]} \n\t\r", at);
  return end == at ? std::string_view::npos : end;
}

RawMembers::RawMembers(std::string_view text) : text_(text), at_(skip_space(text, 0)) {
  open_ = at_ < text_.size() && text_[at_] == '{';
  if (open_) ++at_;
}

std::optional<RawMembers::Member> RawMembers::next() {
  if (!open_) return std::nullopt;
  open_ = false;  // until a whole member has been read
  std::size_t at = skip_space(text_, at_);
  if (at < text_.size() && text_[at] == '}') {
    complete_ = true;
    at_ = at + 1;
    return std::nullopt;
  }
  if (!first_) {
    if (at >= text_.size() || text_[at] != ',') return std::nullopt;
    at = skip_space(text_, at + 1);
  }
  first_ = false;
  if (at >= text_.size() || text_[at] != '"') return std::nullopt;
  const std::size_t name_end = skip_string(text_, at);
  if (name_end == std::string_view::npos) return std::nullopt;
  const std::string_view name = text_.substr(at + 1, name_end - at - 2);
  at = skip_space(text_, name_end);
  if (at >= text_.size() || text_[at] != ':') return std::nullopt;
  at = skip_space(text_, at + 1);
  const std::size_t end = skip_value(text_, at);
  if (end == std::string_view::npos) return std::nullopt;
  at_ = end;
  open_ = true;
  return Member{name, text_.substr(at, end - at)};
}

std::optional<std::string_view> plain_string_member(std::string_view object,
                                                    std::string_view name) {
  RawMembers members(object);
  while (const auto member = members.next()) {
    if (member->name != name) continue;
    const std::string_view value = member->value;
    if (!value.starts_with('"') || value.find('\\') != std::string_view::npos) return std::nullopt;
    return value.substr(1, value.size() - 2);
  }
  return std::nullopt;
}

std::string_view unquoted(std::string_view value) {
  return value.size() >= 2 && value.front() == '"' ? value.substr(1, value.size() - 2) : value;
}

std::string_view string_text(std::string_view value) {
  return value.size() >= 2 && value.front() == '"' ? unquoted(value) : std::string_view();
}

}  // namespace arango2pg::arango
