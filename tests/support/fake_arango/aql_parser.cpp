#include "fake_arango/aql_parser.h"

#include <algorithm>
#include <set>

#include "fake_arango/api_error.h"
#include "fake_arango/aql_functions.h"
#include "fake_arango/aql_lexer.h"

namespace fake_arango {
namespace {

using Kind = AqlToken::Kind;
using Op = Expr::Op;

std::string upper(std::string_view s) {
  std::string out(s);
  for (char& c : out) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return out;
}

ExprPtr make(Op op, std::vector<ExprPtr> kids = {}, std::string name = {}) {
  auto e = std::make_shared<Expr>();
  e->op = op;
  e->kids = std::move(kids);
  e->name = std::move(name);
  return e;
}

ExprPtr literal(Value v) {
  auto e = make(Op::literal);
  e->value = std::move(v);
  return e;
}

ExprPtr variable(unsigned slot) {
  auto e = make(Op::variable);
  e->slot = slot;
  return e;
}

class Parser {
 public:
  Parser(std::string_view text, const Value& binds)
      : text_(text), binds_(binds), tokens_(tokenise(text)) {}

  Query parse() {
    if (peek().kind == Kind::end) throw api_error(400, 1502);
    if (take_keyword("WITH")) {
      do source_name();
      while (take_symbol(","));
    }
    query_.block = block();
    if (peek().kind != Kind::end) unexpected();
    // The server injects bind parameters when the whole text has passed the grammar.
    if (late_) throw ApiError(*late_);
    check_binds();
    return std::move(query_);
  }

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
    return peek().kind == Kind::identifier && upper(peek().text) == s;
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
  unsigned declare(const std::string& name) {
    for (const Variable& v : variables_)
      if (v.name == name)
        throw ApiError{400, 1511, "variable '" + name + "' is assigned multiple times"};
    variables_.push_back({name, query_.slots++, level_});
    return variables_.back().slot;
  }
  [[nodiscard]] const Variable* lookup(const std::string& name) const {
    for (const Variable& v : variables_)
      if (v.name == name) return &v;
    return nullptr;
  }
  ExprPtr collection(std::string name) {
    if (std::find(query_.collections.begin(), query_.collections.end(), name) ==
        query_.collections.end())
      query_.collections.push_back(name);
    return make(Op::collection, {}, std::move(name));
  }
  std::string bound_source(const std::string& parameter) {
    const std::string name = "@" + parameter;
    const Value v = bound(name);
    if (v.is_string() && !v.string().empty()) return v.string();
    fail_late({400, 1553, "bind parameter '" + name + "' has an invalid value or type"});
    return {};
  }
  void fail_late(ApiError e) {
    if (!late_) late_ = std::move(e);
  }
  Value bound(const std::string& name) {
    used_binds_.insert(name);
    const auto v = binds_.find(name);
    if (v) return *v;
    fail_late({400, 1551, "no value specified for declared bind parameter '" + name + "'"});
    return {};
  }
  void check_binds() const {
    if (!binds_.is_object()) return;
    for (const auto& [name, _] : binds_.members())
      if (!used_binds_.contains(name))
        throw ApiError{400, 1552, "bind parameter '" + name + "' was not declared in the query"};
  }
  ExprPtr source_name() {
    if (peek().kind == Kind::bind_source) return collection(bound_source(tokens_[at_++].text));
    return collection(identifier());
  }

  // --- clauses
  std::shared_ptr<Block> block() {
    auto b = std::make_shared<Block>();
    const std::size_t outer = variables_.size();
    ++level_;
    for (;;) {
      if (take_keyword("FOR"))
        b->clauses.push_back(for_clause());
      else if (take_keyword("FILTER"))
        b->clauses.push_back(filter_clause());
      else if (take_keyword("LET"))
        let_clauses(b->clauses);
      else if (take_keyword("SORT"))
        b->clauses.push_back(sort_clause());
      else if (take_keyword("LIMIT"))
        b->clauses.push_back(limit_clause());
      else if (take_keyword("COLLECT"))
        b->clauses.push_back(collect_clause());
      else
        break;
    }
    for (const char* word : {"INSERT", "UPDATE", "REPLACE", "REMOVE", "UPSERT", "WINDOW"})
      if (is_keyword(word)) not_here(word);
    if (!take_keyword("RETURN")) unexpected();
    Clause c;
    c.kind = Clause::Kind::result;
    c.distinct = take_keyword("DISTINCT");
    c.expression = expression();
    b->clauses.push_back(std::move(c));
    variables_.resize(outer);
    --level_;
    return b;
  }

