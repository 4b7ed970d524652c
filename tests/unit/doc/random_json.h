/// \file
/// Random documents for property tests, sound ones and broken ones.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <string_view>

namespace arango2pg::doc {

/// The seed of this run: ARANGO2PG_TEST_SEED to repeat one, else a new one.
inline std::uint64_t run_seed() {
  static const std::uint64_t seed = [] {
    const char* given = std::getenv("ARANGO2PG_TEST_SEED");
    return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  }();
  return seed;
}

inline std::string seed_note() { return "ARANGO2PG_TEST_SEED=" + std::to_string(run_seed()); }

/// Draws JSON texts with all that is tricky in them: escapes, pairs and lone surrogates, NULs, odd
/// numbers, duplicate and empty names, white space.
class RandomJson {
 public:
  explicit RandomJson(std::string_view test)
      : random_(run_seed() ^ std::hash<std::string_view>{}(test)) {}

  std::size_t below(std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_);
  }

  std::string value(int depth) {
    switch (below(depth > 0 ? 8 : 5)) {
      case 0:
        return pick({"null", "true", "false"});
      case 1:
      case 2:
        return number();
      case 3:
      case 4:
        return '"' + string_body() + '"';
      case 5:
        return list('[', ']', depth, false);
      default:
        return list('{', '}', depth, true);
    }
  }

  std::string object(int depth) { return list('{', '}', depth, true); }

  /// What stands between the quotes.
  std::string string_body() {
    std::string out;
    for (std::size_t n = below(4) == 0 ? below(80) : below(4); n > 0; --n) {
      out += pick({"a",
                   "b",
                   "word",
                   " ",
                   "\\\"",
                   "\\\\",
                   "\\/",
                   "\\b",
                   "\\f",
                   "\\n",
                   "\\r",
                   "\\t",
                   "\\u0041",
                   "\\u00e9",
                   "\\u20AC",
                   "\\uD83D\\uDE00",
                   "\\u001F",
                   "\x7f",
                   "\xC3\xA9",
                   "\xE2\x82\xAC",
                   "\xF0\x9F\x98\x80",
                   "{",
                   "}",
                   "[",
                   "]",
                   ",",
                   ":"});
      if (impossible && below(40) == 0) out += pick({"\\u0000", "\\uD800", "\\uDC00", "\\udbff"});
    }
    return out;
  }

  std::string number() {
    std::string out = pick({"", "", "-"});
    out += below(3) == 0 ? "0" : std::to_string(1 + below(below(2) == 0 ? 10 : 1'000'000'000));
    if (below(8) == 0) out += std::to_string(below(~std::size_t{0}));
    if (out.size() > 2 && out[0] == '0') out.resize(1);
    if (out.size() > 3 && out[0] == '-' && out[1] == '0') out.resize(2);
    if (below(3) == 0) out += "." + std::string(below(4), '0') + std::to_string(below(1000));
    if (below(4) == 0) out += pick({"e", "E", "e+", "E-"}) + std::to_string(below(400));
    return out;
  }

  /// One to three small damages.
  std::string damaged(std::string text) {
    for (std::size_t n = 1 + below(3); n > 0; --n) {
      const std::size_t at = below(text.size() + 1);
      switch (below(4)) {
        case 0:
          text.erase(at, 1 + below(3));
          break;
        case 1:
          text.insert(at, odd_bytes());
          break;
        case 2:
          if (at < text.size()) text.replace(at, 1, odd_bytes());
          break;
        default:
          text.insert(at, text.substr(below(text.size() + 1), below(12)));
      }
    }
    return text;
  }

  bool impossible = true;  ///< whether NUL and lone surrogates occur

 private:
  std::string pick(std::initializer_list<const char*> choices) {
    return choices.begin()[below(choices.size())];
  }

  std::string odd_bytes() {
    if (below(20) == 0) return std::string(1, '\0');
    return pick({"{",
                 "}",
                 "[",
                 "]",
                 ",",
                 ":",
                 "\"",
                 "\\",
                 "\\u",
                 "\\u12",
                 "\\x",
                 "0",
                 "1",
                 "-",
                 "+",
                 ".",
                 "e",
                 "E9",
                 "e999999",
                 "e-17000",
                 "t",
                 "true",
                 "nul",
                 "null",
                 " ",
                 "\n",
                 "\t",
                 "\f",
                 "\v",
                 "\x01",
                 "\x1a",
                 "\x7f",
                 "\x80",
                 "\xC3",
                 "\xE2\x82",
                 "\xED\xA0\x80",
                 "\xF0\x9F\x98\x80",
                 "\xF4\x90\x80\x80",
                 "\xFF",
                 "\xEF\xBB\xBF",
                 "/",
                 "'",
                 "\\uD800",
                 "\\uDC00",
                 "\\u0000"});
  }

  std::string list(char open, char close, int depth, bool names) {
    std::string out = space() + open;
    const std::size_t n = below(6);
    for (std::size_t i = 0; i < n; ++i) {
      if (i > 0) out += ',' + space();
      if (names) {
        out += '"';
        out += below(3) == 0 ? string_body() : pick({"a", "b", "\\u0061", "key", "name", ""});
        out += '"' + space() + ':' + space();
      }
      out += value(depth - 1);
    }
    return out + space() + close;
  }

  std::string space() { return below(6) == 0 ? pick({" ", "\n", "\t", "\r\n", "   "}) : ""; }

  std::mt19937_64 random_;
};

}  // namespace arango2pg::doc
