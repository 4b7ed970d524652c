#include <algorithm>
#include <cctype>

#include "pg/sql_split_internal.h"

namespace arango2pg::pg {
namespace {

bool starts_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalpha(byte) != 0 || c == '_' || byte >= 0x80;
}
bool continues_word(char c) {
  return starts_word(c) || std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '$';
}

std::string upper(std::string_view word) {
  std::string out(word);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return out;
}

class Splitter {
 public:
  explicit Splitter(std::string_view script) : script_(script) {}

  std::vector<Statement> split() {
    while (at_ < script_.size()) step();
    end_statement();
    return std::move(statements_);
  }

 private:
  [[nodiscard]] bool ahead(std::string_view text) const {
    return script_.substr(at_, text.size()) == text;
  }
  void advance(std::size_t n) {
    const std::string_view passed = script_.substr(at_, n);
    line_ += static_cast<int>(std::count(passed.begin(), passed.end(), '\n'));
    at_ += passed.size();
  }
  /// Passes everything up to and including `end`, or to the end of the script.
  void pass_until(std::string_view end, std::size_t from) {
    const std::size_t found = script_.find(end, at_ + from);
    advance(found == std::string_view::npos ? script_.size() - at_ : found + end.size() - at_);
  }

  void step() {
    const char c = script_[at_];
    if (ahead("--")) return pass_until("\n", 0);
    if (ahead("/*")) return pass_comment();
    if (std::isspace(static_cast<unsigned char>(c)) != 0) return advance(1);
    if (c == ';' && parentheses_ == 0 && atomic_ == 0) {
      end_statement();
      return advance(1);
    }
    begin_token();
    if (c == '\'') return pass_quoted('\'', false);
    if (c == '"') return pass_quoted('"', false);
    if (c == '$') return pass_dollar();
    if (starts_word(c)) return pass_word();
    if (c == '(') ++parentheses_;
    if (c == ')' && parentheses_ > 0) --parentheses_;
    advance(1);
  }

  void pass_comment() {
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

  void pass_quoted(char quote, bool backslashes) {
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

  void pass_dollar() {
    std::size_t end = at_ + 1;
    if (end < script_.size() && starts_word(script_[end]))
      while (end < script_.size() && continues_word(script_[end]) && script_[end] != '$') ++end;
    if (end >= script_.size() || script_[end] != '$') return advance(1);  // $1: a parameter
    const std::string tag(script_.substr(at_, end + 1 - at_));
    pass_until(tag, tag.size());
  }

  void pass_word() {
    std::size_t end = at_;
    while (end < script_.size() && continues_word(script_[end])) ++end;
    const std::string word = upper(script_.substr(at_, end - at_));
    advance(end - at_);
    if (word == "E" && ahead("'")) return pass_quoted('\'', true);
    words_.push_back(word);
    count_atomic(word);
  }

  /// CREATE FUNCTION … BEGIN ATOMIC …; …; END holds semicolons that end nothing.
  void count_atomic(const std::string& word) {
    if (words_[0] != "CREATE") return;
    const std::size_t n = words_.size();
    if (word == "ATOMIC" && n >= 2 && words_[n - 2] == "BEGIN") {
      // CREATE [OR REPLACE] FUNCTION
      const auto end = words_.begin() + std::min<std::ptrdiff_t>(4, std::ssize(words_));
      if (std::any_of(words_.begin(), end,
                      [](const auto& w) { return w == "FUNCTION" || w == "PROCEDURE"; }))
        ++atomic_;
    } else if (atomic_ > 0 && word == "CASE") {
      ++atomic_;
    } else if (atomic_ > 0 && word == "END") {
      --atomic_;
    }
  }

  void begin_token() {
    if (begin_ != std::string_view::npos) return;
    begin_ = at_;
    begin_line_ = line_;
  }

  void end_statement() {
    if (begin_ != std::string_view::npos)
      statements_.push_back({std::string(script_.substr(begin_, at_ - begin_)), begin_line_});
    begin_ = std::string_view::npos;
    parentheses_ = 0;
    atomic_ = 0;
    words_.clear();
  }

  std::string_view script_;
  std::size_t at_ = 0;
  int line_ = 1;
  std::size_t begin_ = std::string_view::npos;
  int begin_line_ = 1;
  int parentheses_ = 0;
  int atomic_ = 0;
  std::vector<std::string> words_;
  std::vector<Statement> statements_;
};

}  // namespace

std::vector<Statement> split_statements(std::string_view script) {
  return Splitter(script).split();
}

std::string first_word(std::string_view statement) {
  std::size_t end = 0;
  while (end < statement.size() && continues_word(statement[end])) ++end;
  return upper(statement.substr(0, end));
}

}  // namespace arango2pg::pg
