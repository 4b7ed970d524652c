#include "fake_arango/aql_parser.h"

#include <algorithm>

#include "fake_arango/aql_functions.h"
#include "fake_arango/aql_parser_internal.h"

namespace fake_arango {

std::string upper_case(std::string_view s) {
  std::string out(s);
  for (char& c : out) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return out;
}

ExprPtr make_expr(Expr::Op op, std::vector<ExprPtr> kids, std::string name) {
  auto e = std::make_shared<Expr>();
  e->op = op;
  e->kids = std::move(kids);
  e->name = std::move(name);
  return e;
}

ExprPtr make_literal(Value v) {
  auto e = make_expr(Expr::Op::literal);
  e->value = std::move(v);
  return e;
}

ExprPtr make_variable(unsigned slot) {
  auto e = make_expr(Expr::Op::variable);
  e->slot = slot;
  return e;
}

Query AqlParser::parse() {
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

unsigned AqlParser::declare(const std::string& name) {
  for (const Variable& v : variables_)
    if (v.name == name)
      throw ApiError{400, 1511, "variable '" + name + "' is assigned multiple times"};
  variables_.push_back({name, query_.slots++, level_});
  return variables_.back().slot;
}

const AqlParser::Variable* AqlParser::lookup(const std::string& name) const {
  for (const Variable& v : variables_)
    if (v.name == name) return &v;
  return nullptr;
}

ExprPtr AqlParser::collection(std::string name) {
  if (std::find(query_.collections.begin(), query_.collections.end(), name) ==
      query_.collections.end())
    query_.collections.push_back(name);
  return make_expr(Op::collection, {}, std::move(name));
}

std::string AqlParser::bound_source(const std::string& parameter) {
  const std::string name = "@" + parameter;
  const Value v = bound(name);
  if (v.is_string() && !v.string().empty()) return v.string();
  fail_late({400, 1553, "bind parameter '" + name + "' has an invalid value or type"});
  return {};
}

void AqlParser::fail_late(ApiError e) {
  if (!late_) late_ = std::move(e);
}

Value AqlParser::bound(const std::string& name) {
  used_binds_.insert(name);
  const auto v = binds_.find(name);
  if (v) return *v;
  fail_late({400, 1551, "no value specified for declared bind parameter '" + name + "'"});
  return {};
}

void AqlParser::check_binds() const {
  if (!binds_.is_object()) return;
  for (const auto& [name, _] : binds_.members())
    if (!used_binds_.contains(name))
      throw ApiError{400, 1552, "bind parameter '" + name + "' was not declared in the query"};
}

ExprPtr AqlParser::source_name() {
  if (peek().kind == Kind::bind_source) return collection(bound_source(tokens_[at_++].text));
  return collection(identifier());
}

std::shared_ptr<Block> AqlParser::block() {
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

Clause AqlParser::for_clause() {
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

Clause AqlParser::filter_clause() {
  Clause c;
  c.kind = Clause::Kind::filter;
  c.expression = expression();
  return c;
}

void AqlParser::let_clauses(std::vector<Clause>& out) {
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

Clause AqlParser::sort_clause() {
  Clause c;
  c.kind = Clause::Kind::sort;
  do {
    ExprPtr e = expression();
    const bool descending = !take_keyword("ASC") && take_keyword("DESC");
    c.sort.emplace_back(std::move(e), descending);
  } while (take_symbol(","));
  return c;
}

Clause AqlParser::limit_clause() {
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

Clause AqlParser::collect_clause() {
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
      aggregates.push_back({std::move(name), call->name,
                            call->kids.empty() ? make_literal(Value()) : call->kids[0]});
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

Query parse_aql(std::string_view text, const Value& bind_variables) {
  return AqlParser(text, bind_variables).parse();
}

}  // namespace fake_arango
