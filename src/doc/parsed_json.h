/// \file
/// Small JSON texts that are read as a whole: answers, descriptions, reports.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doc/json.h"

namespace arango2pg::doc {

/// Owns the text and its parsed form; values are views of it.
class ParsedJson {
 public:
  explicit ParsedJson(std::string_view json) {
    bytes_.append(json);
    error_ = document_.parse(bytes_.view());
  }
  [[nodiscard]] bool valid() const { return !document_.empty(); }
  [[nodiscard]] const std::optional<JsonError>& error() const { return error_; }
  /// Precondition: valid().
  [[nodiscard]] Value root() const { return document_.root(); }
  /// Member of the root; nothing if that is no object, or the text no JSON.
  [[nodiscard]] std::optional<Value> find(std::string_view name) const {
    return valid() ? document_.root().find(name) : std::nullopt;
  }

 private:
  PaddedBuffer bytes_;
  Document document_;
  std::optional<JsonError> error_;
};

/// A string's text, unescaped; of other values the JSON; "" of nothing.
std::string text_of(const std::optional<Value>& value);
/// A whole number, also one that is written 1e+15; 0 for anything else.
std::uint64_t count_of(const std::optional<Value>& value);
/// The texts of an array, without what else is in it.
std::vector<std::string> texts_of(const std::optional<Value>& list);
double number_of(const std::optional<Value>& value);
inline bool is_true(const std::optional<Value>& value) { return value && value->boolean(); }

}  // namespace arango2pg::doc
