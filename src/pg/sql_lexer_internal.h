/// \file
/// The tokens of an SQL script, as PostgreSQL's own lexer would cut it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arango2pg::pg {

struct Token {
  enum class Kind {
    word,        ///< key word or plain name
    identifier,  ///< "quoted name"
    text,        ///< '…', E'…', $tag$…$tag$
    parameter,   ///< $1
    symbol,      ///< anything else: one character, or a number
  };
  Kind kind = Kind::symbol;
  std::string_view text;  ///< as written, a view into the script
  std::size_t begin = 0;  ///< offset in the script
  int line = 1;           ///< counted from 1
};

/// Passes over white space and (nested) comments. What is never closed reaches to the end of the
/// script. The script must outlive lexer and tokens.
class Lexer {
 public:
  explicit Lexer(std::string_view script) : script_(script) {}
  std::optional<Token> next();

 private:
  [[nodiscard]] bool ahead(std::string_view text) const {
    return script_.substr(at_, text.size()) == text;
  }
  void advance(std::size_t n);
  void pass_until(std::string_view end, std::size_t from);
  void pass_blank();
  void pass_comment();
  void pass_quoted(char quote, bool backslashes);
  Token::Kind pass_dollar();
  Token::Kind pass_word();

  std::string_view script_;
  std::size_t at_ = 0;
  int line_ = 1;
};

std::vector<Token> tokens(std::string_view script);

/// The token is this word, written in capitals here.
bool is_word(const Token& token, std::string_view word);

std::string upper(std::string_view word);

}  // namespace arango2pg::pg
