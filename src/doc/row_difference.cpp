#include "doc/row_difference.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "doc/json.h"

namespace arango2pg::doc {
namespace {

const char* kind_name(Kind kind) {
  switch (kind) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return "boolean";
    case Kind::number:
      return "number";
    case Kind::string:
      return "text";
    case Kind::array:
      return "array";
    case Kind::object:
      return "object";
  }
  return "value";
}

bool is_word(std::string_view name) {
  const auto word_byte = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' ||
           (static_cast<unsigned char>(c) & 0x80U) != 0;
  };
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
         std::all_of(name.begin(), name.end(), word_byte);
}

std::string with_name(const std::string& path, std::string_view name) {
  std::string out = path + ".";
  if (is_word(name))
    out += name;
  else
    append_json_string(out, name);
  return out;
}

std::string in_both(const char* source, const char* target) {
  return std::string(source) + " in the source, " + target + " in the target";
}

RowDifference absent(std::string path, const Value* source, const Value* target) {
  RowDifference d{std::move(path), "", "", ""};
  d.what = source == nullptr ? "absent in the source" : "absent in the target";
  if (source != nullptr) d.source = source->json();
  if (target != nullptr) d.target = target->json();
  return d;
}

class JsonComparer {
 public:
  std::optional<RowDifference> compare(Value a, Value b, const std::string& path) {
    if (equal(a, b)) return std::nullopt;
    if (a.kind() != b.kind())
      return different(a, b, path, in_both(kind_name(a.kind()), kind_name(b.kind())));
    if (a.kind() == Kind::object) return objects(a, b, path);
    if (a.kind() == Kind::array) return arrays(a, b, path);
    return different(a, b, path, std::string(kind_name(a.kind())) + " differs");
  }

 private:
  static RowDifference different(Value a, Value b, std::string path, std::string what) {
    return {std::move(path), std::move(what), std::string(a.json()), std::string(b.json())};
  }

  bool equal(Value a, Value b) {
    left_.clear();
    right_.clear();
    return json_.append(left_, a.json()) && json_.append(right_, b.json()) &&
           left_.view() == right_.view();
  }

  /// The last of equal names counts; in the order of their first appearance.
  static std::vector<std::pair<std::string, Value>> members(Value object) {
    std::vector<std::pair<std::string, Value>> out;
    std::map<std::string, std::size_t> known;
    std::string scratch;
    for (const auto [name, value] : Members(object)) {
      const auto [at, is_new] = known.emplace(name.string(scratch), out.size());
      if (is_new)
        out.emplace_back(at->first, value);
      else
        out[at->second].second = value;
    }
    return out;
  }

  std::optional<RowDifference> objects(Value a, Value b, const std::string& path) {
    const auto left = members(a), right = members(b);
    const auto find = [](const auto& list, const std::string& name) {
      return std::find_if(list.begin(), list.end(), [&](const auto& m) { return m.first == name; });
    };
    for (const auto& [name, value] : left) {
      const auto other = find(right, name);
      if (other == right.end()) return absent(with_name(path, name), &value, nullptr);
      if (auto d = compare(value, other->second, with_name(path, name))) return d;
    }
    for (const auto& [name, value] : right)
      if (find(left, name) == left.end()) return absent(with_name(path, name), nullptr, &value);
    return std::nullopt;
  }

  std::optional<RowDifference> arrays(Value a, Value b, const std::string& path) {
    const Elements left(a), right(b);
    auto x = left.begin();
    auto y = right.begin();
    for (std::size_t i = 0;; ++i) {
      const std::string at = path + "[" + std::to_string(i) + "]";
      const bool in_left = x != left.end(), in_right = y != right.end();
      if (!in_left && !in_right) return std::nullopt;
      if (!in_left || !in_right) {
        const Value only = in_left ? *x : *y;
        return absent(at, in_left ? &only : nullptr, in_left ? nullptr : &only);
      }
      if (auto d = compare(*x, *y, at)) return d;
      ++x;
      ++y;
    }
  }

  PaddedBuffer left_, right_;
  CanonicalJson json_;
};

std::string_view json_of(const ColumnType& type, std::string_view bytes) {
  return bytes.substr(type.kind == TypeKind::jsonb && !bytes.empty() ? 1 : 0);
}

RowDifference column_difference(const ColumnType& type, const std::string& name, const Field& a,
                                const Field& b) {
  if (a && b && !type.array && (type.kind == TypeKind::jsonb || type.kind == TypeKind::json))
    if (auto d = first_json_difference(json_of(type, *a), json_of(type, *b), name)) return *d;
  RowDifference d{name, "value differs", field_text(type, a), field_text(type, b)};
  if (!a) d.what = "NULL in the source, a value in the target";
  if (!b) d.what = "a value in the source, NULL in the target";
  return d;
}

}  // namespace

std::optional<RowDifference> first_json_difference(std::string_view source, std::string_view target,
                                                   const std::string& path) {
  PaddedBuffer left, right;
  left.append(source);
  right.append(target);
  Document a, b;
  if (a.parse(left.view()) || b.parse(right.view())) {
    if (source == target) return std::nullopt;
    return RowDifference{path, "value differs", std::string(source), std::string(target)};
  }
  return JsonComparer().compare(a.root(), b.root(), path);
}

std::optional<RowDifference> first_difference(const ComparedTable& table,
                                              const std::vector<std::string>& names,
                                              const std::vector<Field>& source,
                                              const std::vector<Field>& target) {
  CanonicalJson json;
  PaddedBuffer left, right;
  for (std::size_t c = 0; c < table.types.size(); ++c) {
    if (!table.compared[c]) continue;
    left.clear();
    right.clear();
    append_canonical(left, table.types[c], source[c], json);
    append_canonical(right, table.types[c], target[c], json);
    if (left.view() == right.view()) continue;
    return column_difference(table.types[c], names[c], source[c], target[c]);
  }
  return std::nullopt;
}

}  // namespace arango2pg::doc
