/// \file
/// Paths to attributes: `a.b[0].c`, names with special characters in quotes:
/// `a."b.c"`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doc/json.h"

namespace arango2pg::mapping {

struct Path {
  struct Step {
    std::string name;  ///< "" is a legal name
    std::uint32_t index = 0;
    bool is_index = false;
    friend bool operator==(const Step&, const Step&) = default;
  };
  std::vector<Step> steps;

  /// Nothing, with a phrase in `why`, if the text is no path.
  static std::optional<Path> parse(std::string_view text, std::string& why);
  /// As parse() reads it; equal paths have equal texts.
  [[nodiscard]] std::string text() const;

  /// The value below `from`, following steps from number `first` on. Nothing if there is none; JSON
  /// null is a value.
  [[nodiscard]] std::optional<doc::Value> find(doc::Value from, std::size_t first = 0) const;

  friend bool operator==(const Path&, const Path&) = default;
};

/// `name` as a path step, in quotes where it needs them.
void append_name(std::string& out, std::string_view name);
/// Joins two path texts: ("a", "b") is "a.b", ("a", "[0]") is "a[0]".
std::string join_paths(std::string_view parent, std::string_view child);

}  // namespace arango2pg::mapping
