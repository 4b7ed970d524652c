#include "doc/json.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

#include "base/text.h"
#include "doc/escapes.h"
#include "doc/number_literal.h"
#include "doc/simdjson_compat.h"
#include "doc/utf8.h"

namespace arango2pg::doc {
namespace {

/// PostgreSQL's stack limit decides far below; this bounds what a hostile text can make others
/// walk.
constexpr std::uint32_t max_nesting = 100'000;
/// A jsonb string's length has 28 bits.
constexpr std::size_t max_string = 268'435'455;
/// Shorter literals without an exponent can't pass numeric's limits (16383 digits of fraction).
constexpr std::size_t always_in_range = 16'383;

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
JsonError syntax(std::string message, std::size_t offset) {
  return {"json_syntax", std::move(message), offset};
}

/// Stage 2: goes along the token offsets once, checks the grammar and writes one node per token.
/// Iterative: while a container is open, its node's `next` holds the index of the container around
/// it.
class Builder {
 public:
  Builder(std::string_view text, const std::uint32_t* offsets, std::uint32_t tokens, Node* nodes)
      : text_(text.data()),
        size_(static_cast<std::uint32_t>(text.size())),
        at_(offsets),
        end_(offsets + tokens),
        nodes_(nodes) {
    seek_backslash(0);
  }

  /// False: error() says why.
  bool build();
  [[nodiscard]] std::uint32_t node_count() const { return count_; }
  [[nodiscard]] const JsonError& error() const { return error_; }

 private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  enum class Step : std::uint8_t { fail, done, opened };

  Step value();
  Step open(Kind kind, char closing);
  bool name();
  bool string(std::uint8_t role);
  bool number();
  bool literal(std::string_view word, Kind kind, std::uint8_t flags);
  bool check_escapes(const char* begin, const char* end, std::uint8_t& flags);
  void close();

  [[nodiscard]] char token() const { return text_[*at_]; }
  /// The byte behind the last one that may belong to the token at *at_ (the list of offsets ends
  /// with the text's size).
  [[nodiscard]] const char* token_limit() const { return text_ + at_[1]; }
  void seek_backslash(std::uint32_t from) {
    const void* hit = std::memchr(text_ + from, '\\', size_ - from);
    backslash_ = hit == nullptr ? text_ + size_ : static_cast<const char*>(hit);
  }
  void add(const char* begin, const char* end, Kind kind, std::uint8_t flags) {
    nodes_[count_] = {static_cast<std::uint32_t>(begin - text_),
                      static_cast<std::uint32_t>(end - begin),
                      count_ + 1,
                      0,
                      kind,
                      flags};
    ++count_;
  }
  bool fail(std::string message) { return fail_at(syntax(std::move(message), *at_)); }
  bool fail_at(JsonError error) {
    error_ = std::move(error);
    return false;
  }

