#include <algorithm>
#include <string>

#include "pg/sql_lexer_internal.h"
#include "pg/sql_split_internal.h"

namespace arango2pg::pg {
namespace {

class Splitter {
 public:
  explicit Splitter(std::string_view script) : script_(script) {}

  std::vector<Statement> split() {
    for (const Token& token : tokens(script_)) take(token);
    end_statement();
    return std::move(statements_);
  }

 private:
  void take(const Token& token) {
    if (token.text == ";" && parentheses_ == 0 && atomic_ == 0) return end_statement();
    if (!open_) {
      open_ = true;
      begin_ = token.begin;
      line_ = token.line;
    }
    end_ = token.begin + token.text.size();
    if (token.text == "(") ++parentheses_;
    if (token.text == ")" && parentheses_ > 0) --parentheses_;
    if (token.kind == Token::Kind::word) {
      words_.push_back(upper(token.text));
      count_atomic();
    }
  }

  /// CREATE FUNCTION … BEGIN ATOMIC …; …; END holds semicolons that end nothing.
  void count_atomic() {
    if (words_[0] != "CREATE") return;
    const std::size_t n = words_.size();
    const std::string& word = words_.back();
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

  void end_statement() {
    if (open_) statements_.push_back({std::string(script_.substr(begin_, end_ - begin_)), line_});
    open_ = false;
    parentheses_ = 0;
    atomic_ = 0;
    words_.clear();
  }

  std::string_view script_;
  bool open_ = false;
  std::size_t begin_ = 0, end_ = 0;
  int line_ = 1;
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
  const auto token = Lexer(statement).next();
  return token && token->kind == Token::Kind::word ? upper(token->text) : std::string();
}

}  // namespace arango2pg::pg
