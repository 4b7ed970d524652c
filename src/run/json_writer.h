/// \file
/// Writes JSON member by member, commas and quotes included.
#pragma once

#include <spdlog/fmt/fmt.h>

#include <cmath>
#include <concepts>
#include <string>
#include <string_view>
#include <utility>

#include "doc/json.h"

namespace arango2pg::run {

class JsonWriter {
 public:
  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& name(std::string_view text) {
    comma();
    doc::append_json_string(out_, text);
    out_ += ':';
    fresh_ = true;
    return *this;
  }
  JsonWriter& value(std::string_view text) {
    comma();
    doc::append_json_string(out_, text);
    return *this;
  }
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  template <std::integral T>
  JsonWriter& value(T v) {
    if constexpr (std::same_as<T, bool>)
      return plain(v ? "true" : "false");
    else
      return plain(std::to_string(v));
  }
  JsonWriter& value(double v) { return std::isfinite(v) ? plain(fmt::format("{}", v)) : null(); }
  JsonWriter& null() { return plain("null"); }
  template <class T>
  JsonWriter& member(std::string_view text, const T& v) {
    name(text);
    return value(v);
  }
  /// An array of what `each` writes for the items.
  template <class Items, class Each>
  JsonWriter& array(std::string_view text, const Items& items, Each&& each) {
    name(text);
    begin_array();
    for (const auto& item : items) each(item);
    return end_array();
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void comma() {
    if (!fresh_) out_ += ',';
    fresh_ = false;
  }
  JsonWriter& open(char bracket) {
    comma();
    out_ += bracket;
    fresh_ = true;
    return *this;
  }
  JsonWriter& close(char bracket) {
    out_ += bracket;
    fresh_ = false;
    return *this;
  }
  JsonWriter& plain(std::string_view text) {
    comma();
    out_ += text;
    return *this;
  }
  std::string out_;
  bool fresh_ = true;
};

}  // namespace arango2pg::run
