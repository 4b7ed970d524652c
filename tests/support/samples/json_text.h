/// \file
/// Writes one compact JSON document as ArangoDB prints it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace arango2pg::samples {

/// Appends JSON to a string; commas come by themselves. Names and values alternate inside objects.
class JsonText {
 public:
  /// `ascii`: non-ASCII characters as \uXXXX, as in ordinary HTTP responses; else raw UTF-8, as in
  /// dumps.
  explicit JsonText(bool ascii = false) : ascii_(ascii) {}

  JsonText& begin_object();
  JsonText& end_object();
  JsonText& begin_array();
  JsonText& end_array();
  JsonText& name(std::string_view name);
  /// `text` must be valid UTF-8.
  JsonText& string(std::string_view text);
  JsonText& number(std::int64_t value);
  JsonText& boolean(bool value) { return raw(value ? "true" : "false"); }
  JsonText& null() { return raw("null"); }
  /// A value that is JSON already (or is meant to be broken).
  JsonText& raw(std::string_view json);
  JsonText& strings(std::initializer_list<std::string_view> texts);

  // A name and its value in one call.
  JsonText& string(std::string_view n, std::string_view text) { return name(n).string(text); }
  JsonText& number(std::string_view n, std::int64_t value) { return name(n).number(value); }
  JsonText& boolean(std::string_view n, bool value) { return name(n).boolean(value); }
  JsonText& null(std::string_view n) { return name(n).null(); }
  JsonText& raw(std::string_view n, std::string_view json) { return name(n).raw(json); }

  [[nodiscard]] const std::string& text() const { return out_; }

 private:
  void comma();
  void quoted(std::string_view text);

  std::string out_;
  bool ascii_;
  bool first_ = true;  ///< no comma before the next name or value
};

}  // namespace arango2pg::samples