  const char* text_;
  std::uint32_t size_;
  const std::uint32_t* at_;
  const std::uint32_t* end_;
  Node* nodes_;
  std::uint32_t count_ = 0;
  std::uint32_t parent_ = none;
  std::uint32_t depth_ = 0;
  /// The next backslash that no string has claimed yet. One search over the text then tells of each
  /// string at the price of a comparison whether it holds an escape.
  const char* backslash_ = nullptr;
  JsonError error_;
};

bool Builder::build() {
  for (;;) {
    if (parent_ != none && nodes_[parent_].kind == Kind::object && !name()) return false;
    const Step step = value();
    if (step == Step::fail) return false;
    if (step == Step::opened) continue;
    // A value is complete: a comma leads to the next one, brackets complete what is around it.
    for (;;) {
      if (parent_ == none) return at_ == end_ || fail("more text behind the end of the value");
      if (at_ == end_) return fail("the text ends inside an array or object");
      const char c = token();
      if (c == ',') break;
      if (c != (nodes_[parent_].kind == Kind::object ? '}' : ']'))
        return fail("expected a comma or the closing bracket");
      close();
    }
    ++at_;
  }
}

Builder::Step Builder::value() {
  if (at_ == end_) {
    fail("the text ends where a value must begin");
    return Step::fail;
  }
  if (parent_ != none) ++nodes_[parent_].count;
  bool ok = false;
  switch (token()) {
    case '{':
      return open(Kind::object, '}');
    case '[':
      return open(Kind::array, ']');
    case '"':
      ok = string(0);
      break;
    case 't':
      ok = literal("true", Kind::boolean, Node::is_true);
      break;
    case 'f':
      ok = literal("false", Kind::boolean, 0);
      break;
    case 'n':
      ok = literal("null", Kind::null, 0);
      break;
    default:
      ok = number();
  }
  return ok ? Step::done : Step::fail;
}

Builder::Step Builder::open(Kind kind, char closing) {
  if (++depth_ > max_nesting) {
    fail_at({"json_nesting", "arrays and objects are nested too deeply", *at_});
    return Step::fail;
  }
  const char* begin = text_ + *at_++;
  add(begin, begin, kind, 0);
  nodes_[count_ - 1].next = std::exchange(parent_, count_ - 1);
  if (at_ == end_ || token() != closing) return Step::opened;
  close();
  return Step::done;
}

void Builder::close() {
  Node& node = nodes_[parent_];
  node.size = *at_++ + 1 - node.begin;
  parent_ = std::exchange(node.next, count_);
  --depth_;
  if (parent_ != none) nodes_[parent_].flags |= node.flags & Node::impossible;
}

bool Builder::name() {
  if (at_ == end_ || token() != '"') return fail("expected a name in quotes");
  if (!string(Node::is_name)) return false;
  if (at_ == end_ || token() != ':') return fail("expected a colon behind the name");
  ++at_;
  return true;
}

bool Builder::string(std::uint8_t role) {
  const char* begin = text_ + *at_ + 1;
  // Stage 1 has matched the quotes: between the closing one and the next token is white space.
  const char* end = token_limit() - 1;
  while (is_space(*end)) --end;
  std::uint8_t flags = role;
  if (backslash_ < end && !check_escapes(begin, end, flags)) return false;
  if (static_cast<std::size_t>(end - begin) > max_string &&
      unescaped_size({begin, end}) > max_string)
    return fail_at({"json_string_length", "a string is longer than jsonb can hold", *at_});
  add(begin, end, Kind::string, flags);
  if ((flags & Node::impossible) != 0 && parent_ != none)
    nodes_[parent_].flags |= flags & Node::impossible;
  ++at_;
  return true;
}

/// Each escape between `begin` and `end`, beginning with the one at backslash_; leaves backslash_
/// behind the string.
bool Builder::check_escapes(const char* begin, const char* end, std::uint8_t& flags) {
  // One before the string stands outside of any: the grammar refuses it later.
  if (backslash_ < begin) seek_backslash(static_cast<std::uint32_t>(begin - text_));
  if (backslash_ < end) flags |= Node::escaped;
  for (const char* at = backslash_; at < end;) {
    const Escape escape = read_escape(at, end);
    if (escape.size == 0)
      return fail_at(syntax("illegal escape in a string", static_cast<std::size_t>(at - text_)));
    if (escape.code == 0) flags |= Node::has_nul;
    if (is_surrogate(escape.code)) flags |= Node::has_surrogate;
    at += escape.size;
    // Text that is escaped throughout has the next backslash right here.
    if (at < end && *at == '\\') {
      backslash_ = at;
    } else {
      seek_backslash(static_cast<std::uint32_t>(at - text_));
      at = backslash_;
    }
  }
  return true;
}

bool Builder::number() {
  const char* begin = text_ + *at_;
  const char* limit = token_limit();
  const char* p = begin;
  std::uint8_t flags = 0;
  bool exponent = false;

  if (*p == '-') ++p;
  const char* digits = p;
  while (p < limit && is_digit(*p)) ++p;
  bool ok = p > digits && (*digits != '0' || p == digits + 1);
  if (p < limit && *p == '.') {
    flags = Node::fraction;
    digits = ++p;
    while (p < limit && is_digit(*p)) ++p;
    ok = ok && p > digits;
  }
  if (p < limit && (*p == 'e' || *p == 'E')) {
    flags = Node::fraction;
    exponent = true;
    ++p;
    if (p < limit && (*p == '+' || *p == '-')) ++p;
    digits = p;
    while (p < limit && is_digit(*p)) ++p;
    ok = ok && p > digits;
  }
  if (!ok || (p < limit && !is_space(*p))) return fail("expected a value");

  if (exponent || static_cast<std::size_t>(p - begin) > always_in_range) {
    const auto literal = NumberLiteral::parse({begin, p});
    if (!literal || !literal->fits_numeric())
      return fail_at({"json_number_range", "a number is beyond what numeric can hold", *at_});
  }
  add(begin, p, Kind::number, flags);
  ++at_;
  return true;
}

bool Builder::literal(std::string_view word, Kind kind, std::uint8_t flags) {
  const char* begin = text_ + *at_;
  const char* limit = token_limit();
  if (static_cast<std::size_t>(limit - begin) < word.size() ||
      std::memcmp(begin, word.data(), word.size()) != 0)
    return fail("expected a value");
  const char* end = begin + word.size();
  if (end < limit && !is_space(*end)) return fail("expected a value");
  add(begin, end, kind, flags);
  ++at_;
  return true;
}

/// The byte that stage 1 only reported to exist: the first control character inside a string.
std::size_t control_character_offset(std::string_view text) {
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') in_string = !in_string;
    if (in_string && text[i] == '\\')
      ++i;
    else if (in_string && static_cast<unsigned char>(text[i]) < 0x20)
      return i;
  }
  return text.size();
}

JsonError stage_1_error(TokenIndex::Verdict verdict, std::string_view text) {
  switch (verdict) {
    case TokenIndex::Verdict::utf8:
      return {"json_utf8", "the text is not valid UTF-8", valid_utf8_prefix(text)};
    case TokenIndex::Verdict::control_character:
      return syntax("a string holds a control character that must be escaped",
                    control_character_offset(text));
    case TokenIndex::Verdict::unclosed_string:
      return syntax("the text ends inside a string", text.size());
    default:
      return syntax("the text holds no value", text.size());
  }
}

}  // namespace

