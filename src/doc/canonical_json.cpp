#include "doc/canonical_json.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/text.h"
#include "doc/escapes.h"
#include "doc/number_literal.h"
#include "doc/utf8.h"

namespace arango2pg::doc {
namespace {

// Every value begins with its tag, and texts and numbers with their size, so that different values
// never run together into the same bytes.
constexpr char tag_null = 'n';
constexpr char tag_true = 't';
constexpr char tag_false = 'f';
constexpr char tag_text = 's';
constexpr char tag_name = 'k';
constexpr char tag_number = 'd';
constexpr char tag_zero = '0';

constexpr std::size_t largest_size = 10;  ///< bytes of a number in put_size's form

char* write_size(char* to, std::uint64_t n) {
  for (; n >= 0x80; n >>= 7) *to++ = static_cast<char>(n | 0x80);
  *to++ = static_cast<char>(n);
  return to;
}

std::uint64_t zigzag(std::int64_t n) {
  return static_cast<std::uint64_t>(n) << 1 ^ static_cast<std::uint64_t>(n >> 63);
}

bool is_number_byte(char c) {
  return is_digit(c) || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/// The first quote or backslash from `at` on, or `end`.
const char* find_quote_or_backslash(const char* at, const char* end) {
  if constexpr (std::endian::native == std::endian::little) {
    constexpr std::uint64_t ones = 0x0101010101010101;
    constexpr std::uint64_t highs = 0x8080808080808080;
    const auto zero_bytes = [](std::uint64_t w) { return (w - ones) & ~w & highs; };
    for (; end - at >= 8; at += 8) {
      std::uint64_t w = 0;
      std::memcpy(&w, at, 8);
      const std::uint64_t hit = zero_bytes(w ^ (ones * '"')) | zero_bytes(w ^ (ones * '\\'));
      if (hit != 0) return at + (std::countr_zero(hit) >> 3);
    }
  }
  while (at < end && *at != '"' && *at != '\\') ++at;
  return at;
}

}  // namespace

char* CanonicalJson::room(std::size_t bytes) {
  const std::size_t needed = out_->size() + bytes;
  if (needed > out_->capacity()) out_->reserve(std::max(needed, out_->capacity() * 2));
  return out_->data() + out_->size();
}

void CanonicalJson::put(char tag) {
  *room(1) = tag;
  out_->resize(out_->size() + 1);
}

void CanonicalJson::put_size(std::uint64_t n) {
  char* const end = write_size(room(largest_size), n);
  out_->resize(static_cast<std::size_t>(end - out_->data()));
}

void CanonicalJson::put_text(std::string_view text) {
  char* to = write_size(room(largest_size + text.size()), text.size());
  std::memcpy(to, text.data(), text.size());
  out_->resize(static_cast<std::size_t>(to + text.size() - out_->data()));
}

void CanonicalJson::skip_space() {
  while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
}

bool CanonicalJson::append(PaddedBuffer& out, std::string_view json) {
  out_ = &out;
  at_ = json.data();
  end_ = at_ + json.size();
  open_.clear();
  members_.clear();
  const std::size_t before = out.size();
  if (value()) {
    skip_space();
    if (at_ == end_) return true;
  }
  out.resize(before);
  return false;
}

/// Without recursion: PostgreSQL's own limit of nesting can be set higher than our stack.
bool CanonicalJson::value() {
  for (;;) {
    skip_space();
    bool ok = true;
    switch (peek()) {
      case '{':
      case '[': {
        const bool object = *at_++ == '{';
        open(object);
        skip_space();
        if (peek() == (object ? '}' : ']')) break;  // empty: closed below
        if (object && !name()) return false;
        continue;
      }
      case '"':
        put(tag_text);
        ok = string();
        break;
      case 't':
        ok = word("true", tag_true);
        break;
      case 'f':
        ok = word("false", tag_false);
        break;
      case 'n':
        ok = word("null", tag_null);
        break;
      default:
        ok = number();
    }
    if (!ok) return false;
    for (;;) {
      if (open_.empty()) return true;
      skip_space();
      const bool object = open_.back().object;
      const char c = peek();
      ++at_;
      if (c == ',') {
        skip_space();
        if (object && !name()) return false;
        break;
      }
      if (c != (object ? '}' : ']')) return false;
      close();
    }
  }
}

void CanonicalJson::open(bool object) {
  put(object ? '{' : '[');
  open_.push_back({object, true, members_.size()});
}

void CanonicalJson::close() {
  const Open closed = open_.back();
  open_.pop_back();
  if (closed.object) {
    if (!closed.sorted) sort_members(closed.first);
    members_.resize(closed.first);
  }
  put(closed.object ? '}' : ']');
}

bool CanonicalJson::name() {
  if (peek() != '"') return false;
  Member member{out_->size(), 0, 0};
  put(tag_name);
  if (!string()) return false;
  // Behind the size: the name's bytes end the output.
  std::size_t at = member.begin + 1;
  while ((static_cast<unsigned char>(out_->data()[at]) & 0x80U) != 0) ++at;
  member.name = at + 1;
  member.name_size = out_->size() - member.name;
  Open& object = open_.back();
  if (object.sorted && members_.size() > object.first) {
    const Member& last = members_.back();
    object.sorted = last.name_size != member.name_size
                        ? last.name_size < member.name_size
                        : std::memcmp(out_->data() + last.name, out_->data() + member.name,
                                      member.name_size) < 0;
  }
  members_.push_back(member);
  skip_space();
  if (peek() != ':') return false;
  ++at_;
  return true;
}

void CanonicalJson::sort_members(std::size_t first) {
  const char* const bytes = out_->data();
  const std::size_t begin = members_[first].begin;
  struct Span {
    Member member;
    std::size_t end;
  };
  std::vector<Span> spans;
  for (std::size_t i = first; i < members_.size(); ++i)
    spans.push_back({members_[i], i + 1 < members_.size() ? members_[i + 1].begin : out_->size()});
  const auto order = [bytes](const Span& x, const Span& y) {
    const Member &a = x.member, &b = y.member;
    if (a.name_size != b.name_size) return a.name_size < b.name_size ? -1 : 1;
    return std::memcmp(bytes + a.name, bytes + b.name, a.name_size);
  };
  std::stable_sort(spans.begin(), spans.end(),
                   [&](const Span& x, const Span& y) { return order(x, y) < 0; });
  scratch_.clear();
  for (std::size_t i = 0; i < spans.size(); ++i) {
    if (i + 1 < spans.size() && order(spans[i], spans[i + 1]) == 0) continue;  // the last one wins
    scratch_.append(bytes + spans[i].member.begin, spans[i].end - spans[i].member.begin);
  }
  out_->resize(begin);
  out_->append(scratch_);
}

bool CanonicalJson::string() {
  ++at_;  // the quote
  const char* const begin = at_;
  const char* stop = find_quote_or_backslash(at_, end_);
  if (stop == end_) return false;
  if (*stop == '"') {
    put_text({begin, static_cast<std::size_t>(stop - begin)});
    at_ = stop + 1;
    return true;
  }
  scratch_.assign(begin, stop);
  while (*stop == '\\') {
    const Escape escape = read_escape(stop, end_);
    if (escape.size == 0) return false;
    append_utf8(scratch_, escape.code);
    const char* const from = stop + escape.size;
    stop = find_quote_or_backslash(from, end_);
    if (stop == end_) return false;
    scratch_.append(from, stop);
  }
  put_text(scratch_);
  at_ = stop + 1;
  return true;
}

bool CanonicalJson::word(std::string_view text, char tag) {
  if (static_cast<std::size_t>(end_ - at_) < text.size() ||
      std::memcmp(at_, text.data(), text.size()) != 0)
    return false;
  at_ += text.size();
  put(tag);
  return true;
}

/// ±0.digits × 10^…: the digits from the first to the last that is not 0, and the power of ten
/// behind the last one.
void CanonicalJson::put_number(bool negative, std::string_view digits, std::string_view more,
                               std::int64_t exponent) {
  const std::size_t total = digits.size() + more.size();
  const auto digit = [&](std::size_t i) {
    return i < digits.size() ? digits[i] : more[i - digits.size()];
  };
  std::size_t first = 0, end = total;
  while (first < end && digit(first) == '0') ++first;
  while (end > first && digit(end - 1) == '0') --end;
  if (first == end) {
    put(tag_zero);
    return;
  }
  exponent += static_cast<std::int64_t>(total - end);
  char* to = room(2 + 2 * largest_size + end - first);
  *to++ = tag_number;
  *to++ = negative ? '-' : '+';
  to = write_size(to, zigzag(exponent));
  to = write_size(to, end - first);
  for (std::size_t i = first; i < end; ++i) *to++ = digit(i);
  out_->resize(static_cast<std::size_t>(to - out_->data()));
}

bool CanonicalJson::number() {
  const char* const begin = at_;
  const bool negative = peek() == '-';
  const char* p = begin + (negative ? 1 : 0);
  const char* const digits = p;
  while (p < end_ && is_digit(*p)) ++p;
  if (p == digits) return false;
  if (p == end_ || !is_number_byte(*p)) {  // an integer, as nearly all numbers are
    put_number(negative, {digits, static_cast<std::size_t>(p - digits)}, {}, 0);
    at_ = p;
    return true;
  }
  while (p < end_ && is_number_byte(*p)) ++p;
  const auto literal = NumberLiteral::parse({begin, static_cast<std::size_t>(p - begin)});
  if (!literal) return false;
  put_number(literal->negative, literal->integer, literal->fraction,
             literal->exponent - static_cast<std::int64_t>(literal->fraction.size()));
  at_ = p;
  return true;
}

}  // namespace arango2pg::doc
