#include "doc/canonical_json.h"

#include <algorithm>
#include <bit>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/text.h"
#include "doc/escapes.h"
#include "doc/number_literal.h"
#include "doc/utf8.h"

namespace arango2pg::doc {
namespace {

/// A byte of input becomes at most two of output: a comma and a space. (Numbers that grow more see
/// to their own room.) The rest is slack for writing eight bytes at a time.
constexpr std::size_t slack = 64;
std::size_t most_output(std::size_t input) { return 2 * input + slack; }

bool is_number_byte(char c) {
  return is_digit(c) || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

#ifdef __SSE2__
/// Bit i: byte i of the 16 at `at`, which are copied to `to`, is a quote or a backslash.
unsigned copy_block(char* to, const char* at) {
  __m128i block;
  std::memcpy(&block, at, sizeof block);
  std::memcpy(to, &block, sizeof block);
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(
      _mm_cmpeq_epi8(block, _mm_set1_epi8('"')), _mm_cmpeq_epi8(block, _mm_set1_epi8('\\')))));
}
#endif

/// Copies up to the first quote or backslash, or to `end`; returns where it stands. May write some
/// bytes more.
const char* copy_plain(char*& to, const char* at, const char* end) {
#ifdef __SSE2__
  // Most strings end in the first round.
  for (; end - at >= 32; at += 32, to += 32) {
    const unsigned hit = copy_block(to, at) | copy_block(to + 16, at + 16) << 16;
    if (hit == 0) continue;
    const int plain = std::countr_zero(hit);
    to += plain;
    return at + plain;
  }
#endif
  if constexpr (std::endian::native == std::endian::little) {
    constexpr std::uint64_t ones = 0x0101010101010101;
    constexpr std::uint64_t highs = 0x8080808080808080;
    const auto zero_bytes = [](std::uint64_t w) { return (w - ones) & ~w & highs; };
    for (; end - at >= 8; at += 8, to += 8) {
      std::uint64_t w = 0;
      std::memcpy(&w, at, 8);
      std::memcpy(to, &w, 8);
      const std::uint64_t hit = zero_bytes(w ^ (ones * '"')) | zero_bytes(w ^ (ones * '\\'));
      if (hit == 0) continue;
      const int plain = std::countr_zero(hit) >> 3;
      to += plain;
      return at + plain;
    }
  }
  while (at < end && *at != '"' && *at != '\\') *to++ = *at++;
  return at;
}

bool is_short_escape(char c) {
  return c == '"' || c == '\\' || c == 'n' || c == 't' || c == 'r' || c == 'b' || c == 'f';
}

bool name_before(std::string_view a, std::string_view b) {
  return a.size() != b.size() ? a.size() < b.size() : std::memcmp(a.data(), b.data(), a.size()) < 0;
}

bool all_zeros(std::string_view digits) {
  return digits.find_first_not_of("0.") == std::string_view::npos;
}

}  // namespace

std::size_t CanonicalJson::written() const {
  return static_cast<std::size_t>(to_ - out_->data()) - begin_;
}

/// Room for so many bytes, and for all that the rest of the input can become.
void CanonicalJson::room(std::size_t bytes) {
  const std::size_t size = static_cast<std::size_t>(to_ - out_->data());
  const std::size_t needed = size + bytes + most_output(static_cast<std::size_t>(end_ - at_));
  if (needed <= out_->capacity()) return;
  out_->reserve(std::max(needed, out_->capacity() * 2));
  to_ = out_->data() + size;
}

void CanonicalJson::put(std::string_view text) {
  std::memcpy(to_, text.data(), text.size());
  to_ += text.size();
}

void CanonicalJson::skip_space() {
  if (at_<end_&& static_cast<unsigned char>(*at_)> ' ') return;  // nearly always
  while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
}

