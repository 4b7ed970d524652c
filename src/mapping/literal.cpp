#include "mapping/literal.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "doc/batch.h"
#include "mapping/decimal.h"

namespace arango2pg::mapping {

struct Literal::Held {
  doc::PaddedBuffer text;
  doc::Document document;
};

namespace {

int sign(std::strong_ordering order) { return order < 0 ? -1 : order > 0 ? 1 : 0; }

bool equal_numbers(doc::Value a, doc::Value b) {
  if (a.raw() == b.raw()) return true;
  const auto x = Decimal::parse(a.raw()), y = Decimal::parse(b.raw());
  return x && y && *x == *y;
}

bool equal_strings(doc::Value a, doc::Value b) {
  std::string x, y;
  return a.string(x) == b.string(y);
}

bool equal_arrays(doc::Value a, doc::Value b) {
  if (a.count() != b.count()) return false;
  auto other = doc::Elements(b).begin();
  for (const doc::Value v : doc::Elements(a)) {
    if (!equal(v, *other)) return false;
    ++other;
  }
  return true;
}

/// True if every member of `a` is in `b` with an equal value.
bool covers(doc::Value a, doc::Value b) {
  std::string scratch;
  for (const auto member : doc::Members(a)) {
    const std::string_view name = member.name.string(scratch);
    const auto mine = a.find(name), theirs = b.find(name);
    if (!theirs || !equal(*mine, *theirs)) return false;
  }
  return true;
}

}  // namespace

Literal::Literal() : Literal("null") {}

Literal::Literal(std::string_view json) {
  auto held = std::make_shared<Held>();
  held->text.reserve(json.size());
  held->text.append(json);
  if (const auto error = held->document.parse(held->text.view()))
    throw Error(Exit::unexpected, "a literal is no JSON: " + error->message);
  held_ = std::move(held);
}

doc::Value Literal::value() const { return held_->document.root(); }

std::string Literal::text() const {
  const doc::Value v = value();
  if (v.kind() != doc::Kind::string) return std::string(v.raw());
  std::string scratch;
  return std::string(v.string(scratch));
}

bool equal(doc::Value a, doc::Value b) {
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case doc::Kind::null:
      return true;
    case doc::Kind::boolean:
      return a.boolean() == b.boolean();
    case doc::Kind::number:
      return equal_numbers(a, b);
    case doc::Kind::string:
      return equal_strings(a, b);
    case doc::Kind::array:
      return equal_arrays(a, b);
    case doc::Kind::object:
      return covers(a, b) && covers(b, a);
  }
  return false;
}

bool too_deep(doc::Value value) {
  const auto nodes = value.document().nodes();
  std::vector<std::uint32_t> ends;  // of the containers that are open
  for (std::uint32_t i = value.index(); i < value.node().next; ++i) {
    while (!ends.empty() && ends.back() <= i) ends.pop_back();
    if (nodes[i].kind != doc::Kind::array && nodes[i].kind != doc::Kind::object) continue;
    ends.push_back(nodes[i].next);
    if (ends.size() > max_walk_depth) return true;
  }
  return false;
}

void append_canonical(std::string& out, doc::Value value) {
  std::string scratch;
  switch (value.kind()) {
    case doc::Kind::null:
      out += "null";
      return;
    case doc::Kind::boolean:
      out += value.boolean() ? "true" : "false";
      return;
    case doc::Kind::number: {
      const auto number = Decimal::parse(value.raw());
      out += number ? number->text() : std::string(value.raw());
      return;
    }
    case doc::Kind::string:
      doc::append_json_string(out, value.string(scratch));
      return;
    case doc::Kind::array:
      out += '[';
      for (const doc::Value v : doc::Elements(value)) {
        append_canonical(out, v);
        out += ',';
      }
      out += ']';
      return;
    case doc::Kind::object:
      break;
  }
  std::map<std::string, std::string> members;
  for (const auto member : doc::Members(value)) {
    std::string& text = members[std::string(member.name.string(scratch))];
    text.clear();
    append_canonical(text, member.value);
  }
  out += '{';
  for (const auto& [name, text] : members) {
    doc::append_json_string(out, name);
    out += ':' + text + ',';
  }
  out += '}';
}

bool has_duplicates(doc::Value array) {
  std::vector<std::string> seen;
  for (const doc::Value v : doc::Elements(array)) append_canonical(seen.emplace_back(), v);
  std::sort(seen.begin(), seen.end());
  return std::adjacent_find(seen.begin(), seen.end()) != seen.end();
}

std::optional<int> compare(doc::Value a, doc::Value b) {
  if (a.kind() != b.kind()) return std::nullopt;
  if (a.kind() == doc::Kind::number) {
    const auto x = Decimal::parse(a.raw()), y = Decimal::parse(b.raw());
    if (!x || !y) return std::nullopt;
    return sign(*x <=> *y);
  }
  if (a.kind() != doc::Kind::string) return std::nullopt;
  std::string x, y;
  return sign(a.string(x).compare(b.string(y)) <=> 0);
}

}  // namespace arango2pg::mapping
