// AQL's expressions, by rising precedence as in the server's grammar.
#include "fake_arango/aql_functions.h"
#include "fake_arango/aql_parser_internal.h"

namespace fake_arango {

ExprPtr AqlParser::expression() {
  if (++depth_ > 500) throw ApiError{400, 1524, "too much nesting or too many objects"};
  ExprPtr e = ternary();
  --depth_;
  return e;
}

ExprPtr AqlParser::ternary() {
  ExprPtr condition = logical_or();
  if (!take_symbol("?")) return condition;
  if (take_symbol(":")) return make_expr(Op::ternary, {condition, nullptr, expression()});
  ExprPtr yes = expression();
  expect_symbol(":");
  return make_expr(Op::ternary, {condition, yes, expression()});
}

ExprPtr AqlParser::logical_or() {
  ExprPtr e = logical_and();
  while (take_keyword("OR") || take_symbol("||")) e = make_expr(Op::logical_or, {e, logical_and()});
  return e;
}

ExprPtr AqlParser::logical_and() {
  ExprPtr e = equality();
  while (take_keyword("AND") || take_symbol("&&")) e = make_expr(Op::logical_and, {e, equality()});
  return e;
}

ExprPtr AqlParser::equality() {
  ExprPtr e = membership();
  for (;;) {
    if (take_symbol("=="))
      e = make_expr(Op::equal, {e, membership()});
    else if (take_symbol("!="))
      e = make_expr(Op::unequal, {e, membership()});
    else if (take_keyword("LIKE"))
      e = make_expr(Op::like, {e, membership()});
    else if (is_keyword("NOT") && is_keyword("LIKE", 1)) {
      at_ += 2;
      e = make_expr(Op::not_like, {e, membership()});
    } else if (is_symbol("=~") || is_symbol("!~")) {
      not_here("the regular expression operator");
    } else {
      return e;
    }
  }
}

ExprPtr AqlParser::membership() {
  ExprPtr e = comparison();
  for (;;) {
    if (take_keyword("IN"))
      e = make_expr(Op::in, {e, comparison()});
    else if (is_keyword("NOT") && is_keyword("IN", 1)) {
      at_ += 2;
      e = make_expr(Op::not_in, {e, comparison()});
    } else {
      return e;
    }
  }
}

ExprPtr AqlParser::comparison() {
  ExprPtr e = range();
  for (;;) {
    if (take_symbol("<"))
      e = make_expr(Op::less, {e, range()});
    else if (take_symbol("<="))
      e = make_expr(Op::less_equal, {e, range()});
    else if (take_symbol(">"))
      e = make_expr(Op::greater, {e, range()});
    else if (take_symbol(">="))
      e = make_expr(Op::greater_equal, {e, range()});
    else
      return e;
  }
}

ExprPtr AqlParser::range() {
  ExprPtr e = sum();
  if (take_symbol("..")) return make_expr(Op::range, {e, sum()});
  return e;
}

ExprPtr AqlParser::sum() {
  ExprPtr e = product();
  for (;;) {
    if (take_symbol("+"))
      e = make_expr(Op::add, {e, product()});
    else if (take_symbol("-"))
      e = make_expr(Op::subtract, {e, product()});
    else
      return e;
  }
}

ExprPtr AqlParser::product() {
  ExprPtr e = unary();
  for (;;) {
    if (take_symbol("*"))
      e = make_expr(Op::multiply, {e, unary()});
    else if (take_symbol("/"))
      e = make_expr(Op::divide, {e, unary()});
    else if (take_symbol("%"))
      e = make_expr(Op::modulo, {e, unary()});
    else
      return e;
  }
}

ExprPtr AqlParser::unary() {
  if (take_symbol("-")) return make_expr(Op::negate, {unary()});
  if (take_symbol("+")) return make_expr(Op::plus, {unary()});
  if (take_symbol("!") || take_keyword("NOT")) return make_expr(Op::logical_not, {unary()});
  return postfix(primary());
}

ExprPtr AqlParser::postfix(ExprPtr e) {
  for (;;) {
    if (take_symbol(".")) {
      if (peek().kind == Kind::bind)
        e = make_expr(Op::attribute, {e}, bound_name());
      else
        e = make_expr(Op::attribute, {e}, attribute_name());
    } else if (is_symbol("[") && is_symbol("*", 1)) {
      at_ += 2;
      expect_symbol("]");
      auto x = make_expr(Op::expansion, {e});
      x->slot = query_.slots++;
      x->kids.push_back(postfix(make_variable(x->slot)));
      e = x;
    } else if (take_symbol("[")) {
      ExprPtr index = expression();
      expect_symbol("]");
      e = make_expr(Op::subscript, {e, index});
    } else {
      return e;
    }
  }
}

std::string AqlParser::bound_name() {
  const std::string parameter = tokens_[at_++].text;
  const Value v = bound(parameter);
  if (v.is_string()) return v.string();
  fail_late({400, 1553, "bind parameter '" + parameter + "' has an invalid value or type"});
  return {};
}

// Behind a dot, keywords are no names: d.`limit` is the way to write it.
std::string AqlParser::attribute_name() {
  if (peek().kind != Kind::identifier) unexpected(", expecting identifier or bind parameter");
  return tokens_[at_++].text;
}

ExprPtr AqlParser::primary() {
  const AqlToken& t = peek();
  switch (t.kind) {
    case Kind::integer:
    case Kind::real:
      ++at_;
      return number(t);
    case Kind::quoted:
      ++at_;
      return make_literal(t.text);
    case Kind::bind:
      ++at_;
      return make_literal(bound(t.text));
    case Kind::bind_source:
      ++at_;
      return collection(bound_source(t.text));
    case Kind::identifier:
      return name_or_call();
    case Kind::keyword:
      if (take_keyword("TRUE")) return make_literal(true);
      if (take_keyword("FALSE")) return make_literal(false);
      if (take_keyword("NULL")) return make_literal(Value());
      // LIKE is also a function.
      if (is_keyword("LIKE") && is_symbol("(", 1)) return name_or_call();
      unexpected();
    case Kind::symbol:
      if (t.text == "(") return parenthesis();
      if (t.text == "[") return array();
      if (t.text == "{") return object();
      unexpected();
    case Kind::end:
      break;
  }
  unexpected();
}

ExprPtr AqlParser::number(const AqlToken& t) const {
  auto n = Number::parse(t.text);
  if (!n) throw ApiError{400, 1504, "number out of range"};
  n->text.clear();
  return make_literal(std::move(*n));
}

ExprPtr AqlParser::parenthesis() {
  expect_symbol("(");
  ExprPtr e;
  if (starts_block()) {
    e = make_expr(Op::subquery);
    e->block = block();
  } else {
    e = expression();
  }
  expect_symbol(")");
  return e;
}

bool AqlParser::starts_block() const {
  return is_keyword("FOR") || is_keyword("LET") || is_keyword("RETURN") || is_keyword("FILTER");
}

ExprPtr AqlParser::array() {
  expect_symbol("[");
  ExprPtr e = make_expr(Op::array);
  while (!is_symbol("]")) {
    e->kids.push_back(expression());
    if (!take_symbol(",")) break;  // a comma behind the last one is legal
  }
  expect_symbol("]");
  return e;
}

ExprPtr AqlParser::object() {
  expect_symbol("{");
  ExprPtr e = make_expr(Op::object);
  while (!is_symbol("}")) {
    object_member(*e);
    if (!take_symbol(",")) break;
  }
  expect_symbol("}");
  return e;
}

void AqlParser::object_member(Expr& object) {
  if (take_symbol("[")) {
    object.kids.push_back(expression());
    expect_symbol("]");
  } else if (peek().kind == Kind::bind) {
    object.kids.push_back(make_literal(bound_name()));
  } else if (peek().kind == Kind::identifier || peek().kind == Kind::quoted) {
    const AqlToken& name = tokens_[at_++];
    object.kids.push_back(make_literal(name.text));
    const bool shorthand = name.kind == Kind::identifier && !is_symbol(":");
    if (shorthand) {
      object.kids.push_back(reference(name.text));
      return;
    }
  } else {
    unexpected();
  }
  expect_symbol(":");
  object.kids.push_back(expression());
}

ExprPtr AqlParser::reference(const std::string& name) {
  if (const Variable* v = lookup(name)) return make_variable(v->slot);
  return collection(name);
}

ExprPtr AqlParser::name_or_call() {
  std::string name = tokens_[at_++].text;
  if (is_symbol("::")) not_here("user-defined functions");
  if (!take_symbol("(")) return reference(name);
  ExprPtr e = make_expr(Op::call, {}, upper_case(name));
  while (!is_symbol(")")) {
    if (starts_block()) {
      ExprPtr sub = make_expr(Op::subquery);
      sub->block = block();
      e->kids.push_back(std::move(sub));
    } else {
      e->kids.push_back(expression());
    }
    if (!take_symbol(",")) break;
  }
  expect_symbol(")");
  check_call(e->name, e->kids.size());
  return e;
}

}  // namespace fake_arango
