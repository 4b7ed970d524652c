#include <array>
#include <bit>
#include <cstring>

#include "doc/json.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace arango2pg::doc {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

constexpr std::size_t block_size = 64;

/// The bytes of a block that matter, one bit each.
struct Marks {
  std::uint64_t quotes = 0;
  std::uint64_t backslashes = 0;
  std::uint64_t opening = 0;
  std::uint64_t closing = 0;
  std::uint64_t commas = 0;
};

#if defined(__SSE2__)

Marks marks_of(const char* block) {
  Marks m;
  for (unsigned i = 0; i < 4; ++i) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + 16 * i));
    // '[' and '{', ']' and '}' differ in bit 5 only.
    const __m128i folded = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
    const auto mask = [i](__m128i chunk, char c) {
      const int hits = _mm_movemask_epi8(_mm_cmpeq_epi8(chunk, _mm_set1_epi8(c)));
      return static_cast<std::uint64_t>(static_cast<std::uint32_t>(hits)) << (16 * i);
    };
    m.quotes |= mask(bytes, '"');
    m.backslashes |= mask(bytes, '\\');
    m.opening |= mask(folded, '{');
    m.closing |= mask(folded, '}');
    m.commas |= mask(bytes, ',');
  }
  return m;
}

#else

Marks marks_of(const char* block) {
  Marks m;
  for (unsigned i = 0; i < block_size; ++i) {
    const std::uint64_t bit = std::uint64_t{1} << i;
    switch (block[i]) {
      case '"':
        m.quotes |= bit;
        break;
      case '\\':
        m.backslashes |= bit;
        break;
      case '[':
      case '{':
        m.opening |= bit;
        break;
      case ']':
      case '}':
        m.closing |= bit;
        break;
      case ',':
        m.commas |= bit;
        break;
      default:
        break;
    }
  }
  return m;
}

#endif

/// Bit i of the result: the number of bits up to and including i is odd.
std::uint64_t parity_so_far(std::uint64_t bits) {
  for (unsigned shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
  return bits;
}

/// Cuts one array; sees the text in blocks.
class ArraySplitter {
 public:
  ArraySplitter(std::string_view text, std::size_t begin, std::vector<DocRef>& docs)
      : text_(text), element_(begin + 1), docs_(docs) {}

  /// Offset behind the closing bracket, 0 if the text ends before.
  std::size_t run() {
    std::size_t at = element_;
    for (; text_.size() - at >= block_size; at += block_size)
      if (block(text_.data() + at, at)) return end_;
    std::array<char, block_size> rest;
    rest.fill(' ');
    text_.copy(rest.data(), text_.size() - at, at);
    return block(rest.data(), at) ? end_ : 0;
  }

 private:
  /// True if the array ends in this block.
  bool block(const char* bytes, std::size_t offset) {
    Marks m = marks_of(bytes);
    if (m.backslashes != 0 || escape_carry_) m.quotes &= ~escaped(m.backslashes);
    const std::uint64_t in_string = parity_so_far(m.quotes) ^ string_carry_;
    string_carry_ = (in_string >> 63) != 0 ? ~std::uint64_t{0} : 0;
    m.opening &= ~in_string;
    m.closing &= ~in_string;

    // As long as the depth stays above the array's own, nothing in the block divides elements.
    const auto closings = static_cast<std::uint64_t>(std::popcount(m.closing));
    if (depth_ > closings + 1) {
      depth_ += static_cast<std::uint64_t>(std::popcount(m.opening)) - closings;
      return false;
    }
    return dividers(m, ~in_string, offset);
  }

  bool dividers(const Marks& m, std::uint64_t outside, std::size_t offset) {
    for (std::uint64_t left = m.opening | m.closing | (m.commas & outside); left != 0;
         left &= left - 1) {
      const std::uint64_t bit = left & -left;
      const std::size_t at = offset + static_cast<std::size_t>(std::countr_zero(left));
      if ((m.opening & bit) != 0) {
        ++depth_;
      } else if ((m.closing & bit) != 0) {
        if (--depth_ != 0) continue;
        add(at, docs_.size() > first_);
        end_ = at + 1;
        return true;
      } else if (depth_ == 1) {
        add(at, true);
        element_ = at + 1;
      }
    }
    return false;
  }

  /// The bytes that a backslash before them escapes: those behind an odd number of backslashes.
  std::uint64_t escaped(std::uint64_t backslashes) {
    std::uint64_t result = escape_carry_ ? 1 : 0;
    backslashes &= ~result;
    escape_carry_ = false;
    while (backslashes != 0) {
      const auto at = static_cast<unsigned>(std::countr_zero(backslashes));
      if (at == 63) {
        escape_carry_ = true;
        break;
      }
      result |= std::uint64_t{2} << at;
      backslashes &= ~(std::uint64_t{3} << at);
    }
    return result;
  }

  /// The element that ends at `end`; an empty one only if a comma says that there should be one.
  void add(std::size_t end, bool even_if_empty) {
    std::size_t begin = element_;
    while (begin < end && is_blank(text_[begin])) ++begin;
    while (end > begin && is_blank(text_[end - 1])) --end;
    if (begin == end && !even_if_empty) return;
    docs_.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end - begin)});
  }

  std::string_view text_;
  std::size_t element_;  ///< where the element that is being read begins
  std::vector<DocRef>& docs_;
  std::size_t first_ = docs_.size();
  std::size_t end_ = 0;
  std::uint64_t depth_ = 1;
  std::uint64_t string_carry_ = 0;
  bool escape_carry_ = false;
};

}  // namespace

std::optional<std::size_t> split_array(std::string_view text, std::size_t begin,
                                       std::vector<DocRef>& docs) {
  if (begin >= text.size() || text[begin] != '[') return std::nullopt;
  const std::size_t before = docs.size();
  const std::size_t end = ArraySplitter(text, begin, docs).run();
  if (end != 0) return end;
  docs.resize(before);
  return std::nullopt;
}

std::size_t split_lines(std::string_view text, std::size_t begin, std::vector<DocRef>& docs) {
  const char* const base = text.data();
  while (begin < text.size()) {
    const void* hit = std::memchr(base + begin, '\n', text.size() - begin);
    if (hit == nullptr) break;
    const auto newline = static_cast<std::size_t>(static_cast<const char*>(hit) - base);
    std::size_t end = newline;
    if (end > begin && base[end - 1] == '\r') --end;
    std::size_t first = begin;
    while (first < end && is_blank(base[first])) ++first;
    if (first < end)
      docs.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end - begin)});
    begin = newline + 1;
  }
  return begin;
}

}  // namespace arango2pg::doc