struct Document::Impl {
  TokenIndex tokens;
  std::unique_ptr<Node[]> nodes;
  std::size_t capacity = 0;

  Node* room_for(std::size_t count) {
    constexpr std::size_t usual = 1U << 12;
    // One huge document must not hold its memory for the rest of the run.
    const bool wasteful = capacity > 128 * usual && count <= 16 * usual;
    if (count > capacity || wasteful) {
      capacity = std::max(usual, count + count / 2);
      nodes.reset();
      nodes = std::make_unique_for_overwrite<Node[]>(capacity);
    }
    return nodes.get();
  }
};

Document::Document() : impl_(std::make_unique<Impl>()) {}
Document::~Document() = default;
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;

std::optional<JsonError> Document::parse(std::string_view text) {
  nodes_ = {};
  text_ = text;
  if (text.size() > TokenIndex::max_text)
    return syntax("the text is larger than 4 GiB", TokenIndex::max_text);
  TokenIndex& tokens = impl_->tokens;
  const TokenIndex::Verdict verdict = tokens.find(text);
  if (verdict != TokenIndex::Verdict::ok) return stage_1_error(verdict, text);

  Node* nodes = impl_->room_for(tokens.size());
  Builder builder(text, tokens.data(), tokens.size(), nodes);
  if (!builder.build()) return builder.error();
  nodes_ = {nodes, builder.node_count()};
  return std::nullopt;
}

}  // namespace arango2pg::doc