bool CanonicalJson::append(PaddedBuffer& out, std::string_view json, JsonNumbers numbers) {
  out_ = &out;
  begin_ = out.size();
  at_ = json.data();
  end_ = at_ + json.size();
  numbers_ = numbers;
  open_.clear();
  members_.clear();
  names_.clear();
  out.reserve(begin_ + slack);
  to_ = out.data() + begin_;
  room(0);
  bool ok = value();
  skip_space();
  ok = ok && at_ == end_;
  out.resize(ok ? begin_ + written() : begin_);
  return ok;
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
        ok = string(nullptr);
        break;
      case 't':
        ok = word("true");
        break;
      case 'f':
        ok = word("false");
        break;
      case 'n':
        ok = word("null");
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
        put(',');
        put(' ');
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
  Member member{written(), {}};
  if (!string(&member.name)) return false;
  Open& object = open_.back();
  if (object.sorted && members_.size() > object.first)
    object.sorted = name_before(members_.back().name, member.name);
  members_.push_back(member);
  skip_space();
  if (peek() != ':') return false;
  ++at_;
  put(':');
  put(' ');
  return true;
}

void CanonicalJson::sort_members(std::size_t first) {
  constexpr std::size_t separator = 2;  // ", "
  const char* const output = out_->data() + begin_;
  const std::size_t begin = members_[first].begin, end = written();
  spans_.clear();  // parallel to the members
  for (std::size_t i = first; i < members_.size(); ++i) {
    const std::size_t behind = i + 1 < members_.size() ? members_[i + 1].begin - separator : end;
    spans_.emplace_back(members_[i].name, i - first);
    members_[i].name = {output + members_[i].begin, behind - members_[i].begin};
  }
  std::stable_sort(spans_.begin(), spans_.end(),
                   [](const auto& a, const auto& b) { return name_before(a.first, b.first); });
  scratch_.clear();
  for (std::size_t i = 0; i < spans_.size(); ++i) {
    // The last one wins.
    if (i + 1 < spans_.size() && spans_[i].first == spans_[i + 1].first) continue;
    if (!scratch_.empty()) scratch_.append(", ");
    scratch_.append(members_[first + spans_[i].second].name);
  }
  to_ = out_->data() + begin_ + begin;
  put(scratch_);
}

/// `name`: gets the text without escapes.
bool CanonicalJson::string(std::string_view* name) {
  const char* const begin = at_ + 1;
  put('"');
  at_ = copy_plain(to_, begin, end_);
  if (at_ == end_) return false;
  if (*at_ == '\\') return escaped(begin, at_, name);
  put('"');
  if (name != nullptr) *name = {begin, static_cast<std::size_t>(at_ - begin)};
  ++at_;
  return true;
}

bool CanonicalJson::escaped(const char* begin, const char* backslash, std::string_view* name) {
  if (name != nullptr) scratch_.assign(begin, backslash);
  while (*at_ == '\\') {
    const Escape escape = read_escape(at_, end_);
    if (escape.size == 0) return false;
    if (is_short_escape(at_[1]))
      put({at_, 2});
    else
      put_escaped(escape.code);
    const char* const from = at_ + escape.size;
    at_ = copy_plain(to_, from, end_);
    if (at_ == end_) return false;
    if (name == nullptr) continue;
    append_utf8(scratch_, escape.code);
    scratch_.append(from, at_);
  }
  put('"');
  ++at_;
  if (name != nullptr) *name = names_.emplace_back(scratch_);
  return true;
}

/// As PostgreSQL's escape_json() does.
void CanonicalJson::put_escaped(std::uint32_t code) {
  constexpr std::string_view hex = "0123456789abcdef";
  constexpr std::string_view named = "\b\f\n\r\t\"\\", letters = "bfnrt\"\\";
  const std::size_t letter = code < 0x80 ? named.find(static_cast<char>(code)) : named.npos;
  if (letter != named.npos) {
    put('\\');
    put(letters[letter]);
  } else if (code < ' ') {
    put("\\u00");
    put(hex[code >> 4]);
    put(hex[code & 15]);
  } else {
    std::string utf8;
    append_utf8(utf8, code);
    put(utf8);
  }
}

