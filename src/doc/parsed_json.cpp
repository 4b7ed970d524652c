#include "doc/parsed_json.h"

#include <charconv>

namespace arango2pg::doc {

std::string text_of(const std::optional<Value>& value) {
  if (!value) return {};
  if (value->kind() != Kind::string) return std::string(value->raw());
  std::string scratch;
  return std::string(value->string(scratch));
}

double number_of(const std::optional<Value>& value) {
  double d = 0;
  if (!value || value->kind() != Kind::number) return d;
  const std::string_view raw = value->raw();
  std::from_chars(raw.data(), raw.data() + raw.size(), d);
  return d;
}

std::uint64_t count_of(const std::optional<Value>& value) {
  if (!value || value->kind() != Kind::number) return 0;
  const std::string_view raw = value->raw();
  std::uint64_t n = 0;
  const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), n);
  if (error == std::errc() && end == raw.data() + raw.size()) return n;
  const double d = number_of(value);
  return d > 0 && d < 1e19 ? static_cast<std::uint64_t>(d) : 0;
}

std::vector<std::string> texts_of(const std::optional<Value>& list) {
  std::vector<std::string> out;
  if (!list || list->kind() != Kind::array) return out;
  for (const Value v : Elements(*list))
    if (v.kind() == Kind::string) out.push_back(text_of(v));
  return out;
}

}  // namespace arango2pg::doc
