/// \file
/// The tokens of JSON, for the two readers in this folder.
#pragma once

#include <string>
#include <string_view>

namespace fake_arango {

/// Walks over JSON text token by token and checks each. Throws JsonError.
class JsonScanner {
 public:
  explicit JsonScanner(std::string_view text) : text_(text) {}

  void skip_space();
  /// The next character behind white space, 0 at the end.
  char peek();
  /// Takes `c` if it is next.
  bool take(char c);
  void expect(char c);
  /// A string token, without quotes, still escaped; `plain` = ASCII without escapes.
  std::string_view string_token(bool& plain);
  std::string_view number_token();
  void word(std::string_view expected);
  void expect_end();
  void enter();  ///< one level deeper
  void leave() { --depth_; }
  [[noreturn]] void fail(const char* what) const;

 private:
  void utf8_sequence();
  void escape();

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

/// Resolves escapes; lone surrogates become WTF-8.
std::string unescape_json(std::string_view raw);
void append_utf8(std::string& out, char32_t c);

}  // namespace fake_arango
