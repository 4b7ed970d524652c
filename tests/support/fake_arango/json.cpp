#include "fake_arango/json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "fake_arango/documents.h"
#include "fake_arango/json_internal.h"

namespace fake_arango {
namespace {

constexpr double two_53 = 9007199254740992.0;
constexpr double two_64 = 18446744073709551616.0;

// Shortest digits and the power of ten behind the last of them.
struct Digits {
  std::string digits;
  int exponent = 0;
};

Digits shortest(double v) {
  std::array<char, 40> buffer{};
  const auto r =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), v, std::chars_format::scientific);
  const std::string_view text(buffer.data(), static_cast<std::size_t>(r.ptr - buffer.data()));
  const std::size_t e = text.find('e');
  Digits d;
  for (char c : text.substr(0, e))
    if (c != '.') d.digits.push_back(c);
  std::string_view power = text.substr(e + 1);
  if (power.front() == '+') power.remove_prefix(1);
  std::from_chars(power.data(), power.data() + power.size(), d.exponent);
  d.exponent -= static_cast<int>(d.digits.size()) - 1;
  return d;
}

// Plain digits where that is short, else an exponent (protocol 11.1).
std::string printed_positive(double v) {
  if (v >= two_53 && v < two_64) {
    std::array<char, 40> buffer{};
    const int n = std::snprintf(buffer.data(), buffer.size(), "%.1f", v);
    return {buffer.data(), static_cast<std::size_t>(n)};
  }
  Digits d = shortest(v);
  const int n = static_cast<int>(d.digits.size());
  const int magnitude = std::abs(d.exponent + n - 1);
  if (d.exponent >= 0 && magnitude < n + 7)
    return d.digits + std::string(static_cast<std::size_t>(d.exponent), '0');
  if (d.exponent < 0 && (d.exponent > -7 || magnitude < 4)) {
    const int before = n + d.exponent;
    if (before <= 0) return "0." + std::string(static_cast<std::size_t>(-before), '0') + d.digits;
    return d.digits.insert(static_cast<std::size_t>(before), ".");
  }
  std::string out = d.digits.substr(0, 1);
  if (n > 1) out += "." + d.digits.substr(1);
  const int power = d.exponent + n - 1;
  return out + (power < 0 ? "e-" : "e+") + std::to_string(std::abs(power));
}

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

Number Number::of(std::int64_t v) { return {Kind::integer, v, 0, static_cast<double>(v), {}}; }

Number Number::of(std::uint64_t v) {
  if (v <= static_cast<std::uint64_t>(INT64_MAX)) return of(static_cast<std::int64_t>(v));
  return {Kind::big, 0, v, static_cast<double>(v), {}};
}

Number Number::of(double v) { return {Kind::real, 0, 0, v, {}}; }

std::optional<Number> Number::parse(std::string_view text) {
  Number n;
  const char* const end = text.data() + text.size();
  if (text.find_first_of(".eE") == std::string_view::npos) {
    if (std::from_chars(text.data(), end, n.integer).ec == std::errc()) {
      n.real = static_cast<double>(n.integer);
      n.text = text;
      return n;
    }
    if (std::from_chars(text.data(), end, n.big).ec == std::errc() && text.front() != '-') {
      n.kind = Kind::big;
      n.integer = 0;
      n.real = static_cast<double>(n.big);
      n.text = text;
      return n;
    }
  }
  n = Number{};
  n.kind = Kind::real;
  const auto r = std::from_chars(text.data(), end, n.real);
  if (r.ec == std::errc::result_out_of_range) {
    // Too small is zero; too big is no number.
    const std::size_t e = text.find_first_of("eE");
    if (e == std::string_view::npos || text[e + 1] != '-') return std::nullopt;
    n.real = 0;
  }
  n.text = text;
  return n;
}

std::string Number::printed() const {
  if (!text.empty()) return text;
  if (kind == Kind::integer) return std::to_string(integer);
  if (kind == Kind::big) return std::to_string(big);
  if (!std::isfinite(real)) return "null";
  if (real == 0) return std::signbit(real) ? "-0" : "0";
  return real < 0 ? "-" + printed_positive(-real) : printed_positive(real);
}

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