  Clause for_clause() {
    Clause c;
    const std::string name = identifier();
    if (is_symbol(",")) not_here("graph traversal");
    expect_keyword("IN");
    for (const char* word : {"OUTBOUND", "INBOUND", "ANY", "SHORTEST_PATH", "K_PATHS",
                             "K_SHORTEST_PATHS", "ALL_SHORTEST_PATHS"})
      if (is_keyword(word)) not_here("graph traversal");
    // A bare name that is no variable is a collection.
    if (peek().kind == Kind::bind_source)
      c.expression = source_name();
    else
      c.expression = expression();
    for (const char* word : {"OUTBOUND", "INBOUND", "ANY"})
      if (is_keyword(word)) not_here("graph traversal");
    if (is_word("SEARCH")) not_here("SEARCH");
    if (take_word("OPTIONS")) {
      if (!is_symbol("{")) unexpected();
      c.options_expression = expression();
    }
    c.slot = declare(name);
    return c;
  }

  Clause filter_clause() {
    Clause c;
    c.kind = Clause::Kind::filter;
    c.expression = expression();
    return c;
  }

  void let_clauses(std::vector<Clause>& out) {
    do {
      Clause c;
      c.kind = Clause::Kind::let;
      const std::string name = identifier();
      expect_symbol("=");
      c.expression = expression();
      c.slot = declare(name);
      out.push_back(std::move(c));
    } while (take_symbol(","));
  }

  Clause sort_clause() {
    Clause c;
    c.kind = Clause::Kind::sort;
    do {
      ExprPtr e = expression();
      const bool descending = !take_keyword("ASC") && take_keyword("DESC");
      c.sort.emplace_back(std::move(e), descending);
    } while (take_symbol(","));
    return c;
  }

  Clause limit_clause() {
    Clause c;
    c.kind = Clause::Kind::limit;
    c.count = expression();
    if (take_symbol(",")) {
      c.offset = c.count;
      c.count = expression();
    }
    for (const ExprPtr& e : {c.offset, c.count}) {
      if (!e) continue;
      const bool number = e->op == Op::literal && e->value.is_number() &&
                          e->value.number().kind == Number::Kind::integer &&
                          e->value.number().integer >= 0;
      if (!number) fail_late({400, 1504, "number out of range"});
    }
    return c;
  }

  Clause collect_clause() {
    Clause c;
    c.kind = Clause::Kind::collect;
    std::vector<std::pair<std::string, ExprPtr>> keys;
    struct Pending {
      std::string name, function;
      ExprPtr argument;
    };
    std::vector<Pending> aggregates;
    std::string into;
    std::string count_into;
    while (peek().kind == Kind::identifier && is_symbol("=", 1)) {
      std::string name = identifier();
      expect_symbol("=");
      keys.emplace_back(std::move(name), expression());
      if (!take_symbol(",")) break;
    }
    if (take_keyword("AGGREGATE")) {
      do {
        std::string name = identifier();
        expect_symbol("=");
        const ExprPtr call = expression();
        if (call->op != Op::call || !is_aggregate(call->name) || call->kids.size() > 1)
          throw ApiError{400, 1574, "invalid aggregate expression"};
        aggregates.push_back(
            {std::move(name), call->name, call->kids.empty() ? literal(Value()) : call->kids[0]});
      } while (take_symbol(","));
    }
    if (take_keyword("INTO")) {
      into = identifier();
      if (take_symbol("=")) c.into_expression = expression();
      if (is_word("KEEP")) not_here("COLLECT KEEP");
    }
    if (take_keyword("WITH")) {
      if (!take_word("COUNT")) unexpected();
      expect_keyword("INTO");
      count_into = identifier();
    }
    if (take_word("OPTIONS")) expression();
    if (keys.empty() && aggregates.empty() && into.empty() && count_into.empty()) unexpected();
    // The variables of this (sub)query end here; those of outer ones stay.
    std::vector<Variable> kept;
    for (const Variable& v : variables_)
      if (v.level != level_)
        kept.push_back(v);
      else
        c.visible.emplace_back(v.name, v.slot);
    variables_ = std::move(kept);
    for (auto& [name, e] : keys) c.keys.emplace_back(declare(name), std::move(e));
    for (Pending& p : aggregates) c.aggregates.push_back({declare(p.name), p.function, p.argument});
    if (!into.empty()) c.into = declare(into);
    if (!count_into.empty()) c.count_into = declare(count_into);
    return c;
  }

