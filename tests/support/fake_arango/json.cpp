#include "fake_arango/json.h"

#include "fake_arango/documents.h"
#include "fake_arango/json_internal.h"

namespace fake_arango {
namespace {

void append_unit(std::string& out, char32_t unit) {
  static constexpr char hex[] = "0123456789ABCDEF";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out.push_back(hex[(unit >> shift) & 0xF]);
}

// The code point at `i` of valid (W)UTF-8; moves `i` behind it.
char32_t code_point(std::string_view s, std::size_t& i) {
  const auto b = [&](std::size_t k) {
    return static_cast<char32_t>(static_cast<unsigned char>(s[k]));
  };
  const char32_t first = b(i);
  const std::size_t n = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (i + n > s.size()) {
    i = s.size();
    return 0xFFFD;
  }
  char32_t c = n == 1 ? first : first & (0xFFU >> (n + 1));
  for (std::size_t k = 1; k < n; ++k) c = (c << 6) | (b(i + k) & 0x3F);
  i += n;
  return c;
}

void append_escaped(std::string& out, char32_t c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (c >= 0x10000) {
    append_unit(out, 0xD800 + ((c - 0x10000) >> 10));
    append_unit(out, 0xDC00 + ((c - 0x10000) & 0x3FF));
  } else {
    append_unit(out, c);
  }
}

Value read_value(JsonScanner& in);

Value read_array(JsonScanner& in) {
  in.enter();
  in.expect('[');
  Array items;
  if (!in.take(']')) {
    do items.push_back(read_value(in));
    while (in.take(','));
    in.expect(']');
  }
  in.leave();
  return items;
}

Value read_object(JsonScanner& in) {
  in.enter();
  in.expect('{');
  Object members;
  if (!in.take('}')) {
    do {
      bool plain = false;
      in.peek();
      const std::string_view raw = in.string_token(plain);
      std::string name = plain ? std::string(raw) : unescape_json(raw);
      in.expect(':');
      members.emplace_back(std::move(name), read_value(in));
    } while (in.take(','));
    in.expect('}');
  }
  in.leave();
  return members;
}

Value read_value(JsonScanner& in) {
  switch (in.peek()) {
    case '{':
      return read_object(in);
    case '[':
      return read_array(in);
    case 't':
      in.word("true");
      return true;
    case 'f':
      in.word("false");
      return false;
    case 'n':
      in.word("null");
      return {};
    case '"': {
      bool plain = false;
      const std::string_view raw = in.string_token(plain);
      return plain ? std::string(raw) : unescape_json(raw);
    }
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
    case '9': {
      auto n = Number::parse(in.number_token());
      if (!n) in.fail("number out of range");
      return std::move(*n);
    }
    default:
      in.fail("a value was expected");
  }
}

}  // namespace

Value::Value(Array v) : data_(std::make_shared<const Array>(std::move(v))) {}
Value::Value(Object v) : data_(std::make_shared<const Object>(std::move(v))) {}

Value::Kind Value::kind() const {
  switch (data_.index()) {
    case 0:
      return Kind::null;
    case 1:
      return Kind::boolean;
    case 2:
      return Kind::number;
    case 3:
      return Kind::string;
    case 4:
      return Kind::array;
    default:
      return Kind::object;
  }
}

ObjectView Value::members() const {
  if (const DocRef* d = document()) return parse_json(d->chunk->text(d->index)).members();
  return ObjectView(std::get<std::shared_ptr<const Object>>(data_));
}

std::optional<Value> Value::find(std::string_view name) const {
  if (const DocRef* d = document()) {
    if (name == "_key") return Value(d->chunk->key(d->index));
    const auto raw = find_raw(d->chunk->text(d->index), name);
    if (!raw) return std::nullopt;
    return parse_json(*raw);
  }
  if (!is_object()) return std::nullopt;
  const auto& object = *std::get<std::shared_ptr<const Object>>(data_);
  // The last one wins, should a name occur twice.
  for (auto it = object.rbegin(); it != object.rend(); ++it)
    if (it->first == name) return it->second;
  return std::nullopt;
}

bool Value::truthy() const {
  switch (kind()) {
    case Kind::null:
      return false;
    case Kind::boolean:
      return boolean();
    case Kind::number:
      return number().real != 0;
    case Kind::string:
      return !string().empty();
    default:
      return true;
  }
}

std::int64_t Value::as_integer() const {
  if (!is_number()) return 0;
  if (number().kind == Number::Kind::integer) return number().integer;
  return static_cast<std::int64_t>(number().real);
}

Value parse_json(std::string_view text) {
  JsonScanner in(text);
  Value v = read_value(in);
  in.expect_end();
  return v;
}

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  std::size_t i = 0;
  while (i < text.size()) {
    std::size_t k = i;
    while (k < text.size()) {
      const auto c = static_cast<unsigned char>(text[k]);
      if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\') break;
      ++k;
    }
    out.append(text.substr(i, k - i));
    i = k;
    if (i < text.size()) append_escaped(out, code_point(text, i));
  }
  out.push_back('"');
}

void append_json(std::string& out, const Value& value) {
  switch (value.kind()) {
    case Value::Kind::null:
      out += "null";
      return;
    case Value::Kind::boolean:
      out += value.boolean() ? "true" : "false";
      return;
    case Value::Kind::number:
      out += value.number().printed();
      return;
    case Value::Kind::string:
      append_json_string(out, value.string());
      return;
    case Value::Kind::array: {
      out.push_back('[');
      bool first = true;
      for (const Value& v : value.items()) {
        if (!first) out.push_back(',');
        first = false;
        append_json(out, v);
      }
      out.push_back(']');
      return;
    }
    case Value::Kind::object:
      break;
  }
  if (const DocRef* d = value.document()) {
    out.append(d->chunk->text(d->index));
    return;
  }
  out.push_back('{');
  bool first = true;
  for (const auto& [name, member] : value.members()) {
    if (!first) out.push_back(',');
    first = false;
    append_json_string(out, name);
    out.push_back(':');
    append_json(out, member);
  }
  out.push_back('}');
}

std::string to_json(const Value& value) {
  std::string out;
  append_json(out, value);
  return out;
}

}  // namespace fake_arango
