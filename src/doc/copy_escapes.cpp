#include "doc/copy_escapes.h"

#include <bit>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace arango2pg::doc {
namespace {

constexpr std::size_t block_size = 16;

/// Which bytes COPY's text format needs escaped, and what follows the backslash.
struct CopyField {
  static bool special(unsigned char c) { return (c >= '\b' && c <= '\r') || c == '\\'; }
  static char code(char c) { return c == '\\' ? '\\' : "btnvfr"[c - '\b']; }
#if defined(__SSE2__)
  static __m128i special(__m128i bytes) {
    const __m128i above = _mm_cmpgt_epi8(bytes, _mm_set1_epi8('\b' - 1));
    const __m128i below = _mm_cmplt_epi8(bytes, _mm_set1_epi8('\r' + 1));
    const __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    return _mm_or_si128(_mm_and_si128(above, below), backslash);
  }
#endif
};

/// The same for elements of array literals.
struct ArrayElement {
  static bool special(unsigned char c) { return c == '"' || c == '\\'; }
  static char code(char c) { return c; }
#if defined(__SSE2__)
  static __m128i special(__m128i bytes) {
    return _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                        _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
  }
#endif
};

/// One bit for each byte of a block that must be escaped.
template <class Rules>
unsigned marks(const char* block) {
#if defined(__SSE2__)
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block));
  return static_cast<unsigned>(_mm_movemask_epi8(Rules::special(bytes)));
#else
  unsigned bits = 0;
  for (unsigned i = 0; i < block_size; ++i)
    bits |= Rules::special(static_cast<unsigned char>(block[i])) ? 1U << i : 0U;
  return bits;
#endif
}

template <class Rules>
std::size_t count_special(const char* at, const char* end) {
  std::size_t count = 0;
  for (; static_cast<std::size_t>(end - at) >= block_size; at += block_size)
    if (const unsigned bits = marks<Rules>(at); bits != 0)
      count += static_cast<std::size_t>(std::popcount(bits));
  for (; at < end; ++at) count += Rules::special(static_cast<unsigned char>(*at)) ? 1U : 0U;
  return count;
}

/// Widens from the back, so that no byte is moved twice; ends as soon as nothing is left to escape.
template <class Rules>
void escape_tail(std::string& bytes, std::size_t from) {
  const std::size_t old_size = bytes.size();
  const char* const begin = bytes.data() + from;
  const std::size_t count = count_special<Rules>(begin, bytes.data() + old_size);
  if (count == 0) return;
  bytes.resize(old_size + count);
  const char* const first = bytes.data() + from;
  const char* read = bytes.data() + old_size;
  char* write = bytes.data() + bytes.size();
  while (write != read) {
    if (static_cast<std::size_t>(read - first) >= block_size &&
        marks<Rules>(read - block_size) == 0) {
      read -= block_size;
      write -= block_size;
      std::memmove(write, read, block_size);
      continue;
    }
    const char* const stop =
        static_cast<std::size_t>(read - first) >= block_size ? read - block_size : first;
    while (read != stop) {
      const char c = *--read;
      const bool special = Rules::special(static_cast<unsigned char>(c));
      *--write = special ? Rules::code(c) : c;
      if (special) *--write = '\\';
    }
  }
}

}  // namespace

void escape_copy_field(std::string& bytes, std::size_t from) {
  escape_tail<CopyField>(bytes, from);
}

void escape_array_element(std::string& bytes, std::size_t from) {
  escape_tail<ArrayElement>(bytes, from);
}

}  // namespace arango2pg::doc
