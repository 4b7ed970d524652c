#include "fake_arango/aql_lexer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "fake_arango/api_error.h"

namespace fake_arango {
namespace {

using Kind = AqlToken::Kind;

// Reserved words with the names the server's grammar has for them.
constexpr std::pair<std::string_view, std::string_view> keywords[] = {
    {"AGGREGATE", "AGGREGATE keyword"},
    {"ALL", "all modifier"},
    {"ALL_SHORTEST_PATHS", "ALL_SHORTEST_PATHS keyword"},
    {"AND", "and operator"},
    {"ANY", "any modifier"},
    {"ASC", "ASC keyword"},
    {"COLLECT", "COLLECT declaration"},
    {"DESC", "DESC keyword"},
    {"DISTINCT", "DISTINCT modifier"},
    {"FALSE", "false"},
    {"FILTER", "FILTER declaration"},
    {"FOR", "FOR declaration"},
    {"GRAPH", "GRAPH keyword"},
    {"IN", "IN keyword"},
    {"INBOUND", "inbound modifier"},
    {"INSERT", "INSERT command"},
    {"INTO", "INTO keyword"},
    {"K_PATHS", "K_PATHS keyword"},
    {"K_SHORTEST_PATHS", "K_SHORTEST_PATHS keyword"},
    {"LET", "LET declaration"},
    {"LIKE", "like operator"},
    {"LIMIT", "LIMIT declaration"},
    {"NONE", "none modifier"},
    {"NOT", "not operator"},
    {"NULL", "null"},
    {"OR", "or operator"},
    {"OUTBOUND", "outbound modifier"},
    {"REMOVE", "REMOVE command"},
    {"REPLACE", "REPLACE command"},
    {"RETURN", "RETURN declaration"},
    {"SHORTEST_PATH", "SHORTEST_PATH keyword"},
    {"SORT", "SORT declaration"},
    {"TRUE", "true"},
    {"UPDATE", "UPDATE command"},
    {"UPSERT", "UPSERT command"},
    {"WINDOW", "WINDOW declaration"},
    {"WITH", "WITH keyword"},
};

constexpr std::array<std::pair<std::string_view, std::string_view>, 33> symbols = {{
    // Longest first.
    {"==", "== operator"},
    {"!=", "!= operator"},
    {"<=", "<= operator"},
    {">=", ">= operator"},
    {"=~", "~= operator"},
    {"!~", "~! operator"},
    {"&&", "and operator"},
    {"||", "or operator"},
    {"..", ".."},
    {"::", "::"},
    {"<", "< operator"},
    {">", "> operator"},
    {"=", "assignment"},
    {"!", "not operator"},
    {"+", "+ operator"},
    {"-", "- operator"},
    {"*", "* operator"},
    {"/", "/ operator"},
    {"%", "% operator"},
    {"?", "?"},
    {":", ":"},
    {",", ","},
    {"(", "("},
    {")", ")"},
    {"{", "{"},
    {"}", "}"},
    {"[", "["},
    {"]", "]"},
    {".", "."},
    {";", ";"},
    {"&", "&"},
    {"|", "|"},
    {"~", "~"},
}};

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$';
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string upper(std::string_view s) {
  std::string out(s);
  for (char& c : out) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return out;
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<AqlToken> all() {
    std::vector<AqlToken> out;
    do out.push_back(next());
    while (out.back().kind != Kind::end);
    out.back().at = last_lexeme(out);
    return out;
  }

 private:
  // An error at the end is reported where the last lexeme was, white space being one.
  [[nodiscard]] std::size_t last_lexeme(const std::vector<AqlToken>& tokens) const {
    const std::size_t line = text_.find_last_of('\n') + 1;  // 0 without one
    const std::size_t blank = text_.find_last_not_of(" \t\r") + 1;
    if (blank < text_.size()) return std::max(line, blank);
    if (line == text_.size() && line > 0) return line - 1;
    return tokens.size() > 1 ? tokens[tokens.size() - 2].at : 0;
  }

  [[nodiscard]] char at(std::size_t i) const { return i < text_.size() ? text_[i] : '\0'; }

  void skip_space_and_comments() {
    for (;;) {
      const char c = at(at_);
      if (at_ < text_.size() && (c == ' ' || c == '\t' || c == '\r' || c == '\n')) {
        ++at_;
      } else if (c == '/' && at(at_ + 1) == '/') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (c == '/' && at(at_ + 1) == '*') {
        const std::size_t end = text_.find("*/", at_ + 2);
        if (end == std::string_view::npos)
          fail_syntax(text_, at_, "unexpected unterminated multi-line comment");
        at_ = end + 2;
      } else {
        return;
      }
    }
  }

  AqlToken next() {
    skip_space_and_comments();
    const std::size_t begin = at_;
    if (at_ >= text_.size()) return {Kind::end, {}, begin};
    const char c = text_[at_];
    if (c == '"' || c == '\'') return quoted(c, Kind::quoted);
    if (c == '`') return quoted(c, Kind::identifier);
    if (c == '@') return bind();
    if (is_digit(c)) return number();
    if (is_word(c)) return word();
    for (const auto& [symbol, _] : symbols)
      if (text_.substr(at_, symbol.size()) == symbol) {
        at_ += symbol.size();
        return {Kind::symbol, std::string(symbol), begin};
      }
    fail_syntax(text_, begin, "unexpected character");
  }

  AqlToken quoted(char quote, Kind kind) {
    const std::size_t begin = at_++;
    std::string out;
    while (at(at_) != quote) {
      if (at_ >= text_.size())
        fail_syntax(text_, begin,
                    kind == Kind::quoted ? "unexpected unterminated string literal"
                                         : "unexpected unterminated identifier");
      if (text_[at_] == '\\' && at_ + 1 < text_.size())
        ++at_;
      else {
        out.push_back(text_[at_++]);
        continue;
      }
      const char c = text_[at_++];
      out.push_back(c == 'n'   ? '\n'
                    : c == 't' ? '\t'
                    : c == 'r' ? '\r'
                    : c == 'b' ? '\b'
                    : c == 'f' ? '\f'
                               : c);
    }
    ++at_;
    return {kind, std::move(out), begin};
  }

  AqlToken bind() {
    const std::size_t begin = at_;
    const bool source = at(at_ + 1) == '@';
    at_ += source ? 2 : 1;
    const std::size_t name = at_;
    while (is_word(at(at_))) ++at_;
    if (at_ == name) fail_syntax(text_, begin, "unexpected character");
    return {source ? Kind::bind_source : Kind::bind, std::string(text_.substr(name, at_ - name)),
            begin};
  }

  AqlToken number() {
    const std::size_t begin = at_;
    bool real = false;
    while (is_digit(at(at_))) ++at_;
    if (at(at_) == '.' && is_digit(at(at_ + 1))) {  // not the range operator
      real = true;
      for (++at_; is_digit(at(at_));) ++at_;
    }
    const bool sign = at(at_ + 1) == '+' || at(at_ + 1) == '-';
    if ((at(at_) == 'e' || at(at_) == 'E') && is_digit(at(at_ + (sign ? 2 : 1)))) {
      real = true;
      for (at_ += sign ? 2 : 1; is_digit(at(at_));) ++at_;
    }
    if (is_word(at(at_))) fail_syntax(text_, at_, "unexpected identifier");
    return {real ? Kind::real : Kind::integer, std::string(text_.substr(begin, at_ - begin)),
            begin};
  }

  AqlToken word() {
    const std::size_t begin = at_;
    while (is_word(at(at_))) ++at_;
    const std::string_view text = text_.substr(begin, at_ - begin);
    const std::string key = upper(text);
    for (const auto& [keyword, _] : keywords)
      if (keyword == key) return {Kind::keyword, key, begin};
    return {Kind::identifier, std::string(text), begin};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<AqlToken> tokenise(std::string_view query) { return Lexer(query).all(); }

std::string token_name(const AqlToken& t) {
  switch (t.kind) {
    case Kind::end:
      return "end of query string";
    case Kind::identifier:
      return "identifier";
    case Kind::quoted:
      return "quoted string";
    case Kind::integer:
      return "integer number";
    case Kind::real:
      return "number";
    case Kind::bind:
      return "bind parameter";
    case Kind::bind_source:
      return "bind data source parameter";
    case Kind::keyword:
      for (const auto& [keyword, name] : keywords)
        if (keyword == t.text) return std::string(name);
      break;
    case Kind::symbol:
      for (const auto& [symbol, name] : symbols)
        if (symbol == t.text) return std::string(name);
      break;
  }
  return t.text;
}

void fail_syntax(std::string_view query, std::size_t at, const std::string& problem) {
  constexpr std::size_t snippet = 32;
  std::size_t line = 1;
  std::size_t column = 1;
  for (char c : query.substr(0, at)) {
    ++column;
    if (c != '\n') continue;
    ++line;
    column = 1;
  }
  std::string near(query.substr(std::min(at, query.size()), snippet));
  if (at + snippet < query.size()) near += "...";
  throw ApiError{400, 1501,
                 "syntax error, " + problem + " near '" + near + "' at position " +
                     std::to_string(line) + ":" + std::to_string(column)};
}

}  // namespace fake_arango
