/// \file
/// Small words about text that every folder uses.
#pragma once

#include <algorithm>

namespace arango2pg {

/// An ASCII digit, whatever the locale.
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <class List, class Item>
[[nodiscard]] bool contains(const List& list, const Item& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

}  // namespace arango2pg