  // --- expressions, by rising precedence
  ExprPtr expression() {
    if (++depth_ > 500) throw ApiError{400, 1524, "too much nesting or too many objects"};
    ExprPtr e = ternary();
    --depth_;
    return e;
  }

  ExprPtr ternary() {
    ExprPtr condition = logical_or();
    if (!take_symbol("?")) return condition;
    if (take_symbol(":")) return make(Op::ternary, {condition, nullptr, expression()});
    ExprPtr yes = expression();
    expect_symbol(":");
    return make(Op::ternary, {condition, yes, expression()});
  }

  ExprPtr logical_or() {
    ExprPtr e = logical_and();
    while (take_keyword("OR") || take_symbol("||")) e = make(Op::logical_or, {e, logical_and()});
    return e;
  }

  ExprPtr logical_and() {
    ExprPtr e = equality();
    while (take_keyword("AND") || take_symbol("&&")) e = make(Op::logical_and, {e, equality()});
    return e;
  }

  ExprPtr equality() {
    ExprPtr e = membership();
    for (;;) {
      if (take_symbol("=="))
        e = make(Op::equal, {e, membership()});
      else if (take_symbol("!="))
        e = make(Op::unequal, {e, membership()});
      else if (take_keyword("LIKE"))
        e = make(Op::like, {e, membership()});
      else if (is_keyword("NOT") && is_keyword("LIKE", 1)) {
        at_ += 2;
        e = make(Op::not_like, {e, membership()});
      } else if (is_symbol("=~") || is_symbol("!~")) {
        not_here("the regular expression operator");
      } else {
        return e;
      }
    }
  }

  ExprPtr membership() {
    ExprPtr e = comparison();
    for (;;) {
      if (take_keyword("IN"))
        e = make(Op::in, {e, comparison()});
      else if (is_keyword("NOT") && is_keyword("IN", 1)) {
        at_ += 2;
        e = make(Op::not_in, {e, comparison()});
      } else {
        return e;
      }
    }
  }

  ExprPtr comparison() {
    ExprPtr e = range();
    for (;;) {
      if (take_symbol("<"))
        e = make(Op::less, {e, range()});
      else if (take_symbol("<="))
        e = make(Op::less_equal, {e, range()});
      else if (take_symbol(">"))
        e = make(Op::greater, {e, range()});
      else if (take_symbol(">="))
        e = make(Op::greater_equal, {e, range()});
      else
        return e;
    }
  }

  ExprPtr range() {
    ExprPtr e = sum();
    if (take_symbol("..")) return make(Op::range, {e, sum()});
    return e;
  }

  ExprPtr sum() {
    ExprPtr e = product();
    for (;;) {
      if (take_symbol("+"))
        e = make(Op::add, {e, product()});
      else if (take_symbol("-"))
        e = make(Op::subtract, {e, product()});
      else
        return e;
    }
  }

  ExprPtr product() {
    ExprPtr e = unary();
    for (;;) {
      if (take_symbol("*"))
        e = make(Op::multiply, {e, unary()});
      else if (take_symbol("/"))
        e = make(Op::divide, {e, unary()});
      else if (take_symbol("%"))
        e = make(Op::modulo, {e, unary()});
      else
        return e;
    }
  }

  ExprPtr unary() {
    if (take_symbol("-")) return make(Op::negate, {unary()});
    if (take_symbol("+")) return make(Op::plus, {unary()});
    if (take_symbol("!") || take_keyword("NOT")) return make(Op::logical_not, {unary()});
    return postfix(primary());
  }

