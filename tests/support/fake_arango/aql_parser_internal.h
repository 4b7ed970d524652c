/// \file
/// The parser's inside: names and clauses (aql_parser.cpp), expressions (aql_expressions.cpp).
#pragma once

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fake_arango/api_error.h"
#include "fake_arango/aql_ast.h"
#include "fake_arango/aql_lexer.h"

namespace fake_arango {

std::string upper_case(std::string_view s);
ExprPtr make_expr(Expr::Op op, std::vector<ExprPtr> kids = {}, std::string name = {});
ExprPtr make_literal(Value v);
ExprPtr make_variable(unsigned slot);

/// Recursive descent; one text, once.
class AqlParser {
  using Kind = AqlToken::Kind;
  using Op = Expr::Op;

 public:
  AqlParser(std::string_view text, const Value& binds)
      : text_(text), binds_(binds), tokens_(tokenise(text)) {}

  Query parse();

 private:
  struct Variable {
    std::string name;
    unsigned slot;
    unsigned level;  // of the (sub)query it belongs to
  };

  // --- tokens
  [[nodiscard]] const AqlToken& peek(std::size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  [[nodiscard]] bool is_symbol(std::string_view s, std::size_t ahead = 0) const {
    return peek(ahead).kind == Kind::symbol && peek(ahead).text == s;
  }
  [[nodiscard]] bool is_keyword(std::string_view s, std::size_t ahead = 0) const {
    return peek(ahead).kind == Kind::keyword && peek(ahead).text == s;
  }
  // Words that are no keywords elsewhere: OPTIONS, COUNT, KEEP, SEARCH, PRUNE.
  [[nodiscard]] bool is_word(std::string_view s) const {
    return peek().kind == Kind::identifier && upper_case(peek().text) == s;
  }
  bool take_symbol(std::string_view s) { return is_symbol(s) && (++at_, true); }
  bool take_keyword(std::string_view s) { return is_keyword(s) && (++at_, true); }
  bool take_word(std::string_view s) { return is_word(s) && (++at_, true); }
  void expect_symbol(std::string_view s) {
    if (!take_symbol(s))
      unexpected(std::string(", expecting ") + token_name({Kind::symbol, std::string(s), 0}));
  }
  void expect_keyword(std::string_view s) {
    if (!take_keyword(s))
      unexpected(std::string(", expecting ") + token_name({Kind::keyword, std::string(s), 0}));
  }
  std::string identifier() {
    if (peek().kind != Kind::identifier) unexpected(", expecting identifier");
    return tokens_[at_++].text;
  }
  [[noreturn]] void unexpected(const std::string& expecting = {}) const {
    fail_syntax(text_, peek().at, "unexpected " + token_name(peek()) + expecting);
  }
  [[noreturn]] void not_here(const std::string& what) const {
    throw ApiError{501, 9, "not implemented: " + what + " in this server double"};
  }

  // --- names
  unsigned declare(const std::string& name);
  [[nodiscard]] const Variable* lookup(const std::string& name) const;
  ExprPtr collection(std::string name);
  std::string bound_source(const std::string& parameter);
  void fail_late(ApiError e);
  Value bound(const std::string& name);
  void check_binds() const;
  ExprPtr source_name();

  // --- clauses
  std::shared_ptr<Block> block();
  Clause for_clause();
  Clause filter_clause();
  void let_clauses(std::vector<Clause>& out);
  Clause sort_clause();
  Clause limit_clause();
  Clause collect_clause();

  // --- expressions, by rising precedence
  ExprPtr expression();
  ExprPtr ternary();
  ExprPtr logical_or();
  ExprPtr logical_and();
  ExprPtr equality();
  ExprPtr membership();
  ExprPtr comparison();
  ExprPtr range();
  ExprPtr sum();
  ExprPtr product();
  ExprPtr unary();
  ExprPtr postfix(ExprPtr e);
  std::string bound_name();
  std::string attribute_name();
  ExprPtr primary();
  ExprPtr number(const AqlToken& t) const;
  ExprPtr parenthesis();
  [[nodiscard]] bool starts_block() const;
  ExprPtr array();
  ExprPtr object();
  void object_member(Expr& object);
  ExprPtr reference(const std::string& name);
  ExprPtr name_or_call();

  std::string_view text_;
  const Value& binds_;
  std::vector<AqlToken> tokens_;
  std::size_t at_ = 0;
  unsigned level_ = 0;
  int depth_ = 0;
  std::vector<Variable> variables_;
  std::set<std::string> used_binds_;
  std::optional<ApiError> late_;
  Query query_;
};

}  // namespace fake_arango