bool CanonicalJson::word(std::string_view text) {
  if (static_cast<std::size_t>(end_ - at_) < text.size() ||
      std::memcmp(at_, text.data(), text.size()) != 0)
    return false;
  at_ += text.size();
  put(text);
  return true;
}

bool CanonicalJson::number() {
  const char* const literal = at_;
  const bool negative = peek() == '-';
  const char* p = at_ + (negative ? 1 : 0);
  const char* const digits = p;
  while (p < end_ && is_digit(*p)) ++p;
  if (p == digits) return false;
  const bool integer = p == end_ || !is_number_byte(*p);
  at_ = p;
  if (!integer) return unusual_number(literal);
  const std::string_view all(digits, static_cast<std::size_t>(p - digits));
  if (numbers_ == JsonNumbers::by_value)
    put_by_value(negative, all, 0);
  else if (negative && all_zeros(all))
    put('0');
  else
    put({literal, static_cast<std::size_t>(p - literal)});
  return true;
}

/// With a point or an exponent; `at_` is behind the first digits.
bool CanonicalJson::unusual_number(const char* literal) {
  bool only_point = *at_ == '.';
  for (++at_; at_ < end_ && is_number_byte(*at_); ++at_) only_point = only_point && is_digit(*at_);
  const std::string_view text(literal, static_cast<std::size_t>(at_ - literal));
  const auto number = NumberLiteral::parse(text);
  if (!number) return false;
  if (numbers_ == JsonNumbers::as_printed && !number->fits_numeric()) return false;
  if (numbers_ == JsonNumbers::as_printed && only_point) {
    put(number->negative && all_zeros(text.substr(1)) ? text.substr(1) : text);
    return true;
  }
  scratch_.assign(number->integer).append(number->fraction);
  if (numbers_ == JsonNumbers::by_value)
    put_by_value(number->negative, scratch_,
                 number->exponent - static_cast<std::int64_t>(number->fraction.size()));
  else
    put_printed(number->negative, scratch_,
                static_cast<std::int64_t>(number->integer.size()) + number->exponent);
  return true;
}

/// The digits from the first to the last that is not 0, and the power of ten behind the last one.
void CanonicalJson::put_by_value(bool negative, std::string_view digits, std::int64_t exponent) {
  const std::size_t first = digits.find_first_not_of('0');
  if (first == std::string_view::npos) return put('0');
  const std::size_t end = digits.find_last_not_of('0') + 1;
  exponent += static_cast<std::int64_t>(digits.size() - end);
  constexpr std::size_t sign_and_exponent = 32;
  room(end - first + sign_and_exponent);
  if (negative) put('-');
  put(digits.substr(first, end - first));
  if (exponent == 0) return;
  put('e');
  put(std::to_string(exponent));
}

/// 0.digits × 10^before_point without an exponent. Precondition: numeric holds it.
void CanonicalJson::put_printed(bool negative, std::string_view digits, std::int64_t before_point) {
  const auto count = static_cast<std::int64_t>(digits.size());
  const auto zeros = [this](std::int64_t n) {
    if (n <= 0) return;
    std::memset(to_, '0', static_cast<std::size_t>(n));
    to_ += n;
  };
  const std::size_t first = digits.find_first_not_of('0');
  const bool zero = first == std::string_view::npos;
  const std::int64_t scale = std::max<std::int64_t>(0, count - before_point);
  const std::int64_t leading = zero ? count : static_cast<std::int64_t>(first);
  room(static_cast<std::size_t>(2 * count + scale +
                                (zero ? 0 : std::max<std::int64_t>(0, before_point))) +
       slack);
  if (negative && !zero) put('-');
  if (zero || before_point <= leading) {
    put('0');
  } else {
    const std::int64_t end = std::min(count, before_point);
    put(digits.substr(first, static_cast<std::size_t>(end - leading)));
    zeros(before_point - end);
  }
  if (scale == 0) return;
  put('.');
  zeros(std::min(scale, -before_point));
  if (before_point < count)
    put(digits.substr(static_cast<std::size_t>(std::max<std::int64_t>(0, before_point))));
}

}  // namespace arango2pg::doc
