#include <cstring>

#include "doc/escapes.h"
#include "doc/json.h"
#include "doc/utf8.h"

namespace arango2pg::doc {
namespace {

/// Calls `plain(run)` for each run without escapes and `escaped(escape, its source)` for each
/// escape, in order.
template <class Plain, class Escaped>
void walk_string(std::string_view raw, Plain plain, Escaped escaped) {
  const char* at = raw.data();
  const char* const end = at + raw.size();
  while (at < end) {
    const void* hit = std::memchr(at, '\\', static_cast<std::size_t>(end - at));
    const char* backslash = hit == nullptr ? end : static_cast<const char*>(hit);
    if (backslash > at) plain(std::string_view(at, backslash));
    at = backslash;
    while (at < end && *at == '\\') {
      const Escape escape = read_escape(at, end);
      // The document has been checked; a zero size would mean that its text has changed since.
      if (escape.size == 0) return;
      escaped(escape, std::string_view(at, escape.size));
      at += escape.size;
    }
  }
}

bool equals_unescaped(std::string_view raw, std::string_view wanted) {
  bool equal = true;
  std::string bytes;  // at most four: stays inside the string object
  const auto compare = [&](std::string_view part) {
    equal = equal && wanted.starts_with(part);
    if (equal) wanted.remove_prefix(part.size());
  };
  walk_string(raw, compare, [&](const Escape& escape, std::string_view) {
    bytes.clear();
    append_utf8(bytes, escape.code);
    compare(bytes);
  });
  return equal && wanted.empty();
}

constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// What becomes of an escape that jsonb and text can't hold; nothing if it is an ordinary one.
std::optional<std::string_view> substitute(const Escape& escape, const StringPolicy& policy) {
  if (escape.code != 0 && !is_surrogate(escape.code)) return std::nullopt;
  const CharPolicy p = escape.code == 0 ? policy.nul : policy.surrogate;
  return p == CharPolicy::replace ? replacement : std::string_view();
}

bool has_impossible(std::uint8_t flags) {
  return (flags & (Node::has_nul | Node::has_surrogate)) != 0;
}

}  // namespace

std::string_view Value::raw() const {
  const Node& n = node();
  return document_->text().substr(n.begin, n.size);
}

std::string_view Value::json() const {
  const Node& n = node();
  if (n.kind != Kind::string) return document_->text().substr(n.begin, n.size);
  return document_->text().substr(n.begin - 1, n.size + 2);
}

std::string_view Value::string(std::string& scratch) const {
  const std::string_view source = raw();
  if ((flags() & Node::escaped) == 0) return source;
  scratch.clear();
  walk_string(
      source, [&](std::string_view run) { scratch.append(run); },
      [&](const Escape& escape, std::string_view) { append_utf8(scratch, escape.code); });
  return scratch;
}

std::optional<Value> Value::find(std::string_view name) const {
  if (kind() != Kind::object) return std::nullopt;
  const Node* nodes = document_->nodes().data();
  const char* text = document_->text().data();
  std::uint32_t found = 0;
  const std::uint32_t end = nodes[index_].next;
  for (std::uint32_t i = index_ + 1; i < end; i = nodes[i + 1].next) {
    const Node& n = nodes[i];
    const bool equal =
        (n.flags & Node::escaped) == 0
            ? n.size == name.size() && std::memcmp(text + n.begin, name.data(), n.size) == 0
            : equals_unescaped({text + n.begin, n.size}, name);
    if (equal) found = i + 1;  // go on: the last one wins
  }
  if (found == 0) return std::nullopt;
  return Value(*document_, found);
}

std::optional<Value> Value::at(std::size_t i) const {
  if (kind() != Kind::array || i >= count()) return std::nullopt;
  const Node* nodes = document_->nodes().data();
  std::uint32_t index = index_ + 1;
  for (; i > 0; --i) index = nodes[index].next;
  return Value(*document_, index);
}

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  out.push_back('"');
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, done, i - done);
    done = i + 1;
    out.push_back('\\');
    switch (c) {
      case '"':
      case '\\':
        out.push_back(static_cast<char>(c));
        break;
      case '\b':
        out.push_back('b');
        break;
      case '\f':
        out.push_back('f');
        break;
      case '\n':
        out.push_back('n');
        break;
      case '\r':
        out.push_back('r');
        break;
      case '\t':
        out.push_back('t');
        break;
      default:
        out.append("u00");
        out.push_back(hex[c >> 4]);
        out.push_back(hex[c & 15]);
    }
  }
  out.append(text, done, text.size() - done);
  out.push_back('"');
}

void append_json(std::string& out, Value value, const StringPolicy& policy) {
  const std::string_view source = value.json();
  if (!has_impossible(value.flags())) {
    out.append(source);
    return;
  }
  // Only the strings that hold such characters are written anew; all between them is copied.
  const std::string_view text = value.document().text();
  const auto nodes = value.document().nodes();
  auto done = static_cast<std::size_t>(source.data() - text.data());
  const std::size_t end = done + source.size();
  for (std::uint32_t i = value.index(); i < value.node().next; ++i) {
    const Node& n = nodes[i];
    if (n.kind != Kind::string || !has_impossible(n.flags)) continue;
    out.append(text, done, n.begin - done);
    walk_string(
        text.substr(n.begin, n.size), [&](std::string_view run) { out.append(run); },
        [&](const Escape& escape, std::string_view as_written) {
          out.append(substitute(escape, policy).value_or(as_written));
        });
    done = n.begin + n.size;
  }
  out.append(text, done, end - done);
}

void append_text(std::string& out, Value string_value, const StringPolicy& policy) {
  const std::string_view source = string_value.raw();
  if ((string_value.flags() & Node::escaped) == 0) {
    out.append(source);
    return;
  }
  walk_string(
      source, [&](std::string_view run) { out.append(run); },
      [&](const Escape& escape, std::string_view) {
        if (const auto other = substitute(escape, policy))
          out.append(*other);
        else
          append_utf8(out, escape.code);
      });
}

}  // namespace arango2pg::doc