  ExprPtr postfix(ExprPtr e) {
    for (;;) {
      if (take_symbol(".")) {
        if (peek().kind == Kind::bind)
          e = make(Op::attribute, {e}, bound_name());
        else
          e = make(Op::attribute, {e}, attribute_name());
      } else if (is_symbol("[") && is_symbol("*", 1)) {
        at_ += 2;
        expect_symbol("]");
        auto x = make(Op::expansion, {e});
        x->slot = query_.slots++;
        x->kids.push_back(postfix(variable(x->slot)));
        e = x;
      } else if (take_symbol("[")) {
        ExprPtr index = expression();
        expect_symbol("]");
        e = make(Op::subscript, {e, index});
      } else {
        return e;
      }
    }
  }

  std::string bound_name() {
    const std::string parameter = tokens_[at_++].text;
    const Value v = bound(parameter);
    if (v.is_string()) return v.string();
    fail_late({400, 1553, "bind parameter '" + parameter + "' has an invalid value or type"});
    return {};
  }

  // Behind a dot, keywords are no names: d.`limit` is the way to write it.
  std::string attribute_name() {
    if (peek().kind != Kind::identifier) unexpected(", expecting identifier or bind parameter");
    return tokens_[at_++].text;
  }

  ExprPtr primary() {
    const AqlToken& t = peek();
    switch (t.kind) {
      case Kind::integer:
      case Kind::real:
        ++at_;
        return number(t);
      case Kind::quoted:
        ++at_;
        return literal(t.text);
      case Kind::bind:
        ++at_;
        return literal(bound(t.text));
      case Kind::bind_source:
        ++at_;
        return collection(bound_source(t.text));
      case Kind::identifier:
        return name_or_call();
      case Kind::keyword:
        if (take_keyword("TRUE")) return literal(true);
        if (take_keyword("FALSE")) return literal(false);
        if (take_keyword("NULL")) return literal(Value());
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

  ExprPtr number(const AqlToken& t) const {
    auto n = Number::parse(t.text);
    if (!n) throw ApiError{400, 1504, "number out of range"};
    n->text.clear();
    return literal(std::move(*n));
  }

  ExprPtr parenthesis() {
    expect_symbol("(");
    ExprPtr e;
    if (starts_block()) {
      e = make(Op::subquery);
      e->block = block();
    } else {
      e = expression();
    }
    expect_symbol(")");
    return e;
  }

  [[nodiscard]] bool starts_block() const {
    return is_keyword("FOR") || is_keyword("LET") || is_keyword("RETURN") || is_keyword("FILTER");
  }

  ExprPtr array() {
    expect_symbol("[");
    ExprPtr e = make(Op::array);
    while (!is_symbol("]")) {
      e->kids.push_back(expression());
      if (!take_symbol(",")) break;  // a comma behind the last one is legal
    }
    expect_symbol("]");
    return e;
  }

  ExprPtr object() {
    expect_symbol("{");
    ExprPtr e = make(Op::object);
    while (!is_symbol("}")) {
      object_member(*e);
      if (!take_symbol(",")) break;
    }
    expect_symbol("}");
    return e;
  }

  void object_member(Expr& object) {
    if (take_symbol("[")) {
      object.kids.push_back(expression());
      expect_symbol("]");
    } else if (peek().kind == Kind::bind) {
      object.kids.push_back(literal(bound_name()));
    } else if (peek().kind == Kind::identifier || peek().kind == Kind::quoted) {
      const AqlToken& name = tokens_[at_++];
      object.kids.push_back(literal(name.text));
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

  ExprPtr reference(const std::string& name) {
    if (const Variable* v = lookup(name)) return variable(v->slot);
    return collection(name);
  }

  ExprPtr name_or_call() {
    std::string name = tokens_[at_++].text;
    if (is_symbol("::")) not_here("user-defined functions");
    if (!take_symbol("(")) return reference(name);
    ExprPtr e = make(Op::call, {}, upper(name));
    while (!is_symbol(")")) {
      if (starts_block()) {
        ExprPtr sub = make(Op::subquery);
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

}  // namespace

Query parse_aql(std::string_view text, const Value& bind_variables) {
  return Parser(text, bind_variables).parse();
}

}  // namespace fake_arango
