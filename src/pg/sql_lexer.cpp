#include <algorithm>
#include <cctype>

#include "pg/sql_lexer_internal.h"

#include "base/text.h"

namespace arango2pg::pg {
namespace {

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
bool starts_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalpha(byte) != 0 || c == '_' || byte >= 0x80;
}
bool continues_word(char c) { return starts_word(c) || is_digit(c) || c == '$'; }

}  // namespace

std::string upper(std::string_view word) {
  std::string out(word);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return out;
}

bool is_word(const Token& token, std::string_view word) {
  return token.kind == Token::Kind::word && upper(token.text) == word;
}

std::vector<Token> tokens(std::string_view script) {
  std::vector<Token> out;
  Lexer lexer(script);
  while (const auto token = lexer.next()) out.push_back(*token);
  return out;
}

std::optional<Token> Lexer::next() {
  pass_blank();
  if (at_ >= script_.size()) return std::nullopt;
  Token token;
  token.begin = at_;
  token.line = line_;
  const char c = script_[at_];
  if (c == '\'') {
    pass_quoted('\'', false);
    token.kind = Token::Kind::text;
  } else if (c == '"') {
    pass_quoted('"', false);
    token.kind = Token::Kind::identifier;
  } else if (c == '$') {
    token.kind = pass_dollar();
  } else if (starts_word(c)) {
    token.kind = pass_word();
  } else if (is_digit(c)) {
    while (at_ < script_.size() && continues_word(script_[at_])) advance(1);
  } else {
    advance(1);
  }
  token.text = script_.substr(token.begin, at_ - token.begin);
  return token;
}

void Lexer::advance(std::size_t n) {
  const std::string_view passed = script_.substr(at_, n);
  line_ += static_cast<int>(std::count(passed.begin(), passed.end(), '\n'));
  at_ += passed.size();
}

/// Passes everything up to and including `end`, or to the end of the script.
void Lexer::pass_until(std::string_view end, std::size_t from) {
  const std::size_t found = script_.find(end, at_ + from);
  advance(found == std::string_view::npos ? script_.size() - at_ : found + end.size() - at_);
}

void Lexer::pass_blank() {
  while (at_ < script_.size()) {
    if (is_space(script_[at_]))
      advance(1);
    else if (ahead("--"))
      pass_until("\n", 0);
    else if (ahead("/*"))
      pass_comment();
    else
      return;
  }
}

void Lexer::pass_comment() {
  int depth = 0;
  do {
    if (ahead("/*")) {
      ++depth;
      advance(2);
    } else if (ahead("*/")) {
      --depth;
      advance(2);
    } else {
      advance(1);
    }
  } while (depth > 0 && at_ < script_.size());
}

void Lexer::pass_quoted(char quote, bool backslashes) {
  advance(1);
  while (at_ < script_.size()) {
    const char c = script_[at_];
    if (backslashes && c == '\\') {
      advance(2);
    } else if (c == quote) {
      advance(1);
      if (at_ >= script_.size() || script_[at_] != quote) return;
      advance(1);
    } else {
      advance(1);
    }
  }
}

Token::Kind Lexer::pass_dollar() {
  std::size_t end = at_ + 1;
  if (end < script_.size() && is_digit(script_[end])) {
    while (end < script_.size() && is_digit(script_[end])) ++end;
    advance(end - at_);
    return Token::Kind::parameter;
  }
  if (end < script_.size() && starts_word(script_[end]))
    while (end < script_.size() && continues_word(script_[end]) && script_[end] != '$') ++end;
  if (end >= script_.size() || script_[end] != '$') {
    advance(1);
    return Token::Kind::symbol;
  }
  const std::string tag(script_.substr(at_, end + 1 - at_));
  pass_until(tag, tag.size());
  return Token::Kind::text;
}

Token::Kind Lexer::pass_word() {
  const std::size_t begin = at_;
  while (at_ < script_.size() && continues_word(script_[at_])) advance(1);
  const std::string_view word = script_.substr(begin, at_ - begin);
  if ((word != "E" && word != "e") || !ahead("'")) return Token::Kind::word;
  pass_quoted('\'', true);
  return Token::Kind::text;
}

}  // namespace arango2pg::pg
