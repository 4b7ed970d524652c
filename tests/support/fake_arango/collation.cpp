#include "fake_arango/collation.h"

#include <unicode/ucol.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <vector>

namespace fake_arango {
namespace {

struct CloseCollator {
  void operator()(UCollator* c) const { ucol_close(c); }
};

std::unique_ptr<UCollator, CloseCollator> open_collator() {
  UErrorCode status = U_ZERO_ERROR;
  std::unique_ptr<UCollator, CloseCollator> c(ucol_open("en_US", &status));
  if (U_FAILURE(status)) throw std::runtime_error("no ICU collator");
  ucol_setAttribute(c.get(), UCOL_CASE_FIRST, UCOL_UPPER_FIRST, &status);
  ucol_setAttribute(c.get(), UCOL_NORMALIZATION_MODE, UCOL_OFF, &status);
  ucol_setAttribute(c.get(), UCOL_STRENGTH, UCOL_IDENTICAL, &status);
  if (U_FAILURE(status)) throw std::runtime_error("the ICU collator refuses the server's settings");
  return c;
}

int sign(std::partial_ordering o) { return o < 0 ? -1 : o > 0 ? 1 : 0; }

int compare_numbers(const Number& a, const Number& b) {
  if (a.kind == Number::Kind::integer && b.kind == Number::Kind::integer)
    return sign(a.integer <=> b.integer);
  if (a.kind == Number::Kind::big && b.kind == Number::Kind::big) return sign(a.big <=> b.big);
  return sign(a.real <=> b.real);
}

int compare_arrays(const Array& a, const Array& b) {
  // A missing element counts as null.
  const Value null;
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    const int c = compare_values(i < a.size() ? a[i] : null, i < b.size() ? b[i] : null);
    if (c != 0) return c;
  }
  return 0;
}

int compare_objects(const Value& a, const Value& b) {
  std::vector<std::string> names;
  for (const auto& m : a.members()) names.push_back(m.first);
  for (const auto& m : b.members()) names.push_back(m.first);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  for (const std::string& n : names) {
    const int c = compare_values(a.find(n).value_or(Value()), b.find(n).value_or(Value()));
    if (c != 0) return c;
  }
  return 0;
}

}  // namespace

int compare_text(std::string_view a, std::string_view b) {
  static const auto collator = open_collator();
  UErrorCode status = U_ZERO_ERROR;
  return ucol_strcollUTF8(collator.get(), a.data(), static_cast<std::int32_t>(a.size()), b.data(),
                          static_cast<std::int32_t>(b.size()), &status);
}

int compare_values(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return a.kind() < b.kind() ? -1 : 1;
  switch (a.kind()) {
    case Value::Kind::null:
      return 0;
    case Value::Kind::boolean:
      return int{a.boolean()} - int{b.boolean()};
    case Value::Kind::number:
      return compare_numbers(a.number(), b.number());
    case Value::Kind::string:
      return compare_text(a.string(), b.string());
    case Value::Kind::array:
      return compare_arrays(a.items(), b.items());
    case Value::Kind::object:
      break;
  }
  return compare_objects(a, b);
}

}  // namespace fake_arango
