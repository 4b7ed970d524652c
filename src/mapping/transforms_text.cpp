// Steps on texts. Numbers and booleans are taken as their literal.
#include <openssl/evp.h>
#include <re2/re2.h>

#include <array>

#include "base/error.h"
#include "mapping/evaluate.h"
#include "mapping/transforms.h"
#include "mapping/unicode.h"

namespace arango2pg::mapping {
namespace {

/// Runs a function that appends the new text.
template <class F>
bool rewrite(Cell& cell, Evaluator& e, F&& append) {
  std::string_view text;
  if (!e.text_of(cell, text)) return false;
  TextBuffer out(e.workspace());
  append(*out, text);
  cell.become_text(Cell::Kind::text, e.keep(*out));
  return true;
}

bool trim(Cell& cell, const Step&, Evaluator& e) {
  std::string_view text;
  if (!e.text_of(cell, text)) return false;
  cell.become_text(Cell::Kind::text, trimmed(text));
  return true;
}

bool lower(Cell& cell, const Step&, Evaluator& e) { return rewrite(cell, e, append_lower); }
bool upper(Cell& cell, const Step&, Evaluator& e) { return rewrite(cell, e, append_upper); }
bool collapse(Cell& cell, const Step&, Evaluator& e) { return rewrite(cell, e, append_collapsed); }

void read_truncate(const RuleReader& r, const Yaml* node, const std::string& what, bool,
                   Step& out) {
  out.number =
      r.place().want_integer(argument(r, node, what, out, "truncate: 255"), what, 0, 1'000'000'000);
}

bool truncate(Cell& cell, const Step& step, Evaluator& e) {
  std::string_view text;
  if (!e.text_of(cell, text)) return false;
  cell.become_text(Cell::Kind::text,
                   text.substr(0, character_offset(text, static_cast<std::size_t>(step.number))));
  return true;
}

void read_substring(const RuleReader& r, const Yaml* node, const std::string& what, bool,
                    Step& out) {
  const Yaml& map =
      r.place().want_map(argument(r, node, what, out, "substring: { from: 0, length: 10 }"), what);
  r.place().only(map, what, {"from", "length"});
  out.number = 0;
  out.other = -1;
  if (const Yaml* from = map.find("from"))
    out.number = r.place().want_integer(*from, "'from'", 0, 1'000'000'000);
  if (const Yaml* length = map.find("length"))
    out.other = r.place().want_integer(*length, "'length'", 0, 1'000'000'000);
}

bool substring(Cell& cell, const Step& step, Evaluator& e) {
  std::string_view text;
  if (!e.text_of(cell, text)) return false;
  text.remove_prefix(character_offset(text, static_cast<std::size_t>(step.number)));
  if (step.other >= 0)
    text = text.substr(0, character_offset(text, static_cast<std::size_t>(step.other)));
  cell.become_text(Cell::Kind::text, text);
  return true;
}

void read_replace(const RuleReader& r, const Yaml* node, const std::string& what, bool, Step& out) {
  const Yaml& map =
      r.place().want_map(argument(r, node, what, out, "replace: { from: \"-\", to: \"\" }"), what);
  r.place().only(map, what, {"from", "pattern", "to"});
  const Yaml *from = map.find("from"), *pattern = map.find("pattern"), *to = map.find("to");
  if ((from == nullptr) == (pattern == nullptr))
    r.place().fail(map.line, what + " needs either 'from' or 'pattern'");
  if (from != nullptr) out.text = r.place().want_text(*from, "'from'");
  if (from != nullptr && out.text.empty()) r.place().fail(from->line, "'from' must not be empty");
  if (pattern != nullptr) out.pattern = r.pattern(*pattern, "'pattern'");
  if (to == nullptr) r.place().fail(map.line, what + " needs 'to'");
  out.second = r.place().want_text(*to, "'to'");
  std::string why;
  if (out.pattern && !out.pattern->CheckRewriteString(out.second, &why))
    r.place().fail(to->line, "'to' does not fit the pattern: " + why);
}

bool replace(Cell& cell, const Step& step, Evaluator& e) {
  return rewrite(cell, e, [&](std::string& out, std::string_view text) {
    if (step.pattern) {
      out = text;
      RE2::GlobalReplace(&out, *step.pattern, step.second);
      return;
    }
    for (std::size_t at = 0;;) {
      const std::size_t hit = text.find(step.text, at);
      out += text.substr(at, hit - at);
      if (hit == std::string_view::npos) return;
      out += step.second;
      at = hit + step.text.size();
    }
  });
}

void read_split(const RuleReader& r, const Yaml* node, const std::string& what, bool, Step& out) {
  out.text = r.place().want_text(argument(r, node, what, out, "split: \",\""), what);
  if (out.text.empty()) r.place().fail(node->line, what + " needs a separator");
}

/// An empty text has no elements.
bool split(Cell& cell, const Step& step, Evaluator& e) {
  std::string_view text;
  if (!e.text_of(cell, text)) return false;
  TextBuffer json(e.workspace());
  json->push_back('[');
  for (std::size_t at = 0; !text.empty();) {
    const std::size_t hit = text.find(step.text, at);
    if (at > 0) json->push_back(',');
    doc::append_json_string(*json, text.substr(at, hit - at));
    if (hit == std::string_view::npos) break;
    at = hit + step.text.size();
  }
  json->push_back(']');
  cell.become_text(Cell::Kind::json, e.keep(*json));
  return true;
}

void read_null_if(const RuleReader& r, const Yaml* node, const std::string& what, bool, Step& out) {
  const Yaml& n = argument(r, node, what, out, "null_if: \"\"");
  for (const Literal& l : r.literals(n, what)) {
    if (l.kind() == doc::Kind::array || l.kind() == doc::Kind::object)
      r.place().fail(n.line, what + " compares texts, numbers and booleans");
    out.names.push_back(l.text());
  }
}

bool null_if(Cell& cell, const Step& step, Evaluator& e) {
  if (cell.kind == Cell::Kind::value &&
      (cell.value().kind() == doc::Kind::object || cell.value().kind() == doc::Kind::array))
    return true;
  std::string_view text;
  if (!e.text_of(cell, text)) return false;
  for (const std::string& n : step.names) {
    if (text != n) continue;
    const std::string_view origin = cell.origin;
    cell = {};
    cell.origin = origin;
    break;
  }
  return true;
}

std::array<unsigned char, 32> digest_of(std::string_view text) {
  std::array<unsigned char, 32> digest{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
    throw Error(Exit::unexpected, "OpenSSL can't compute SHA-256");
  return digest;
}

void read_sha256(const RuleReader& r, const Yaml* node, const std::string& what, bool, Step& out) {
  if (node == nullptr || node->is_null()) return;
  const Yaml& map = r.place().want_map(*node, what);
  r.place().only(map, what, {"salt"});
  if (const Yaml* salt = map.find("salt")) out.text = r.place().want_text(*salt, "'salt'");
}

bool sha256(Cell& cell, const Step& step, Evaluator& e) {
  constexpr std::string_view hex = "0123456789abcdef";
  return rewrite(cell, e, [&](std::string& out, std::string_view text) {
    const auto digest = digest_of(step.text.empty() ? text : step.text + std::string(text));
    for (const unsigned char byte : digest) {
      out += hex[byte >> 4];
      out += hex[byte & 15];
    }
  });
}

void read_mask(const RuleReader& r, const Yaml* node, const std::string& what, bool, Step& out) {
  out.text = "*";
  if (node == nullptr || node->is_null()) return;
  const Yaml& map = r.place().want_map(*node, what);
  r.place().only(map, what, {"first", "last", "with"});
  if (const Yaml* n = map.find("first"))
    out.number = r.place().want_integer(*n, "'first'", 0, 1000);
  if (const Yaml* n = map.find("last")) out.other = r.place().want_integer(*n, "'last'", 0, 1000);
  if (const Yaml* n = map.find("with")) out.text = r.place().want_text(*n, "'with'");
}

/// Shows `first` and `last` characters; a text too short to hide anything is hidden whole.
bool mask(Cell& cell, const Step& step, Evaluator& e) {
  return rewrite(cell, e, [&](std::string& out, std::string_view text) {
    const std::size_t all = count_characters(text);
    auto head = static_cast<std::size_t>(step.number), tail = static_cast<std::size_t>(step.other);
    if (head + tail >= all) head = tail = 0;
    out += text.substr(0, character_offset(text, head));
    for (std::size_t i = head + tail; i < all; ++i) out += step.text;
    out += text.substr(character_offset(text, all - tail));
  });
}

}  // namespace

const std::vector<Transform> text_transforms = {
    {"trim", no_argument, trim, Shape::text},
    {"lower", no_argument, lower, Shape::text},
    {"upper", no_argument, upper, Shape::text},
    {"collapse_space", no_argument, collapse, Shape::text},
    {"truncate", read_truncate, truncate, Shape::text},
    {"substring", read_substring, substring, Shape::text},
    {"replace", read_replace, replace, Shape::text},
    {"split", read_split, split, Shape::texts},
    {"null_if", read_null_if, null_if, Shape::any},
    {"sha256", read_sha256, sha256, Shape::text},
    {"mask", read_mask, mask, Shape::text},
};

}  // namespace arango2pg::mapping
