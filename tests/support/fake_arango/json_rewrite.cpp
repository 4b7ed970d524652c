// JSON text to JSON text, without building values: what loading and reading documents is made of.
#include <algorithm>

#include "fake_arango/json.h"
#include "fake_arango/json_internal.h"

namespace fake_arango {
namespace {

// Copies a value in the server's print form.
class Rewriter {
 public:
  Rewriter(std::string_view text, bool normalise_numbers, std::string& out)
      : in_(text), normalise_numbers_(normalise_numbers), out_(out) {}

  void document(std::vector<MemberSpan>& members) {
    if (in_.peek() != '{') in_.fail("an object was expected");
    object(&members);
    in_.expect_end();
  }

 private:
  std::string string() {
    bool plain = false;
    const std::string_view raw = in_.string_token(plain);
    if (!plain) return unescape_json(raw);
    return std::string(raw);
  }

  void object(std::vector<MemberSpan>* members) {
    in_.enter();
    in_.expect('{');
    out_.push_back('{');
    if (!in_.take('}')) {
      bool first = true;
      do {
        if (!first) out_.push_back(',');
        first = false;
        in_.peek();
        if (members != nullptr) {
          members->push_back({string(), 0, 0});
          append_json_string(out_, members->back().name);
        } else {
          string_value();
        }
        in_.expect(':');
        out_.push_back(':');
        const std::size_t begin = out_.size();
        value();
        if (members != nullptr) {
          members->back().begin = begin;
          members->back().end = out_.size();
        }
      } while (in_.take(','));
      in_.expect('}');
    }
    out_.push_back('}');
    in_.leave();
  }

  void array() {
    in_.enter();
    in_.expect('[');
    out_.push_back('[');
    if (!in_.take(']')) {
      bool first = true;
      do {
        if (!first) out_.push_back(',');
        first = false;
        value();
      } while (in_.take(','));
      in_.expect(']');
    }
    out_.push_back(']');
    in_.leave();
  }

  void string_value() {
    bool plain = false;
    const std::string_view raw = in_.string_token(plain);
    if (plain) {
      out_.push_back('"');
      out_.append(raw);
      out_.push_back('"');
    } else {
      append_json_string(out_, unescape_json(raw));
    }
  }

  void value() {
    switch (in_.peek()) {
      case '{':
        return object(nullptr);
      case '[':
        return array();
      case '"':
        return string_value();
      case 't':
        in_.word("true");
        out_ += "true";
        return;
      case 'f':
        in_.word("false");
        out_ += "false";
        return;
      case 'n':
        in_.word("null");
        out_ += "null";
        return;
      case '-':
      case '0':
      case '1':
      case '2':
      case '3':
      case '4':
      case '5':
      case '6':
      case '7':
      case '8':
      case '9':
        return number();
      default:
        in_.fail("a value was expected");
    }
  }

  void number() {
    const std::string_view token = in_.number_token();
    if (!normalise_numbers_) {
      out_.append(token);
      return;
    }
    auto n = Number::parse(token);
    if (!n) in_.fail("number out of range");
    n->text.clear();
    out_ += n->printed();
  }

  JsonScanner in_;
  bool normalise_numbers_;
  std::string& out_;
};

// The offset behind the value at `i` of an object in our own print form.
std::size_t skip_raw(std::string_view s, std::size_t i) {
  const auto skip_string = [&](std::size_t k) {
    for (++k; k < s.size() && s[k] != '"'; ++k)
      if (s[k] == '\\') ++k;
    return k + 1;
  };
  if (i >= s.size()) return s.size();
  if (s[i] == '"') return std::min(skip_string(i), s.size());
  if (s[i] != '{' && s[i] != '[') return std::min(s.find_first_of(",}]", i), s.size());
  int depth = 0;
  while (i < s.size()) {
    const char c = s[i];
    if (c == '"') {
      i = skip_string(i);
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    ++i;
    if ((c == '}' || c == ']') && --depth == 0) return i;
  }
  return s.size();
}

}  // namespace

void rewrite_object(std::string_view text, bool normalise_numbers, std::string& out,
                    std::vector<MemberSpan>& members) {
  members.clear();
  Rewriter(text, normalise_numbers, out).document(members);
}

std::optional<std::string_view> find_raw(std::string_view object, std::string_view name) {
  std::string quoted;
  append_json_string(quoted, name);
  std::size_t i = 1;
  while (i < object.size() && object[i] == '"') {
    const std::size_t colon = skip_raw(object, i);
    const std::size_t end = skip_raw(object, colon + 1);
    if (end <= colon) return std::nullopt;  // a verbatim text that is no JSON
    if (object.substr(i, colon - i) == quoted) return object.substr(colon + 1, end - colon - 1);
    i = end + 1;
  }
  return std::nullopt;
}

}  // namespace fake_arango
