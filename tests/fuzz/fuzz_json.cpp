// Any bytes: the parser takes or refuses them without reading elsewhere, and whatever it takes can
// be walked, written and read again.
#include <cstdint>
#include <string>
#include <vector>

#include "doc/json.h"
#include "doc/jsonb_order.h"
#include "doc/number_literal.h"
#include "doc/utf8.h"
#include "expect.h"

namespace {

using namespace arango2pg::doc;
using arango2pg::fuzz::expect;

constexpr std::uint8_t impossible = Node::has_nul | Node::has_surrogate;

void check_string(Value v) {
  std::string scratch, again;
  const std::string_view text = v.string(scratch);
  const bool flagged = (v.flags() & impossible) != 0;
  const bool surrogate = (v.flags() & Node::has_surrogate) != 0;
  expect((valid_utf8_prefix(text) == text.size()) != surrogate,
         "only lone surrogates are no UTF-8");
  expect((v.flags() & Node::has_nul) != 0 || text.find('\0') == text.npos, "NULs are flagged");
  for (const CharPolicy policy : {CharPolicy::strip, CharPolicy::replace}) {
    std::string repaired;
    append_text(repaired, v, {policy, policy});
    expect(flagged || repaired == text, "sound text is not changed");
    expect(valid_utf8_prefix(repaired) == repaired.size(), "repaired text is UTF-8");
    expect(repaired.find('\0') == repaired.npos, "repaired text has no NUL");
  }
  if (surrogate) return;
  std::string json;
  append_json_string(json, text);
  static Document document;
  expect(!document.parse(json), "a written string can be read");
  expect(document.root().string(again) == text, "and is the same");
}

/// Everything below `v`; returns the index behind it.
std::uint32_t walk(Value v, int depth) {
  std::uint32_t behind = v.index() + 1;
  std::uint32_t count = 0;
  if (v.kind() == Kind::string) check_string(v);
  if (v.kind() == Kind::number) {
    const auto literal = NumberLiteral::parse(v.raw());
    expect(literal && literal->fits_numeric(), "a number is a literal that numeric holds");
  }
  if (depth > 200) return v.node().next;
  if (v.kind() == Kind::array)
    for (const Value element : Elements(v)) {
      expect(element.index() == behind, "elements follow each other");
      expect(v.at(count++)->index() == behind, "at() finds the same");
      behind = walk(element, depth + 1);
      if (count > 50) return v.node().next;
    }
  if (v.kind() == Kind::object)
    for (const auto member : Members(v)) {
      std::string scratch;
      check_string(member.name);
      const auto found = v.find(member.name.string(scratch));
      expect(found && found->index() >= member.value.index(), "find() takes the last");
      behind = walk(member.value, depth + 1);
      if (++count > 50) return v.node().next;
    }
  expect(count == v.count() || v.kind() < Kind::array, "count is right");
  expect(behind == v.node().next, "next points behind");
  return behind;
}

/// In jsonb's order nothing is lost, and a second time nothing changes.
void check_order(Value root) {
  static JsonbOrder order;
  static Document sorted;
  if ((root.flags() & impossible) != 0) return;
  std::string once, twice;
  order.append(once, root);
  expect(!sorted.parse(once), "what is in order can be read");
  expect(sorted.nodes().size() == root.document().nodes().size(), "and has the same values");
  order.append(twice, sorted.root());
  expect(once == twice, "and is in order");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A copy of exactly this size: one byte read behind it is an error.
  const std::vector<char> bytes(data, data + size);
  const std::string_view text(bytes.data(), bytes.size());
  static Document document;  // reused, as the program does; making one costs more than most inputs
  if (const auto error = document.parse(text)) {
    expect(document.empty(), "a refused document is empty");
    expect(error->offset <= size, "errors are inside the text");
    const bool is_utf8 = valid_utf8_prefix(text) == size;
    expect(error->rule != "json_utf8" || (!is_utf8 && error->offset < size), "bad UTF-8 is found");
    return 0;
  }
  expect(valid_utf8_prefix(text) == size, "what passes is UTF-8");
  const Value root = document.root();
  walk(root, 0);
  check_order(root);
  for (const CharPolicy policy : {CharPolicy::strip, CharPolicy::replace}) {
    std::string out;
    append_json(out, root, {policy, policy});
    expect((root.flags() & impossible) != 0 || out == root.json(), "sound documents are copied");
    static Document again;
    expect(!again.parse(out), "what is written can be read");
    expect((again.root().flags() & impossible) == 0, "and is repaired");
    expect(again.nodes().size() == document.nodes().size(), "and has the same shape");
  }
  return 0;
}
